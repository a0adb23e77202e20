"""Words that are hidden from lists of them, in the Korean room: read as they are meant."""

from __future__ import annotations

import re

import pytest

from storybook.languages.ko.apart import closed, composed, drawn_in
from storybook.languages.ko.latin import by_keys, by_sound
from storybook.languages.ko.sounding import sounding
from storybook.languages.ko.unmasked import unmasked


@pytest.mark.parametrize(
    ("apart", "whole"),
    [("ㅂㅏㄹ", "발"), ("ㄱㅗㅏㅇ", "광"), ("ㅂ알", "발"), ("ㄴㅏㅂㅣ", "나비"), ("토끼", "토끼")],
)
def test_lone_letters_are_composed(apart: str, whole: str) -> None:
    """A consonant between two vowels begins the second syllable."""
    assert composed(apart) == whole


def test_a_lone_letter_closes_an_open_syllable() -> None:
    """A closed one, and a letter that begins the next syllable, stay."""
    assert closed("바ㄹ 발ㄹ 바ㄹㅏ") == "발 발ㄹ 바ㄹㅏ"


@pytest.mark.parametrize(
    ("drawn", "word"),
    [("나아비이", "나비"), ("벼엉아리", "병아리"), ("아이", "아이"), ("고양이", "고양이")],
)
def test_what_draws_a_vowel_out_is_left_out(drawn: str, word: str) -> None:
    """The same vowel again, or its end; another vowel is a syllable of its own."""
    assert drawn_in(drawn) == word


@pytest.mark.parametrize(
    ("latin", "hangul"),
    [
        ("tokki", "토끼"),
        ("nabi", "nabi"),
        ("byeongsin", "병신"),
        ("na bi", "나 비"),
        ("shake", "사케"),
        ("grape", "grape"),
    ],
)
def test_what_sounds_korean_is_read_so(latin: str, hangul: str) -> None:
    """A word of five letters or several of one syllable; what Korean cannot say stays."""
    assert by_sound(latin) == hangul


def test_keys_are_read_as_a_korean_keyboard_has_them() -> None:
    """Where they are whole syllables."""
    assert by_keys("qudqkfl") == "병바리"
    assert by_keys("rabbit thzl") == "rabbit thzl"


def test_a_sound_is_spelled_in_many_ways() -> None:
    """Strong and weak consonants, vowels that are near; other sounds are other words."""
    like = re.compile(sounding("시발"))
    assert all(like.fullmatch(it) for it in ("씨팔", "쉬발", "씌빨"))
    assert not any(like.fullmatch(it) for it in ("신발", "사발", "시골"))


def test_a_plain_text_has_one_reading() -> None:
    """Nothing is taken off where nothing is hidden."""
    assert unmasked("토끼와 곰이 숲에서 놀아요") == ("토끼와 곰이 숲에서 놀아요",)
