"""A whole book by a GGUF model, ComfyUI and Supertonic: the real code on models made by the test.

The models have random weights, so the book makes no sense; everything else of it is real.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest

from storybook.application import Application
from storybook.book import StoryRequest, TtsConfig, narration_of, picture_of
from storybook.bootstrap import open_application
from storybook.configuration import load_settings
from storybook.events.catalog import StageStarted
from storybook.events.log import START
from storybook.run import Run, Status, fold
from storybook.stages.writer.check import PageCheck
from tests.books import PAGES, new_run
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import WORKFLOW
from tests.narrator.tiny_supertonic import make_model
from tests.writer.conformance import NONSENSE
from tests.writer.tiny_gguf import make_tiny_gguf

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")


@asynccontextmanager
async def serving(data: Path, comfyui: str) -> AsyncIterator[Application]:
    """The service as the settings build it, with every real engine found by `auto`."""
    settings = load_settings(
        {
            "STORYBOOK_ILLUSTRATOR_URLS": comfyui,
            "STORYBOOK_ILLUSTRATOR_WORKFLOW": WORKFLOW,
            "STORYBOOK_WRITER_DEVICE": "gpu0",
            "STORYBOOK_ILLUSTRATOR_DEVICE": "gpu0",
            "STORYBOOK_WRITER_CONTEXT": "16384",
        }
    )
    async with open_application(settings, data, check=PageCheck(NONSENSE)) as application:
        yield application


async def ended(application: Application) -> Run:
    """The first run of the log, when it has ended."""
    run: Run | None = None
    with anyio.fail_after(60):
        async with aclosing(application.log.tail(START)) as batches:
            async for batch in batches:
                run = fold([it.event for it in batch], run)
                if run is not None and run.status.has_ended:
                    return run
    raise AssertionError("a tail never ends")


async def test_a_whole_book_by_the_real_engines(tmp_path: Path) -> None:
    """Text by llama.cpp, pictures by ComfyUI on the GPU that it shares with it, voices by
    Supertonic; each found by itself, and named in the log."""
    models = tmp_path / "models"
    models.mkdir()
    make_tiny_gguf(models / "tiny.gguf", haste=6.0)
    make_model(models / "supertonic")
    async with ComfyDouble().serving() as double:
        async with serving(tmp_path, double.url) as application:
            await application.request_run(new_run(REQUEST, TtsConfig()))
            run = await ended(application)
            recorded = await application.log.read(START, 10_000)
        assert run.status is Status.DONE, run.fault
        assert len(double.painted) == 5
    started = {it.event for it in recorded if it.type == "StageStarted"}
    engines = {it.engine for it in started if isinstance(it, StageStarted)}
    assert {(it.name, it.model) for it in engines} >= {("llama", "tiny.gguf")}
    assert {it.name for it in engines} == {"llama", "comfyui", "supertonic"}
    for page in PAGES:
        picture, reading = run.artifact(picture_of(page)), run.artifact(narration_of(page))
        assert picture is not None and (picture.width, picture.height) == (1024, 1024)
        assert reading is not None and reading.seconds > 0
    assert all("토끼" not in page.image_prompt for page in run.pages)
