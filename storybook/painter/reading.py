"""From a prompt to a scene: what a page's words ask to be painted.

A prompt that the house's writers made is plain English in a fixed order: the shot, the place, the
era and the hour; then one sentence for each character, its description first; then what is
nearby. Any other English or Korean is read the same way, as far as its words are known: what the
prompt does not say is taken from the request, and what neither says gets a friendly default.
Reading never fails, and the first six characters of the request are painted on every page, but for
those whom its prompt leaves out and its text says are away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

import msgspec

from storybook.book import FigureParameters, Page, StoryRequest, part_of
from storybook.lexicon import (
    Character,
    Word,
    characters_of,
    find_era,
    find_kind,
    find_place,
    find_props,
    find_season,
)
from storybook.lexicon.absence import away
from storybook.lexicon.words import DEFAULT_ERA_EN, DEFAULT_PLACE_EN, is_known_kind
from storybook.painter.creatures.look import figure_of, looks_of
from storybook.painter.creatures.plan import FRIENDLY, plans
from storybook.painter.palette import RGB, hexc
from storybook.painter.scene import (
    LARGEST_CAST,
    ROLES,
    Actor,
    Emotion,
    Era,
    Place,
    Pose,
    Role,
    Scene,
    Season,
    Time,
)

T = TypeVar("T", bound=str)


class Vocabulary(msgspec.Struct, frozen=True):
    """What `vocabulary.toml` holds: what is painted → the words that ask for it."""

    times: dict[Time, tuple[str, ...]]
    emotions: dict[Emotion, tuple[str, ...]]
    poses: dict[Pose, tuple[str, ...]]
    colors: dict[str, tuple[str, ...]]
    garments: dict[str, tuple[str, ...]]
    views: dict[str, tuple[str, ...]]


HOURS: Final[dict[Role, Time]] = {
    "cover": "noon",
    "wide": "morning",
    "encounter": "noon",
    "crisis": "rain",
    "resolution": "sunset",
}
FEELINGS: Final[dict[Role, tuple[Emotion, Pose]]] = {
    "cover": ("happy", "waving"),
    "wide": ("happy", "walking"),
    "encounter": ("surprised", "standing"),
    "crisis": ("sad", "standing"),
    "resolution": ("happy", "holding"),
}
"""The hour, and how everybody feels, where the prompt does not say."""

MOVING_VIEWS: Final = frozenset({"home library"})
"""Views at home in another place than the lexicon's nearest."""
SEASONLESS: Final = frozenset({"underwater", "space", "desert"})
MOST_WORDS: Final = 4000
"""Characters of a prompt that are read: more than any picture can show."""
MOST_PROPS: Final = 3
MOST_HELPERS: Final = 2

_SENTENCE: Final = re.compile(r"[.!?;\n。]+")
_CLAUSE: Final = re.compile(
    r",|(?<!-)\band\b|\bwhile\b|\bbeside\b|\bnext to\b|(?<=[가-힣])(?:와|과|하고) "
)
_NEARBY: Final = re.compile(r"\bnearby\s*:(.*)", re.IGNORECASE | re.DOTALL)
_HELD: Final = re.compile(r"\b(?:holding|carrying|near|beside|around)\b([^,.]*)", re.IGNORECASE)
_HANOK: Final = re.compile(r"한옥|초가|기와집|서당|민속촌|\bhanok\b", re.IGNORECASE)
"""Places that are old in every era."""
_WORN: Final = re.compile(
    r"\b(?:wearing|wears|dressed in|in an?|with an?|in|with)\b|(?:입은|두른|쓴)", re.IGNORECASE
)


@cache
def vocabulary() -> Vocabulary:
    """The painter's words, read once."""
    text = files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
    return msgspec.convert(msgspec.toml.decode(text), Vocabulary)


def read_scene(
    page: Page,
    request: StoryRequest,
    seed: int,
    page_count: int,
    figures: Mapping[str, FigureParameters] = {},
) -> Scene:
    """The scene that a page's prompt and its book's request describe. `figures` are how characters
    look for certain, by name. (`staging` then goes by the page's own scene.)"""
    prompt = page.image_prompt[:MOST_WORDS]
    role = ROLES[part_of(page.page, page_count)]
    sentences = _sentences(prompt)
    if page.scene is not None:  # what somebody does to whom tells nothing of how that one looks
        sentences = [*sentences[:1], *(it.partition(",")[0] for it in sentences[1:])]
    opening = sentences[0] if sentences else ""
    place, view = _place(
        (opening, request.place, prompt), f"{request.era} {request.place} | {opening}"
    )
    hour = last(vocabulary().times, opening) or last(vocabulary().times, prompt)
    return Scene(
        place=place,
        view=view,
        era="ancient"
        if _HANOK.search(f"{opening} {request.place}")
        else _era((opening, request.era)),
        dress=_era((request.era, opening)),
        time=hour or HOURS[role],
        role=role,
        cast=_figured(
            _actors(characters_of(request)[:LARGEST_CAST], page, sentences, role),
            figures,
        ),
        props=_props(prompt),
        nearby=helpers_in(_nearby(prompt)),
        season=_season(place, (opening, request.era, request.place, request.topic)),
        seed=seed,
    )


