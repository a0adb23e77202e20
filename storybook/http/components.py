"""The components of the API's document, by their names: what is taken, and what is answered, whose
schemas come from the types that are answered.

A message of a stream is described as an object of its lines (`event`, `id`, `data`), as OpenAPI
does that; what its `data` holds has a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, Final

import msgspec

from storybook.events.catalog import EVENT_TYPES
from storybook.events.verdict import ChainVerdict
from storybook.export.making import CopyProgress
from storybook.http.archives import ImportedRun
from storybook.http.books import BookFormats
from storybook.http.cast import Cast, CharacterState, FaceState, SavedCast, SavedState
from storybook.http.editions import Comparison, EditionConflict, EditionCreated, Editions
from storybook.http.engines import EngineTable
from storybook.http.kinship import Kinship
from storybook.http.library import Library
from storybook.http.log_entries import RunLogEntry
from storybook.http.operate import OperateStatus
from storybook.http.progress import RunTakes, RunWaits, StageProgress
from storybook.http.readiness import Liveness, ReadinessState
from storybook.http.run_state import Progress, RunState
from storybook.http.runs import RunCreated, RunLog
from storybook.http.schemas import BINARY, JSON, TAKEN, Schema
from storybook.http.sessions import Session, SignedLink
from storybook.http.spans import SpokenPage
from storybook.repair import Repair
from storybook.request import RequestFault
from storybook.stages.transcriber.spoken_field import SpokenField


class Health(msgspec.Struct, frozen=True):
    """The server is there."""

    status: str
    version: str


class Error(msgspec.Struct, frozen=True):
    """What went wrong: what was expected, what was found, what to do."""

    detail: str


class ValidationError(msgspec.Struct, frozen=True):
    """A body that fails validation: one entry for each fault found. Of type `says_nothing` are
    words that tell nothing (or an instruction to a machine), of type `forbidden_words` those that
    have no place in a children's book: no schema knows what words say."""

    detail: list[RequestFault]


class Nothing(msgspec.Struct, frozen=True):
    """An object that says nothing."""


class LogEnd(msgspec.Struct, frozen=True):
    """Where the log ends: a cursor lay beyond it, the log came back from an older backup."""

    head: int


_ANSWERED: Final = (
    *(
        Health,
        Liveness,
        ReadinessState,
        RunCreated,
        Library,
        RunState,
        RunLog,
        SpokenPage,
        BookFormats,
        CopyProgress,
        Repair,
        Cast,
        CharacterState,
        FaceState,
        SavedState,
        SavedCast,
        ImportedRun,
        Kinship,
        Editions,
        Comparison,
        EditionCreated,
        SpokenField,
        EngineTable,
        ChainVerdict,
        OperateStatus,
        Session,
        SignedLink,
    ),
    *(
        EditionConflict,
        Error,
        ValidationError,
        Progress,
        StageProgress,
        RunWaits,
        RunTakes,
        RunLogEntry,
        LogEnd,
        Nothing,
    ),
)
_MAY_LACK: Final = {
    "Progress": ["error", "edition", "page", "changed", "language"],
    "RunState": ["edition"],
    "StageProgress": ["preview_url", "language"],
}
"""Members of answers that are not always there; all others are, whatever they are by default."""


def component(name: str) -> Schema:
    """The schema that is called so."""
    return {"$ref": f"#/components/schemas/{name}"}


def components() -> dict[str, Schema]:
    """Every schema that has a name."""
    _, answered = msgspec.json.schema_components(
        dict.fromkeys(_ANSWERED), ref_template="#/components/schemas/{name}"
    )
    taken = {it["title"]: it for it in TAKEN}
    assert not taken.keys() & answered.keys()  # else one would stand in the place of the other
    return {
        **taken,
        "Picture": BINARY,
        "Archive": BINARY,
        **{name: _as_answered(name, schema) for name, schema in answered.items()},
        "LiveProgress": _one_of("StageProgress", "RunWaits", "RunTakes"),
        **MESSAGES,
        "RunMessage": _one_of("UpdateMessage", "ProgressMessage", *_IN_ALL_STREAMS),
        "LogMessage": _one_of("EventMessage", *_IN_ALL_STREAMS),
    }


def _as_answered(name: str, schema: Schema) -> Schema:
    """A type's schema, where every member that is always sent is required."""
    told = dict(schema)
    if "description" in told:
        told["description"] = cleandoc(told["description"])
    if "enum" in told:
        return {"type": "string", **told}
    members = {key: _without_default(it) for key, it in told["properties"].items()}
    required = [key for key in members if key not in _MAY_LACK.get(name, ())]
    return {**told, "properties": members, "required": required}


def _without_default(member: Mapping[str, Any]) -> Schema:
    """A member of what is answered: a default would say that the server may leave it out."""
    return {key: value for key, value in member.items() if key != "default"}


# ------------------------------------------------------------------------------ messages of streams


def _message(
    title: str, about: str, kinds: list[str], data: str, *, has_id: bool = False
) -> Schema:
    """A message as its lines say it: `data` is JSON in a text."""
    payload = {"contentMediaType": JSON, "contentSchema": component(data)}
    members: dict[str, Schema] = {
        "event": {"type": "string", "enum": kinds},
        "data": {"type": "string", **payload},
    }
    if has_id:
        members["id"] = {"type": "string", "pattern": "^[0-9]+$"}
    return {
        "type": "object",
        "title": title,
        "description": about,
        "required": list(members),
        "properties": members,
    }


def _one_of(*names: str) -> Schema:
    return {"oneOf": [component(name) for name in names]}


MESSAGES: Final = {
    it["title"]: it
    for it in (
        _message(
            "UpdateMessage",
            "A change of the run. `id` is the position of its event: where to resume.",
            ["update"],
            "Progress",
            has_id=True,
        ),
        _message(
            "ProgressMessage",
            "How far a stage in hand is, for which engine the run waits, or how long it still "
            "takes; not resumable.",
            ["progress"],
            "LiveProgress",
        ),
        _message(
            "EventMessage",
            "An event of the log, named by its type. `id` is its position: where to resume.",
            list(EVENT_TYPES),
            "RunLogEntry",
            has_id=True,
        ),
        _message(
            "KeepaliveMessage",
            "Nothing has happened for a while; the connection stands.",
            ["keepalive"],
            "Nothing",
        ),
        _message(
            "ResetMessage",
            "The cursor lay beyond the log's end: what follows does not continue what was seen.",
            ["reset"],
            "LogEnd",
        ),
    )
}
_IN_ALL_STREAMS: Final = ("KeepaliveMessage", "ResetMessage")
