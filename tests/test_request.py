"""What somebody asks for is checked once, in our own terms."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

import storybook.new_run
from storybook.book import StoryRequest
from storybook.new_run import NewRun, check_new_run
from storybook.request import InvalidRequest
from tests.books import USUAL_TTS

WORDS = {
    "era": "조선시대",
    "place": "깊은 숲속 마을",
    "characters": "토끼, 호랑이",
    "topic": "우정",
}


def asked(**more: Any) -> NewRun:
    return check_new_run(WORDS | more)


def faults(**more: Any) -> list[tuple[str, str]]:
    """Where and what, for each fault."""
    with pytest.raises(InvalidRequest) as caught:
        asked(**more)
    return [(".".join(map(str, it.loc)), it.type) for it in caught.value.faults]


def test_four_words_are_a_request() -> None:
    """All else has a default, and what is null counts as not said."""
    usual = NewRun(msgspec.convert(WORDS, StoryRequest), USUAL_TTS, 5, "ko")
    assert asked() == asked(page_count=None, language=None, seed=None, tts=None) == usual


def test_marks_without_end_are_refused_at_once() -> None:
    """Putting 60,000 of them in order would keep everybody else waiting for ten seconds."""
    marks = "가" + "\u0315\u0300" * 30_000
    began = time.perf_counter()
    assert faults(topic=marks) == [("topic", "string_too_long")]
    assert time.perf_counter() - began < 1


def test_a_decomposed_word_may_be_as_long_as_a_composed_one() -> None:
    """It counts as it is used."""
    assert asked(topic=unicodedata.normalize("NFD", "각" * 200)).request.topic == "각" * 200


def test_the_defaults_stand_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is one for whoever does not say it; the voice speaks the book's language."""
    monkeypatch.setattr(storybook.new_run, "DEFAULT_PAGE_COUNT", 7)
    monkeypatch.setattr(storybook.new_run, "DEFAULT_LANGUAGE", "fr")
    it = asked()
    assert (it.page_count, it.language, it.tts) == (7, "fr", replace(USUAL_TTS, lang="fr"))
    assert asked(page_count=5, language="ko") == NewRun(
        msgspec.convert(WORDS, StoryRequest), USUAL_TTS, 5, "ko"
    )


@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        (4, "greater_than_equal"),
        (14, "less_than_equal"),
        (5.5, "int_from_float"),
        ("7", "float_type"),
        (True, "float_type"),
    ],
)
def test_a_book_has_from_5_to_13_pages(pages: object, fault: str) -> None:
    """The bounds themselves are allowed."""
    assert [asked(page_count=it).page_count for it in (5, 13, 7.0)] == [5, 13, 7]
    assert faults(page_count=pages) == [("page_count", fault)]


def test_a_book_is_read_in_its_own_language() -> None:
    """A region of it is no other language; a language at fault is told once."""
    for lang in ("ko", "ko-KR", "KO"):
        tts = asked(tts={"lang": lang}).tts
        assert tts is not None and tts.lang == lang
    assert faults(tts={"lang": "en-US"}) == [("tts.lang", "language_mismatch")]
    assert faults(language="en", tts={"lang": "ko"}) == [("tts.lang", "language_mismatch")]
    assert faults(language="한국어", tts={"lang": "ko"}) == [("language", "language_tag")]


def test_a_seed_is_what_every_engine_takes() -> None:
    """From 0 to 2³² - 1."""
    assert [asked(seed=it).seed for it in (0, 2**32 - 1)] == [0, 2**32 - 1]
    assert faults(seed=-1) == [("seed", "greater_than_equal")]
    assert faults(seed=2**32) == [("seed", "less_than_equal")]
