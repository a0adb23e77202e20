"""The finished files of each run: what the events say of a file with this name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from storybook.book import Artifact
from storybook.events.catalog import ArtifactRemade, ArtifactsPruned, Event, StageCompleted
from storybook.projections.projection import Projection, Put, RunChange, Table
from storybook.run import Run

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
    version = 2
    tables = (FILES,)
    handles = frozenset({StageCompleted, ArtifactRemade, ArtifactsPruned})

    def apply(self, change: RunChange) -> Iterator[Put]:
        pruned = change.run.pruned
        for event in change.events:
            for artifact in _concerned(event, change.run):
                name = artifact.name
                yield Put(FILES, (change.run_id, name, _encode(artifact), int(name in pruned)))


def _concerned(event: Event, run: Run) -> Sequence[Artifact]:
    """The artifacts that an event makes, remakes or prunes."""
    if type(event) is ArtifactRemade:
        return (event.artifact,)
    if type(event) is StageCompleted:
        return (event.artifact,) if event.artifact is not None else ()
    if type(event) is ArtifactsPruned:
        return [artifact for artifact in run.artifacts if artifact.name in event.names]
    return ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Artifact).decode


def recorded_file(row: tuple[Any, ...]) -> RecordedFile:
    """What a row of `FILES` tells."""
    _, _, artifact, is_pruned = row
    return RecordedFile(_decode(artifact), bool(is_pruned))
