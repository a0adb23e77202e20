"""Makes the tables anew beside the old ones, and checks whether that would change anything.

A rebuild replays the log into tables of its own, by short transactions, so that a running server
waits for milliseconds at most. The last events and the swap are one transaction: it begins, and so
holds the projector where it is, before the log's end is looked up; so the new tables never stand
behind the old ones. A rebuild that is stopped anywhere leaves the old tables as they were, and
what it has made is removed by the next one.
"""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio import to_thread

from storybook.events.log import START, EventLog, Position
from storybook.events.parked import ParkedRuns
from storybook.projections import tables
from storybook.projections.folding import Changes, Folds, changes_of
from storybook.stores.sqlite.migrations import migrate
from storybook.system import AlreadyLocked, LockFile

PAGE: Final = 2_000
"""Events of one transaction: about 5 ms of writing, while reading and folding them takes longer and
lets others write."""

Report = Callable[[int, int], None]
"""Told how many events are done, and the position of the log's end."""


class RebuildRunning(Exception):
    """Another process rebuilds these projections."""


class RebuildReport(msgspec.Struct, frozen=True):
    """What a rebuild did: how many events it replayed, up to where, in how many seconds."""

    position: Position
    events: int
    seconds: float

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0


class _Replay:
    """A log from its start, as the changes of one page after the other."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._folds, self._parked = log, Folds(log), ParkedRuns()
        self.position, self.digest, self.events = START, b"", 0

    async def next(self, until: Position) -> Changes | None:
        """The changes of the next page; None when every event up to a position has been seen."""
        page = await self._log.read(self.position, PAGE) if self.position < until else []
        page = [recorded for recorded in page if recorded.position <= until]
        if not page:
            return None
        changes = await changes_of(self._folds, page, self._parked)
        self.position, self.digest = changes.position, changes.digest
        self.events += len(page)
        return changes


# ----------------------------------------------------------------------------------------- rebuild


async def rebuild(path: Path, log: EventLog, progress: Report) -> RebuildReport:
    """Replay the whole log into new tables and put them in the place of the old ones.

    Works beside a running server. Raises `RebuildRunning`, and what reading the log raises.
    """
    began = time.perf_counter()
    with _alone(path), closing(await to_thread.run_sync(tables.open_tables, path)) as db:
        await to_thread.run_sync(_remove_leftovers, db)
        generation = tables.read_checkpoint(db).generation + 1
        suffix = f"_{generation}"
        tables.create_beside(db, suffix)
        replay = _Replay(log)
        head = await log.head()
        while (changes := await replay.next(head)) is not None:
            await to_thread.run_sync(_write, db, changes, suffix)
            progress(replay.events, head)
        with tables.transaction(db):
            head = await log.head()
            while (changes := await replay.next(head)) is not None:
                tables.write_rows(db, changes, suffix)
            tables.swap(db, suffix, f"{suffix}_old")
            checkpoint = tables.Checkpoint(replay.position, replay.digest, generation)
            tables.write_checkpoint(db, checkpoint)
        progress(replay.events, head)
        await to_thread.run_sync(_remove_leftovers, db)
    return RebuildReport(replay.position, replay.events, time.perf_counter() - began)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        lock = LockFile(path.with_name(f"{path.name}.rebuild-lock"))
    except AlreadyLocked as error:
        raise RebuildRunning(f"another process rebuilds {path}; wait until it is done") from error
    try:
        yield
    finally:
        lock.release()


def _write(db: sqlite3.Connection, changes: Changes, suffix: str) -> None:
    with tables.transaction(db):
        tables.write_rows(db, changes, suffix)


def _remove_leftovers(db: sqlite3.Connection) -> None:
    for table in tables.leftovers(db):
        tables.drop_in_pieces(db, table)


# -------------------------------------------------------------------------------------- comparison


async def differences(path: Path, log: EventLog) -> list[str]:
    """Where the tables do not equal a replay up to their checkpoint, one line each.

    A running server's projector waits while the rows are compared, not while the log is replayed.
    """
    if not await anyio.Path(path).exists():
        return [f"{path.name}: missing; the next start or `storybook rebuild` makes it"]
    try:
        with closing(tables.connect_known(path, read_only=True)) as db:
            return await _compare_with_replay(db, log)
    except tables.ForeignFile as error:
        return [f"{path.name}: {error}; the next start or `storybook rebuild` makes it anew"]
    except sqlite3.DatabaseError as error:
        if not tables.is_damage(error):
            raise
        return [f"{path.name}: damaged ({error}); stop the server, delete the file, start again"]


async def _compare_with_replay(db: sqlite3.Connection, log: EventLog) -> list[str]:
    replay = _Replay(log)
    with closing(_scratch()) as own:
        await _replay_into(own, replay, tables.read_checkpoint(db).position)
        db.execute("BEGIN")
        checkpoint = tables.read_checkpoint(db)  # from here on nobody can commit
        await _replay_into(own, replay, checkpoint.position)
        if replay.position != checkpoint.position or replay.digest != checkpoint.digest:
            return [
                f"checkpoint: stands at position {checkpoint.position}, which is not in this log; "
                "the next start makes the projections anew"
            ]
        return await to_thread.run_sync(_compare, db, own)


def _scratch() -> sqlite3.Connection:
    """Empty tables in a temporary file of their own, which goes with the connection."""
    own = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    own.execute("PRAGMA journal_mode = OFF")
    own.execute("PRAGMA synchronous = OFF")
    migrate(own, "projections")
    return own


async def _replay_into(own: sqlite3.Connection, replay: _Replay, until: Position) -> None:
    while (changes := await replay.next(until)) is not None:
        await to_thread.run_sync(_write, own, changes, "")


def _compare(db: sqlite3.Connection, own: sqlite3.Connection) -> list[str]:
    return [line for table in tables.TABLES for line in _compare_table(db, own, table)]


def _compare_table(db: sqlite3.Connection, own: sqlite3.Connection, table: str) -> Iterator[str]:
    sql = f"SELECT * FROM {table} ORDER BY position"
    found, due = db.execute(sql), own.execute(sql)
    columns = [column for column, *_ in found.description]
    rows = heapq.merge(
        ((row[0], "found", row) for row in found),
        ((row[0], "due", row) for row in due),
        key=lambda tagged: tagged[0],
    )
    for position, group in groupby(rows, key=lambda tagged: tagged[0]):
        sides = {side: row for _, side, row in group}
        run_id = next(iter(sides.values()))[1]
        what = f"{table}: position {position}, run {run_id}"
        if "due" not in sides:
            yield f"{what}: a row that a replay does not make"
        elif "found" not in sides:
            yield f"{what}: the row is missing"
        elif sides["found"] != sides["due"]:
            pairs = zip(columns, sides["found"], sides["due"], strict=True)
            differ = ", ".join(column for column, one, other in pairs if one != other)
            yield f"{what}: differs from a replay in {differ}"
