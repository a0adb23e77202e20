"""The runner: requested work is taken in hand, and what became of it is in the log."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from functools import partial
from pathlib import Path

import anyio
import msgspec
import pytest

from storybook.book import (
    WRITING,
    RunId,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
    narration_of,
    picture_of,
)
from storybook.clock import MICROSECONDS
from storybook.commands import Commands, Decide, Executed
from storybook.engines import Capabilities, EngineUnavailable, WorkFailed
from storybook.events.catalog import (
    EngineInfo,
    Event,
    StageAbandoned,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.log import (
    NO_RUN,
    START,
    Appended,
    CommandId,
    EventLog,
    LogBusy,
    LogUnavailable,
    OutcomeUnknown,
    Position,
    Recorded,
    Version,
)
from storybook.events.parked import ParkedRuns
from storybook.run import (
    BACKOFF_SECONDS,
    Complete,
    Failed,
    InHand,
    Run,
    Status,
    Waiting,
    cancel_run,
    fold,
    request_run,
    retry_run,
    start_stage,
    write_page,
)
from storybook.settings import Limits
from storybook.stages.devices import Devices
from storybook.stages.handlers import Tools
from storybook.stages.outages import Outages
from storybook.stages.progress import WorkProgress
from storybook.stages.runner import Runner
from storybook.stages.writer.check import default_check
from storybook.stopping import StopRequest
from storybook.stores.files import FileArtifactStore
from storybook.stores.leases import Leases
from storybook.stores.owners import Owner, new_owner
from storybook.stores.sqlite.leases import SqliteLeases
from storybook.stores.sqlite.log import SqliteLog
from tests.books import PAGES
from tests.clocks import ManualClock
from tests.engines import Scripted, page_of, run_id
from tests.stores.memory_log import MemoryLog
from tests.stores.raw_rows import add_row, append_row

pytestmark = pytest.mark.anyio
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")
RUN = run_id(1)
TRANSIENT = WorkFailed("timeout", "too slow", retryable=True)
OWNER = new_owner()
DEAD = str(msgspec.structs.replace(OWNER, pid=2**30, start="never"))
"""A worker that is gone: there is no such process here."""
FINAL = WorkFailed("bad_prompt", "no such checkpoint", retryable=False)


class Stand:
    """A log, a runner on it with scripted engines, and a clock that stands still."""

    def __init__(self, log: EventLog, scripted: Scripted, clock: ManualClock, root: Path) -> None:
        self.log, self.scripted, self.clock = log, scripted, clock
        self.commands = Commands(log)
        self.artifacts = FileArtifactStore(root / "outputs")

        self.progress, self.parked = WorkProgress(), ParkedRuns()
        self.leases = SqliteLeases(root / "leases.db", clock.monotonic)

    def runner(
        self,
        limits: Limits | None = None,
        owner: Owner = OWNER,
        stop: StopRequest | None = None,
        scripted: Scripted | None = None,
        leases: Leases | None = None,
    ) -> Runner:
        limits = limits or Limits(shutdown_seconds=0)
        return Runner(
            self.log,
            self.commands,
            Tools((scripted or self.scripted).engines, self.artifacts, default_check()),
            self.progress,
            leases or self.leases,
            clock=self.clock,
            limits=limits,
            owner=owner,
            chance=lambda: 0.0,
            devices=Devices(),
            outages=Outages(limits.outage_minutes, lambda: 0.0),
            stop=stop or StopRequest(),
            parked=self.parked,
        )

    async def request(self, number: int = 1, *, read: bool = True) -> RunId:
        tts = TtsConfig() if read else None
        decide = partial(request_run, request=REQUEST, seed=7, tts=tts)
        await self.commands.execute(run_id(number), decide)
        return run_id(number)

    async def until(self, holds: Callable[[Run], bool], run: RunId = RUN) -> Run:
        """The run as soon as something holds of it."""
        state: Run | None = None
        with anyio.fail_after(30):
            async with aclosing(self.log.tail(START)) as batches:
                async for batch in batches:
                    for recorded in batch:
                        if recorded.run_id == run:
                            state = fold([recorded.event], state)
                            if state is not None and holds(state):
                                return state
        raise AssertionError("a tail never ends")

    async def ended(self, run: RunId = RUN) -> Run:
        return await self.until(lambda it: it.status.has_ended, run)

    async def events(self, *kinds: type) -> list[object]:
        recorded = await self.log.read(START, 10_000)
        return [it.event for it in recorded if isinstance(it.event, kinds)]


@asynccontextmanager
async def stand(root: Path, *, held: bool = False, places: int = 2) -> AsyncIterator[Stand]:
    clock = ManualClock()
    async with SqliteLog.open(root / "log.db", clock=clock.now) as log:
        it = Stand(log, Scripted(held=held, picture_places=places), clock, root)
        with closing(it.leases):
            yield it


def in_hand(run: Run, *works: Work) -> bool:
    return all(isinstance(run.work.get(work), InHand) for work in works)


async def test_a_requested_run_becomes_a_book(tmp_path: Path) -> None:
    """Every page has its picture and its voice, in files that the events describe."""
    async with stand(tmp_path) as it, it.runner().running([]):
        await it.request()
        run = await it.ended()
    assert run.status is Status.DONE
    assert run.pages[2].dialogues[0].voice == "M1"
    names = set(await it.artifacts.names(RUN))
    assert names == {artifact.name for artifact in run.artifacts}
    assert len(names) == 10


async def test_stages_overlap(tmp_path: Path) -> None:
    """While page 1 is being written, page 0 is painted and read aloud."""
    async with stand(tmp_path, held=True) as it, it.runner().running([]):
        await it.request()
        it.scripted.writer.let(0)
        await it.until(lambda run: in_hand(run, WRITING, picture_of(0), narration_of(0)))
        await it.scripted.writer.called(2)
    assert it.scripted.writer.calls == [0, 1]


async def test_no_picture_waits_for_a_voice(tmp_path: Path) -> None:
    """A narrator that takes longer than it is heard, or never ends, holds none of them up: all
    pages have theirs, in order if one is painted at a time, while the first page is still being
    read aloud."""
    async with stand(tmp_path, places=1) as it, it.runner().running([]):
        it.scripted.narrator.held = True
        await it.request()
        run = await it.until(lambda run: all(run.is_complete(picture_of(page)) for page in PAGES))
        assert isinstance(run.work[narration_of(0)], InHand)
        assert it.scripted.narrator.calls == [1]
        it.scripted.narrator.let(*range(1, len(PAGES) + 1))
        assert (await it.ended()).status is Status.DONE
    assert it.scripted.illustrator.calls == list(PAGES)


@pytest.mark.slow
async def test_an_engine_gets_no_more_than_it_has_places_for(tmp_path: Path) -> None:
    """Pictures of several runs are painted side by side up to the painter's places."""
    async with stand(tmp_path, places=2) as it, it.runner().running([]):
        it.scripted.illustrator.held = True
        for number in (1, 2, 3):
            await it.request(number)
        await it.scripted.illustrator.called(2)
        it.scripted.illustrator.held = False
        it.scripted.illustrator.let(0)
        for number in (1, 2, 3):
            await it.ended(run_id(number))
    assert it.scripted.illustrator.most_at_once == 2
    assert it.scripted.narrator.most_at_once == 1


