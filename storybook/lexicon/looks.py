"""Describing in English what a page shows, for whoever paints it.

A character's full description is drawn once for a book and stands the same on every page, so that
every picture shows the same character: article, adjectives, coat, kind, clothes. Each character
of a cast wears a colour of its own, and characters of one kind have different coats if there are
enough of them. A prompt is ASCII, whatever the person typed.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from storybook.book import Page, StoryRequest, part_of
from storybook.lexicon import (
    Character,
    Word,
    find_era,
    find_kind,
    find_place,
    find_props,
    find_season,
    find_traits,
)
from storybook.lexicon.words import folk_of, is_known_kind, is_thing

MAX_TRAITS: Final = 3
MAX_PROPS: Final = 2
_COLOURS: Final = re.compile(
    "white|black|red|blue|yellow|green|pink|purple|orange|brown|gray|golden|silver|rainbow"
)

_SENTENCES: Final = re.compile(r"[.!?]")
_GONE: Final = re.compile(r"없|사라|떠나|보이지 않")
_LOST: Final = re.compile(r"없|사라|잃|날아가|낚아채|깨지|깨진|무너|처럼|만큼|터지")


def looks(
    cast: Sequence[Character],
    era: str,
    rng: random.Random,
    known: Mapping[str, str] = {},
) -> tuple[str, ...]:
    """Each character's full description, such as "a curious white rabbit wearing a red scarf": the
    one that is `known` under its name, or one that is drawn, in other colours than these."""
    found = find_era(era)
    wardrobe = data()["wardrobes"].get(found.en, found.motif)
    worn_already = set(" ".join(known.values()).split())
    left = [it for it in data()["colours"] if it not in worn_already]
    colours = rng.sample(left if len(left) >= len(cast) else data()["colours"], len(cast))
    coats: dict[str, list[str]] = {}
    described = []
    for character, colour in zip(cast, colours, strict=True):
        words = [*_adjectives(character, coats, rng), character.kind.en]
        worn = colour_of(colour, rng.choice(_clothes(character.kind, wardrobe)))
        if found.motif != "ancient" and (uniform := data()["uniforms"].get(character.kind.en)):
            worn = _with_article(uniform)
        look = _with_article(" ".join(words))
        drawn = f"{look} {_dressed(character, worn)}".strip()
        described.append(known.get(character.name) or drawn)
    return tuple(described)


def _dressed(character: Character, drawn: str) -> str:
    """What somebody is said to wear and to carry, else what was `drawn` by chance. Who is a thing
    has a face instead."""
    told = worn_of(character.description)
    if is_thing(character.kind):
        return f"{data()['face']} and carrying {told[1]}" if told[1] else str(data()["face"])
    if character.kind.en in data()["unclothed"] and not any(told):
        return ""
    worn, carried = told
    dress = f"wearing {worn or drawn}"
    return f"{dress} and carrying {carried}" if carried else dress


def worn_of(description: str) -> tuple[str, str]:
    """What a Korean description says that somebody wears, and carries, each as an English phrase or
    "": "빨간 모자를 쓰고 우산을 든" is a red hat and an umbrella."""
    found = {"worn": "", "carried": ""}
    for how in found:
        if told := _told_to_be(how).search(description):
            colours = filter(_COLOURS.fullmatch, find_traits(told[1] or ""))
            words = [*colours, data()[how][told[2]]]
            phrase = " ".join(words)
            found[how] = phrase if words[-1].endswith("s") else _with_article(phrase)
    return found["worn"], found["carried"]


@cache
def _told_to_be(how: str) -> re.Pattern[str]:
    """What a description says of things that are worn, or carried: colour, noun and verb."""
    names = "|".join(sorted(data()[how], key=len, reverse=True))
    verbs = data()["verbs"][how]
    return re.compile(rf"(?:(\S+)\s)?(?<![가-힣])({names})[을를]?\s*(?:{verbs})(?![가-힣])")


def _clothes(kind: Word, wardrobe: str) -> list[str]:
    """What a kind may wear, in the fashion of a wardrobe."""
    table = data()["clothes"]
    gown = f"woman_{wardrobe}" if kind.en in data()["women"]["kinds"] else ""
    clothes: list[str] = table.get(gown) or table[f"{folk_of(kind)}_{wardrobe}"]
    return clothes


def is_colour(word: str) -> bool:
    """Whether it is a word for a colour: of a coat, of clothes."""
    return _COLOURS.fullmatch(word) is not None or word in data()["colours"]


def colour_of(colour: str, clothes: str) -> str:
    """One piece of clothing with its colour and article."""
    return _with_article(f"{colour} {clothes}")


class View(msgspec.Struct, frozen=True):
    """What the pictures of a book have in common: its place, its era and, if the person named
    one, its season, as English phrases."""

    place: str
    era: str
    season: Word | None

    @property
    def wintry(self) -> bool:
        return self.season is not None and self.season.motif == "winter"


def view_of(story: StoryRequest) -> View:
    """The view for a request. A season is named in the era, or else in the place or topic."""
    named = (find_season(text) for text in (story.era, story.place, story.topic))
    season = next((season for season in named if season is not None), None)
    place = find_place(story.place)
    shown = season if place.motif not in data()["seasonless"] else None
    return View(place.en, find_era(story.era).en, shown)


def prompt(
    page: Page,
    page_count: int,
    view: View,
    time: str,
    acts: Sequence[tuple[str, str]],
    nearby: Sequence[str],
    turns_on: str = "",
) -> str:
    """The image prompt of a page of a book of so many pages. `acts` are (full description,
    "emotion, pose") in the order of the cast; `nearby` are helpers and the story's thing, to which
    things in the page's Korean text are added, other than the one that the story `turns_on`."""
    times = data()["times"] | (data()["winter_times"] if view.wintry else {})
    setting = [f"A {shot_of(page.page, page_count)} of {view.place}", view.era, times[time]]
    if view.season is not None:
        setting.insert(2, view.season.en)
    sentences = [f"{', '.join(setting)}."]
    sentences += [f"{look[0].upper()}{look[1:]}, {act}." for look, act in acts]
    if there := things(page, nearby, turns_on):
        sentences.append(f"Nearby: {', '.join(there)}.")
    return " ".join(sentences)


