"""The painter as an engine: bytes that repeat, a free event loop, prompt cancellation."""

from __future__ import annotations

import hashlib
import multiprocessing
import struct
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from multiprocessing.process import BaseProcess
from typing import Any

import anyio
import msgspec
import numpy as np
import pytest

import storybook
from storybook.book import CastMember, FigureParameters, Page, StoryRequest
from storybook.engines import Painting, PaintingTask, WorkFailed
from storybook.events.catalog import Submission
from storybook.painter import layout
from storybook.painter.creatures.look import figure_of, look_of, looks_of
from storybook.painter.engine import IDLE_SECONDS, Painter
from storybook.painter.picture import paint
from storybook.painter.scene import Actor
from tests.clocks import ManualClock

pytestmark = pytest.mark.slow

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
PROMPT = (
    "A wide view of a village deep in a forest, in the Joseon dynasty of old Korea, on a bright "
    "morning. A curious small white rabbit wearing a red scarf, smiling, waving. A timid orange "
    "tiger wearing a blue vest, smiling, standing. Nearby: a lantern."
)


def task(seed: int = 7, size: int = 1024, page: int = 1) -> PaintingTask:
    return PaintingTask(REQUEST, Page(page, image_prompt=PROMPT), seed, size, size)


def decoded(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels of an 8-bit RGB PNG whose rows all use the Up filter, checked chunk by chunk."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body = png[at + 4 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(body)
        chunks[body[:4]] = body[4:]
        at += 12 + length
    width, height, depth, color, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, color) == (8, 2)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert (rows[:, 0] == 2).all()
    return np.cumsum(rows[:, 1:], 0, dtype=np.uint8).reshape(height, width, 3)


def test_what_is_painted_is_the_recorded_figure() -> None:
    """Whatever coat the prompt says, as another seed or a later painter would read it."""
    white = figure_of(look_of(Actor("토끼", "rabbit"), "ancient", 3))
    black = msgspec.structs.replace(white, coat="#000000", belly="#000000")

    def painted(figure: FigureParameters) -> float:
        cast = (CastMember("토끼", "rabbit", figure=figure),)
        png = paint(msgspec.structs.replace(task(size=128, page=0), cast=cast))
        return float(decoded(png).mean())

    assert painted(black) < painted(white) - 1


@pytest.mark.parametrize("member", ["kind", "outfit", "garment", "hair_style", "marks"])
def test_a_figure_of_another_painter_is_painted(member: str) -> None:
    """As near as this one can: a book may have come from a later version, or from anybody."""
    girl = figure_of(look_of(Actor("소녀", "girl"), "ancient", 3))
    strange = msgspec.structs.replace(girl, **{member: ("?",) if member == "marks" else "?"})
    cast = (CastMember("토끼", "rabbit", figure=strange),)
    assert decoded(paint(msgspec.structs.replace(task(size=128), cast=cast))).any()


def unheard(fraction: float, preview: bytes | None = None) -> None:
    """Nobody listens."""


async def nowhere(submission: Submission) -> None:
    raise AssertionError("the painter gives no work away")


Processes = Callable[[], set[BaseProcess]]


@pytest.fixture
def workers() -> Processes:
    """The processes that the test has started and that run: others may still be ending."""
    before = set(multiprocessing.active_children())
    return lambda: set(multiprocessing.active_children()) - before


@pytest.fixture
async def engine(workers: Processes) -> AsyncIterator[Painter]:
    """A painter whose workers end with the test: those of one that is only dropped end by
    themselves, some time during the next tests."""
    painter = Painter()
    yield painter
    await painter.unload()
    assert not workers()


def test_a_picture_is_a_square_rgb_png_with_something_on_it() -> None:
    """A page's PNG decodes to 1024 × 1024 RGB with light, dark and colour in it."""
    pixels = decoded(paint(task()))
    assert pixels.shape == (1024, 1024, 3)
    middle = pixels[100:-100, 100:-100].astype(float)
    assert middle.mean(2).std() > 20
    assert (middle.max(2) - middle.min(2)).mean() > 15


