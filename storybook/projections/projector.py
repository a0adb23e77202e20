"""Follows the log, keeps the views, and answers from them.

The projector is the handler of a subscription. Rows and checkpoint of a projection are written in
one transaction, so that after any death each stands where it was at some position. The projections
that stand furthest back are always the next to be fed, up to where the next ones stand; so they
advance together, and one that is new, or was computed by another version, catches up by itself.
The checkpoints are read in the transaction that moves them: where another process has swapped in
rebuilt tables that go further, or made the file anew, the projector goes on from what it finds.

Where the views lie is `view_file`'s affair. Until a file that was made anew is caught up, readers
are told to ask again, since half a library would be a lie.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio
import msgspec
from anyio import to_thread

from storybook.events.catalog import RunForgotten
from storybook.events.codec import UNREADABLE
from storybook.events.log import START, EventLog, LogError, Position, Recorded
from storybook.events.parked import ParkedRun, ParkedRuns, RunParked
from storybook.events.subscription import RetryPolicy, Subscription
from storybook.projections import checkpoints, tables, views
from storybook.projections.checkpoints import Checkpoint
from storybook.projections.folding import Folds
from storybook.projections.parking import take_up_parked
from storybook.projections.projection import Key, Projection, Row, Table, TableRows
from storybook.projections.registry import PROJECTIONS
from storybook.projections.view_file import ViewFile
from storybook.projections.views import ForeignFile

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


class Written(msgspec.Struct, frozen=True):
    """What a transaction has left: where every projection stands, and the runs of which the table
    says that their events are left out."""

    checkpoints: dict[str, Checkpoint]
    left_out: set[ParkedRun]


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
        self._source, self._projections = log, tuple(projections)
        self._file = ViewFile(path, self._projections, keep=keep, restart=self._restart)
        self._parked = parked
        self._checkpoints: dict[str, Checkpoint] = {}
        self._noted: set[ParkedRun] = set()
        self._folds = Folds(log, projections)
        self._kept: dict[Table, OrderedDict[Key, Row]] = {}
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
        await views_of_log._file.open()
        try:
            await views_of_log._begin(retry)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(views_of_log.subscription.run)
                tasks.start_soon(views_of_log._file.care)
                try:
                    await views_of_log.reached(await log.head())
                    yield views_of_log
                except Exception as error:
                    raised = error  # the task group would wrap it in a group
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await views_of_log._file.close()
        if raised is not None:
            raise raised

    @property
    def position(self) -> Position:
        """Every event up to here is in the views, or left out."""
        return self.subscription.position

    # ------------------------------------------------------------------------------- following

    async def _begin(self, retry: RetryPolicy) -> None:
        """Find where each projection stands in this log."""
        db = self._file.db
        found = checkpoints.read_checkpoints(db)
        for projection in self._projections:
            if not await _is_of(found[projection.name], self._source):
                checkpoints.begin(db, projection)
        await take_up_parked(db, self._source, self._projections, self._parked)
        self._look()
        self.subscription = Subscription(
            self._source,
            "projections",
            self,
            after=self._furthest_back,
            parked=self._parked,
            retry=retry,
        )

    def _look(self) -> None:
        """Take over what the tables say of themselves."""
        self._checkpoints = checkpoints.read_checkpoints(self._file.db)
        self._noted = set(checkpoints.read_parked(self._file.db))

    def _restart(self) -> None:
        """Go on from other tables, which have come in the place of those that readers know."""
        self._whole_at = max(self._whole_at, self.position)
        self._kept.clear()
        self._look()
        self.subscription.move(self._furthest_back)

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
                async with self._file.writing:
                    written = await to_thread.run_sync(self._write, step, rows)
            except (sqlite3.Error, ForeignFile) as error:
                if self._file.is_loss(error):
                    self._file.lose(error)
                if self._file.is_lost or not self._file.can_be_left(error):
                    raise
                await self._file.leave(error)
            else:
                self._take_over(step, rows, written)
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
            with checkpoints.transaction(self._file.db):
                checkpoints.write_parked(self._file.db, [parked])

        with suppress(sqlite3.Error, ForeignFile):
            async with self._file.writing:
                await to_thread.run_sync(write)

    def _write(self, step: Step, rows: TableRows) -> Written:
        """Write rows and checkpoints, but not of projections that others have moved in between."""
        db = self._file.db
        with checkpoints.transaction(db):
            found = checkpoints.read_checkpoints(db)
            if not found.keys() >= self._checkpoints.keys():
                raise ForeignFile(f"{self._file.where} was taken over by another version")
            for projection in step.due:
                if found.get(projection.name) == step.before[projection.name]:
                    own = {table: rows[table] for table in projection.tables if table in rows}
                    tables.write_rows(db, own)
                    found[projection.name] = step.after(projection)
                    checkpoints.write_checkpoint(db, projection, found[projection.name])
            for it in step.events:
                if it.type == RunForgotten.__name__:
                    checkpoints.release_parked(db, it.run_id)
            left_out = {it for it in self._parked if it.position <= step.end.position}
            checkpoints.write_parked(db, left_out - self._noted)
        return Written(found, left_out)

    def _take_over(self, step: Step, rows: TableRows, written: Written) -> None:
        """Go on from the checkpoints as they stand now."""
        found = self._checkpoints = written.checkpoints
        if any(found[it.name] != step.after(it) for it in step.due):
            self._kept.clear()  # the views stand elsewhere than what is in memory
            for it in checkpoints.read_parked(self._file.db):
                self._parked.park(it)
        else:
            self._keep(rows)
        self._noted = written.left_out

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

    async def reached(self, position: Position) -> None:
        """Return when every event up to a position is in the views, or left out. Raises
        `ProjectionsStopped`."""
        while True:
            changed, file_changed = self.subscription.changed.next, self._file.changed.next
            if self._file.is_lost:
                await file_changed.wait()
            elif self.position < max(position, self._whole_at):
                self._check_alive()
                await changed.wait()
            else:
                return

    def _check_alive(self) -> None:
        outage = self.subscription.outage
        if outage is not None and not self._may_pass(outage.error):
            raise ProjectionsStopped(
                f"the projector cannot go on after position {self.position}: {outage.error}. It "
                "is tried again; if it does not go on, run `storybook verify`"
            ) from outage.error

    def _may_pass(self, error: Exception) -> bool:
        """Whether somebody may mend this: it is no fault of ours."""
        return isinstance(error, LogError) or self._file.may_pass(error)

    async def write_anew(self) -> None:
        """Leave nothing in the file of what the views no longer say. Raises `ProjectionsBusy`: then
        it is to be asked for again."""
        try:
            await self._file.write_anew()
        except sqlite3.Error as error:
            raise ProjectionsBusy(f"{self._file.where} cannot be written anew: {error}") from error

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
            row = tables.find(self._file.rows_db, table, key)
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
            return question(self._file.reads_db, *args, **named)

        try:
            return await to_thread.run_sync(answer, limiter=self._file.reading)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _check_whole(self) -> None:
        if self._file.is_lost or self.position < self._whole_at:
            self._check_alive()
            raise ProjectionsBusy("the views are being made anew; ask again")

    def _refusal(self, error: sqlite3.Error) -> Exception:
        """What a reader is told of an error."""
        if self._file.is_loss(error):
            self._file.lose(error)
        elif not (views.is_busy(error) or views.may_pass(error)):
            return error
        return ProjectionsBusy(f"the views cannot be read now ({error}); ask again")


async def _is_of(checkpoint: Checkpoint, log: EventLog) -> bool:
    """Whether the rows were computed from this log, and not from one that was put back since. Where
    that event can no longer be read the rows stay: they know more than the log does."""
    if checkpoint.position == START:
        return True
    found = await log.read(Position(checkpoint.position - 1), 1)
    return bool(found) and (found[0].type == UNREADABLE or found[0].digest == checkpoint.digest)