def things(page: Page, nearby: Sequence[str], turns_on: str = "") -> list[str]:
    """What is nearby, with the things in the page's Korean text other than the one that the story
    `turns_on`."""
    return [*nearby, *_props(page.text, f"{', '.join(nearby)}, {turns_on}")]


def cards_in(prompt: str, cast: Sequence[Character]) -> dict[str, str]:
    """The full descriptions that a prompt has, by the character's name: what a sentence begins
    with, up to its first comma, if it is the only one that names that kind of those left."""
    found: dict[str, str] = {}
    for sentence in _SENTENCES.split(prompt)[1:]:
        card = sentence.partition(", ")[0].strip()
        kind = find_kind(card)
        untold = (who for who in cast if who.kind.en == kind.en and who.name not in found)
        who = next(untold, None)
        if who is not None and kind.en in card:
            found[who.name] = card[0].lower() + card[1:]
    return found


def times() -> tuple[str, ...]:
    """The times of day and weathers that a picture can have."""
    return tuple(data()["times"].values())


def shot_of(page: int, page_count: int) -> str:
    """How a page of a book of so many pages is shown, by its part of the story."""
    return str(data()["shots"][str(part_of(page, page_count))])


def _props(text: str, known: str) -> list[str]:
    """Things that a Korean text has and does not lose, other than the known ones; a torn flag is
    the flag."""
    there = {_whole(prop) for prop in find_props(known)}
    kept = ". ".join(part for part in _SENTENCES.split(text) if not _LOST.search(part))
    found = [prop.en for prop in find_props(kept) if _whole(prop) not in there]
    return found[: max(0, MAX_PROPS - len(there))]


def _whole(prop: Word) -> str:
    return prop.motif.rpartition("_")[2]


def helpers(text: str, critter: str) -> list[str]:
    """The `critter` of a place as an English phrase, if a page's Korean text says it is there."""
    kind = find_kind(critter)
    told = [sentence for sentence in _SENTENCES.split(text) if critter in sentence]
    if kind.ko == critter and not is_known_kind(critter):
        return []
    if not told or any(_GONE.search(sentence) for sentence in told):
        return []
    traits = find_traits(critter)
    coat = [] if any(map(_COLOURS.fullmatch, traits)) else data()["coats"].get(kind.en, [])[:1]
    return [_with_article(" ".join([*traits, *coat, kind.en]))]


def _adjectives(character: Character, coats: dict[str, list[str]], rng: random.Random) -> list[str]:
    kind = character.kind
    own = character.description
    for how in data()["verbs"]:
        own = _told_to_be(how).sub(" ", own)
    traits = find_traits(f"{own} {kind.ko} {character.name}")
    role = data()["roles"].get(character.name.split()[0]) if folk_of(kind) != "person" else None
    traits = (*filter(None, [role]), *(it for it in traits if it not in kind.en))[:MAX_TRAITS]
    if any(map(_COLOURS.fullmatch, traits)):
        return list(traits)
    return [*traits, *_coat(kind, coats, rng)]


def _coat(kind: Word, coats: dict[str, list[str]], rng: random.Random) -> list[str]:
    """A coat that no one of this kind wears yet, if there is one."""
    for name, coat in data()["named_coats"].items():
        if name in kind.ko:
            return [coat]
    choice = data()["coats"].get(kind.en)
    if choice is None or folk_of(kind) == "person":
        return []
    left = coats.setdefault(kind.en, [])
    if not left:
        left.extend(rng.sample(choice, len(choice)))
    return [left.pop()]


def _with_article(words: str) -> str:
    vowel = words[0] in "aeiou" and not words.startswith("one-")
    return f"{'an' if vowel or words.startswith('honest') else 'a'} {words}"


@cache
def data() -> dict[str, Any]:
    """The tables in `looks.toml`."""
    return tomllib.loads(files(__package__).joinpath("looks.toml").read_text("utf-8"))
