"""The API's description of itself: one table of its calls, and the OpenAPI document made from it.

The document is not derived from the handlers' signatures: these take raw bodies and answer ready
bytes, so there is nothing in them to derive from. The schemas do come from the types that are
answered, and a test holds the table against the routes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from storybook import __version__
from storybook.book import PAGES, VOICES
from storybook.events.catalog import EVENT_TYPES
from storybook.http.engines import EngineTable
from storybook.http.orders import (
    PAUSE_RANGE_MS,
    WORDS,
)
from storybook.http.progress import StageProgress
from storybook.http.readiness import ReadinessState
from storybook.http.runs import (
    LIBRARY_DEFAULT,
    LIBRARY_MOST,
    LOG_DEFAULT,
    LOG_MOST,
    RunCreated,
    RunLog,
)
from storybook.http.speech import FIELD_TYPES
from storybook.projections.log_entries import RunLogEntry
from storybook.projections.runs import Library, Progress, RunState
from storybook.request import MAX_FIELD_CHARACTERS, SPEED_RANGE, RequestFault
from storybook.run import Status
from storybook.stages.transcriber.hearing import SpokenField

Schema = dict[str, Any]

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"

ERRORS: Final[dict[int, str]] = {
    400: "a bad cursor, file name, parameter or recording",
    403: "a page of another origin asks, which `cors_origins` does not name",
    404: "no such run, no such file, no preview now",
    409: "the request contradicts the run's state, or an Idempotency-Key came with another body",
    410: "the file was removed by retention",
    408: "the body did not come in time",
    413: "the body is over its limit",
    416: "the range lies outside the file",
    422: "the body fails validation; `detail` lists every fault",
    429: "over the rate limit or the queue's limit; see Retry-After",
    503: "an engine or the log is not available; `detail` says why and what mends it",
}


class Health(msgspec.Struct, frozen=True):
    status: str
    version: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Every error: a text, or for 422 one entry for each fault found."""

    detail: str | list[RequestFault]


class Parameter(msgspec.Struct, frozen=True):
    """Something beside the body. `place` is `path`, `query` or `header`."""

    name: str
    place: str
    about: str
    schema: Schema = msgspec.field(default_factory=lambda: {"type": "string"})


class Call(msgspec.Struct, frozen=True):
    """One call: how it is made, what it answers, and with which errors."""

    method: str
    path: str
    about: str
    status: int
    answers: type | str | None
    """The type of a JSON answer, or another media type."""
    more: str = ""
    errors: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: tuple[str, Schema] | None = None
    """Media type and schema."""
    others: dict[int, str] = {}
    """Answers that are neither the usual one nor an error."""


