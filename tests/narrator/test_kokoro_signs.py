"""Korean in Kokoro's signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.korean.pronunciation import read_korean
from storybook.stages.narrator.kokoro.signs import MOST_SIGNS, NUMBERS, numbers_of, signs_of


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("토끼가 뛰었어요.", "PLACEHOLDER"),
    ],
)
def test_letters_are_the_signs_nearest_to_them(text: str, signs: str) -> None:
    """Plain consonants are voiced within a word, ㅅ is soft before i, ㄹㄹ is long."""
    assert signs_of(text) == signs


@given(st.text(max_size=80))
def test_whatever_is_read_has_signs_that_the_model_knows(text: str) -> None:
    """Any text, read as words first."""
    numbers = numbers_of(signs_of(read_korean(text)))
    assert numbers[0] == numbers[-1] == 0
    assert set(numbers[1:-1]) <= set(NUMBERS.values())


def test_no_more_is_given_than_the_model_takes() -> None:
    """What is beyond it is not said; the engine gives it clauses."""
    assert len(numbers_of("a" * 1_000)) == MOST_SIGNS + 2
