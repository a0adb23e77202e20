"""The state of each run: what its readers are told, as a value that knows no address and no JSON.

A pure function of a `Run`, so that a state is the same whether it was folded live, after a restart,
in a rebuild, or up to an old position.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import (
    FIRST_EDITION,
    Artifact,
    Dialogue,
    Page,
    RunId,
    Stage,
    Work,
    narration_of,
    picture_of,
)
from storybook.projections.progress import RunProgress, progress_of
from storybook.projections.projection import (
    EVERY_EVENT,
    Projection,
    Put,
    RunChange,
    Table,
)
from storybook.projections.waiting import WaitingFold, WaitingFor
from storybook.run import Run, Status

KEPT_STATES: Final = 1_000
"""States in memory, about 2 KB each: those of the runs that changed last, which are the ones that
are asked for."""


class PageSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A page as far as it is made. `picture` and `narration` are names of files as the store has
    them (`split_edition` tells in which edition each was made); what is not ready is an empty text.
    """

    page: int
    title: str
    summary: str
    dialogues: tuple[tuple[str, str, str], ...]
    """Character, text and voice of each line."""
    picture: str
    narration: str


class RunSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A run as its readers see it at one moment. `error` is None unless the run failed, and
    `waiting_for` unless it waits for an engine, as far as its events tell. `status`, `stage` and
    `error` are of the newest edition, which is number `edition`; all else is of the one that is
    shown, the last whole one."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    pages: tuple[PageSnapshot, ...]
    error: str | None
    language: str
    waiting_for: WaitingFor | None = None
    removed: tuple[str, ...] = ()
    """Names of files that retention has removed, in the order of the pages."""
    edition: int = FIRST_EDITION
    shown: int = FIRST_EDITION
    age: str = ""
    added: tuple[str, ...] = ()
    """The languages that it is in beside its own."""
    topic_known: bool | None = None
    """Whether a writer by rule has stories about its topic, None if nobody has looked."""


def snapshot_of(
    run: Run,
    progress: RunProgress | None = None,
    waiting_for: WaitingFor | None = None,
    added: str = "",
) -> RunSnapshot:
    """The state of a run, of which the progress may be known. A pruned file keeps its name. Its
    pages are in its own language, or in one that was `added`."""
    now, shown = progress or progress_of(run), run.shown
    return RunSnapshot(
        now.status,
        now.stage,
        now.ready_max_page,
        now.ready_max_audio_page,
        tuple([_page(shown, number, shown.artifact, added) for number in range(run.page_count)]),
        now.error,
        run.language,
        waiting_for,
        tuple(_removed(run, shown, shown.artifact, added)) if run.pruned else (),
        run.edition,
        shown.edition,
        run.age,
        (*shown.translations,),
        run.topic_known,
    )


def snapshot_of_edition(run: Run, edition: int, added: str = "") -> RunSnapshot | None:
    """The state of a run as one edition has it: of the newest, as far as it is made, with the files
    of the last whole one where it has none yet. None if there is no such edition to be shown."""
    of = run.of_edition(edition)
    if of is None:
        return None
    file_of = partial(run.file_of, edition=edition)
    return replace(
        snapshot_of(of),
        pages=tuple([_page(of, number, file_of, added) for number in range(run.page_count)]),
        removed=tuple(sorted(_removed(run, of, file_of, added))),
        shown=edition,
        added=(*of.translations,),
    )


FileOf = Callable[[Work], Artifact | None]
"""The file that is shown for a piece of work."""


def _removed(run: Run, of: Run, file_of: FileOf, added: str) -> Iterator[str]:
    """The names of files of a language that retention has removed, and of pictures."""
    for work in of.plan:
        file = file_of(work) if work.stage.is_picture or work.language == added else None
        if file is not None and file.name in run.pruned:
            yield file.name


def _page(of: Run, number: int, file_of: FileOf, added: str) -> PageSnapshot:
    page = of.page_in(number, added) or Page(number)
    return PageSnapshot(
        number,
        page.title,
        page.summary,
        tuple(map(_line, page.dialogues)),
        _file(file_of(picture_of(number))),
        _file(file_of(narration_of(number, added))),
    )


def _line(dialogue: Dialogue) -> tuple[str, str, str]:
    return dialogue.character, dialogue.text, dialogue.voice


def _file(artifact: Artifact | None) -> str:
    return artifact.name if artifact is not None else ""


# -------------------------------------------------------------------------------------- the table

STATES: Final = Table(
    "run_states",
    {
        "run_id": "TEXT NOT NULL",
        "state": "BLOB NOT NULL",  # a RunSnapshot
    },
    key=("run_id",),
    kept=KEPT_STATES,
)

encode_snapshot: Final = msgspec.msgpack.Encoder().encode
"""A state as the table has it."""
decode_snapshot: Final = msgspec.msgpack.Decoder(RunSnapshot).decode
"""A state from the table's bytes."""


class RunStates(Projection):
    """The state of each run, ready to be shown."""

    name = "run_states"
    version = 7
    tables = (STATES,)
    handles = EVERY_EVENT

    def remember(self) -> WaitingFold:
        return WaitingFold()

    def apply(self, change: RunChange) -> Iterator[Put]:
        fold: WaitingFold = change.memory
        waiting_for = fold.feed(change.run, change.recorded)
        snapshot = snapshot_of(change.run, change.progress, waiting_for)
        yield Put(STATES, (change.run_id, encode_snapshot(snapshot)))


# ------------------------------------------------------------------------------------------ reads

BEGINNING_WITH: Final = "SELECT run_id FROM run_states WHERE run_id >= ? AND run_id < ? LIMIT ?"
_AFTER_ALL_LETTERS: Final = "\U0010ffff"


def beginning_with(db: sqlite3.Connection, prefix: str, limit: int) -> list[RunId]:
    """At most `limit` runs whose id begins like this, in the order of their ids."""
    found = db.execute(BEGINNING_WITH, (prefix, prefix + _AFTER_ALL_LETTERS, limit))
    return [run_id for (run_id,) in found]