async def test_every_page_is_painted_with_the_seed_of_the_run(tmp_path: Path) -> None:
    """The seed is drawn once, and the picture is made from the page's own text."""
    async with stand(tmp_path) as it, it.runner().running([]):
        await it.request()
        await it.ended()
    tasks = it.scripted.illustrator.tasks
    assert {task.seed for task in tasks} == {7}
    assert {task.page.page for task in tasks} == set(PAGES)


async def test_failed_work_is_tried_again_after_its_wait(tmp_path: Path) -> None:
    """The second attempt starts when the clock has reached its moment, not before."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.illustrator.script[0] = [TRANSIENT]
        await it.request()
        waits = await it.until(lambda run: run.work.get(picture_of(0)) == waiting(it.clock))
        assert waits.failures == {picture_of(0): 1}
        assert it.scripted.illustrator.calls.count(0) == 1
        it.clock.advance(BACKOFF_SECONDS[0])
        assert (await it.ended()).status is Status.DONE
    assert it.scripted.illustrator.calls.count(0) == 2


def waiting(clock: ManualClock) -> Waiting:
    return Waiting(2, clock.now() + int(BACKOFF_SECONDS[0] * 1_000_000))


async def test_a_run_that_is_lost_begins_nothing_more(tmp_path: Path) -> None:
    """A picture fails for good: the other one in hand is finished, and no other is begun."""
    async with stand(tmp_path, held=True) as it, it.runner().running([]):
        it.scripted.illustrator.script[0] = [FINAL]
        await it.request(read=False)
        it.scripted.writer.let(*PAGES)
        both = picture_of(0), picture_of(1)
        await it.until(lambda run: run.is_complete(WRITING) and in_hand(run, *both))
        it.scripted.illustrator.let(0)
        await it.until(lambda run: run.is_lost)
        it.scripted.illustrator.let(*PAGES)
        run = await it.ended()
    assert run.status is Status.FAILED
    assert run.fault is not None and run.fault.kind == "bad_prompt"
    assert sorted(it.scripted.illustrator.calls) == [0, 1]
    assert run.is_complete(picture_of(1))


async def test_a_run_that_outlives_its_engines_fails_at_once(tmp_path: Path) -> None:
    """The writer of today writes no such language: nothing is written, and the reason says so."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.writer.capabilities = Capabilities(languages=("en",))
        await it.request()
        run = await it.ended()
    assert run.fault is not None and run.fault.kind == "unsupported"
    assert run.fault.message == "the writer does not write 'ko'; it can do en"
    assert it.scripted.writer.calls == []


