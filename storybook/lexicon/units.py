"""How one of a kind is counted: 토끼 한 마리, 구두 한 짝, 나무 한 그루, 한 아이."""

from __future__ import annotations

from functools import cache
from typing import Final

from storybook.lexicon.character import Character
from storybook.lexicon.people import units
from storybook.lexicon.words import folk_of

OF_ANIMALS: Final = "한 마리"
OF_OTHERS: Final = "하나"


def one_of(who: Character) -> str:
    """Somebody of a known kind and without a name of its own, as a story first tells of it."""
    folk = folk_of(who.kind)
    if folk == "person":
        return f"한 {who.name}"
    unit = OF_ANIMALS if folk == "animal" else _units().get(who.kind.en, OF_OTHERS)
    return f"{who.name} {unit}".strip()


@cache
def _units() -> dict[str, str]:
    return {en: unit for unit, kinds in units().items() for en in kinds}
