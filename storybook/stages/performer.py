"""Does what the scheduler says, with tasks, and tells it what came of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, Final

import anyio
import anyio.abc

from storybook.clock import Clock
from storybook.notifier import Notifier
from storybook.stages.actions import (
    Abandon,
    AttemptEnded,
    ClockTicked,
    Defer,
    DeviceFreed,
    EngineLooked,
    GiveUp,
    Input,
    LookAtEngine,
    LookAtLeases,
    Start,
    Stop,
    WaitUntil,
)
from storybook.stages.devices import Unload
from storybook.stages.engine_places import look_at, unload
from storybook.stages.scheduling import Scheduler
from storybook.stores.leases import LeasedWork

logger = logging.getLogger(__name__)

CarryOut = Callable[[Start], Awaitable[AttemptEnded]]
"""Carries out one attempt, and tells how it ended."""
Record = Callable[[Abandon | Defer | GiveUp], Coroutine[Any, Any, None]]
"""Records what has become of work that is not in hand here."""


class Performer:
    """Runs attempts in one task group, and all else (`duties`) in another, which ends first.

    `look` is to tell the scheduler what leases there are.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        carry_out: CarryOut,
        record: Record,
        look: Callable[[], Coroutine[Any, Any, None]],
        clock: Clock,
        attempts: anyio.abc.TaskGroup,
        duties: anyio.abc.TaskGroup,
    ) -> None:
        self._scheduler, self._carry_out, self._clock = scheduler, carry_out, clock
        self._record, self._look = record, look
        self._attempts, self._duties = attempts, duties
        self._scopes: dict[LeasedWork, anyio.CancelScope] = {}
        self._alarm = anyio.CancelScope()
        self._ended = Notifier()

    def tell(self, inputs: Iterable[Input]) -> None:
        """Tell the scheduler what has happened, and begin to do what it says."""
        for action in self._scheduler.handle(inputs, self._clock.monotonic()):
            _DO[type(action)](self, action)

    async def all_ended(self) -> None:
        """Return when no attempt is in hand."""
        while self._scopes:
            await self._ended.next.wait()

    # ------------------------------------------------------------------------------- attempts

    def _start(self, it: Start) -> None:
        scope = self._scopes[it.queued.leased] = anyio.CancelScope()
        self._attempts.start_soon(self._attempt, it, scope)

    async def _attempt(self, it: Start, scope: anyio.CancelScope) -> None:
        ended = AttemptEnded(it.queued.leased)
        try:
            with scope:
                ended = await self._carry_out(it)
        finally:
            del self._scopes[it.queued.leased]
            self._ended.notify()
            self.tell([ended])

    def _stop(self, it: Stop) -> None:
        logger.info("%s is no longer ours: it is stopped", it.work)
        self._scopes[it.work].cancel()

    # --------------------------------------------------------------------------------- duties

    def _note(self, it: Abandon | Defer | GiveUp) -> None:
        self._duties.start_soon(self._record, it)

    def _look_at_engine(self, it: LookAtEngine) -> None:
        self._duties.start_soon(self._look_whether_it_answers, it)

    async def _look_whether_it_answers(self, it: LookAtEngine) -> None:
        self.tell([EngineLooked(it.engine, await look_at(it.engine))])

    def _unload(self, it: Unload) -> None:
        # Among the attempts: a stop leaves it the time to end, since both models would stay.
        self._attempts.start_soon(self._make_room, it)

    async def _make_room(self, it: Unload) -> None:
        try:
            await unload(it)
        finally:
            self.tell([DeviceFreed(it.device)])

    def _look_at_leases(self, it: LookAtLeases) -> None:
        self._duties.start_soon(self._look)

    def _wait_until(self, it: WaitUntil) -> None:
        self._alarm.cancel()
        self._alarm = anyio.CancelScope()
        self._duties.start_soon(self._ring, it.moment, self._alarm)

    async def _ring(self, moment: int, alarm: anyio.CancelScope) -> None:
        with alarm:
            await self._clock.sleep_until(moment)
            self.tell([ClockTicked()])


_DO: Final[Mapping[type, Callable[[Performer, Any], None]]] = {
    Start: Performer._start,
    Stop: Performer._stop,
    Abandon: Performer._note,
    Defer: Performer._note,
    GiveUp: Performer._note,
    Unload: Performer._unload,
    LookAtEngine: Performer._look_at_engine,
    LookAtLeases: Performer._look_at_leases,
    WaitUntil: Performer._wait_until,
}
