"""What a run's events say of how a book was made, and the events as an archive has them.

Nobody else's affair goes into a file that is given away: who asked for what, who is told of it, on
which machine the work was done, and the addresses of servers. Such members of an event are emptied.
What an event said as a whole can still be told from its digest, by whoever has the log.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from storybook.book import FIRST_EDITION, Artifact, Stage, Work
from storybook.events.catalog import (
    ArtifactRemade,
    EditionRequested,
    EngineInfo,
    Event,
    MadeFrom,
    StageCompleted,
    StageStarted,
)
from storybook.events.log import Recorded
from storybook.export.archive.shapes import ArchivedEvent, WrittenBy

PRIVATE: Final = frozenset(
    {
        *("requested_by", "cancelled_by", "retried_by", "pinned_by", "unpinned_by", "imported_by"),
        *("given_by", "saved_by", "released_by", "forgotten_by", "callback_url"),
        *("idempotency_key", "worker", "device", "endpoint", "prompt_id"),
    }
)
"""Members of events that are nothing to whoever is given the book, wherever they stand."""
MAY_NAME_SERVERS: Final = frozenset({"why", "message", "damage", "unrepeatable"})
"""Members with words that engines said, and perhaps an address."""
_ADDRESS: Final = re.compile(r"\w+://\S+")


class Makings(msgspec.Struct, frozen=True):
    """What made each file, by its name, and each text, by the work that wrote it."""

    files: Mapping[str, WrittenBy]
    texts: Mapping[Work, WrittenBy]


def makings_of(events: Iterable[Event], edition: int) -> Makings:
    """As far as the run's events say it: files of all editions, texts as they are in one."""
    started: dict[tuple[Work, int], EngineInfo] = {}
    files: dict[str, WrittenBy] = {}
    texts: dict[int, dict[Work, WrittenBy]] = {FIRST_EDITION: {}}
    now = FIRST_EDITION
    for event in events:
        match event:
            case StageStarted(attempt=attempt, engine=engine):
                started[event.work, attempt] = engine
            case EditionRequested(edition=now, base_edition=base, restores=restored):
                texts[now] = dict(texts.get(restored or base, {}))
            case StageCompleted(artifact=Artifact(name=name)):
                files[name] = _making(event, started)
            case StageCompleted(stage=Stage.LLM):
                texts[now][event.work] = _making(event, started)
            case ArtifactRemade(artifact=it, engine=engine, made_from=made_from):
                files[it.name] = _public(engine, made_from)
    return Makings(files, texts.get(edition, {}))


def _making(event: StageCompleted, started: Mapping[tuple[Work, int], EngineInfo]) -> WrittenBy:
    engine = event.made_by or started.get((event.work, event.attempt))
    return _public(engine, event.made_from)


def _public(engine: EngineInfo | None, made_from: MadeFrom | None) -> WrittenBy:
    if engine is not None:
        engine = replace(engine, device=EngineInfo("").device)
    if made_from is not None:
        made_from = replace(made_from, unrepeatable=_without_addresses(made_from.unrepeatable))
    return WrittenBy(engine, made_from)


def archived_events(recorded: Sequence[Recorded]) -> list[ArchivedEvent]:
    """The events of a run as an archive has them."""
    return [_archived(it) for it in recorded]


def _archived(it: Recorded) -> ArchivedEvent:
    data, withheld = _shown(it.data)
    digests = hashlib.sha256(it.data).hexdigest(), it.digest.hex()
    columns = it.position, it.version, it.type, it.schema, it.recorded_at
    return ArchivedEvent(*columns, *digests, data, withheld)


def _shown(data: bytes) -> tuple[msgspec.Raw, tuple[str, ...]]:
    """What an event says, as it was recorded if nothing of it is withheld, and what is."""
    try:
        said: Any = msgspec.json.decode(data)
        is_exact = bytes(msgspec.json.decode(data, type=msgspec.Raw)) == data
        data.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.Raw(b"null"), ("data",)
    withheld: list[str] = []
    kept = _kept(said, "", withheld)
    if not withheld and is_exact and b"\n" not in data:
        return msgspec.Raw(data), ()
    return msgspec.Raw(msgspec.json.encode(kept)), tuple(withheld or ["data"])


def _kept(value: Any, path: str, withheld: list[str]) -> Any:
    """A value without what is private in it; `withheld` gets the path of each such member."""
    if isinstance(value, list):
        return [_kept(it, path, withheld) for it in value]
    if not isinstance(value, dict):
        name = path.rpartition(".")[2]
        shown = "" if name in PRIVATE else value
        shown = _without_addresses(value) if name in MAY_NAME_SERVERS else shown
        if shown != value:
            withheld.append(path)
        return shown
    return {name: _kept(it, f"{path}.{name}".lstrip("."), withheld) for name, it in value.items()}


def _without_addresses(text: Any) -> Any:
    return _ADDRESS.sub("(an address)", text) if isinstance(text, str) else text
