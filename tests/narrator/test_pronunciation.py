"""Korean is spelled so that eSpeak NG pronounces it as Koreans do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.korean.espeak import as_it_sounds

SOUNDS = {
    "갑니다": "감니다",
    "국물": "궁물",
    "먹는": "멍는",
    "읽는": "잉는",
    "없는": "엄는",
    "앞마당": "암마당",
    "독립": "동닙",
    "협력": "혐녁",
    "심리": "심니",
    "종로": "종노",
    "대통령": "대통녕",
    "난로": "날로",
    "신라": "실라",
    "설날": "설랄",
    "끓는": "끌른",
    "좋네": "존네",
    "좋다": "조타",
    "놓고": "노코",
    "이렇게": "이러케",
    "많다": "만타",
    "싫지": "실치",
    "못해": "모태",
    "따뜻해": "따뜨태",
    "맞혀": "마쳐",
    "닫혀": "다쳐",
    "희망": "히망",
    "꽃잎이": "꼰닙이",
}


@pytest.mark.parametrize(("written", "sounding"), SOUNDS.items())
def test_a_change_that_the_library_does_not_make_is_made(written: str, sounding: str) -> None:
    """Standard Pronunciation, articles 5, 12, 18, 19, 20 and 29."""
    assert as_it_sounds(written) == sounding


@pytest.mark.parametrize(
    "word", ["깊은", "학교", "있는", "의자", "좋아요", "토끼가", "같이", "많이"]
)
def test_a_change_that_the_library_makes_is_left_to_it(word: str) -> None:
    """Spelling these as they sound would make it tense them twice."""
    assert as_it_sounds(word) == word


def test_sounds_do_not_change_across_words_or_signs() -> None:
    """A pause keeps consonants apart."""
    assert as_it_sounds("밥 먹어, 국! 나는 Tom") == "밥 먹어, 국! 나는 Tom"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)))
def test_every_word_keeps_its_syllables(word: str) -> None:
    """Sounds change, none appears or disappears as a syllable."""
    assert len(as_it_sounds(word)) == len(word)
