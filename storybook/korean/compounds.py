"""The ㄴ that is said between the parts of a compound (Standard Pronunciation, article 29).

꽃잎 is said 꼰닙 and 서울역 서울력: where the first part ends in a consonant and the second begins
with 이, 야, 여, 요 or 유. Which words are compounds of that kind is a matter of words, not of
letters, so that they stand in tables.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.korean.syllables import NO_FINAL, letters, syllable

_AFTER_ANY: Final = (
    *("잎", "연필", "여름", "이불", "여우", "이야기", "얘기", "양말", "윷", "엿", "여행", "요리"),
    *("열차", "이슬", "이빨", "영화", "양념", "여왕", "요정", "여섯", "여덟", "연꽃", "열매"),
)
"""Words before which a compound has a ㄴ, whatever stands before them: 색연필, 스물여섯."""
_AFTER_CERTAIN: Final = {
    "일": "부엌 집안 바깥 밭 논 들 앞 뒷 옛 별 막 헛 웬 잔 좀 궂은 흙 공장 농장 시장 살림 볼 할 "
    "나랏 뱃 삯",
    "일꾼": "막 논 밭 공장 농장",
    "약": "알 물 내복 두통 소독 진통 구충 기침 위장 치통 복통 만병통치",
    "역": "왕 악당 주인공",
    "요": "담 짚 솜 털",
    "유": "식용 휘발",
    "입": "한 첫 맨",
    "익": "설",
    "요기": "눈",
    "여성": "신",
    "여비": "남존",
    "염": "늑막 맹장",
    "윤리": "국민 직업 생명",
    "이마": "앞 뒷",
    "이름": "첫 옛 별",
    "유리": "색 판 통 겹",
}
"""Words before which some compounds have it, and which: 알약, but 절약; 부엌일, but 생일."""
_ITS_ENDS: Final = "에서|에|은|이|을|의|도|까지|부터|으로|과|마다|앞|장|품|이다|이에요|입니다"
_AFTER_TWO: Final = re.compile(rf"(?<=[가-힣]{{2}})[역용](?=(?:{_ITS_ENDS})?(?![가-힣]))")
"""A station and a use stand after words of two syllables or more: 서울역, 학생용."""
_OTHER_WORDS: Final = re.compile("(?:[번통영권면방검징]역|[작적활인신관운등남통응복허공]용)$")
"""Words of their own that end so: 동시통역, 부작용."""


def _compounds() -> re.Pattern[str]:
    """The second parts of compounds that have a ㄴ before them, longest first."""
    certain = (
        rf"(?<={before}){word}(?!{word})"
        for word, befores in _AFTER_CERTAIN.items()
        for before in befores.split()
    )
    anywhere = (rf"(?<=[가-힣]){word}" for word in sorted(_AFTER_ANY, key=len, reverse=True))
    return re.compile("|".join((*anywhere, *sorted(certain, key=len, reverse=True))))


_COMPOUNDS: Final = _compounds()


def with_nieun(word: str) -> str:
    """The word with the ㄴ that is said between the parts of a compound, where the first one ends
    in a consonant and the second begins with 이, 야, 여, 요 or 유; after ㄹ it becomes one too."""
    places = [it.start() for it in _COMPOUNDS.finditer(word)]
    places += [
        it.start() for it in _AFTER_TWO.finditer(word) if not _OTHER_WORDS.search(word[: it.end()])
    ]
    syllables = [letters(it) for it in word]
    for at in places:
        before, after = syllables[at - 1], syllables[at]
        if before[2] != NO_FINAL and after[0] == "ㅇ":
            after[0] = "ㄹ" if before[2] in "ㄹㄾㅀ" else "ㄴ"
            before[2] = "ㄴ" if before[2] in _DENTALS else before[2]
            after[2] = "ㅂ" if after[2] == "ㅍ" else after[2]
    return "".join(map(syllable, syllables))


_DENTALS: Final = "ㄷㅌㅅㅆㅈㅊㅎ"
"""Finals that sound as ㄴ before a ㄴ: 꽃잎 → 꼰닙."""
