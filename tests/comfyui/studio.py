"""An illustrator on doubles, with times so short that a test need not wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from storybook.book import Page, StoryRequest
from storybook.engines import Painting, PaintingTask
from storybook.events.catalog import Submission
from storybook.stages.credentials import ServerAccess
from storybook.stages.illustrator.comfyui.engine import ComfyUI
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from tests.comfyui.double import ComfyDouble

WORKFLOW = str(Path(__file__).parent / "workflows/txt2img_tiny.json")
NEGATIVE = "blurry"
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")

QUICK: dict[str, float] = {
    "silence": 0.5,
    "poll": 0.05,
    "look_again": 0.01,
    "gone": 0.5,
    "unworked": 0.1,
    "hang": 5.0,
    "withdraw": 2.0,
    "close": 0.2,
    "ping": 20.0,
    "back_off": 0.02,
    "back_off_limit": 0.2,
    "patience": 1.0,
    "request": 5.0,
    "glance": 2.0,
    "start": 10.0,
    "stop": 3.0,
}


def task(
    page: int = 1, prompt: str = "A fox in the snow.", submission: Submission | None = None
) -> PaintingTask:
    """A small picture."""
    return PaintingTask(
        REQUEST, Page(page, image_prompt=prompt), 7, width=64, height=48, submission=submission
    )


def access_to(url: str, **more: str) -> ServerAccess:
    """The way to a server, as the engine has it."""
    usual = {"setting": "[illustrator] urls", "example": "http://127.0.0.1:8188"}
    return ServerAccess(url, **(usual | {"key_variable": ""} | more))


class Studio:
    """The engine under test, and what it told."""

    def __init__(self, *doubles: ComfyDouble, workflow: str = WORKFLOW, **more: Any) -> None:
        times = QUICK | {name: more.pop(name) for name in list(more) if name in QUICK}
        urls = more.pop("urls", tuple(it.url for it in doubles))
        self.engine = ComfyUI(urls=urls, workflow=workflow, timing=ComfyTiming(**times), **more)
        self.reports: list[float] = []
        self.previews: list[bytes] = []
        self.submissions: list[Submission] = []
        self.seen: list[int] = []
        self.on_submission: Callable[[], None] = lambda: None
        self.paintings: list[Painting] = []

    async def paint(self, its: PaintingTask | None = None) -> Painting:
        painting = await self.engine.paint(its or task(), self._report, self._submitted)
        self.paintings.append(painting)
        return painting

    def _report(self, fraction: float, preview: bytes | None = None) -> None:
        self.reports.append(fraction)
        if preview is not None:
            self.previews.append(preview)

    async def _submitted(self, submission: Submission) -> None:
        self.submissions.append(submission)
        self.on_submission()
