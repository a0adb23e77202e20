"""Follows the log, keeps the tables, and answers from them.

Rows and checkpoint are written in one transaction, so that after any death the tables are what
they were at some position. The checkpoint is read in that same transaction: where another process
has swapped in rebuilt tables that go further, or made the file anew, the projector goes on from
what it finds.

What may pass (a full disk, a log that cannot be read now) is outlasted. A file that is lost
(damaged, deleted or replaced) is made anew, whoever meets the loss; until that one is caught up,
readers are told to ask again, since half a library would be a lie. Any other failure stops the
projector and nothing else: what is written stays readable, and whoever waits for a position is
told.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from storybook.book import RunId
from storybook.events.log import START, EventLog, LogUnavailable, Position, Recorded
from storybook.events.parked import ParkedRuns
from storybook.notifier import Notifier
from storybook.projections import reads, tables
from storybook.projections.folding import Changes, Folds, changes_of
from storybook.projections.runs import Library
from storybook.run import Status

PAGE: Final = 2_000
"""Events of one transaction while catching up."""
KEPT_STATES: Final = 1_000
"""Encoded states in memory, about 2.5 KB each: those of the runs that changed last, which are the
ones that are asked for."""
STATE_WAIT_MS: Final = 100
"""How long the event loop may stand for a state that is not in memory while another process
commits; a commit of a rebuild takes a few milliseconds."""
PAUSE_SECONDS: Final = 1.0
"""Between two tries while the disk or the log fails."""
SILENCE_SECONDS: Final = 60.0
"""Between two warnings that it still does."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class ProjectionsStopped(Exception):
    """The projector has died; what it has applied can still be read."""


class ProjectionsBusy(Exception):
    """The file cannot be read now: another process holds it for longer than a reader waits, the
    disk fails, or the file is being made anew. Ask again."""


