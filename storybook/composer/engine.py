"""The composer as an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cached_property
from typing import Final

import storybook
from storybook.book import Page
from storybook.composer.arcs import AGE, PAGE_COUNT, arcs
from storybook.composer.compose import compose
from storybook.engines import Capabilities, Readiness, Report, Topic, WritingTask
from storybook.events.catalog import EngineInfo

BOOKS_AT_ONCE: Final = 4


class Composer:
    """A writer that needs no model, composes a book in milliseconds, and is always ready."""

    varies = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(name="composer", version=storybook.__version__, device="cpu")

    @cached_property
    def capabilities(self) -> Capabilities:
        """Its storylines are written in Korean, for one length and one age: a page of theirs has
        three to five sentences of seven or eight words, and one picture."""
        topics = tuple(Topic(it.topic, it.words) for it in arcs())
        return Capabilities(
            languages=("ko",), page_counts=(PAGE_COUNT,), ages=(AGE,), topics=topics
        )

    @property
    def places(self) -> int:
        return BOOKS_AT_ONCE

    async def readiness(self) -> Readiness:
        return Readiness(ready=True)

    async def unload(self) -> None:
        """There is nothing to let go of."""

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield the pages after those that stand."""
        cards = {who.name: who.card for who in task.cast if who.card}
        pages = compose(task.request, task.seed, cards)
        for page in pages[len(task.standing) :]:
            yield page
            report((page.page + 1) / len(pages))
