"""How a book begins whose story is chosen at the request: who is where, and when.

Where the story's first page is told elsewhere than at the request's place, its beginning leads
there: 공항에 다녀온 다음 날이었어요. The table is `beginnings.toml`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec

from storybook.composer import request, telling
from storybook.composer.arcs import table
from storybook.composer.casting import is_elder
from storybook.composer.surroundings import Distance
from storybook.composer.whereabouts import (
    BETWEEN,
    HOUSE,
    dwelling_words,
    ends_in,
    main_place,
    manner_at,
    two_places,
)
from storybook.korean.slips import agreeing
from storybook.lexicon import Character
from storybook.lexicon.parts import TELLER
from storybook.lexicon.words import folk_of

LONG_INTRO: Final = 20
"""Letters of those of whom a book tells."""
EVENINGS: Final = ("sunset", "night")
ON_THE_WAY: Final = ("hillside", "stream", "hilltop", "market", "gate")
"""Places of a first page that one may come by on the way home."""
TODAY: Final = "오늘"
TALE: Final = "이야기"
ONE_OF: Final = "어느 "
ONE_HOUSE: Final = f"{ONE_OF}집"
OUR_HOUSE: Final = "우리 집"
N_BELOW: Final = 4
"""The number of ㄴ among the letters that a syllable may end in."""
_TO_COME: Final = re.compile("처음|첫(?!째)|가는 날|타는 날|가기 전|앞두")
"""What a topic says of what is still to be."""
_DAY: Final = re.compile(
    "오늘|날(?:이|은|에|,| |$)|아침|밤|저녁|때였|무렵|[봄철](?:이|에|,|날)|여름|가을|겨울|며칠|새벽"
    "|한낮|길이었|길이에요"
)
"""What a story's own first sentence says of its day."""
_CLAUSE: Final = re.compile(r"(?:[는던된]|[가-힣]을)\s\{intro")
_OF_AGE: Final = re.compile(r"\d+\s?(?:개월|살)\s된$")
_MONTH: Final = re.compile(r"\d월")
_INSIDE: Final = re.compile(r"\s(?:안|속|위|칸)$")


class Heroes(msgspec.Struct, frozen=True):
    """Those of whom a book tells, as its first sentence has them."""

    intro: str
    several: bool = False
    is_teller: bool = False
    """Whether one of them tells it."""
    has_clause: bool = False
    """Whether one is described by a clause of their own: 밥을 천천히 먹는 예준이."""
    are_pupils: bool = True
    """Whether they may all go to a school."""
    are_people: bool = True
    """Whether any of them is one, and only comes to a shop."""


class FirstPage(msgspec.Struct, frozen=True):
    """What of a story's first page its beginning leads to."""

    distance: Distance
    place: str
    inside: bool
    time: str
    text: str
    topic: str
    is_grave: bool = False

    @property
    def has_day(self) -> bool:
        """Whether the story's own first sentence says what day it is."""
        return _DAY.search(re.split(r"[.!?]", self.text)[0]) is not None


def heroes(everyone: Sequence[Character], intro: str) -> Heroes:
    """How a cast is introduced; `intro` is all of them with their descriptions."""
    grown = [is_elder(it) for it in everyone]
    return Heroes(
        intro,
        len(everyone) > 1,
        any(it.name == TELLER for it in everyone),
        any(_is_clause(it.description.strip()) for it in everyone),
        not any(grown) or all(grown),
        any(folk_of(it.kind) == "person" for it in everyone),
    )


def _is_clause(description: str) -> bool:
    """Whether a description is a clause: 밥을 천천히 먹는, 배가 아픈, but not 여섯 살, 작은."""
    if " " not in description or _OF_AGE.search(description):
        return False
    last = description[-1]
    return last in "는던" or ("가" <= last <= "힣" and (ord(last) - ord("가")) % 28 == N_BELOW)


