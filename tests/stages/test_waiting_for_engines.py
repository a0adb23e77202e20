"""An engine that is away: its work waits, the book goes on when it is back, and the log says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import pytest

from storybook.book import WRITING, narration_of, picture_of
from storybook.clock import MICROSECONDS, utc_text
from storybook.engines import EngineAway, EngineUnavailable, Readiness, WorkFailed
from storybook.events.catalog import (
    EngineInfo,
    StageAbandoned,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.run import (
    InHand,
    Run,
    Status,
    cancel_run,
    defer_stage,
    request_run,
    retry_run,
)
from storybook.settings import Limits
from storybook.stages.outages import SURE_SECONDS
from storybook.stores.owners import new_owner
from tests.books import PAGES
from tests.engines import AWAY, START_IT, Scripted, run_id
from tests.stages.test_runner import REQUEST, RUN, Stand, in_hand, patient, stand

pytestmark = pytest.mark.anyio

COVER = picture_of(0)


def waits(run: Run) -> bool:
    return run.waiting_for is not None


async def pass_time(it: Stand, seconds: float, act: float = 0.003) -> None:
    """Let time pass from one alarm to the next; for everybody to `act` takes real seconds, more of
    them where files are asked for what is to be done."""
    await settle(act)  # what the log says is heard before time passes
    end = it.clock.monotonic() + int(seconds * MICROSECONDS)
    while (now := it.clock.monotonic()) < end:
        it.clock.advance((it.clock.next_moment(end) - now) / MICROSECONDS)
        await settle(act)


async def settle(act: float) -> None:
    """Return when nobody has had anything to do in a thread for a while."""
    threads = anyio.to_thread.current_default_thread_limiter()
    quiet = 0
    while quiet < 2:
        await anyio.sleep(act)
        quiet = 0 if threads.borrowed_tokens else quiet + 1


async def alarm_at(it: Stand, seconds: float) -> None:
    """Return when the runner waits for a moment."""
    with anyio.fail_after(30):
        while not it.clock.sleepers[int(seconds * MICROSECONDS)]:  # noqa: ASYNC110 - tells nobody
            await anyio.sleep(0.005)


async def started_of(it: Stand, number: int = 1) -> list[StageStarted]:
    rows = await it.log.read_run(run_id(number))
    return [row.event for row in rows if isinstance(row.event, StageStarted)]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [56, 600], ids=["56 s", "10 minutes"])
async def test_a_book_waits_for_its_painter_and_is_done_when_that_is_back(
    tmp_path: Path, seconds: int
) -> None:
    """The book stays RUNNING, nothing is appended meanwhile, and no attempt is used up."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.illustrator.is_away = True
        await it.request()
        await it.until(
            lambda run: waits(run) and all(run.is_complete(narration_of(p)) for p in PAGES)
        )
        before = await it.log.head()
        await pass_time(it, seconds)
        assert await it.log.head() == before
        assert it.scripted.illustrator.looks > seconds / 15
        run = await it.commands.load(RUN)
        assert run is not None and run.status is Status.RUNNING and not run.failures
        it.scripted.illustrator.is_away = False
        run = await patient(it, lambda run: run.status.has_ended)
        assert run.status is Status.DONE and not run.deferred
        attempts = {event.attempt for event in await started_of(it)}
        assert attempts == {1}
        assert await it.events(StageFailed, StageAbandoned) == []


@pytest.mark.slow
async def test_an_engine_that_answers_looks_and_turns_work_away_is_away(tmp_path: Path) -> None:
    """A model that loads, a quota: one event says that the book waits, and one that it goes on."""
    async with stand(tmp_path, places=1) as it, it.runner().running([]):
        it.scripted.writer.is_away = it.scripted.writer.answers_looks = True
        await it.request(read=False)
        await it.until(waits)
        before = await it.log.head()
        await pass_time(it, 300, act=0.02)
        assert await it.log.head() == before
        assert 5 < len(it.scripted.writer.calls) < 60
        it.scripted.writer.is_away = False
        assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE
        assert len(await it.events(StageDeferred)) == 1
        writing = [event for event in await started_of(it) if event.work == WRITING]
        assert [event.attempt for event in writing] == [1, 1]


