"""How far a storyline's page is from the request's own place.

A page may be told **at** the place itself, **near** it, where one is without a word of how one came
there (a garden by the house in which one lives), or **far** from it: who sits in a restaurant is on
no mountain path. The table is `surroundings.toml`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Final

import msgspec

from storybook.book import StoryRequest
from storybook.composer.arcs import table
from storybook.composer.realms import OUTDOORS, realms
from storybook.composer.request import place_words
from storybook.composer.setting import HERE, StorySetting, places
from storybook.composer.storylines import Storyline
from storybook.composer.whereabouts import ends_in, is_beside, main_place, manner_at

SETTLED: Final = ("", "school_")
"""Manners of being at a place from which one goes out by the way."""


class Distance(IntEnum):
    """How far a page is from the request's place."""

    AT = 0
    NEAR = 1
    FAR = 2


class _Surroundings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: dict[str, tuple[str, ...]]
    before: dict[str, tuple[str, ...]]
    houses: tuple[str, ...]
    worlds: tuple[str, ...]


def distance(key: str, story: StoryRequest, setting: StorySetting) -> Distance:
    """How far a storyline's place is from the request's own."""
    here = main_place(place_words(story.place))
    if key == HERE or _has(here, key, setting):
        return Distance.AT
    manner = manner_at(here)
    is_world = setting.realm in _surroundings().worlds
    realm = realms().get(setting.realm)
    if realm is not None and (manner != "ride_" or is_world) and key in OUTDOORS:
        before = _surroundings().before.get(setting.realm)
        if before is not None and key in before:
            return Distance.NEAR
        if before is None and key not in realm.lacks:
            return Distance.AT if realm.here or key in realm.places else Distance.NEAR
    if is_world:
        return Distance.NEAR
    is_house = here.endswith(_surroundings().houses) and manner == "stay_"
    is_spot = manner == "be_" and is_beside(here)
    return Distance.NEAR if is_house or is_spot or manner in SETTLED else Distance.FAR


def first_distance(line: Storyline, story: StoryRequest, setting: StorySetting) -> Distance:
    """How far a storyline's first page is: it stands beside the sentence that names the place."""
    return distance(line.page[0].place, story, setting)


def unsuited(line: Storyline, story: StoryRequest, setting: StorySetting) -> int:
    """How little a storyline is told at the request's place, all pages counted and the first one
    most: 0 is all of it."""
    far = [int(distance(page.place, story, setting)) for page in line.page]
    return far[0] * 2 + (sum(far) + 1) // 2


def _has(here: str, key: str, setting: StorySetting) -> bool:
    words = places()[key].get("words", ())
    assert isinstance(words, list | tuple)
    return bool(ends_in(here, (*words, *_surroundings().at.get(key, ()))))


@cache
def _surroundings() -> _Surroundings:
    return msgspec.convert(table("surroundings"), _Surroundings)