async def test_a_narrator_of_today_without_the_voice_fails_at_once(tmp_path: Path) -> None:
    """As the writer does; what is written and painted stays."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.narrator.capabilities = Capabilities(voices=("F1",))
        await it.request()
        run = await it.ended()
    assert run.fault is not None
    assert run.fault.message == "the narrator has no voice 'M1'; it can do F1"
    assert it.scripted.narrator.calls == []


async def test_a_retried_run_makes_only_what_is_missing(tmp_path: Path) -> None:
    """What was finished before is not made again."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.illustrator.script[2] = [FINAL]
        await it.request()
        await it.ended()
        await it.commands.execute(RUN, retry_run)
        await it.until(lambda run: run.status is Status.DONE)
    assert sorted(it.scripted.illustrator.calls) == [0, 1, 2, 2, 3, 4]
    assert it.scripted.writer.calls == list(PAGES)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (EngineUnavailable("x", "no model", "Run y"), "engine_unavailable", False),
        (ValueError("secret detail"), "internal", True),
        (TimeoutError("an engine's own"), "internal", True),
        (ConnectionRefusedError("nobody there"), "internal", True),
    ],
)
async def test_every_error_becomes_a_fault_with_a_message(
    tmp_path: Path, error: Exception, kind: str, retryable: bool
) -> None:
    """What people are told names the mend, and never what an unknown error said."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.writer.script[0] = [error]
        await it.request()
        run = await it.until(lambda run: run.failures.get(WRITING) == 1)
        state = run.work[WRITING]
    assert isinstance(state, Failed)
    assert (state.fault.kind, state.fault.retryable) == (kind, retryable)
    assert "secret" not in state.fault.message


def failing_disk(number: int) -> Callable[[int], None]:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
async def test_a_picture_waits_while_there_is_no_room_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    """A full disk fails nobody: the picture is kept as soon as there is space, and is not painted
    again. What is needed, where, and what is there, is said."""
    async with stand(tmp_path) as it, it.runner().running([]):
        with monkeypatch.context() as disk:
            disk.setattr("storybook.stores.files.sync_file", failing_disk(number))
            await it.request(read=False)
            cover = str(it.artifacts.location(RUN, "cover.png"))
            with anyio.fail_after(30):
                while cover not in caplog.text:  # noqa: ASYNC110 - a log sets no event
                    await anyio.sleep(0.001)
        run = await patient(it, lambda run: run.status.has_ended)
        assert run.status is Status.DONE
        assert await it.events(StageFailed, StageAbandoned) == []
    assert sorted(it.scripted.illustrator.calls) == list(PAGES)
    assert "bytes are needed, " in caplog.text


@pytest.mark.slow
async def test_waiting_for_room_does_not_count_towards_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is done: it is not the attempt that takes so long."""
    async with stand(tmp_path) as it, it.runner(Limits(stage_timeout_seconds=0.3)).running([]):
        with monkeypatch.context() as disk:
            disk.setattr("storybook.stores.files.sync_file", failing_disk(errno.ENOSPC))
            await it.request(read=False)
            await it.scripted.illustrator.called(2)
            await anyio.sleep(0.6)  # twice the limit, on the clock that it is measured by
        assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE
        assert await it.events(StageFailed) == []