def _whole(default: int, most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


_POSITION: Final = {"type": "integer", "minimum": 0}
_VOICE: Final = {"type": "string", "enum": list(VOICES), "description": "any case is accepted"}
_RUN: Final = Parameter(
    "run_id", "path", "the run", {"type": "string", "pattern": "^[0-9a-f]{32}$"}
)
_CURSOR: Final = (
    Parameter("Last-Event-ID", "header", "go on right after this position; 0: all", _POSITION),
    Parameter("last_event_id", "query", "the same, for clients without headers", _POSITION),
)
_PARTIAL: Final = (
    Parameter("Range", "header", "one range of bytes; several at once get the whole file"),
    Parameter("If-None-Match", "header", "the ETag of what the client has"),
    Parameter("If-Range", "header", "the ETag that the range belongs to"),
)
_PARTIAL_ANSWERS: Final = {206: "the range", 304: "the client's copy is still right"}

STORY_BODY: Final[Schema] = {
    "type": "object",
    "required": list(WORDS),
    "properties": {
        **{
            name: {"type": "string", "minLength": 1, "maxLength": MAX_FIELD_CHARACTERS}
            for name in WORDS
        },
        "tts_enabled": {"type": "boolean", "default": True},
        "tts_config": {
            "type": "object",
            "properties": {
                "narrator_voice": {**_VOICE, "default": "M1"},
                "dialogue_voice": {**_VOICE, "description": "default: the narrator's"},
                "character_voices": {"type": "object", "additionalProperties": _VOICE},
                "lang": {"type": "string", "default": "ko"},
                "speed": {
                    "type": "number",
                    "minimum": SPEED_RANGE[0],
                    "maximum": SPEED_RANGE[1],
                    "default": 1.05,
                },
                "segment_pause_ms": {
                    "type": "integer",
                    "minimum": PAUSE_RANGE_MS[0],
                    "maximum": PAUSE_RANGE_MS[1],
                    "default": 250,
                },
            },
        },
    },
    "example": {
        "era_ko": "조선시대",
        "place_ko": "깊은 숲속 마을",
        "characters_ko": "호기심 많은 토끼, 겁 많은 호랑이",
        "topic_ko": "우정",
    },
}

SPEECH_BODY: Final[Schema] = {
    "type": "object",
    "required": ["audio_file", "field_type"],
    "properties": {
        "audio_file": {"type": "string", "format": "binary"},
        "field_type": {"type": "string", "enum": list(FIELD_TYPES)},
        "language": {"type": "string", "default": "ko-KR"},
    },
}

CALLS: Final = (
    Call("GET", "/", "Whether the server is there", 200, Health),
    Call(
        "GET",
        "/readyz",
        "Whether all that is shown is brought up to date",
        200,
        ReadinessState,
        others={503: "it is not; `reasons` says why, and what to do"},
    ),
    Call(
        "POST",
        "/api/runs",
        "Ask for a book",
        201,
        RunCreated,
        more="Answered at once; the book is made page by page. With an `Idempotency-Key`, the same "
        "key and body give the same `run_id`, however often and after a restart.",
        errors=(400, 403, 408, 409, 413, 422, 429, 503),
        parameters=(Parameter("Idempotency-Key", "header", "names this wish for a book"),),
        body=(JSON, STORY_BODY),
    ),
    Call(
        "GET",
        "/api/runs",
        "The library, newest first",
        200,
        Library,
        errors=(400,),
        parameters=(
            Parameter("status", "query", "only these", {"type": "string", "enum": [*Status]}),
            Parameter("limit", "query", "runs a page", _whole(LIBRARY_DEFAULT, LIBRARY_MOST)),
            Parameter("before", "query", "the `next` of the page before"),
        ),
    ),
    Call(
        "GET",
        "/api/runs/{run_id}",
        "The state of a run",
        200,
        RunState,
        more="`pages` always has five elements; what is not ready is an empty string. `parked` is "
        "null, or says from which position on this version cannot read the run; the rest is as it "
        "was before it.",
        errors=(400, 404),
        parameters=(
            _RUN,
            Parameter("at", "query", "as it was right after this position", _POSITION),
        ),
    ),
    Call(
        "GET",
        "/api/runs/{run_id}/events",
        "The progress of a run, as server-sent events",
        200,
        EVENT_STREAM,
        more="Each change is one `update` (schema `Progress`), whose id is a position in the log. "
        "Without a cursor the first message is the present state; with it the stream goes on right "
        "after that position. It ends when the run has. `progress` messages (schema "
        "`StageProgress`) say how far a stage is and where it shows a preview, `keepalive` that "
        "nothing happens, `reset` that the cursor lay beyond the log's end. "
        "`Storybook-Resumed-After` says after which position the stream really began.",
        errors=(400, 404),
        parameters=(_RUN, *_CURSOR),
        others={204: "nothing comes after that position any more"},
    ),
    Call(
        "GET",
        "/api/runs/{run_id}/images/{filename}",
        "A picture: cover.png, panel_1.png to panel_4.png",
        200,
        "image/png",
        errors=(400, 404, 410, 416),
        parameters=(_RUN, Parameter("filename", "path", "the file"), *_PARTIAL),
        others=_PARTIAL_ANSWERS,
    ),
    Call(
        "GET",
        "/api/runs/{run_id}/audio/{filename}",
        "A page read aloud: page_0.wav to page_4.wav",
        200,
        "audio/wav",
        errors=(400, 404, 410, 416),
        parameters=(_RUN, Parameter("filename", "path", "the file"), *_PARTIAL),
        others=_PARTIAL_ANSWERS,
    ),
    Call(
        "GET",
        "/api/runs/{run_id}/previews/{page}",
        "What a page looks like while it is painted",
        200,
        "image/*",
        more="JPEG or PNG, as the illustrator shows it; 404 before the first and after the last. "
        "The `preview_url` of a `progress` message leads here.",
        errors=(404,),
        parameters=(
            _RUN,
            Parameter("page", "path", "the page", {"type": "integer", "enum": [*PAGES]}),
            Parameter("v", "query", "what makes each preview's address another; not looked at"),
        ),
    ),
    Call(
        "GET",
        "/api/runs/{run_id}/log",
        "The events of a run, as recorded",
        200,
        RunLog,
        errors=(400, 404),
        parameters=(
            _RUN,
            Parameter("after", "query", "only those after this position", _POSITION),
            Parameter("limit", "query", "events a page", _whole(LOG_DEFAULT, LOG_MOST)),
        ),
    ),
    Call(
        "POST",
        "/api/runs/{run_id}/cancel",
        "Stop a run; finished pages stay readable",
        202,
        RunCreated,
        errors=(403, 404, 409, 503),
        parameters=(_RUN,),
    ),
    Call(
        "POST",
        "/api/runs/{run_id}/retry",
        "Let a failed or cancelled run go on from what is missing",
        202,
        RunCreated,
        errors=(403, 404, 409, 503),
        parameters=(_RUN,),
    ),
    Call(
        "GET",
        "/api/events",
        "The whole log, as server-sent events",
        200,
        EVENT_STREAM,
        more="Every event of every run (schema `RunLogEntry`), named by its type. Without a cursor "
        "the stream begins at the log's end. It never ends.",
        errors=(400,),
        parameters=(
            *_CURSOR,
            Parameter("types", "query", f"only these, with commas: {', '.join(EVENT_TYPES)}"),
        ),
    ),
    Call(
        "POST",
        "/api/stt/field",
        "One of the four words, spoken",
        200,
        SpokenField,
        errors=(400, 403, 408, 413, 422, 429, 503),
        body=("multipart/form-data", SPEECH_BODY),
    ),
    Call("GET", "/api/engines", "Who plays each role, and whether they can", 200, EngineTable),
    Call("GET", "/docs", "This API as a page", 200, "text/html"),
    Call("GET", "/openapi.json", "This API as an OpenAPI document", 200, dict),
)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of all calls."""
    named = [it for call in CALLS if isinstance(it := call.answers, type) and it is not dict]
    types = [*named, ErrorAnswer, Progress, StageProgress, RunLogEntry]
    _, schemas = msgspec.json.schema_components(
        dict.fromkeys(types), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "storybook",
            "version": __version__,
            "description": "Four Korean words become a picture book: text, pictures and voices.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(call: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": call.about}
    if call.more:
        operation["description"] = call.more
    if call.parameters:
        operation["parameters"] = [
            {
                "name": it.name,
                "in": it.place,
                "required": it.place == "path",
                "description": it.about,
                "schema": it.schema,
            }
            for it in call.parameters
        ]
    if call.body is not None:
        media_type, schema = call.body
        operation["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
    operation["responses"] = _responses(call)
    return operation


def _responses(call: Call) -> dict[str, Any]:
    usual: dict[str, Any] = {"description": call.about, **_content(call.answers)}
    return {
        str(call.status): usual,
        **{str(status): {"description": about} for status, about in call.others.items()},
        **{
            str(status): {"description": ERRORS[status], **_content(ErrorAnswer)}
            for status in call.errors
        },
    }


def _content(answers: type | str | None) -> dict[str, Any]:
    if answers is None:
        return {}
    if isinstance(answers, str):
        return {"content": {answers: {}}}
    if answers is dict:
        return {"content": {JSON: {"schema": {"type": "object"}}}}
    return {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{answers.__name__}"}}}}
