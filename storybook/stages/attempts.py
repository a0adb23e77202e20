"""One attempt, from its claim to its last event.

Its steps: **claim** a lease; **start**, which records it; **handle**, which does the work; and one
end of these:

- it completes, and the event is appended;
- it fails, and `StageFailed` is appended (the decision says whether it is tried again);
- it is no longer this worker's (its run was cancelled, its lease is another's): it just ends;
- the service stops: `StageAbandoned` is appended, shielded, and the work is requested again. So is
  what fails once a stop was asked for: what it needed may have been stopped with us;
- the process dies: whoever finds the work in hand of an owner that is gone abandons it.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import anyio
import msgspec

from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.commands import Commands, Decide, Executed
from storybook.engines import Engine, EngineUnavailable, WorkFailed
from storybook.events.catalog import AbandonReason, Event, Fault
from storybook.events.log import LogError
from storybook.events.parked import RunParked
from storybook.events.subscription import RetryPolicy
from storybook.run import (
    InHand,
    Refused,
    Run,
    StaleAttempt,
    abandon_stage,
    fail_stage,
    start_stage,
)
from storybook.stages.handlers import HANDLERS, Attempt, Tools
from storybook.stages.progress import WorkProgress
from storybook.stages.scheduling import Abandon
from storybook.stages.work_queue import QueuedWork
from storybook.stores.artifacts import CannotKeep, NoSpace
from storybook.stores.leases import Leases, LeasesUnavailable

logger = logging.getLogger(__name__)
attempts_log = logger.getChild("failed")
"""Warns of attempts that failed; the events say the same."""

T = TypeVar("T")

BROKEN_SECONDS: Final = 60.0
"""How long an attempt rests that broke where nothing should (no file descriptor was left to read an
engine's version with); it is taken up again where the log has it."""

OUTAGE: Final = (LogError, NoSpace)
"""What passes by itself, or when somebody makes room: nothing is wrong with the work."""


OUTAGE_WAITS: Final = RetryPolicy(first=1.0, factor=1.5, most=15.0)
"""How long to wait before what an outage kept from happening is tried again."""


class Worker(msgspec.Struct, frozen=True):
    """What attempts are carried out with. `owner` is the name of this worker, `chance` draws a
    number from 0 to 1, and an attempt may take `limit_seconds`, outages not counted. `is_stopping`
    tells whether the service stops, as soon as a signal has come; `stopping` wakes those that wait.
    """

    owner: str
    commands: Commands
    tools: Tools
    leases: Leases
    progress: WorkProgress
    clock: Clock
    chance: Callable[[], float]
    limit_seconds: float
    is_stopping: Callable[[], bool]
    stopping: anyio.Event


async def carry_out(worker: Worker, queued: QueuedWork, engine: Engine) -> int | None:
    """One attempt. Returns in how many microseconds it is to be taken up again, None if the log
    says what comes next. An error that nobody expected takes no other attempt with it."""
    try:
        return await _AttemptInHand(worker, queued, engine).carry_out()
    except Exception:
        logger.exception("%s is taken up again later", queued.leased)
        return int(BROKEN_SECONDS * MICROSECONDS)
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
    def __init__(self, worker: Worker, queued: QueuedWork, engine: Engine) -> None:
        self._worker, self._queued, self._engine = worker, queued, engine
        self._run_id, self._work, self._number = queued.run_id, queued.work, queued.attempt
        self._limit = anyio.CancelScope()

    async def carry_out(self) -> int | None:
        wait = await self._claim()
        if wait is not None:
            return wait
        with anyio.CancelScope(shield=True):  # what is started is known to be started
            run = await self._start()
        if run is not None:
            await self._handle(run)
        return None

    # ------------------------------------------------------------------------------- the steps

    async def _claim(self) -> int | None:
        """Make it this worker's; returns for how long it is another's."""
        try:
            held = await self._worker.leases.claim(self._queued.leased, self._worker.owner)
        except LeasesUnavailable as error:  # the log decides all the same
            logger.warning("%s is started without a lease: %s", self._queued.leased, error)
            return None
        return None if held.owner == self._worker.owner else held.left

    async def _start(self) -> Run | None:
        """Record that the attempt is started; None if it is not to be."""
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
            )

        try:
            return (await self._tell(start)).run
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

    async def _handle(self, run: Run) -> None:
        """Do the work, and say how it ended."""
        progress = self._worker.progress
        progress.begin(self._run_id, self._work)
        report = partial(progress.report, self._run_id, self._work)
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
                await HANDLERS[self._work.stage].handle(attempt, self._worker.tools)
            if self._limit.cancelled_caught:
                message = f"{self._work} took longer than {seconds:g} s"
                await self._fail(Fault("timeout", message, retryable=True))
        except (StaleAttempt, RunParked) as refusal:
            logger.info("%s is left alone: %s", self._queued.leased, refusal)
        except anyio.get_cancelled_exc_class():
            if self._worker.is_stopping():
                with anyio.CancelScope(shield=True):
                    await self._put_down()
            raise
        except Exception as error:
            await self._fail(self._fault(error))

    # --------------------------------------------------------------------------- reporting it

    async def _tell(self, decide: Decide) -> Executed:
        """Carry out a decision, and wait as long as the log cannot take it."""
        execute = partial(self._worker.commands.execute, self._run_id, decide)
        return await self._until_it_passes(execute)

    async def _until_it_passes(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Wait for the end of an outage, which does not count towards the attempt's limit."""
        return await _until_it_passes(
            self._worker, str(self._queued.leased), operation, self._limit
        )

    async def _put_down(self) -> None:
        """Leave work in hand to the next worker."""
        put_down = partial(
            abandon_stage, work=self._work, attempt=self._number, reason=AbandonReason.SHUTDOWN
        )
        await self._tell_last(put_down)

    async def _fail(self, fault: Fault) -> None:
        if self._worker.is_stopping():
            await self._put_down()
            return
        attempts_log.warning("%s failed: %s", self._queued.leased, fault.message)
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


async def abandon(worker: Worker, it: Abandon) -> None:
    """Record that work is in hand of a worker that is gone, and is to be done anew."""
    logger.info("%s was in hand of %s, which is gone (to blame: %s)", it.work, it.owner, it.blame)
    decide = partial(
        abandon_stage,
        work=it.work.work,
        attempt=it.work.attempt,
        reason=AbandonReason.CRASH,
        blame=it.blame,
    )
    execute = partial(worker.commands.execute, it.work.run_id, decide)
    try:
        await _until_it_passes(worker, str(it.work), execute)
        await worker.leases.release([it.work], it.owner)
    except (Refused, RunParked, LogError, LeasesUnavailable) as error:
        # Another worker was first, or this one stops; and a lease runs out by itself.
        logger.info("%s: %s", it.work, error)


async def _until_it_passes(
    worker: Worker,
    what: str,
    operation: Callable[[], Awaitable[T]],
    limit: anyio.CancelScope | None = None,
) -> T:
    """Try again, with growing waits, what only an outage keeps from happening. Raises what the
    outage is once a stop was asked for. `limit` goes on after each wait where it stood before."""
    for tries in itertools.count(1):
        try:
            return await operation()
        except OUTAGE as error:
            if worker.is_stopping():
                raise
            logger.warning("%s waits: %s", what, error)
        began, deadline = anyio.current_time(), math.inf
        if limit is not None:
            deadline, limit.deadline = limit.deadline, math.inf
        try:
            await _pause(worker, OUTAGE_WAITS.wait(tries, worker.chance()))
        finally:
            if limit is not None:
                limit.deadline = deadline + anyio.current_time() - began
    raise AssertionError("counting has no end")


async def _pause(worker: Worker, seconds: float) -> None:
    """Wait, or until a stop is asked for."""

    async def heed(scope: anyio.CancelScope) -> None:
        await worker.stopping.wait()
        scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heed, tasks.cancel_scope)
        await sleep(worker.clock, seconds)
        tasks.cancel_scope.cancel()
