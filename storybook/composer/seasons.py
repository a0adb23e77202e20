"""Seasons: in which one a story is told, and which one a request names.

Cicadas sing in no winter. A storyline is of the seasons of which its text has what is there in
them alone; one with nothing of the kind is of any. The table is `seasons.toml`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

import msgspec

from storybook.book import StoryRequest
from storybook.composer.arcs import ArcStoryline, table
from storybook.composer.setting import StorySetting, thing
from storybook.composer.storylines import MARK, SLOT, Owned, Storyline, by_name
from storybook.lexicon import find_season
from storybook.lexicon.emoji import spelled

TODAY: Final = StorySetting("modern")
_EYES: Final = re.compile(
    r"(?<![가-힣])눈(?:이|을|도|에)?\s?(?:크|큰|커|작|나쁘|나빠|나쁜|아프|아파|아픈|안 보|보이|"
    r"잘 보|어두|감|떠|뜨|뜬|마주|병|물|높)"
)
"""Eyes, which Korean calls as it calls snow."""
REQUESTS_KEPT: Final = 64
"""A request is looked at once for each story."""


class _Season(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is there in a season alone, and what asks for it. seasons.toml says more."""

    told: tuple[str, ...]
    asked: tuple[str, ...]


def asked_season(story: StoryRequest) -> str:
    """The season that a request names: in its era, or else in its topic or place; empty if none."""
    return _asked(story.era, story.topic, story.place)


@lru_cache(maxsize=REQUESTS_KEPT)
def _asked(*words: str) -> str:
    for word in words:
        text = _EYES.sub(" ", spelled(word))
        found = find_season(text)
        if found is not None:
            return found.motif
        for name, (_, asked) in _seasons().items():
            if asked.search(text):
                return name
    return ""


def told_seasons(story: Storyline | ArcStoryline) -> frozenset[str]:
    """The seasons in which a storyline may be told; empty where that is any."""
    if isinstance(story, Storyline):
        return _of_storyline(story.name)
    return _named(str(story))


def is_in_season(story: Storyline | ArcStoryline, season: str) -> bool:
    """Whether a story may be told in a season; in none (empty) any may."""
    told = told_seasons(story)
    return not season or not told or season in told


@cache
def _named(text: str) -> frozenset[str]:
    return frozenset(name for name, (told, _) in _seasons().items() if told.search(text))


@cache
def _of_storyline(name: str) -> frozenset[str]:
    return _named(_text(by_name()[name]))


def _text(line: Storyline) -> str:
    """All that a storyline tells, its things as they are today, and its weather."""
    named = {slot: _noun(it) for slot, it in line.things.items()}
    beats = (way for page in line.page for beat in page.text for way in _ways(beat))
    texts = [MARK.sub(lambda mark: mark[2], way) for way in beats]
    texts = [SLOT.sub(lambda slot: named.get(slot[1], ""), text) for text in texts]
    snow = ["눈이 내려요" for page in line.page if page.weather == "snow"]
    return " / ".join([*texts, *named.values(), *snow])


def _noun(it: str | Owned) -> str:
    """What a thing of a storyline is called today; empty if there is none."""
    if isinstance(it, Owned) and it.ko:
        return it.ko
    found = thing(it if isinstance(it, str) else it.thing, TODAY)
    return found.ko if found is not None else ""


def _ways(beat: str | tuple[str, ...]) -> tuple[str, ...]:
    return (beat,) if isinstance(beat, str) else beat


@cache
def _seasons() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """By season what is told of it and what asks for it: 1월 is not in 11월."""
    read = msgspec.convert(table("seasons"), dict[str, _Season])
    return {
        name: (
            re.compile(rf"(?<![가-힣])(?:{'|'.join(season.told)})"),
            re.compile(rf"(?<![가-힣\d])(?:{'|'.join(map(re.escape, season.asked))})"),
        )
        for name, season in read.items()
    }
