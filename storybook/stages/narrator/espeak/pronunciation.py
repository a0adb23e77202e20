"""Spell Korean so that eSpeak NG pronounces it: only the sound changes that it does not make.

Korean consonants change where two syllables meet: the Standard Pronunciation (표준 발음법) has the
rules. eSpeak NG 1.52 knows linking (깊은 → 기픈), tensing (학교 → 학꾜) and dental nasals (있는 →
인는). It does not know the changes in the tables below: it says 합니다 with a hard ㅂ. Written as
they sound (함니다), it gets them right.

Hangul is arithmetic: a syllable's number is (initial × 21 + vowel) × 28 + final.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final = "-ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

_Meeting = dict[tuple[str, str], tuple[str, str]]


def _meetings(finals: str, initials: str, final: str, sounding: str) -> _Meeting:
    """Each of `finals` before each of `initials` sounds as `final` before `sounding`; `=` means
    the initial as it is, one sign for all or one for each."""
    return {
        (f, i): (final, i if sounding == "=" else sounding[n % len(sounding)])
        for f in finals
        for n, i in enumerate(initials)
    }


_CHANGES: Final[_Meeting] = {
    **_meetings("ㄱㄲㅋㄳㄺ", "ㄴㅁ", "ㅇ", "="),  # 국물 → 궁물
    **_meetings("ㅂㅍㅄㄿ", "ㄴㅁ", "ㅁ", "="),  # 합니다 → 함니다
    **_meetings("ㄱㄲㅋ", "ㄹ", "ㅇ", "ㄴ"),  # 독립 → 동닙
    **_meetings("ㅂㅍ", "ㄹ", "ㅁ", "ㄴ"),  # 협력 → 혐녁
    **_meetings("ㅁ", "ㄹ", "ㅁ", "ㄴ"),  # 심리 → 심니
    **_meetings("ㅇ", "ㄹ", "ㅇ", "ㄴ"),  # 종로 → 종노
    **_meetings("ㄴ", "ㄹ", "ㄹ", "ㄹ"),  # 난로 → 날로
    **_meetings("ㄹㄾㅀ", "ㄴ", "ㄹ", "ㄹ"),  # 설날 → 설랄, 끓는 → 끌른
    **_meetings("ㅎ", "ㄴㅁ", "ㄴ", "="),  # 좋네 → 존네
    **_meetings("ㅎ", "ㄱㄷㅈ", "-", "ㅋㅌㅊ"),  # 좋다 → 조타
    **_meetings("ㄶ", "ㄱㄷㅈ", "ㄴ", "ㅋㅌㅊ"),  # 많다 → 만타
    **_meetings("ㅀ", "ㄱㄷㅈ", "ㄹ", "ㅋㅌㅊ"),  # 잃다 → 일타
    **_meetings("ㅅㅆ", "ㅎ", "-", "ㅌ"),  # 따뜻해 → 따뜨태
    **_meetings("ㅈ", "ㅎ", "-", "ㅊ"),  # 맞혀 → 마쳐
    **_meetings("ㄷ", "ㅎ", "-", "ㅊ"),  # 닫혀 → 다쳐
}

_WITH_NIEUN: Final = {
    "꽃잎": "꼰닙",
    "나뭇잎": "나문닙",
    "풀잎": "풀립",
    "솔잎": "솔립",
    "깻잎": "깬닙",
    "한여름": "한녀름",
    "솜이불": "솜니불",
    "담요": "담뇨",
}
"""Words into which speech puts a ㄴ: no rule tells which."""


def as_it_sounds(text: str) -> str:
    """The text with the changes that eSpeak NG does not make; other characters stay."""
    for written, spoken in _WITH_NIEUN.items():
        text = text.replace(written, spoken)
    return _WORD.sub(lambda match: _word_as_it_sounds(match[0]), text)


_WORD: Final = re.compile("[가-힣]+")


def _word_as_it_sounds(word: str) -> str:
    syllables = [_letters(syllable) for syllable in word]
    for here, following in pairwise(syllables):
        meeting = here[2], following[0]
        here[2], following[0] = _CHANGES.get(meeting, meeting)
    for syllable in syllables:
        if syllable[1] == "ㅢ" and syllable[0] != "ㅇ":
            syllable[1] = "ㅣ"  # 희망 → 히망
    return "".join(map(_syllable, syllables))


def _letters(syllable: str) -> list[str]:
    """Initial, vowel and final of a syllable; `-` for no final."""
    number = ord(syllable) - ord("가")
    return [_INITIALS[number // 588], _VOWELS[number // 28 % 21], _FINALS[number % 28]]


def _syllable(letters: list[str]) -> str:
    initial, vowel, final = letters
    number = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)
    return chr(ord("가") + number)
