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


def as_it_sounds(text: str) -> str:
    """The text with the changes that eSpeak NG does not make; other characters stay."""
    return _WORD.sub(lambda match: _word_as_it_sounds(match[0]), text)


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


def _with_nieun(word: str) -> str:
    """The word with the ㄴ that is said between the parts of a compound, where the first one ends
    in a consonant and the second begins with 이, 야, 여, 요 or 유; after ㄹ it becomes one too."""
    places = [it.start() for it in _COMPOUNDS.finditer(word)]
    places += [
        it.start() for it in _AFTER_TWO.finditer(word) if not _OTHER_WORDS.search(word[: it.end()])
    ]
    syllables = [_letters(syllable) for syllable in word]
    for at in places:
        before, after = syllables[at - 1], syllables[at]
        if before[2] != "-" and after[0] == "ㅇ":
            after[0] = "ㄹ" if before[2] in "ㄹㄾㅀ" else "ㄴ"
            before[2] = "ㄴ" if before[2] in _DENTALS else before[2]
            after[2] = "ㅂ" if after[2] == "ㅍ" else after[2]
    return "".join(map(_syllable, syllables))


_DENTALS: Final = "ㄷㅌㅅㅆㅈㅊㅎ"
"""Finals that sound as ㄴ before a ㄴ: 꽃잎 → 꼰닙."""
_WORD: Final = re.compile("[가-힣]+")


def _word_as_it_sounds(word: str) -> str:
    syllables = [_letters(syllable) for syllable in _with_nieun(word)]
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