async def test_a_stop_while_the_log_takes_nothing_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Work in hand is left as the log has it; the server's log speaks of the disk alone."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        flaky = Flaky(it.log)
        it.commands = Commands(flaky)
        async with it.runner(Limits(shutdown_seconds=5)).running([RUN]):
            await it.scripted.writer.called(1)
            flaky.appends = [LogUnavailable("the disk is full")] * 1_000
            with anyio.fail_after(30):
                while "the disk is full" not in caplog.text:  # noqa: ASYNC110 - a log sets no event
                    await anyio.sleep(0.001)
        assert await it.events(StageFailed, StageAbandoned) == []
    assert "unexpected" not in caplog.text


async def test_a_picture_that_cannot_be_kept_otherwise_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken disk fails the attempt, not the service."""
    async with stand(tmp_path) as it, it.runner().running([]):
        with monkeypatch.context() as disk:
            disk.setattr("storybook.stores.files.sync_file", failing_disk(errno.EIO))
            await it.request(read=False)
            await it.until(lambda run: len(run.failures) == 5)
        failed = await it.events(StageFailed)
        assert {event.fault.kind for event in failed} == {"storage"}  # type: ignore[attr-defined]
        it.clock.advance(BACKOFF_SECONDS[0])
        assert (await it.ended()).status is Status.DONE


async def test_a_clock_that_is_set_back_a_day_holds_no_retry(tmp_path: Path) -> None:
    """Neither while the retry waits, nor after a restart meanwhile."""
    day, hour = 86_400, 3_600 * MICROSECONDS  # of a clock that runs while the test waits
    async with stand(tmp_path) as it:
        it.scripted.illustrator.script[0] = [TRANSIENT, TRANSIENT]
        async with it.runner().running([]):
            await it.request(read=False)
            await it.until(lambda run: run.failures.get(picture_of(0)) == 1)
            it.clock.jump(-day)
            await patient(it, lambda run: run.failures.get(picture_of(0)) == 2)
        assert it.clock.monotonic() < hour
        it.clock.jump(-day)
        began = it.clock.monotonic()
        async with it.runner().running([RUN]):
            run = await patient(it, lambda run: run.status.has_ended)
        assert run.status is Status.DONE
        assert it.clock.monotonic() - began < hour


async def test_what_fails_after_a_stop_was_asked_for_is_put_down(tmp_path: Path) -> None:
    """A signal to all processes stops what the work needs too: that is not the work's fault."""
    stop = StopRequest()
    async with stand(tmp_path, held=True) as it:
        async with it.runner(Limits(shutdown_seconds=5), stop=stop).running([]):
            await it.request(read=False)
            await it.scripted.writer.called(1)
            it.scripted.writer.script[0] = [EngineUnavailable("x", "it was stopped", "Start it")]
            stop.ask()
            it.scripted.writer.let(0)
            run = await it.until(
                lambda run: isinstance(run.work.get(WRITING), Waiting) and run.version > 4
            )
        assert run.work[WRITING] == Waiting(2, 0)
        assert it.scripted.writer.calls == [0]
        assert await it.events(StageFailed) == []


async def test_who_asks_for_a_stop_again_waits_for_nothing(tmp_path: Path) -> None:
    """What is in hand is put down at once, and recorded."""
    stop = StopRequest()
    async with stand(tmp_path, held=True) as it:
        with anyio.fail_after(30):
            async with it.runner(Limits(shutdown_seconds=3_600), stop=stop).running([]):
                await it.request(read=False)
                await it.scripted.writer.called(1)
                stop.ask()
                stop.ask()
        (put_down,) = await it.events(StageAbandoned)
    assert put_down.reason == "shutdown"  # type: ignore[attr-defined]


