"""The finished files of each run: what the events say of a file with this name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from storybook.book import Artifact
from storybook.events.catalog import ArtifactsPruned, Event, StageCompleted
from storybook.projections.projection import Projection, Put, RunChange, Table

FILES: Final = Table(
    "artifacts",
    {
        "run_id": "TEXT NOT NULL",
        "name": "TEXT NOT NULL",  # as the API has it
        "artifact": "BLOB NOT NULL",  # an Artifact
        "is_pruned": "INTEGER NOT NULL",  # 1 once retention has removed the file
    },
    key=("run_id", "name"),
    in_key_order=True,
)


class RecordedFile(msgspec.Struct, frozen=True):
    """A finished file as recorded, and whether retention has removed it."""

    artifact: Artifact
    is_pruned: bool


class Artifacts(Projection):
    """Every finished file of every run."""

    name = "artifacts"
    version = 1
    tables = (FILES,)
    handles = frozenset({StageCompleted, ArtifactsPruned})

    def apply(self, change: RunChange) -> Iterator[Put]:
        names = {name for event in change.events for name in _names(event)}
        if names:
            for artifact in change.run.artifacts:
                if artifact.name in names:
                    is_pruned = artifact.name in change.run.pruned
                    row = (change.run_id, artifact.name, _encode(artifact), int(is_pruned))
                    yield Put(FILES, row)


def _names(event: Event) -> tuple[str, ...]:
    match event:
        case StageCompleted(artifact=Artifact(name=name)):
            return (name,)
        case ArtifactsPruned(names=names):
            return names
    return ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Artifact).decode


def recorded_file(row: tuple[Any, ...]) -> RecordedFile:
    """What a row of `FILES` tells."""
    _, _, artifact, is_pruned = row
    return RecordedFile(_decode(artifact), bool(is_pruned))
