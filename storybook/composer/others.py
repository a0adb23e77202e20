"""How a book calls the rest of a larger cast: by name once, and by a short word from then on.

A list of names on every page breaks the rhythm, and does what one would do. So after the first time
the others are 식구들, 친구들, 어른들, 꼬마 요정들: what they are together. Where they are of one
noun, of different manners (nobody says of a grandmother what is said of a dog), or more than a
sentence can name, they are so from the start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from storybook.composer.casting import is_elder
from storybook.composer.storylines import REST, B
from storybook.korean.particles import with_particle
from storybook.lexicon import Character
from storybook.lexicon.groups import ORDINALS, YOUNGEST
from storybook.lexicon.parts import TELLER
from storybook.lexicon.words import folk_of

BY_NAME: Final = "rest_by_name"
"""The slot of the others where they are told by name."""
SLOTS: Final = (REST, BY_NAME)
MOST_NAMED: Final = 3
COUNTS: Final = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟")
_REST: Final = re.compile(rf"\{{{REST}(?=[:}}])")
_AT_HOME: Final = re.compile(rf"집에 있는 (?=\{{(?:{B}|{REST}|{BY_NAME})[:}}])")
_REST_AT_HOME: Final = re.compile(rf"집에 있는 (?=\{{(?:{REST}|{BY_NAME})[:}}])")
KIN: Final = (
    *("엄마", "아빠", "어머니", "아버지", "할머니", "할아버지", "외할머니", "외할아버지"),
    *("이모", "고모", "삼촌", "외삼촌", "형", "누나", "언니", "오빠", "동생", "남동생", "여동생"),
    *("아들", "딸", "손주", "손자", "손녀", "쌍둥이", "남매", "형제", "자매"),
)


def in_a_row(names: Sequence[str]) -> str:
    """Names as a list, ready for a particle: 곰, 곰과 여우, 곰, 여우, 새; who tells it comes first
    (나와 엄마, 아빠)."""
    if TELLER in names and len(names) > 1:
        others = [name for name in names if name != TELLER]
        return f"{with_particle(TELLER, '와')} {', '.join(others)}"
    if len(names) == 2:
        return f"{with_particle(names[0], '와')} {names[1]}"
    return ", ".join(names)


def noun_of(name: str) -> str:
    """What one of a group is, of which the second is called 둘째 꼬마 요정; empty if it is none."""
    ordinal, _, noun = name.partition(" ")
    return noun if ordinal in (*ORDINALS, YOUNGEST) else ""


def in_groups(everyone: Sequence[Character], shown: Sequence[str]) -> list[str]:
    """How a cast is `shown` at first, a group among others as one: 꼬마 요정 셋."""
    nouns = [noun_of(one.name) for one in everyone]
    told: list[str] = []
    for at, (noun, text) in enumerate(zip(nouns, shown, strict=True)):
        many = nouns.count(noun)
        if not noun or many in (1, len(nouns)):
            told.append(text)
        elif noun not in nouns[:at]:
            what = everyone[at].description
            told.append(f"{what} {noun} {COUNTS[many]}".strip())
    return told


def together(rest: Sequence[Character], beside: Sequence[Character]) -> str:
    """What the others are called together, beside hero and second."""
    noun = noun_of(rest[0].name)
    if noun and all(noun_of(one.name) == noun for one in rest):
        return _other(f"{noun}들", any(noun_of(one.name) == noun for one in beside))
    if are_family(rest):
        return "식구들"
    grown = [is_elder(one) for one in rest]
    if all(grown):
        return _other("어른들", any(map(is_elder, beside)))
    if any(grown):
        return f"나머지 {COUNTS[len(rest)]}"
    return _other("친구들", len(beside) > 1 and not any(map(is_elder, beside)))


def are_named(rest: Sequence[Character]) -> bool:
    """Whether the others can be told by name in one sentence, and with one verb."""
    nouns = [noun_of(one.name) for one in rest]
    is_one_group = len(rest) > 1 and bool(nouns[0]) and len({*nouns}) == 1
    folks = {"animal" if folk_of(one.kind) == "animal" else "other" for one in rest}
    is_mixed = len({*map(is_elder, rest)}) > 1 and len(folks) > 1
    return len(rest) <= MOST_NAMED and not is_one_group and not is_mixed


def told_once(texts: Sequence[str], *, are_kin: bool) -> list[str]:
    """A book's pages, their slots still open, in which the others are told by name where they are
    first told of, and who is away is so (집에 있는 엄마) only then: others who `are_kin` alone."""
    pages: list[str] = []
    is_named = is_away = False
    for text in texts:
        if not is_named:
            text, named = _REST.subn(f"{{{BY_NAME}", text, count=1)
            is_named = named > 0
        text = text if are_kin else _REST_AT_HOME.sub("", text)
        first = _AT_HOME.search(text)
        kept = first.end() if first is not None and not is_away else 0
        is_away = is_away or first is not None
        pages.append(text[:kept] + _AT_HOME.sub("", text[kept:]))
    return pages


def are_family(rest: Sequence[Character]) -> bool:
    """Whether all others are kin, or the animals that live with them, and one is kin at least."""
    is_kin = [_is_kin(one) for one in rest]
    is_animal = [folk_of(one.kind) == "animal" for one in rest]
    return any(is_kin) and all(a or b for a, b in zip(is_kin, is_animal, strict=True))


def _is_kin(one: Character) -> bool:
    """아빠, 동생 지아 and 아빠 오리; but 아랫집 할아버지 is no grandfather of the hero's."""
    called = noun_of(one.name) or one.name
    if folk_of(one.kind) == "animal":
        return called.split()[0] in KIN
    return " " not in called and bool({called, one.kind.ko.split()[-1]} & {*KIN})


def _other(noun: str, is_said: bool) -> str:
    return f"다른 {noun}" if is_said else noun