class Flaky:
    """A log whose next calls fail as told; the rest is the real one."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.head, self.tail = log.head, log.tail
        self.read, self.read_events, self.forget = log.read, log.read_events, log.forget
        self.damage, self.check_takes_appends = log.damage, log.check_takes_appends
        self.appends: list[Exception | None] = []
        self.after_appends: list[Exception] = []
        self.reads: list[Exception] = []
        self.commands: list[CommandId] = []

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        if self.appends and (error := self.appends.pop(0)):
            raise error
        answer = await self._log.append(run_id, events, expected=expected, command=command)
        if self.after_appends:
            raise self.after_appends.pop(0)
        return answer

    async def read_run(
        self, run_id: RunId, after: Position = START, limit: int | None = None
    ) -> list[Recorded]:
        if self.reads:
            raise self.reads.pop(0)
        return await self._log.read_run(run_id, after, limit)

    async def history(self, run_id: RunId, after: Version = NO_RUN) -> list[Event]:
        if self.reads:
            raise self.reads.pop(0)
        return await self._log.history(run_id, after)


async def patient(it: Stand, until: Callable[[Run], bool]) -> Run:
    """The run as soon as something holds of it, while the clock runs."""
    async with anyio.create_task_group() as tasks:

        async def tick() -> None:
            while True:
                await anyio.sleep(0.001)
                it.clock.advance(1)

        tasks.start_soon(tick)
        run = await it.until(until)
        tasks.cancel_scope.cancel()
    return run


@pytest.mark.parametrize(
    "errors",
    [
        {"appends": [LogUnavailable("the disk is full")] * 3},
        {"reads": [LogUnavailable("too many open files")] * 3},
        {"appends": [None, None, LogBusy("too many")]},
    ],
    ids=["no append", "no read", "busy"],
)
async def test_a_log_that_fails_for_a_while_costs_only_time(
    tmp_path: Path, errors: dict[str, list[Exception | None]]
) -> None:
    """What cannot be read or recorded now is offered again; every book is made."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        flaky = Flaky(it.log)
        it.commands = Commands(flaky)
        runner = it.runner()
        async with runner.running([RUN]):
            for name, values in errors.items():
                setattr(flaky, name, list(values))
            assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE


async def test_an_append_of_which_nobody_knows_is_found_to_have_happened(tmp_path: Path) -> None:
    """The start of a piece of work was recorded although it seemed not: the work is done once."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        flaky = Flaky(it.log)
        it.commands = Commands(flaky)
        async with it.runner().running([RUN]):
            flaky.after_appends = [OutcomeUnknown("the disk hung")]
            assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE
    assert it.scripted.writer.calls == list(PAGES)


async def test_one_attempt_that_breaks_takes_no_other_with_it(tmp_path: Path) -> None:
    """An error that nobody expected, while a failure is reported, leaves the others alone."""
    async with stand(tmp_path) as it:

        class Broken(Commands):
            is_broken = False

            async def execute(self, run_id: RunId, decide: Decide) -> Executed:
                outcome = await super().execute(run_id, decide)
                if outcome.run.failures and not self.is_broken:
                    self.is_broken = True
                    raise ValueError("nobody expected this")
                return outcome

        it.commands = Broken(it.log)
        painter = it.scripted.illustrator
        painter.script[4], painter.held = [FINAL], True
        async with it.runner().running([]):
            await it.request(read=False)
            painter.let(0, 1, 2)
            await painter.called(5)  # the last two are in hand, at both places
            painter.let(3, 4)
            run = await it.ended()
    assert [run.is_complete(picture_of(page)) for page in PAGES] == [True, True, True, True, False]


@pytest.mark.slow
async def test_an_attempt_that_broke_before_it_began_is_taken_up_again(tmp_path: Path) -> None:
    """What should never fail and did costs a minute, not the book."""
    async with stand(tmp_path) as it:
        broken = [OSError(24, "Too many open files")] * 3

        class Broken(Commands):
            async def execute(self, run_id: RunId, decide: Decide) -> Executed:
                def deciding(run: Run | None) -> list[Event]:
                    events = decide(run)
                    if broken and any(isinstance(it, StageStarted) for it in events):
                        raise broken.pop()
                    return events

                return await super().execute(run_id, deciding)

        it.commands = Broken(it.log)
        async with it.runner().running([]):
            await it.request(read=False)
            run = await patient(it, lambda run: run.status.has_ended)
    assert run.status is Status.DONE
    assert not run.failures and not broken


async def test_a_writer_that_stops_early_is_asked_again_for_the_rest(tmp_path: Path) -> None:
    """The pages that stand are handed to the next attempt, which goes on after them."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.writer.stops_before = 2
        await it.request()
        await it.until(lambda run: run.failures.get(WRITING) == 1)
        it.scripted.writer.stops_before = 5
        it.clock.advance(BACKOFF_SECONDS[0])
        run = await it.ended()
    assert run.status is Status.DONE
    assert [len(task.standing) for task in it.scripted.writer.tasks] == [0, 2]


