"""Streams are told a step after the projections, and are not to be silenced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from storybook.book import StoryRequest
from storybook.events.catalog import RunRequested
from storybook.events.log import NO_RUN, START, CommandId, Position, Recorded
from storybook.events.subscription import RetryPolicy, Subscription
from storybook.http.stream_handler import StreamHandler
from storybook.notifier import Notifier
from storybook.projections.projector import ProjectionsStopped
from tests.engines import run_id
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio

EVENT = RunRequested(StoryRequest("조선시대", "숲", "토끼", "우정"), seed=1)


class ManualProjections:
    """Projections that reach a position when the test says so."""

    def __init__(self) -> None:
        self.position = 0
        self.moved = Notifier()
        self.has_died = False

    async def reached(self, position: Position) -> None:
        while self.position < position:
            if self.has_died:
                raise ProjectionsStopped("it died")
            await self.moved.next.wait()


async def append(log: MemoryLog, number: int) -> None:
    await log.append(run_id(number), [EVENT], expected=NO_RUN, command=CommandId(str(number)))


class Heard:
    """A feed that can be waited for."""

    def __init__(self, log: MemoryLog, projections: ManualProjections) -> None:
        self.positions: list[int] = []
        self.failures: list[Exception] = []
        self._heard = Notifier()
        handler = StreamHandler(as_projections(projections), self._hear)
        retry = RetryPolicy(first=0)
        self.subscription = Subscription(log, "streams", handler, after=START, retry=retry)

    def _hear(self, batch: Sequence[Recorded]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.positions += [it.position for it in batch]
        self._heard.notify()

    async def count(self, wanted: int) -> None:
        with anyio.fail_after(30):
            while len(self.positions) < wanted:
                await self._heard.next.wait()


async def test_it_waits_for_the_projections() -> None:
    """Nobody is told of an event before the state shows it."""
    log, projections = MemoryLog(), ManualProjections()
    heard = Heard(log, projections)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.subscription.run)
        await append(log, 1)
        await anyio.wait_all_tasks_blocked()
        assert heard.positions == []
        projections.position = 1
        projections.moved.notify()
        await heard.count(1)
        tasks.cancel_scope.cancel()


async def test_dead_projections_do_not_silence_it() -> None:
    """Streams go on telling what happens, though states are no longer brought up to date."""
    log, projections = MemoryLog(), ManualProjections()
    projections.has_died = True
    heard = Heard(log, projections)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.subscription.run)
        await append(log, 1)
        await heard.count(1)
        tasks.cancel_scope.cancel()


async def test_a_failure_has_the_events_handed_over_again() -> None:
    """A feed that cannot take a batch gets it once more, and the subscription tells of it."""
    log, projections = MemoryLog(), ManualProjections()
    projections.position = 99
    heard = Heard(log, projections)
    heard.failures = [RuntimeError("it cannot take this")]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.subscription.run)
        await append(log, 1)
        await heard.count(1)
        tasks.cancel_scope.cancel()
    assert heard.positions == [1]
    assert not heard.failures


def as_projections(manual: ManualProjections) -> Any:
    return manual