def read_figures(
    cover: Page, request: StoryRequest, seed: int, known: Mapping[str, FigureParameters] = {}
) -> dict[str, FigureParameters]:
    """How each character of a book looks, by name, as its cover and its request describe it; those
    that are `known` already look as they do, and the others otherwise than they."""
    sentences = _sentences(cover.image_prompt[:MOST_WORDS])
    everyone = characters_of(request)
    told = _told_of(everyone, sentences)
    actors = [_actor(who, told.get(i, ()), ROLES[0]) for i, who in enumerate(everyone)]
    dress = _era((request.era, sentences[0] if sentences else ""))
    looks = looks_of(_figured(actors, known), dress, seed)
    return {who.name: figure_of(look) for who, look in zip(everyone, looks, strict=True)}


def _figured(actors: Sequence[Actor], figures: Mapping[str, FigureParameters]) -> tuple[Actor, ...]:
    return tuple(msgspec.structs.replace(it, figure=figures.get(it.name)) for it in actors)


def _sentences(prompt: str) -> list[str]:
    """What a prompt says, without what it says is nearby."""
    return [s.strip() for s in _SENTENCE.split(_NEARBY.sub("", prompt)) if s.strip()]


# Words.


class Mention(msgspec.Struct, frozen=True, order=True):
    """A known word in a text, and what it asks for."""

    start: int
    end: int
    key: str


def find(words: Mapping[T, Sequence[str]], text: str) -> list[Mention]:
    """All known words in a text, in its order; of words that overlap only the longest."""
    lowered = text.lower()
    every = [
        Mention(match.start(), match.end(), key)
        for key, spellings in words.items()
        for match in _pattern(tuple(spellings)).finditer(lowered)
    ]
    kept: list[Mention] = []
    for word in sorted(every, key=lambda word: (word.start - word.end, word)):
        if all(word.end <= other.start or other.end <= word.start for other in kept):
            kept.append(word)
    return sorted(kept)


def first(words: Mapping[T, Sequence[str]], text: str) -> T | None:
    """What is asked for by the first known word in a text."""
    found = find(words, text)
    return _key(words, found[0]) if found else None


def last(words: Mapping[T, Sequence[str]], text: str) -> T | None:
    """What is asked for by the last known word in a text."""
    found = find(words, text)
    return _key(words, found[-1]) if found else None


def _key(words: Mapping[T, Sequence[str]], word: Mention) -> T:
    """The key that a found word stands for."""
    return next(key for key in words if key == word.key)


