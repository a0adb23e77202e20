"""The one tail of all feeds: a step behind the projections, and not to be stopped."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from storybook.book import StoryRequest
from storybook.events.catalog import RunRequested
from storybook.events.log import NO_RUN, CommandId, LogUnavailable, Position, Recorded
from storybook.http import tail as tail_module
from storybook.http.tail import Tail
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
    """A listener that can be waited for."""

    def __init__(self, tail: Tail) -> None:
        self.positions: list[int] = []
        self._heard = Notifier()
        tail.listen(self._hear)

    def _hear(self, batch: list[Recorded]) -> None:
        self.positions += [it.position for it in batch]
        self._heard.notify()

    async def count(self, wanted: int) -> None:
        with anyio.fail_after(5):
            while len(self.positions) < wanted:
                await self._heard.next.wait()


async def test_it_waits_for_the_projections() -> None:
    """Nobody is told of an event before the state shows it."""
    log, projections = MemoryLog(), ManualProjections()
    tail = Tail(log, as_projections(projections))
    heard = Heard(tail)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tail.run)
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
    tail = Tail(log, as_projections(projections))
    heard = Heard(tail)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tail.run)
        await append(log, 1)
        await heard.count(1)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("error", [LogUnavailable("no disk"), sqlite3.OperationalError("locked")])
async def test_it_goes_on_where_the_log_failed(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A log that cannot be read for a while costs nobody an event, and repeats none."""
    monkeypatch.setattr(tail_module, "RETRY_SECONDS", 0)
    log, projections = MemoryLog(), ManualProjections()
    projections.position = 99
    following, failures = log.tail, 0

    async def failing_tail(after: Position) -> AsyncGenerator[list[Recorded], None]:
        nonlocal failures
        async for batch in following(after):
            yield batch
            failures += 1
            raise error

    log.tail = failing_tail  # type: ignore[method-assign]
    tail = Tail(log, as_projections(projections))
    heard = Heard(tail)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tail.run)
        for number in range(1, 4):
            await append(log, number)
            await heard.count(number)
        tasks.cancel_scope.cancel()
    assert heard.positions == [1, 2, 3]
    assert failures >= 2


async def test_a_listener_that_fails_silences_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The others are told, it is told of the next batch too, and the log says what it missed."""
    log, projections = MemoryLog(), ManualProjections()
    projections.position = 99
    tail = Tail(log, as_projections(projections))
    tried: list[int] = []

    def failing(batch: list[Recorded]) -> None:
        tried.append(batch[-1].position)
        raise RuntimeError("it cannot take this")

    tail.listen(failing)
    heard = Heard(tail)
    with caplog.at_level(logging.ERROR):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tail.run)
            for number in range(1, 3):
                await append(log, number)
                await heard.count(number)
            tasks.cancel_scope.cancel()
    assert heard.positions == tried == [1, 2]
    assert [it.exc_info is not None for it in caplog.records] == [True, True]


async def test_it_begins_at_the_end() -> None:
    """What was there before is read by those who want it."""
    log, projections = MemoryLog(), ManualProjections()
    projections.position = 99
    await append(log, 1)
    tail = Tail(log, as_projections(projections))
    heard = Heard(tail)
    await tail.start()
    assert tail.position == 1
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tail.run)
        await append(log, 2)
        await heard.count(1)
        tasks.cancel_scope.cancel()
    assert heard.positions == [2]


def as_projections(manual: ManualProjections) -> Any:
    return manual
