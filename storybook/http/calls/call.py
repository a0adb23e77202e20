"""What a call of the API is: how it is made, what it may answer, and what many of them share."""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.http.components import Error, ValidationError, component
from storybook.http.editions import EditionConflict
from storybook.http.schemas import (
    BINARY,
    CURSOR,
    EDITION,
    JSON,
    POSITION,
    RUN_ID,
    SAVED_NAME,
    Schema,
)

EVENT_STREAM: Final = "text/event-stream"
PICTURE: Final = "image/*"
FORM: Final = "multipart/form-data"
METRICS_TEXT: Final = ("text/plain", "application/openmetrics-text")
PREVIEWS: Final = ("image/jpeg", "image/png")
ANY_TEXT: Final[Schema] = {"type": "string"}


class Parameter(msgspec.Struct, frozen=True):
    """Something beside the body. `location` is `path`, `query` or `header`."""

    name: str
    location: str
    about: str
    schema: Schema = msgspec.field(default_factory=ANY_TEXT.copy)


class Header(msgspec.Struct, frozen=True):
    """A header of an answer, there each time unless it is not `required`."""

    name: str
    about: str
    schema: Schema = msgspec.field(default_factory=ANY_TEXT.copy)
    required: bool = True


class Reply(msgspec.Struct, frozen=True):
    """What a call may answer with one status. Without a media type there is no body; a stream has
    a schema for each message, and none for the whole."""

    about: str
    media_types: tuple[str, ...] = ()
    schema: Schema = {}
    headers: tuple[Header, ...] = ()


class Call(msgspec.Struct, frozen=True):
    """One call. `errors` are statuses of `ERRORS`, besides those that every path has."""

    operation_id: str
    tag: str
    method: str
    path: str
    about: str
    replies: dict[int, Reply]
    more: str = ""
    errors: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: tuple[str, str] | None = None
    """Media type, and the schema's name."""
    needs_body: bool = True

    @property
    def answers(self) -> dict[int, Reply]:
        """Every answer that the call may give, by status."""
        missing = (404, 410) if "{" in self.path else ()
        errors = sorted({*self.errors, *missing, 400, 401, 403, 405, 421, 429})
        return {**{status: ERRORS[status] for status in errors}, **self.replies}


def error_answer(about: str, *headers: Header, kind: type = Error) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), headers)


def answer(about: str, kind: type, *headers: Header) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), (NOT_KEPT, *headers))


def signed_in(about: str, kind: type) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), (NOT_KEPT, SET_COOKIE))


def file_answers(about: str, media_type: str, *headers: Header) -> dict[int, Reply]:
    """What a call for a file answers: all of it, a part, or that the client has it already."""
    always = (_ETAG, Header("Cache-Control", "kept, and asked for again with its ETag"))
    whole = (*always, Header("Accept-Ranges", "bytes"), *headers)
    return {
        200: Reply(about, (media_type,), BINARY, whole),
        206: Reply("the range", (media_type,), BINARY, (*whole, _CONTENT_RANGE)),
        304: Reply("the client's copy is still right", headers=always),
    }


def stream_answer(about: str, messages: str) -> Reply:
    headers = (
        NOT_KEPT,
        Header("X-Accel-Buffering", "no: a proxy is to hand on each message at once"),
        Header(
            "Storybook-Resumed-After",
            "the position after which the stream really began; not there if there are too many "
            "streams: such an answer says when to come back, and ends",
            POSITION,
            required=False,
        ),
    )
    return Reply(about, (EVENT_STREAM,), component(messages), headers)


NOT_KEPT: Final = Header("Cache-Control", "no-store: nothing keeps it")
SET_COOKIE: Final = Header("Set-Cookie", "the session, which no script can read")
_ETAG: Final = Header("ETag", "names the content: its SHA-256 in quotes")
RETRY_AFTER: Final = Header("Retry-After", "seconds", {"type": "integer", "minimum": 1})
_CONTENT_RANGE: Final = Header("Content-Range", "which bytes of how many, as RFC 9110 has it")
LIMITED: Final = (
    Header("RateLimit", "what the client has left, and in how many seconds there is one more"),
    Header("RateLimit-Policy", "of how much a minute"),
)
_ALLOW: Final = Header("Allow", "the methods that the path takes")

ERRORS: Final[dict[int, Reply]] = {
    400: error_answer("a bad Host, cursor, file name, parameter, header or recording"),
    401: error_answer(
        "no token was shown that holds, where the server has tokens",
        Header("WWW-Authenticate", "Bearer"),
    ),
    403: error_answer(
        "the token does not allow it, or a page of another origin asks, which `cors_origins` does "
        "not name"
    ),
    404: error_answer("no such run, no such file, no preview now, no such path"),
    405: error_answer("the path does not take that method", _ALLOW),
    408: error_answer("the body did not come in time"),
    409: error_answer(
        "it contradicts the run's state, or an Idempotency-Key came with another body"
    ),
    410: error_answer("the file was removed by retention, or the run was forgotten"),
    413: error_answer("the body is over its limit"),
    421: error_answer("a Host that this server does not answer for"),
    416: error_answer("the range lies outside the file", _CONTENT_RANGE),
    422: error_answer("the body fails validation: every fault is told", kind=ValidationError),
    429: error_answer(
        "over the rate limit or the queue's limit, or too many wrong tokens", RETRY_AFTER
    ),
    500: error_answer("it could not be made, for a reason that nobody foresaw"),
    503: error_answer(
        "an engine or the log is not available; `detail` says why and what mends it",
        msgspec.structs.replace(RETRY_AFTER, required=False),
    ),
}

CONFLICT: Final = error_answer(
    "another edition is the newest, or is being made, or nothing would change",
    kind=EditionConflict,
)

RUN: Final = Parameter("run_id", "path", "the run", RUN_ID)
CHARACTER: Final = Parameter("name", "path", "the character, as the book calls it")
SAVED: Final = Parameter("name", "path", "the name that it is saved under", SAVED_NAME)
CURSOR_PARAMETERS: Final = (
    Parameter("Last-Event-ID", "header", "go on right after this position; 0: all", CURSOR),
    Parameter("last_event_id", "query", "the same, for clients without headers", CURSOR),
)
LANGUAGE_PARAMETER: Final = Parameter(
    "language",
    "query",
    "in this language, one of the book's `languages`; in its own if it is not there",
)
EDITION_PARAMETER: Final = Parameter(
    "edition", "query", "as this edition has it; the last whole one if it is not there", EDITION
)
PARTIAL: Final = (
    Parameter("Range", "header", "one range of bytes; several at once get the whole file"),
    Parameter("If-None-Match", "header", "the ETag of what the client has"),
    Parameter("If-Range", "header", "the ETag that the range belongs to"),
)


def named(pattern: str) -> Parameter:
    return Parameter("filename", "path", "the file", {"type": "string", "pattern": pattern})
