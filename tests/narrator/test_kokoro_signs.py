"""Korean in Kokoro's signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.korean.kokoro import signs_of
from storybook.korean.pronunciation import read_korean
from storybook.stages.narrator.kokoro.signs import MOST_SIGNS, NUMBERS, numbers_of


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("토끼가 뛰었어요.", "tʰokkiɡa ttwiʌssʌjo."),
        ("같이 갈래?", "kaʨʰi kallɛ?"),
        ("별을 보러 왔습니다!", "pjʌɾɯl poɾʌ wassɯmnida!"),
        ("시계, 쇼, 켜고", "ɕiɡe, ɕo, kʰjʌɡo"),
        ("씨앗을 빨리 찢어", "ɕɕiasɯl ppalli ʨʨiʥʌ"),
    ],
)
def test_letters_are_the_signs_nearest_to_them(text: str, signs: str) -> None:
    """Plain consonants are voiced within a word, ㅅ is soft before i, ㄹㄹ is long."""
    assert signs_of(text) == signs


@given(st.text(max_size=80))
def test_whatever_is_read_has_signs_that_the_model_knows(text: str) -> None:
    """Any text, read as words first."""
    signs = signs_of(read_korean(text))
    assert set(signs) <= set(NUMBERS)
    assert numbers_of(signs) == (0, *(NUMBERS[it] for it in signs), 0)


def test_no_more_is_given_than_the_model_takes() -> None:
    """What is beyond it is not said, nor what it does not know; the engine gives it clauses."""
    assert numbers_of("a가🙂b") == (0, NUMBERS["a"], NUMBERS["b"], 0)
    assert len(numbers_of("a" * 1_000)) == MOST_SIGNS + 2
