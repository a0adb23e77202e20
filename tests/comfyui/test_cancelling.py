"""Cancelling takes our prompt back, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from tests.comfyui.double import ComfyDouble
from tests.comfyui.listening import post, workflow
from tests.comfyui.studio import Studio

pytestmark = pytest.mark.anyio

VERSIONS = pytest.mark.parametrize("has_jobs_api", [False, True], ids=["0.3", "0.38"])


async def cancel_when(double: ComfyDouble, studio: Studio, holds: Callable[[], bool]) -> None:
    """Paint, and cancel as soon as something holds of the double."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(studio.paint)
        await double.until(holds)
        tasks.cancel_scope.cancel()


async def somebody_elses(double: ComfyDouble, count: int) -> None:
    for seed in range(count):
        graph = workflow("txt2img_tiny")
        graph["3"]["inputs"]["seed"] = 100 + seed
        await post(double, {"prompt": graph, "prompt_id": new_id(seed), "client_id": "other"})


def new_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


@VERSIONS
async def test_a_running_prompt_is_interrupted(has_jobs_api: bool) -> None:
    """And it has really ended when the cancellation is over."""
    async with ComfyDouble(has_jobs_api=has_jobs_api).serving() as double:
        double.faults.hold = "KSampler"
        await cancel_when(double, Studio(double), lambda: len(double.running) == 1)
        assert double.running == []
        assert double.painted == []


@VERSIONS
async def test_a_waiting_prompt_is_taken_out_of_the_queue(has_jobs_api: bool) -> None:
    """What runs and what else waits, both somebody else's, goes on."""
    async with ComfyDouble(has_jobs_api=has_jobs_api).serving() as double:
        double.faults.hold = "KSampler"
        await somebody_elses(double, 2)
        await double.until(lambda: len(double.running) == 1)
        studio = Studio(double)
        await cancel_when(double, studio, lambda: len(double.pending) == 2)
        assert double.running == [new_id(0)] and double.pending == [new_id(1)]
        assert double.interrupts == []  # older servers stop whatever runs, whoever is named
        double.release()
        await double.until(lambda: len(double.painted) == 2)
        assert set(double.painted) == {new_id(0), new_id(1)}


async def test_only_ours_is_ever_named() -> None:
    """No queue is cleared, and no interrupt goes to whatever runs."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        await cancel_when(double, studio, lambda: len(double.running) == 1)
        ours = studio.submissions[0].prompt_id
        assert {"prompt_id": ours} in double.interrupts
        assert all(body == {"prompt_id": ours} for body in double.interrupts)
        assert all(body == {"delete": [ours]} for body in double.deletes)


async def test_a_prompt_in_its_last_node_ends_well() -> None:
    """There an interrupt has no effect; the cancellation waits for the end."""
    async with ComfyDouble().serving() as double:
        double.faults.hold, double.faults.ignores_interrupts = "SaveImage", True
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cancel_when, double, Studio(double), lambda: double.sampled == 1)
            await double.until(lambda: len(double.interrupts) > 2)
            double.release()
        assert double.running == []
        assert len(double.painted) == 1


async def test_cancelling_is_bounded() -> None:
    """A server that does not let go keeps nobody waiting for ever."""
    async with ComfyDouble().serving() as double:
        double.faults.hold, double.faults.ignores_interrupts = "KSampler", True
        with anyio.fail_after(30):
            await cancel_when(
                double, Studio(double, withdraw=0.1), lambda: len(double.running) == 1
            )
        assert len(double.running) == 1


async def test_cancelling_while_the_server_is_away_is_bounded() -> None:
    """Nothing can be taken back from a server that does not answer."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double, withdraw=0.1)
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(studio.paint)
                await double.until(lambda: len(double.running) == 1)
                await double.stop()
                tasks.cancel_scope.cancel()
        await double.start()


async def test_cancelling_between_record_and_post_takes_it_back() -> None:
    """Whether the server has it is never left open."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            studio.on_submission = tasks.cancel_scope.cancel
            tasks.start_soon(studio.paint)
        assert double.running == double.pending == []


@pytest.mark.slow
async def test_cancelling_while_the_server_takes_the_prompt_waits_for_its_answer() -> None:
    """A prompt that arrives after the cancellation would be painted for nobody."""
    async with ComfyDouble().serving() as double:
        double.faults.hold, double.faults.holds_posts = "KSampler", True
        painting, ended = anyio.CancelScope(), anyio.Event()

        async def paint() -> None:
            with painting:
                await Studio(double).paint()
            ended.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(paint)
            await double.until(lambda: "POST /prompt" in double.requests)
            painting.cancel()
            with anyio.move_on_after(0.1):  # it must not end now
                await ended.wait()
            double.faults.holds_posts = False
            double.changed.notify()
        await double.until(lambda: len(double.posts) == 1)
        await double.until(lambda: not double.running + double.pending)


async def test_a_cancelled_endpoint_is_free_again() -> None:
    """The next picture is painted there."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        await cancel_when(double, studio, lambda: len(double.running) == 1)
        double.release()
        await studio.paint()
