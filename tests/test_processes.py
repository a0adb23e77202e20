"""Processes that do one kind of work: reused, killed with what they do, never left over."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Generator

import anyio
import pytest

from storybook.processes import ProcessDied, WorkerProcesses

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Started = Callable[[], int]


@pytest.fixture
def started() -> Started:
    """How many processes there are that were not there before the test."""
    before = {it.pid for it in multiprocessing.active_children()}
    return lambda: len({it.pid for it in multiprocessing.active_children()} - before)


def own_id(given: str) -> tuple[str, int]:
    return given, os.getpid()


def count(given: int) -> Generator[int, None, int]:
    """Yields what it has counted so far, and returns the process that counted."""
    yield from range(given)
    if given > 3:
        raise LookupError(f"cannot count to {given}")
    return os.getpid()


def refuse(given: str) -> None:
    raise LookupError(f"no {given} here")


def end(given: int) -> None:
    os._exit(given)


def niceness(given: int) -> int:
    return os.nice(given)


async def test_a_process_is_kept_for_the_next_piece_of_work(started: Started) -> None:
    """It is another one than this, and ends when it is let go."""
    workers = WorkerProcesses(own_id, 2)
    assert not workers.are_idle
    first, second = await workers.do("a"), await workers.do("b")
    assert (first[0], second[0]) == ("a", "b")
    assert first[1] == second[1] != os.getpid()
    assert workers.are_idle
    workers.let_go()
    assert not workers.are_idle
    assert started() == 0


async def test_no_more_work_at_once_than_places() -> None:
    """Who comes late waits for a process that is there."""
    workers, by = WorkerProcesses(own_id, 1), set[int]()

    async def ask(what: str) -> None:
        by.add((await workers.do(what))[1])

    async with anyio.create_task_group() as tasks:
        for what in "abc":
            tasks.start_soon(ask, what)
    assert len(by) == 1
    workers.let_go()


async def test_what_the_work_raises_is_raised_here(started: Started) -> None:
    """And the process goes on."""
    workers = WorkerProcesses(refuse, 1)
    for _ in range(2):
        with pytest.raises(LookupError, match="no bell here"):
            await workers.do("bell")
    assert started() == 1
    workers.let_go()


async def test_a_process_that_dies_is_told_and_replaced(started: Started) -> None:
    """Its place is free again."""
    workers = WorkerProcesses(end, 1)
    for _ in range(2):
        with pytest.raises(ProcessDied):
            await workers.do(3)
    assert started() == 0


async def test_cancelled_work_is_killed(started: Started) -> None:
    """At once, however long it would have taken, and its place is free."""
    workers = WorkerProcesses(time.sleep, 1)
    await workers.do(0)
    with anyio.fail_after(5):
        with anyio.move_on_after(0.05):
            await workers.do(60)
        assert started() == 0
        await workers.do(0)
    workers.let_go()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="Windows has no niceness")
async def test_what_yields_to_others_is_nicer() -> None:
    """Than this process."""
    for yields in (False, True):
        workers = WorkerProcesses(niceness, 1, yield_to_others=yields)
        assert (await workers.do(0) > os.nice(0)) is yields
        workers.let_go()


async def test_work_that_yields_tells_its_caller_on_the_way() -> None:
    """In order, before it is done; and what it returns is made, or what it raises is raised."""
    workers, told = WorkerProcesses[int, int](count, 1), list[int]()
    assert await workers.do(3, told.append) != os.getpid()
    assert told == [0, 1, 2]
    with pytest.raises(LookupError, match="cannot count to 4"):
        await workers.do(4, told.append)
    assert told == [0, 1, 2, 0, 1, 2, 3]
    workers.let_go()


async def test_whoever_fails_to_hear_it_ends_the_work(started: Started) -> None:
    """What the caller raises is raised, and the process does not go on for nobody."""

    def deaf(told: int) -> None:
        raise ValueError(f"{told} is not heard")

    with pytest.raises(ValueError, match="0 is not heard"):
        await WorkerProcesses[int, int](count, 1).do(3, deaf)
    assert started() == 0