@pytest.mark.slow
async def test_an_engine_is_let_alone_for_as_long_as_it_asks(tmp_path: Path) -> None:
    """Neither looked at nor given work, however often it says so."""
    async with stand(tmp_path) as it, it.runner().running([]):
        writer = it.scripted.writer
        writer.is_away = writer.answers_looks = True
        writer.retry_after = 120
        await it.request(read=False)
        await alarm_at(it, 120)
        await pass_time(it, 119)
        assert (writer.looks, len(writer.calls)) == (0, 1)
        await pass_time(it, 1)
        await alarm_at(it, 240)
        await pass_time(it, 119)
        assert (writer.looks, len(writer.calls)) == (1, 2)
        writer.is_away = False
        assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE


@pytest.mark.slow
async def test_an_engine_that_never_comes_back_fails_the_book_at_last(tmp_path: Path) -> None:
    """With since when, what was seen last, and what to do; the rest is put down."""
    limits = Limits(shutdown_seconds=0, outage_minutes=10)
    async with stand(tmp_path, places=1) as it, it.runner(limits).running([]):
        it.scripted.illustrator.is_away = True
        began = it.clock.now()
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))
        await pass_time(it, 599)
        run = await it.commands.load(RUN)
        assert run is not None and run.status is Status.RUNNING
        await pass_time(it, 1)
        run = await it.ended()
        failed = [event for event in await it.events(StageFailed) if isinstance(event, StageFailed)]
    assert run.status is Status.FAILED
    assert run.fault is not None and run.fault.kind == "engine_away"
    assert run.fault.message == (
        f"scripted-illustrator has been waited for since {utc_text(began)}, for longer than "
        f"outage_minutes in [limits] (10); seen last: {AWAY}. {START_IT}"
    )
    assert [event.work for event in failed] == [COVER]


async def test_who_waits_for_nothing_fails_at_once(tmp_path: Path) -> None:
    """With `outage_minutes` 0 an outage is a failure, once it has been looked at again."""
    async with stand(tmp_path) as it:
        it.scripted.writer.is_away = True
        async with it.runner(Limits(shutdown_seconds=0, outage_minutes=0)).running([]):
            await it.request(read=False)
            run = await it.ended()
    assert run.fault is not None and run.fault.kind == "engine_away"


@pytest.mark.slow
async def test_the_limit_goes_on_across_restarts(tmp_path: Path) -> None:
    """It counts from the event; an engine that is back is tried first, whatever the time."""
    limits = Limits(shutdown_seconds=0, outage_minutes=10)
    async with stand(tmp_path, places=1) as it:
        it.scripted.illustrator.is_away = True
        async with it.runner(limits).running([]):
            for number in (1, 2):
                await it.request(number, read=False)
                await it.until(lambda run: waits(run) and run.is_complete(WRITING), run_id(number))
            await pass_time(it, 500)
        before = await it.log.head()
        async with it.runner(limits, owner=new_owner()).running([RUN]):
            await it.scripted.illustrator.looked_at(it.scripted.illustrator.looks + 1)
            await pass_time(it, 99)
            assert await it.log.head() == before
            await pass_time(it, 2)
            assert (await it.ended()).status is Status.FAILED
        it.scripted.illustrator.is_away = False
        async with it.runner(limits, owner=new_owner()).running([run_id(2)]):
            run = await patient_of(it, lambda run: run.status.has_ended, 2)
            assert run.status is Status.DONE


async def patient_of(it: Stand, until: Callable[[Run], bool], number: int) -> Run:
    run: Run | None = None
    with anyio.fail_after(30):
        while run is None or not until(run):
            await pass_time(it, 1)
            run = await it.commands.load(run_id(number))
    return run


