"""Who plays which role of a storyline: hero, second, the rest, and whom the story brings along.

It is the child who errs, fears and learns; an elder helps. A storyline fits a cast if it serves its
size and finds the second that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.composer import telling
from storybook.composer.storylines import Cast, Extra, Storyline
from storybook.lexicon import Character, find_traits
from storybook.lexicon.parts import TELLER
from storybook.lexicon.topics import words_in
from storybook.lexicon.words import folk_of

ELDERS: Final = ("mother", "father", "grandmother", "grandfather", "king", "queen")
"""Kinds who help the hero rather than be one."""
GROWN_UP: Final = (
    *ELDERS,
    *("knight", "pirate", "wizard", "farmer", "astronaut", "cook", "firefighter", "witch"),
    *("police officer", "doctor", "scientist", "painter"),
)
"""Kinds who are no children: no mother of theirs puts them to bed."""
_MISSING: Final = re.compile("[가-힣]+(?= 없(?:는|이))")
"""Who is named as one who is not there: 엄마 없이 아빠랑 살아요."""
NEIGHBOUR: Final = Extra("이웃 친구", "a friendly neighbour in a green cardigan")
"""Who keeps a grown-up company: a child would be in a mother's part."""
_CASTS: Final[tuple[Cast, ...]] = ("one", "one", "two", "many")
"""The sizes of cast, by how many take the roles."""


class Casting(msgspec.Struct, frozen=True):
    """Who plays what, as places in the cast. `second` is None where somebody `alone` plays it, whom
    the story brings along; `extras` are the places of those who play whom it brings along."""

    everyone: tuple[Character, ...]
    hero: int
    second: int | None
    rest: tuple[int, ...]
    extras: dict[str, int]
    size: Cast
    gone: int | None = None
    """Who of the cast has died, and is in no picture."""

    def name(self, place: int) -> str:
        return self.everyone[place].name

    @property
    def is_second_elder(self) -> bool:
        """Whether the hero speaks to the second as to an elder."""
        second = self.second
        return (
            second is not None
            and is_elder(self.everyone[second])
            and not is_elder(self.everyone[self.hero])
        )


def casting(
    storyline: Storyline, everyone: Sequence[Character], gone: int | None = None
) -> Casting | None:
    """Who plays what in a storyline; None if it does not fit them, or brings along somebody who is
    called as one of them (할머니 and another 할머니). Who is `gone` plays only whom it mourns."""
    played = _played(storyline, everyone, gone)
    places = [it for it in range(len(everyone)) if it not in played.values() and it != gone]
    brought = [extra for key, extra in storyline.extras.items() if key not in played]
    living = [everyone[it] for it in places]
    if not places or any(_is_another(who, extra) for who in living for extra in brought):
        return None
    hero = _hero(storyline, everyone, places)
    others = [place for place in places if place != hero]
    size = _CASTS[min(len(places), 3)]
    if size not in storyline.casts or (storyline.child and is_grown_up(everyone[hero])):
        return None
    if not others:
        return Casting(tuple(everyone), hero, None, (), played, size, gone)
    second = _second(storyline, everyone, hero, others)
    if second is None:
        return None
    rest = tuple(place for place in others if place != second)
    return Casting(tuple(everyone), hero, second, rest, played, size, gone)


def as_named(storyline: Storyline, topic: str) -> Storyline:
    """A storyline of those whom a topic names: of the father who is ill, where it is a mother by
    itself."""
    extras = {key: _as_named(extra, topic) for key, extra in storyline.extras.items()}
    alone = storyline.alone
    return replace(
        storyline, extras=extras, alone=_as_named(alone, topic) if alone is not None else None
    )


def _as_named(extra: Extra, topic: str) -> Extra:
    missing = " ".join(_MISSING.findall(topic))
    there = [it for it in _chain(extra) if not any(words_in((it.ko,), missing))] or [extra]
    left = _MISSING.sub(" ", topic)
    named = (it for it in there if any(words_in((it.ko, *it.played_by), left)))
    return next(named, there[0])


