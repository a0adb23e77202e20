"""Hangul is arithmetic: a syllable's number is (initial × 21 + vowel) × 28 + final."""

from __future__ import annotations

from typing import Final

INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
NO_FINAL: Final = "-"
FINALS: Final = f"{NO_FINAL}ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"


def letters(syllable: str) -> list[str]:
    """Initial, vowel and final of a syllable."""
    number = ord(syllable) - ord("가")
    return [INITIALS[number // 588], VOWELS[number // 28 % 21], FINALS[number % 28]]


def syllable(letters: list[str]) -> str:
    """The syllable of an initial, a vowel and a final."""
    initial, vowel, final = letters
    number = (INITIALS.index(initial) * 21 + VOWELS.index(vowel)) * 28 + FINALS.index(final)
    return chr(ord("가") + number)