async def test_a_run_that_has_not_started_stays_queued(tmp_path: Path) -> None:
    """An engine that is known to be away is looked at before anything is started."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.writer.is_away = True
        await it.request(1, read=False)
        await it.until(waits)
        await it.request(2, read=False)
        run = await it.until(waits, run_id(2))
        assert run.status is Status.QUEUED
        await pass_time(it, 60)
        assert await started_of(it, 2) == []
        it.scripted.writer.is_away = False
        for number in (1, 2):
            await patient_of(it, lambda run: run.status is Status.DONE, number)
        assert len(await it.events(StageDeferred)) == 2


async def test_a_server_that_boots_after_us_is_waited_for_by_a_queued_run(tmp_path: Path) -> None:
    """Both were restarted: what was deferred before is looked at, and a new run with it."""
    async with stand(tmp_path) as it:
        it.scripted.writer.is_away = True
        async with it.runner().running([]):
            await it.request(1, read=False)
            await it.until(waits)
        async with it.runner(owner=new_owner()).running([RUN]):
            await it.request(2, read=False)
            run = await it.until(waits, run_id(2))
            assert run.status is Status.QUEUED
            await pass_time(it, 30)
            it.scripted.writer.is_away = False
            for number in (1, 2):
                await patient_of(it, lambda run: run.status is Status.DONE, number)
        assert await it.events(StageAbandoned) == []
        assert len(await it.events(StageDeferred)) == 2


async def test_other_books_and_pages_go_on(tmp_path: Path) -> None:
    """Only what needs the engine waits."""
    async with stand(tmp_path) as it, it.runner().running([]):
        it.scripted.narrator.is_away = True
        await it.request(1)
        await it.request(2, read=False)
        assert (await it.ended(run_id(2))).status is Status.DONE
        await it.until(lambda run: all(run.is_complete(picture_of(page)) for page in PAGES))
        run = await it.commands.load(RUN)
        assert run is not None and run.status is Status.RUNNING and waits(run)
        (deferred,) = await it.events(StageDeferred)
        assert deferred == StageDeferred(
            narration_of(0).stage, 0, 1, it.scripted.narrator.info, AWAY
        )


async def test_a_run_is_cancelled_during_an_outage_and_retried(tmp_path: Path) -> None:
    """What waits is put down, nobody is looked at for it, and a retry waits anew."""
    async with stand(tmp_path, places=1) as it, it.runner().running([]):
        it.scripted.illustrator.is_away = True
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))
        await it.commands.execute(RUN, cancel_run)
        await pass_time(it, 2)
        looks = it.scripted.illustrator.looks
        await pass_time(it, 60)
        assert it.scripted.illustrator.looks == looks
        run = await it.commands.load(RUN)
        assert run is not None and run.status is Status.CANCELLED and not waits(run)
        await it.commands.execute(RUN, retry_run)
        run = await it.until(lambda run: waits(run) and run.work[COVER].attempt == 2)
        assert run.status is Status.QUEUED
        it.scripted.illustrator.is_away = False
        await patient(it, lambda run: run.status is Status.DONE)


async def test_what_the_engine_says_of_the_work_when_it_is_back_is_a_failure(
    tmp_path: Path,
) -> None:
    """It is recorded as begun, and as failed; a second attempt follows."""
    async with stand(tmp_path, places=1) as it, it.runner().running([]):
        illustrator = it.scripted.illustrator
        illustrator.is_away = True
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))
        illustrator.script[0] = [WorkFailed("bad_seed", "not with this seed", retryable=True)]
        illustrator.is_away = False
        run = await patient(it, lambda run: run.status.has_ended)
        covers = [event.attempt for event in await started_of(it) if event.work == COVER]
    assert run.status is Status.DONE
    assert covers == [1, 1, 2]


async def test_an_engine_that_is_back_and_cannot_work_fails_the_book(tmp_path: Path) -> None:
    """That is for the operator to mend, and nobody waits for it."""
    async with stand(tmp_path, places=1) as it, it.runner().running([]):
        illustrator = it.scripted.illustrator
        illustrator.is_away = True
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))

        async def refuses() -> Readiness:
            return Readiness(False, "it refuses the key", "Set the key")

        illustrator.readiness = refuses  # type: ignore[method-assign]
        illustrator.script[0] = [EngineUnavailable("x", "it refuses the key", "Set the key")]
        illustrator.is_away = False
        run = await patient(it, lambda run: run.status.has_ended)
    assert run.fault is not None
    assert run.fault.message == "x is not available: it refuses the key. Set the key"


async def test_a_trial_that_is_kept_for_a_moment_counts_as_started(tmp_path: Path) -> None:
    """Then the others follow, however long it takes itself."""
    async with stand(tmp_path, places=2) as it, it.runner().running([]):
        illustrator = it.scripted.illustrator
        illustrator.is_away = True
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))
        await settle(0.003)  # who was to begin before it was known has begun
        await it.until(lambda run: not any(isinstance(it, InHand) for it in run.work.values()))
        calls = len(illustrator.calls)
        illustrator.held, illustrator.is_away = True, False
        while len(illustrator.calls) == calls:
            await pass_time(it, 1)
        run = await it.commands.load(RUN)
        assert run is not None and not any(isinstance(it, InHand) for it in run.work.values())
        await pass_time(it, 2 * SURE_SECONDS)  # twice as long for what was turned away before
        run = await it.until(lambda run: in_hand(run, COVER, picture_of(1)))
        assert not waits(run)


async def test_a_stop_during_a_trial_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    """The next start tries again."""
    async with stand(tmp_path, places=1) as it:
        illustrator = it.scripted.illustrator
        async with it.runner().running([]):
            illustrator.is_away = True
            await it.request(read=False)
            await it.until(lambda run: waits(run) and run.is_complete(WRITING))
            calls = len(illustrator.calls)
            illustrator.held, illustrator.is_away = True, False
            before = await it.log.head()
            while len(illustrator.calls) == calls:
                await pass_time(it, 1)
        assert await it.log.head() == before
        illustrator.held = False
        async with it.runner(owner=new_owner()).running([RUN]):
            assert (await it.ended()).status is Status.DONE


@pytest.mark.slow
async def test_an_engine_that_keeps_work_and_then_goes_fails_it_at_last(tmp_path: Path) -> None:
    """A proxy that gives up after a minute, a prompt that kills its server: however often it comes
    back, work of which nothing comes is not tried for ever."""
    limits = Limits(shutdown_seconds=0, outage_minutes=5)
    async with stand(tmp_path, places=1) as it, it.runner(limits).running([]):
        illustrator = it.scripted.illustrator
        illustrator.is_away = illustrator.answers_looks = illustrator.held = True
        illustrator.let(0)
        await it.request(read=False)
        await it.until(lambda run: waits(run) and run.is_complete(WRITING))
        with anyio.fail_after(30):
            run: Run | None = None
            while run is None or not run.status.has_ended:
                await pass_time(it, 61, act=0.02)
                illustrator.let(0)
                run = await it.commands.load(RUN)
        covers = [row for row in await it.log.read_run(RUN) if b"COVER" in row.data]
    assert run.fault is not None and run.fault.kind == "engine_away"
    (began, *_), (failed,) = (
        [row.recorded_at for row in covers if isinstance(row.event, kind)]
        for kind in (StageDeferred, StageFailed)
    )
    assert failed - began >= 300 * MICROSECONDS
    assert 2 < sum(isinstance(row.event, StageStarted) for row in covers) < 20


@pytest.mark.slow
async def test_a_page_that_is_written_ends_an_outage(tmp_path: Path) -> None:
    """Two outages of six minutes are none of twelve."""
    limits = Limits(shutdown_seconds=0, outage_minutes=10)
    async with stand(tmp_path) as it, it.runner(limits).running([]):
        writer = it.scripted.writer
        writer.script[1] = [EngineAway("x", AWAY, START_IT)]
        for pages in (0, 1):
            writer.is_away = True
            await (it.request(read=False) if pages == 0 else anyio.lowlevel.checkpoint())
            await it.until(lambda run, n=pages: waits(run) and len(run.pages) == n)  # type: ignore[misc]
            await pass_time(it, 6 * 60)
            writer.is_away = False
            await patient(it, lambda run, n=pages: len(run.pages) > n)  # type: ignore[misc]
        assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE


@pytest.mark.slow
@pytest.mark.parametrize("jump", [86_400, -86_400], ids=["forward", "back"])
async def test_a_clock_that_is_set_ends_no_outage(tmp_path: Path, jump: int) -> None:
    """While it is waited, a clock counts that only goes on; after a restart, never more than the
    limit is left, and the engine is looked at first."""
    limits = Limits(shutdown_seconds=0, outage_minutes=10)
    async with stand(tmp_path, places=1) as it:
        it.scripted.illustrator.is_away = True
        async with it.runner(limits).running([]):
            await it.request(read=False)
            await it.until(lambda run: waits(run) and run.is_complete(WRITING))
            await pass_time(it, 30)
            it.clock.jump(jump)
            await pass_time(it, 300)
            run = await it.commands.load(RUN)
            assert run is not None and run.status is Status.RUNNING
        if jump > 0:
            it.scripted.illustrator.is_away = False
        async with it.runner(limits, owner=new_owner()).running([RUN]):
            if jump > 0:
                assert (await patient(it, lambda run: run.status.has_ended)).status is Status.DONE
            else:
                await pass_time(it, 610)
                assert (await it.ended()).status is Status.FAILED


async def test_work_that_waits_for_an_engine_of_yesterday_is_started_with_todays(
    tmp_path: Path,
) -> None:
    """Another one was set since: nobody looks at the old one."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        away = EngineInfo("openai", device="http://gone")
        await it.commands.execute(
            RUN, partial(defer_stage, work=WRITING, attempt=1, engine=away, why=AWAY)
        )
        async with it.runner().running([RUN]):
            assert (await it.ended()).status is Status.DONE
    assert it.scripted.writer.looks == 0


