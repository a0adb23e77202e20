"""Korean names in Latin letters, by the Revised Romanization, as far as names need it: letters as
they are written, a final consonant before a vowel as it is heard there.
"""

from __future__ import annotations

from typing import Final

_INITIALS: Final = [
    "g",
    "kk",
    "n",
    "d",
    "tt",
    "r",
    "m",
    "b",
    "pp",
    "s",
    "ss",
    "",
    "j",
    "jj",
    "ch",
    "k",
    "t",
    "p",
    "h",
]
_VOWELS: Final = [
    "a",
    "ae",
    "ya",
    "yae",
    "eo",
    "e",
    "yeo",
    "ye",
    "o",
    "wa",
    "wae",
    "oe",
    "yo",
    "u",
    "wo",
    "we",
    "wi",
    "yu",
    "eu",
    "ui",
    "i",
]
_FINALS: Final = [
    "",
    *[
        "k",
        "k",
        "k",
        "n",
        "n",
        "n",
        "t",
        "l",
        "k",
        "m",
        "l",
        "l",
        "l",
        "p",
        "l",
        "m",
        "p",
        "p",
        "t",
        "t",
        "ng",
        "t",
        "t",
        "k",
        "t",
        "p",
        "t",
    ],
]
_LINKED: Final = {1: "g", 2: "kk", 7: "d", 8: "r", 17: "b", 19: "s", 20: "ss", 22: "j", 23: "ch"}
"""Finals, by their number, as they sound before a vowel; others stay."""
_SILENT, _RIEUL_INITIAL, _RIEUL_FINAL = 11, 5, 8


def romanized(name: str) -> str:
    """A name with its Hangul in Latin letters, each word with a capital: 초롱이 → Chorongi."""
    return " ".join(map(_word, name.split()))


def _word(word: str) -> str:
    syllables = [_parts(sign) for sign in word]
    spelled = ""
    for place, (sign, parts) in enumerate(zip(word, syllables, strict=True)):
        if parts is None:
            spelled += sign
            continue
        initial, vowel, final = parts
        before = syllables[place - 1] if place else None
        after = syllables[place + 1] if place + 1 < len(word) else None
        doubled = initial == _RIEUL_INITIAL and before is not None and before[2] == _RIEUL_FINAL
        linked = after is not None and after[0] == _SILENT and final in _LINKED
        spelled += "l" if doubled else _INITIALS[initial]
        spelled += _VOWELS[vowel] + (_LINKED[final] if linked else _FINALS[final])
    return spelled[:1].upper() + spelled[1:]


def _parts(sign: str) -> tuple[int, int, int] | None:
    """The numbers of a syllable's initial, vowel and final."""
    number = ord(sign) - 0xAC00
    if not 0 <= number < 11_172:
        return None
    return number // 588, number % 588 // 28, number % 28
