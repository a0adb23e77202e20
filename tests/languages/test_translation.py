"""A page in another language: same scene, same picture, same speakers, other words."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from storybook.book import Dialogue, Page
from storybook.engines import Translating, WorkFailed, WritingTask
from storybook.languages.known import LANGUAGES
from storybook.stages.writer.answer.brief import brief_for, brief_of
from storybook.stages.writer.answer.budget import estimated_tokens
from storybook.stages.writer.answer.order import order_of, telling_of
from storybook.stages.writer.answer.pages import page_of, sheet_of
from storybook.stages.writer.answer.translation import (
    TranslationTelling,
    translation_messages,
    translation_schema,
)
from storybook.stages.writer.check import check_page, check_text, forbidden_words
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
COVER, FIRST, SECOND = (
    page_of(number, SOURCE, SHEET, TOLD[name])
    for number, name in enumerate(("cover", "page_1", "page_2"))
)
ANSWER = {"summary": ENGLISH_STORY[1][0], "lines": ["Shall we make a kite?"]}


def task_for(page: Page) -> WritingTask:
    """To put a page of the Korean book into English."""
    return WritingTask(REQUEST, 7, 1, language="en", translating=Translating(page, "ko"))


def in_english(page: Page, answer: str, step: int = 7) -> Page:
    """What becomes of a page when a model answers so, piece by piece."""
    task = task_for(page)
    fractions: list[float] = []
    telling = telling_of(brief_for(task), task, fractions.append)
    assert isinstance(telling, TranslationTelling)
    pages = [
        it for at in range(0, len(answer), step) for it in telling.hear(answer[at : at + step])
    ]
    pages += telling.rest()
    telling.end("stop")
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and telling.is_complete
    (translated,) = pages
    return translated


def fenced(answer: object) -> str:
    return f"```json\n{json.dumps(answer)}\n```"


def test_only_the_words_are_new() -> None:
    """Who speaks is called as that language calls them; the page passes that language's check."""
    voiced = tuple(msgspec.structs.replace(it, voice="F2") for it in SECOND.dialogues)
    page = in_english(msgspec.structs.replace(SECOND, dialogues=voiced), fenced(ANSWER))
    assert (page.page, page.image_prompt) == (2, SECOND.image_prompt)
    assert page.dialogues == (Dialogue("Rabbit", "Shall we make a kite?", "F2"),)
    assert page.summary == f'{ENGLISH_STORY[1][0]} Rabbit asked, "Shall we make a kite?"'
    cover = in_english(COVER, fenced({"title": ENGLISH_TITLE}))
    assert (cover.title, cover.image_prompt) == (ENGLISH_TITLE, COVER.image_prompt)
    book, rules = msgspec.structs.replace(book_of(REQUEST), language="en"), Rules(forbidden_words())
    assert check_page(page, book, (cover,), rules) == []
    korean = check_text(SECOND, book, (cover,), rules)
    assert "language" in {it.kind for it in korean}


def test_a_page_without_lines_needs_none() -> None:
    """Nor does it matter whether the model says so."""
    for answer in ({"summary": ENGLISH_STORY[0][0]}, {"summary": ENGLISH_STORY[0][0], "lines": []}):
        page = in_english(FIRST, json.dumps(answer))
        assert (page.summary, page.dialogues) == (ENGLISH_STORY[0][0], ())


def test_the_words_of_a_page_are_checked_without_its_picture() -> None:
    """The picture stands: no other words would mend it."""
    rules = Rules(forbidden_words())
    page = msgspec.structs.replace(FIRST, image_prompt="그림")
    assert check_page(page, book_of(REQUEST), (COVER,), rules)
    assert check_text(page, book_of(REQUEST), (COVER,), rules) == []


def test_a_model_is_told_the_page_and_nothing_else() -> None:
    """In its language, with the names that are to stand there."""
    order = order_of(brief_for(task_for(SECOND)), task_for(SECOND))
    assert order.messages == translation_messages(Translating(SECOND, "ko"), TARGET)
    system, asked = (it["content"] for it in order.messages)
    assert "You are an English writer" in system
    assert KOREAN_STORY[1][0] in asked and "- Rabbit: 나랑 연을 만들자!" in asked
    assert "Rabbit (curious, rabbit)" in asked and "물었어요" not in asked and "외쳤" not in asked
    assert "page 2" in asked and '{"summary":"<narration>","lines":["<spoken line>"]}' in asked
    back = translation_messages(Translating(COVER, "ko"), SOURCE)[1]["content"]
    assert KOREAN_TITLE in back and '{"title":"<제목>"}' in back


def test_an_answer_is_bound_to_the_page() -> None:
    """To a title, or to a narration and as many lines; it is much shorter than a book."""
    wanted = translation_schema(SECOND, TARGET)["properties"]
    assert list(wanted) == ["summary", "lines"]
    assert (wanted["lines"]["minItems"], wanted["lines"]["maxItems"]) == (1, 1)
    assert re.fullmatch(wanted["summary"]["pattern"], ENGLISH_STORY[1][0])
    assert list(translation_schema(COVER, TARGET)["properties"]) == ["title"]
    longest = order_of(TARGET, task_for(SECOND)).longest
    assert list(json.loads(longest)) == ["summary", "lines"]
    assert len(json.dumps(ANSWER)) < len(longest)
    assert estimated_tokens(longest) < estimated_tokens(order_of(TARGET, _BOOK).longest) / 4


_BOOK = WritingTask(REQUEST, 7, 1, language="en")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({}, "cut_answer"),
        ([], "cut_answer"),
        ({"lines": ["a"]}, "cut_answer"),
        ({**ANSWER, "lines": []}, "bad_answer"),
        ({**ANSWER, "lines": "no"}, "bad_answer"),
        ({**ANSWER, "lines": [3]}, "bad_answer"),
        ({**ANSWER, "summary": " "}, "bad_answer"),
    ],
    ids=str,
)
def test_what_is_no_translation_may_be_asked_for_again(answer: Any, kind: str) -> None:
    """Lines that are missing, and what is no text."""
    with pytest.raises(WorkFailed, match="translat") as failure:
        in_english(SECOND, fenced(answer))
    assert failure.value.kind == kind and failure.value.retryable


def test_a_draft_before_the_answer_is_left() -> None:
    """What cannot be read is no answer while a later one can."""
    page = in_english(SECOND, f"{json.dumps({**ANSWER, 'lines': []})}\nNo: {json.dumps(ANSWER)}")
    assert page.dialogues[0].text == "Shall we make a kite?"
