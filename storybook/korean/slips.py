"""Slips of the pen in Korean prose: what an editor marks, as rules.

Each rule finds what is wrong for certain; a text without a finding may still be clumsy. `slips` is
for tests and measurements of what is written by rule, `agreeing` mends the one slip that comes of
putting sentences together: 요즘 stands with the present.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from storybook.korean.particles import Ending, ending_of

_SENTENCES: Final = re.compile(r"[^.!?…]+[.!?…]*")
_NOW: Final = re.compile(r"(?<![가-힣])(?:바로\s)?(?:요즘|요새|오늘날|바로 지금)(?:,|에는|은|\s)")
_PAST: Final = re.compile(
    r"(?:살았|살고 있었|다녔|다니고 있었|지냈|있었)(어요|답니다|지요|습니다)[.!]*$"
)
_PRESENT: Final = (
    ("살고 있었어요", "살고 있어요"),
    ("다니고 있었어요", "다니고 있어요"),
    ("살았어요", "살아요"),
    ("다녔어요", "다녀요"),
    ("지냈어요", "지내요"),
    ("있었어요", "있어요"),
)
_HONOURED: Final = "할머니|할아버지|선생님|훈장님|임금님|왕비님|원장님|박사님|스님"
_CALLED: Final = re.compile(r"(?<![가-힣])([가-힣]*([가-힣]))([야아])(?=[,!~])")
_CRIES: Final = ("우아", "와아", "야아", "이야", "아아", "그래야", "여야", "이봐야", "좋아", "맞아")
_DOUBLED: Final = re.compile(r"[가-힣](?:는은|은는|를을|을를|에게에게)(?![가-힣])")
_TIMES: Final = (
    "시대|시절|옛날|옛적|미래|과거|고대|중세|봄|여름|가을|겨울|아침|저녁|밤|낮|년|세기|날|무렵|때"
    "|오래전|현대"
)
_COUNTED: Final = re.compile(
    r"(?P<noun>[가-힣]+)\s+(?:한|두|세|네|다섯|여섯|일곱|여덟)\s(?P<unit>마리|명)"
)
_PARTICLES: Final = "(?:들)?(?:이|가|은|는|을|를|도)?"
_PEOPLE: Final = (
    "아이|소년|소녀|사람|친구|할머니|할아버지|엄마|아빠|동생|형|누나|언니|오빠|선생님|공주|왕자"
)
_ANIMALS: Final = (
    "토끼|곰|여우|호랑이|사자|고양이|강아지|새|오리|병아리|송아지|돼지|양|말|소|개구리|거북이|다람쥐"
    "|생쥐|물고기|펭귄"
)
_THINGS: Final = "구두|신발|양말|책|나무|꽃|구름|별|집|배|자동차|기차|로봇|의자|칫솔|시계|우산|상자"


def slips(text: str) -> list[str]:
    """What is wrong with a text, each as a few words of it."""
    return [slip for found in _SENTENCES.findall(text) for slip in _of(found.strip(' "'))]


def agreeing(sentence: str) -> str:
    """A sentence of today in the present: "요즘, 토끼가 살고 있어요."."""
    if not _NOW.search(sentence):
        return sentence
    for past, present in _PRESENT:
        if past in sentence:
            return sentence.replace(past, present)
    return sentence


def _of(sentence: str) -> Iterator[str]:
    if _NOW.search(sentence) and _PAST.search(sentence):
        yield f"요즘 with the past: {sentence}"
    yield from re.findall(rf"(?:{_HONOURED})에게(?:는|도|만)?(?![가-힣])", sentence)
    yield from re.findall(
        r"(?<![가-힣])(?:너가|저가|나의|너의 것가|나가(?=\s(?:말했|물었|외쳤|웃었)))", sentence
    )
    yield from re.findall(r"물살이?[^.!?]*?(?:불어왔|불었|불고|불자|휘몰아쳤)", sentence)
    yield from _DOUBLED.findall(sentence)
    if told := re.match(rf"때는 (?!\S*\s?(?:\S+\s)*\S*(?:{_TIMES}))[^,]+,", sentence):
        yield told[0]
    yield from _calls(sentence)
    yield from _units(sentence)


def _calls(sentence: str) -> Iterator[str]:
    """곰야 and 토끼아, and elders who are called like children."""
    for found in _CALLED.finditer(sentence):
        word, last, particle = found.groups()
        whole = word + particle
        if whole.endswith(_CRIES) or len(whole) < 2:
            continue
        is_open = ending_of(last) is Ending.OPEN
        if particle == "야" and not is_open:
            yield whole
        if particle == "아" and is_open and len(word) > 1 and not _ends_in_a(last):
            yield whole
        if re.search(rf"(?:{_HONOURED}|아저씨|아주머니)$", word):
            yield whole


def _ends_in_a(syllable: str) -> bool:
    """Whether its vowel is ㅏ or ㅘ: a drawn-out cry."""
    return (ord(syllable) - ord("가")) // 28 % 21 in (0, 9)


def _units(sentence: str) -> Iterator[str]:
    """People are counted by 명, animals by 마리, things by neither."""
    for found in _COUNTED.finditer(sentence):
        no_animal = re.fullmatch(rf"\S*(?:{_PEOPLE}|{_THINGS}){_PARTICLES}", found["noun"])
        no_person = re.fullmatch(rf"(?:{_ANIMALS}|{_THINGS}){_PARTICLES}", found["noun"])
        if no_animal if found["unit"] == "마리" else no_person:
            yield found[0]
