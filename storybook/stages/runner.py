"""The runner takes requested work in hand and reports what became of it.

It tails the log: requested work goes on the agenda, a cancelled run's work is stopped. Whenever
something changes, it starts what is due and has a place. Each attempt runs in a cancel scope of its
own, and ends in exactly one of these ways:

- it completes, and the event is appended;
- it fails, and `StageFailed` is appended (the decision says whether it is tried again);
- its run was cancelled: the log says so already, and the attempt just ends;
- the runner stops: `StageAbandoned` is appended behind a shield, and the work is requested again;
- the process dies: the next runner finds the attempt in hand, and abandons it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Final

import anyio
import anyio.abc
import msgspec

from storybook.book import RunId, Work
from storybook.clock import MICROSECONDS, Clock
from storybook.commands import Commands, Decide, Executed
from storybook.events.catalog import (
    AbandonReason,
    Fault,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunRequested,
    StageAbandoned,
    StageRequested,
    StageStarted,
)
from storybook.events.log import EventLog, LogError, LogUnavailable, Position, Recorded
from storybook.run import (
    InHand,
    Refused,
    Run,
    StaleAttempt,
    Waiting,
    abandon_stage,
    fail_stage,
    read_history,
    start_stage,
)
from storybook.settings import Limits
from storybook.stages.agenda import Agenda, Ticket
from storybook.stages.choice import Engines
from storybook.stages.devices import Devices
from storybook.stages.engines import Engine, EngineUnavailable, WorkFailed
from storybook.stages.live import LiveProgress
from storybook.stages.perform import Attempt, perform
from storybook.stages.writer.check import PageCheck
from storybook.stores.artifacts import ArtifactStore, CannotKeep

logger = logging.getLogger(__name__)
attempts_log = logger.getChild("attempts")
"""Warns of attempts that failed; the events say the same."""

LOG_RETRY_SECONDS: Final = 1.0
"""How often a result is offered again to a log that cannot take it (a full disk)."""

BROKEN_SECONDS: Final = 60.0
"""How long an attempt rests that broke where nothing should (no file descriptor was left to read an
engine's version with); it is taken up again where the log has it."""

_HEARD: Final = frozenset(
    it.__name__
    for it in (
        RunRequested,
        StageRequested,
        StageStarted,
        StageAbandoned,
        RunCompleted,
        RunFailed,
        RunCancelled,
    )
)
"""The event types that tell the runner something; the others are not even decoded."""


class Runner:
    """Consumes the log's requested stages until it is stopped.

    `worker` names this process and its start; `chance` draws a number from 0 to 1 for back-off.
    `check` is what every page goes through before it stands, `devices` what the engines share.
    """

    def __init__(
        self,
        log: EventLog,
        commands: Commands,
        engines: Engines,
        artifacts: ArtifactStore,
        live: LiveProgress,
        *,
        clock: Clock,
        limits: Limits,
        worker: str,
        chance: Callable[[], float],
        check: PageCheck,
        devices: Devices,
    ) -> None:
        self._log, self._commands, self._engines = log, commands, engines
        self._artifacts, self._live, self._clock = artifacts, live, clock
        self._limits, self._worker, self._chance = limits, worker, chance
        self._check, self._devices, self._agenda = check, devices, Agenda()
        self._turns: dict[RunId, int] = {}
        self._in_hand: dict[tuple[RunId, Work], anyio.CancelScope] = {}
        self._changed = devices.changed  # a place that anybody gives back may be taken here
        self._stopping = False

    @asynccontextmanager
    async def running(self, open_runs: Iterable[RunId]) -> AsyncIterator[None]:
        """Work until the context is left, then give work in hand a moment, and put it down.

        `open_runs` are the runs that have not ended: what a dead process had in hand is requested
        again, what waits is put on the agenda.
        """
        head = await self._log.head()
        for run_id in open_runs:
            await self._resume(run_id)
        async with anyio.create_task_group() as attempts, anyio.create_task_group() as duties:
            duties.start_soon(self._listen, head)
            duties.start_soon(self._dispatch, attempts)
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await self._stop(duties, attempts)

    async def _stop(self, duties: anyio.abc.TaskGroup, attempts: anyio.abc.TaskGroup) -> None:
        self._stopping = True
        duties.cancel_scope.cancel()
        with anyio.move_on_after(self._limits.shutdown_seconds):
            while self._in_hand:
                await self._changed.next.wait()
        attempts.cancel_scope.cancel()

    # ------------------------------------------------------------------------ what is to be done

    async def _resume(self, run_id: RunId) -> None:
        """Take up an open run where the log left it."""
        recorded = await self._log.read_run(run_id)
        history = read_history(recorded)
        run = history.run
        if run is None or history.parked is not None:
            return
        await self._artifacts.tidy(run_id)
        self._turns[run_id] = recorded[0].position
        for work, state in run.work.items():
            if isinstance(state, InHand):
                logger.info("run %s: %s was in hand of %s, which died", run_id, work, state.worker)
                abandon = partial(
                    abandon_stage, work=work, attempt=state.attempt, reason=AbandonReason.CRASH
                )
                run = (await self._commands.execute(run_id, abandon)).run
        for work, state in run.work.items():
            if isinstance(state, Waiting):
                self._put(run_id, work, state.attempt, state.not_before, self._clock.now())

    async def _listen(self, cursor: Position) -> None:
        while True:
            try:
                async with aclosing(self._log.tail(cursor)) as batches:
                    async for batch in batches:
                        for recorded in batch:
                            if recorded.type in _HEARD:
                                self._hear(recorded)
                        cursor = batch[-1].position
                        self._changed.notify()
            except LogUnavailable as error:
                logger.warning("the log cannot be followed now, waiting: %s", error)
                await self._wait_for_log()

    def _hear(self, recorded: Recorded) -> None:
        run_id = recorded.run_id
        match recorded.event:
            case RunRequested():
                self._turns[run_id] = recorded.position
            case StageRequested() as it:
                self._turns.setdefault(run_id, recorded.position)
                self._put(run_id, it.work, it.attempt, it.not_before, recorded.recorded_at)
            case StageStarted() | StageAbandoned() as it:
                self._agenda.drop(run_id, it.work, it.attempt)
            case RunCompleted() | RunFailed():
                self._turns.pop(run_id, None)
            case RunCancelled():
                self._turns.pop(run_id, None)
                for (its_run, _), scope in self._in_hand.items():
                    if its_run == run_id:
                        scope.cancel()

    def _put(
        self, run_id: RunId, work: Work, attempt: int, not_before: int, requested_at: int
    ) -> None:
        turn, since = self._turns[run_id], max(not_before, requested_at)
        self._agenda.put(Ticket(run_id, work, attempt, not_before, turn, since))

    # -------------------------------------------------------------------------- taking it in hand

    async def _dispatch(self, attempts: anyio.abc.TaskGroup) -> None:
        """Start what is due and has a place, whenever something has changed."""
        async with anyio.create_task_group() as alarms:
            alarm_at = 0
            while True:
                changed = self._changed.next
                now = self._clock.now()
                wishes = [
                    (ticket, self._engines.of(ticket.work.stage))
                    for ticket in self._agenda.due(now)
                    if self._key(ticket) not in self._in_hand
                ]
                for ticket, engine in self._devices.admit(wishes, now):
                    self._agenda.drop(ticket.run_id, ticket.work, ticket.attempt)
                    scope = self._in_hand[self._key(ticket)] = anyio.CancelScope()
                    attempts.start_soon(self._attempt, ticket, engine, scope)
                later = self._agenda.next_moment(now)
                if later is not None and (alarm_at <= now or later < alarm_at):
                    alarm_at = later
                    alarms.start_soon(self._alarm, later)
                await changed.wait()

    async def _alarm(self, moment: int) -> None:
        await self._clock.sleep_until(moment)
        self._changed.notify()

    @staticmethod
    def _key(ticket: Ticket) -> tuple[RunId, Work]:
        return ticket.run_id, ticket.work

    async def _attempt(self, ticket: Ticket, engine: Engine, scope: anyio.CancelScope) -> None:
        """One attempt, from its start to its last event."""
        try:
            with scope:
                await self._devices.make_room(engine)
                await self._start_and_perform(ticket, engine)
        except Exception:  # no attempt may take the others with it
            logger.exception("run %s: %s is taken up again later", ticket.run_id, ticket.work)
            later = self._clock.now() + int(BROKEN_SECONDS * MICROSECONDS)
            self._agenda.put(msgspec.structs.replace(ticket, not_before=later))
        finally:
            self._devices.release(engine)
            del self._in_hand[self._key(ticket)]
            self._live.end(ticket.run_id, ticket.work)
            self._changed.notify()

    async def _start_and_perform(self, ticket: Ticket, engine: Engine) -> None:
        run_id, work, number = ticket.run_id, ticket.work, ticket.attempt
        with anyio.CancelScope(shield=True):  # what is started is known to be started
            run = await self._start(ticket, engine)
        if run is None:
            return
        self._live.begin(run_id, work)
        tell = partial(self._tell, run_id)
        report = partial(self._live.report, run_id, work)
        attempt = Attempt(run_id, run, work, number, tell, report)
        try:
            with anyio.move_on_after(self._limits.stage_timeout_seconds) as limit:
                await perform(attempt, self._engines, self._artifacts, self._check)
            if limit.cancelled_caught:
                seconds = self._limits.stage_timeout_seconds
                message = f"{work} took longer than {seconds:g} s"
                await self._fail(run_id, work, number, Fault("timeout", message, retryable=True))
        except StaleAttempt as refusal:
            logger.info("run %s: %s was overtaken: %s", run_id, work, refusal)
        except anyio.get_cancelled_exc_class():
            if self._stopping:
                with anyio.CancelScope(shield=True):
                    await self._put_down(run_id, work, number)
            raise
        except Exception as error:
            await self._fail(run_id, work, number, self._fault(error, run_id, work))

    async def _start(self, ticket: Ticket, engine: Engine) -> Run | None:
        """Record that an attempt is started; None if it is not to be."""
        run_id, work, number = ticket.run_id, ticket.work, ticket.attempt
        start = partial(
            start_stage, work=work, attempt=number, worker=self._worker, engine=engine.info
        )
        try:
            return (await self._tell(run_id, start)).run
        except StaleAttempt as refusal:
            run = await self._commands.load(run_id)
            state = run.work.get(work) if run else None
            if isinstance(state, InHand) and (state.attempt, state.worker) == (
                number,
                self._worker,
            ):
                return run  # it was recorded by an append of which the outcome stayed unknown
            logger.info("run %s: %s was overtaken: %s", run_id, work, refusal)
        except (Refused, LogError) as error:  # cancelled, or stopping
            logger.info("run %s: %s was not started: %s", run_id, work, error)
        return None

    # ------------------------------------------------------------------------------ reporting it

    async def _tell(self, run_id: RunId, decide: Decide) -> Executed:
        """Carry out a decision, offering it again while the log cannot take it."""
        while True:
            try:
                return await self._commands.execute(run_id, decide)
            except LogError as error:
                if self._stopping:
                    raise
                logger.warning("run %s: the log takes nothing now, waiting: %s", run_id, error)
                await self._wait_for_log()

    async def _wait_for_log(self) -> None:
        wait = int(LOG_RETRY_SECONDS * MICROSECONDS)
        await self._clock.sleep_until(self._clock.now() + wait)

    async def _put_down(self, run_id: RunId, work: Work, attempt: int) -> None:
        """Leave work in hand to the next process."""
        abandon = partial(abandon_stage, work=work, attempt=attempt, reason=AbandonReason.SHUTDOWN)
        await self._tell_last(run_id, abandon)

    async def _fail(self, run_id: RunId, work: Work, attempt: int, fault: Fault) -> None:
        attempts_log.warning(
            "run %s: %s attempt %d failed: %s", run_id, work, attempt, fault.message
        )
        fail = partial(
            fail_stage,
            work=work,
            attempt=attempt,
            fault=fault,
            now=self._clock.now(),
            chance=self._chance(),
        )
        await self._tell_last(run_id, fail)

    async def _tell_last(self, run_id: RunId, decide: Decide) -> None:
        """Say how an attempt ended, if anybody still wants to know. What cannot be said while the
        runner stops is found in hand at the next start."""
        try:
            await self._tell(run_id, decide)
        except (Refused, LogError) as error:
            logger.info("run %s: the end of an attempt was not recorded: %s", run_id, error)

    def _fault(self, error: Exception, run_id: RunId, work: Work) -> Fault:
        match error:
            case WorkFailed(kind=kind, message=message, retryable=retryable):
                return Fault(kind, message, retryable)
            case EngineUnavailable():
                return Fault("engine_unavailable", str(error), retryable=False)
            case CannotKeep():
                return Fault("storage", str(error), retryable=True)
            case Refused():
                return Fault("bad_output", str(error), retryable=True)
        logger.exception("run %s: %s: unexpected error", run_id, work, exc_info=error)
        return Fault("internal", f"internal error in {work}; the server's log has more", True)
