"""Follows the log, keeps the tables, and answers from them.

Rows and checkpoint are written in one transaction, so that after any death the tables are what
they were at some position. The checkpoint is read in that same transaction: where another process
has swapped in rebuilt tables that go further, or made the file anew, the projector goes on from
what it finds. A failure stops the projector and nothing else: what is written stays readable, and
whoever waits for a position is told.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from storybook.book import RunId
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.projections import reads, tables
from storybook.projections.folding import Changes, Folds
from storybook.projections.runs import Library
from storybook.run import Status
from storybook.wakeup import Wakeup

PAGE: Final = 2_000
"""Events of one transaction while catching up."""
KEPT_STATES: Final = 1_000
"""Encoded states in memory, about 2.5 KB each: those of the runs that changed last, which are the
ones that are asked for."""
STATE_WAIT_MS: Final = 100
"""How long the event loop may stand for a state that is not in memory while another process
commits; a commit of a rebuild takes a few milliseconds."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class ProjectionsStopped(Exception):
    """The projector has died; what it has applied can still be read."""


class ProjectionsBusy(Exception):
    """Another process holds the file for longer than a reader waits. Ask again."""


class Projections:
    """The views of the log, always a little behind it; `reached` waits for them."""

    def __init__(self, path: Path, log: EventLog, db: sqlite3.Connection) -> None:
        self._path, self._source = path, log
        self._folds = Folds(log)
        self._states: OrderedDict[RunId, bytes] = OrderedDict()
        self._writing, self._reading = CapacityLimiter(1), CapacityLimiter(1)
        self._wakeup = Wakeup()
        self._failure: Exception | None = None
        self._connect(db)

    def _connect(self, db: sqlite3.Connection) -> None:
        # The event loop and longer reads each have a connection of their own, so that neither
        # waits for the projector's thread.
        self._db = db
        self._states_db = tables.connect(self._path, wait_ms=STATE_WAIT_MS, read_only=True)
        self._reads_db = tables.connect(self._path, read_only=True)
        self.position = tables.read_checkpoint(db).position
        """Every event up to here is in the tables."""

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, log: EventLog) -> AsyncIterator[Projections]:
        """Open the file (one that cannot be used is made anew), catch up with the log, and follow
        it until exit."""
        db = await to_thread.run_sync(tables.open_tables, path)
        if not await _is_of(tables.read_checkpoint(db), log):
            db.close()
            db = await to_thread.run_sync(tables.remake, path)
        projections = cls(path, log, db)
        raised: Exception | None = None
        try:
            await projections._mending(projections._catch_up)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(projections._follow)
                try:
                    yield projections
                except Exception as error:
                    raised = error  # the task group would wrap it in a group
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(projections._close)
        if raised is not None:
            raise raised

    def _close(self) -> None:
        self._states_db.close()
        self._reads_db.close()
        with suppress(sqlite3.Error):  # not clean, then: the next opening looks closer
            tables.close_clean(self._db)
        self._db.close()

    # ------------------------------------------------------------------------------- following

    async def _catch_up(self) -> None:
        head = await self._source.head()
        while self.position < head:
            await self._apply(await self._source.read(self.position, PAGE))

    async def _follow(self) -> None:
        try:
            while True:
                await self._mending(self._follow_until_rewound)
        except Exception as error:
            _log.exception("the projector has stopped behind position %d", self.position)
            self._failure = error
            self._advance(self.position)

    async def _mending(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step, and once again with a new file if the old one turns out to be damaged."""
        try:
            await step()
        except sqlite3.DatabaseError as error:
            if not tables.is_damage(error):
                raise
            _log.warning("%s is damaged (%s); it is made anew", self._path, error)
            await self._remake()
            await step()

    async def _remake(self) -> None:
        # All at once on the event loop, so that nobody meets a closed connection.
        async with self._reading, self._writing:
            for db in (self._states_db, self._reads_db, self._db):
                db.close()
            self._connect(tables.remake(self._path))

    async def _follow_until_rewound(self) -> None:
        async with aclosing(self._source.tail(self.position)) as batches:
            async for batch in batches:
                before = self.position
                await self._apply(batch)
                if self.position < before:
                    return

    async def _apply(self, batch: Sequence[Recorded]) -> None:
        changes = await self._folds.feed(batch)
        found = await self._write_when_free(changes)
        if found == changes.position:
            self._remember(changes)
        else:
            self._states.clear()  # the tables stand elsewhere than what is in memory
        self._advance(found)

    async def _write_when_free(self, changes: Changes) -> Position:
        while True:
            try:
                return await to_thread.run_sync(self._write, changes, limiter=self._writing)
            except sqlite3.OperationalError as error:
                if not tables.is_busy(error):
                    raise
                _log.warning("another process holds %s; trying again", self._path)

    def _write(self, changes: Changes) -> Position:
        """Write rows and checkpoint, unless others have moved the tables in between; the position
        where they stand now."""
        with tables.transaction(self._db):
            found = tables.read_checkpoint(self._db)
            was_put_back = found.position < self.position
            goes_further = found.position >= changes.position
            if was_put_back or goes_further:
                return found.position
            tables.write_rows(self._db, changes)
            checkpoint = tables.Checkpoint(changes.position, changes.digest, found.generation)
            tables.write_checkpoint(self._db, checkpoint)
        return changes.position

    def _remember(self, changes: Changes) -> None:
        for row in changes.runs:
            self._states[row.run_id] = row.state
            self._states.move_to_end(row.run_id)
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)

    def _advance(self, position: Position) -> None:
        self.position = position
        self._wakeup.ring()

    async def reached(self, position: Position) -> None:
        """Return when every event up to a position is in the tables. Raises
        `ProjectionsStopped`."""
        while self.position < position:
            if self._failure is not None:
                raise ProjectionsStopped(
                    f"the projector has stopped behind position {self.position}: {self._failure}. "
                    "Restart the server; if it stops again, run `storybook verify`"
                ) from self._failure
            await self._wakeup.next.wait()

    # --------------------------------------------------------------------------------- answering

    def run_state(self, run_id: RunId) -> bytes | None:
        """The run's state as JSON, ready to send; None if there is no such run.

        For the event loop: a look into memory, or a read by an index. Raises `ProjectionsBusy`.
        """
        known = self._states.get(run_id)
        if known is not None:
            return known
        try:
            return reads.state(self._states_db, run_id)
        except sqlite3.OperationalError as error:
            if tables.is_busy(error):
                raise ProjectionsBusy(f"{self._path.name} is busy; ask again") from error
            raise

    async def library(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> Library:
        """At most `limit` runs, newest first. `before` is the `next` of an earlier answer; raises
        ValueError for anything else."""
        return await self._read(lambda: reads.library(self._reads_db, status, limit, before))

    async def open_runs(self) -> list[RunId]:
        """Runs that have not ended, oldest first."""
        return await self._read(lambda: reads.open_runs(self._reads_db))

    async def ended_before(self, moment: int) -> list[RunId]:
        """Runs that ended before a moment (microseconds since 1970) and still have files, those
        that ended first first."""
        return await self._read(lambda: reads.ended_before(self._reads_db, moment))

    async def _read(self, question: Callable[[], T]) -> T:
        return await to_thread.run_sync(question, limiter=self._reading)


async def _is_of(checkpoint: tables.Checkpoint, log: EventLog) -> bool:
    """Whether the rows were computed from this log, and not from one that was put back since."""
    if checkpoint.position == START:
        return True
    found = await log.read(Position(checkpoint.position - 1), 1)
    return bool(found) and found[0].digest == checkpoint.digest
