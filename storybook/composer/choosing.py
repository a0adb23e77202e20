"""Which stories fit a request, and whether they are about its topic.

A topic that has a frame gets the storylines of that frame, and after them the older ones of its
arcs; one that has only an arc those. None is told in another season than the request's, and those
come first whose pages are at the request's place. A grave topic has its own alone. For
any other there are those of what is nearest to it (`_near`), and storylines that are good stories
and pretend to nothing. In a place that is no
village those come first in which nothing is strange there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from storybook.book import StoryRequest
from storybook.composer import telling
from storybook.composer.arcs import Arc, ArcStoryline, arc_for, arcs
from storybook.composer.mourning import mourned
from storybook.composer.seasons import asked_season, is_in_season, told_seasons
from storybook.composer.setting import setting_of
from storybook.composer.storylines import ANY_TOPIC, Storyline, by_name, storylines
from storybook.composer.surroundings import unsuited
from storybook.composer.tale import Tale, is_grave, told
from storybook.engines import Choice
from storybook.lexicon import characters_of
from storybook.lexicon.emoji import spelled
from storybook.lexicon.topics import (
    GAP,
    TopicFrame,
    find_topic,
    frames,
    grave_of_people,
    light_words,
    words_in,
)

ARC: Final = "arc:"
"""What the name of an older storyline begins with; then come its topic and its number."""
ENOUGH: Final = 3
"""Stories to choose from, so that the same request may be made again and again."""
BESIDE: Final = 4
"""As many letters may stand beside a word that means a topic only where nothing else is named."""
_BESIDE: Final = re.compile(
    "우리|함께|같이|이야기|너무|자꾸|정말|진짜|가끔|좋아|놀[가-힣]*|사랑|숲속|새로|처음|만[나난][가-힣]*"
)
_LITTLE: Final = re.compile("[^가-힣A-Za-z0-9]|[이가을를은는와과도랑의]|에게|한테|하고|해요|들")
GENERAL_ARCS: Final = ("모험", "우정")
"""Older storylines that are good stories whatever was asked for."""

GENERAL_TOPICS: Final = (
    "우정",
    "협동",
    "용기",
    "호기심",
    "도전",
    "나눔",
    "배려",
    "음악과 춤",
    "그림 그리기",
)
"""Topics whose storylines are, where few belong that are for any."""
GENERAL_STORIES: Final = (
    *("fold-the-pancake", "bump-went-the-elbows", "one-more-coat", "hand-in-the-jar", "big-hat"),
    *(
        "drum-answers",
        "shop-of-nothing",
        "hold-still",
        "lamp-blinks",
        "up-to-here",
        "hat-in-the-air",
    ),
    *("key-to-the-crooked-door", "toe-looks-out", "because-of-onions", "rattle-gets-a-name"),
)
"""Further ones that are, of other topics: of things that are in any place."""
A_STRANGER: Final = 1
"""How much may not belong in a place where there is a story in which all does."""
OLDER: Final = 10
"""How little an older story fits, which knows no places: any other goes before it."""
MANY: Final = 8
"""General stories to choose from where the place is no village."""


def choice(story: StoryRequest, seed: int) -> Choice:
    """What could be told, the seed's own first; there always is something."""
    known = about(story)
    gentle = [] if known else _gentle(story)
    near = [] if known or gentle else _near(story)
    names = [*dict.fromkeys(known or gentle or [*near, *_general(story)])]
    random.Random(f"choice:{seed}").shuffle(names)
    unfit = {name: _unfit(name, story, is_known=bool(known)) for name in names}
    meant = [it for it in names if it in near or _is_meant(it, _words_of(story))]
    others = [it for it in names if it not in meant]
    ordered = (*sorted(meant, key=unfit.__getitem__), *sorted(others, key=unfit.__getitem__))
    return Choice(ordered, bool(known), len(meant), tuple(unfit[it] for it in ordered))


def about(story: StoryRequest) -> list[str]:
    """The names of the stories about a request's topic that fit its cast and time."""
    topic = spelled(story.topic)
    frame, arc = _meant(topic)
    if frame is None or not frame.grave:
        borne = grave_of_people(spelled(story.characters), spelled(story.place))
        if borne is not None:
            return _fitting(borne.name, story)
    if frame is None:
        return _of_arc(arc, story) if arc is not None else []
    if _is_only_beside(frame, topic):
        return []
    own = _fitting(frame.name, story)
    untold = [word for word in frame.untold if any(words_in((word,), topic))]
    if untold:
        return [name for name in own if any(_is_meant(name, word) for word in untold)]
    if frame.grave:
        return own
    return [*own, *(name for it in frame.arcs for name in _of_arc(_named(it), story))]


