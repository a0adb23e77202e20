"""A ComfyUI that is away: the engine says so at once, and the book waits until it is back."""

from __future__ import annotations

import time
from contextlib import aclosing
from email.utils import formatdate
from pathlib import Path

import anyio
import pytest

from storybook.application import Application
from storybook.book import picture_of
from storybook.engines import EngineAway, EngineUnavailable
from storybook.events.catalog import (
    StageAbandoned,
    StageDeferred,
    StageFailed,
    StageSubmitted,
    Submission,
)
from storybook.events.log import START
from storybook.run import Run, Status, fold
from storybook.stages.retry_after import seconds_of
from tests.books import PAGES, new_run
from tests.comfyui.child import serving
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import REQUEST, Studio, task

pytestmark = pytest.mark.anyio


async def away(studio: Studio, submission: Submission | None = None) -> EngineAway:
    """How the engine says that it is away."""
    with pytest.raises(EngineAway) as found:
        await studio.paint(task(submission=submission))
    assert (await studio.engine.readiness()).away
    return found.value


async def test_a_server_that_does_not_answer_is_away_until_it_does() -> None:
    """Where nobody answers is said, and the next picture is painted as soon as somebody does."""
    async with ComfyDouble().serving() as double:
        await double.stop()
        studio = Studio(double, back_off=30, back_off_limit=60)
        found = await away(studio)
        assert double.url in found.why and "does not answer" in found.why
        assert "Start ComfyUI" in found.mend
        await double.start()
        assert (await studio.engine.readiness()).ready
        await studio.paint()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 521])
async def test_a_proxy_without_its_server_says_that_it_is_away(status: int) -> None:
    """Whatever it shows people who look; and how long to wait, if it says so."""
    async with ComfyDouble().serving() as double:
        double.faults.stands_behind, double.faults.retry_after = status, "30"
        found = await away(Studio(double))
        assert f"answered with {status}" in found.why
        assert found.retry_after == 30


@pytest.mark.parametrize("status", [200, 404])
async def test_what_is_no_comfyui_is_not_waited_for(status: int) -> None:
    """That the address is wrong, somebody has to mend."""
    async with ComfyDouble().serving() as double:
        double.faults.stands_behind = status
        studio = Studio(double)
        with pytest.raises(EngineUnavailable, match="not ComfyUI") as found:
            await studio.paint()
        assert not isinstance(found.value, EngineAway)
        readiness = await studio.engine.readiness()
        assert not readiness.ready and not readiness.away


async def test_a_picture_that_is_turned_away_is_not_taken_for_given_away() -> None:
    """Nobody looks for it, and it is given away once it is taken."""
    async with ComfyDouble().serving() as double:
        double.faults.turns_posts_away, double.faults.retry_after = 1, "7"
        studio = Studio(double)
        with pytest.raises(EngineAway) as found:
            await studio.paint()
        assert found.value.retry_after == 7
        await studio.paint(task(submission=studio.submissions[0]))
        assert len(double.painted) == 1


async def test_a_server_that_is_away_is_waited_for_when_the_other_cannot_paint() -> None:
    """It may have the model that the other one lacks."""
    async with ComfyDouble().serving() as without, ComfyDouble().serving() as gone:
        without.models("other.safetensors")
        await gone.stop()
        found = await away_or_not(Studio(without, gone))
        assert isinstance(found, EngineAway)
        assert "does not answer" in found.why and "other.safetensors" in found.why
        await gone.start()
        await Studio(without, gone).paint()


async def away_or_not(studio: Studio) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as found:
        await studio.paint()
    return found.value


async def test_a_picture_finished_behind_a_broken_line_is_adopted() -> None:
    """The line breaks while it is painted; nothing replaces it before somebody could look."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double, gone=0.05)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(away, studio)
            await double.until(lambda: len(double.running) == 1)
            double.faults.stands_behind = 502
            await double.drop_websockets()
        (submission,) = studio.submissions
        double.release()
        await double.until(lambda: len(double.painted) == 1)
        await away(studio, submission)
        double.faults.stands_behind = None
        await studio.paint(task(submission=submission))
        assert studio.submissions == [submission]
        assert len(double.posts) == len(double.painted) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 0 ", 0),
        (formatdate(1_000_060, usegmt=True), 60),
        (formatdate(1_000_060), 60),
        (formatdate(10, usegmt=True), 0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    """What cannot be read says nothing."""
    assert seconds_of(header, now=1_000_000) == seconds


def test_a_date_is_seen_from_now_on() -> None:
    """By the machine's clock, since that is what the server's date is of."""
    seconds = seconds_of(formatdate(time.time() + 60, usegmt=True))
    assert seconds is not None and 50 < seconds <= 60


# ------------------------------------------------------------------------------- the whole service


async def until(application: Application, holds: object) -> Run:
    """The only run as soon as something holds of it."""
    run: Run | None = None
    with anyio.fail_after(30):
        async with aclosing(application.log.tail(START)) as batches:
            async for batch in batches:
                for it in batch:
                    run = fold([it.event], run)
                    if run is not None and holds(run):  # type: ignore[operator]
                        return run
    raise AssertionError("a tail never ends")


@pytest.mark.slow
async def test_a_book_whose_comfyui_is_restarted_is_done_with_no_retry(tmp_path: Path) -> None:
    """It was away for some seconds over a picture: that page is given away once more, the others
    are not touched, and nothing failed."""
    async with ComfyDouble().serving() as double, serving(tmp_path, double.url) as application:
        double.faults.hold = "KSampler"
        await application.request_run(new_run(REQUEST, None))
        await double.until(lambda: len(double.running) == 1)
        await double.stop()
        run = await until(application, lambda run: run.waiting_for is not None)
        assert run.status is Status.RUNNING
        double.release()
        await double.start()
        run = await until(application, lambda run: run.status.has_ended)
        events = [it.event for it in await application.log.read(START, 10_000)]
    assert run.status is Status.DONE and len(double.painted) == len(PAGES)
    assert not [it for it in events if isinstance(it, StageFailed | StageAbandoned)]
    assert len([it for it in events if isinstance(it, StageDeferred)]) == 1
    given = [it.work for it in events if isinstance(it, StageSubmitted)]
    assert len(given) == len(PAGES) + 1 and given.count(picture_of(0)) == 2


@pytest.mark.slow
async def test_a_comfyui_that_boots_after_us_paints_the_book(tmp_path: Path) -> None:
    """And one that boots after a restart of ours, too: a reboot of both."""
    async with ComfyDouble().serving() as double:
        await double.stop()
        async with serving(tmp_path, double.url) as application:
            await application.request_run(new_run(REQUEST, None))
            await until(application, lambda run: run.waiting_for is not None)
        async with serving(tmp_path, double.url) as application:
            await double.start()
            run = await until(application, lambda run: run.status.has_ended)
            events = [it.event for it in await application.log.read(START, 10_000)]
    assert run.status is Status.DONE
    assert len([it for it in events if isinstance(it, StageDeferred)]) == 1
    assert not [it for it in events if isinstance(it, StageFailed)]