def test_the_same_task_gives_the_same_bytes_in_another_process() -> None:
    """Two processes, with differently salted hashes, paint the same bytes."""
    here = hashlib.sha256(paint(task(size=256))).hexdigest()
    script = (
        "import hashlib;"
        "import tests.painter.test_engine as t;"
        "print(hashlib.sha256(t.paint(t.task(size=256))).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_another_seed_gives_another_picture() -> None:
    """The seed decides what is left to chance."""
    assert paint(task(7, 128)) != paint(task(8, 128))


@pytest.mark.anyio
async def test_the_engine_paints_and_reports_what_it_was_made_from(engine: Painter) -> None:
    """A painting carries its size, prompt and seed, and progress goes from 0 to 1."""
    told: list[float] = []

    def report(fraction: float, preview: bytes | None = None) -> None:
        told.append(fraction)

    painting = await engine.paint(task(size=128), report, nowhere)
    assert (painting.width, painting.height) == (128, 128)
    assert painting.png == paint(task(size=128))
    assert (painting.made_from.prompt, painting.made_from.seed) == (PROMPT, 7)
    assert painting.made_from.version == engine.info.version
    assert (told[0], told[-1]) == (0.0, 1.0) and told == sorted(told)


@pytest.mark.anyio
async def test_the_engine_says_what_it_is_and_that_it_is_ready(engine: Painter) -> None:
    """The painter is ready on any machine, occupies the cpu, and holds at least one place."""
    assert (engine.info.name, engine.info.device) == ("painter", "cpu")
    assert engine.info.version == storybook.__version__
    assert engine.places >= 1
    assert (await engine.readiness()).ready


@pytest.mark.anyio
async def test_a_missing_skia_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without skia the engine is not ready and says what to install."""
    monkeypatch.setattr("storybook.painter.engine.find_spec", lambda name: None)
    readiness = await Painter().readiness()
    assert not readiness.ready
    assert "skia" in readiness.why and "pip install" in readiness.mend


@pytest.mark.anyio
async def test_the_event_loop_goes_on_while_a_picture_is_painted(engine: Painter) -> None:
    """While the worker paints a full-size page, a ticking task is never held up for long."""
    gaps: list[float] = []
    done = anyio.Event()

    async def tick() -> None:
        last = anyio.current_time()
        while not done.is_set():
            await anyio.sleep(0.005)
            now = anyio.current_time()
            gaps.append(now - last)
            last = now

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await engine.paint(task(), unheard, nowhere)
        done.set()
    assert len(gaps) > 20
    assert sorted(gaps)[len(gaps) * 9 // 10] < 0.1


@pytest.mark.anyio
async def test_cancelling_a_picture_returns_at_once(engine: Painter) -> None:
    """A cancelled piece of work is put down without waiting for its picture."""
    started = anyio.Event()
    finished: list[Painting] = []

    def report(fraction: float, preview: bytes | None = None) -> None:
        started.set()

    async def work() -> None:
        finished.append(await engine.paint(task(size=8192), report, nowhere))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await started.wait()
        await anyio.sleep(0.05)
        before = anyio.current_time()
        tasks.cancel_scope.cancel()
    assert anyio.current_time() - before < 10
    assert not finished


@pytest.mark.anyio
async def test_cancelled_pictures_leave_no_process_behind(
    engine: Painter, workers: Processes
) -> None:
    """At whatever moment they are cancelled, also while the worker starts."""
    for milliseconds in (0, 1, 5, 20, 60):
        with anyio.move_on_after(milliseconds / 1_000):
            await engine.paint(task(), unheard, nowhere)
    assert not workers()


@pytest.mark.anyio
async def test_a_worker_that_dies_fails_its_picture_and_no_other(
    engine: Painter, workers: Processes
) -> None:
    """The failure is one after which trying again helps, and then it does."""
    await engine.paint(task(size=64), unheard, nowhere)
    (worker,) = workers()
    worker.kill()
    worker.join()
    with pytest.raises(WorkFailed, match="process died") as failure:
        await engine.paint(task(size=64), unheard, nowhere)
    assert failure.value.retryable
    assert (await engine.paint(task(size=64), unheard, nowhere)).width == 64


@pytest.mark.anyio
async def test_workers_that_nobody_needs_end_by_themselves(workers: Processes) -> None:
    """Some minutes after the last picture their memory is given back."""
    clock = ManualClock()
    engine = Painter(clock=clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.unload_when_idle)
        await engine.paint(task(size=64), unheard, nowhere)
        assert len(workers()) == 1
        clock.advance(IDLE_SECONDS + 1)
        with anyio.fail_after(30):
            while workers():  # noqa: ASYNC110 - they tell nobody
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()


def test_a_variation_moves_the_figures_and_leaves_their_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is another picture of the same characters; none is the picture as it always was."""
    looks: list[object] = []
    spots: list[object] = []
    look, place = looks_of, layout.place

    def seen_looks(*given: Any) -> Any:
        looks.append(look(*given))
        return looks[-1]

    def seen_places(*given: Any, **more: Any) -> Any:
        spots.append(place(*given, **more))
        return spots[-1]

    monkeypatch.setattr("storybook.painter.compose.looks_of", seen_looks)
    monkeypatch.setattr(layout, "place", seen_places)
    whole = task(size=128)
    pictures = [paint(msgspec.structs.replace(whole, variation=it)) for it in (0, 1, 2)]
    assert pictures[0] == paint(whole)
    assert len(set(pictures)) == 3
    assert looks[0] == looks[1] == looks[2] == looks[3]
    assert spots[0] == spots[3]
    assert len({repr(it) for it in spots}) == 3