@cache
def _pattern(spellings: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(spellings, key=len, reverse=True)
    parts = [rf"\b{re.escape(s)}\b" if s.isascii() else re.escape(s) for s in longest_first]
    return re.compile("|".join(parts))


# Place, era and things.


def _place(texts: Sequence[str], view_text: str) -> tuple[Place, str]:
    """The place that the first of some texts names, with the view that `view_text` asks for."""
    words = [find_place(text) for text in texts]
    motif = next((word.motif for word in words if word.en != DEFAULT_PLACE_EN), "river")
    views = {
        view: spellings
        for view, spellings in vocabulary().views.items()
        if view.split()[0] == motif or view in MOVING_VIEWS
    }
    wanted = last(views, view_text)
    place, view = wanted.split() if wanted else (motif, "")
    return msgspec.convert(place, Place), view


def _era(texts: Sequence[str]) -> Era:
    """The era that the first of some texts names; else the present day."""
    words = [find_era(text) for text in texts]
    motif = next((word.motif for word in words if word.en != DEFAULT_ERA_EN), "modern")
    era: Era = msgspec.convert(motif, Era)
    return era


def _season(place: Place, texts: Sequence[str]) -> Season | None:
    """The season that the first of some texts names, where a place has seasons."""
    if place in SEASONLESS:
        return None
    if place == "snow":
        return "winter"
    word = next((word for text in texts if (word := find_season(text)) is not None), None)
    return None if word is None else msgspec.convert(word.motif, Season)


def _nearby(prompt: str) -> str:
    """What a prompt says is nearby, or is held by somebody."""
    nearby = _NEARBY.search(prompt)
    return nearby[1] if nearby else " ".join(_HELD.findall(prompt))


def _props(prompt: str) -> tuple[str, ...]:
    return tuple(word.motif for word in find_props(_nearby(prompt))[:MOST_PROPS])


def helpers_in(nearby: str) -> tuple[Actor, ...]:
    """Animals and other small beings among what is nearby."""
    found = []
    for phrase in nearby.split(","):
        word = find_kind(phrase)
        if word.ko != phrase.strip() and not find_props(phrase):
            found.append(Actor(phrase.strip(" ."), kind_of(word), coat=_color(phrase)))
    return tuple(found[:MOST_HELPERS])


# Characters.


def _actors(
    characters: Sequence[Character], page: Page, sentences: Sequence[str], role: Role
) -> tuple[Actor, ...]:
    """Every character as it is on this page, but for those who are away by its text and not in
    its prompt; somebody is always there."""
    told = _told_of(characters, sentences)
    gone = away(page.text, [who.name for who in characters]) if told else ()
    return tuple(
        _actor(who, told.get(i, ()), role)
        for i, who in enumerate(characters)
        if i in told or who.name not in gone
    )


def _told_of(characters: Sequence[Character], sentences: Sequence[str]) -> dict[int, list[str]]:
    """What a prompt says of each character, after its opening or, if that is all, in it."""
    told = _told(characters, sentences[1:])
    if sentences and len(told) < len(characters):
        told = {**_told(characters, sentences[:1]), **told}
    return told


def _told(characters: Sequence[Character], sentences: Sequence[str]) -> dict[int, list[str]]:
    """What is said of each character: the clauses from the one that names its kind to the next
    that names another's. Of two of a kind the one told of first comes first."""
    told: dict[int, list[str]] = {}
    for sentence in sentences:
        current: int | None = None
        for clause in _CLAUSE.split(sentence):
            named = _named(clause, characters, told)
            if named is not None and not _same_kind(characters, named, current):
                current = named
            if current is not None:
                told.setdefault(current, []).append(clause.strip())
    return told


def _same_kind(characters: Sequence[Character], a: int, b: int | None) -> bool:
    return b is not None and characters[a].kind.en == characters[b].kind.en


def _named(
    clause: str, characters: Sequence[Character], told: Mapping[int, Sequence[str]]
) -> int | None:
    """Whom a clause names: by kind, before what is worn."""
    text = _WORN.split(clause)[0].strip()
    word = find_kind(text)
    if word.ko == text and not is_known_kind(text):
        return None
    kin = [i for i, who in enumerate(characters) if who.kind.en == word.en]
    untold = [i for i in kin if i not in told]
    return next(iter(untold or kin), None)


def _actor(who: Character, clauses: Sequence[str], role: Role) -> Actor:
    description, doing = (clauses[0], ", ".join(clauses[1:])) if clauses else ("", "")
    feeling, pose = FEELINGS[role]
    words = vocabulary()
    emotion = first(words.emotions, doing) or first(words.emotions, description)
    bare, worn = _parted(description, who.kind)
    garment, cloth = _garment(worn or who.description)
    return Actor(
        name=who.name,
        kind=kind_of(who.kind),
        emotion=emotion or feeling,
        pose=first(words.poses, doing) or first(words.poses, worn) or pose,
        coat=_color(bare) or _color(who.description),
        cloth=cloth,
        garment=garment,
    )


def kind_of(word: Word) -> str:
    """The body plan for a word: its very kind where there is a plan for it, else its motif's."""
    return next((kind for kind in (word.en, word.motif) if kind in plans()), FRIENDLY)


def _parted(description: str, kind: Word) -> tuple[str, str]:
    """A description up to its noun, and what stands after the noun."""
    noun = re.search(rf"\b{re.escape(kind.en)}\b", description, re.IGNORECASE)
    if noun:
        return description[: noun.start()], description[noun.end() :]
    worn = _WORN.search(description)
    return (description[: worn.start()], description[worn.start() :]) if worn else (description, "")


def _color(text: str) -> RGB | None:
    code = last(vocabulary().colors, text)
    return hexc(code) if code else None


def _garment(text: str) -> tuple[str, RGB | None]:
    """What is worn, and the colour that stands right before it."""
    worn = _WORN.search(text)
    if worn is None:
        return "", None
    garments = find(vocabulary().garments, text[worn.start() :])
    if not garments:
        return "", None
    return garments[0].key, _color(text[worn.start() : worn.start() + garments[0].start])
