"""Spell Korean so that eSpeak NG pronounces it: only the sound changes that it does not make.

Korean consonants change where two syllables meet: the Standard Pronunciation (표준 발음법) has the
rules. eSpeak NG 1.52 knows linking (깊은 → 기픈), tensing (학교 → 학꾜) and dental nasals (있는 →
인는). It does not know the changes in the tables below: it says 합니다 with a hard ㅂ. Written as
they sound (함니다), it gets them right.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from storybook.korean.compounds import with_nieun
from storybook.korean.syllables import letters, syllable

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


def as_it_sounds(text: str) -> str:
    """The text with the changes that eSpeak NG does not make; other characters stay."""
    return _WORD.sub(lambda match: _word_as_it_sounds(match[0]), text)


_WORD: Final = re.compile("[가-힣]+")


def _word_as_it_sounds(word: str) -> str:
    syllables = [letters(it) for it in with_nieun(word)]
    for here, following in pairwise(syllables):
        meeting = here[2], following[0]
        here[2], following[0] = _CHANGES.get(meeting, meeting)
    for each in syllables:
        if each[1] == "ㅢ" and each[0] != "ㅇ":
            each[1] = "ㅣ"  # 희망 → 히망
    return "".join(map(syllable, syllables))
