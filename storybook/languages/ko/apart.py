"""Hangul whose letters are written apart, put together again."""

from __future__ import annotations

import re
from typing import Final

from storybook.korean.syllables import FINALS, INITIALS, NO_FINAL, VOWELS, letters, syllable

_CLOSING: Final = FINALS.strip(NO_FINAL)
_PAIRS: Final = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
_PAIR: Final = re.compile("|".join(_PAIRS))
_APART: Final = re.compile(f"([{INITIALS}])([{VOWELS}])(?:([{_CLOSING}])(?![{VOWELS}]))?")
_START: Final = re.compile(f"([{INITIALS}])([아-잏])")
_END: Final = re.compile(f"([가-힣])([{_CLOSING}])(?![{VOWELS}])")
_HANGUL: Final = re.compile("[가-힣]")
_GLIDELESS: Final = dict(zip("ㅑㅒㅕㅖㅛㅠ", "ㅏㅐㅓㅔㅗㅜ", strict=True))


def composed(text: str) -> str:
    """The text with its lone letters as syllables, where they are some: ㅂㅏㄹ and ㅂ알 are 발."""
    started = _START.sub(lambda it: syllable([it[1], *letters(it[2])[1:]]), text)
    whole = _PAIR.sub(lambda found: _PAIRS[found[0]], started)
    return _APART.sub(lambda it: syllable([it[1], it[2], it[3] or NO_FINAL]), whole)


def closed(text: str) -> str:
    """The text with lone letters drawn into the open syllables before them: 바ㄹ is 발."""
    return _END.sub(lambda it: _with_final(it[1], it[2]), text)


def drawn_in(text: str) -> str:
    """The text without what only draws out the vowel before it: 시이발 is 시발, 벼엉 is 병."""
    kept = text[:1]
    for sign in text[1:]:
        kept = kept[:-1] + _as_one(kept[-1], sign)
    return kept


def _with_final(sign: str, final: str) -> str:
    initial, vowel, before = letters(sign)
    return syllable([initial, vowel, final]) if before == NO_FINAL else sign + final


def _as_one(before: str, sign: str) -> str:
    if not (_HANGUL.match(before) and _HANGUL.match(sign)):
        return before + sign
    (initial, vowel, end), (silent, again, final) = letters(before), letters(sign)
    drawn = end == NO_FINAL and silent == "ㅇ" and again in (vowel, _GLIDELESS.get(vowel))
    return syllable([initial, vowel, final]) if drawn else before + sign
