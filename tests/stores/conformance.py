"""What every `EventLog` must keep, whatever is under it.

A log that lasts is put through it by a subclass with a `store` fixture; one that lives and dies
with its process by a subclass of `EventLogConformance`, with a `log` fixture:

    class TestMyLog(LastingLogConformance):
        @pytest.fixture
        def store(self, tmp_path: Path) -> Store: ...

The suite uses only the contract: positions grow but need not be dense.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from storybook.book import RunId
from storybook.events.catalog import Event, RunCompleted, RunForgotten
from storybook.events.codec import UnreadableEvent
from storybook.events.log import (
    NO_RUN,
    START,
    Appended,
    CommandId,
    Conflict,
    EventLog,
    Position,
    Recorded,
    Version,
)
from tests.stores.children import (
    Acknowledged,
    Store,
    append_for_ever,
    append_on_request,
    batch,
    child,
    numbered,
)

A, B = RunId("a" * 32), RunId("b" * 32)
SECONDS: Final = 30.0
"""How long anything may take before the test counts as hanging."""


async def append(
    log: EventLog, run_id: RunId, expected: int, count: int = 1, command: str = ""
) -> Appended:
    """Append `count` events, numbered by their version."""
    return await log.append(
        run_id,
        batch(expected + 1, count),
        expected=Version(expected),
        command=CommandId(command or f"{run_id}@{expected}"),
    )


async def everything(log: EventLog) -> list[Recorded]:
    return await log.read(START, 1_000_000)


async def follow(log: EventLog, after: Position, count: int) -> list[Recorded]:
    """The next `count` events that a tail gives, or more if its last batch has more."""
    events: list[Recorded] = []
    with anyio.fail_after(SECONDS):
        async with aclosing(log.tail(after)) as tail:
            async for part in tail:
                events += part
                if len(events) >= count:
                    return events
    raise AssertionError("a tail never ends")


def ids(events: Sequence[Recorded]) -> list[tuple[RunId, Version]]:
    return [(event.run_id, event.version) for event in events]


class EventLogConformance:
    """The contract as one process sees it."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def log(self) -> EventLog:
        """An empty log."""
        raise NotImplementedError("a subclass says which log it is about")

    @pytest.fixture
    def reader(self, log: EventLog) -> EventLog:
        """The same log, as whoever only reads it sees it."""
        return log

    async def test_an_empty_log(self, log: EventLog) -> None:
        """A new log has no events, no runs, and its head is before the first position."""
        assert await everything(log) == []
        assert await log.read_run(A) == []
        assert await log.head() == START

    async def test_order(self, log: EventLog) -> None:
        """Events are read in the order in which they were appended, as they were appended."""
        first = await append(log, A, 0, count=3)
        second = await append(log, B, 0)
        third = await append(log, A, 3, count=2)
        events = await everything(log)
        assert ids(events) == [(A, 1), (A, 2), (A, 3), (B, 1), (A, 4), (A, 5)]
        assert [e.event for e in events] == [numbered(n) for n in (1, 2, 3, 1, 4, 5)]
        positions = [e.position for e in events]
        assert positions == sorted(set(positions))
        assert positions[0] > START
        assert [(a.first, a.last) for a in (first, second, third)] == [
            (positions[0], positions[2]),
            (positions[3], positions[3]),
            (positions[4], positions[5]),
        ]
        assert [a.version for a in (first, second, third)] == [3, 1, 5]
        assert all(len(e.digest) == 32 for e in events)
        assert b"\n" not in b"".join(e.data for e in events)

    async def test_pages(self, log: EventLog) -> None:
        """Reading goes on after a position, at most as far as asked, in the log and in a run."""
        await append(log, A, 0, count=3)
        await append(log, B, 0, count=2)
        await append(log, A, 3)
        events = await everything(log)
        assert await log.read(events[1].position, 2) == events[2:4]
        assert await log.read(events[-1].position, 10) == []
        of_a = [e for e in events if e.run_id == A]
        assert await log.read_run(A) == of_a
        assert await log.read_run(A, after=of_a[1].position) == of_a[2:]
        assert await log.read_run(A, after=of_a[0].position, limit=2) == of_a[1:3]

    async def test_what_a_fold_reads_is_what_stands_in_the_rows(self, log: EventLog) -> None:
        """The lighter reads, of the whole log and of one run, give the same events."""
        await append(log, A, 0, count=3)
        await append(log, B, 0, count=2)
        await append(log, A, 3)
        events = await everything(log)
        page = await log.read_events(events[1].position, 3)
        assert page is not None
        assert page.end == events[4].position
        found = list(zip(page.run_ids, page.events, strict=True))
        assert found == [(e.run_id, e.event) for e in events[2:5]]
        assert page.by_run() == {A: [numbered(3)], B: [numbered(1), numbered(2)]}
        assert await log.read_events(events[-1].position, 3) is None
        assert await log.history(A) == [e.event for e in events if e.run_id == A]
        assert await log.history(RunId("c" * 32)) == []
        later = [e.event for e in events if e.run_id == A and e.version > 2]
        assert later and await log.history(A, Version(2)) == later
        assert await log.history(A, Version(len(events))) == []

    async def test_an_answered_append_is_visible(self, log: EventLog, reader: EventLog) -> None:
        """Whoever was answered finds his events at once, and so does another reader."""
        for version in range(20):
            answer = await append(log, A, version)
            for view in (log, reader):
                assert await view.head() == answer.last
                assert (await view.read_run(A))[-1].position == answer.last

    async def test_conflict(self, log: EventLog) -> None:
        """An append at another version than the run's is refused, and told the actual one."""
        await append(log, A, 0, count=2)
        for run_id, expected, actual in ((A, 0, 2), (A, 1, 2), (A, 3, 2), (B, 1, 0)):
            with pytest.raises(Conflict) as refused:
                await append(log, run_id, expected, command=f"late at {expected}")
            assert refused.value.actual == actual
            assert (refused.value.run_id, refused.value.expected) == (run_id, expected)
        assert ids(await everything(log)) == [(A, 1), (A, 2)]

    async def test_a_refused_command_may_be_tried_again(self, log: EventLog) -> None:
        """A conflict leaves nothing behind: the same command goes through once it fits."""
        await append(log, A, 0)
        with pytest.raises(Conflict):
            await append(log, A, 0, command="mine")
        assert (await append(log, A, 1, command="mine")).version == 2

    async def test_one_wins(self, log: EventLog) -> None:
        """Of many appends at the same version, one goes through and all others conflict."""
        won: list[int] = []
        lost: list[int] = []

        async def claim(number: int) -> None:
            try:
                await append(log, A, 0, command=f"claim {number}")
                won.append(number)
            except Conflict as conflict:
                assert conflict.actual == 1
                lost.append(number)

        async with anyio.create_task_group() as claims:
            for number in range(20):
                claims.start_soon(claim, number)
        assert (len(won), len(lost)) == (1, 19)

    async def test_a_repeated_command_gives_the_same_answer(self, log: EventLog) -> None:
        """Asking again appends nothing, whatever has happened since."""
        answer = await append(log, A, 0, count=2, command="mine")
        assert await append(log, A, 0, count=2, command="mine") == answer
        await append(log, A, 2)
        assert await append(log, A, 0, count=2, command="mine") == answer
        assert await append(log, A, 3, command="mine") == answer  # decided anew, asked again
        assert ids(await everything(log)) == [(A, 1), (A, 2), (A, 3)]

    async def test_a_command_repeated_at_once(self, log: EventLog) -> None:
        """The same command twice at the same moment happens once and is answered twice."""
        answers: list[Appended] = []

        async def ask(expected: int) -> None:
            answers.append(await append(log, A, expected, command="mine"))

        async with anyio.create_task_group() as asking:
            for _ in range(5):
                asking.start_soon(ask, 0)
        assert len(answers) == 5
        assert len(set(answers)) == 1
        assert ids(await everything(log)) == [(A, 1)]

    async def test_a_forgotten_run_says_nothing_and_keeps_its_places(
        self, log: EventLog, reader: EventLog
    ) -> None:
        """Its events are erased but the last one; nothing else changes, for whoever reads."""
        await append(log, A, 0, count=3)
        await append(log, B, 0, count=2)
        before = await everything(log)
        events: list[Event] = [RunCompleted(), RunForgotten("ward")]
        with pytest.raises(Conflict):
            await log.forget(A, events, expected=Version(2), command=CommandId("early"))
        answer = await log.forget(A, events, expected=Version(3), command=CommandId("gone"))
        again = await log.forget(A, events, expected=Version(3), command=CommandId("gone"))
        assert answer == again
        for found in (await everything(log), await everything(reader)):
            assert [it.is_erased for it in found] == [True] * 3 + [False] * 2 + [True, False]
            assert [it.digest for it in found[:5]] == [it.digest for it in before]
            assert found[3:5] == before[3:]
            assert found[-1].event == RunForgotten("ward")
        page = await reader.read_events(START, 100)
        assert page is not None and list(page.run_ids) == [B, B, A]
        with pytest.raises(UnreadableEvent):
            await reader.history(A)

    async def test_an_empty_batch(self, log: EventLog) -> None:
        """An append without events is a mistake of the caller's."""
        with pytest.raises(ValueError, match="at least one"):
            await log.append(A, [], expected=NO_RUN, command=CommandId("nothing"))
        assert await everything(log) == []

    async def test_a_batch_is_whole(self, log: EventLog, reader: EventLog) -> None:
        """No reader ever sees a part of a batch."""
        sizes: set[int] = set()
        done = anyio.Event()

        async def look(view: EventLog) -> None:
            while not done.is_set():
                sizes.add(len(await view.read_run(A)))
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as looking:
            looking.start_soon(look, reader)
            looking.start_soon(look, log)
            for version in range(0, 350, 7):
                await append(log, A, version, count=7)
                await anyio.lowlevel.checkpoint()
            done.set()
        assert {size % 7 for size in sizes} == {0}

    async def test_a_cancelled_caller_does_not_undo_his_append(self, log: EventLog) -> None:
        """Who stops waiting for the answer has still appended, and may ask for it later."""
        with anyio.CancelScope() as scope:
            scope.cancel()  # strikes at the first await, once the append is under way
            await append(log, A, 0, command="mine")
        answer = await append(log, A, 0, command="mine")
        assert answer.version == 1
        assert len(await everything(log)) == 1

    async def test_tails_lose_and_repeat_nothing(self, log: EventLog) -> None:
        """Tails that begin at any moment see every event after their cursor once, in order."""
        writers, appends = 5, 60
        total = 3 * writers * appends
        chance = random.Random(7)
        seen: list[tuple[Position, list[Recorded]]] = []

        async def write(number: int) -> None:
            for version in range(0, 3 * appends, 3):
                await append(log, RunId(f"{number:032}"), version, count=3)
                await anyio.lowlevel.checkpoint()

        async def read_along(patience: int) -> None:
            for _ in range(patience):
                await anyio.lowlevel.checkpoint()
            start = Position(chance.randint(START, max(START, await log.head() - 1)))
            before = [e for e in await everything(log) if e.position <= start]
            seen.append((start, await follow(log, start, total - len(before))))

        async with anyio.create_task_group() as tasks:
            for number in range(writers):
                tasks.start_soon(write, number)
            for patience in range(0, 80, 8):
                tasks.start_soon(read_along, patience)
        events = await everything(log)
        assert len(events) == total
        assert len(seen) == 10
        for start, tailed in seen:
            assert tailed == [e for e in events if e.position > start]

    async def test_a_slow_tail_loses_nothing(self, log: EventLog) -> None:
        """A tail that is read only after ten thousand events still gives all of them, in order."""
        async with aclosing(log.tail(START)) as tail:
            await append(log, A, 0)
            events = await anext(tail)
            for version in range(1, 10_001, 100):
                await append(log, A, version, count=100)
            while len(events) < 10_001:
                events += await anext(tail)
        assert [e.version for e in events] == list(range(1, 10_002))

    async def test_a_tail_waits(self, log: EventLog) -> None:
        """A tail at the end gives the next event when it comes, and waits again."""
        await append(log, A, 0)
        tail = log.tail(await log.head())
        for version in range(1, 4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(append, log, A, version)
                with anyio.fail_after(SECONDS):
                    assert ids(await anext(tail)) == [(A, version + 1)]
        await tail.aclose()


class LastingLogConformance(EventLogConformance):
    """The contract across openings and processes too."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("a subclass says where its log lives")

    @pytest.fixture
    async def log(self, store: Store) -> AsyncGenerator[EventLog, None]:
        async with store.open() as log:
            yield log

    @pytest.fixture
    async def reader(self, store: Store, log: EventLog) -> AsyncGenerator[EventLog, None]:
        async with store.follow() as reader:
            yield reader

    async def test_an_answer_is_kept(self, store: Store) -> None:
        """A command that is repeated after reopening gives the answer that it was given."""
        async with store.open() as log:
            answer = await append(log, A, 0, count=2, command="mine")
        async with store.open() as log:
            assert await append(log, A, 0, count=2, command="mine") == answer
            assert await append(log, A, 2, command="mine") == answer
            assert ids(await everything(log)) == [(A, 1), (A, 2)]

    async def test_reopening(self, store: Store) -> None:
        """A log that is opened again goes on where it ended."""
        async with store.open() as log:
            await append(log, A, 0, count=2)
            before = await everything(log)
        async with store.open() as log:
            assert await everything(log) == before
            assert await log.head() == before[-1].position
            with pytest.raises(Conflict):
                await append(log, A, 0, command="late")
            answer = await append(log, A, 2)
            assert answer.first > before[-1].position
            assert ids(await follow(log, before[0].position, 2)) == [(A, 2), (A, 3)]
        assert store.faults() == []

    async def test_a_kill_loses_no_answered_append(self, store: Store) -> None:
        """A process is killed while it appends: what it was answered is there, and all is well."""
        chance = random.Random(11)
        for kill in range(5):
            answered: list[Acknowledged] = []
            with child(append_for_ever, store, f"run-{kill}") as (process, pipe):
                for _ in range(chance.randint(20, 200)):
                    assert pipe.poll(SECONDS)
                    answered.append(pipe.recv())
                process.kill()
                process.join()
                while pipe.poll(0):
                    try:
                        answered.append(pipe.recv())
                    except (EOFError, OSError):
                        break  # the last word was cut off
            assert store.faults() == []
            async with store.open() as log:
                events = {e.position: e for e in await everything(log)}
                for run_id, expected, answer in answered:
                    assert events[answer.first].version == expected + 1
                    assert events[answer.last].version == answer.version
                    assert events[answer.last].run_id == run_id
                run_id, expected, answer = answered[-1]
                command = CommandId(f"{run_id}-{expected}")
                again = log.append(run_id, [RunCompleted()], expected=expected, command=command)
                assert await again == answer

    async def test_two_processes(self, store: Store) -> None:
        """A tail in one process follows what another one appends, event by event."""
        with child(append_on_request, store, "theirs") as (_, pipe):
            assert await anyio.to_thread.run_sync(pipe.recv) == "open"
            async with store.follow() as reader, aclosing(reader.tail(START)) as tail:
                for version in range(1, 30):
                    pipe.send("next")
                    with anyio.fail_after(SECONDS):
                        (event,) = await anext(tail)
                    assert (event.run_id, event.version) == ("theirs", version)
                    assert (await anyio.to_thread.run_sync(pipe.recv)).last == event.position
