"""Several servers: pictures side by side, one each, and none on a dead one."""

from __future__ import annotations

from contextlib import AsyncExitStack

import anyio
import pytest

from storybook.engines import EngineAway, EngineUnavailable, Readiness
from storybook.stages.illustrator.comfyui.errors import Unreachable
from storybook.stages.illustrator.comfyui.pool import Pool
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import Studio, task

pytestmark = pytest.mark.anyio


async def paint_pages(studio: Studio, count: int) -> None:
    async with anyio.create_task_group() as tasks:
        for page in range(count):
            tasks.start_soon(studio.paint, task(page=page, prompt=f"Page {page}."))


async def doubles(stack: AsyncExitStack, count: int) -> list[ComfyDouble]:
    return [await stack.enter_async_context(ComfyDouble().serving()) for _ in range(count)]


async def test_pages_are_painted_side_by_side_one_on_each() -> None:
    """Each server has one prompt of ours at a time, and there is a place for each."""
    async with AsyncExitStack() as stack:
        first, second = await doubles(stack, 2)
        first.faults.hold = second.faults.hold = "KSampler"
        studio = Studio(first, second)
        assert studio.engine.places == 2
        assert studio.engine.info.device == f"{first.url}, {second.url}"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(paint_pages, studio, 4)
            await first.until(lambda: len(first.running) == 1)
            await second.until(lambda: len(second.running) == 1)
            assert first.pending == second.pending == []
            first.release()
            second.release()
        assert len(studio.paintings) == 4
        assert len(first.painted) >= 1 and len(second.painted) >= 1


async def test_a_dead_endpoint_is_left_out() -> None:
    """Its picture goes to the other one; the next ones do not wait for it."""
    async with AsyncExitStack() as stack:
        dead, alive = await doubles(stack, 2)
        await dead.stop()
        studio = Studio(dead, alive, back_off=30, back_off_limit=60)
        for page in range(3):
            await studio.paint(task(prompt=f"Page {page}."))
        assert len(alive.painted) == 3
        await dead.start()


async def test_an_endpoint_that_dies_over_a_picture_loses_it_to_another() -> None:
    """The picture is given away again, and recorded again."""
    async with AsyncExitStack() as stack:
        dying, other = await doubles(stack, 2)
        dying.faults.hold = "KSampler"
        studio = Studio(dying, other, gone=0.05)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await dying.until(lambda: len(dying.running) == 1)
            await dying.stop()
        assert [it.endpoint for it in studio.submissions] == [dying.url, other.url]
        assert len(other.painted) == 1
        await dying.start()


async def test_a_dead_worker_loses_its_picture_to_another() -> None:
    """After a living HTTP server."""
    async with AsyncExitStack() as stack:
        dead, alive = await doubles(stack, 2)
        dead.kill_worker()
        studio = Studio(dead, alive)
        await studio.paint()
        assert len(alive.painted) == 1
        assert dead.pending == []


async def test_an_endpoint_comes_back_by_itself() -> None:
    """Once its time is over it is tried again, and has its turn with the others."""
    async with AsyncExitStack() as stack:
        first, second = await doubles(stack, 2)
        await first.stop()
        studio = Studio(first, second, back_off=0.001)
        await studio.paint()
        await first.start()
        pages = 0
        while not first.painted:
            pages += 1
            await studio.paint(task(prompt=f"Page {pages}."))
        assert len(first.painted) == 1


async def test_an_endpoint_without_the_model_is_passed_over() -> None:
    """The others have it; if none has, the message names it."""
    async with AsyncExitStack() as stack:
        without, having = await doubles(stack, 2)
        without.models("other.safetensors")
        studio = Studio(without, having)
        await studio.paint()
        assert (len(without.posts), len(having.painted)) == (0, 1)
        assert (await studio.engine.readiness()).ready
        having.models("other.safetensors")
        with pytest.raises(EngineUnavailable, match="sd15_random_tiny"):
            await Studio(without, having).paint()


async def test_who_is_away_among_several_is_named_though_the_others_paint() -> None:
    """The settings ask for all of them."""
    async with AsyncExitStack() as stack:
        there, away = await doubles(stack, 2)
        await away.stop()
        studio = Studio(away, there)
        readiness = await studio.engine.readiness()
        assert readiness.ready
        assert away.url in readiness.why and there.url not in readiness.why
        assert "Start ComfyUI" in readiness.mend
        assert studio.engine.info.version
        await away.start()
        assert await studio.engine.readiness() == Readiness(True)


@pytest.mark.parametrize("wrong", ["{host}", "htp://{host}", "http://", "me:secret@{host}"])
async def test_what_is_no_address_is_never_asked(wrong: str) -> None:
    """It is said how an address is written, and no password; waiting would not help."""
    async with ComfyDouble().serving() as double:
        studio = Studio(urls=(wrong.format(host=double.url.removeprefix("http://")),))
        readiness = await studio.engine.readiness()
        assert not (readiness.ready or readiness.away)
        assert "is no http address" in readiness.why and "secret" not in readiness.why
        assert "[illustrator] urls, such as http://127.0.0.1:8188" in readiness.mend
        with pytest.raises(EngineUnavailable, match="is no http address") as refused:
            await studio.paint()
        assert not isinstance(refused.value, EngineAway)


async def test_a_mended_server_is_tried_at_once() -> None:
    """A new picture tries a server that is left out when there is no other."""
    async with AsyncExitStack() as stack:
        (only,) = await doubles(stack, 1)
        only.kill_worker()
        studio = Studio(only, back_off_limit=60)
        with pytest.raises(EngineUnavailable):
            await studio.paint()
        await only.restart()
        await studio.paint()


async def test_each_failure_in_a_row_doubles_the_time_and_a_success_ends_the_row() -> None:
    """Up to a limit."""
    timing = ComfyTiming(back_off=1_000, back_off_limit=3_000)
    pool = Pool(("http://a",), timing)
    (endpoint,) = pool.endpoints
    trouble = Unreachable("http://a", "it does not answer")

    def seconds() -> float:
        pool.leave_out(endpoint, trouble)
        return round(endpoint.due_at - anyio.current_time(), -3)

    assert [seconds() for _ in range(3)] == [1_000, 2_000, 3_000]
    pool.is_well(endpoint)
    assert (endpoint.due_at, endpoint.trouble) == (0, None)
    assert seconds() == 1_000


async def test_the_same_address_twice_is_one_place() -> None:
    """And a slash at its end is none."""
    async with ComfyDouble().serving() as double:
        studio = Studio(urls=(double.url, f"{double.url}/"))
        assert studio.engine.places == 1
        await studio.paint()
