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
_PIECES: Final = re.compile(r'("\w+:[^"]*"|\{\w+)')


def on_land(text: str, kinds: Mapping[str, Word], others: Collection[str]) -> str:
    """A phrasing, its slots still open, in which those of `kinds`, by their slots, have the limbs
    that their bodies have; `others` are slots of those of whom what follows is told as it is."""
    told: list[str] = []
    bearer = ""
    for piece in _PIECES.split(text):
        of = piece[1:].split(":")[0] if piece[:1] in ('"', "{") else bearer
        if piece.startswith("{") and (of in kinds or of in others):
            bearer = of
        told.append(with_limbs(piece, kinds[of]) if of in kinds else piece)
    return "".join(told)


def with_limbs(text: str, kind: Word) -> str:
    """A text about one of a kind, with the limbs that it has."""
    body = body_of(kind)
    if not body:
        return text
    for deed, done in _bodies()["land_deeds"].items():
        text = text.replace(deed, done)
    limbs: dict[str, str] = _bodies()["land_limbs"][body]
    return _limbs(body).sub(lambda found: with_particle(limbs[found[1]], found[2]), text)


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
    return re.compile(rf"(?<![가-힣]){_NO_UNIT}({names}){_MEASURE}({_PARTICLES})(?![가-힣])")


@cache
def _by_kind() -> dict[str, str]:
    return {en: body for body, kinds in _bodies()["land"].items() for en in kinds}


@cache
def _bodies() -> dict[str, Any]:
    return table("bodies")
