"""Attempts at pieces of work, as the log tells of them: what waits, is in hand, and has ended.

`AttemptFold` is the pure part. What it cannot place (the end of something that never began) says
nothing; whether a log is well made is for others to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from storybook.book import Role, RunId, Stage, Work
from storybook.clock import MICROSECONDS
from storybook.events.catalog import (
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunRequested,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.log import EventLog, LogError, Position, Recorded
from storybook.events.parked import ParkedRuns, RunParked, read_event
from storybook.events.subscription import Subscription

NAME: Final = "telemetry"
"""Of its subscription."""


class EndedAttempt(msgspec.Struct, frozen=True):
    """An attempt that is over. `engine` is empty if none was found for it, `fault` unless it
    failed. `waited` and `worked` are seconds; `waited` counts from when it might have begun."""

    run_id: RunId
    work: Work
    attempt: int
    role: Role
    engine: str
    outcome: str
    """`completed`, `failed`, `abandoned`, or `deferred`: its engine is away, and it waits again."""
    waited: float
    worked: float
    fault: str = ""
    """The kind of what went wrong."""


class RunOver(msgspec.Struct, frozen=True):
    """A run that is over: DONE, FAILED or CANCELLED."""

    run_id: RunId
    status: str


class OpenAttempt(msgspec.Struct):
    """An attempt that waits since a moment, or is in hand since `started` (microseconds since
    1970)."""

    attempt: int
    since: int
    engine: str = ""
    started: int | None = None


class StageLoad(msgspec.Struct, frozen=True):
    """What there is of a stage: how much waits, since when the first of it (microseconds since
    1970, None if nothing does), and how much is in hand."""

    waiting: int = 0
    waiting_since: int | None = None
    in_hand: int = 0


Ended = EndedAttempt | RunOver
_OF_RUNS: Final = {RunCompleted: "DONE", RunFailed: "FAILED", RunCancelled: "CANCELLED"}
HEARD: Final = frozenset(
    it.__name__
    for it in (
        RunRequested,
        StageRequested,
        StageStarted,
        StageDeferred,
        StageCompleted,
        StageFailed,
        StageAbandoned,
        *_OF_RUNS,
    )
)
"""The event types that say something of attempts."""


class AttemptFold:
    """The attempts of one run that have not ended."""

    def __init__(self, run_id: RunId) -> None:
        self._run_id = run_id
        self.open: dict[Work, OpenAttempt] = {}

    def feed(self, event: Event, at: int) -> Ended | None:
        """What has ended by an event, which was recorded at a time of day (microseconds)."""
        match event:
            case StageRequested():
                since = max(at, event.not_before)
                self.open[event.work] = OpenAttempt(event.attempt, since)
            case StageStarted() if (found := self.open.get(event.work)) is not None:
                found.engine, found.started = event.engine.name, at
            case StageDeferred() if (found := self.open.get(event.work)) is not None:
                self.open[event.work] = OpenAttempt(found.attempt, at, event.engine.name)
                if found.started is not None:
                    return self._ended(event.work, found, "deferred", at, "engine_away")
            case StageCompleted():
                return self._close(event.work, "completed", at)
            case StageFailed():
                return self._close(event.work, "failed", at, event.fault.kind)
            case StageAbandoned():
                return self._close(event.work, "abandoned", at, event.reason.value)
            case RunCompleted() | RunFailed() | RunCancelled():
                return RunOver(self._run_id, _OF_RUNS[type(event)])
        return None

    def _close(self, work: Work, outcome: str, at: int, fault: str = "") -> EndedAttempt | None:
        found = self.open.pop(work, None)
        return None if found is None else self._ended(work, found, outcome, at, fault)

    def _ended(
        self, work: Work, it: OpenAttempt, outcome: str, at: int, fault: str
    ) -> EndedAttempt:
        began = at if it.started is None else it.started
        return EndedAttempt(
            self._run_id,
            work,
            it.attempt,
            work.stage.role,
            it.engine,
            outcome,
            max(began - it.since, 0) / MICROSECONDS,
            max(at - began, 0) / MICROSECONDS,
            fault,
        )


class AttemptHandler:
    """The handler of a subscription to the `HEARD` types: tells of what ends, and knows what is
    open. `told` is called for each, in the log's order, and is to raise nothing."""

    def __init__(self, log: EventLog, told: Callable[[Ended], None]) -> None:
        self._log, self._told = log, told
        self._runs: dict[RunId, AttemptFold] = {}

    async def take_up(self, open_runs: Iterable[RunId], parked: ParkedRuns) -> Subscription:
        """Know what is open already; what follows the log for this handler from there on."""
        head = await self._log.head()
        for run_id in open_runs:
            self._runs[run_id] = await self._fold_of(run_id, head)
        return Subscription(self._log, NAME, self, after=head, parked=parked, types=HEARD)

    async def handle(self, batch: Sequence[Recorded]) -> None:
        events = [read_event(it) for it in batch]
        for recorded, event in zip(batch, events, strict=True):
            run_id = recorded.run_id
            fold = self._runs.get(run_id)
            if fold is None:  # it is new, or goes on: of what has ended nothing is open
                fold = self._runs[run_id] = AttemptFold(run_id)
            ended = fold.feed(event, recorded.recorded_at)
            if isinstance(ended, RunOver):
                del self._runs[run_id]
            if ended is not None:
                self._told(ended)

    async def _fold_of(self, run_id: RunId, until: Position) -> AttemptFold:
        """A run as it stood at a position, as far as it can be read: a figure is not worth a start
        that fails."""
        fold = AttemptFold(run_id)
        with suppress(LogError, RunParked):
            for recorded in await self._log.read_run(run_id):
                if recorded.position <= until and recorded.type in HEARD:
                    fold.feed(read_event(recorded), recorded.recorded_at)
        return fold

    def loads(self) -> dict[Stage, StageLoad]:
        """What there is of each stage now; none of which there is nothing."""
        found: defaultdict[Stage, list[OpenAttempt]] = defaultdict(list)
        for fold in self._runs.values():
            for work, attempt in fold.open.items():
                found[work.stage].append(attempt)
        return {stage: _load(attempts) for stage, attempts in found.items()}

    @property
    def open_runs(self) -> int:
        """How many runs have not ended."""
        return len(self._runs)


def _load(attempts: Sequence[OpenAttempt]) -> StageLoad:
    waiting = [it.since for it in attempts if it.started is None]
    return StageLoad(len(waiting), min(waiting, default=None), len(attempts) - len(waiting))
