"""Describing in English what a page shows, for whoever paints it.

A character's full description is drawn once for a book and stands the same on every page, so that
every picture shows the same character: article, adjectives, coat, kind, clothes. Each character
of a cast wears a colour of its own, and characters of one kind have different coats if there are
enough of them. A prompt is ASCII, whatever the person typed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from storybook.lexicon import Character, Word, find_era, find_place, find_props, find_traits
from storybook.lexicon.words import folk_of
from storybook.stages.writer.composer.arcs import table

MAX_TRAITS: Final = 3
MAX_PROPS: Final = 2
_COLOURS: Final = re.compile(
    "white|black|red|blue|yellow|green|pink|purple|orange|brown|gray|golden|silver|rainbow"
)


def looks(cast: Sequence[Character], era: str, rng: random.Random) -> tuple[str, ...]:
    """Each character's full description, such as "a curious white rabbit wearing a red scarf"."""
    motif = find_era(era).motif
    colours = rng.sample(_data()["colours"], len(cast))
    coats: dict[str, list[str]] = {}
    described = []
    for character, colour in zip(cast, colours, strict=True):
        words = [*_adjectives(character, coats, rng), character.kind.en]
        clothes = rng.choice(_data()["clothes"][f"{folk_of(character.kind)}_{motif}"])
        described.append(f"{_with_article(' '.join(words))} wearing {colour_of(colour, clothes)}")
    return tuple(described)


def colour_of(colour: str, clothes: str) -> str:
    """One piece of clothing with its colour and article."""
    return _with_article(f"{colour} {clothes}")


def prompt(
    page: int, place: str, era: str, time: str, acts: Sequence[tuple[str, str]], text: str
) -> str:
    """The image prompt of a page. `acts` are (full description, "emotion, pose") in the order of
    the cast; props are taken from the page's Korean `text`."""
    shot, when = _data()["shots"][str(page)], _data()["times"][time]
    sentences = [f"A {shot} of {find_place(place).en}, {find_era(era).en}, {when}."]
    sentences += [f"{look[0].upper()}{look[1:]}, {act}." for look, act in acts]
    if props := find_props(text)[:MAX_PROPS]:
        sentences.append(f"Nearby: {', '.join(prop.en for prop in props)}.")
    return " ".join(sentences)


def _adjectives(character: Character, coats: dict[str, list[str]], rng: random.Random) -> list[str]:
    kind = character.kind
    traits = find_traits(f"{character.description} {kind.ko} {character.name}")
    traits = tuple(trait for trait in traits if trait not in kind.en)[:MAX_TRAITS]
    if any(map(_COLOURS.fullmatch, traits)):
        return list(traits)
    return [*traits, *_coat(kind, coats, rng)]


def _coat(kind: Word, coats: dict[str, list[str]], rng: random.Random) -> list[str]:
    """A coat that no one of this kind wears yet, if there is one."""
    known = _data()["coats"]
    choice = known.get(kind.en) or known.get(kind.motif)
    if choice is None or folk_of(kind) == "person":
        return []
    left = coats.setdefault(kind.en, [])
    if not left:
        left.extend(rng.sample(choice, len(choice)))
    return [left.pop()]


def _with_article(words: str) -> str:
    vowel = words[0] in "aeiou" and not words.startswith("one-")
    return f"{'an' if vowel or words.startswith('honest') else 'a'} {words}"


@cache
def _data() -> dict[str, Any]:
    return table("looks")
