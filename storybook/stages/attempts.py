"""One attempt, from its claim to its last event.

Its steps: **claim** a lease; **start**, which records it; **handle**, which does the work; and one
end of these:

- it completes, and the event is appended;
- it fails, and `StageFailed` is appended (the decision says whether it is tried again);
- its engine is away: `StageDeferred` is appended, and the same attempt is started again later;
- it is no longer this worker's (its run was cancelled, its lease is another's): it just ends;
- the service stops: `StageAbandoned` is appended, shielded, and the work is requested again. So is
  what fails once a stop was asked for: what it needed may have been stopped with us;
- the process dies: whoever finds the work in hand of an owner that is gone abandons it.

A **trial** is an attempt with an engine that has been away. It is started only when the engine has
kept it for a moment, or there is something to tell of it: if it is turned away before that, nothing
is recorded, since the log says already that it waits.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import anyio

from storybook.clock import MICROSECONDS, sleep
from storybook.commands import Decide, Executed
from storybook.engines import EngineAway, EngineUnavailable, WorkFailed
from storybook.events.catalog import AbandonReason, Event, Fault
from storybook.events.log import LogError
from storybook.events.parked import RunParked
from storybook.run import (
    ForgottenRun,
    InHand,
    Refused,
    Run,
    StaleAttempt,
    Waiting,
    abandon_stage,
    defer_stage,
    fail_stage,
    start_stage,
)
from storybook.stages.actions import AttemptEnded, Start
from storybook.stages.handlers import HANDLERS, Attempt
from storybook.stages.outages import Absence
from storybook.stages.work_queue import QueuedWork
from storybook.stages.worker import Worker, until_it_passes
from storybook.stores.artifacts import CannotKeep
from storybook.stores.leases import LeasesUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

BROKEN_SECONDS: Final = 60.0
"""How long an attempt rests that broke where nothing should (no file descriptor was left to read an
engine's version with); it is taken up again where the log has it."""


async def carry_out(worker: Worker, it: Start) -> AttemptEnded:
    """One attempt, and how it ended. An error that nobody expected takes no other with it."""
    queued = it.queued
    try:
        return await _AttemptInHand(worker, it).carry_out()
    except Exception:
        logger.exception("%s is taken up again later", queued.leased)
        return AttemptEnded(queued.leased, int(BROKEN_SECONDS * MICROSECONDS))
    finally:
        worker.progress.end(queued.run_id, queued.work)
        with anyio.CancelScope(shield=True):
            await _release(worker, queued)


async def _release(worker: Worker, queued: QueuedWork) -> None:
    try:
        await worker.leases.release([queued.leased], worker.owner)
    except LeasesUnavailable as error:  # it runs out by itself
        logger.info("%s: its lease is not given back: %s", queued.leased, error)


class _AttemptInHand:
    def __init__(self, worker: Worker, it: Start) -> None:
        self._worker, self._queued, self._engine = worker, it.queued, it.engine
        self._run_id, self._work, self._number = it.queued.run_id, it.queued.work, it.queued.attempt
        self._trial, self._is_started = it.trial, False
        self._has_waited = it.has_waited or it.trial is not None
        self._starting = anyio.Lock()
        self._limit = anyio.CancelScope()

    async def carry_out(self) -> AttemptEnded:
        wait = await self._claim()
        if wait is not None:
            return AttemptEnded(self._queued.leased, wait)
        run = await (self._start() if self._trial is None else self._look())
        absence = await self._handle(run) if run is not None else None
        # The log says what comes next, unless this was a trial of which it says nothing.
        again_in = 0 if absence is not None and not self._is_started else None
        return AttemptEnded(self._queued.leased, again_in, absence)

    # ------------------------------------------------------------------------------- the steps

    async def _claim(self) -> int | None:
        """Make it this worker's; returns for how long it is another's."""
        try:
            held = await self._worker.leases.claim(self._queued.leased, self._worker.owner)
        except LeasesUnavailable as error:  # the log decides all the same
            logger.warning("%s is started without a lease: %s", self._queued.leased, error)
            return None
        return None if held.owner == self._worker.owner else held.left

    async def _look(self) -> Run | None:
        """The run of a trial, of which nothing is recorded yet; None if it is not to be."""
        load = partial(self._worker.commands.load, self._run_id)
        try:
            run = await self._until_it_passes(load)
        except (ForgottenRun, RunParked, LogError) as error:
            logger.info("%s is not tried: %s", self._queued.leased, error)
            return None
        state = run.work.get(self._work) if run else None
        is_wanted = isinstance(state, Waiting) and state.attempt == self._number
        return run if is_wanted else None

    async def _start(self) -> Run | None:
        """Record that the attempt is started; None if it is not to be."""
        with anyio.CancelScope(shield=True):  # what is started is known to be started
            run = await self._record_start()
            if run is not None:
                self._is_started = True
                self._worker.progress.begin(self._run_id, self._work)
        return run

    async def _record_start(self) -> Run | None:
        worker, role = self._worker.owner, self._work.stage.role
        candidates = self._worker.tools.engines.of(role)

        def start(run: Run | None) -> list[Event]:
            before = run.engines_of(role) if run is not None else ()
            return start_stage(
                run,
                self._work,
                self._number,
                worker=worker,
                engine=self._engine.info,
                stands_in_for=candidates.stands_in_for(self._engine, before),
                has_waited=self._has_waited,
            )

        try:
            return (await self._execute(start)).run
        except StaleAttempt as refusal:
            run = await self._worker.commands.load(self._run_id)
            state = run.work.get(self._work) if run else None
            mine = self._number, worker
            if isinstance(state, InHand) and (state.attempt, state.worker) == mine:
                return run  # it was recorded by an append of which the outcome stayed unknown
            logger.info("%s was overtaken: %s", self._queued.leased, refusal)
        except (Refused, RunParked, LogError) as error:  # cancelled, not readable, or stopping
            logger.info("%s was not started: %s", self._queued.leased, error)
        return None

    async def _handle(self, run: Run) -> Absence | None:
        """Do the work, and say how it ended; what its engine is away for, if it is."""
        report = partial(self._worker.progress.report, self._run_id, self._work)
        attempt = Attempt(
            self._run_id,
            run,
            self._work,
            self._number,
            self._engine,
            self._tell,
            report,
            self._until_it_passes,
        )
        seconds = self._worker.limit_seconds
        try:
            with anyio.move_on_after(seconds) as self._limit:
                await self._do(attempt)
            if self._limit.cancelled_caught:
                message = f"{self._work} took longer than {seconds:g} s"
                await self._fail(Fault("timeout", message, retryable=True))
        except (ForgottenRun, StaleAttempt, RunParked) as refusal:
            logger.info("%s is left alone: %s", self._queued.leased, refusal)
        except EngineAway as away:
            return await self._defer(away)
        except anyio.get_cancelled_exc_class():
            if self._worker.is_stopping():
                with anyio.CancelScope(shield=True):
                    await self._put_down()
            raise
        except Exception as error:
            await self._fail(self._fault(error))
        return None

    async def _do(self, attempt: Attempt) -> None:
        """Let the engine do the work, and record a trial as started when that is sure."""
        handle = partial(HANDLERS[self._work.stage].handle, attempt, self._worker.tools)
        if self._trial is None:
            await handle()
            return
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._start_when_sure, self._trial, tasks.cancel_scope)
            try:
                await handle()
            except Exception as error:  # carried out of the task group as it is, not in a group
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _start_when_sure(self, seconds: float, work: anyio.CancelScope) -> None:
        await sleep(self._worker.clock, seconds)
        try:
            await self._be_started()
        except StaleAttempt:
            work.cancel()

    # --------------------------------------------------------------------------- reporting it

    async def _be_started(self) -> None:
        """Record a trial as started, once. Raises `StaleAttempt` if it is not to be."""
        async with self._starting:
            if not self._is_started and await self._start() is None:
                raise StaleAttempt(f"{self._queued.leased} is not to be started")

    async def _tell(self, decide: Decide) -> Executed:
        """Carry out a decision about work in hand."""
        await self._be_started()
        return await self._execute(decide)

    async def _execute(self, decide: Decide) -> Executed:
        """Carry out a decision, and wait as long as the log cannot take it."""
        execute = partial(self._worker.commands.execute, self._run_id, decide)
        return await self._until_it_passes(execute)

    async def _until_it_passes(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Wait for the end of an outage, which does not count towards the attempt's limit."""
        return await until_it_passes(self._worker, str(self._queued.leased), operation, self._limit)

    async def _put_down(self) -> None:
        """Leave work in hand to the next worker."""
        if not self._is_started:
            return  # the log has it as it was
        put_down = partial(
            abandon_stage, work=self._work, attempt=self._number, reason=AbandonReason.SHUTDOWN
        )
        await self._tell_last(put_down)

    async def _defer(self, away: EngineAway) -> Absence | None:
        """Let the work wait for its engine, unless what it needed was stopped with us."""
        if self._worker.is_stopping():
            await self._put_down()
            return None
        if self._is_started:
            logger.debug("%s waits: %s", self._queued.leased, away)
            defer = partial(
                defer_stage,
                work=self._work,
                attempt=self._number,
                engine=self._engine.info,
                why=away.why,
            )
            await self._tell_last(defer)
        return Absence(away.why, away.mend, away.retry_after)

    async def _fail(self, fault: Fault) -> None:
        if self._worker.is_stopping():
            await self._put_down()
            return
        logger.debug("%s failed: %s", self._queued.leased, fault.message)
        fail = partial(
            fail_stage,
            work=self._work,
            attempt=self._number,
            fault=fault,
            now=self._worker.clock.now(),
            chance=self._worker.chance(),
        )
        await self._tell_last(fail)

    async def _tell_last(self, decide: Decide) -> None:
        """Say how an attempt ended, if anybody still wants to know. What cannot be said while the
        service stops is found in hand at the next start."""
        try:
            await self._tell(decide)
        except (Refused, RunParked, LogError) as error:
            logger.info("%s: its end was not recorded: %s", self._queued.leased, error)

    def _fault(self, error: Exception) -> Fault:
        match error:
            case WorkFailed(kind=kind, message=message, retryable=retryable):
                return Fault(kind, message, retryable)
            case EngineUnavailable():
                return Fault("engine_unavailable", str(error), retryable=False)
            case CannotKeep() | LogError():
                return Fault("storage", str(error), retryable=True)
            case Refused():
                return Fault("bad_output", str(error), retryable=True)
        logger.exception("%s: unexpected error", self._queued.leased, exc_info=error)
        message = f"internal error in {self._work}; the server's log has more"
        return Fault("internal", message, retryable=True)
