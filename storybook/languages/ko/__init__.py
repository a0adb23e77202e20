"""Korean: what `KOREAN` is made of. Particles, numerals and pronunciation are `storybook.korean`'s,
which the composer and the lexicon know too; `spoken` understands a spoken answer.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.book import StoryRequest
from storybook.korean.particles import with_particle
from storybook.languages.field import Field
from storybook.languages.ko.faults import counts, faults
from storybook.languages.ko.sounding import sounding
from storybook.languages.ko.unmasked import ALONE, unmasked
from storybook.languages.ko.writing import LENGTHS, WRITING
from storybook.languages.language import Furniture, Hearing, Language, ReadingAloud, Script

_MIMETIC: Final = (
    r"^(?:(?:([가-힣]{1,3})\1+[가-힣]?|[가-힣]*(?:르르|아아|하악)"
    r"|[가-힣]{1,3}[락럭각걱국콕콩쿵팡펑퐁짝쩍싹썩쏙쑥렁랑룩록륵당둥덩뿅뿡붕빵]|(?![나너네내이그저])[가-힣])"
    r"(?:[ ,.…!]+|$)){1,3}$"
)
"""One to three sounds: a syllable (쿵), one again and again, or one that ends as they do."""
_SAID: Final = {"?": "물었어요", "!": "외쳤어요"}


def _said(name: str, line: str) -> str:
    return f'"{line}" {with_particle(name, "가")} {_SAID.get(line[-1:], "말했어요")}.'


# What reads and hears is imported when it is first used: its tables are large.


def _read(text: str) -> str:
    from storybook.korean.pronunciation import read_korean

    return read_korean(text)


def _for_espeak(text: str) -> str:
    from storybook.korean.espeak import as_it_sounds

    return as_it_sounds(text)


def _for_kokoro(text: str) -> str:
    from storybook.korean.kokoro import signs_of

    return signs_of(text)


def _answer(field: Field, said: str) -> str:
    from storybook.languages.ko.spoken.fields import parse_field

    return parse_field(field, said)


def _is_answer(said: str) -> bool:
    from storybook.languages.ko.spoken.fields import is_answer

    return is_answer(said)


def _plausible(field: Field, meant: str) -> float:
    from storybook.languages.ko.spoken.plausible import plausibility

    return plausibility(field, meant)


KOREAN: Final = Language(
    tag="ko",
    name="Korean",
    script=Script(letters="가-힣", ending=4, has_units=True),
    said=_said,
    # 라고 말했어요; 하고 웃었어요
    goes_on=re.compile(r"[^\s]|[ \t]+하(?:고|며|면서|는|자)(?![가-힣])"),
    faults=faults,
    counts=counts,
    forbidden=r"(?<![가-힣]){word}",  # whatever ending it has
    alone=ALONE,
    sounding=sounding,
    unmasked=unmasked,
    lengths=LENGTHS,
    writing=WRITING,
    speech=ReadingAloud(
        read=_read,
        spelled={"espeak": _for_espeak, "kokoro": _for_kokoro},
        breaths=r"(?:고|며|서|면|니|지만|는데|은데|자|려고|도록|때)(?=\s)",
        particles="[이가은는도의와과를을께]|에게|께서",
        hushed=r"속삭|소곤|쉿|나지막|나직|조용히|작은 (?:소리|목소리)|작게|살금|가만가만|새근",
        whispered=r"속삭|소곤|귓속말|귀에 (?:대고|입)|나지막|나직|작은 (?:소리|목소리)|작게"
        r"|가만히 말",
        called=r"외쳤|외치|소리쳤|소리치|소리를 (?:질|지르)|고함|목청껏|크게 (?:불|말)",
        mimetic=_MIMETIC,
        turning=r"(?:그런데|그때|그 순간|바로 그때|갑자기|그러던 어느)(?![가-힣])",
        quoting=r"(?:하(?:고|며|면|면서|는|게|더니|자|니|던|도록|기)|해(?:도|서)|이?라(?:고|며|는))"
        r"(?![가-힣])|했[가-힣]",
        clause=119,  # spoken well up to 120, one of which may be a full stop that is added
    ),
    hearing=Hearing(
        _answer,
        _is_answer,
        _plausible,
        phantoms=(
            r"(?:시청|구독|봐|들어)\s*(?:해|주|좋아요)?.*(?:감사합니다|부탁드립니다|고맙습니다)"
            r"|구독\s*(?:과|,)?\s*좋아요.*|(?:다음|다음에)\s*(?:영상|시간|비디오)에서?.*"
            r"(?:만나요|뵙겠습니다)|(?:MBC|KBS|SBS|YTN)\s*뉴스.*|한글\s*자막.*"
            r"|자막\s*(?:제공|by).*|이 영상은.*유료.*"
        ),
    ),
    furniture=Furniture(
        book="그림책",
        cover="표지",
        page="{pages}쪽 가운데 {page}쪽",
        end="끝",
        cover_picture="{title} 표지 그림",
        picture="{page}쪽 그림: {told}",
        seen="보이는 이: {who}.",
        read_cover="제목만 듣기",
        read_page="{page}쪽만 듣기",
        read_on="읽어주기",
        read_on_from_here="여기부터 끝까지",
        read_on_long="여기부터 끝까지 읽어주기",
        stop="멈추기",
        turn="책장 넘기기",
        back="앞쪽으로",
        forth="다음 쪽으로",
        words="이 책을 만든 네 낱말",
        era="시대",
        place="장소",
        characters="등장인물",
        topic="주제",
        again="처음부터 다시 보기",
        made_by="이 책을 만든 것",
        text_credit="글",
        picture_credit="그림",
        voice_credit="목소리",
        picture_dots="그림 {pixels}픽셀, 이 종이에서 {dpi} dpi",
        by_model="인공지능(AI)이 만든 것: {what}.",
        by_rule="이 책은 생성형 인공지능(AI) 모델 없이 컴퓨터 프로그램이 만들었어요.",
        for_everybody="모든 그림에 설명이 있어요. 쪽마다 그림과 글이 나란히 있어요.",
        is_read_aloud="이야기를 소리 내어 읽어 주고, 읽는 문장에 빛이 들어와요.",
    ),
    sample=StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정"),
)
