"""The runner: it takes requested work in hand, and reports what became of it.

It follows the log by a subscription and tells the scheduler (`scheduling`, which decides) what it
hears; the performer (`performer`) does what is decided, each attempt (`attempts`) in a task of its
own. Work in hand is leased (`storybook.stores.leases`): the leases are renewed all the time, and
work of a worker that is gone is taken over.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import anyio.abc

from storybook.book import RunId
from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.commands import Commands
from storybook.events.log import EventLog, LogDamaged, Recorded
from storybook.events.parked import ParkedRuns, read_event
from storybook.events.subscription import Subscription
from storybook.run import ForgottenRun, read_history
from storybook.settings import Limits
from storybook.stages.actions import EventHeard, LeasesSeen, OwnersGone, RunFound, StopAsked
from storybook.stages.attempts import carry_out
from storybook.stages.devices import Devices
from storybook.stages.handlers import Tools
from storybook.stages.outages import Outages
from storybook.stages.performer import Performer
from storybook.stages.progress import WorkProgress
from storybook.stages.recording import record
from storybook.stages.run_engines import RunEngines
from storybook.stages.scheduling import HEARD, Scheduler
from storybook.stages.worker import Worker
from storybook.stopping import StopRequest
from storybook.stores.leases import LEASE_SECONDS, RENEWALS, Leases, LeasesUnavailable
from storybook.stores.owners import Owner, is_gone

logger = logging.getLogger(__name__)

NAME: Final = "runner"
"""Of its subscription."""


class Runner:
    """Consumes the log's requested stages until it is stopped.

    `owner` is this worker, `chance` draws a number from 0 to 1 for back-off, `lease_seconds` is how
    long a lease is, and `stop` says when a stop is asked for, and when it is to be quick. `outages`
    are told which engines are away.
    """

    def __init__(
        self,
        log: EventLog,
        commands: Commands,
        tools: Tools,
        progress: WorkProgress,
        leases: Leases,
        *,
        clock: Clock,
        limits: Limits,
        owner: Owner,
        chance: Callable[[], float],
        devices: Devices,
        outages: Outages,
        stop: StopRequest,
        parked: ParkedRuns,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._log, self._leases = log, leases
        self._artifacts = tools.artifacts
        self._clock, self._limits, self._owner, self._stop = clock, limits, owner, stop
        self._chance, self._parked, self._lease_seconds = chance, parked, lease_seconds
        self._stopping = anyio.Event()
        self._worker = Worker(
            str(owner),
            commands,
            tools,
            leases,
            progress,
            clock,
            chance,
            limits.stage_timeout_seconds,
            limits.outage_minutes,
            self._is_stopping,
            self._stopping,
        )
        lease = int(lease_seconds * MICROSECONDS)
        self._devices = devices
        self._engines = RunEngines(tools.engines, commands.load, clock)
        self._scheduler = Scheduler(str(owner), self._engines, devices, outages, lease)
        self._performer: Performer

    @asynccontextmanager
    async def running(self, open_runs: Iterable[RunId]) -> AsyncIterator[Subscription]:
        """Work until the context is left, then give work in hand a moment, and put it down.

        `open_runs` are the runs that have not ended: what waits is put into the queue, and what a
        worker that is gone had in hand is requested again.
        """
        head = await self._log.head()
        following = Subscription(
            self._log,
            NAME,
            self,
            after=head,
            parked=self._parked,
            types=HEARD,
            sleep=partial(sleep, self._clock),
            now=lambda: self._clock.monotonic() / MICROSECONDS,
            chance=self._chance,
        )
        async with anyio.create_task_group() as attempts, anyio.create_task_group() as duties:
            self._performer = Performer(
                self._scheduler,
                partial(carry_out, self._worker),
                partial(record, self._worker),
                self._look_at_leases,
                self._clock,
                attempts,
                duties,
            )
            try:
                await self._take_up(open_runs)
                duties.start_soon(following.run)
                duties.start_soon(self._keep_leases)
                duties.start_soon(self._heed_stop)
                duties.start_soon(self._heed_places)
                duties.start_soon(self._engines.watch, partial(self._performer.tell, []))
                yield following
            finally:
                with anyio.CancelScope(shield=True):
                    await self._end(duties, attempts)

    async def handle(self, batch: Sequence[Recorded]) -> None:
        """Hear what the log says. Raises `RunParked`."""
        now = self._clock.now()
        heard = [
            EventHeard(it.run_id, it.position, max(it.recorded_at, now), read_event(it))
            for it in batch
        ]
        self._performer.tell(heard)

    async def _take_up(self, open_runs: Iterable[RunId]) -> None:
        """Take up each open run where the log left it."""
        found = [it for run_id in open_runs if (it := await self._find(run_id)) is not None]
        await self._clear_leases()
        self._performer.tell(found)
        self._performer.tell([self._gone()])  # now: what was in hand together is known

    async def _find(self, run_id: RunId) -> RunFound | None:
        """An open run as it stands; None if it cannot be read, which is said."""
        try:
            recorded = await self._log.read_run(run_id)
        except LogDamaged as error:  # nothing tells any more which its events are
            logger.error("run %s is left alone: %s", run_id, error)
            return None
        try:
            history = read_history(recorded)
        except ForgottenRun:  # since the views were asked
            return None
        if history.parked is not None:
            self._parked.park(history.parked)
            return None
        if history.run is None:
            return None
        await self._artifacts.tidy(run_id)
        run = history.run
        deferred = {work: recorded[it.version - 1].recorded_at for work, it in run.deferred.items()}
        return RunFound(run_id, recorded[0].position, run, self._clock.now(), deferred)

    # ------------------------------------------------------------------------------------ leases

    async def _keep_leases(self) -> None:
        """Renew what is in hand, and look what others have, a few times in each lease."""
        while True:
            await sleep(self._clock, self._lease_seconds / RENEWALS)
            self._performer.tell([self._gone()])
            await self._look_at_leases()

    def _gone(self) -> OwnersGone:
        return OwnersGone({it for it in self._scheduler.owners if is_gone(it, self._owner)})

    async def _clear_leases(self) -> None:
        """Release what workers that are gone have claimed, also what they had not started."""
        try:
            for work, held in (await self._leases.held()).items():
                if is_gone(held.owner, self._owner):
                    await self._leases.release([work], held.owner)
        except LeasesUnavailable as error:
            logger.warning("what others have leased is not known now: %s", error)

    async def _look_at_leases(self) -> None:
        try:
            lost = await self._leases.renew(self._scheduler.in_hand, str(self._owner))
            held = await self._leases.held()
        except LeasesUnavailable as error:  # nobody else can have taken any meanwhile
            logger.warning("work in hand cannot be leased now: %s", error)
            return
        self._performer.tell([LeasesSeen(held, lost)])

    # ------------------------------------------------------------------------------- the end

    async def _heed_stop(self) -> None:
        await self._stop.asked.wait()
        self._stopping.set()
        self._performer.tell([StopAsked()])

    async def _heed_places(self) -> None:
        """Look again when a place is given back, since not only attempts take them (a repair)."""
        while True:
            await self._devices.changed.next.wait()
            self._performer.tell([])

    def _is_stopping(self) -> bool:
        return self._stop.is_asked or self._stopping.is_set()

    async def _end(self, duties: anyio.abc.TaskGroup, attempts: anyio.abc.TaskGroup) -> None:
        """Let work in hand end in its time, then put it down; at once if that is asked for."""
        self._stopping.set()
        self._performer.tell([StopAsked()])
        duties.cancel_scope.cancel()
        with anyio.move_on_after(self._limits.shutdown_seconds):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._hurry, tasks.cancel_scope)
                await self._performer.all_ended()
                tasks.cancel_scope.cancel()
        attempts.cancel_scope.cancel()

    async def _hurry(self, waiting: anyio.CancelScope) -> None:
        await self._stop.hurried.wait()
        waiting.cancel()
