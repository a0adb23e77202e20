"""How a cast is called in English: kinds by their English names, others in Latin letters."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from storybook.korean.romanized import romanized
from storybook.lexicon import Character, Word, find_traits
from storybook.lexicon.parts import TELLER
from storybook.lexicon.words import DEFAULT_KIND_EN, is_known_kind

_OTHER_LETTER: Final = re.compile(r"[^\W\d_A-Za-zÀ-ÖØ-öø-ÿ]")
_ORDINALS: Final = ("Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth")


def people(cast: tuple[Character, ...]) -> tuple[Character, ...]:
    """The cast with English names, each of them once, and with descriptions in English as far as
    their words are known."""
    named: list[Character] = []
    for character in cast:
        name, taken = _name(character), {it.name for it in named}
        free = (it for it in (name, *(f"{it} {name}" for it in _ORDINALS)) if it not in taken)
        traits = " ".join(find_traits(character.description))
        named.append(
            msgspec.structs.replace(
                character, name=next(free), description=traits or character.description
            )
        )
    return tuple(named)


def kind(word: Word) -> str:
    """What a kind is in English; one that is not known, as it was told."""
    is_known = word.en != DEFAULT_KIND_EN or is_known_kind(word.ko)
    return word.en if is_known else word.ko


def _name(character: Character) -> str:
    """A kind's English name if its own word is all the name that it has; a name of its own stays,
    in Latin letters."""
    name = character.name
    if name == TELLER:
        return "I"
    if _OTHER_LETTER.search(name) is None:
        return name[:1].upper() + name[1:]
    is_word = is_known_kind(character.kind.ko.split()[-1])
    if is_word and kind(character.kind) == character.kind.en and name.endswith(character.kind.ko):
        traits = find_traits(name.removesuffix(character.kind.ko))
        return " ".join((*traits, character.kind.en)).title()
    return romanized(name)
