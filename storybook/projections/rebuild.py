"""Makes tables anew beside the old ones, and checks whether that would change anything.

A rebuild replays the log into tables of its own, by short transactions, so that a running server
waits for milliseconds at most. The last events and the swap are one transaction: it begins, and so
holds the projector where it is, before the log's end is looked up; so the new tables go at
least as far as the old ones. A rebuild that is stopped anywhere leaves the old tables as they were,
and what it has made is removed by the next one. Projections that are not rebuilt stay as they are.
"""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio import to_thread

from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.parked import ParkedRuns, RunParked
from storybook.projections import checkpoints, tables, views
from storybook.projections.checkpoints import Checkpoint
from storybook.projections.folding import Folds
from storybook.projections.parking import take_up_parked
from storybook.projections.projection import Projection, Row, Table, TableRows
from storybook.projections.registry import PROJECTIONS
from storybook.projections.views import InMemory
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
    """A log from its start, as the rows of some projections, one page after the other."""

    def __init__(self, log: EventLog, projections: Sequence[Projection]) -> None:
        self._log, self._folds = log, Folds(log, projections)
        self.position, self.digest, self.events = START, b"", 0
        self.parked = ParkedRuns()

    async def next(self, until: Position) -> TableRows | None:
        """The rows that the next page changes; None when every event up to a position has been
        seen."""
        page = await self._log.read(self.position, PAGE) if self.position < until else []
        page = [recorded for recorded in page if recorded.position <= until]
        if not page:
            return None
        rows = await self._readable(page)
        self.position, self.digest = page[-1].position, page[-1].digest
        self.events += len(page)
        return rows

    async def _readable(self, page: list[Recorded]) -> TableRows:
        """The rows of what can be read; each try parks one more run."""
        while True:
            try:
                return await self._folds.feed(self.parked.readable(page))
            except RunParked as error:
                self.parked.park(error.parked)


# ----------------------------------------------------------------------------------------- rebuild


def chosen(
    names: Sequence[str], among: Sequence[Projection] = PROJECTIONS
) -> tuple[Projection, ...]:
    """The projections with these names, all without any. Raises ValueError for an unknown one."""
    known = {it.name: it for it in among}
    for name in names:
        if name not in known:
            raise ValueError(f"no projection {name!r}; there are {', '.join(known)}")
    return tuple(it for it in among if not names or it.name in names)


async def rebuild(
    path: Path,
    log: EventLog,
    progress: Report,
    names: Sequence[str] = (),
    projections: Sequence[Projection] = PROJECTIONS,
) -> RebuildReport:
    """Replay the whole log into new tables of the projections with these names (without any: of
    all), and put them in the place of the old ones.

    Works beside a running server. Raises `RebuildRunning`, ValueError for an unknown name, and what
    reading the log raises.
    """
    began = time.perf_counter()
    wanted = chosen(names, projections)
    open_views = partial(views.open_views, path, projections)
    with _alone(path), closing(await to_thread.run_sync(open_views)) as db:
        await to_thread.run_sync(_remove_leftovers, db, projections)
        await take_up_parked(db, log, projections, ParkedRuns())
        generation = 1 + max(it.generation for it in checkpoints.read_checkpoints(db).values())
        suffix = f"_{generation}"
        with checkpoints.transaction(db):
            for projection in wanted:
                tables.create(db, projection, suffix)
        replay = _Replay(log, wanted)
        head = await log.head()
        while (rows := await replay.next(head)) is not None:
            await to_thread.run_sync(_write, db, rows, suffix)
            progress(replay.events, head)
        with checkpoints.transaction(db):
            head = await log.head()
            while (rows := await replay.next(head)) is not None:
                tables.write_rows(db, rows, suffix)
            tables.swap(db, wanted, suffix, f"{suffix}_old")
            checkpoint = Checkpoint(replay.position, replay.digest, generation)
            for projection in wanted:
                checkpoints.write_checkpoint(db, projection, checkpoint)
            checkpoints.write_parked(db, replay.parked)
        progress(replay.events, head)
        await to_thread.run_sync(_remove_leftovers, db, projections)
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


