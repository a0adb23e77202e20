"""Whether a character's card says what a painter needs: one kind, once, and what it wears.

A card goes into the prompt of every picture of its book ("a curious white rabbit wearing a red
scarf"), so that one which names two animals spoils them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from storybook.lexicon import Character
from storybook.lexicon.looks import is_colour
from storybook.lexicon.words import data
from storybook.stages.writer.answer.brief import is_known

WEARING: Final = " wearing "
"""What parts a card's look from its clothes; some kinds (a car) have none."""

_WORD: Final = re.compile(r"[a-z0-9'-]+")
_SMALL: Final = frozenset(["a", "an", "and", "of", "the", "with", "in", "on", "its", "his", "her"])


def card_faults(character: Character, card: str) -> Iterator[str]:
    """What is wrong with a character's card, each in words that go on after "it"."""
    look, wears, clothes = f"{card.lower()} ".partition(WEARING)
    if wears and not _telling(clothes):
        yield "tells of no clothes"
    own = character.kind.en.lower() if is_known(character) else ""
    if own:
        times = len(re.findall(rf"(?<![a-z-]){re.escape(own)}(?:e?s)?(?![a-z-])", card.lower()))
        if times != 1:
            yield f"names {own} {times} times, not once"
        others = _animals().findall(look.replace(own, " "))
        yield from (f"names {it} beside {own}" for it in others)
    yield from (f"has {it[1]} for clothes" for it in _animals().finditer(clothes) if _is_last(it))
    words = [word for word in _telling(card) if not is_colour(word)]
    again = [it for it in dict.fromkeys(words) if words.count(it) > 1 and it != own]
    yield from (f"says {word} twice" for word in again)


def _telling(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _SMALL]


def _is_last(found: re.Match[str]) -> bool:
    return not found.string[found.end() :].strip()


@cache
def _animals() -> re.Pattern[str]:
    """Animals' names: those of persons (king, baby) stand before other kinds as well."""
    names = (entry["en"] for entry in data()["kind"] if entry["folk"] == "animal")
    return re.compile(rf"(?<![a-z-])({'|'.join(map(re.escape, names))})(?:e?s)?(?![a-z-])")
