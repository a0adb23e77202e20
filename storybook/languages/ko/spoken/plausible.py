"""How plausible an answer is: whether it has words in it that children's books are made of.

A small model that does not understand a word writes one that sounds like it and means nothing, and
is no less sure of it. A word that is known is rarely written by mistake. So an answer that no known
word is in is not refused (names and places are made up every day), only trusted less.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.languages.field import Field
from storybook.languages.ko.spoken.names import is_name
from storybook.lexicon.words import (
    DEFAULT_ERA_EN,
    DEFAULT_KIND_EN,
    DEFAULT_PLACE_EN,
    Word,
    find_era,
    find_kind,
    find_place,
    find_season,
)

UNKNOWN: Final = 0.4
"""Of an answer in which nothing is known."""
PARTLY_KNOWN: Final = 0.5
"""Of one that has a known word in it; the more of it is known, the nearer to 1."""
_HANGUL: Final = re.compile("[가-힣]")
_TIMES: Final = re.compile(
    r"시대|시절|옛날|옛적|과거|미래|현대|현재|지금|요즘|오늘|어제|내일|아침|점심|저녁|낮|밤|새벽|방학|생일"
    r"|설날|추석|크리스마스|명절|어린이날|봄|여름|가을|겨울|\d\s*[년월일시]|[백천만십]\s*년|세기|때$"
)
_PLACES: Final = re.compile(
    r"숲|산|바다|바닷|강|호수|섬|마을|동네|나라|도시|서울|부산|제주|시골|학교|교실|유치원|어린이집|집|방$|놀이터"
    r"|공원|동물원|시장|가게|마트|병원|도서관|박물관|궁|성$|동굴|하늘|우주|달|별|행성|사막|정글|농장|밭|들판"
    r"|초원|언덕|길|다리|역$|공항|배$|기차|비행기|수영장|캠핑장|극장|공장|지하|남극|북극|화장실|학원|교회|절$"
)
_TOPICS: Final = re.compile(
    r"우정|친구|사랑|가족|엄마|아빠|형제|동생|용기|모험|나눔|나누|배려|친절|정직|거짓말|약속|욕심|질투|화해|용서|감사|고마"
    r"|희망|꿈|행복|기쁨|슬픔|외로|두려|무서|자신감|노력|인내|참을성|끈기|협동|협력|도움|돕|도와|환경|자연|지구|쓰레기"
    r"|동물|생명|건강|양치|편식|습관|정리|안전|질서|예절|예의|효|효도|공부|책|놀이|여행|비밀|마법|소원|보물|생일|선물"
    r"|성장|이별|만남|평화|전쟁|정의|지혜|믿음|신뢰|책임|존중|차이|다름|평등|자유|소중|싸움|싸우|사이좋|양보|칭찬|웃음"
)


def plausibility(field: Field, meant: str) -> float:
    """From `UNKNOWN` to 1. Answers in another script than Hangul are not judged."""
    if not _HANGUL.search(meant):
        return 1.0
    known = _known(field, meant) / len(meant.replace(" ", "").replace(",", ""))
    return PARTLY_KNOWN + (1 - PARTLY_KNOWN) * min(1.0, known) if known else UNKNOWN


def _known(field: Field, meant: str) -> int:
    """How many of an answer's letters belong to known words."""
    match field:
        case Field.CHARACTERS:
            return sum(map(_known_of_name, meant.split(", ")))
        case Field.ERA:
            seasons = find_season(meant)
            return max(
                _covered(_TIMES, meant),
                _length(find_era(meant), DEFAULT_ERA_EN),
                len(seasons.ko) if seasons else 0,
            )
        case Field.PLACE:
            return max(_covered(_PLACES, meant), _length(find_place(meant), DEFAULT_PLACE_EN))
        case Field.TOPIC:
            return _covered(_TOPICS, meant)


def _known_of_name(name: str) -> int:
    named = [word for word in name.split() if is_name(word)]
    return max(sum(map(len, named)), _length(find_kind(name), DEFAULT_KIND_EN))


def _length(word: Word, unknown_en: str) -> int:
    return 0 if word.en == unknown_en else len(word.ko)


def _covered(words: re.Pattern[str], meant: str) -> int:
    return sum(len(it) for it in words.findall(meant))
