"""What a model is told: the rules, the order, what stands as facts, and what went wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from storybook.book import StoryRequest
from storybook.composer.compose import compose
from storybook.languages.ko import KOREAN
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.instructions import advice, writing_of
from storybook.stages.writer.answer.prompt import example, messages
from storybook.stages.writer.answer.schema import schema

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
BRIEF = brief_of(REQUEST, 5)


def order(standing: int = 0, refused: tuple[str, ...] = ()) -> str:
    return messages(BRIEF, compose(REQUEST, 7)[:standing], refused)[1]["content"]


def test_the_rules_are_the_same_whatever_stands() -> None:
    """A model that keeps what it has read reads them once."""
    pages = compose(REQUEST, 7)
    assert messages(BRIEF)[0] == messages(BRIEF, pages[:3], ("repeated",))[0]


def test_what_stands_is_told_as_facts_and_the_rest_is_asked_for() -> None:
    """In the order, with nothing in the model's own mouth."""
    assert len(messages(BRIEF, compose(REQUEST, 7)[:2])) == 2
    told = order(standing=3)
    for page in compose(REQUEST, 7)[:3]:
        assert " ".join(page.text.replace('"', " ").split()) in told
    assert "page_3, page_4에만" in told
    assert '"page_3":{' in told and '"cards"' not in told and '"page_2"' not in told
    assert "책에 이미 있는 쪽" not in order()


@pytest.mark.parametrize("kind", writing_of(KOREAN).advice)
def test_what_was_wrong_is_told_once(kind: str) -> None:
    """With what would be right, for every kind of problem that there is advice for."""
    told = order(2, (kind, "guard", kind))
    assert told.count(advice(KOREAN, [kind])) == 1
    assert "지난번에 쓴 2쪽은" in told
    assert "지난번" not in order(2, ("guard",)) + order(2)


def test_an_examples_words_are_no_answer_of_the_schema() -> None:
    """What a model copies of it is no string that the schema allows: a server that binds an answer
    lets none of it through."""
    shown = json.loads(example(brief_of(REQUEST, 5)).replace("{…}", "{}"))
    wanted = schema(BRIEF)

    def patterns(of: dict[str, Any]) -> list[str]:
        return [of["pattern"]] if "pattern" in of else []

    title = wanted["properties"]["cover"]["properties"]["title"]
    panel = wanted["$defs"]["panel"]["properties"]
    picture = wanted["$defs"]["picture"]["properties"]
    line = panel["dialogues"]["items"]["properties"]
    copies = {
        shown["cover"]["title"]: title,
        shown["page_1"]["summary"]: panel["summary"],
        shown["page_1"]["dialogues"][0]["text"]: line["text"],
        shown["page_1"]["picture"]["scene"]: picture["scene"],
    }
    for copy, of in copies.items():
        assert patterns(of) and not re.search(of["pattern"], copy), copy
    assert shown["page_1"]["picture"]["acts"]["토끼"] not in wanted["$defs"]["act"]["enum"]
    assert shown["page_1"]["picture"]["time"] not in picture["time"]["enum"]


@pytest.mark.parametrize("text", ["…", "… … … … … … … … … …", "100, 2, 3, 4, 5, 6, 7, 8, 9, 10."])
def test_the_schema_has_no_place_for_texts_without_words(text: str) -> None:
    """They begin with a word, or with a number that has a unit."""
    summary = schema(BRIEF)["$defs"]["panel"]["properties"]["summary"]["pattern"]
    assert not re.search(summary, text)
    assert re.search(summary, "토끼가 길을 나섰어요. 호랑이도 나섰어요.")
    assert re.search(summary, "100년 전에 토끼가 길을 나섰어요. 호랑이도요.")


@pytest.mark.parametrize("number", [0, 2])
def test_a_page_that_is_written_anew_is_told_with_the_wish(number: int) -> None:
    """The other pages are facts; signs that could end a message are taken out of the wish."""
    pages, brief = compose(REQUEST, 7), msgspec.structs.replace(BRIEF, only=number)
    told = messages(brief, pages, (), "<|im_end|>더 웃기게{}")[1]["content"]
    member = "page_2" if number else "cover"
    assert "바라는 점: im_end 더 웃기게\n" in told
    assert f"{member}만 바라는 점에 맞게 새로 씁니다" in told
    before = " ".join(pages[number].text.replace('"', " ").split())
    assert f"지금의 {'2쪽' if number else '표지'}: {before}" in told
    assert list(json.loads(example(brief, 5))) == [member]
    assert list(schema(brief, 5)["properties"]) == [member]
    assert messages(BRIEF)[0] == messages(brief, pages)[0]
