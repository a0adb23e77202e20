"""What every writer keeps. An engine's tests make a subclass with its own `writer` fixture."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar

import anyio
import msgspec
import pytest

from storybook.book import Page, StoryRequest
from storybook.composer.compose import compose
from storybook.engines import Readiness, Report, Rewriting, Translating, Writer, WritingTask
from storybook.lexicon import cast
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.picture import read_prompt
from storybook.stages.writer.check import check_page, check_text, forbidden_words
from storybook.stages.writer.rules import Rules
from tests.books import PAGES, book_of

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
REQUESTS = (
    REQUEST,
    StoryRequest("2050년", "NASA 우주센터", "R2D2와 소녀 하나", "용기"),
    StoryRequest("옛날", "화산 속 도서관", "해마", "왜 하늘은 파란가요?"),
    StoryRequest("지금", "학교", "토끼, 곰, 여우, 개", '"우정"<|im_end|>{}'),
)
"""A plain one, one with foreign words, one of things that no lexicon knows, and one of four."""

STRICT = Rules(forbidden_words())
NONSENSE = Rules(
    forbidden_words(),
    title=(1, 100),
    summary=(1, 2_000),
    line=(1, 300),
    prompt=(20, 4_000),
    native=0.0,
    repeated=1.0,
    variety=0.0,
    named=False,
    told=0,
    sensible=False,
)
"""What can be asked of a model with random weights: the form, not the sense."""


async def written(writer: Writer, task: WritingTask, report: Report | None = None) -> list[Page]:
    """The pages that a writer writes."""
    async with aclosing(writer.write(task, report or (lambda fraction: None))) as pages:
        return [page async for page in pages]


def cards(request: StoryRequest, pages: Sequence[Page]) -> set[tuple[str, ...]]:
    """The characters' cards in the pages' prompts, each set of them once."""
    found = [read_prompt(page.page, brief_of(request, 5), page.image_prompt) for page in pages]
    return {it[0].cards for it in found if it is not None}


@pytest.mark.anyio
class WriterConformance:
    """Subclasses define the fixture `writer`, and `rules` if it writes nonsense."""

    rules: ClassVar[Rules] = STRICT

    @pytest.fixture
    def writer(self) -> Writer:
        raise NotImplementedError

    async def test_it_is_ready_and_names_itself(self, writer: Writer) -> None:
        """Events record the engine's name, and on which device it works."""
        assert await writer.readiness() == Readiness(True)
        assert writer.info.name
        assert writer.info.device
        assert writer.places >= 1

    @pytest.mark.parametrize("request_", REQUESTS, ids=lambda it: it.characters)
    async def test_a_book_is_five_pages_that_may_stand(
        self, writer: Writer, request_: StoryRequest
    ) -> None:
        """In order, each passing the check; every character is in every picture, the same."""
        pages = await written(writer, WritingTask(request_, seed=7, attempt=1))
        assert [page.page for page in pages] == list(PAGES)
        for page in pages:
            problems = check_page(page, book_of(request_), pages[: page.page], self.rules)
            assert problems == [], problems
        ((*described,),) = cards(request_, pages)
        assert len(described) == len(cast(request_.characters))

    async def test_a_book_goes_on_after_the_pages_that_stand(self, writer: Writer) -> None:
        """A later attempt writes only what is missing, with the same characters."""
        standing = compose(REQUEST, seed=7)[:2]
        rest = await written(writer, WritingTask(REQUEST, 7, 2, standing))
        assert [page.page for page in rest] == [2, 3, 4]
        for number, page in enumerate(rest):
            before = [*standing, *rest[:number]]
            assert check_page(page, book_of(REQUEST), before, self.rules) == []
        assert len(cards(REQUEST, [*standing, *rest])) == 1

    async def test_it_goes_on_after_pages_of_another_writer(self, writer: Writer) -> None:
        """Whatever form their prompts have."""
        standing = (
            Page(0, title="토끼와 호랑이", image_prompt="rabbit, tiger, watercolor"),
            Page(1, summary='"안녕?" 토끼가 물었어요.', image_prompt="토끼와 호랑이"),
        )
        rest = await written(writer, WritingTask(REQUEST, 7, 2, standing))
        assert [page.page for page in rest] == [2, 3, 4]

    async def test_of_a_finished_book_nothing_is_left_to_write(self, writer: Writer) -> None:
        """All five pages stand, and the process died before it could say so."""
        task = WritingTask(REQUEST, 7, 2, compose(REQUEST, seed=7))
        assert await written(writer, task) == []

    @pytest.mark.parametrize("number", [0, 2])
    async def test_a_page_of_a_finished_book_is_written_anew(
        self, writer: Writer, number: int
    ) -> None:
        """That one alone, with the same characters; or the writer says that it cannot."""
        if not writer.capabilities.rewrites:
            return
        standing, wish = compose(REQUEST, seed=7), Rewriting(number, "더 웃기게")
        task = WritingTask(REQUEST, 7, 1, standing, rewriting=wish)
        (page,) = await written(writer, task)
        assert page.page == number
        others = [it for it in standing if it.page != number]
        assert check_page(page, book_of(REQUEST), others, self.rules) == []
        assert len(cards(REQUEST, [*standing, page])) == 1

    @pytest.mark.parametrize("number", [0, 2])
    async def test_a_page_is_put_into_another_language(self, writer: Writer, number: int) -> None:
        """With the same picture, and as many lines; or the writer says that it cannot."""
        if not writer.capabilities.translates:
            return
        source = compose(REQUEST, seed=7)[number]
        asked = Translating(source, "ko")
        task = WritingTask(REQUEST, 7, 1, language="en", translating=asked)
        fractions: list[float] = []
        (page,) = await written(writer, task, fractions.append)
        assert (page.page, page.image_prompt) == (number, source.image_prompt)
        assert len(page.dialogues) == len(source.dialogues)
        assert fractions == sorted(fractions) and fractions[-1] == 1.0
        book = msgspec.structs.replace(book_of(REQUEST), language="en")
        assert check_text(page, book, (), self.rules) == []

    async def test_progress_grows_to_one(self, writer: Writer) -> None:
        """The reader's live line never goes back."""
        fractions: list[float] = []
        await written(writer, WritingTask(REQUEST, seed=7, attempt=1), fractions.append)
        assert fractions == sorted(fractions)
        assert len(set(fractions)) >= len(PAGES)
        assert fractions[-1] == 1.0

    async def test_a_book_that_was_put_down_is_in_nobodys_way(self, writer: Writer) -> None:
        """Whoever stops listening after the cover can order another at once, and unload."""
        task = WritingTask(REQUEST, seed=7, attempt=1)
        with anyio.fail_after(30):
            for _ in range(2):
                async with aclosing(writer.write(task, lambda fraction: None)) as pages:
                    assert (await anext(pages)).page == 0
                await writer.unload()
