"""The composer as an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from typing import Final

import storybook
from storybook.book import Page, StoryRequest
from storybook.composer.arcs import AGE, PAGE_COUNT
from storybook.composer.choosing import ARC, arc_storyline, choice, known_topics
from storybook.composer.compose import compose
from storybook.composer.storylines import by_name
from storybook.composer.tale import company, told
from storybook.composer.tale_pages import tell
from storybook.engines import Capabilities, Choice, Readiness, Report, Topic, WritingTask
from storybook.events.catalog import EngineInfo

BOOKS_AT_ONCE: Final = 4


def pages_of(task: WritingTask) -> tuple[Page, ...]:
    """The book of a task: its storyline, told. One that was asked for before there was a choice is
    what it was then; one whose storyline is gone or fits no more tells the seed's own."""
    cards = {who.name: who.card for who in task.cast if who.card}
    if not task.storyline:
        return compose(task.request, task.seed, cards)
    for name in (task.storyline, *choice(task.request, task.seed).storylines):
        if pages := _told(name, task, cards):
            return pages
    return compose(task.request, task.seed, cards)


def _told(name: str, task: WritingTask, cards: Mapping[str, str]) -> tuple[Page, ...]:
    """A storyline, told; nothing if there is none of that name, or it does not fit."""
    if name.startswith(ARC):
        line = arc_storyline(name)
        return compose(task.request, task.seed, cards, line) if line is not None else ()
    found = by_name().get(name)
    it = told(found, task.request, task.seed, cards) if found is not None else None
    return tell(it, task.seed) if it is not None else ()


class Composer:
    """A writer that needs no model, composes a book in milliseconds, and is always ready."""

    varies = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(name="composer", version=storybook.__version__, device="cpu")

    @cached_property
    def capabilities(self) -> Capabilities:
        """Its storylines are written in Korean, for one length and one age: a page of theirs has
        some ten short sentences and one picture."""
        topics = tuple(Topic(name, words) for name, words in known_topics())
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

    def choice(self, request: StoryRequest, seed: int) -> Choice:
        """What it could tell."""
        return choice(request, seed)

    def company(self, request: StoryRequest, storyline: str) -> tuple[str, ...]:
        """Those whom it brings along."""
        line = by_name().get(storyline)
        it = told(line, request, 0) if line is not None else None
        return company(it) if it is not None else ()

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield the pages after those that stand."""
        pages = pages_of(task)
        for page in pages[len(task.standing) :]:
            yield page
            report((page.page + 1) / len(pages))
