"""The languages that are known: each is whole, and says what its writers, narrators and readers
need."""

from __future__ import annotations

import json
import re
from string import Formatter

import msgspec
import pytest

from storybook.book import AGES, Dialogue, Page, StoryRequest, TtsConfig
from storybook.korean.romanized import romanized
from storybook.languages.en.reading import read_english
from storybook.languages.forbidden import forbidden_in
from storybook.languages.known import (
    LANGUAGES,
    cast_in,
    language_of,
    voiced,
    written_languages,
)
from storybook.languages.language import Furniture, Language, Told
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.instructions import writing_of
from storybook.stages.writer.answer.pages import spoken
from storybook.stages.writer.answer.prompt import example, messages
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.check import forbidden_words
from storybook.stages.writer.wording import told_of

EACH = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
KOREAN_WORDS = StoryRequest("조선시대", "달빛 골짜기", "호기심 많은 토끼, 초롱이, Tom", "우정")


def english(words: str) -> list[tuple[str, str]]:
    """Names and descriptions of a cast in an English book."""
    cast = cast_in(LANGUAGES["en"], msgspec.structs.replace(KOREAN_WORDS, characters=words))
    return [(it.name, it.description) for it in cast]


def places(text: str) -> set[str]:
    """What is to be filled in."""
    return {it[1] for it in Formatter().parse(text) if it[1] is not None}


@EACH
def test_each_is_found_by_its_tag_in_any_region(language: Language) -> None:
    """By whoever asks."""
    assert language_of(language.tag.upper()) is language_of(f"{language.tag}-XX") is language
    assert language.tag in written_languages()
    assert language.name and language.script.letters


def test_of_another_language_nothing_is_known() -> None:
    """An engine of another package may write it; it is held to nothing."""
    german = language_of("de-AT")
    assert (german.tag, german.writing, german.script.letters) == ("de", None, "")
    assert language_of("de") is german, "it is made once"
    assert german.speech.given("3 Bären", "espeak") == "3 Bären"
    assert german.lengths_for("3-4") == german.lengths_for("")


@EACH
@pytest.mark.parametrize("age", ["", *AGES])
def test_each_says_for_every_age_what_it_asks_for(language: Language, age: str) -> None:
    """Rules are whole sentences: no place in them is left open."""
    brief = brief_of(language.sample, 9, language.tag, age)
    rules, order = (it["content"] for it in messages(brief, (), ("length", "repeated")))
    lengths = language.lengths_for(age)
    assert not re.search(r"\{[a-z_]+\}", rules + order.replace("{…}", ""))
    for least, most in (lengths.title_words, lengths.sentences, lengths.sentence_words):
        assert f"{least}~{most}" in rules
    assert writing_of(language).readers[age] in rules
    assert age in writing_of(language).readers


@EACH
@pytest.mark.parametrize("number", [0, 2])
def test_each_asks_for_one_page_anew(language: Language, number: int) -> None:
    """With the wish, the page as it is and the others as facts, in the book's own words."""
    brief = brief_of(language.sample, 5, language.tag)
    standing = (Page(0, title="T0"), *(Page(it, summary=f"S{it}.") for it in range(1, 5)))
    only = msgspec.structs.replace(brief, only=number)
    _, order = (it["content"] for it in messages(only, standing, ("repeated",), "{x} W"))
    told, before = writing_of(language), "S2." if number else "T0"
    place = told.page.format(page=2) if number else told.cover
    facts = re.findall(r"^- .+: ([ST]\d\.?)$", order, re.MULTILINE)
    assert facts == [it.text for it in standing if it.page != number]
    assert re.search(rf"{place}.*: {re.escape(before)}\n", order)
    assert re.search(rf"{place}.*: x W\n", order)
    assert [*json.loads(example(only, 5))] == ["page_2" if number else "cover"]
    assert not re.search(r"\{[a-z_]+\}", order)


@EACH
def test_younger_children_get_less(language: Language) -> None:
    """Sentences, and words in them."""
    three, five, eight = (language.lengths_for(age) for age in AGES)
    assert three.sentences < five.sentences <= eight.sentences
    assert three.sentence_words[1] < five.sentence_words[1] < eight.sentence_words[1]
    assert three.lines < eight.lines
    assert five == language.lengths_for(""), "a book for nobody in particular is as it was"


