"""The table of the API's calls: how each is made, and all that it may answer.

It is not derived from the handlers' signatures: these take raw bodies and answer ready bytes
(docs/decisions/0012-litestar.md). A test holds it against the routes, another against the server.
"""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.events.verdict import ChainVerdict
from storybook.http.cast import Cast, CharacterState, SavedCast, SavedState
from storybook.http.derived import Kinship
from storybook.http.editions import Comparison, EditionConflict, EditionCreated, Editions
from storybook.http.engines import EngineTable
from storybook.http.library import Library
from storybook.http.operate import OperateStatus
from storybook.http.readiness import Liveness, ReadinessState
from storybook.http.run_state import RunState
from storybook.http.runs import (
    LIBRARY_DEFAULT,
    LIBRARY_MOST,
    LOG_DEFAULT,
    LOG_MOST,
    RunCreated,
    RunLog,
)
from storybook.http.schemas import (
    BINARY,
    CURSOR,
    EDITION,
    EVENT_KINDS,
    JSON,
    KEY,
    LIBRARY_CURSOR,
    PAGE,
    POSITION,
    RUN_ID,
    SAVED_NAME,
    SEARCHED,
    STATUS,
    Error,
    Health,
    Schema,
    ValidationError,
    component,
    whole_number,
)
from storybook.http.sessions import Session, SignedLink
from storybook.http.spans import SpokenPage
from storybook.repair import Repair
from storybook.stages.transcriber.spoken_field import SpokenField

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


def _error(about: str, *headers: Header, kind: type = Error) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), headers)


def _json(about: str, kind: type, *headers: Header) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), (_NOT_KEPT, *headers))


def _signed_in(about: str, kind: type) -> Reply:
    return Reply(about, (JSON,), component(kind.__name__), (_NOT_KEPT, _SET_COOKIE))


def _file(about: str, media_type: str) -> dict[int, Reply]:
    """What a call for a file answers: all of it, a part, or that the client has it already."""
    always = (_ETAG, Header("Cache-Control", "kept, and asked for again with its ETag"))
    whole = (*always, Header("Accept-Ranges", "bytes"))
    return {
        200: Reply(about, (media_type,), BINARY, whole),
        206: Reply("the range", (media_type,), BINARY, (*whole, _CONTENT_RANGE)),
        304: Reply("the client's copy is still right", headers=always),
    }