class Projections:
    """The views of the log, always a little behind it; `reached` waits for them."""

    def __init__(
        self, path: Path, log: EventLog, db: sqlite3.Connection, parked: ParkedRuns
    ) -> None:
        self._parked = parked
        self._path, self._source = path, log
        self._folds = Folds(log)
        self._states: OrderedDict[RunId, bytes] = OrderedDict()
        self._writing, self._reading = CapacityLimiter(1), CapacityLimiter(1)
        self._notifier = Notifier()
        self._failure: Exception | None = None
        self._lost = False  # until a new file is caught up
        self._hindered = False  # by what may pass: there may be runs that the tables do not have
        self._following = anyio.CancelScope()
        self._warned_at = -math.inf
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
    async def open(
        cls, path: Path, log: EventLog, *, parked: ParkedRuns | None = None
    ) -> AsyncIterator[Projections]:
        """Open the file (one that cannot be used is made anew), catch up with the log, and follow
        it until exit."""
        db = await to_thread.run_sync(tables.open_tables, path)
        if not await _is_of(tables.read_checkpoint(db), log):
            db.close()
            db = await to_thread.run_sync(tables.remake, path)
        projections = cls(path, log, db, parked or ParkedRuns())
        raised: Exception | None = None
        try:
            await projections._catch_up_once()
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

    async def _catch_up_once(self) -> None:
        try:
            await self._catch_up()
        except sqlite3.Error as error:
            if not self._is_loss(error):
                raise
            self._lose(error)
            await self._recover()

    async def _catch_up(self) -> None:
        head = await self._source.head()
        while self.position < head:
            await self._apply(await self._source.read(self.position, PAGE))

    async def _follow(self) -> None:
        try:
            while True:
                try:
                    if self._lost:
                        await self._recover()
                    with anyio.CancelScope() as self._following:
                        await self._catch_up()
                        self._hindered = False
                        await self._follow_until_rewound()
                except (sqlite3.Error, OSError, LogUnavailable) as error:
                    await self._outlast(error)
        except Exception as error:
            _log.exception("the projector has stopped behind position %d", self.position)
            self._failure = error
            self._advance(self.position)

    async def _outlast(self, error: Exception) -> None:
        """Return when it is time to try again; an error that will not pass is raised."""
        is_loss = self._is_loss(error)
        if is_loss and not self._lost:
            self._lose(error)
        elif is_loss or tables.may_pass(error) or not isinstance(error, sqlite3.Error):
            self._hindered = True
            self._warn("the projector cannot go on now (%s); trying again", error)
            await anyio.sleep(PAUSE_SECONDS)
        else:
            raise error

    def _warn(self, message: str, *about: object) -> None:
        now = time.monotonic()
        if now - self._warned_at >= SILENCE_SECONDS:
            self._warned_at = now
            _log.warning(message, *about)

    def _is_loss(self, error: Exception) -> bool:
        return tables.is_damage(error) or (tables.may_pass(error) and not self._path.exists())

    def _lose(self, error: Exception) -> None:
        """Have the file made anew; for whoever meets the loss, on the event loop."""
        if not self._lost:
            _log.warning("%s is lost (%s); it is made anew", self._path, error)
            self._lost = True
            self._following.cancel()

    async def _recover(self) -> None:
        """Make the file anew and catch up; what this raises leaves it lost."""
        # All at once on the event loop, so that nobody meets a closed connection.
        async with self._reading, self._writing:
            for db in (self._states_db, self._reads_db, self._db):
                db.close()
            self._states.clear()
            self._folds = Folds(self._source)  # a cancelled step may have fed the old ones halfway
            self._connect(tables.remake(self._path))
        await self._catch_up()
        self._lost = False
        self._notifier.notify()

    async def _follow_until_rewound(self) -> None:
        async with aclosing(self._source.tail(self.position)) as batches:
            async for batch in batches:
                before = self.position
                await self._apply(batch)
                if self.position < before:
                    return

    async def _apply(self, batch: Sequence[Recorded]) -> None:
        changes = await changes_of(self._folds, batch, self._parked)
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
                self._warn("another process holds %s; trying again", self._path)

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
        self._notifier.notify()

    async def reached(self, position: Position) -> None:
        """Return when every event up to a position is in the tables. Raises
        `ProjectionsStopped`."""
        while self.position < position or self._lost:
            self._check_alive()
            await self._notifier.next.wait()

    def _check_alive(self) -> None:
        if self._failure is not None:
            raise ProjectionsStopped(
                f"the projector has stopped behind position {self.position}: {self._failure}. "
                "Restart the server; if it stops again, run `storybook verify`"
            ) from self._failure

    # --------------------------------------------------------------------------------- answering

    def run_state(self, run_id: RunId) -> bytes | None:
        """The run's state as JSON, ready to send; None if there is no such run.

        For the event loop: a look into memory, or a read by an index. Raises `ProjectionsBusy`.
        """
        self._check_whole()
        known = self._states.get(run_id)
        if known is not None:
            return known
        try:
            state = reads.state(self._states_db, run_id)
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        if state is None and self._hindered:
            raise ProjectionsBusy(f"{self._path.name} may lack this run for now; ask again")
        return state

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
        """Raises `ProjectionsBusy`, or `ProjectionsStopped` if nobody makes a lost file anew."""

        def ask() -> T:
            self._check_whole()  # here, since the file may be lost while this waits for its turn
            return question()

        try:
            return await to_thread.run_sync(ask, limiter=self._reading)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _check_whole(self) -> None:
        if self._lost:
            self._check_alive()
            raise ProjectionsBusy(f"{self._path.name} is being made anew; ask again")

    def _refusal(self, error: sqlite3.Error) -> Exception:
        """What a reader is told of an error."""
        if self._is_loss(error):
            self._lose(error)
        elif not (tables.is_busy(error) or tables.may_pass(error)):
            return error
        return ProjectionsBusy(f"{self._path.name} cannot be read now ({error}); ask again")


async def _is_of(checkpoint: tables.Checkpoint, log: EventLog) -> bool:
    """Whether the rows were computed from this log, and not from one that was put back since."""
    if checkpoint.position == START:
        return True
    found = await log.read(Position(checkpoint.position - 1), 1)
    return bool(found) and found[0].digest == checkpoint.digest
