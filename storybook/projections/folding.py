"""From recorded events to the rows that they change, for all projections at once.

A row needs the whole run, so `Folds` keeps the last used runs in memory, with what the projections
remember of them, and reads the others anew from the log. It is right from whatever position it is
fed: a fold whose version is not the one just before a batch's first event of its run is read anew
too.

An event that cannot be read, or that makes no history with those before it, raises `RunParked` and
changes nothing: the same batch without it may be fed next.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import compress, islice
from typing import Any, Final, NoReturn

from storybook.book import RunId
from storybook.events.catalog import Event, RunForgotten
from storybook.events.codec import UnreadableEvent, decode_all
from storybook.events.log import EventLog, LogDamaged, Recorded
from storybook.events.parked import RunParked, parked_at, read_event
from storybook.projections.progress import progress_of
from storybook.projections.projection import (
    EVERY_EVENT,
    Erasure,
    Projection,
    RunChange,
    TableRows,
    collect,
)
from storybook.run import ForgottenRun, InvalidHistory, Run, fold, read_history

KEPT_RUNS: Final = 512
"""Runs whose folds stay in memory, about 10 KB each: far more than are worked on at once."""


class RunFold:
    """A run, and what each projection remembers of it, up to the event that was seen last."""

    def __init__(self, first: Recorded, projections: Sequence[Projection]) -> None:
        self.run_id, self.position = first.run_id, first.position
        self.created_at = first.recorded_at
        self.run: Run | None = None
        self._memories: list[tuple[Projection, Any]] = [(it, it.remember()) for it in projections]

    @property
    def version(self) -> int:
        return self.run.version if self.run is not None else 0

    def feed(self, recorded: Sequence[Recorded], events: Sequence[Event], rows: TableRows) -> None:
        """Take the next events of the run, and add the rows that they change."""
        before, self.run = self.run, fold(events, self.run)
        assert self.run is not None  # a fold of at least one event
        progress = progress_of(self.run)  # once for all that show it: it takes as long as a row
        for projection, memory in self._memories:
            handled = _handled(projection, recorded, events)
            if handled[0]:
                change = RunChange(
                    self.run_id,
                    *handled,
                    before,
                    self.run,
                    progress,
                    self.position,
                    self.created_at,
                    recorded[-1].recorded_at,
                    memory,
                )
                collect(projection.apply(change), rows)


def _handled(
    projection: Projection, recorded: Sequence[Recorded], events: Sequence[Event]
) -> tuple[Sequence[Recorded], Sequence[Event]]:
    if projection.handles is EVERY_EVENT:
        return recorded, events
    # Without a line of Python for each event: that would take as long as folding it.
    is_handled = list(map(projection.handles.__contains__, map(type, events)))
    return list(compress(recorded, is_handled)), list(compress(events, is_handled))


class Folds:
    """The folds of the runs that events came for lately, for some projections."""

    def __init__(
        self, log: EventLog, projections: Sequence[Projection], kept: int = KEPT_RUNS
    ) -> None:
        self.projections = tuple(projections)
        self._log, self._kept = log, kept
        self._folds: OrderedDict[RunId, RunFold] = OrderedDict()

    async def feed(self, batch: Sequence[Recorded]) -> TableRows:
        """The rows that a batch, in the log's order, changes. Raises `RunParked`."""
        rows: TableRows = {}
        erasures = await self._erasures(batch)
        for erasure in erasures.values():
            for projection in self.projections:
                collect(projection.forget(erasure), rows)
        runs = by_run([it for it in batch if not (it.is_erased or it.run_id in erasures)])
        await self._load_missing(runs)
        touched: dict[RunId, RunFold] = {}
        for run_id, (recorded, events) in runs.items():
            run = touched[run_id] = self._take(recorded[0])
            try:
                run.feed(recorded, events, rows)
            except InvalidHistory:
                await self._park(recorded)
        self._keep(touched)
        return rows

    async def _erasures(self, batch: Sequence[Recorded]) -> dict[RunId, Erasure]:
        """The runs that a batch says were forgotten; their folds are, too."""
        found = {}
        for run_id in [it.run_id for it in batch if it.type == RunForgotten.__name__]:
            self._folds.pop(run_id, None)
            positions = [it.position for it in await self._log.read_run(run_id)]
            found[run_id] = Erasure(run_id, positions)
        return found

    async def _load_missing(self, runs: dict[RunId, tuple[list[Recorded], list[Event]]]) -> None:
        for run_id, (recorded, _) in list(runs.items()):
            before = recorded[0].version - 1
            known = self._folds.get(run_id)
            if before == 0:
                self._folds.pop(run_id, None)
            elif known is None or known.version != before:
                try:
                    self._folds[run_id] = await self._existing(recorded[0])
                except ForgottenRun:  # since the batch was read; the event that says so comes
                    del runs[run_id]

    def _take(self, first: Recorded) -> RunFold:
        return self._folds.pop(first.run_id, None) or RunFold(first, self.projections)

    def _keep(self, touched: dict[RunId, RunFold]) -> None:
        self._folds.update(touched)
        while len(self._folds) > self._kept:
            self._folds.popitem(last=False)

    async def _existing(self, after: Recorded) -> RunFold:
        """The fold of a run up to the event before this one. Raises `RunParked`, and
        `ForgottenRun`."""
        version = after.version - 1
        try:
            recorded = await self._log.read_run(after.run_id, limit=version)
        except LogDamaged as error:  # nothing tells any more which its events are
            raise RunParked(parked_at(after, error)) from error
        if len(recorded) != version or recorded[-1].version != version:
            why = f"run {after.run_id} has an event after version {version}, but not that"
            raise RunParked(parked_at(after, InvalidHistory(why)))
        if recorded[0].is_erased:
            raise ForgottenRun
        run = RunFold(recorded[0], self.projections)
        try:
            run.feed(recorded, decode_batch(recorded), {})
        except InvalidHistory as error:
            raise RunParked(read_history(recorded).parked or parked_at(after, error)) from error
        return run

    async def _park(self, recorded: Sequence[Recorded]) -> NoReturn:
        """Raise `RunParked` for the one of a run's events that makes no history."""
        first = recorded[0]
        is_new = first.version == 1
        run = RunFold(first, self.projections) if is_new else await self._existing(first)
        for it in recorded:
            try:
                run.feed([it], [it.event], {})
            except InvalidHistory as error:
                raise RunParked(parked_at(it, error)) from error
        raise AssertionError(f"run {first.run_id} is a history event by event, but not at once")


def by_run(batch: Sequence[Recorded]) -> dict[RunId, tuple[list[Recorded], list[Event]]]:
    """The events of a batch, of each run by itself, recorded and decoded. Raises `RunParked`."""
    runs: dict[RunId, list[Recorded]] = {}
    for recorded in batch:
        runs.setdefault(recorded.run_id, []).append(recorded)
    events = iter(decode_batch([it for of_run in runs.values() for it in of_run]))
    return {run_id: (it, list(islice(events, len(it)))) for run_id, it in runs.items()}


def decode_batch(batch: Sequence[Recorded]) -> list[Event]:
    """The events of a batch. Raises `RunParked`."""
    kinds, schemas = [it.type for it in batch], [it.schema for it in batch]
    try:
        return decode_all(kinds, schemas, [it.data for it in batch])
    except UnreadableEvent:  # told by the event that cannot be read
        return [read_event(recorded) for recorded in batch]
