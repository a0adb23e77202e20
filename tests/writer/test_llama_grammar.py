"""What the grammar lets a model write, whatever its weights are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storybook.book import AGES, StoryRequest
from storybook.languages.ko import KOREAN
from storybook.lexicon.looks import times
from storybook.stages.writer.answer.brief import Brief, brief_of
from storybook.stages.writer.answer.pages import MEMBERS
from storybook.stages.writer.answer.picture import ACTS
from storybook.stages.writer.llama.grammar import grammar, text_grammar
from storybook.stages.writer.llama.model import LlamaModel, StopFlag
from tests.books import PAGES

LENGTHS = KOREAN.lengths_for("")

pytestmark = pytest.mark.slow

REQUEST = StoryRequest("2050년", "화산 속 도서관", "R2D2와 소녀 하나, 겁 많은 토끼", "우정")


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(tiny_model, "cpu", 8_192)
    yield model
    model.close()


def answer(model: LlamaModel, brief: Brief, seed: int, first_page: int = 0) -> str:
    """All that a model with random weights says under the grammar."""
    tokens = model.tokens("책")
    return "".join(model.pieces(tokens, grammar(brief, first_page), seed, StopFlag()))


def narrations(members: dict[str, Any]) -> list[str]:
    panels = [member for name, member in members.items() if name in MEMBERS[1:]]
    lines = [line["text"] for panel in panels for line in panel["dialogues"]]
    return [members["cover"]["title"], *(panel["summary"] for panel in panels), *lines]


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_is_a_whole_book(model: LlamaModel, seed: int) -> None:
    """Title, panels, at most two lines each, the cast's names only, and nothing before it."""
    pages = (5, 7, 13)[seed]
    brief = brief_of(REQUEST, pages)
    said = answer(model, brief, seed)
    members = json.loads(said)
    assert said.startswith('{"place":"a')
    assert list(members) == ["place", "cards", *MEMBERS[:pages]]
    for name in MEMBERS[1:pages]:
        panel = members[name]
        assert list(panel) == ["summary", "dialogues", "picture"]
        assert len(panel["dialogues"]) <= LENGTHS.lines
        assert {line["character"] for line in panel["dialogues"]} <= set(brief.names)


@pytest.mark.parametrize("seed", range(3))
def test_korean_text_is_hangul_digits_and_signs(model: LlamaModel, seed: int) -> None:
    """No Chinese letter, no Latin one but in the request's own words; sentences of bounded
    length."""
    members = json.loads(answer(model, brief_of(REQUEST, 5), seed))
    for text in narrations(members):
        assert re.fullmatch(r"[가-힣0-9 .,!?…~]+", text.replace("R2D2", "")), text
    for name in MEMBERS[1:5]:
        sentences = re.split(r"(?<=[.!?…~]) ", members[name]["summary"])
        assert LENGTHS.sentences[0] <= len(sentences) <= LENGTHS.sentences[1]
        assert any(name in "".join(sentences[:2]) for name in ("R2D2", "하나", "토끼"))
        assert all(len(it.split()) <= LENGTHS.sentence_words[1] for it in sentences)


@pytest.mark.parametrize("age", ["", *AGES])
def test_english_text_is_english_letters_whatever_the_age(model: LlamaModel, age: str) -> None:
    """Names as the story calls them, and as much as the age takes."""
    brief = brief_of(REQUEST, 5, "en", age)
    members = json.loads(answer(model, brief, 1))
    assert brief.names == ("R2D2", "Hana", "Rabbit")
    assert set(members["cards"]) == set(brief.names)
    for text in narrations(members):
        assert re.fullmatch(r"[A-Za-zÀ-ÿ0-9 .,!?…~'’-]+", text), text
    for name in MEMBERS[1:5]:
        sentences = re.split(r"(?<=[.!?…~]) ", members[name]["summary"])
        least, most = brief.lengths.sentences
        assert least <= len(sentences) <= most
        assert any(it in "".join(sentences[:2]) for it in brief.names)
        assert all(len(it.split()) <= brief.lengths.sentence_words[1] for it in sentences)
        assert len(members[name]["dialogues"]) <= brief.lengths.lines


@pytest.mark.parametrize("lines", range(3))
def test_a_translation_is_the_words_of_a_page(model: LlamaModel, lines: int) -> None:
    """A title, or a narration and as many lines as the page has, in the language's letters."""
    brief = brief_of(REQUEST, 5, "en")
    bounds = text_grammar(brief, is_cover=False, lines=lines)
    tokens = model.tokens("book")
    said = json.loads("".join(model.pieces(tokens, bounds, lines, StopFlag())))
    assert list(said) == ["summary", "lines"] and len(said["lines"]) == lines
    for text in (said["summary"], *said["lines"]):
        assert re.fullmatch(r"[A-Za-zÀ-ÿ0-9 .,!?…~'’-]+", text), text
    bounds = text_grammar(brief, is_cover=True, lines=0)
    assert list(json.loads("".join(model.pieces(tokens, bounds, 1, StopFlag())))) == ["title"]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_painted_is_ascii(model: LlamaModel, seed: int) -> None:
    """Cards have the kind, a colour and clothes; acts and times are words that painters know."""
    members = json.loads(answer(model, brief_of(REQUEST, 5), seed))
    cards = members["cards"]
    assert re.fullmatch(r"an? .+ rabbit wearing an? \w+ .+", cards["토끼"])
    assert re.fullmatch(r"an? .+ girl wearing an? \w+ .+", cards["하나"])
    assert re.fullmatch(r"an? .+ wearing an? \w+ .+", cards["R2D2"])
    for name in MEMBERS[:5]:
        picture = members[name]["picture"]
        assert picture["time"] in times()
        assert set(picture["acts"].values()) <= set(ACTS)
        assert re.fullmatch(r"[A-Z][a-z ,'-]+\.", picture["scene"])
    assert (
        json.dumps([cards, members["place"]], ensure_ascii=False)
        .replace("토끼", "")
        .replace("하나", "")
        .isascii()
    )


@pytest.mark.parametrize("first_page", PAGES[1:])
def test_it_goes_on_with_any_page(model: LlamaModel, first_page: int) -> None:
    """After what stands, the rest is all that is left to say."""
    said = answer(model, brief_of(REQUEST, 5), 1, first_page)
    assert list(json.loads(said)) == list(MEMBERS[first_page:5])


def test_names_that_need_escaping_do_no_harm(model: LlamaModel) -> None:
    """A grammar of names as no child has them is one that can be used."""
    brief = brief_of(StoryRequest("a\\b", '"]\n', 'Tom "the" cat\\, [토끼], (곰)', "{}"), 5)
    assert list(json.loads(answer(model, brief, 1))["cards"]) == list(brief.names)
