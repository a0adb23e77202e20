"""A look of retention at a large library, in which some runs are due.

The library is the views' own file with a line for each run; the log has the runs that are due, and
each of them has files.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import anyio

from bench.figures import FULL, Effort, Figure, median_of
from storybook.book import RunId
from storybook.clock import SystemClock
from storybook.commands import Commands
from storybook.events.log import CommandId, Version
from storybook.events.parked import ParkedRuns
from storybook.projections import tables, views
from storybook.projections.library import BOOKS
from storybook.projections.projector import Projections
from storybook.retention import Keep, Retention
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from tests.projections.histories import Book
from tests.stores.memory_log import MemoryLog

RUNS: Final = 10_000
DUE: Final = 50
"""Runs that are due at once: more than ever end between two looks."""
REACH_SECONDS: Final = 1.0


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    runs, due = effort.of(RUNS, least=20), effort.of(DUE)
    seconds = median_of(lambda: anyio.run(_seconds, folder, runs, due), effort.repetitions)
    what = f"retention over {runs:,} runs"
    note = f"{due} of them are due: files removed, recorded"
    return [Figure(what, seconds, "s", REACH_SECONDS, "≤", note)]


async def _seconds(folder: Path, runs: int, due: int) -> float:
    clock = SystemClock()
    with tempfile.TemporaryDirectory(dir=folder) as name:
        data = Path(name)
        store = FileArtifactStore(data / "outputs")
        async with SqliteLog.open(data / "log.db", clock=clock.now) as log:
            for number in range(due):
                await _record(log, store, number)
            async with Projections.open(data / "projections.db", log) as projections:
                with views.connect(data / "projections.db") as db:
                    _add_lines(db, runs - due)
                keep = Keep(runs=runs - due)
                retention = Retention(
                    keep, log, Commands(log), projections, store, clock, ParkedRuns()
                )
                began = time.perf_counter()
                await retention.prune()
                seconds = time.perf_counter() - began
                assert len(list((data / "outputs").iterdir())) == 0
                return seconds


async def _record(log: SqliteLog, store: FileArtifactStore, number: int) -> None:
    """A finished book, with its files."""
    memory = MemoryLog()
    book = Book(memory, number)
    await book.request()
    await book.finish()
    events = [it.event for it in memory.events]
    command = CommandId(str(number))
    await log.append(book.run_id, events, expected=Version(0), command=command)
    assert book.run is not None
    for artifact in book.run.artifacts:
        await store.put(book.run_id, artifact.name, b"a file")


_serial = itertools.count(10**9)


def _add_lines(db: Any, count: int) -> None:
    """Lines of books that ended later than all that there are."""
    columns = list(BOOKS.columns)
    (like,) = db.execute(f"SELECT {', '.join(columns)} FROM library LIMIT 1").fetchall()
    for _ in range(count):
        number = next(_serial)
        changed = {
            "position": number,
            "run_id": RunId(f"{number:032x}"),
            "files_since": like[columns.index("files_since")] + number,
        }
        row = tuple(changed.get(name, value) for name, value in zip(columns, like, strict=True))
        tables.write_rows(db, {BOOKS: {(number,): row}})
