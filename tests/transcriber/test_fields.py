"""What is meant by what was said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.languages.field import Field
from storybook.languages.ko.spoken.fields import MOST_LETTERS, is_answer
from storybook.request import MAX_FIELD_CHARACTERS
from tests.transcriber.spoken_answers import (
    CHARACTERS,
    ERA,
    NOISES,
    NOT_ANSWERS,
    PLACE,
    TOPIC,
    UNCHANGED,
)
from tests.transcriber.understood import parse_field

ANSWERS = {
    Field.ERA: ERA,
    Field.PLACE: PLACE,
    Field.CHARACTERS: CHARACTERS,
    Field.TOPIC: TOPIC,
}
WORDS = (
    *(
        "음",
        "어",
        "저는",
        "토끼랑",
        "거북이",
        "숲이요",
        "이요",
        "요",
        "로",
        "해",
        "주세요",
        "우정에",
    ),
    *("대한", "이야기", "옛날", "조선시대", "말고", "아니", ",", ".", "…", "그리고", "나오고"),
    *("좋아요", "같이", "하고", "에서", "시대는", "배경으로", "주인공은"),
)
CASES = [
    (field, said, meant) for field, answers in ANSWERS.items() for said, meant in answers.items()
]


@pytest.mark.parametrize(("field", "said", "meant"), CASES)
def test_the_answer_is_found_in_the_sentence(field: Field, said: str, meant: str) -> None:
    """Fillers, leads, wishes, sentence endings and particles fall away."""
    assert parse_field(field, said) == meant


@pytest.mark.parametrize(("field", "said", "meant"), CASES)
def test_an_answer_that_was_found_stays(field: Field, said: str, meant: str) -> None:
    """Taken once more, nothing more falls away."""
    assert parse_field(field, meant) == meant


@pytest.mark.parametrize("field", Field)
@pytest.mark.parametrize("said", UNCHANGED)
def test_what_is_not_understood_passes_through(field: Field, said: str) -> None:
    """A person corrects it in the form."""
    assert parse_field(field, said) == said


def test_the_table_is_large() -> None:
    """At least 30 answers to each question."""
    assert len(CASES) >= 120
    assert all(len(answers) >= 30 for answers in ANSWERS.values())


@pytest.mark.slow
@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    st.sampled_from(list(Field)),
    st.lists(
        st.sampled_from(WORDS),
        max_size=10,
    ),
    st.text(max_size=8),
)
def test_any_words_give_an_answer(field: Field, words: list[str], other: str) -> None:
    """Never an error, never empty for something said, never a word that was not said."""
    said = " ".join([*words, other])
    meant = parse_field(field, said)
    assert bool(meant) == bool("".join(said.split()))
    assert len(meant) <= len(said) + said.count(" ")


def test_a_story_is_no_answer() -> None:
    """As much of it as a book's field takes is passed on, in whole words, and it costs no time."""
    story = "옛날에 토끼랑 거북이가 살았어요 " * 50
    assert len(story) > MOST_LETTERS
    meant = parse_field(Field.CHARACTERS, story)
    assert MAX_FIELD_CHARACTERS - 10 < len(meant) <= MAX_FIELD_CHARACTERS
    assert story.startswith(f"{meant} ")
    assert len(parse_field(Field.TOPIC, "아" * 300)) == MAX_FIELD_CHARACTERS


@pytest.mark.parametrize("field", Field)
@pytest.mark.parametrize("said", NOISES)
def test_what_nobody_said_is_empty(field: Field, said: str) -> None:
    """Transcribers write noises in brackets, and the ends of videos for what they do not know."""
    assert parse_field(field, said) == ""


def test_a_noise_beside_an_answer_is_left_out() -> None:
    """Whatever stands around it is heard."""
    assert parse_field(Field.PLACE, "(웃음) 깊은 숲속이요 [음악]") == "깊은 숲속"


@pytest.mark.parametrize("said", NOT_ANSWERS)
def test_what_is_no_answer_is_known_as_such(said: str) -> None:
    """It is passed on, and the confidence is low: the form asks again."""
    assert not is_answer(said)
    assert parse_field(Field.PLACE, said) == said


@pytest.mark.parametrize(("field", "said", "meant"), CASES)
def test_an_answer_is_known_as_one(field: Field, said: str, meant: str) -> None:
    """None of the answers of the table is taken for something else."""
    assert is_answer(said)
