"""A subscription hands over every event, outlasts what fails, and leaves out what is parked."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.book import RunId, StoryRequest
from storybook.clock import MICROSECONDS, sleep
from storybook.events.catalog import Event, RunCancelled, RunRequested
from storybook.events.log import (
    NO_RUN,
    START,
    CommandId,
    EventLog,
    LogUnavailable,
    Position,
    Recorded,
    Version,
)
from storybook.events.parked import ParkedRun, ParkedRuns, RunParked, read_event
from storybook.events.subscription import SILENT_SECONDS, Cursor, RetryPolicy, Subscription
from storybook.notifier import Notifier
from tests.clocks import ManualClock
from tests.engines import run_id
from tests.stores.logs import SqliteStore
from tests.stores.memory_log import MemoryLog
from tests.stores.raw_rows import UNKNOWN_TYPE, add_row, append_row

pytestmark = pytest.mark.anyio

A, B = run_id(1), run_id(2)
REQUESTED = RunRequested(StoryRequest("조선시대", "숲", "토끼", "우정"), seed=1)
UNKNOWN = f"the type {UNKNOWN_TYPE} (schema 1) is unknown to this version"


async def append(
    log: EventLog, run: RunId, expected: int = NO_RUN, event: Event = REQUESTED
) -> None:
    command = CommandId(f"{run}@{expected}")
    await log.append(run, [event], expected=Version(expected), command=command)


class Collecting:
    """A handler that reads every event and keeps its position; it fails where it is told to."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.failures: list[Exception] = []
        self.elsewhere: dict[int, Position] = {}
        self._took = Notifier()

    async def handle(self, batch: Sequence[Recorded]) -> Position | None:
        if self.failures:
            raise self.failures.pop(0)
        for recorded in batch:
            read_event(recorded)
        self.positions += [it.position for it in batch]
        self._took.notify()
        return self.elsewhere.pop(batch[-1].position, None)

    async def took(self, *positions: int) -> None:
        """Return once these positions have been taken, in all."""
        with anyio.fail_after(30):
            while len(self.positions) < len(positions):
                await self._took.next.wait()
        assert self.positions == list(positions)


class Told:
    """A subscription over a log, with a clock that the test moves."""

    def __init__(self, log: EventLog, handler: Collecting, **options: Any) -> None:
        self.clock, self.parked = ManualClock(), ParkedRuns()
        everything: dict[str, Any] = {"after": START, "parked": self.parked} | options
        self.subscription = Subscription(
            log,
            "collecting",
            handler,
            retry=RetryPolicy(first=1, factor=2, most=5, jitter=0.5),
            sleep=self._sleep,
            now=lambda: self.clock.monotonic() / MICROSECONDS,
            chance=lambda: 0.0,
            **everything,
        )
        self.waits: list[float] = []
        self._failed = Notifier()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._failed.notify()
        await sleep(self.clock, seconds)

    async def failed(self, tries: int) -> None:
        """Return once so many tries have failed, in all."""
        with anyio.fail_after(30):
            while len(self.waits) < tries:
                await self._failed.next.wait()

    async def reached(self, position: Position) -> None:
        """Return when every event up to a position has been taken, or an outage has begun."""
        it = self.subscription
        while it.position < position and it.outage is None:
            await it.changed.next.wait()

    def try_again(self) -> None:
        """Let the wait pass."""
        self.clock.advance(self.waits[-1])


@asynccontextmanager
async def following(told: Told) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(told.subscription.run)
        await anyio.wait_all_tasks_blocked()
        yield
        tasks.cancel_scope.cancel()


# ------------------------------------------------------------------------------------ deciding


def test_waits_grow_up_to_their_most() -> None:
    """Each is twice the one before it, chance takes up to half, and a million are no error."""
    policy = RetryPolicy(first=1, factor=2, most=10, jitter=0.5)
    assert [policy.wait(tries, 0) for tries in (1, 2, 3, 4, 5, 10**6)] == [1, 2, 4, 8, 10, 10]
    assert [policy.wait(2, chance) for chance in (0.5, 1)] == [1.5, 1]


def test_a_cursor_that_was_moved_stays_where_it_was_put() -> None:
    """What was being handled meanwhile does not carry it away again."""
    cursor = Cursor(Position(5))
    assert cursor.begin() == 5
    cursor.move(START)
    assert not cursor.take(Position(9), None)
    assert cursor.begin() == START
    assert cursor.take(Position(9), None)
    assert cursor.position == 9


