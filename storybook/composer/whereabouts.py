"""Where one is at a place, and how: in the house around a room, in a school that one goes to, on a
train that one rides in, in a shop that one has come to.

The tables are `homes` in `openings.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final

from storybook.composer.arcs import table
from storybook.composer.request import NEAR, home_words, place_words
from storybook.korean.particles import with_particle
from storybook.lexicon import find_place
from storybook.lexicon.words import DEFAULT_PLACE_EN

HOUSE: Final = "집"
SHORT_WORD: Final = 2
PLACES_KEPT: Final = 64
"""A request's place is looked at for each page of each story."""
BETWEEN: Final = "between_"
"""The manner of who goes to and fro between a home and another place."""
_HOUSES: Final = ("네", "집", "댁", "아파트", "빌라")
_OURS: Final = re.compile(
    r"(?:우리|저희|내|제)\s+(?=\S)|우리(?=집$|집\s|반$|동네|마을|학교|유치원)"
)
_WITHIN: Final = re.compile(r"\s(?:안|위|칸)$")
_LISTED: Final = re.compile(r"[,、/]")
_TWO: Final = re.compile(r"(?<=\S)(?:이랑|와|과|랑|하고)\s+")


def told_place(place: str, *, is_teller: bool) -> str:
    """A request's place as a book says it: 우리 집 only if one of the house tells it."""
    first, *others = (it.strip() for it in _LISTED.split(place, maxsplit=1))
    if others and first and others[0]:  # 장례식장, 과수원
        place = f"{with_particle(first, '와')} {others[0]}"
    text = place_words(place)
    if is_teller:
        return re.sub(r"^우리(?=집|동네|마을|학교|유치원)", "우리 ", text)
    return _OURS.sub("", text, count=1) if _OURS.match(text) else text


@lru_cache(maxsize=PLACES_KEPT)
def main_place(place: str) -> str:
    """Of two places (공항과 비행기 안) the last, where a story is told; any other as it is."""
    return two_places(place)[1] or place


def two_places(place: str) -> tuple[str, str]:
    """The two that a place names; both empty if it is one, such as an orchard (사과 과수원)."""
    parts = _TWO.split(place, maxsplit=1)
    if len(parts) == 2 and all(_is_known(part) or part == HOUSE for part in parts):
        return parts[0], parts[1]
    return "", ""


def dwelling_words(place: str) -> str:
    """Where somebody lives of whom a chosen story tells at `place`: in the house around a room; or
    is for a while, as on a train, at grandmother's and in father's shop."""
    homes = _homes()
    if place in homes["bare"]:
        return f"어느 {place}"
    if ends_in(place, (*homes["stays"], *homes["visits"])) or is_ride(place):
        return place
    if school := _school_around(place):
        return school
    if ends_in(place, (*homes["around"], *homes["near"])):
        is_own = place.split()[0] in homes["own"] or place.split()[0].endswith("네")
        return place if is_own and " " in place else f"{place} {NEAR}"
    for rooms, house in (("school_rooms", "school"), ("rooms", "house")):
        if room := ends_in(place, homes[rooms]):
            around = place.removesuffix(room).strip()
            if around.endswith(tuple(homes["kin"])):  # 할머니 방
                return f"{around} {HOUSE}"
            if around.endswith(tuple(f" {it}" for it in homes["beside"])):  # 중환자실 앞 복도
                return around
            if _is_known(around):
                return dwelling_words(around)
            is_seen = place in homes["seen"]
            return f"{with_particle(place, '가')} 있는 집" if is_seen else str(homes[house])
    base, _, beside = place.rpartition(" ")
    if beside in homes["beside"] and ends_in(base, homes["rooms"]):  # 옷장 앞
        return dwelling_words(base)
    return home_words(place)


@lru_cache(maxsize=PLACES_KEPT)
def manner_at(place: str) -> str:
    """How one is at a place, by the tables of a book's beginning: "" where one lives."""
    home = dwelling_words(place)
    return "visit_" if home.endswith(f" {NEAR}") else manner(home)


def manner(home: str) -> str:
    """How one is where one lives, as a book begins: one goes to a school, and rides on a train."""
    homes = _homes()
    if home.endswith(NEAR):
        return ""
    if is_ride(home):
        return "ride_"
    for way in ("stay", "visit"):
        if ends_in(home, homes[f"{way}s"]):
            return f"{way}_"
    if home.endswith("댁"):
        return "stay_"
    if is_beside(home):
        base = home.rpartition(" ")[0]
        return "visit_" if ends_in(base, (*homes["around"], *homes["near"])) else "be_"
    if ends_in(home, (*homes["around"], *homes["near"])):
        return "visit_"
    is_school = find_place(home).motif == "school" or ends_in(home, homes["schools"])
    if is_school:
        return "school_"
    is_dwelling = _is_known(home) or home.endswith(tuple(homes["lived_in"]))
    return "" if is_dwelling else "be_"


def is_beside(place: str) -> bool:
    """Whether a place is only a spot beside or in something."""
    return place.split()[-1] in _homes()["beside"]


def is_ride(place: str) -> bool:
    """Whether one rides in a place, or in what it is in or on (열기구 안)."""
    rides = _homes()["rides"]
    return bool(ends_in(place, rides) or ends_in(_WITHIN.sub("", place), rides))


def ends_in(place: str, words: Sequence[str]) -> str:
    """The longest of some words that a place ends in, as a word of its own, or, of a long one, as
    the end of another (시립도서관); empty if none."""
    found = (
        word
        for word in words
        if f" {place}".endswith(f" {word}")
        or (len(word) > SHORT_WORD and " " not in word and place.endswith(word))
    )
    return max(found, key=len, default="")


def _school_around(place: str) -> str:
    """The school in which a place is (어린이집 놀이방, but not 학교 앞 문방구); empty if none."""
    words = place.split()
    for at, after in enumerate(words[1:], start=1):
        homes = _homes()
        if words[at - 1].endswith(tuple(homes["taught"])) and after not in homes["outside"]:
            return " ".join(words[:at])
    return ""


def _is_known(place: str) -> bool:
    """Whether words before a room are a place (우리 집, 토끼네) and do not only describe it."""
    homes = _homes()
    lists = (homes[it] for it in ("stays", "visits", "rides", "around", "near", "rooms", "schools"))
    is_ours = place.endswith(_HOUSES) or any(ends_in(place, it) for it in lists)
    return bool(place) and (is_ours or find_place(place).en != DEFAULT_PLACE_EN)


@cache
def _homes() -> dict[str, Any]:
    homes: dict[str, Any] = table("openings")["homes"]
    return homes