def _stream(about: str, messages: str) -> Reply:
    headers = (
        _NOT_KEPT,
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


_NOT_KEPT: Final = Header("Cache-Control", "no-store: nothing keeps it")
_SET_COOKIE: Final = Header("Set-Cookie", "the session, which no script can read")
_ETAG: Final = Header("ETag", "names the content: its SHA-256 in quotes")
_RETRY_AFTER: Final = Header("Retry-After", "seconds", {"type": "integer", "minimum": 1})
_CONTENT_RANGE: Final = Header("Content-Range", "which bytes of how many, as RFC 9110 has it")
_LIMITED: Final = (
    Header("RateLimit", "what the client has left, and in how many seconds there is one more"),
    Header("RateLimit-Policy", "of how much a minute"),
)
_ALLOW: Final = Header("Allow", "the methods that the path takes")

ERRORS: Final[dict[int, Reply]] = {
    400: _error("a bad Host, cursor, file name, parameter, header or recording"),
    401: _error(
        "no token was shown that holds, where the server has tokens",
        Header("WWW-Authenticate", "Bearer"),
    ),
    403: _error(
        "the token does not allow it, or a page of another origin asks, which `cors_origins` does "
        "not name"
    ),
    404: _error("no such run, no such file, no preview now, no such path"),
    405: _error("the path does not take that method", _ALLOW),
    408: _error("the body did not come in time"),
    409: _error("it contradicts the run's state, or an Idempotency-Key came with another body"),
    410: _error("the file was removed by retention, or the run was forgotten"),
    413: _error("the body is over its limit"),
    421: _error("a Host that this server does not answer for"),
    416: _error("the range lies outside the file", _CONTENT_RANGE),
    422: _error("the body fails validation: every fault is told", kind=ValidationError),
    429: _error("over the rate limit or the queue's limit, or too many wrong tokens", _RETRY_AFTER),
    503: _error(
        "an engine or the log is not available; `detail` says why and what mends it",
        msgspec.structs.replace(_RETRY_AFTER, required=False),
    ),
}

_CONFLICT: Final = _error(
    "another edition is the newest, or is being made, or nothing would change",
    kind=EditionConflict,
)

_RUN: Final = Parameter("run_id", "path", "the run", RUN_ID)
_CHARACTER: Final = Parameter("name", "path", "the character, as the book calls it")
_SAVED: Final = Parameter("name", "path", "the name that it is saved under", SAVED_NAME)
_CURSOR: Final = (
    Parameter("Last-Event-ID", "header", "go on right after this position; 0: all", CURSOR),
    Parameter("last_event_id", "query", "the same, for clients without headers", CURSOR),
)
_LANGUAGE: Final = Parameter(
    "language",
    "query",
    "in this language, one of the book's `languages`; in its own if it is not there",
    {"type": "string"},
)
_EDITION: Final = Parameter(
    "edition", "query", "as this edition has it; the last whole one if it is not there", EDITION
)
_PARTIAL: Final = (
    Parameter("Range", "header", "one range of bytes; several at once get the whole file"),
    Parameter("If-None-Match", "header", "the ETag of what the client has"),
    Parameter("If-Range", "header", "the ETag that the range belongs to"),
)


def _named(pattern: str) -> Parameter:
    return Parameter("filename", "path", "the file", {"type": "string", "pattern": pattern})


CALLS: Final = (
    Call(
        "get_health",
        "server",
        "GET",
        "/",
        "Whether the server is there",
        {200: _json("it is", Health)},
    ),
    Call(
        "get_liveness",
        "server",
        "GET",
        "/healthz",
        "Whether the server is alive",
        {200: _json("it is", Liveness)},
    ),
    Call(
        "get_readiness",
        "server",
        "GET",
        "/readyz",
        "Whether books can be made, and all that is shown is brought up to date",
        {
            200: _json("it is so", ReadinessState),
            503: _json("it is not; `reasons` says why, and what to do", ReadinessState),
        },
    ),
    Call(
        "get_metrics",
        "server",
        "GET",
        "/metrics",
        "The figures of the running server, for Prometheus",
        {200: Reply("they are", METRICS_TEXT, ANY_TEXT, (_NOT_KEPT,))},
        more="Needs an `admin` token; without tokens it is answered on the server's own machine "
        "alone, and through no proxy.",
    ),
    Call(
        "get_status",
        "server",
        "GET",
        "/operate/status",
        "How the server does, for whoever looks after it",
        {200: _json("queue, throughput, outages, disk, parked runs, backup", OperateStatus)},
        more="Needs an `admin` token; without tokens it is answered on the server's own machine "
        "alone, and through no proxy.",
        errors=(503,),
    ),
    Call(
        "create_run",
        "runs",
        "POST",
        "/api/runs",
        "Ask for a book",
        {201: _json("the run that makes it", RunCreated, *_LIMITED)},
        more="Answered at once; the book is made page by page. With an `Idempotency-Key`, the same "
        "key and body give the same `run_id`, however often and after a restart. A book that it is "
        "to be `based_on` may be unknown or without that edition (404), forgotten (410), or not "
        "whole (409); 409 also where pictures that are to be kept are gone.",
        errors=(400, 403, 404, 408, 409, 410, 413, 422, 429, 503),
        parameters=(Parameter("Idempotency-Key", "header", "names this wish for a book", KEY),),
        body=(JSON, "RunRequest"),
    ),
    Call(
        "list_runs",
        "runs",
        "GET",
        "/api/runs",
        "The library, newest first",
        {200: _json("a page of it", Library)},
        errors=(400, 503),
        parameters=(
            Parameter("status", "query", "only these", STATUS),
            Parameter("limit", "query", "runs a page", whole_number(LIBRARY_DEFAULT, LIBRARY_MOST)),
            Parameter("before", "query", "the `next` of the page before", LIBRARY_CURSOR),
            Parameter(
                "q",
                "query",
                "only those whose title or words contain it, whatever their case; a page of them "
                "may be short, or empty, and have a `next`",
                SEARCHED,
            ),
        ),
    ),
    Call(
        "get_run",
        "runs",
        "GET",
        "/api/runs/{run_id}",
        "The state of a run",
        {200: _json("its state", RunState)},
        more="What is not ready is an empty string.",
        errors=(400, 503),
        parameters=(
            _RUN,
            Parameter("at", "query", "as it was right after this position", POSITION),
            Parameter("edition", "query", "as this edition has it", EDITION),
            _LANGUAGE,
        ),
    ),
    Call(
        "forget_run",
        "runs",
        "DELETE",
        "/api/runs/{run_id}",
        "Forget a run for ever",
        {204: Reply("nothing of it is left", headers=(_NOT_KEPT,))},
        more="It stops if it goes on. What its events said, its files and all that is shown of it "
        "go; from then on every call about it answers 410, and so does its `Idempotency-Key`.",
        errors=(400, 503),
        parameters=(
            _RUN,
            Parameter(
                "with_derived",
                "query",
                "`true`: the books that are based on it, too, and those that are based on these",
                {"type": "string", "enum": ["true", "false"]},
            ),
        ),
    ),
    Call(
        "get_derived_books",
        "runs",
        "GET",
        "/api/runs/{run_id}/derived",
        "The book that a book is based on, and those that are based on it",
        {200: _json("all of them", Kinship)},
        more="What is kept of a book stands in the new one: it stays whole when its origin is "
        "changed, loses its files or is forgotten, and then says that it is gone.",
        errors=(503,),
        parameters=(_RUN,),
    ),
    Call(
        "pin_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/pin",
        "Keep a run's files from retention",
        {204: Reply("they stay", headers=(_NOT_KEPT,))},
        errors=(403, 503),
        parameters=(_RUN,),
    ),
    Call(
        "unpin_run",
        "runs",
        "DELETE",
        "/api/runs/{run_id}/pin",
        "Give a run's files back to retention",
        {204: Reply("they need not stay", headers=(_NOT_KEPT,))},
        errors=(503,),
        parameters=(_RUN,),
    ),
    Call(
        "follow_run",
        "streams",
        "GET",
        "/api/runs/{run_id}/events",
        "The progress of a run, as server-sent events",
        {
            200: _stream("its changes, until it has ended", "RunMessage"),
            204: Reply("nothing comes after that position any more", headers=(_NOT_KEPT,)),
        },
        more="Each change is one `update`, whose id is a position in the log. Without a cursor the "
        "first message is the present state; with it the stream goes on right after that position. "
        "It ends when the run has. `progress` messages say how far a stage is and where it shows a "
        "preview, `keepalive` that nothing happens, `reset` that the cursor lay beyond the log's "
        "end.",
        errors=(400, 503),
        parameters=(_RUN, *_CURSOR),
    ),
    Call(
        "change_book",
        "editions",
        "POST",
        "/api/runs/{run_id}/editions",
        "Change a finished book",
        {
            202: _json("the edition that this makes", EditionCreated, *_LIMITED),
            409: _CONFLICT,
        },
        more="Only what changed is made; meanwhile the book is shown as it was. A change of an "
        "edition that is not the newest is refused, and so is one while another is made.",
        errors=(403, 408, 413, 422, 503),
        parameters=(_RUN, Parameter("Idempotency-Key", "header", "names this change", KEY)),
        body=(JSON, "EditionRequest"),
    ),
    Call(
        "list_editions",
        "editions",
        "GET",
        "/api/runs/{run_id}/editions",
        "The editions of a book, oldest first",
        {200: _json("each with who asked for it, what was to change, and what became", Editions)},
        errors=(503,),
        parameters=(_RUN,),
    ),
    Call(
        "compare_editions",
        "editions",
        "GET",
        "/api/runs/{run_id}/editions/{pair}",
        "How two editions differ, such as 1..2",
        {200: _json("texts word by word, pictures and voices as pairs of addresses", Comparison)},
        errors=(503,),
        parameters=(
            _RUN,
            Parameter(
                "pair",
                "path",
                "two editions",
                {"type": "string", "pattern": r"^[1-9][0-9]{0,8}\.\.[1-9][0-9]{0,8}$"},
            ),
        ),
    ),
    Call(
        "restore_edition",
        "editions",
        "POST",
        "/api/runs/{run_id}/editions/{edition}/restore",
        "Give a book the content again that it had in an edition",
        {202: _json("the edition that this makes", EditionCreated, *_LIMITED), 409: _CONFLICT},
        more="It is an edition of its own, whole at once: nothing is made for it.",
        errors=(403, 408, 413, 422, 503),
        parameters=(_RUN, Parameter("edition", "path", "the edition", EDITION)),
        body=(JSON, "RestoreRequest"),
        needs_body=False,
    ),
    Call(
        "get_picture",
        "files",
        "GET",
        "/api/runs/{run_id}/images/{filename}",
        "A picture: cover.png, panel_1.png and on",
        _file("the picture", "image/png"),
        errors=(400, 410, 416, 503),
        parameters=(_RUN, _named(r"^(cover|panel_[1-9][0-9]?)\.png$"), _EDITION, *_PARTIAL),
    ),
    Call(
        "get_audio",
        "files",
        "GET",
        "/api/runs/{run_id}/audio/{filename}",
        "A page read aloud: page_0.wav and on",
        _file("the voice", "audio/wav"),
        errors=(400, 410, 416, 503),
        parameters=(_RUN, _named(r"^page_(0|[1-9][0-9]?)\.wav$"), _EDITION, _LANGUAGE, *_PARTIAL),
    ),
    Call(
        "get_preview",
        "files",
        "GET",
        "/api/runs/{run_id}/previews/{page}",
        "What a page looks like while it is painted",
        {200: Reply("as the illustrator shows it", PREVIEWS, BINARY, (_NOT_KEPT,))},
        more="404 before the first and after the last. The `preview_url` of a "
        "`progress` message leads here.",
        parameters=(
            _RUN,
            Parameter("page", "path", "the page", PAGE),
            Parameter("v", "query", "what makes each preview's address another; not looked at"),
        ),
    ),
    Call(
        "get_spans",
        "files",
        "GET",
        "/api/runs/{run_id}/spans/{page}",
        "When each sentence of a page is spoken",
        {200: _json("the page's text, cut where a player lights it up", SpokenPage)},
        more="In seconds of the page's recording. Before there is one, the text alone; before it "
        "is written, no paragraphs.",
        errors=(400, 503),
        parameters=(_RUN, Parameter("page", "path", "the page", PAGE), _EDITION),
    ),
    Call(
        "get_run_log",
        "runs",
        "GET",
        "/api/runs/{run_id}/log",
        "The events of a run, as recorded",
        {200: _json("a page of them", RunLog)},
        errors=(400, 503),
        parameters=(
            _RUN,
            Parameter("after", "query", "only those after this position", POSITION),
            Parameter("limit", "query", "events a page", whole_number(LOG_DEFAULT, LOG_MOST)),
        ),
    ),
    Call(
        "get_verdict",
        "runs",
        "GET",
        "/api/runs/{run_id}/verdict",
        "What the log's digest chain says of a run",
        {200: _json("what was looked at, and every fault found", ChainVerdict)},
        more="The chain is followed from the run's first event on, for 20,000 events at most. It "
        "cannot show that the log's end was cut off, or that all was written anew: compare `head` "
        "with one that was noted down elsewhere.",
        errors=(503,),
        parameters=(_RUN,),
    ),
    Call(
        "cancel_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/cancel",
        "Stop a run; finished pages stay readable",
        {202: _json("it has stopped", RunCreated)},
        errors=(403, 409, 503),
        parameters=(_RUN,),
    ),
    Call(
        "retry_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/retry",
        "Let a failed or cancelled run go on from what is missing",
        {202: _json("it goes on", RunCreated, *_LIMITED)},
        errors=(403, 409, 503),
        parameters=(_RUN,),
    ),
    Call(
        "repair_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/repair",
        "Make lost or damaged files of an ended run again",
        {
            202: Reply(
                "the damaged files, and which engine makes each",
                (JSON,),
                component(Repair.__name__),
                (_NOT_KEPT, Header("Location", "where to ask what has become of them"), *_LIMITED),
            )
        },
        more="The answer names no file where nothing is damaged. Status, text and progress of the "
        "run do not change.",
        errors=(403, 409, 503),
        parameters=(_RUN,),
    ),
    Call(
        "get_repair",
        "runs",
        "GET",
        "/api/runs/{run_id}/repair",
        "What has become of the last repair of a run",
        {200: _json("each file, and how it went", Repair)},
        more="It has looked at no file if none was asked for since the server started.",
        parameters=(_RUN,),
    ),
    Call(
        "get_cast",
        "cast",
        "GET",
        "/api/runs/{run_id}/cast",
        "The characters of a book",
        {200: _json("all of them", Cast)},
        more="Their looks are settled once the cover is written: before that only those are there "
        "that come from another book.",
        errors=(503,),
        parameters=(_RUN,),
    ),
    Call(
        "get_cast_picture",
        "cast",
        "GET",
        "/api/runs/{run_id}/cast/{name}/picture",
        "The picture that a character was given, or came with",
        _file("the picture", "image/png"),
        errors=(400, 410, 416, 503),
        parameters=(_RUN, _CHARACTER, *_PARTIAL),
    ),
    Call(
        "give_cast_picture",
        "cast",
        "PUT",
        "/api/runs/{run_id}/cast/{name}/picture",
        "Show what a character looks like, by a PNG or a JPEG of at most 8 MB",
        {200: _json("the character, with its picture", CharacterState)},
        more="It is kept as a PNG of its pixels alone. Illustrators whose workflow has an image "
        "input titled `REFERENCE` get it with every page that is painted from now on.",
        errors=(403, 408, 413, 422, 503),
        parameters=(_RUN, _CHARACTER),
        body=(PICTURE, "Picture"),
    ),
    Call(
        "list_saved_cast",
        "cast",
        "GET",
        "/api/cast",
        "The characters that a request can name",
        {200: _json("all of them", SavedCast)},
        errors=(503,),
    ),
    Call(
        "save_character",
        "cast",
        "PUT",
        "/api/cast/{name}",
        "Save a character of a book, so that requests can name it",
        {200: _json("it is saved", SavedState)},
        more="Under a name that is taken already it means this one from now on. Forgetting the run "
        "that it comes from removes it.",
        errors=(403, 408, 413, 422, 503),
        parameters=(_SAVED,),
        body=(JSON, "SaveRequest"),
    ),
    Call(
        "release_character",
        "cast",
        "DELETE",
        "/api/cast/{name}",
        "Let no request name a character any more",
        {204: Reply("none can", headers=(_NOT_KEPT,))},
        more="Books that it is in keep it.",
        errors=(503,),
        parameters=(_SAVED,),
    ),
    Call(
        "create_link",
        "access",
        "POST",
        "/api/runs/{run_id}/links",
        "Sign a link to one book, which needs no token",
        {201: _json("the link, and until when it holds", SignedLink)},
        more="It ends with the token that it is asked with, too. Its first use leaves a cookie, so "
        "that what the book consists of needs no signature of its own. `qr` is its QR code as an "
        "SVG, with a title in the language that `Accept-Language` asks for (`ko`, `en`).",
        errors=(408, 409, 413, 422),
        parameters=(_RUN,),
        body=(JSON, "LinkRequest"),
    ),
    Call(
        "create_session",
        "access",
        "POST",
        "/api/session",
        "Sign in: a token becomes a cookie",
        {200: _signed_in("who is signed in", Session)},
        errors=(408, 409, 413, 422),
        body=(JSON, "SignIn"),
    ),
    Call(
        "delete_session",
        "access",
        "DELETE",
        "/api/session",
        "Sign out",
        {204: Reply("the cookie is gone", headers=(_NOT_KEPT, _SET_COOKIE))},
        errors=(403,),
    ),
    Call(
        "follow_log",
        "streams",
        "GET",
        "/api/events",
        "The whole log, as server-sent events",
        {200: _stream("every event of every run", "LogMessage")},
        more="Each message is named by its event's type. Without a cursor the stream begins at the "
        "log's end. It never ends.",
        errors=(400, 503),
        parameters=(*_CURSOR, Parameter("types", "query", "only these, with commas", EVENT_KINDS)),
    ),
    Call(
        "transcribe_field",
        "speech",
        "POST",
        "/api/stt/field",
        "One of the four words, spoken",
        {200: _json("what was said, and the word that is meant", SpokenField, *_LIMITED)},
        errors=(400, 403, 408, 413, 422, 429, 503),
        body=(FORM, "SpeechForm"),
    ),
    Call(
        "get_engines",
        "server",
        "GET",
        "/api/engines",
        "Who plays each role, and whether they can",
        {200: _json("the engine of each role", EngineTable)},
    ),
    Call(
        "get_docs",
        "server",
        "GET",
        "/docs",
        "This API as a page",
        {200: Reply("the page", ("text/html",), ANY_TEXT)},
    ),
    Call(
        "get_openapi",
        "server",
        "GET",
        "/openapi.json",
        "This API as an OpenAPI document",
        {200: Reply("the document", (JSON,), {"type": "object"}, (_NOT_KEPT,))},
    ),
)
