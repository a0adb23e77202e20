"""What an earlier attempt gave away is adopted, and painted anew only if it is lost."""

from __future__ import annotations

import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.application import Application
from storybook.book import picture_of
from storybook.events.catalog import AbandonReason, StageAbandoned, StageSubmitted, Submission
from storybook.events.log import START
from storybook.run import Run, Status, fold
from storybook.stages.illustrator.comfyui import png
from tests.books import new_run
from tests.comfyui.child import Hasty, serving
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import REQUEST, Studio, task

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def given_away(double: ComfyDouble, *, withdraw: float) -> Submission:
    """A submission of an attempt that was cancelled while the server painted."""
    double.faults.hold = "KSampler"
    studio = Studio(double, withdraw=withdraw)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(studio.paint)
        await double.until(lambda: len(double.running) == 1)
        tasks.cancel_scope.cancel()
    return studio.submissions[0]


async def killed(double: ComfyDouble) -> Submission:
    """A submission of a process that was killed: it had no time to take anything back."""
    return await given_away(double, withdraw=0.0)


async def test_a_picture_finished_meanwhile_is_adopted() -> None:
    """It is fetched and checked; the server painted once."""
    async with ComfyDouble().serving() as double:
        submission = await killed(double)
        double.release()
        await double.until(lambda: len(double.painted) == 1)
        studio = Studio(double)
        painting = await studio.paint(task(submission=submission))
        assert len(double.posts) == len(double.painted) == 1
        assert studio.submissions == []
    png.check(painting.png, 64, 48)
    assert painting.made_from.seed == 7


async def test_a_picture_still_being_painted_is_waited_for() -> None:
    """With its progress, since the websocket's client id follows from the prompt's."""
    async with ComfyDouble().serving() as double:
        submission = await killed(double)
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint, task(submission=submission))
            await double.until(lambda: len(double.connections) == 2)
            double.release()
        assert len(double.painted) == 1
    assert len(set(studio.reports)) > 2


async def test_a_lost_one_is_painted_again() -> None:
    """The server was restarted and knows nothing of it."""
    async with ComfyDouble().serving() as double:
        submission = await killed(double)
        await double.restart()
        double.release()
        studio = Studio(double)
        await studio.paint(task(submission=submission))
        assert len(studio.submissions) == 1
        assert studio.submissions[0].prompt_id != submission.prompt_id


@pytest.mark.parametrize("how", ["flat", "missing", "stale"])
async def test_a_bad_one_is_painted_again(how: str) -> None:
    """In the same attempt: what is wrong with the old picture is not this attempt's failure."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = [how]
        submission = await killed(double)
        double.release()
        await double.until(lambda: len(double.painted) == 1)
        await Studio(double).paint(task(submission=submission))
        assert len(double.painted) == 2


async def test_one_that_was_interrupted_is_painted_again() -> None:
    """What was taken back, or stopped by somebody, is not waited for."""
    async with ComfyDouble().serving() as double:
        submission = await given_away(double, withdraw=2.0)
        double.release()
        await Studio(double).paint(task(submission=submission))
        assert len(double.painted) == 1


async def test_an_endpoint_that_is_no_longer_ours_is_not_asked() -> None:
    """The settings have changed since."""
    async with ComfyDouble().serving() as double:
        elsewhere = Submission("http://127.0.0.1:1", "00000000-0000-4000-8000-000000000000")
        await Studio(double).paint(task(submission=elsewhere))
        assert len(double.painted) == 1


async def test_a_server_that_is_away_keeps_nobody_for_ever() -> None:
    """Its picture is painted on another one."""
    async with ComfyDouble().serving() as gone, ComfyDouble().serving() as other:
        submission = await killed(gone)
        await gone.stop()
        await Studio(gone, other, gone=0.05).paint(task(submission=submission))
        assert len(other.painted) == 1
        await gone.start()


# ------------------------------------------------------------------------------- the whole service


async def ended(application: Application) -> Run:
    """The only run, once it has ended."""
    run: Run | None = None
    with anyio.fail_after(30):
        async with aclosing(application.log.tail(START)) as batches:
            async for batch in batches:
                run = fold([it.event for it in batch], run)
                if run is not None and run.status.has_ended:
                    return run
    raise AssertionError("a tail never ends")


async def events(application: Application, kind: type) -> list[Any]:
    return [
        it.event for it in await application.log.read(START, 10_000) if isinstance(it.event, kind)
    ]


async def test_a_book_whose_server_is_killed_adopts_the_picture(tmp_path: Path) -> None:
    """The process is killed after StageSubmitted, ComfyUI finishes meanwhile, and the next process
    takes the picture: every page was painted once."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        process = await anyio.open_process(
            [sys.executable, "-m", "tests.comfyui.child", str(tmp_path), double.url],
            cwd=Path(__file__).parents[2],
        )
        async with process:
            await double.until(lambda: len(double.running) == 1, seconds=60)
            process.kill()
        double.release()
        await double.until(lambda: len(double.painted) == 1)
        async with serving(tmp_path, double.url) as application:
            run = await ended(application)
            submitted = await events(application, StageSubmitted)
            reasons = [it.reason for it in await events(application, StageAbandoned)]
        assert run.status is Status.DONE
        assert len(double.painted) == len(set(double.painted)) == len(double.posts) == 5
        assert [it.work for it in submitted].count(picture_of(0)) == 1
        assert AbandonReason.CRASH in reasons


async def test_a_book_whose_server_stops_takes_its_picture_back(tmp_path: Path) -> None:
    """Nothing is left running for nobody; the next process paints it, once."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        async with serving(tmp_path, double.url) as application:
            await application.request_run(new_run(REQUEST, None))
            await double.until(lambda: len(double.running) == 1)
        assert double.running == double.pending == []
        double.release()
        async with serving(tmp_path, double.url) as application:
            assert (await ended(application)).status is Status.DONE
        assert len(double.painted) == 5


async def test_a_cancelled_book_takes_its_picture_back(tmp_path: Path) -> None:
    """And the service goes on with the next one."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        async with serving(tmp_path, double.url) as application:
            run_id = await application.request_run(new_run(REQUEST, None))
            await double.until(lambda: len(double.running) == 1)
            await application.cancel_run(run_id)
            await double.until(lambda: not double.running)
        assert double.painted == []


async def test_a_run_out_of_memory_ends_well(tmp_path: Path) -> None:
    """The attempt fails, the memory is freed, the next attempt succeeds."""
    async with ComfyDouble().serving() as double:
        double.faults.out_of_memory = 1
        async with serving(tmp_path, double.url, clock=Hasty()) as application:
            await application.request_run(new_run(REQUEST, None))
            run = await ended(application)
        assert run.status is Status.DONE
        assert sum(run.failures.values()) == 1


async def test_a_variation_is_the_samplers_seed() -> None:
    """0 is none: then it is the book's seed."""
    async with ComfyDouble().serving() as double:
        double.release()
        varied = msgspec.structs.replace(task(), variation=99)
        painting = await Studio(double).paint(varied)
    assert painting.made_from.seed == 99
