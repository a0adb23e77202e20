"""The hours of a day at the request's place: where evening comes on a later page, it comes there.

해가 기울자 becomes 놀이터 너머로 해가 기울자, and a page whose picture has the evening although its
text says nothing of it gets a sentence. So the place stays in the story, and nothing contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.composer.request import NEAR
from storybook.composer.surroundings import Distance
from storybook.composer.whereabouts import dwelling_words, ends_in, manner_at
from storybook.korean.particles import with_particle

LATER: Final = (2, 3, 4)
"""Pages on which the place may be named again."""
GETS_DARK: Final = (2, 3)
"""Pages that may begin with the evening: the last one answers the question of the third."""
LONG_PLACE: Final = 14
"""Letters of a place that a sentence bears twice."""
ROOMS: Final = (
    *("거실", "부엌", "주방", "방", "안방", "침실", "공부방", "병실", "교실", "복도"),
    *("식당", "레스토랑", "기차", "기차 안", "열차", "창가", "놀이방", "도서관"),
)
"""Where evening is seen through a window."""
LIVING: Final = ("", "stay_")
"""Manners of being at a place all around which one is at home."""
_WITHIN: Final = re.compile(r"(?:^|\s)(?:앞|옆|뒤|위|밑|아래|안|속|사이|곁|시간)$|^어느 집$")
_SUN: Final = re.compile(
    r'(?P<before>^|[.!?…"] |, )(?P<soon>어느새 |어느덧 )?'
    r"(?P<sun>해가 (?:다 |뉘엿뉘엿 |꼴깍 )?(?:기울|지고|졌|질|넘어|저물))"
)
_HOUR: Final = re.compile(
    r'(?P<before>^|[.!?…"] )(?P<soon>어느새 |어느덧 )?'
    r"(?P<hour>밤이|저녁이|아침이|날이) "
    r"(?P<comes>되자|되었|되고|되니|깊|밝자|밝았|저물)"
)
_COMES: Final = {"되자": "오자", "되었": "왔", "되고": "오고", "되니": "오니"}
_SAYS_WHEN: Final = re.compile(
    "해가|해는|햇|밤|저녁|노을|달빛|달이|날이|다음 날|이튿날|그날|며칠|아침|어두|어둠|캄캄|까매"
    "|깜깜|녘|무렵|늦|새벽|별|불을|불이|낮"
)
_GOES_ON: Final = re.compile(
    r'^(?:"|그런데|그래도|그러|그때|하지만|그 |그리고|이제|이번|거기|드디어|마침내|역시|그럼|그렇'
    "|또|벌써)"
)


class Hour(msgspec.Struct, frozen=True):
    """When a page is, and when the one before was; whether it has a roof, and how far from the
    request's place it is."""

    number: int
    time: str
    before: str
    inside: bool
    distance: Distance


def at_the_hour(text: str, place: str, hour: Hour) -> str:
    """A page's text in which its evening, night or morning comes at the place; empty where nothing
    of the kind is told or can be."""
    looks = _seen(place, hour)
    if looks is None or place in text:
        return ""
    over, to = looks
    told = _SUN.sub(lambda it: f"{it['before']}{it['soon'] or ''}{over} {it['sun']}", text, count=1)
    if told == text:
        told = _HOUR.sub(lambda it: _came(it, to), text, count=1)
    return told if told != text else next(_added(text, over, to, hour), "")


def _seen(place: str, hour: Hour) -> tuple[str, str] | None:
    """Over what the sun sinks, and to where the night comes; None for a place of which neither can
    be said."""
    if ends_in(place, ROOMS):
        if not (hour.inside and hour.distance == Distance.AT):
            return None
        at = place.removesuffix(" 안")
        return f"{at} 창밖으로", with_particle(at, "에도")
    home, manner = dwelling_words(place).removesuffix(f" {NEAR}"), manner_at(place)
    is_there = hour.distance == Distance.AT or (hour.distance == Distance.NEAR and manner in LIVING)
    is_said = len(home) <= LONG_PLACE and not _WITHIN.search(home) and manner != "ride_"
    if not (is_there and is_said):
        return None
    return f"{home} 너머로", with_particle(home, "에도")


def _came(it: re.Match[str], to: str) -> str:
    comes = _COMES.get(it["comes"], it["comes"])
    return f"{it['before']}{it['soon'] or ''}{to} {it['hour']} {comes}"


def _added(text: str, over: str, to: str, hour: Hour) -> Iterator[str]:
    """With a sentence, where only the picture says that it got dark."""
    is_new = hour.time != hour.before and hour.number in GETS_DARK
    if not is_new or _SAYS_WHEN.search(text) or _GOES_ON.match(text):
        return
    if hour.time == "sunset":
        yield f"어느새 {over} 해가 기울었어요. {text}"
    if hour.time == "night":
        yield f"어느새 {to} 밤이 왔어요. {text}"