def _near(story: StoryRequest) -> list[str]:
    """Where no story is about a topic, those of the frame that it stands in, or else of what is
    said of the characters and the place, if nothing in them is strange there: who plays
    at the seaside gets a story of the sea."""
    topic = spelled(story.topic)
    frame, _ = _meant(topic)
    if frame is None:
        around = f"{spelled(story.characters)} {spelled(story.place)}"
        frame = find_topic(around)
        if frame is not None and not any(words_in(frame.heavy, around)):
            return []
    if frame is None or frame.grave:
        return []
    return [it.line.name for it in _told((frame.name,), story) if not it.strangers]


def _unfit(name: str, story: StoryRequest, *, is_known: bool) -> int:
    """How little a story is of the request's place and season; a general one that is about a topic
    is kept for that. 0 is all that could be wished."""
    line = by_name().get(name)
    if line is None:
        return OLDER
    swims = all(telling.swims(one.kind) for one in characters_of(story))
    unfit = unsuited(line, story, setting_of(story, is_water=swims))
    season = asked_season(story)
    if season and season not in told_seasons(line):
        unfit += 1
    return unfit + (not is_known and line.topics != (ANY_TOPIC,))


def arc_storyline(name: str) -> ArcStoryline | None:
    """The older storyline of a name; None if there is none."""
    topic, _, number = name.removeprefix(ARC).rpartition(":")
    arc = next((it for it in arcs() if it.topic == topic), None)
    at = int(number) if number.isdecimal() else -1
    return arc.storyline[at] if arc is not None and 0 <= at < len(arc.storyline) else None


def known_topics() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every topic that there are stories about, with the words that mean it, but for those with a
    gap, which nobody types."""
    told_of = {topic for line in storylines() for topic in line.topics}
    framed = [it for it in frames() if it.name in told_of or it.arcs]
    words = {word for it in framed for word in it.words}
    others = [arc for arc in arcs() if _tellable(arc) and arc.topic not in words]
    return (
        *((it.name, _typed(it)) for it in framed),
        *((arc.topic, tuple(it for it in arc.words if it not in words)) for arc in others),
    )


def _typed(frame: TopicFrame) -> tuple[str, ...]:
    """The words of a frame that somebody types and that there is a story about."""
    told_of = {word for line in storylines() if frame.name in line.topics for word in line.words}
    words = (it for it in frame.words if GAP not in it and it not in {*frame.untold} - told_of)
    return tuple(word.strip() for word in words)


def _is_only_beside(frame: TopicFrame, topic: str) -> bool:
    """Whether a topic names a frame only by whom it is with, or what is felt, and then says much
    that is about something else: 우리 엄마는 한국말이 서툴러요 is not about a family."""
    if any(words_in(frame.heavy, topic)):
        return False
    rest = _BESIDE.sub(" ", topic)
    for word in sorted({it for one in frames() for it in one.light}, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return len(_LITTLE.sub("", rest)) > BESIDE


def _meant(topic: str) -> tuple[TopicFrame | None, Arc | None]:
    """The frame or the arc that a topic's words mean: a grave frame, or what is named last, by its
    longest word."""
    frame, arc = find_topic(topic), arc_for(topic)
    if frame is None or arc is None:
        return frame, arc if arc is not None and _tellable(arc) else None
    if frame.weighs_on(topic) or any(
        frame.name in it.gives_way_to for it in frames() if it.name == arc.topic
    ):
        return frame, None
    of_frame = max(words_in(frame.words, topic))
    heavy = [word for word in arc.words if word not in light_words()]
    of_arc = max(words_in(heavy, topic), default=(0, 0))
    return (frame, None) if of_frame >= of_arc or not _tellable(arc) else (None, arc)


def _fitting(topic: str, story: StoryRequest) -> list[str]:
    """Those of a frame. Where too few are told of whoever swims, those that want feet are, with
    fins; where too few belong in the realm of the place, those with the least that does not."""
    every = _told((topic,), story)
    at_home = [it for it in every if it.is_at_home]
    pool = at_home if len(at_home) >= ENOUGH else every
    fewest = sorted(it.strangers for it in pool)[:ENOUGH] or [0]
    most = max(fewest[0], min(fewest[-1], A_STRANGER))
    return [it.line.name for it in pool if it.strangers <= most]


def _told(topics: Sequence[str], story: StoryRequest) -> list[Tale]:
    """What storylines of some topics are for a request."""
    words = _words_of(story)
    lines = [line for line in storylines() if {*topics} & {*line.topics}]
    tales = (told(line, story, 0) for line in lines if _is_allowed(line, words))
    found = [it for it in tales if it is not None]
    in_season = [it for it in found if is_in_season(it.line, asked_season(story))]
    return in_season or (found if {*topics} & _grave_topics() else [])


def _is_allowed(line: Storyline, topic: str) -> bool:
    """Whether a story may be told of a topic's words."""
    if any(words_in(line.not_for, topic)):
        return False
    return not line.only_for or any(words_in(line.only_for, topic))