async def test_work_that_hangs_is_stopped_and_tried_again(tmp_path: Path) -> None:
    """An attempt has a time limit."""
    limits = Limits(stage_timeout_seconds=1)  # which a busy machine needs to write the book
    async with stand(tmp_path) as it:
        it.scripted.illustrator.held = True
        async with it.runner(limits).running([]):
            await it.request(read=False)
            run = await it.until(lambda run: run.failures.get(picture_of(0)) == 1)
    state = run.work[picture_of(0)]
    assert isinstance(state, Failed) and state.fault.kind == "timeout"
    assert 0 in it.scripted.illustrator.cancelled


async def test_cancel_stops_the_work_in_hand(tmp_path: Path) -> None:
    """The engines are cancelled, nothing is reported afterwards, other runs go on."""
    async with stand(tmp_path, held=True) as it, it.runner().running([]):
        await it.request(1)
        await it.request(2)
        it.scripted.writer.let(0, 0)
        both = (picture_of(0), WRITING)
        await it.until(lambda run: in_hand(run, *both), run_id(1))
        await it.until(lambda run: in_hand(run, *both), run_id(2))
        await it.commands.execute(RUN, cancel_run)
        with anyio.fail_after(30):
            while len(it.scripted.illustrator.cancelled + it.scripted.writer.cancelled) < 2:
                await anyio.lowlevel.checkpoint()
        other, run = await it.commands.load(run_id(2)), await it.commands.load(RUN)
        assert other is not None and in_hand(other, *both)
    assert run is not None and run.status is Status.CANCELLED
    assert not any(isinstance(state, InHand | Waiting) for state in run.work.values())


async def test_stopping_puts_work_down_and_the_next_runner_takes_it_up(tmp_path: Path) -> None:
    """A stopped runner's work is abandoned for the shutdown, and finished after the restart."""
    async with stand(tmp_path, held=True) as it:
        async with it.runner().running([]):
            await it.request()
            it.scripted.writer.let(0)
            await it.until(lambda run: in_hand(run, WRITING, picture_of(0), narration_of(0)))
        put_down = await it.events(StageAbandoned)
        assert {event.reason for event in put_down} == {"shutdown"}  # type: ignore[attr-defined]
        assert len(put_down) == 3
        for engine in (it.scripted.writer, it.scripted.illustrator, it.scripted.narrator):
            engine.held = False
        async with it.runner(owner=new_owner()).running([RUN]):
            assert (await it.ended()).status is Status.DONE


async def test_stopping_lets_work_in_hand_finish_in_its_time(tmp_path: Path) -> None:
    """What is finished within the shutdown time is recorded, and nothing new is started."""
    async with stand(tmp_path, held=True) as it:
        async with anyio.create_task_group() as tasks:
            stop = anyio.Event()

            async def serve() -> None:
                async with it.runner(Limits(shutdown_seconds=10)).running([]):
                    await it.request(read=False)
                    it.scripted.writer.let(*PAGES)
                    await it.until(lambda run: in_hand(run, picture_of(0), picture_of(1)))
                    await it.until(lambda run: run.is_complete(WRITING))
                    stop.set()

            tasks.start_soon(serve)
            await stop.wait()
            await anyio.lowlevel.checkpoint()
            it.scripted.illustrator.let(0, 1)
        run = await it.commands.load(RUN)
    assert run is not None
    assert run.is_complete(picture_of(0)) and run.is_complete(picture_of(1))
    assert sorted(it.scripted.illustrator.calls) == [0, 1]