def _chain(extra: Extra | None) -> Iterator[Extra]:
    """Somebody whom a story brings along, and all whom they are `also`."""
    while extra is not None:
        yield extra
        extra = extra.also


def beside(storyline: Storyline, hero: Character) -> Extra | None:
    """Who plays the second where the hero is alone: no mother puts a firefighter to bed."""
    alone = storyline.alone
    if alone is not None and telling.is_elder(alone.ko) and is_grown_up(hero):
        return NEIGHBOUR
    return alone


def is_elder(character: Character) -> bool:
    """Whether somebody is spoken to politely by a child."""
    grown = character.age_group in ("adult", "elder")
    return grown or character.kind.en in ELDERS or telling.is_elder(character.name)


def is_grown_up(character: Character) -> bool:
    return character.kind.en in GROWN_UP or is_elder(character)


def _played(
    storyline: Storyline, everyone: Sequence[Character], gone: int | None
) -> dict[str, int]:
    """Those of the cast who are whom the story would bring along: its mother is the mother."""
    found: dict[str, int] = {}
    if len(everyone) < 2:  # the hero is nobody's mother
        return found
    for key, extra in storyline.extras.items():
        free = [
            place
            for place in range(len(everyone))
            if place not in found.values() and bool(extra.may_be) == (place == gone)
        ]
        called = [it for it in free if _calls(everyone, it) & {*extra.played_by, *extra.may_be}]
        called = called or [it for it in free if _calls(everyone, it) & {*extra.stand_in}]
        if called:
            found[key] = called[0]
    return found if len(found) < len(everyone) else {}


def _calls(everyone: Sequence[Character], place: int) -> set[str]:
    """What one of some is called: 엄마 곰 is the mother among bears, and a bear beside a child."""
    who = everyone[place]
    first, *more = who.name.split()
    among_kin = more == [who.kind.ko] and sum(it.kind == who.kind for it in everyone) > 1
    called = {who.name, who.name.split()[-1], who.kind.ko}
    return called | {first} if among_kin and folk_of(who.kind) == "animal" else called


def _is_another(who: Character, extra: Extra) -> bool:
    """Whether somebody is called as one whom a story brings along; or is such a one, and alive."""
    in_short = who.name in extra.played_by and extra.ko.startswith(f"{who.name} ")  # 산타
    is_mourned = bool(extra.may_be) and who.kind.ko in extra.played_by
    return who.name == extra.ko or in_short or is_mourned


def _hero(storyline: Storyline, everyone: Sequence[Character], places: Sequence[int]) -> int:
    young = [it for it in places if not is_grown_up(everyone[it])] or [*places]
    young = [it for it in young if not _is_baby(everyone[it])] or young
    young = [it for it in young if everyone[it].name == TELLER] or young
    called = [
        it for one in storyline.hero_called for it in young if _has_in_name(everyone[it], one)
    ]
    suited = [it for it in young if {*storyline.hero} & {*find_traits(everyone[it].description)}]
    return [*called, *suited, *young][0]


def _has_in_name(who: Character, word: str) -> bool:
    """Whether somebody is called so; by one syllable only as a whole word (나, but not 하나)."""
    return word in (who.name if len(word) > 1 else who.name.split())


def _second(
    storyline: Storyline, everyone: Sequence[Character], hero: int, others: Sequence[int]
) -> int | None:
    babies = [it for it in others if _is_baby(everyone[it])]
    elder = [it for it in others if is_elder(everyone[it])]
    peers = [it for it in others if it not in (*elder, *babies)]
    if is_elder(everyone[hero]):  # among themselves they are peers
        peers, elder = [*others], []
    wanted = {
        "peer": peers,
        "elder": elder,
        "any": [*peers, *elder],
        "elder_first": [*elder, *peers],
    }[storyline.other]
    wanted = wanted or (babies if babies == [*others] else [])
    return wanted[0] if wanted else None


def _is_baby(character: Character) -> bool:
    """Whether somebody is too small to say much or to carry a part, as a human baby is."""
    return character.age_group == "baby" and folk_of(character.kind) == "person"
