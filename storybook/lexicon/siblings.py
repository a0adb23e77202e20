"""What siblings tell of each other: who says 형 is a boy, and two sisters are girls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from storybook.lexicon.character import Character
from storybook.lexicon.parts import KIN_OF_ONE_AGE, TELLER
from storybook.lexicon.people import known
from storybook.lexicon.words import Word, find_kind, folk_of

CHILD: Final = Word("아이", "child", "child")
YOUNGER: Final = "동생"

_SAYS_TO_ELDERS: Final = {"소년": ("형", "누나"), "소녀": ("오빠", "언니")}
"""What a boy and a girl call elder brothers and sisters."""
_ALIKE: Final = {"형제": "소년", "자매": "소녀"}
"""What each of those is who are siblings of one sex."""
_MANY: Final = {"삼": 3, "세": 3, "사": 4, "네": 4, "오": 5, "다섯": 5}


def siblings_known(found: Sequence[Character]) -> list[Character]:
    """A cast in which who says 형 and 누나 is a boy, and who says 오빠 and 언니 a girl: who tells
    it, or else the younger one; those named after 형제 or 자매 are so too."""
    told = _alike(found)
    words = {it for who in told for it in (who.name.split()[-1], who.kind.ko.split()[-1])}
    says = next((kind for kind, said in _SAYS_TO_ELDERS.items() if words & {*said}), "")
    if not says:
        return told
    if any(who.name == TELLER for who in told):
        return [_as(who, says) if who.name == TELLER else who for who in told]
    return [_as(who, says) if _is_younger(who) else who for who in told]


def _is_younger(who: Character) -> bool:
    return not who.sex and YOUNGER in (who.name, who.kind.ko.split()[-1])


def _alike(found: Sequence[Character]) -> list[Character]:
    """Those named one after another after what they are together (고양이 형제 치즈와 까망이) are of
    one kind; brothers are boys, sisters girls."""
    told = list(found)
    for at, who in enumerate(found):
        together = f"{who.description} {who.kind.ko}".strip()
        if not together.endswith(KIN_OF_ONE_AGE) or who.kind.ko in who.name.split():
            continue
        others = _named_after(found[at + 1 :], _how_many(together) - 1)
        sex = next((kind for end, kind in _ALIKE.items() if together.endswith(end)), "")
        for place, one in enumerate([who, *others], start=at):
            told[place] = _of_kind(one, who, sex)
    return told


def _how_many(together: str) -> int:
    group = " ".join(together.split()[-2:])
    return next((n for said, n in _MANY.items() if said in group), 2)


def _named_after(others: Sequence[Character], most: int) -> list[Character]:
    """The next ones of whom nothing but a name is said."""
    named = []
    for one in others[:most]:
        if one.description or one.kind.ko != one.name:
            break
        named.append(one)
    return named


def _of_kind(one: Character, first: Character, sex: str) -> Character:
    if folk_of(first.kind) != "person":
        kind = replace(first.kind, ko=one.kind.ko)
        return replace(known(replace(one, kind=kind)), sex=first.sex)
    if not sex or one.sex:
        return one
    return _as(one, sex)


def _as(who: Character, kind: str) -> Character:
    """Somebody as a boy or a girl, called what it is called."""
    found = known(replace(who, kind=find_kind(kind)))
    ko = CHILD.ko if who.name == TELLER else who.kind.ko
    return replace(found, kind=replace(found.kind, ko=ko))