async def test_work_of_a_dead_process_is_requested_again_and_pages_are_kept(
    tmp_path: Path,
) -> None:
    """What was in hand is abandoned as a crash; what is finished is not made again."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        start = partial(start_stage, worker=DEAD, engine=EngineInfo("x"))
        await it.commands.execute(RUN, partial(start, work=WRITING, attempt=1))
        for number in (0, 1):
            await it.commands.execute(
                RUN,
                lambda run, n=number: write_page(run, 1, page_of(n)),  # type: ignore[misc]
            )
        await it.commands.execute(RUN, partial(start, work=picture_of(0), attempt=1))
        async with it.runner().running([RUN]):
            run = await it.ended()
        assert run.status is Status.DONE
        abandoned = await it.events(StageAbandoned)
    assert [(e.stage, e.reason) for e in abandoned] == [  # type: ignore[attr-defined]
        (Stage.LLM, "crash"),
        (Stage.COVER, "crash"),
    ]
    assert it.scripted.writer.calls == [2, 3, 4]


async def test_each_started_stage_names_its_worker_and_engine(tmp_path: Path) -> None:
    """Who did it stands in the log."""
    async with stand(tmp_path) as it, it.runner().running([]):
        await it.request()
        await it.ended()
        started: Sequence[object] = await it.events(StageStarted)
    who = {(e.worker, e.engine.name) for e in started}  # type: ignore[attr-defined]
    assert who == {
        (str(OWNER), "scripted-writer"),
        (str(OWNER), "scripted-illustrator"),
        (str(OWNER), "scripted-narrator"),
    }


async def test_a_submission_is_recorded_and_handed_to_the_next_attempt(tmp_path: Path) -> None:
    """After a crash the illustrator is told what it had given away."""
    async with stand(tmp_path, held=True) as it:
        it.scripted.illustrator.submits = True
        async with it.runner().running([]):
            await it.request(read=False)
            it.scripted.writer.let(0)
            given = await it.until(lambda run: picture_of(0) in run.submissions)
        it.scripted.illustrator.held = it.scripted.writer.held = False
        async with it.runner().running([RUN]):
            await it.ended()
        tasks = [o.submission for o in it.scripted.illustrator.tasks if o.page.page == 0]
    assert tasks == [None, given.submissions[picture_of(0)]]


async def test_no_run_waits_for_its_cover_behind_anothers_last_pages(tmp_path: Path) -> None:
    """With one place, the second run's cover is painted before the first run's late pages."""
    async with stand(tmp_path, places=1) as it:
        it.scripted.illustrator.held = True
        async with it.runner().running([]):
            await it.request(1, read=False)
            await it.until(lambda run: run.is_complete(WRITING), run_id(1))
            await it.request(2, read=False)
            await it.until(lambda run: run.is_complete(WRITING), run_id(2))
            it.scripted.illustrator.held = False
            it.scripted.illustrator.let(0)
            await it.ended(run_id(2))
        requested = await it.events(StageRequested)
    painted = [(o.page.page) for o in it.scripted.illustrator.tasks]
    assert painted == [0, 0, 1, 2, 3, 4, 1, 2, 3, 4]
    assert len(requested) == 12


async def test_complete_means_complete(tmp_path: Path) -> None:
    """A finished piece of work has an artifact with a digest, the writer's has none."""
    async with stand(tmp_path) as it, it.runner().running([]):
        await it.request()
        run = await it.ended()
    for work, state in run.work.items():
        assert isinstance(state, Complete)
        assert (state.artifact is None) == (work == WRITING)


async def test_a_run_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    """It is parked, nothing is recorded of it, and the others go on."""
    async with stand(tmp_path) as it:
        await it.request(1, read=False)
    append_row(tmp_path / "log.db", RUN)
    async with stand(tmp_path) as it:
        runner = it.runner()
        async with runner.running([RUN]):
            await it.request(2, read=False)
            assert (await it.ended(run_id(2))).status is Status.DONE
        assert [parked.run_id for parked in it.parked] == [RUN]
        assert len(await it.log.read_run(RUN)) == 3


async def test_an_event_that_cannot_be_read_parks_its_run_while_others_go_on(
    tmp_path: Path,
) -> None:
    """What the runner hears of one run does not keep it from hearing of another."""
    log = MemoryLog()
    clock = ManualClock()
    it = Stand(log, Scripted(), clock, tmp_path)
    with closing(it.leases):
        async with it.runner().running([]):
            add_row(log, run_id(9), "StageStarted", b"no event at all")
            await it.request(2, read=False)
            assert (await it.ended(run_id(2))).status is Status.DONE
    assert [parked.run_id for parked in it.parked] == [run_id(9)]