async def test_of_two_runners_each_finds_out_for_itself(tmp_path: Path) -> None:
    """One engine is away and the other is not: the book is made by who can."""
    other = Scripted()
    async with (
        stand(tmp_path) as it,
        it.runner().running([]),
        it.runner(owner=new_owner(), scripted=other).running([]),
    ):
        it.scripted.writer.is_away = it.scripted.illustrator.is_away = True
        for number in (1, 2, 3):
            await it.request(number, read=False)
        for number in (1, 2, 3):
            run = await patient_of(it, lambda run: run.status.has_ended, number)
            assert run.status is Status.DONE
        assert await it.events(StageFailed, StageAbandoned) == []


@pytest.mark.slow
async def test_two_runners_whose_engine_is_away_say_so_once(tmp_path: Path) -> None:
    """And of two that give up, one does."""
    other, limits = Scripted(), Limits(shutdown_seconds=0, outage_minutes=5)
    async with (
        stand(tmp_path) as it,
        it.runner(limits).running([]),
        it.runner(limits, owner=new_owner(), scripted=other).running([]),
    ):
        it.scripted.writer.is_away = other.writer.is_away = True
        await it.request(read=False)
        await it.until(waits)
        await pass_time(it, 200)
        assert len(await it.events(StageDeferred)) == 1
        assert it.scripted.writer.looks and other.writer.looks
        assert (await patient(it, lambda run: run.status.has_ended)).status is Status.FAILED
        assert len(await it.events(StageFailed)) == 1


