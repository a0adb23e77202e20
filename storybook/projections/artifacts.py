"""The finished files of each run: what the events say of a file with this name.

A row holds all files that one edition of a book has made: a rebuild writes a tenth of the rows that
one for each file would be, and who serves a file remembers it anyway; and what a change of a book
writes is as little the thousandth time as the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from storybook.book import FIRST_EDITION, Artifact, RunId, Stage, artifact_name, split_edition
from storybook.events.catalog import ArtifactRemade, ArtifactsPruned, Event, StageCompleted
from storybook.projections.projection import Erasure, Projection, Put, Remove, RunChange, Table
from storybook.run import Run, plan_of

FILES: Final = Table(
    "artifacts",
    {
        "run_id": "TEXT NOT NULL",
        "edition": "INTEGER NOT NULL",  # in which they were made
        "files": "BLOB NOT NULL",  # a _MadeFiles
    },
    key=("run_id", "edition"),
)


class _MadeFiles(msgspec.Struct, frozen=True, array_like=True):
    """Files of a run as recorded last, and the names of those that retention has removed."""

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
        run = change.run
        if run.edition == FIRST_EDITION:
            files = _MadeFiles(list(run.artifacts), run.pruned)
            yield Put(FILES, (change.run_id, FIRST_EDITION, _encode(files)))
            return
        names = (name for event in change.events for name in _names(event))
        for edition in sorted({split_edition(name)[1] for name in names}):
            yield Put(FILES, (change.run_id, edition, _encode(_made_in(run, edition))))

    def forget(self, erasure: Erasure) -> Iterable[Put | Remove]:
        """Each edition was asked for by an event: there are no more of them than these."""
        editions = range(FIRST_EDITION, len(erasure.positions) + 1)
        return [Remove(FILES, (erasure.run_id, edition)) for edition in editions]


def _names(event: Event) -> Iterable[str]:
    match event:
        case (
            StageCompleted(artifact=Artifact(name=name))
            | ArtifactRemade(artifact=Artifact(name=name))
        ):
            return [name]
        case ArtifactsPruned(names=names):
            return names
    return []


def _made_in(run: Run, edition: int) -> _MadeFiles:
    languages = {work.language for work in run.work if work.language}  # of every edition
    everything = plan_of(run.page_count, is_read_aloud=True, added=(*sorted(languages),))
    names = [artifact_name(work, edition) for work in everything if work.stage is not Stage.LLM]
    made = [run.files[name][1] for name in names if name in run.files]
    return _MadeFiles(made, run.pruned.intersection(names))


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
"""A set in its order: `verify` holds the bytes of one process against those of another."""
_decode = msgspec.msgpack.Decoder(_MadeFiles).decode


def file_key(run_id: RunId, name: str) -> tuple[RunId, int]:
    """The key of the row of `FILES` that tells of a file, by the name that the store has it by."""
    return run_id, split_edition(name)[1]


def recorded_file(row: tuple[Any, ...], name: str) -> RecordedFile | None:
    """What a row of `FILES` tells of a file, if the run has one of this name."""
    files = _decode(row[2])
    for artifact in files.artifacts:
        if artifact.name == name:
            return RecordedFile(artifact, name in files.pruned)
    return None
