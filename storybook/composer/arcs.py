"""The arcs: their shape, and reading them from `arcs/*.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from storybook.lexicon.topics import words_in

PAGE_COUNT: Final = 5
"""A storyline is told on a cover and four panels. None is longer: each page of one has one picture
(hour, acts, thing), so that a page told on two would show the same twice."""
AGE: Final = "5-7"
"""Whom the phrasings are for. The shortest of every beat are hardly shorter (7.2 words a sentence
instead of 7.7, 23 a page instead of 25): no choice among them suits another age."""


class ArcPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a storyline.

    `a`, `b` and `rest` are what the hero, the second character and all others do in the picture
    ("happy, waving"); `time` is a key of the times in `looks.toml`. `beats` are choices of
    phrasings, in the order in which they are told. `thing` is what lies or stands there instead
    of the storyline's, "" for nothing; `away` are those who are left out of the picture where the
    text says that they are elsewhere.
    """

    time: str
    a: str
    beats: tuple[tuple[str, ...], ...]
    b: str = ""
    rest: str = "happy, standing"
    thing: str | None = None
    away: tuple[Literal["b", "rest"], ...] = ()


class ArcStoryline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A story in four pages. `hero` are the traits that suit its hero, in English; one that
    `asks` also suits a topic that is a sentence. One of `olden` times is not told
    of today or tomorrow. `thing` is what the story turns on, in English as it stands in the
    prompts (a colorful flag)."""

    cast: Literal["one", "two"]
    titles: tuple[str, ...]
    page: tuple[ArcPage, ArcPage, ArcPage, ArcPage]
    hero: tuple[str, ...] = ()
    asks: bool = False
    olden: bool = False
    thing: str = ""


class Arc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The storylines of one topic, and the words by which it is known."""

    topic: str
    words: tuple[str, ...]
    storyline: tuple[ArcStoryline, ...]


def arc_of(topic: str) -> Arc:
    """The arc for a topic in a person's words; the general one if none is known.

    Of the topics that are named, the last counts, as Korean puts what matters last.
    """
    return arc_for(topic) or general_arc()


def arc_for(topic: str) -> Arc | None:
    """The arc for a topic, None if none is known."""
    found = [(*match, arc) for arc in arcs() for match in words_in(arc.words, topic)]
    return max(found, key=lambda match: match[:2])[2] if found else None


@cache
def arcs() -> tuple[Arc, ...]:
    """Every arc that has a topic, in the order of their file names."""
    return tuple(arc for arc in _all() if arc.topic)


@cache
def general_arc() -> Arc:
    """The arc for every other topic."""
    return next(arc for arc in _all() if not arc.topic)


def table(name: str) -> dict[str, Any]:
    """One of the composer's other data files, by its name without the ending."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


@cache
def _all() -> tuple[Arc, ...]:
    folder = files(__package__).joinpath("arcs")
    sources = sorted(
        (file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )
    return tuple(msgspec.convert(tomllib.loads(text), Arc) for _, text in sources)