async def test_a_book_that_is_lost_waits_for_nobody(tmp_path: Path) -> None:
    """A picture in hand meets an outage when another one has failed for good: it is put down."""
    async with stand(tmp_path, held=True) as it, it.runner().running([]):
        illustrator = it.scripted.illustrator
        illustrator.script[0] = [WorkFailed("bad", "no such thing", retryable=False)]
        await it.request(read=False)
        it.scripted.writer.let(*PAGES)
        both = picture_of(0), picture_of(1)
        await it.until(lambda run: run.is_complete(WRITING) and in_hand(run, *both))
        illustrator.let(0)
        await it.until(lambda run: run.is_lost)
        illustrator.is_away = True
        illustrator.let(1)
        run = await it.ended()
    assert run.fault is not None and run.fault.kind == "bad"


async def test_a_worker_that_died_during_an_outage_has_nothing_in_hand(tmp_path: Path) -> None:
    """The log has the work as waiting: nothing is abandoned, and no crash is counted."""
    async with stand(tmp_path) as it:
        engine = it.scripted.writer.info
        await it.commands.execute(RUN, partial(request_run, request=REQUEST, seed=7, tts=None))
        await it.commands.execute(
            RUN, partial(defer_stage, work=WRITING, attempt=1, engine=engine, why=AWAY)
        )
        async with it.runner().running([RUN]):
            run = await it.ended()
        assert run.status is Status.DONE and not run.crashes
        requested = [e for e in await it.events(StageRequested) if isinstance(e, StageRequested)]
        assert {event.attempt for event in requested} == {1}
