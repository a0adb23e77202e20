"""What there is, where and when a book is told: things and places by time.

A **setting** is a request's time, as one word, and its realm, where that is no village: heroes who
swim are under water. Each thing and each place has its words for a setting, or is not there: no
bread in old Korea. The tables are `things.toml` and `places.toml`; `realms.toml` has what is out of
doors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

import msgspec

from storybook.book import StoryRequest
from storybook.composer.arcs import table
from storybook.composer.realms import OUTDOORS, WATER, Form, Realm, realm_of, realms
from storybook.lexicon import find_era, find_place
from storybook.lexicon.words import Word
from storybook.scene import ScenePart, ScenePlace

Time = Literal["wild", "ancient", "retro", "modern", "future"]
TIMES: Final[tuple[Time, ...]] = ("wild", "ancient", "retro", "modern", "future")
"""In their order: what is there `since` one of them is there in all later ones."""
HERE: Final = "here"
"""The place of the request, among the places of a storyline."""

_WILD: Final = ("in the Stone Age", "in the age of dinosaurs")
_GRANDPARENTS: Final = "in the days of our grandparents"
_YEAR: Final = re.compile(r"in the year (\d+)")
_LAST_RETRO: Final = 1999
_LESS: Final[Mapping[Time, Time]] = {"wild": "ancient"}
"""Whose words stand where a time has none of its own."""
_INSIDE: Final = ("home", "school")
"""Kinds of place, by the painter's motif, that have a roof, unless their word says otherwise."""
_OUTSIDE: Final = ("마당", "옥상", "운동장", "정원")
_HALLS: Final = (
    *("병원", "박물관", "백화점", "마트", "가게", "서점", "책방", "빵집", "식당", "지하철", "극장"),
    *("경찰서", "소방서", "편의점", "공항", "수족관", "동굴", "우주선", "우주 정거장", "치과"),
)


class StorySetting(msgspec.Struct, frozen=True):
    """When a book is told, and in which realm; none is a village."""

    time: Time
    realm: str = ""

    def has(self, since: str) -> bool:
        """Whether what there is `since` a time is there; what has none is always there."""
        return not since or TIMES.index(self.time) >= TIMES.index(msgspec.convert(since, Time))

    def pick(self, words: Mapping[str, object]) -> Mapping[str, object]:
        """What a table says for this setting: its own words over those that always count."""
        less = _LESS.get(self.time)
        ways = [self.realm] if self.realm else []
        ways += [self.time, *([less] if less else [])]
        found = next((words[way] for way in ways if way in words), {})
        assert isinstance(found, dict)
        return {**words, **found}

    def names(self, words: Mapping[str, object]) -> bool:
        """Whether a table has words for this time, or what it tells of is there anyway."""
        less = _LESS.get(self.time, self.time)
        return self.time in words or less in words or self.has(str(words.get("since", "")))


def setting_of(story: StoryRequest, *, is_water: bool) -> StorySetting:
    """The setting of a request."""
    time = _time_of(find_era(story.era))
    name = WATER if is_water else realm_of(story.place)[0]
    setting = StorySetting(time, name)
    return setting if not name or setting.has(realms()[name].since) else StorySetting(time)


def _time_of(era: Word) -> Time:
    if era.en in _WILD:
        return "wild"
    year = _YEAR.search(era.en)
    if era.en == _GRANDPARENTS or (year and era.motif == "modern" and int(year[1]) <= _LAST_RETRO):
        return "retro"
    time: Time = msgspec.convert(era.motif, Time)
    return time


class Named(msgspec.Struct, frozen=True):
    """A thing, or somebody whom a story brings along: Korean for the text, English for the
    picture."""

    ko: str
    en: str
    size: str = ""
    owner: str = ""
    where: str = ""


def things() -> dict[str, dict[str, object]]:
    """The table of things."""
    return _table("things")


def thing(key: str, setting: StorySetting) -> Named | None:
    """A thing as it is in a setting; None where there is none."""
    words = things()[key]
    if not setting.names(words):
        return None
    found = setting.pick(words)
    return Named(str(found["ko"]), str(found["en"]), str(found.get("size", "")))


class Scenery(msgspec.Struct, frozen=True):
    """A place of a page: its Korean noun, how it looks, and the Korean of its parts, by slot."""

    ko: str
    place: ScenePlace
    parts: dict[str, str] = {}


def place(key: str, story: StoryRequest, setting: StorySetting, here: str, looks: str) -> Scenery:
    """A place of a storyline in a setting. `here` are the request's own words for its place, as the
    text says it, and `looks` what that is in English."""
    _, seen = realm_of(story.place)
    if key == HERE:
        return Scenery(here, ScenePlace(seen or looks, is_inside(story.place)))
    realm = realms().get(setting.realm)
    if realm is not None and key in OUTDOORS and key not in realm.lacks:
        own = Scenery(here, ScenePlace(seen or looks, is_inside(story.place)))
        return _outdoors(key, realm, setting, own)
    words = _table("places")[key]
    found = setting.pick(words)
    parts = found.get("parts", {})
    meant = (*_words(words), *_words(found))
    assert isinstance(parts, dict)
    return Scenery(
        here if any(story.place.strip().endswith(word) for word in meant) else str(found["ko"]),
        ScenePlace(
            str(found["en"]),
            bool(found.get("inside", False)),
            tuple(ScenePart(name, str(it["en"])) for name, it in parts.items()),
        ),
        {name: str(it["ko"]) for name, it in parts.items()},
    )


def _outdoors(key: str, realm: Realm, setting: StorySetting, here: Scenery) -> Scenery:
    """A place out of doors in a realm: the request's own, the realm's, or as it is anywhere."""
    found = setting.pick(_table("places")[key])
    parts = found.get("parts", {})
    assert isinstance(parts, dict)
    forms = {name: realm.parts.get(name) or Form(it["ko"], it["en"]) for name, it in parts.items()}
    there = realm.places.get(key)
    if there is None and realm.here:
        ko, en, inside = here.ko, here.place.looks, here.place.inside
    else:
        form = there or Form(str(found["ko"]), str(found["en"]))
        ko, en, inside = form.ko, form.en, False
    shown = tuple(ScenePart(name, form.en) for name, form in forms.items())
    return Scenery(ko, ScenePlace(en, inside, shown), {name: it.ko for name, it in forms.items()})


def places() -> dict[str, dict[str, object]]:
    """The table of places."""
    return _table("places")


def is_inside(text: str) -> bool:
    """Whether the place that a request names has a roof."""
    name = text.strip()
    if name.endswith(_OUTSIDE):
        return False
    return name.endswith(_HALLS) or find_place(name).motif in _INSIDE


def _words(table: Mapping[str, object]) -> tuple[str, ...]:
    words = table.get("words", ())
    assert isinstance(words, list | tuple)
    return tuple(map(str, words))


@cache
def _table(name: str) -> dict[str, dict[str, object]]:
    return table(name)
