"""The storylines: their shape, and reading them from `storylines/*.toml`.

A **storyline** is a whole story in four pages. Each page has a scene, told in roles: `a` is the
hero, `b` the second, `rest` all others, and `extras` whom the story brings along. Its text says
who, with what and where by slots that name parts of that scene, and marks the words that tell an
action:

    '{a:는} {brush:을} [holds|손에 꼭 쥐었어요].'

docs/storylines.md tells how one is written; tests/composer/test_storylines.py holds all to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

Cast = Literal["one", "two", "many"]
Other = Literal["peer", "elder", "any", "elder_first"]
Turn = Literal[
    "surprise",
    "quarrel",
    "mistake",
    "loss",
    "discovery",
    "choice",
    "fear",
    "waiting",
    "visitor",
    "question",
    "confession",
    "failure",
    "storm",
    "refusal",
]
"""What turns a story, on its third page for the most part."""

A: Final = "a"
B: Final = "b"
REST: Final = "rest"
ROLES: Final = (A, B, REST)
NOBODY: Final = "nobody"
"""Who says what is written somewhere, or comes from one who is not seen: the narrator reads it."""
ANY_TOPIC: Final = ""
"""The topic of a storyline that suits one of which nothing is known."""

MARK: Final = re.compile(r"\[(\w+)\|([^\]]*)\]")
"""Words that tell an action: its verb, and the words."""
SLOT: Final = re.compile(r"\{(\w+?)(?::([^{}]+))?\}")
SPOKEN: Final = re.compile(r'"(\w+):([^"]*)"')
"""A spoken line: who says it (a role, an extra or `NOBODY`), and what."""
_PREFIX: Final = re.compile(r"^([12+]+):\s*")

Beat = str | tuple[str, ...]


class Owned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing of a storyline: its key in `things.toml`, or words of its own; whose it is, how
    large beside others, and where it is as a scene says it."""

    thing: str = ""
    ko: str = ""
    en: str = ""
    owner: str = ""
    size: str = ""
    where: str = ""


class Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody whom the story brings along: Korean noun, English looks, size; in old Korea and
    before the `ko` and `en` of `ancient`, as far as they differ. Whoever of the cast is called as
    one of `played_by` is taken for it. A storyline of a death mourns one that has `may_be`: kin
    whom the topic may name instead; it is played by whoever of the cast has died, and nobody else.
    It is `also` instead where the topic names that one alone, the father in hospital, or what that
    one is `also`. Where nobody is called as one of `played_by`, whoever is one of `stand_in` plays
    it, whatever the topic names: an 아빠 beside the mother who has married again.
    """

    ko: str
    en: str
    size: str = ""
    played_by: tuple[str, ...] = ()
    may_be: tuple[str, ...] = ()
    ancient: dict[str, str] = {}
    stand_in: tuple[str, ...] = ()
    also: Extra | None = None


class Act(msgspec.Struct, frozen=True):
    """An action in roles and slots."""

    actor: str
    verb: str
    what: str = ""
    whom: str = ""


class StorylinePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a storyline: its scene, and what is told.

    `place` is a key of `places.toml`, or here; `time` and `weather` those of a scene. `acts` are
    "feeling, pose" by role; `does` are "actor verb what whom". `things` are seen beside those that
    somebody does something with. `away` are roles that are not in the picture, `unseen` are nouns
    and slots that the text has and the picture rightly has not: what is only said, wished or gone.
    """

    place: str
    time: str
    text: tuple[Beat, ...]
    weather: str = ""
    acts: dict[str, str] = {}
    does: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[Act, ...]:
        return tuple(Act(*it.split()) for it in self.does)

    def beats(self, cast: Cast) -> Iterator[tuple[str, ...]]:
        """What is told with such a cast: of each beat the ways that are for it."""
        for beat in self.text:
            ways = (beat,) if isinstance(beat, str) else beat
            told = tuple(text for text in map(_way_for(cast), ways) if text)
            if told:
                yield told


class Storyline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A story in four pages.

    `topics` are names of frames, "" one that suits any; `casts` the sizes of cast that it serves,
    `other` who the second may be: `any` is a peer if there is one, `elder_first` an elder. `turn`
    is what turns it, `object` the slot of the thing whose meaning changes, and `meaning` what that
    is at first and in the end; `refrain` is told on three pages at least, the last among them;
    `humour` is where one laughs, "" where it is not funny. `earned` is the action of the last page
    by which the hero ends it. `eras` bound when it is told. `alone` is who plays `b` where the cast
    is one. `words` are those of its topics that it is about above all, of 병원 "치과": then
    it is told first. With one of `not_for` in its topic it is not told: no summer in winter; nor
    without one of `only_for`, if there are any: no glasses for who is teased and has none.
    """

    name: str
    topics: tuple[str, ...]
    casts: tuple[Cast, ...]
    turn: Turn
    object: str
    meaning: tuple[str, str]
    refrain: str
    earned: str
    titles: tuple[str, ...]
    page: tuple[StorylinePage, StorylinePage, StorylinePage, StorylinePage]
    other: Other = "any"
    humour: str = ""
    hero: tuple[str, ...] = ()
    hero_called: tuple[str, ...] = ()
    """What its hero is called where one of the cast is, the first of these before the next: the
    younger gets the old coat."""
    words: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    eras: tuple[str, ...] = ()
    things: dict[str, str | Owned] = {}
    extras: dict[str, Extra] = {}
    alone: Extra | None = None
    child: bool = False
    """Whether its hero is a child: no firefighter loses a milk tooth."""
    land: bool = False
    """Whether it needs ground under the feet: who swims gets it only where there are few others."""
    gentle: bool = False
    """Whether a grave topic may have it."""

    @property
    def needs(self) -> Iterator[str]:
        """The keys of the things that it needs."""
        for it in self.things.values():
            key = it if isinstance(it, str) else it.thing
            if key:
                yield key


@cache
def storylines() -> tuple[Storyline, ...]:
    """Every storyline, in the order of the files' names."""
    folder = files(__package__).joinpath("storylines")
    sources = sorted(
        (file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )
    return tuple(line for name, text in sources for line in _read(name, text))


@cache
def by_name() -> dict[str, Storyline]:
    """Every storyline by its name."""
    return {line.name: line for line in storylines()}


def _read(name: str, text: str) -> tuple[Storyline, ...]:
    try:
        read: Any = tomllib.loads(text)
        return msgspec.convert(read["storyline"], tuple[Storyline, ...])
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{name}: {error}") from error


def _way_for(cast: Cast) -> Any:
    """What of a way of telling is for a cast: all of it without a mark, else if its mark says so:
    1 for one alone, 2 for two and more, + for three and more."""
    own = {"one": "1", "two": "2", "many": "2+"}[cast]

    def way(text: str) -> str:
        marked = _PREFIX.match(text)
        if marked is None:
            return text
        return text[marked.end() :] if set(marked[1]) & set(own) else ""

    return way
