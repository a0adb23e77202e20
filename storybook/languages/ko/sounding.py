"""What sounds like a Korean word, however it is spelled: 쉬팔 like 시발, 병쉰 like 병신."""

from __future__ import annotations

from functools import cache
from typing import Final

from storybook.korean.syllables import FINALS, INITIALS, VOWELS, letters, syllable

_ALIKE: Final = ("ㄱㄲ", "ㄷㄸ", "ㅂㅃㅍ", "ㅅㅆ", "ㅈㅉ")
"""Initials that differ in their strength."""
_NEAR: Final = ("ㅣㅟㅢ", "ㅐㅔㅒㅖㅙㅞㅚ", "ㅓㅕ", "ㅗㅛ", "ㅜㅠ")
_ENDS: Final = ("ㄱㄲㅋㄳ", "ㄴㄵㄶ", "ㄷㅅㅆㅈㅊㅌㅎ", "ㅂㅍㅄ", "ㄹㅀ", "-ㅎ")


@cache
def sounding(word: str) -> str:
    """A regular expression of what sounds like a word of syllables; other signs are themselves."""
    return "".join(_like(sign) if "가" <= sign <= "힣" else sign for sign in word)


def _like(sign: str) -> str:
    initial, vowel, final = letters(sign)
    alike = (
        syllable([first, middle, last])
        for first in _class(initial, _ALIKE, INITIALS)
        for middle in _class(vowel, _NEAR, VOWELS)
        for last in _class(final, _ENDS, FINALS)
    )
    return f"[{''.join(alike)}]"


def _class(letter: str, classes: tuple[str, ...], known: str) -> str:
    """The letters that sound like one, of those that there are."""
    found = next((it for it in classes if letter in it), letter)
    return "".join(it for it in found if it in known)