def test_an_outage_counts_its_tries() -> None:
    """It began with the first of them, and the last error is what is told."""
    cursor = Cursor(START)
    cursor.fail(RuntimeError("one"), now=3.0)
    outage = cursor.fail(last := RuntimeError("two"), now=9.0)
    assert (outage.since, outage.tries, outage.error) == (3.0, 2, last)
    assert cursor.recover() == outage
    assert cursor.recover() is None


def test_an_event_waits_from_when_it_was_seen_waiting() -> None:
    """One that has come this moment does not wait, and one that was taken does no more."""
    cursor = Cursor(START)
    assert cursor.waited(START, now=0) == 0
    assert cursor.waited(Position(1), now=100) == 0
    assert cursor.waited(Position(2), now=110) == 10
    cursor.take(Position(1), None)
    assert cursor.waited(Position(2), now=120) == 0
    assert cursor.waited(Position(2), now=125) == 5


# ----------------------------------------------------------------------------------- following


@pytest.fixture(params=["memory", "sqlite"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventLog]:
    """Each log under the contract."""
    if request.param == "memory":
        yield MemoryLog()
        return
    async with SqliteStore(tmp_path / "log.db").open() as log:
        yield log


async def test_every_event_after_the_cursor_comes_once(log: EventLog) -> None:
    """What was there, and what comes; the position says how far, the lag how far not."""
    for number in (1, 2):
        await append(log, run_id(number))
    told = Told(log, handler := Collecting(), after=Position(1))
    assert await told.subscription.lag() == 1
    async with following(told):
        await append(log, run_id(3))
        await handler.took(2, 3)
        await told.reached(Position(3))
        assert (told.subscription.position, await told.subscription.lag()) == (3, 0)


async def test_only_the_types_that_are_asked_for(log: EventLog) -> None:
    """The others move the cursor, and wake nobody."""
    told = Told(log, handler := Collecting(), types={"RunCancelled"})
    async with following(told):
        await append(log, A)
        await append(log, A, 1, RunCancelled())
        await append(log, B)
        with anyio.fail_after(30):
            await told.reached(Position(3))
    assert handler.positions == [2]


async def test_a_handler_that_fails_gets_the_batch_again(
    log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    """With growing waits; the log hears of the begin and the end, not of each try."""
    told = Told(log, handler := Collecting())
    handler.failures = [OSError("the disk is full") for _ in range(5)]
    with caplog.at_level(logging.WARNING, "storybook.events"):
        async with following(told):
            await append(log, A)
            for tries in range(1, 6):
                await told.failed(tries)
                await told.reached(Position(9))  # nobody waits for it in an outage
                told.try_again()
            await handler.took(1)
            assert told.subscription.outage is None
    assert told.waits == [1, 2, 4, 5, 5]
    begin, end = (it.getMessage() for it in caplog.records)
    assert begin == "collecting: cannot go on after position 0, trying again: the disk is full"
    assert end == "collecting: goes on, after 17.0 s (5 tries)"


async def test_a_log_that_cannot_be_read_costs_no_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """None is lost or repeated, and the outage ends with the first look that goes well, also
    where nothing has come."""
    log = MemoryLog()
    told = Told(log, handler := Collecting())
    read = log.read

    async def failing(after: Position, limit: int) -> list[Recorded]:
        raise LogUnavailable("no disk")

    with caplog.at_level(logging.WARNING, "storybook.events"):
        async with following(told):
            await append(log, A)
            await handler.took(1)
            monkeypatch.setattr(log, "read", failing)
            log._notifier.notify()
            await told.failed(1)
            told.clock.advance(1)
            await told.failed(2)
            assert await told.subscription.trouble() == (
                "collecting: has failed for 1 s after position 1 (no disk); it is tried again"
            )
            monkeypatch.setattr(log, "read", read)
            told.try_again()
            await anyio.wait_all_tasks_blocked()
            assert await told.subscription.trouble() is None
            await append(log, B)
            await handler.took(1, 2)
    assert [it.exc_info for it in caplog.records] == [None, None]  # a log's error has no traceback


async def test_a_handler_says_where_to_go_on(log: EventLog) -> None:
    """Tables that were put back are filled again, tables that go further are not."""
    for number in range(1, 5):
        await append(log, run_id(number))
    told = Told(log, handler := Collecting())
    handler.elsewhere = {4: Position(2)}
    async with following(told):
        await handler.took(1, 2, 3, 4, 3, 4)
        handler.elsewhere = {5: Position(6)}
        await append(log, run_id(5))
        await append(log, run_id(6))
        await append(log, run_id(7))
        with anyio.fail_after(30):
            await told.reached(Position(7))
    assert handler.positions[-1] == 7


async def test_who_finds_its_tables_lost_moves_the_cursor(log: EventLog) -> None:
    """Also while nothing comes: the subscription wakes and begins there."""
    for number in (1, 2):
        await append(log, run_id(number))
    told = Told(log, handler := Collecting())
    async with following(told):
        await handler.took(1, 2)
        await anyio.wait_all_tasks_blocked()
        told.subscription.move(START)
        assert told.subscription.position == START
        await handler.took(1, 2, 1, 2)


async def test_one_that_does_not_take_its_events_is_told_of() -> None:
    """A handler that hangs is silent after a while; one that has stopped is named at once."""
    log = MemoryLog()

    class Hanging(Collecting):
        async def handle(self, batch: Sequence[Recorded]) -> Position | None:
            await anyio.sleep_forever()
            raise AssertionError

    told = Told(log, Hanging())
    assert "does not follow the log" in (await told.subscription.trouble() or "")
    async with following(told):
        await append(log, A)
        assert await told.subscription.trouble() is None
        told.clock.advance(SILENT_SECONDS)
        assert await told.subscription.trouble() == "collecting: silent for 30 s after position 0"
    assert "does not follow the log" in (await told.subscription.trouble() or "")


# ------------------------------------------------------------------------------------- parking


async def test_a_run_that_cannot_be_read_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """From the event that cannot be read, also in later batches; the others go on."""
    log = MemoryLog()
    await append(log, A)
    add_row(log, A)
    await append(log, B)
    told = Told(log, handler := Collecting())
    with caplog.at_level(logging.ERROR, "storybook.events"):
        async with following(told):
            await handler.took(1, 3)
            add_row(log, A, "RunCancelled")
            await append(log, B, 1, RunCancelled())
            await handler.took(1, 3, 5)
            assert told.subscription.outage is None
    assert list(told.parked) == [ParkedRun(A, Position(2), UNKNOWN_TYPE, UNKNOWN)]
    (record,) = caplog.records
    assert record.getMessage() == (
        f"run {A} is parked: its event 2 ({UNKNOWN_TYPE}) cannot be read: {UNKNOWN}. Start the "
        "storybook version that recorded it; `storybook verify` says whether it was changed since"
    )


async def test_bytes_that_are_no_event_park_their_run_in_sqlite(tmp_path: Path) -> None:
    """A damaged payload and a newer schema are told with their reason."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        await append(log, A)
        await append(log, B)
    append_row(store.path, A, "RunCancelled", b'{"cancelled_by":')
    append_row(store.path, B, "RunCancelled", schema=9)
    assert store.faults() == []
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(store.open())
        told = Told(log, handler := Collecting())
        await stack.enter_async_context(following(told))
        await append(log, run_id(3))
        await handler.took(1, 2, 5)
    damaged, newer = told.parked
    assert (damaged.run_id, damaged.position) == (A, 3)
    assert "truncated" in damaged.why
    assert newer.why == "the type RunCancelled (schema 9) is unknown to this version"


async def test_a_run_that_was_not_handed_over_is_no_reason(log: EventLog) -> None:
    """A handler that speaks of another run has failed: it would be asked for ever."""
    told = Told(log, handler := Collecting())
    handler.failures = [RunParked(ParkedRun(B, Position(1), "", ""))]
    async with following(told):
        await append(log, A)
        await told.failed(1)
        told.try_again()
        await handler.took(1)
    assert told.waits == [1]


async def test_who_takes_events_as_they_are_gets_all() -> None:
    """Without a registry nothing is left out."""
    log = MemoryLog()
    await append(log, A)
    add_row(log, A)

    class Raw(Collecting):
        async def handle(self, batch: Sequence[Recorded]) -> Position | None:
            self.positions += [it.position for it in batch]
            return None

    told = Told(log, handler := Raw(), parked=None)
    async with following(told):
        assert handler.positions == [1, 2]


def test_a_run_is_parked_at_its_first_event_that_cannot_be_read() -> None:
    """Whoever meets a later one does not move it."""
    runs = ParkedRuns()
    first, second = (ParkedRun(A, Position(at), "T", "why") for at in (3, 7))
    runs.park(second)
    runs.park(first)
    runs.park(second)
    assert (runs.get(A), list(runs)) == (first, [first])
