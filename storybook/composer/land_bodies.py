"""Telling of whoever has no hands, hair or fingers as its body is: a dog's paws, a bird's wings.

Whom a part of a text is about is told by its slots: what stands after a name is its bearer's, and
what is spoken the speaker's. Who swims is told of by `telling.embodied`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

from storybook.composer.arcs import table
from storybook.korean.particles import with_particle
from storybook.lexicon import Word
from storybook.lexicon.words import is_thing

HAIRLESS: Final = "hairless"
_PARTICLES: Final = (
    "을|이|은|으로|과|도|에도|에는|에서|에게|에|만|의|로|를|가|는|와|까지|부터|처럼|하고|이랑|랑|"
)
_MEASURE: Final = "(?!만 ?[한할큼했하]|보다)"
"""주먹만 한 is how large something is, whoever looks at it."""
_NO_UNIT: Final = "(?:(?<=만 한 )|(?<!한 )|(?!입|발))"
"""한 입 is a bite, and 한 발 a step."""
_PIECES: Final = re.compile(r'("\w+:[^"]*"|\{[^{}]*\}|(?<=[.!?…])(?=\s))')
"""Spoken lines, names, and what is between them, up to the end of a sentence."""
_SAID: Final = re.compile(r'"\w+:[^"]*"')
_ENDS: Final = ('"', ".", "!", "?", "…")
_OF: Final = "의"
_NOUN: Final = re.compile(
    r"(?:\s?(?:[가-힣]*[는은한던린진친지]|[가-힣]+만 한|한쪽|두|빈|온|왼쪽|오른쪽)(?=\s))*"
    r"\s?[가-힣]+"
)
"""What stands after a name with 의: 다치지 않은 두 손을."""
_SUBJECTS: Final = ("은", "는", "이", "가", "도", "만", "까지", "께서")
"""Particles after which a name is who does what is told next."""


def on_land(text: str, kinds: Mapping[str, Word], others: Collection[str]) -> str:
    """A phrasing, its slots still open, in which those of `kinds`, by their slots, have the limbs
    that their bodies have; `others` are slots of those of whom what follows is told as it is."""
    told: list[str] = []
    bearer = ""
    for sentence in _sentences(text):
        if _SAID.fullmatch(sentence[0]):
            told.append(_of(sentence[0], sentence[0][1:].split(":")[0], kinds))
            continue
        named = [_slot(it)[0] for it in sentence if it.startswith("{")]
        bearer = next((it for it in named if it in kinds or it in others), bearer)
        is_first, owner = True, ""
        for piece in sentence:
            slot, form = _slot(piece)
            if slot in kinds or slot in others:
                owner = slot if form == _OF else ""
                bearer = slot if is_first or form in _SUBJECTS else bearer
                is_first = False
            elif not slot:
                noun = _NOUN.match(piece) if owner else None
                cut = noun.end() if noun else 0
                piece = _of(piece[:cut], owner, kinds) + _of(piece[cut:], bearer, kinds)
                owner = ""
            told.append(piece)
    return "".join(told)


def _sentences(text: str) -> list[list[str]]:
    """The pieces of each sentence; what is spoken is one of its own."""
    found: list[list[str]] = [[]]
    for piece in filter(None, _PIECES.split(text)):
        if found[-1] and (_SAID.fullmatch(piece) or found[-1][-1].endswith(_ENDS)):
            found.append([])
        found[-1].append(piece)
    return [sentence for sentence in found if sentence]


def _slot(piece: str) -> tuple[str, str]:
    """A slot's name and particle; both empty for any other piece."""
    name, _, form = piece.strip("{}").partition(":")
    return (name, form) if piece.startswith("{") else ("", "")


def _of(text: str, who: str, kinds: Mapping[str, Word]) -> str:
    return with_limbs(text, kinds[who]) if who in kinds else text


def with_limbs(text: str, kind: Word) -> str:
    """A text about one of a kind, with the limbs that it has."""
    body = body_of(kind)
    if not body:
        return text
    for deed, done in _bodies()["land_deeds"].items():
        text = text.replace(deed, done)
    limbs: dict[str, str] = _bodies()["land_limbs"][body]

    def had(found: re.Match[str]) -> str:
        if found["of"]:  # 할머니의 손
            return found[0]
        return with_particle(limbs[found["limb"]], found["particle"])

    return _limbs(body).sub(had, text)


def lacks(text: str, kind: Word) -> bool:
    """Whether a text tells of what cannot happen to one of a kind: no bus loses a tooth."""
    words = _bodies()["land_lacks"].get(body_of(kind))
    return words is not None and re.search(words, text) is not None


def body_of(kind: Word) -> str:
    """The body of a kind on land; empty where it is told of as a child is."""
    found = _by_kind().get(kind.en, "")
    return found or (HAIRLESS if is_thing(kind) else "")


@cache
def _limbs(body: str) -> re.Pattern[str]:
    names = "|".join(sorted(_bodies()["land_limbs"][body], key=len, reverse=True))
    return re.compile(
        rf"(?<![가-힣])(?P<of>[가-힣]+의 )?{_NO_UNIT}(?P<limb>{names})"
        rf"{_MEASURE}(?P<particle>{_PARTICLES})(?![가-힣])"
    )


@cache
def _by_kind() -> dict[str, str]:
    return {en: body for body, kinds in _bodies()["land"].items() for en in kinds}


@cache
def _bodies() -> dict[str, Any]:
    return table("bodies")
