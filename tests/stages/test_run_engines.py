"""Which engine does a run's work: the one that began it, and else the best at that moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from storybook.book import WRITING, Role, RunId, StoryRequest, Work, picture_of
from storybook.clock import MICROSECONDS
from storybook.engines import Engine, Illustrator, Readiness
from storybook.events.catalog import (
    EngineInfo,
    Event,
    RunRequested,
    StageRequested,
    StageStarted,
)
from storybook.events.log import LogBusy, Position
from storybook.events.parked import ParkedRun, RunParked
from storybook.run import Run, fold
from storybook.stages.actions import AttemptEnded, DeviceFreed, EventHeard, RunFound, Start
from storybook.stages.candidates import Candidate, Candidates
from storybook.stages.devices import Devices, Unload
from storybook.stages.outages import Outages
from storybook.stages.registry import Engines
from storybook.stages.run_engines import OLDEST_LOOK, RunEngines
from storybook.stages.scheduling import Scheduler
from storybook.stages.work_queue import QueuedWork
from storybook.stores.leases import LeasedWork
from tests.clocks import ManualClock
from tests.engines import NoTranscriber, Scripted, ScriptedIllustrator, run_id

pytestmark = pytest.mark.anyio
AWAY = Readiness(False, "nobody answers", "Start it")
COVER, PANEL = picture_of(0), picture_of(1)
Load = Callable[[RunId], Awaitable[Run | None]]


async def unknown(run_id: RunId) -> Run | None:
    raise AssertionError("nobody asks for it")


class Choosing:
    """Two illustrators, `far` (asked for) and `near`, a clock, and who is asked for which run."""

    def __init__(self, load: Load = unknown) -> None:
        self.far = ScriptedIllustrator(name="far")
        self.near = ScriptedIllustrator(name="near")
        scripted = Scripted()
        illustrators: list[Candidate[Illustrator]] = [
            Candidate(self.far, ["`urls`"]),
            Candidate(self.near),
        ]
        engines = Engines(
            Candidates.only(Role.WRITER, scripted.writer),
            Candidates(Role.ILLUSTRATOR, illustrators),
            Candidates.only(Role.NARRATOR, scripted.narrator),
            Candidates.only(Role.TRANSCRIBER, NoTranscriber()),
        )
        self.clock, self.scripted, self.all = ManualClock(), scripted, engines
        self.engines = RunEngines(engines, load, self.clock)
        self.told = anyio.Event()

    def of(self, work: Work = COVER, run: int = 1, due: int | None = None) -> Engine | None:
        now = self.clock.monotonic()
        queued = QueuedWork(run_id(run), work, 1, now if due is None else due, turn=run)
        return self.engines.of(queued, now)

    def begin(self, engine: Engine, work: Work = COVER, run: int = 1) -> None:
        event = StageStarted(work.stage, work.page, 1, "w", engine.info)
        self.engines.started(run_id(run), event)

    async def known(self) -> None:
        """Return when something has been found out."""
        with anyio.fail_after(30):
            await self.told.wait()
        self.told = anyio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.engines.watch, lambda: self.told.set())
            yield
            tasks.cancel_scope.cancel()


async def test_the_first_work_of_a_role_waits_for_a_look() -> None:
    """Then the best that is ready gets it."""
    it = Choosing()
    it.far.found = AWAY
    it.engines.requested(run_id(1))
    async with it.watching():
        assert it.of() is None
        await it.known()
        assert it.of() is it.near
    assert it.far.looks == 1


async def test_where_nothing_is_to_be_chosen_nothing_is_looked_at() -> None:
    """A role with one engine waits for nobody."""
    it = Choosing()
    it.engines.requested(run_id(1))
    assert it.of(WRITING) is it.scripted.writer
    assert it.scripted.writer.looks == 0


async def test_a_book_goes_on_with_its_engine_whoever_is_better() -> None:
    """From the moment at which its work is begun, before the log has said so."""
    it = Choosing()
    it.far.found = AWAY
    it.engines.requested(run_id(1))
    async with it.watching():
        it.of()
        await it.known()
        engine = it.of()
        assert engine is it.near
        it.engines.taken(QueuedWork(run_id(1), COVER, 1, 0, turn=1), engine)
        it.far.found = Readiness(True)
        it.clock.advance(1)
        assert it.of(PANEL) is it.near
    assert it.far.looks == 1


async def test_each_book_looks_anew() -> None:
    """Work that became due after the last look began knows nothing of it."""
    it = Choosing()
    it.far.found = AWAY
    for run in (1, 2):
        it.engines.requested(run_id(run))
    async with it.watching():
        it.of(run=1)
        await it.known()
        assert it.of(run=1) is it.near
        it.far.found = Readiness(True)
        it.clock.advance(1)
        assert it.of(run=2) is None
        await it.known()
        assert it.of(run=2) is it.far


async def test_who_has_waited_long_for_a_place_looks_again() -> None:
    """What was found when it became due is long past."""
    it = Choosing()
    it.engines.requested(run_id(1))
    async with it.watching():
        it.of(due=0)
        await it.known()
        assert it.of(due=0) is it.far
        it.far.found = AWAY
        it.clock.advance(OLDEST_LOOK / MICROSECONDS + 1)
        assert it.of(due=0) is None
        await it.known()
        assert it.of(due=0) is it.near


async def test_a_run_that_is_found_goes_on_as_the_log_has_it() -> None:
    """After a restart, whatever is ready then."""
    it = Choosing()
    begun = StageStarted(COVER.stage, 0, 1, "w", it.near.info)
    asked = RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7)
    it.engines.found(run_id(1), fold([asked, StageRequested(COVER.stage, 0, 1), begun]))
    assert it.of(PANEL) is it.near


async def test_an_engine_that_is_gone_is_replaced_by_the_best_which_then_stays() -> None:
    """No engine of that name is here: the book goes on, with one hand from there on."""
    it = Choosing()
    it.engines.requested(run_id(1))
    it.begin(ScriptedIllustrator(name="gone"))
    async with it.watching():
        assert it.of(PANEL) is None
        await it.known()
        assert it.of(PANEL) is it.far
        it.begin(it.near, PANEL)
        assert it.of(picture_of(2)) is it.near
    assert it.engines.names(run_id(1), Role.ILLUSTRATOR) == ("gone", "near")


async def test_a_run_that_had_ended_and_goes_on_is_read_again() -> None:
    """What began it stands in the log alone: the process may be another one."""
    asked: list[RunId] = []
    began = EngineInfo("near")

    async def load(run_id: RunId) -> Run | None:
        asked.append(run_id)
        if len(asked) == 1:
            raise LogBusy("another process holds it")
        request = RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7)
        return fold([request, StageStarted(COVER.stage, 0, 1, "w", began)])

    it = Choosing(load)
    it.engines.requested(run_id(1))
    it.begin(it.near)
    it.engines.ended(run_id(1))
    it.begin(it.far)  # of another worker, heard before the run was read
    async with it.watching():
        assert it.of(PANEL) is None
        while not it.told.is_set():
            await anyio.wait_all_tasks_blocked()
            it.clock.advance(1)
        await anyio.wait_all_tasks_blocked()
        assert it.of(PANEL) is it.near
    assert asked == [run_id(1)] * 2


async def test_a_run_that_cannot_be_read_keeps_nobody_waiting() -> None:
    """Whoever begins its work is told why it does not go on."""

    async def load(run_id: RunId) -> Run | None:
        raise RunParked(ParkedRun(run_id, 3, "Odd", "unknown"))  # type: ignore[arg-type]  # any position

    it = Choosing(load)
    async with it.watching():
        assert it.of(WRITING) is None
        await it.known()
        assert it.of(WRITING) is it.scripted.writer


async def test_a_page_that_comes_before_the_log_has_the_first_start_gets_the_same_engine() -> None:
    """Whatever a look finds in between: the scheduler remembers what it has begun."""
    it = Choosing()
    scheduler = Scheduler("us", it.engines, Devices(), Outages(60, lambda: 0.0), OLDEST_LOOK)

    def heard(*events: Event) -> list[Engine]:
        inputs = [EventHeard(run_id(1), Position(1), 0, event) for event in events]
        now = it.clock.monotonic()
        return [it.engine for it in scheduler.handle(inputs, now) if isinstance(it, Start)]

    asked = RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7)
    async with it.watching():
        assert heard(asked, StageRequested(COVER.stage, COVER.page, 1)) == []
        await it.known()
        assert heard() == [it.far]
        it.far.found = AWAY
        await it.all.look()
        assert it.all.illustrator.best is it.near
        it.clock.advance(1)
        assert heard(StageRequested(PANEL.stage, PANEL.page, 1)) == [it.far]


@pytest.mark.parametrize("devices", [("gpu0", "gpu1"), ("gpu0", "gpu0")])
def test_two_illustrators_are_in_use_by_two_books(devices: tuple[str, str]) -> None:
    """Side by side on two devices; in turns on one, and the holder unloads first."""
    it = Choosing()
    for engine, device in zip((it.far, it.near), devices, strict=True):
        engine.info = EngineInfo(engine.info.name, device=device)
    scheduler = Scheduler("us", it.engines, Devices(), Outages(60, lambda: 0.0), OLDEST_LOOK)
    for number, engine in enumerate((it.far, it.near), 1):
        asked = RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7)
        begun = StageStarted(PANEL.stage, PANEL.page, 1, "us", engine.info)
        run = fold([asked, begun, StageRequested(COVER.stage, COVER.page, 1)])
        assert run is not None
        found = RunFound(run_id(number), Position(number), run, 0)
        actions = scheduler.handle([found], 0)
        starts = [it.engine for it in actions if isinstance(it, Start)]
        if number == 1 or devices[0] != devices[1]:
            assert starts == [engine]
        else:
            assert not starts
    if devices[0] == devices[1]:
        over = AttemptEnded(LeasedWork(run_id(1), COVER, 1))
        assert [it for it in scheduler.handle([over], 1) if isinstance(it, Unload)] == [
            Unload("gpu0", it.far)
        ]
        (start,) = scheduler.handle([DeviceFreed("gpu0")], 2)
        assert isinstance(start, Start) and start.engine is it.near