@EACH
def test_an_examples_words_are_no_answer(language: Language) -> None:
    """Of no language: the schema lets none of them through."""
    brief = brief_of(language.sample, 5, language.tag)
    shown = json.loads(example(brief).replace("{…}", "{}"))
    panel = schema(brief)["$defs"]["panel"]["properties"]
    assert not re.fullmatch(panel["summary"]["pattern"], shown["page_1"]["summary"])
    line = panel["dialogues"]["items"]["properties"]["text"]["pattern"]
    assert not re.fullmatch(line, shown["page_1"]["dialogues"][0]["text"])


@EACH
def test_a_spoken_line_stands_in_the_text_and_is_no_narration(language: Language) -> None:
    """Word for word; what says who speaks is put in and taken out again."""
    name = cast_in(language, language.sample)[0].name
    for text in ("…?", "…!", "…."):
        lines = (Dialogue(name, text), Dialogue(name, text))
        page = Page(1, summary=f"… {spoken(lines, language)}", dialogues=lines)
        assert f'"{text}"' in page.summary and name in page.summary
        assert told_of(page, language) == Told("", "…", (text, text))


@EACH
def test_each_furnishes_the_page(language: Language) -> None:
    """Every text of it, with the places that the first one has."""
    usual = msgspec.structs.asdict(Furniture())
    for name, said in msgspec.structs.asdict(language.furniture).items():
        assert said.strip(), name
        assert places(said) == places(usual[name]), name


@EACH
def test_each_has_words_that_no_book_may_have(language: Language) -> None:
    """In the list with its name."""
    words = forbidden_words()[language.name.lower()]
    assert words and forbidden_in(f"… {words[0]} …", forbidden_words()) == [words[0]]


def test_a_cast_is_called_in_english() -> None:
    """By kind, by what tells two of a kind apart, or by its own name in Latin letters."""
    assert english("호기심 많은 토끼, 겁 많은 호랑이") == [
        ("Rabbit", "curious"),
        ("Tiger", "timid"),
    ]
    assert english("a curious rabbit, Tom the fox")[0] == ("Rabbit", "curious")
    assert english("큰 곰, 작은 곰") == [("Big Bear", ""), ("Small Bear", "")]
    assert [name for name, _ in english("곰 세 마리")] == ["Bear", "Second Bear", "Third Bear"]
    assert [name for name, _ in english("초롱이, Tom, 할머니")] == [
        "Chorongi",
        "Tom",
        "Grandmother",
    ]


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("초롱이", "Chorongi"),
        ("민준", "Minjun"),
        ("달님", "Dalnim"),
        ("별라", "Byeolla"),
        ("R2", "R2"),
    ],
)
def test_names_are_romanized(name: str, latin: str) -> None:
    """As the road signs of Korea are."""
    assert romanized(name) == latin


def test_english_is_told_of_korean_words() -> None:
    """With what the lexicon knows of them; no Hangul may stand in the text."""
    brief = brief_of(KOREAN_WORDS, 5, "en")
    assert brief.foreign == ()
    order = messages(brief)[1]["content"]
    assert "조선시대 (in the Joseon era of old Korea)" in order or "조선시대 (" in order
    assert "- Rabbit (curious, rabbit)" in order and "토끼" not in order


def test_voices_are_those_of_whom_a_request_names() -> None:
    """By the request's name or the story's."""
    asked = TtsConfig(character_voices={"토끼": "F2", "Tom": "M3"}, lang="en")
    found = voiced(LANGUAGES["en"], KOREAN_WORDS, asked)
    assert found is not None
    assert [found.voice_of(name) for name in ("Rabbit", "Tom", "Chorongi")] == ["F2", "M3", "M1"]
    assert voiced(LANGUAGES["ko"], KOREAN_WORDS, asked) == asked


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("There were 3 bears.", "There were three bears."),
        ("In 1592, at 3:05", "In fifteen ninety-two, at three oh five"),
        ("the 21st of May, 12:00", "the twenty-first of May, twelve o'clock"),
        ("1,234 stars & 50%", "one thousand two hundred and thirty-four stars and fifty percent"),
        ("3.14 or 007", "three point one four or zero zero seven"),
        ("No number at all.", "No number at all."),
    ],
)
def test_numbers_are_read_in_english(written: str, read: str) -> None:
    """Most models misread digits."""
    assert read_english(written) == read
