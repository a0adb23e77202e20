"""What attempts are carried out with, and how a log or a disk that takes nothing is waited for."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio
import msgspec

from storybook.clock import Clock, sleep
from storybook.commands import Commands
from storybook.events.log import LogError
from storybook.events.subscription import RetryPolicy
from storybook.stages.handlers import Tools
from storybook.stages.progress import WorkProgress
from storybook.stores.artifacts import NoSpace
from storybook.stores.leases import Leases

logger = logging.getLogger(__name__)

T = TypeVar("T")

OUTAGE: Final = (LogError, NoSpace)
"""What passes by itself, or when somebody makes room: nothing is wrong with the work."""

OUTAGE_WAITS: Final = RetryPolicy(first=1.0, factor=1.5, most=15.0)
"""How long to wait before what an outage kept from happening is tried again."""


class Worker(msgspec.Struct, frozen=True):
    """What attempts are carried out with. `owner` is the name of this worker, `chance` draws a
    number from 0 to 1, an attempt may take `limit_seconds`, outages not counted, and may wait for
    an engine for `outage_minutes`. `is_stopping` tells whether the service stops, as soon as a
    signal has come; `stopping` wakes those that wait.
    """

    owner: str
    commands: Commands
    tools: Tools
    leases: Leases
    progress: WorkProgress
    clock: Clock
    chance: Callable[[], float]
    limit_seconds: float
    outage_minutes: float
    is_stopping: Callable[[], bool]
    stopping: anyio.Event


async def until_it_passes(
    worker: Worker,
    what: str,
    operation: Callable[[], Awaitable[T]],
    limit: anyio.CancelScope | None = None,
) -> T:
    """Try again, with growing waits, what only an outage of the log or the disk keeps from
    happening. Raises what the outage is once a stop was asked for. `limit` goes on after each wait
    where it stood before."""
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