def _is_meant(name: str, topic: str) -> bool:
    """Whether a story is about the very words of a topic: such are told first."""
    line = by_name().get(name)
    return line is not None and any(words_in(line.words, topic))


def _strangers(name: str, story: StoryRequest) -> int:
    """How much of a story does not belong in the request's place; the older ones know places."""
    line = by_name().get(name)
    tale = told(line, story, 0) if line is not None else None
    return tale.strangers if tale is not None else 0


def _words_of(story: StoryRequest) -> str:
    """A request's topic; and what the one of the cast is whom it mourns: 초코 is a 강아지."""
    gone = mourned(story, characters_of(story))
    topic = spelled(story.topic)
    return f"{topic} {gone.called} {gone.kind}" if gone is not None else topic


def _gentle(story: StoryRequest) -> list[str]:
    """General stories for what weighs on a family and no story is about: gentle ones."""
    if not is_grave(story):
        return []
    return [name for name in _fitting(ANY_TOPIC, story) if by_name()[name].gentle]


def _general(story: StoryRequest) -> list[str]:
    belonging = _belonging(story)
    if len(belonging) >= ENOUGH:
        return belonging
    new = _fitting(ANY_TOPIC, story)
    if len(new) >= ENOUGH:
        return new
    old = [name for topic in GENERAL_ARCS for name in _of_arc(_named(topic), story)]
    return [*new, *old]


def _belonging(story: StoryRequest) -> list[str]:
    """Where the place is no village: stories for any topic in which nothing is strange there. With
    too few, those that are good stories whatever was asked for; then those that want feet."""
    lines = [by_name()[name] for name in GENERAL_STORIES]
    season = asked_season(story)
    further = (told(line, story, 0) for line in lines if is_in_season(line, season))
    tales = [*_told((ANY_TOPIC, *GENERAL_TOPICS), story), *(it for it in further if it is not None)]
    tales = [it for it in tales if it.setting.realm and not it.strangers]
    ways: dict[tuple[bool, bool], list[str]] = {}
    for it in tales:
        ways.setdefault((it.is_at_home, ANY_TOPIC in it.line.topics), []).append(it.line.name)
    found: list[str] = []
    for way in sorted(ways, reverse=True):
        if len(found) < MANY:
            found += dict.fromkeys(ways[way])
    return found


def _of_arc(arc: Arc, story: StoryRequest) -> list[str]:
    """The older storylines of an arc that fit a cast and do not put the topic's word in quotes."""
    everyone = characters_of(story)
    size = "one" if len(everyone) == 1 else "two"
    is_today = setting_of(story, is_water=False).time in ("retro", "modern", "future")
    season = asked_season(story)
    return [
        f"{ARC}{arc.topic}:{number}"
        for number in _tellable(arc)
        if arc.storyline[number].cast == size
        and not (is_today and arc.storyline[number].olden)
        and is_in_season(arc.storyline[number], season)
    ]


@cache
def _grave_topics() -> frozenset[str]:
    """Those of which only their own storylines tell, whatever the season."""
    return frozenset(frame.name for frame in frames() if frame.grave)


@cache
def _tellable(arc: Arc) -> tuple[int, ...]:
    """The numbers of those storylines of an arc that tell of its topic without its word."""
    return tuple(number for number, line in enumerate(arc.storyline) if "{topic" not in str(line))


def _named(topic: str) -> Arc:
    return next(arc for arc in arcs() if arc.topic == topic)
