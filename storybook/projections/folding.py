"""From recorded events to the rows that they change.

A row needs the whole run, so `Folds` keeps the last used runs in memory and reads the others anew
from the log. It is right from whatever position it is fed: a fold whose version is not the one
just before a batch's first event of its run is read anew too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from storybook.book import COVER_PAGE, RunId
from storybook.events.catalog import Event
from storybook.events.codec import SCHEMAS
from storybook.events.log import EventLog, Position, Recorded
from storybook.events.parked import ParkedRuns, RunParked, read_event
from storybook.projections.runs import state_of, to_json
from storybook.projections.timings import Timing, TimingFold
from storybook.run import InvalidHistory, Run, fold, read_history

KEPT_RUNS: Final = 512
"""Runs whose folds stay in memory, about 10 KB each: far more than are worked on at once."""


class RunRow(msgspec.Struct, frozen=True):
    """A row of `runs`, its fields in the order of the columns."""

    position: Position
    run_id: RunId
    version: int
    status: str
    stage: str
    ready_max_page: int
    ready_max_audio_page: int
    created_at: int
    updated_at: int
    files_since: int | None
    title: str
    cover_url: str
    state: bytes


class Changes(msgspec.Struct, frozen=True):
    """The rows that a batch changes, as they are behind its last event: `position`, `digest`."""

    position: Position
    digest: bytes
    runs: list[RunRow]
    timings: list[Timing]


class RunFold:
    """A run and its attempts, folded up to the event that was seen last."""

    def __init__(self, first: Recorded) -> None:
        self.run_id, self.position = first.run_id, first.position
        self.created_at = first.recorded_at
        self.updated_at = first.recorded_at
        self.run: Run | None = None
        self.timings = TimingFold()

    @property
    def version(self) -> int:
        return self.run.version if self.run is not None else 0

    def feed(self, recorded: Sequence[Recorded], events: Sequence[Event]) -> list[Timing]:
        """Take the next events of the run; the attempts that they changed, some twice."""
        self.run = fold(events, self.run)
        self.updated_at = recorded[-1].recorded_at
        changed = map(self.timings.feed, recorded, events)
        return [timing for timing in changed if timing is not None]

    def row(self) -> RunRow:
        run = self.run
        assert run is not None  # a fold is made for its first event and fed it at once
        state = state_of(self.run_id, run)
        return RunRow(
            self.position,
            self.run_id,
            run.version,
            state.status.value,
            state.stage.value,
            state.ready_max_page,
            state.ready_max_audio_page,
            self.created_at,
            self.updated_at,
            self.updated_at if _keeps_files(run) else None,
            state.pages[COVER_PAGE].title,
            state.pages[COVER_PAGE].image_url,
            to_json(state),
        )


def _keeps_files(run: Run) -> bool:
    return run.status.has_ended and any(it.name not in run.pruned for it in run.artifacts)


class Folds:
    """The folds of the runs that events came for lately."""

    def __init__(self, log: EventLog, kept: int = KEPT_RUNS) -> None:
        self._log, self._kept = log, kept
        self._folds: OrderedDict[RunId, RunFold] = OrderedDict()

    async def feed(self, batch: Sequence[Recorded]) -> Changes:
        """The rows that a batch of at least one event, in the log's order, changes."""
        await self._load_missing(batch)
        touched: dict[RunId, RunFold] = {}
        timings: dict[Position, Timing] = {}
        for run_id, (recorded, events) in by_run(batch).items():
            run = touched[run_id] = self._take(recorded[0])
            check_history(recorded, run.run)
            for timing in run.feed(recorded, events):
                timings[timing.position] = timing
        self._keep(touched)
        rows = [run.row() for run in touched.values()]
        return Changes(batch[-1].position, batch[-1].digest, rows, list(timings.values()))

    async def _load_missing(self, batch: Sequence[Recorded]) -> None:
        firsts: dict[RunId, Recorded] = {}
        for recorded in batch:
            firsts.setdefault(recorded.run_id, recorded)
        for run_id, first in firsts.items():
            before = first.version - 1
            known = self._folds.get(run_id)
            if before == 0:
                self._folds.pop(run_id, None)
            elif known is None or known.version != before:
                self._folds[run_id] = await _existing(self._log, run_id, before)

    def _take(self, first: Recorded) -> RunFold:
        return self._folds.pop(first.run_id, None) or RunFold(first)

    def _keep(self, touched: dict[RunId, RunFold]) -> None:
        self._folds.update(touched)
        while len(self._folds) > self._kept:
            self._folds.popitem(last=False)


async def _existing(log: EventLog, run_id: RunId, version: int) -> RunFold:
    events = await log.read_run(run_id, limit=version)
    check_history(events)
    if len(events) != version:
        raise InvalidHistory(f"run {run_id} has an event behind version {version}, but not that")
    run = RunFold(events[0])
    run.feed(events, decode_batch(events))
    return run


async def changes_of(folds: Folds, batch: Sequence[Recorded], parked: ParkedRuns) -> Changes:
    """What a batch changes without the runs that are parked, or that it parks."""
    position, digest = batch[-1].position, batch[-1].digest
    while readable := [it for it in batch if not parked.covers(it)]:
        try:
            changes = await folds.feed(readable)
        except RunParked as error:
            parked.park(error.parked)
        else:
            return msgspec.structs.replace(changes, position=position, digest=digest)
    return Changes(position, digest, [], [])


def check_history(recorded: Sequence[Recorded], run: Run | None = None) -> None:
    """Raises `RunParked` if the next events of a run make no history."""
    if (parked := read_history(recorded, run).parked) is not None:
        raise RunParked(parked)


def by_run(batch: Sequence[Recorded]) -> dict[RunId, tuple[list[Recorded], list[Event]]]:
    """The events of a batch, of each run by itself, recorded and decoded. Raises
    `RunParked`."""
    runs: dict[RunId, tuple[list[Recorded], list[Event]]] = {}
    for recorded, event in zip(batch, decode_batch(batch), strict=True):
        group = runs.get(recorded.run_id)
        if group is None:
            group = runs[recorded.run_id] = ([], [])
        group[0].append(recorded)
        group[1].append(event)
    return runs


_NEWEST: Final = set(SCHEMAS.items())
_decode_list = msgspec.json.Decoder(list[Event]).decode


def decode_batch(batch: Sequence[Recorded]) -> list[Event]:
    """The events of a batch. Raises `RunParked`."""
    if {(recorded.type, recorded.schema) for recorded in batch} <= _NEWEST:
        # One call for all of them takes half the time of one for each.
        try:
            return _decode_list(b"[" + b",".join([it.data for it in batch]) + b"]")
        except msgspec.MsgspecError:
            pass  # told below, by the event that cannot be read
    return [read_event(recorded) for recorded in batch]
