"""Engines that make a small real book at once, or fail, or wait, as a test wants it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio

from storybook.book import Page, Segment
from storybook.engines import (
    Capabilities,
    Narration,
    NarrationTask,
    Painting,
    PaintingTask,
    Readiness,
    Report,
    WorkFailed,
    WritingTask,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.engines import NoTranscriber
from tests.export.finished import STORY, png, wav

ENDLESS = "기다림"
"""The topic of a book whose second page is never painted."""


class _Double:
    info = EngineInfo("double", "1.0")
    capabilities = Capabilities()
    places = 2

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        return None


class Scribe(_Double):
    """Writes the same story whatever is asked for."""

    varies = False
    capabilities = Capabilities(languages=("ko",), page_counts=(len(STORY),))

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        for page in STORY[len(task.standing) :]:
            yield page


class Brush(_Double):
    """Paints one colour; has no paint for page `fails_at`."""

    def __init__(self, fails_at: int | None = None) -> None:
        self._fails_at = fails_at

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        report(0.5)
        if task.page.page == self._fails_at:
            raise WorkFailed("no_paint", "the paint has run out", retryable=False)
        if task.request.topic == ENDLESS and task.page.page == 2:
            await anyio.sleep_forever()
        return Painting(png(), 64, 64, MadeFrom(task.page.image_prompt, task.seed))


class Voice(_Double):
    """Hums."""

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        segments = tuple(
            Segment(it.text, it.speaker, it.voice, n / 10, (n + 1) / 10)
            for n, it in enumerate(task.utterances)
        )
        return Narration(wav(), 0.5, segments, MadeFrom(seed=task.seed))


def double_engines(fails_at: int | None = None, illustrator: Brush | None = None) -> Engines:
    """All four roles."""
    return Engines.only(Scribe(), illustrator or Brush(fails_at), Voice(), NoTranscriber())


def chosen_doubles(
    fails_at: int | None = None,
) -> Callable[[Settings, Path], Coroutine[Any, Any, Engines]]:
    """What stands in for `choose_engines`."""

    async def choose(settings: Settings, data: Path) -> Engines:
        return double_engines(fails_at)

    return choose
