"""What is to be done next: the runner's pure core. No loop, no clock, nothing is awaited.

It is told what has happened (the **inputs**: an event of the log, an attempt that ended, leases as
they stand, an owner that is gone) and answers with what is to be done (the **actions**: start,
stop, abandon, unload, wait until); both are values in `actions`. `performer` does them, and tells
what came of it. Engines that are away, and who waits for them, are kept by `outages`.

Every piece of work in hand has an **owner**, its worker. Work of this worker is stopped when the
log says that somebody has put it down, or when its lease is somebody else's. Work of another one is
abandoned when that owner is gone, or when its lease has run out; who was in hand with it in the
process that died is suspected of having killed it, and what is suspected too often gets its process
for itself (`queued.alone`).

Moments are microseconds on a clock that only goes on, never the time of day, which may jump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.book import WRITING, RunId, Work
from storybook.clock import MICROSECONDS
from storybook.engines import Engine
from storybook.events.catalog import (
    Blame,
    PageWritten,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunForgotten,
    RunRequested,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.log import Position
from storybook.run import LONGEST_WAIT_SECONDS, Deferred, InHand, Waiting
from storybook.stages.actions import (
    Abandon,
    Action,
    AttemptEnded,
    ClockTicked,
    Defer,
    DeviceFreed,
    EngineLooked,
    EventHeard,
    GiveUp,
    Input,
    LeasesSeen,
    LookAtEngine,
    LookAtLeases,
    OwnersGone,
    RunFound,
    Start,
    Stop,
    StopAsked,
    WaitUntil,
)
from storybook.stages.devices import Devices, Unload, Wish
from storybook.stages.outages import Outages
from storybook.stages.run_engines import RunEngines
from storybook.stages.work_queue import QueuedWork, WorkQueue
from storybook.stores.leases import LeasedWork

LONGEST_WAIT: Final = int(LONGEST_WAIT_SECONDS * MICROSECONDS)


class _Mine(msgspec.Struct, frozen=True):
    """An attempt that this worker has in hand."""

    queued: QueuedWork
    engine: Engine


class _Others(msgspec.Struct, frozen=True):
    """An attempt that another worker has in hand, and when its lease ends as far as is known."""

    work: LeasedWork
    owner: str
    is_apart: bool
    ends: int


class Scheduler:
    """Decides for one worker, `owner`. `engines` tells who does the work of which run, `lease` is
    how long the work of another owner stays with it that has no lease (microseconds)."""

    def __init__(
        self, owner: str, engines: RunEngines, devices: Devices, outages: Outages, lease: int
    ) -> None:
        self._owner, self._engines, self._devices = owner, engines, devices
        self._outages, self._lease = outages, lease
        self._queue = WorkQueue()
        self._turns: dict[RunId, Position] = {}
        self._mine: dict[tuple[RunId, Work], _Mine] = {}
        self._others: dict[tuple[RunId, Work], _Others] = {}
        self._is_stopping = False
        self._waits_until: int | None = None

    @property
    def in_hand(self) -> list[LeasedWork]:
        """What this worker has in hand: its leases are to be renewed."""
        return [mine.queued.leased for mine in self._mine.values()]

    @property
    def owners(self) -> set[str]:
        """The other workers that have work in hand."""
        return {it.owner for it in self._others.values()}

    def handle(self, inputs: Iterable[Input], now: int) -> list[Action]:
        """What is to be done once all of this has happened."""
        actions: list[Action] = []
        for it in inputs:
            actions += _HANDLE[type(it)](self, it, now)
        if not self._is_stopping:
            actions += self._starts(now)
        return [*actions, *self._wait(now)]

    # ------------------------------------------------------------------------- what the log says

    def _found(self, it: RunFound, now: int) -> Iterator[Action]:
        self._turns[it.run_id] = it.turn
        self._engines.found(it.run_id, it.run)
        for work, state in it.run.work.items():
            leased = LeasedWork(it.run_id, work, state.attempt)
            match state:
                case Waiting(not_before=not_before, alone=alone):
                    self._put(leased, now + wait_left(not_before, it.at), alone)
                    if (deferred := it.run.deferred.get(work)) is not None:
                        self._found_deferred(it, work, deferred, now)
                case InHand(worker=worker, engine=engine):
                    self._note(leased, worker, engine.apart, now)
        yield from ()

    def _found_deferred(self, it: RunFound, work: Work, deferred: Deferred, now: int) -> None:
        """The limit goes on from the event's time; nothing fails for it before it is looked."""
        engine = self._engines.known(work.stage.role, deferred.engine)
        if engine is not None:
            since = it.deferred[work]
            left = min(max(since + self._outages.limit - it.at, 0), self._outages.limit)
            self._outages.deferred((it.run_id, work), engine, since, left, now)
            self._outages.suspect(engine, now)

    def _heard(self, it: EventHeard, now: int) -> Iterator[Action]:
        run_id = it.run_id
        match it.event:
            case RunRequested():
                self._turns[run_id] = it.position
                self._engines.requested(run_id)
            case RunCompleted() | RunFailed() | RunCancelled():
                self._turns.pop(run_id, None)
                self._engines.ended(run_id)
            case RunForgotten():
                yield from self._forget(run_id)
            case StageRequested() as event:
                self._turns.setdefault(run_id, it.position)
                leased = LeasedWork(run_id, event.work, event.attempt)
                due = now + wait_left(event.not_before, it.at)
                self._put(leased, due, event.alone)
            case StageStarted() as event:
                self._engines.started(run_id, event)
                self._queue.drop(run_id, event.work, event.attempt)
                leased = LeasedWork(run_id, event.work, event.attempt)
                self._note(leased, event.worker, event.engine.apart, now)
                self._outages.started(leased, event.worker == self._owner, self._mine)
            case StageDeferred() as event:
                self._deferred(it, event, now)
            case PageWritten():
                self._outages.settled((run_id, WRITING))
            case StageCompleted() | StageFailed() as event:
                self._others.pop((run_id, event.work), None)
                self._outages.settled((run_id, event.work))
            case StageAbandoned() as event:
                self._outages.settled((run_id, event.work))
                yield from self._put_down(LeasedWork(run_id, event.work, event.attempt))

    def _forget(self, run_id: RunId) -> Iterator[Action]:
        """The events that put its work down can be read no more."""
        self._turns.pop(run_id, None)
        self._engines.ended(run_id)
        self._queue.forget(run_id)
        for key in [key for key in self._others if key[0] == run_id]:
            del self._others[key]
        self._outages.forget(run_id)
        for (of, _), mine in self._mine.items():
            if of == run_id:
                yield Stop(mine.queued.leased)

    def _deferred(self, it: EventHeard, event: StageDeferred, now: int) -> None:
        key = it.run_id, event.work
        engine = self._engines.known(event.stage.role, event.engine)
        self._others.pop(key, None)
        self._put(LeasedWork(it.run_id, event.work, event.attempt), now, event.alone)
        if engine is None:
            return  # by another worker, with another engine: this one is not known to be away
        self._outages.deferred(key, engine, it.at, self._outages.limit, now)
        self._outages.suspect(engine, now)  # also if it was ours: that tells more as it ends

    def _put(self, leased: LeasedWork, due: int, alone: bool) -> None:
        turn = self._turns[leased.run_id]
        queued = QueuedWork(leased.run_id, leased.work, leased.attempt, due, turn, alone)
        self._queue.put(queued)

    def _note(self, leased: LeasedWork, owner: str, is_apart: bool, now: int) -> None:
        """Somebody has it in hand. Without a lease it counts as leased for one length more."""
        if owner != self._owner:
            others = _Others(leased, owner, is_apart, now + self._lease)
            self._others[leased.run_id, leased.work] = others

    def _put_down(self, leased: LeasedWork) -> Iterator[Action]:
        key = leased.run_id, leased.work
        self._queue.drop(leased.run_id, leased.work, leased.attempt)
        self._others.pop(key, None)
        mine = self._mine.get(key)
        if mine is not None and mine.queued.leased == leased:
            yield Stop(leased)

    # ------------------------------------------------------------------------- what became of it

    def _ended(self, it: AttemptEnded, now: int) -> Iterator[Action]:
        key = it.work.run_id, it.work.work
        mine = self._mine.pop(key)
        self._devices.release(mine.engine)
        if it.absence is None:
            self._outages.ended(mine.engine, it.work, now)
        else:
            self._outages.met(mine.engine, it.absence, now)
            if it.again_in is None:
                self._outages.to_be_deferred(key, mine.engine)
        if it.again_in is not None and it.work.run_id in self._turns:
            self._queue.put(msgspec.structs.replace(mine.queued, due=now + it.again_in))
        yield from ()

    def _looked(self, it: EngineLooked, now: int) -> Iterator[Action]:
        self._outages.looked(it.engine, it.absence, now)
        yield from ()

    def _freed(self, it: DeviceFreed, now: int) -> Iterator[Action]:
        self._devices.freed(it.device)
        yield from ()

    def _stopping(self, it: StopAsked, now: int) -> Iterator[Action]:
        self._is_stopping = True
        yield from ()

    # --------------------------------------------------------------------------- whose work it is

    def _seen(self, it: LeasesSeen, now: int) -> Iterator[Action]:
        for mine in self._mine.values():
            if mine.queued.leased in it.lost:
                yield Stop(mine.queued.leased)
        for key, others in self._others.items():
            held = it.held.get(others.work)
            if held is not None and held.owner == others.owner:
                self._others[key] = msgspec.structs.replace(others, ends=now + held.left)
        yield from self._abandon([it for it in self._others.values() if it.ends <= now])

    def _gone(self, it: OwnersGone, now: int) -> Iterator[Action]:
        yield from self._abandon([o for o in self._others.values() if o.owner in it.owners])

    def _ticked(self, it: ClockTicked, now: int) -> Iterator[Action]:
        self._waits_until = None
        if any(others.ends <= now for others in self._others.values()):
            yield LookAtLeases()

    def _abandon(self, lost: list[_Others]) -> list[Action]:
        abandoned: list[Action] = [Abandon(it.work, it.owner, self._blame(it)) for it in lost]
        for it in lost:
            del self._others[it.work.run_id, it.work.work]
        return abandoned

    def _blame(self, lost: _Others) -> Blame:
        """Only what ran inside the process that died can have killed it."""
        if lost.is_apart:
            return Blame.NONE
        inside = [o for o in self._others.values() if o.owner == lost.owner and not o.is_apart]
        return Blame.ALONE if len(inside) == 1 else Blame.SHARED

    # ------------------------------------------------------------------------ what is to be started

    def _starts(self, now: int) -> Iterator[Action]:
        wishes = [
            (queued, engine)
            for queued in self._queue.due(now)
            if (queued.run_id, queued.work) not in self._mine
            and (engine := self._engines.of(queued, now)) is not None
        ]
        yield from self._waits_for_engines(wishes, now)
        wishes = list(self._outages.passing(wishes))
        for admitted in self._devices.admit(self._permitted(wishes), now):
            if isinstance(admitted, Unload):
                yield admitted
                continue
            queued, engine = admitted
            self._queue.drop(queued.run_id, queued.work, queued.attempt)
            self._engines.taken(queued, engine)
            key = queued.run_id, queued.work
            self._mine[key] = _Mine(queued, engine)
            has_waited = self._outages.has_waited(key)
            yield Start(queued, engine, self._outages.trial_of(admitted), has_waited)

    def _waits_for_engines(self, wishes: list[Wish], now: int) -> Iterator[Action]:
        """What is to be done about engines that are away, and the work that is due for them."""
        for engine in self._outages.to_look_at(wishes, now):
            yield LookAtEngine(engine)
        for (queued, engine), wait, absence in self._outages.to_give_up(wishes):
            self._queue.drop(queued.run_id, queued.work, queued.attempt)
            yield GiveUp(queued.leased, engine.info, wait.since, absence)
        for (queued, engine), absence, is_new in self._outages.to_defer(wishes):
            yield Defer(queued.leased, engine.info, absence.why, is_new)

    def _permitted(self, wishes: list[Wish]) -> list[Wish]:
        """What may run beside what is in hand. Work that is to be alone comes before all else that
        runs inside this process, and waits until nothing does; other work cannot disturb it."""
        inside = [mine for mine in self._mine.values() if not mine.engine.info.apart]
        apart = [wish for wish in wishes if wish[1].info.apart]
        if any(mine.queued.alone for mine in inside):
            return apart
        suspects = [wish for wish in wishes if wish[0].alone and not wish[1].info.apart]
        if not suspects:
            return wishes
        return apart if inside else [suspects[0], *apart]

    def _wait(self, now: int) -> Iterator[Action]:
        """Until work becomes due, an engine is to be looked at, or a lease ends."""
        moments = [others.ends for others in self._others.values() if others.ends > now]
        if not self._is_stopping:
            next_ones = (self._queue.next_moment(now), self._outages.next_moment(now))
            moments += [moment for moment in next_ones if moment is not None]
        moment = min(moments, default=None)
        if moment is not None and (self._waits_until is None or moment < self._waits_until):
            self._waits_until = moment
            yield WaitUntil(moment)


def wait_left(not_before: int, at: int) -> int:
    """How long work is to wait that is not to start before a time of day, as seen at another; both
    in microseconds since 1970. Never longer than the rules let anything wait: a clock that says
    otherwise has been set since."""
    return min(max(not_before - at, 0), LONGEST_WAIT)


_HANDLE: Final[Mapping[type, Callable[[Scheduler, Any, int], Iterable[Action]]]] = {
    RunFound: Scheduler._found,
    EventHeard: Scheduler._heard,
    AttemptEnded: Scheduler._ended,
    EngineLooked: Scheduler._looked,
    DeviceFreed: Scheduler._freed,
    LeasesSeen: Scheduler._seen,
    OwnersGone: Scheduler._gone,
    ClockTicked: Scheduler._ticked,
    StopAsked: Scheduler._stopping,
}

HEARD: Final = frozenset(
    it.__name__
    for it in (
        RunRequested,
        StageRequested,
        StageStarted,
        StageDeferred,
        PageWritten,
        StageCompleted,
        StageFailed,
        StageAbandoned,
        RunCompleted,
        RunFailed,
        RunCancelled,
        RunForgotten,
    )
)
"""The event types that say something of work; the others are not even decoded."""
