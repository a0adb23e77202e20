"""A Korean text as it is meant, where it is written so that a list of words would not find it.

Letters are written apart (ㅅㅣㅂㅏㄹ), or syllables have signs or spaces between them (개.새.끼,
개 새 끼). Each reading takes off one more of these.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from storybook.korean.particles import PARTICLE_FORMS

ALONE: Final = (
    r"(?<![가-힣ㄱ-ㅣ]){word}"
    rf"(?=(?:{'|'.join(sorted(PARTICLE_FORMS, key=len, reverse=True))})?(?![가-힣ㄱ-ㅣ]))"
)
"""A whole word, with at most a particle after it."""

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_APART: Final = re.compile(f"([{_INITIALS}])([{_VOWELS}])(?:([{_FINALS.strip()}])(?![{_VOWELS}]))?")
_LISTS: Final = ",/·&+|、，"
_BETWEEN: Final = re.compile(
    rf"(?<=[가-힣ㄱ-ㅣ])(?:[^\w\s{_LISTS}]|[\d_a-z]{{1,2}})+(?=[가-힣ㄱ-ㅣ])"
)
"""Signs, a digit or a letter between syllables; what parts a list is none."""
_LONE_VOWELS: Final = re.compile("(?<=[가-힣])[ㅏ-ㅣ]+(?=[가-힣])")
_SINGLES: Final = re.compile(
    rf"(?<![가-힣ㄱ-ㅣ])[가-힣ㄱ-ㅣ](?:[\s{_LISTS}]+[가-힣ㄱ-ㅣ](?![가-힣ㄱ-ㅣ]))+"
)


def unmasked(text: str) -> tuple[str, ...]:
    """The text, and what it comes to without its disguises: each reading once."""
    plain = unicodedata.normalize("NFC", text).casefold()
    composed = _APART.sub(lambda found: _syllable(*found.groups()), plain)
    whole = _BETWEEN.sub("", composed)
    whole = _LONE_VOWELS.sub("", whole)
    joined = _SINGLES.sub(lambda found: re.sub(rf"[\s{_LISTS}]+", "", found[0]), whole)
    return tuple(dict.fromkeys((plain, composed, whole, joined, _drawn_in(joined))))


def _drawn_in(text: str) -> str:
    """The text without syllables that only draw out the vowel before them: 시이발 is 시발."""
    kept = text[:1]
    for sign in text[1:]:
        if not (_is_drawn_out(kept[-1], sign)):
            kept += sign
    return kept


def _is_drawn_out(before: str, sign: str) -> bool:
    if not ("가" <= before <= "힣" and "가" <= sign <= "힣"):
        return False
    vowel, final = divmod((ord(before) - ord("가")) % 588, 28)
    same = ord("가") + _INITIALS.index("ㅇ") * 588 + vowel * 28
    return final == 0 and ord(sign) == same


def _syllable(initial: str, vowel: str, final: str | None) -> str:
    number = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28
    return chr(ord("가") + number + (_FINALS.index(final) if final else 0))
