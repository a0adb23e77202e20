"""Korean in the signs of the phonetic alphabet that Kokoro knows: a letter as it sounds, and the
sign nearest to it.

Kokoro has learned other languages, and most sounds of Korean are among theirs. Of those that are
not, a tense consonant is the plain sign twice, and a final that is only closed is said as open. The
table is the one of fifteen that a machine listener understood best (docs/engines/narrator.md).
"""

from __future__ import annotations

import re
from typing import Final

from storybook.korean.sounds import as_sounded
from storybook.korean.syllables import NO_FINAL, letters, syllable


def _table(pairs: str) -> dict[str, str]:
    """Each first character, and the rest of its word."""
    return {it[0]: it[1:] for it in pairs.split()}


_INITIALS: Final = _table(
    "ㄱk ㄲkk ㅋkʰ ㄷt ㄸtt ㅌtʰ ㅂp ㅃpp ㅍpʰ ㅈʨ ㅉʨʨ ㅊʨʰ ㅅs ㅆss ㄴn ㅁm ㄹɾ ㅎh ㅇ"
)
_VOICED: Final = _table("ㄱɡ ㄷd ㅂb ㅈʥ")
"""Within a word, after a vowel or one of `_VOICING`: 아기, 감자."""
_VOICING: Final = f"{NO_FINAL}ㄴㄹㅁㅇ"
_BEFORE_I: Final = _table("ㅅɕ ㅆɕɕ")
_I_LIKE: Final = "ㅣㅑㅕㅛㅠㅒㅖㅟ"
_VOWELS: Final = _table(
    "ㅏa ㅐɛ ㅑja ㅒjɛ ㅓʌ ㅔe ㅕjʌ ㅖje ㅗo ㅘwa ㅙwe ㅚwe ㅛjo ㅜu ㅝwʌ ㅞwe ㅟwi ㅠju ㅡɯ ㅢɰi "
    "ㅣi"
)
_FINALS: Final = _table("-  ㄱk ㄴn ㄷt ㄹl ㅁm ㅂp ㅇŋ")
_SIBILANT: Final = "ㅅㅆㅈㅉㅊ"
"""After these a j is not heard of its own."""


def signs_of(text: str) -> str:
    """A text of Hangul, spaces and `. , ! ?`, as `read_korean` gives it, in Kokoro's signs."""
    signs, before = "", ""
    for char in _UNHEARD.sub(_without_final, as_sounded(text)):
        if "가" <= char <= "힣":
            signs += _syllable(before, char)
            before = letters(char)[2]
        else:
            signs, before = signs + char, ""
    return signs


_UNHEARD: Final = re.compile("[가-힣](?=[사-앃])")


def _without_final(match: re.Match[str]) -> str:
    """ㄷ is not heard before ㅅ and ㅆ: 있습니다."""
    initial, vowel, final = letters(match[0])
    return syllable([initial, vowel, NO_FINAL if final == "ㄷ" else final])


def _syllable(before: str, char: str) -> str:
    """The signs of a syllable after one that ends in `before`; "" where a word begins."""
    initial, vowel, final = letters(char)
    if (before, initial) == ("ㄹ", "ㄹ"):
        onset = "l"
    elif before and before in _VOICING and initial in _VOICED:
        onset = _VOICED[initial]
    elif initial in _BEFORE_I and vowel in _I_LIKE:
        onset = _BEFORE_I[initial]
    else:
        onset = _INITIALS[initial]
    said = _VOWELS[vowel]
    if said[0] == "j" and initial in _SIBILANT:
        said = said[1:]
    return onset + said + _FINALS[final]