def beginning(
    era: str, place: str, who: Heroes, rng: random.Random, first: FirstPage | None = None
) -> str:
    """The first sentence or two of a chosen story. `era` and `place` are the request's, as a text
    has them; without a `first` page, of one that knows no places, nobody is led anywhere."""
    both, here = two_places(place), main_place(place)
    manner = manner_at(here)
    if manner == "school_" and not who.are_pupils:
        manner = "visit_"
    home = dwelling_words(here)
    if home.endswith(request.NEAR):
        is_shop = first is not None and not who.are_people
        manner = "slip_" if is_shop else manner if first is not None else ""
    if first is not None:
        home = home.removesuffix(f" {request.NEAR}")
    if home == ONE_HOUSE and who.is_teller:
        home = OUR_HOUSE
    if both[0] and dwelling_words(both[0]).endswith(HOUSE):
        sentence, home = rng.choice(_here(BETWEEN, place, era, who, first)), place
    elif first is not None and (led := _away(manner, here, who, first, rng)):
        sentence = led if era in _now() else f"{{when}} {led}"
    else:
        sentence = rng.choice(_here(manner, home, era, who, first))
    words = {"home": home, "ride": _INSIDE.sub("", here), "intro": who.intro}
    return agreeing(telling.filled(_timed(sentence, era, rng), words))


def _here(manner: str, home: str, era: str, who: Heroes, first: FirstPage | None) -> list[str]:
    """The sentences that fit: where they are told of as living, or being, at the place."""
    ways = _table()["here"][(manner if manner != "slip_" else "").removesuffix("_") or "live"]
    when = "today" if era in _now() else "then"
    found = list(ways[when])
    if who.several:
        found += ways.get(f"together_{when}", [])
    if first is not None and first.distance == Distance.AT:
        found += ways.get(f"at_{when}", [])
    has_day = first is None or first.has_day or first.is_grave
    fitting = [it for it in found if not (has_day and TODAY in it)]
    if home.startswith(ONE_OF) or home.endswith(request.NEAR):
        fitting = [it for it in fitting if not it.startswith("여기는")]
    if not (request.is_time(era) or _MONTH.search(era)):  # a tale of that name already
        fitting = [it for it in fitting if TALE not in it]
    if who.is_teller:
        return [it for it in fitting if re.match(r"(?:\{when\} )?\{intro:은\}", it)]
    if who.has_clause or len(who.intro) > LONG_INTRO:
        return [it for it in fitting if not _CLAUSE.search(it) and "여기는" not in it]
    return fitting


def _away(manner: str, here: str, who: Heroes, first: FirstPage, rng: random.Random) -> str:
    """A sentence that leads from the place to the first page; empty where none is needed."""
    kind = manner.removesuffix("_")
    if kind == "ride":
        rides = _table()["rides"]
        kind = next((it for it in rides if ends_in(here, rides[it])), "journey")
    if kind == "be" and who.are_people:  # a place that nobody knows: they only came there
        kind = "visit"
    ways = _table()["away"].get(kind)
    is_school = kind == "school"
    if ways is None or first.distance == Distance.AT:
        return ""
    if first.distance == Distance.NEAR and (not is_school or first.has_day or rng.random() < 0.5):
        return ""
    found = [it for name in _fitting(first) for it in ways.get(name, ())]
    return str(rng.choice(found or ways["day"]))


def _fitting(first: FirstPage) -> list[str]:
    """Which ways of leading fit a page."""
    if first.is_grave:
        return ["grave"]
    if _TO_COME.search(first.topic):
        return ["soon" if first.has_day else "before"]
    if first.has_day:
        return ["plain"]
    if first.inside and first.time in EVENINGS:
        return ["evening", "day"]
    is_way = first.place in ON_THE_WAY and first.time != "night"
    return ["way"] if is_way and first.place != "gate" else ["day"]


def _timed(sentence: str, era: str, rng: random.Random) -> str:
    """A sentence with its time; a time of which only the word is known gets one of its own."""
    if _MONTH.search(era):
        return sentence.replace("{when}", f"{era},")
    if request.is_time(era):
        whens = [it.removeprefix("때는 ") for it in request.whens(era)]
        whens = [it for it in whens if not it.startswith("바로 요즘")]
        return sentence.replace("{when}", rng.choice(whens).replace("{era}", era))
    return f"{era} 이야기예요. {sentence.removeprefix('{when} ')}"


@cache
def _now() -> list[str]:
    """Eras that are today."""
    now: list[str] = table("openings")["signs"]["today"]
    return now


@cache
def _table() -> dict[str, Any]:
    return table("beginnings")
