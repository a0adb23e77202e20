"""A page in another language: same scene, same picture, same speakers, other words."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from storybook.book import Dialogue, Page
from storybook.engines import WorkFailed
from storybook.languages.known import LANGUAGES
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.pages import page_of, sheet_of
from storybook.stages.writer.answer.prompt import Message
from storybook.stages.writer.answer.schema import Schema
from storybook.stages.writer.answer.translation import (
    translated,
    translation_messages,
    translation_schema,
)
from storybook.stages.writer.check import check_page, forbidden_words
from storybook.stages.writer.rules import Rules
from tests.books import book_of
from tests.languages.books import (
    ENGLISH_STORY,
    ENGLISH_TITLE,
    KOREAN_STORY,
    KOREAN_TITLE,
    members,
)

KOREAN, ENGLISH = LANGUAGES["ko"], LANGUAGES["en"]
REQUEST = KOREAN.sample
SOURCE, TARGET = brief_of(REQUEST, 5), brief_of(REQUEST, 5, "en")
TOLD = members(KOREAN_TITLE, KOREAN_STORY, SOURCE.names, 5)
SHEET = sheet_of(SOURCE, 7, TOLD)
COVER, SECOND = page_of(0, SOURCE, SHEET, TOLD["cover"]), page_of(2, SOURCE, SHEET, TOLD["page_2"])
ANSWER = {"summary": ENGLISH_STORY[1][0], "lines": ["Shall we make a kite?"]}


async def in_english(page: Page, answer: object) -> Page:
    """What becomes of a page when a model answers so."""

    async def ask(conversation: list[Message], schema: Schema) -> str:
        assert [it["role"] for it in conversation] == ["system", "user"]
        assert schema["additionalProperties"] is False
        return f"```json\n{json.dumps(answer)}\n```"

    return await translated(page, KOREAN, TARGET, ask)


@pytest.mark.anyio
async def test_only_the_words_are_new() -> None:
    """Who speaks is called as that language calls them; the page passes that language's check."""
    voiced = tuple(msgspec.structs.replace(it, voice="F2") for it in SECOND.dialogues)
    page = await in_english(msgspec.structs.replace(SECOND, dialogues=voiced), ANSWER)
    assert (page.page, page.image_prompt) == (2, SECOND.image_prompt)
    assert page.dialogues == (Dialogue("Rabbit", "Shall we make a kite?", "F2"),)
    assert page.summary == f'{ENGLISH_STORY[1][0]} Rabbit asked, "Shall we make a kite?"'
    cover = await in_english(COVER, {"title": ENGLISH_TITLE})
    assert (cover.title, cover.image_prompt) == (ENGLISH_TITLE, COVER.image_prompt)
    book = msgspec.structs.replace(book_of(REQUEST), language="en")
    assert check_page(page, book, (cover,), Rules(forbidden_words())) == []


def test_a_model_is_told_the_page_and_nothing_else() -> None:
    """In its language, with the names that are to stand there."""
    system, order = (it["content"] for it in translation_messages(SECOND, KOREAN, TARGET))
    assert "You are an English writer" in system
    assert KOREAN_STORY[1][0] in order and "- Rabbit: 나랑 연을 만들자!" in order
    assert "Rabbit (curious, rabbit)" in order and "물었어요" not in order and "외쳤" not in order
    assert "page 2" in order and '{"summary":"<narration>","lines":["<spoken line>"]}' in order
    back = translation_messages(COVER, KOREAN, SOURCE)[1]["content"]
    assert KOREAN_TITLE in back and '{"title":"<제목>"}' in back


def test_an_answer_is_bound_to_the_page() -> None:
    """To a title, or to a narration and as many lines."""
    wanted = translation_schema(SECOND, TARGET)["properties"]
    assert list(wanted) == ["summary", "lines"]
    assert (wanted["lines"]["minItems"], wanted["lines"]["maxItems"]) == (1, 1)
    assert re.fullmatch(wanted["summary"]["pattern"], ENGLISH_STORY[1][0])
    assert list(translation_schema(COVER, TARGET)["properties"]) == ["title"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {**ANSWER, "lines": []},
        {**ANSWER, "lines": "no"},
        {**ANSWER, "lines": [3]},
        {"lines": ["a"]},
    ],
    ids=str,
)
async def test_what_is_no_translation_may_be_asked_for_again(answer: Any) -> None:
    """Lines that are missing, and what is no text."""
    with pytest.raises(WorkFailed, match="translation cannot be read") as failure:
        await in_english(SECOND, answer)
    assert failure.value.kind == "bad_answer" and failure.value.retryable
