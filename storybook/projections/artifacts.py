"""The finished files of each run: what the events say of a file with this name.

A row holds all files of a run: a rebuild writes a tenth of the rows that one for each file would
be, and who serves a file remembers it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from storybook.book import Artifact
from storybook.events.catalog import ArtifactRemade, ArtifactsPruned, StageCompleted
from storybook.projections.projection import Projection, Put, RunChange, Table

FILES: Final = Table(
    "artifacts",
    {
        "run_id": "TEXT NOT NULL",
        "files": "BLOB NOT NULL",  # a _RunFiles
    },
    key=("run_id",),
)


class _RunFiles(msgspec.Struct, frozen=True, array_like=True):
    """The files of a run as recorded last, and the names of those that retention has removed."""

    artifacts: list[Artifact]
    pruned: frozenset[str]


class RecordedFile(msgspec.Struct, frozen=True):
    """A finished file as recorded, and whether retention has removed it."""

    artifact: Artifact
    is_pruned: bool


class Artifacts(Projection):
    """Every finished file of every run."""

    name = "artifacts"
    version = 4
    tables = (FILES,)
    handles = frozenset({StageCompleted, ArtifactRemade, ArtifactsPruned})

    def apply(self, change: RunChange) -> Iterator[Put]:
        files = _RunFiles(list(change.run.artifacts), change.run.pruned)
        yield Put(FILES, (change.run_id, _encode(files)))


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
"""A set in its order: `verify` holds the bytes of one process against those of another."""
_decode = msgspec.msgpack.Decoder(_RunFiles).decode


def recorded_file(row: tuple[Any, ...], name: str) -> RecordedFile | None:
    """What a row of `FILES` tells of a file, if the run has one of this name."""
    files = _decode(row[1])
    for artifact in files.artifacts:
        if artifact.name == name:
            return RecordedFile(artifact, name in files.pruned)
    return None