def _write(db: sqlite3.Connection, rows: TableRows, suffix: str) -> None:
    with checkpoints.transaction(db):
        tables.write_rows(db, rows, suffix)


def _remove_leftovers(db: sqlite3.Connection, projections: Sequence[Projection]) -> None:
    for table in checkpoints.leftovers(db, projections):
        tables.drop_in_pieces(db, table)


# -------------------------------------------------------------------------------------- comparison


async def differences(
    path: Path, log: EventLog, projections: Sequence[Projection] = PROJECTIONS
) -> list[str]:
    """Where the tables do not equal a replay up to their checkpoints, one line each.

    A running server's projector waits while the rows are compared, not while the log is replayed.
    """
    if not await anyio.Path(path).exists():
        return [f"{path.name}: missing; the next start or `storybook rebuild` makes it"]
    try:
        with closing(views.open_to_read(path, projections)) as db:
            return await _compare_with_replay(db, log, projections)
    except views.ForeignFile as error:
        return [f"{path.name}: {error}; the next start or `storybook rebuild` makes it anew"]
    except sqlite3.DatabaseError as error:
        if not views.is_damage(error):
            raise
        return [f"{path.name}: damaged ({error}); stop the server, delete the file, start again"]


async def _compare_with_replay(
    db: sqlite3.Connection, log: EventLog, projections: Sequence[Projection]
) -> list[str]:
    replay, lines = _Replay(log, projections), []
    with closing(views.remake(InMemory(), projections)) as own:
        now = checkpoints.read_checkpoints(db)
        await _replay_into(own, replay, min(now[it.name].position for it in projections))
        db.execute("BEGIN")
        now = checkpoints.read_checkpoints(db)  # from here on nobody can commit
        for projection in sorted(projections, key=lambda it: now[it.name].position):
            checkpoint = now[projection.name]
            await _replay_into(own, replay, checkpoint.position)
            if (replay.position, replay.digest) != (checkpoint.position, checkpoint.digest):
                lines.append(
                    f"{projection.name}: stands at position {checkpoint.position}, which is not in "
                    "this log; the next start makes it anew"
                )
                continue
            for table in projection.tables:
                lines += await to_thread.run_sync(_compare_table, db, own, table)
    return lines


async def _replay_into(own: sqlite3.Connection, replay: _Replay, until: Position) -> None:
    while (rows := await replay.next(until)) is not None:
        await to_thread.run_sync(_write, own, rows, "")


def _compare_table(db: sqlite3.Connection, own: sqlite3.Connection, table: Table) -> list[str]:
    key = ", ".join(table.key)
    sql = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {key}"
    rows = heapq.merge(
        ((table.key_of(row), "found", row) for row in db.execute(sql)),
        ((table.key_of(row), "due", row) for row in own.execute(sql)),
        key=lambda tagged: tagged[0],
    )
    return [
        line
        for _, group in groupby(rows, key=lambda tagged: tagged[0])
        if (line := _difference(table, {side: row for _, side, row in group}))
    ]


def _difference(table: Table, sides: Mapping[str, Row]) -> str:
    """What is wrong with a row, given as `found` and as `due`; empty if nothing is."""
    row = dict(zip(table.columns, next(iter(sides.values())), strict=True))
    named = [name for name in row if name in table.key or name == "run_id"]
    what = f"{table.name}: " + ", ".join(f"{name} {row[name]}" for name in named)
    if "due" not in sides:
        return f"{what}: a row that a replay does not make"
    if "found" not in sides:
        return f"{what}: the row is missing"
    pairs = zip(table.columns, sides["found"], sides["due"], strict=True)
    differ = ", ".join(column for column, found, due in pairs if found != due)
    return f"{what}: differs from a replay in {differ}" if differ else ""
