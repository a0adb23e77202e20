"""A book is of one hand, whoever comes and goes while it is made; a service with two illustrators.

`far` is asked for in the settings, `near` is what is there without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from storybook.application import Application
from storybook.book import Role, RunId
from storybook.bootstrap import open_application
from storybook.engines import Capabilities, Engine, Illustrator, Readiness, WorkFailed
from storybook.events.catalog import StageStarted
from storybook.request import InvalidRequest
from storybook.settings import Limits, Settings
from storybook.stages.candidates import Candidate, Candidates
from storybook.stages.registry import LOOK_AGAIN_SECONDS, Engines
from tests.books import new_run
from tests.clocks import ManualClock
from tests.engines import REQUEST, NoTranscriber, Scripted, ScriptedIllustrator, ScriptedWriter
from tests.test_application import ended

pytestmark = pytest.mark.anyio
AWAY = Readiness(False, "nobody answers", "Start it")
NEAR, FAR = ("near", "far"), ("far", "")
"""By whom a picture is painted, and in whose place."""
LAST = 4


class Cast(Scripted):
    """Scripted engines, with two illustrators."""

    def __init__(self) -> None:
        super().__init__()
        self.far = ScriptedIllustrator(name="far")
        self.near = ScriptedIllustrator(name="near")
        candidates: list[Candidate[Illustrator]] = [
            Candidate(self.far, ["`urls` in [illustrator]"]),
            Candidate(self.near),
        ]
        self.engines = Engines(
            Candidates.only(Role.WRITER, self.writer),
            Candidates(Role.ILLUSTRATOR, candidates),
            Candidates.only(Role.NARRATOR, self.narrator),
            Candidates.only(Role.TRANSCRIBER, NoTranscriber()),
        )


@asynccontextmanager
async def serving(
    data: Path, cast: Scripted, clock: ManualClock | None = None
) -> AsyncIterator[Application]:
    """A service that looks at its engines first, as one does that chooses them."""
    await cast.engines.look()
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with open_application(
        settings, data, clock=clock or ManualClock(), engines=cast.engines
    ) as application:
        yield application


async def painted(application: Application, run_id: RunId) -> list[tuple[str, str]]:
    """By whom each picture was begun, and in whose place, in the order of the log."""
    events = [it.event for it in await application.log.read_run(run_id)]
    return [
        (it.engine.name, it.stands_in_for)
        for it in events
        if isinstance(it, StageStarted) and it.stage.is_picture
    ]


async def done(application: Application, run_id: RunId) -> None:
    """Return when a run is done that may have ended before, too."""
    with anyio.fail_after(30):
        while (run := await application.commands.load(run_id)) is None or run.status != "DONE":  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.005)


async def test_a_stand_in_paints_the_whole_book_and_the_log_says_in_whose_place(
    tmp_path: Path,
) -> None:
    """Also when what is asked for comes back in its middle; the next book is of that."""
    cast, clock = Cast(), ManualClock()
    cast.far.found, cast.near.held = AWAY, True
    async with serving(tmp_path, cast, clock) as application:
        first = await application.request_run(new_run(REQUEST))
        with anyio.fail_after(30):
            await cast.near.called(2)
        cast.far.found, cast.near.held = Readiness(True), False
        cast.near.let(0, 1)
        assert await ended(application, first) == "DONE"
        clock.advance(1)
        second = await application.request_run(new_run(REQUEST))
        assert await ended(application, second) == "DONE"
        assert await painted(application, first) == [NEAR] * 5
        assert await painted(application, second) == [FAR] * 5


async def test_a_book_keeps_its_engine_across_a_restart_and_an_outage(tmp_path: Path) -> None:
    """It is not given to who is there instead; another book meanwhile is."""
    cast = Cast()
    cast.far.held = True
    async with serving(tmp_path, cast) as application:
        first = await application.request_run(new_run(REQUEST))
        with anyio.fail_after(30):
            await cast.far.called(2)
    cast = Cast()
    cast.far.found, cast.far.held = AWAY, True
    async with serving(tmp_path, cast) as application:
        with anyio.fail_after(30):
            await cast.far.called(2)
        second = await application.request_run(new_run(REQUEST))
        assert await ended(application, second) == "DONE"
        cast.far.let(*range(LAST + 1))
        assert await ended(application, first) == "DONE"
        assert set(await painted(application, first)) == {FAR}
        assert await painted(application, second) == [NEAR] * 5


async def test_a_book_waits_for_its_engine_while_another_is_made_by_who_is_there(
    tmp_path: Path,
) -> None:
    """An outage is of the books that have begun with it; each stays of one hand."""
    cast, clock = Cast(), ManualClock()
    cast.far.held = True
    async with serving(tmp_path, cast, clock) as application:
        first = await application.request_run(new_run(REQUEST))
        with anyio.fail_after(30):
            await cast.far.called(2)
        cast.far.is_away, cast.far.held = True, False
        cast.far.let(0, 1)
        clock.advance(1)
        second = await application.request_run(new_run(REQUEST))
        assert await ended(application, second) == "DONE"
        run = await application.commands.load(first)
        with anyio.fail_after(30):
            while run is None or run.waiting_for is None:
                await anyio.sleep(0.005)
                run = await application.commands.load(first)
        assert run.status == "RUNNING" and run.waiting_for.engine.name == "far"
        cast.far.is_away = False
        with anyio.fail_after(30):
            while run is None or run.status != "DONE":
                clock.advance(1)
                await anyio.sleep(0.005)
                run = await application.commands.load(first)
        assert set(await painted(application, first)) == {FAR}
        assert await painted(application, second) == [NEAR] * 5


async def test_a_retry_goes_on_with_the_engine_that_began_the_book(tmp_path: Path) -> None:
    """Whoever would be chosen for a new one."""
    cast = Cast()
    cast.far.script[1] = [WorkFailed("broken", "no paint", retryable=False)]
    async with serving(tmp_path, cast) as application:
        run_id = await application.request_run(new_run(REQUEST))
        assert await ended(application, run_id) == "FAILED"
    cast = Cast()
    cast.far.found = AWAY
    async with serving(tmp_path, cast) as application:
        await application.retry_run(run_id)
        await done(application, run_id)
        assert {name for name, _ in await painted(application, run_id)} == {"far"}


async def test_the_best_goes_on_for_an_engine_that_is_gone(tmp_path: Path) -> None:
    """Its package is no longer installed: the rest of the book says in whose place it is made."""
    gone = Scripted(held=True)
    async with serving(tmp_path, gone) as application:
        gone.writer.held = False
        gone.writer.let(*range(LAST + 1))
        run_id = await application.request_run(new_run(REQUEST))
        with anyio.fail_after(30):
            await gone.illustrator.called(1)
            gone.illustrator.let(0)
            await gone.illustrator.called(3)
    async with serving(tmp_path, Cast()) as application:
        await done(application, run_id)
        by = await painted(application, run_id)
    assert by[0] == ("scripted-illustrator", "")
    assert by[-LAST:] == [("far", "scripted-illustrator")] * LAST


@pytest.mark.slow
async def test_who_is_away_is_looked_at_every_minute(tmp_path: Path) -> None:
    """And nobody is while nothing that is asked for is away."""
    cast, clock = Cast(), ManualClock()
    cast.far.found = AWAY
    async with serving(tmp_path, cast, clock) as application:
        for minute in range(3):
            await _a_minute(clock)
            assert cast.far.looks == minute + 2
        cast.far.found = Readiness(True)
        await _a_minute(clock)
        assert cast.engines.illustrator.report().why == ""
        looks = cast.far.looks
        for _ in range(3):
            await _a_minute(clock)
        assert cast.far.looks == looks
        assert application.engines is cast.engines


async def _a_minute(clock: ManualClock) -> None:
    await anyio.wait_all_tasks_blocked()
    clock.advance(LOOK_AGAIN_SECONDS)
    await anyio.wait_all_tasks_blocked()


async def test_a_request_is_held_to_the_engine_that_would_get_it_now(tmp_path: Path) -> None:
    """What it can do counts, not what its better one could that is away."""

    class TwoWriters(Scripted):
        def __init__(self) -> None:
            super().__init__()
            self.able, self.short = ScriptedWriter(), ScriptedWriter()
            self.short.capabilities = Capabilities(page_counts=(5,))
            self.engines = Engines(
                Candidates(Role.WRITER, [Candidate(self.able, ["`url`"]), Candidate(self.short)]),
                *(getattr(self.engines, it.value) for it in Role if it is not Role.WRITER),
            )

    cast = TwoWriters()
    async with serving(tmp_path, cast) as application:
        await application.request_run(new_run(REQUEST, page_count=7))
        cast.able.found = AWAY
        with pytest.raises(InvalidRequest, match="the writer does not write 7 pages"):
            await application.request_run(new_run(REQUEST, page_count=7))
        cast.able.found = Readiness(True)
        await application.request_run(new_run(REQUEST, page_count=7))


async def test_all_that_were_built_are_closed(tmp_path: Path) -> None:
    """Also those that nobody has chosen."""
    closed: list[str] = []
    cast = Cast()

    def closes(engine: Engine) -> None:
        async def unload() -> None:
            closed.append(engine.info.name)

        engine.unload = unload  # type: ignore[method-assign]  # a double's

    closes(cast.far)
    closes(cast.near)
    async with serving(tmp_path, cast):
        assert not closed
    assert closed == ["far", "near"]
