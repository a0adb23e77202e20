"""Follows the log, keeps the views, and answers from them.

The projector is the handler of a subscription. Rows and checkpoint of a projection are written in
one transaction, so that after any death each stands where it was at some position. The projections
that stand furthest back are always the next to be fed, up to where the next ones stand; so they
advance together, and one that is new, or was computed by another version, catches up by itself.
The checkpoints are read in the transaction that moves them: where another process has swapped in
rebuilt tables that go further, or made the file anew, the projector goes on from what it finds.

Views are expendable. Where their file cannot be kept (a full disk, a folder that is only read) they
are in memory, and the file is tried again from time to time. A file that is lost while it is used
(damaged, deleted, replaced) is made anew, whoever meets the loss; until that one is caught up,
readers are told to ask again, since half a library would be a lie.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import anyio
import msgspec
from anyio import CapacityLimiter, to_thread

from storybook.events.log import START, EventLog, LogError, Position, Recorded
from storybook.events.parked import ParkedRun, ParkedRuns, RunParked
from storybook.events.subscription import RetryPolicy, Subscription
from storybook.notifier import Notifier
from storybook.projections import views
from storybook.projections.folding import Folds
from storybook.projections.parking import take_up_parked
from storybook.projections.projection import Key, Projection, Row, Table, TableRows
from storybook.projections.registry import PROJECTIONS
from storybook.projections.views import Checkpoint, ForeignFile, InMemory

ROW_WAIT_MS: Final = 100
"""How long the event loop may stand for a row that is not in memory while another process commits;
a commit of a rebuild takes a few milliseconds."""
OUTAGE_LOOK_SECONDS: Final = 0.05
"""How often who waits for a position looks whether an outage is over, which nobody announces."""
FILE_AGAIN_SECONDS: Final = 60.0
"""How long views stay in memory before their file is tried again."""
MOST_IN_MEMORY_BYTES: Final = 512 * 1024 * 1024
"""A file up to this size goes on in memory when it can no longer be written: the views of some
70,000 books. A larger one stays as it is until it can be."""

_log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class ProjectionsStopped(Exception):
    """The projector cannot go on; what it has applied can still be read."""


class ProjectionsBusy(Exception):
    """The views cannot be read now: another process holds the file for longer than a reader waits,
    the disk fails, or the file is being made anew. Ask again."""


class Step(msgspec.Struct, frozen=True):
    """One transaction to come: the projections that are due, where each of them stands, the events
    that they are fed, and the end to which that takes them."""

    due: tuple[Projection, ...]
    before: dict[str, Checkpoint]
    events: list[Recorded]
    end: Checkpoint

    def after(self, projection: Projection) -> Checkpoint:
        """Where a projection stands then."""
        generation = self.before[projection.name].generation
        return Checkpoint(self.end.position, self.end.digest, generation)


class Projections:
    """The views of the log, always a little after it; `reached` waits for them."""

    def __init__(
        self,
        path: Path,
        log: EventLog,
        projections: Sequence[Projection],
        parked: ParkedRuns,
        *,
        keep: bool,
    ) -> None:
        self._path, self._source, self._projections = path, log, tuple(projections)
        self._keep_file = keep
        self._parked = parked
        self._checkpoints: dict[str, Checkpoint] = {}
        self._noted: set[ParkedRun] = set()
        self._folds = Folds(log, projections)
        self._kept: dict[Table, OrderedDict[Key, Row]] = {}
        self._writing, self._reading = CapacityLimiter(1), CapacityLimiter(1)
        self._is_lost = False  # until there is a new file
        self._file_changed = Notifier()
        self._whole_at = START
        """Up to here the views are no whole: a file that was made anew catches up."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        log: EventLog,
        *,
        keep: bool = True,
        projections: Sequence[Projection] = PROJECTIONS,
        parked: ParkedRuns | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
    ) -> AsyncIterator[Projections]:
        """Open the file (one that cannot be used is made anew), catch up with the log, and follow
        it until exit. Where there can be no file, and with `keep` false, all is in memory: what
        the file has, which is only read then, and what comes after it.

        `parked` are the runs that cannot be read, which this is told of and tells of.
        """
        views_of_log = cls(
            path, log, projections, ParkedRuns() if parked is None else parked, keep=keep
        )
        raised: Exception | None = None
        await views_of_log._open(retry)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(views_of_log.subscription.run)
                tasks.start_soon(views_of_log._care)
                try:
                    await views_of_log.reached(await log.head())
                    yield views_of_log
                except Exception as error:
                    raised = error  # the task group would wrap it in a group
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(views_of_log._close)
        if raised is not None:
            raise raised

    @property
    def position(self) -> Position:
        """Every event up to here is in the views, or left out."""
        return self.subscription.position

    # -------------------------------------------------------------------------------- the file

    async def _open(self, retry: RetryPolicy) -> None:
        self._connect(*await to_thread.run_sync(self._opened))
        for projection in self._projections:
            if not await _is_of(self._checkpoints[projection.name], self._source):
                views.begin(self._db, projection)
        await take_up_parked(self._db, self._source, self._projections, self._parked)
        self._checkpoints = views.read_checkpoints(self._db)
        self.subscription = Subscription(
            self._source,
            "projections",
            self,
            after=self._furthest_back,
            parked=self._parked,
            retry=retry,
        )

    def _opened(self) -> tuple[sqlite3.Connection, Path | InMemory]:
        """The file, or memory where there can be none."""
        if self._keep_file:
            try:
                return views.open_views(self._path, self._projections), self._path
            except (sqlite3.Error, OSError) as error:
                if not views.may_pass(error):
                    raise
                self._warn_of_memory(error)
        return self._in_memory()

    def _remade(self) -> tuple[sqlite3.Connection, Path | InMemory]:
        """An empty file, or memory where there can be none."""
        try:
            return views.remake(self._path, self._projections), self._path
        except (sqlite3.Error, OSError) as error:
            self._warn_of_memory(error)
        return self._in_memory()

    def _in_memory(self) -> tuple[sqlite3.Connection, InMemory]:
        memory = InMemory()
        return views.open_in_memory(memory, self._path, self._projections), memory

    def _warn_of_memory(self, error: Exception) -> None:
        _log.warning(
            "%s cannot be kept (%s): the views are in memory, and the file is tried again every "
            "%g s. Make room on its disk, or let this user write it",
            *(self._path, error, FILE_AGAIN_SECONDS),
        )

    def _connect(self, db: sqlite3.Connection, where: Path | InMemory) -> None:
        # The event loop and longer reads each have a connection of their own, so that neither
        # waits for the projector's thread.
        self._db, self._where = db, where
        self._rows_db = views.connect(where, wait_ms=ROW_WAIT_MS, read_only=True)
        self._reads_db = views.connect(where, read_only=True)
        self._checkpoints = views.read_checkpoints(db)
        self._noted = set(views.read_parked(db))

    def _disconnect(self) -> None:
        for db in (self._rows_db, self._reads_db, self._db):
            db.close()

    def _close(self) -> None:
        self._rows_db.close()
        self._reads_db.close()
        with suppress(sqlite3.Error):  # not clean, then: the next opening looks closer
            views.close_clean(self._db)
        self._db.close()

    async def _care(self) -> None:
        """Make a lost file anew, and leave memory for a file when that is possible again."""
        while True:
            changed = self._file_changed.next
            if self._is_lost:
                await self._recover()
            with anyio.move_on_after(FILE_AGAIN_SECONDS if self._should_have_file else math.inf):
                await changed.wait()
            if self._should_have_file and not changed.is_set():
                await self._return_to_file()

    @property
    def _should_have_file(self) -> bool:
        return self._keep_file and isinstance(self._where, InMemory)

    def _is_loss(self, error: Exception) -> bool:
        if not isinstance(self._where, Path):
            return False
        is_gone = views.may_pass(error) and not self._where.exists()
        return isinstance(error, ForeignFile) or views.is_damage(error) or is_gone

    def _lose(self, error: Exception) -> None:
        """Have the file made anew; for whoever meets the loss, on the event loop."""
        if not self._is_lost:
            _log.warning("%s is lost (%s); it is made anew", self._where, error)
            self._whole_at = max(self._whole_at, self.position)
            self._is_lost = True
            self._file_changed.notify()

    async def _recover(self) -> None:
        # All at once on the event loop, so that nobody meets a closed connection.
        async with self._reading, self._writing:
            self._disconnect()
            self._kept.clear()
            self._connect(*self._remade())
            self.subscription.move(self._furthest_back)
            self._is_lost = False
        self._file_changed.notify()

    async def _leave_file(self, error: Exception) -> None:
        """Go on in memory, from what the file has."""
        self._warn_of_memory(error)
        async with self._reading, self._writing:
            opened = await to_thread.run_sync(self._in_memory)
            self._whole_at = max(self._whole_at, self.position)
            self._disconnect()
            self._connect(*opened)
        self._file_changed.notify()

    async def _return_to_file(self) -> None:
        async with self._writing:
            try:
                await to_thread.run_sync(views.save, self._db, self._path)
                opened = await to_thread.run_sync(views.open_views, self._path, self._projections)
            except (sqlite3.Error, OSError) as error:
                _log.info("%s cannot be kept yet: %s", self._path, error)
                return
            async with self._reading:
                self._disconnect()
                self._connect(opened, self._path)
        _log.warning("%s is kept again", self._path)

    # ------------------------------------------------------------------------------- following

    @property
    def _furthest_back(self) -> Position:
        return min(it.position for it in self._checkpoints.values())

    async def handle(self, batch: Sequence[Recorded]) -> Position | None:
        """Feed the projections that stand furthest back, up to where the next ones stand. Answers
        where to go on, if that is not the batch's end. The handler of the subscription."""
        step = self._step(batch)
        if step is not None:
            rows = await self._fed(step)
            try:
                async with self._writing:
                    found = await to_thread.run_sync(self._write, step, rows)
            except (sqlite3.Error, ForeignFile) as error:
                if self._is_loss(error):
                    self._lose(error)
                if self._is_lost or not self._can_leave_file(error):
                    raise
                await self._leave_file(error)
            else:
                self._take_over(step, rows, found)
        end = self._furthest_back
        return None if end == batch[-1].position else end

    def _step(self, batch: Sequence[Recorded]) -> Step | None:
        """What is to be done next; None if all have seen the batch."""
        start = self._furthest_back
        events = [it for it in batch if it.position > start]
        if not events:
            return None
        due = tuple(it for it in self._projections if self._before(it).position == start)
        end = Checkpoint(events[-1].position, events[-1].digest)
        for other in self._checkpoints.values():
            if start < other.position < end.position:
                end = other
        events = [it for it in events if it.position <= end.position]
        return Step(due, {it.name: self._before(it) for it in due}, events, end)

    def _before(self, projection: Projection) -> Checkpoint:
        return self._checkpoints[projection.name]

    async def _fed(self, step: Step) -> TableRows:
        if self._folds.projections != step.due:
            self._folds = Folds(self._source, step.due)
        try:
            return await self._folds.feed(step.events)
        except RunParked as error:
            await self._note(error.parked)
            raise

    async def _note(self, parked: ParkedRun) -> None:
        """Remember a parked run at once: its events may be the last, so that nothing of the batch
        is left to be written. What cannot be written now is noted with the next batch."""

        def write() -> None:
            with views.transaction(self._db):
                views.write_parked(self._db, [parked])

        with suppress(sqlite3.Error, ForeignFile):
            async with self._writing:
                await to_thread.run_sync(write)

    def _write(self, step: Step, rows: TableRows) -> dict[str, Checkpoint]:
        """Write rows and checkpoints, but not of projections that others have moved in between;
        the checkpoints as they stand now."""
        with views.transaction(self._db):
            found = views.read_checkpoints(self._db)
            if not found.keys() >= self._checkpoints.keys():
                raise ForeignFile(f"{self._where} was taken over by another version")
            for projection in step.due:
                if found.get(projection.name) == step.before[projection.name]:
                    own = {table: rows[table] for table in projection.tables if table in rows}
                    views.write_rows(self._db, own)
                    found[projection.name] = step.after(projection)
                    views.write_checkpoint(self._db, projection, found[projection.name])
            left_out = {it for it in self._parked if it.position <= step.end.position}
            views.write_parked(self._db, left_out - self._noted)
        return found

    def _take_over(self, step: Step, rows: TableRows, found: dict[str, Checkpoint]) -> None:
        """Go on from the checkpoints as they stand now."""
        self._checkpoints = found
        if any(found[it.name] != step.after(it) for it in step.due):
            self._kept.clear()  # the views stand elsewhere than what is in memory
            for it in views.read_parked(self._db):
                self._parked.park(it)
        else:
            self._keep(rows)
        self._noted = {it for it in self._parked if it.position <= step.end.position}

    def _keep(self, rows: TableRows) -> None:
        for table, changes in rows.items():
            if table.kept:
                kept = self._kept.setdefault(table, OrderedDict())
                for key, row in changes.items():
                    kept.pop(key, None)
                    if row is not None:
                        kept[key] = row
                while len(kept) > table.kept:
                    kept.popitem(last=False)

    def _can_leave_file(self, error: Exception) -> bool:
        if not (isinstance(self._where, Path) and views.may_pass(error)):
            return False
        return self._where.stat().st_size <= MOST_IN_MEMORY_BYTES

    async def reached(self, position: Position) -> None:
        """Return when every event up to a position is in the views, or left out. Raises
        `ProjectionsStopped`."""
        while self.position < max(position, self._whole_at) or self._is_lost:
            if self._is_lost:
                await self._file_changed.next.wait()
            elif self.subscription.outage is not None:
                self._check_alive()
                await anyio.sleep(OUTAGE_LOOK_SECONDS)
            else:
                await self.subscription.reached(max(position, self._whole_at))

    def _check_alive(self) -> None:
        outage = self.subscription.outage
        if outage is not None and not self._may_pass(outage.error):
            raise ProjectionsStopped(
                f"the projector cannot go on after position {self.position}: {outage.error}. It "
                "is tried again; if it does not go on, run `storybook verify`"
            ) from outage.error

    def _may_pass(self, error: Exception) -> bool:
        """Whether somebody may mend this: it is no fault of ours, and memory is not full."""
        if isinstance(error, LogError):
            return True
        is_of_file = views.may_pass(error) or views.is_busy(error) or self._is_loss(error)
        return is_of_file and isinstance(self._where, Path)

    # --------------------------------------------------------------------------------- answering

    def row(self, table: Table, *key: Any) -> Row | None:
        """The row of a table with this key; None if there is none.

        For the event loop: a look into memory, or a read by the key. Raises `ProjectionsBusy`.
        """
        self._check_whole()
        known = self._kept.get(table)
        if known is not None and (row := known.get(key)) is not None:
            return row
        try:
            row = views.find(self._rows_db, table, key)
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        if row is None and self.subscription.outage is not None:
            raise ProjectionsBusy("the views may lack this row for now; ask again")
        return row

    async def ask(
        self,
        question: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """What a question to the tables answers, on a thread of its own. Raises `ProjectionsBusy`,
        or `ProjectionsStopped` if nobody makes a lost file anew."""

        def answer() -> T:
            self._check_whole()  # here, since the file may be lost while this waits for its turn
            return question(self._reads_db, *args, **named)

        try:
            return await to_thread.run_sync(answer, limiter=self._reading)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _check_whole(self) -> None:
        if self._is_lost or self.position < self._whole_at:
            self._check_alive()
            raise ProjectionsBusy("the views are being made anew; ask again")

    def _refusal(self, error: sqlite3.Error) -> Exception:
        """What a reader is told of an error."""
        if self._is_loss(error):
            self._lose(error)
        elif not (views.is_busy(error) or views.may_pass(error)):
            return error
        return ProjectionsBusy(f"the views cannot be read now ({error}); ask again")


async def _is_of(checkpoint: Checkpoint, log: EventLog) -> bool:
    """Whether the rows were computed from this log, and not from one that was put back since."""
    if checkpoint.position == START:
        return True
    found = await log.read(Position(checkpoint.position - 1), 1)
    return bool(found) and found[0].digest == checkpoint.digest
