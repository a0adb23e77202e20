"""From what a model says of a picture to the prompt that it is painted from, and back.

A prompt is English sentences in a fixed order: the shot, place, era and time; each character's
card and what it does, in the order of the cast; the scene. Written from a sheet, every prompt of a
book has the same cards; read back, a page that stands tells a later attempt its sheet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.lexicon import Character
from storybook.lexicon.looks import looks, shot_of, times
from storybook.scene import PageScene, SceneActor, ScenePlace
from storybook.stages.writer.answer.brief import Brief, is_known
from storybook.stages.writer.answer.staging import Staging, said_of

EMOTIONS: Final = ("happy", "sad", "surprised", "sleeping", "calm", "brave")
POSES: Final = (
    "standing",
    "walking",
    "running",
    "sitting",
    "waving",
    "hugging",
    "holding hands",
    "cheering",
    "pointing",
    "reading",
    "swimming",
    "sleeping",
)
NEARBY: Final = "Nearby:"
"""How a sentence begins that tells of things: no character's card, where one is left out."""
HOURS: Final = dict(
    zip(
        times(),
        [
            *[("morning", ""), ("noon", ""), ("sunset", ""), ("night", "")],
            *[("noon", "rain"), ("sunset", "storm")],
        ],
        strict=True,
    )
)
"""The times that a model can say as a scene has them: time and weather."""
ACTS: Final = tuple(f"{emotion}, {pose}" for emotion in EMOTIONS for pose in POSES)
"""What a character can do in a picture; the painter knows all of these words."""


class Sheet(msgspec.Struct, frozen=True):
    """What stays the same in every picture of a book: the place, and each character's card ("a
    curious white rabbit wearing a red scarf"), in the order of the cast."""

    place: str
    cards: tuple[str, ...]


class Picture(msgspec.Struct, frozen=True):
    """What one page shows: one of `times()`, one of `ACTS` for each of the cast, a sentence, and
    what else the model says of the scene. Read back from a prompt, an act has the action with it
    and the sentence what else there is."""

    time: str
    acts: tuple[str, ...]
    scene: str = ""
    staging: Staging = Staging()


def fallback_sheet(brief: Brief, seed: int) -> Sheet:
    """The sheet for a model that gives none: drawn from the lexicon, by the book's seed."""
    cards = looks(brief.cast, brief.era, random.Random(f"looks:{seed}"))
    return Sheet(brief.place_en or "a place from a picture book", cards)


def prompt_of(page: int, brief: Brief, sheet: Sheet, picture: Picture) -> str:
    """The image prompt of a page."""
    first = f"{_opening(page, brief)}{sheet.place}, {brief.era_en}, {picture.time}."
    shown = zip(brief.cast, sheet.cards, picture.acts, strict=True)
    acts = [
        f"{card[0].upper()}{card[1:]}, {', '.join((act, *_done(one, brief, picture.staging)))}."
        for one, card, act in shown
    ]
    return " ".join([first, *acts, *_rest(picture)]).strip()


def scene_of(page: int, brief: Brief, sheet: Sheet, picture: Picture) -> PageScene:
    """What a page shows, as a model says it."""
    staged = picture.staging
    time, weather = HOURS[picture.time]
    return PageScene(
        ScenePlace(staged.place or sheet.place, staged.inside),
        tuple(
            SceneActor(name, *act.partition(", ")[::2])
            for name, act in zip(brief.names, picture.acts, strict=True)
        ),
        (staged.action,) if staged.action is not None else (),
        staged.things,
        time,
        weather,
        era=brief.era_en,
        seen=shot_of(page, brief.page_count),
    )


def _done(one: Character, brief: Brief, staged: Staging) -> tuple[str, ...]:
    """What somebody does on the page, in English."""
    if staged.action is None or staged.action.actor != one.name:
        return ()
    nouns = {it.name: it.kind.en if is_known(it) else it.name for it in brief.cast}
    return (said_of(staged.action, staged.things, nouns),)


def _rest(picture: Picture) -> Iterator[str]:
    """Where it is, what is to be seen, and what else there is."""
    staged = picture.staging
    if staged.place:
        yield f"It is {'inside' if staged.inside else 'outside,'} {staged.place}."
    yield picture.scene
    held = staged.action.what if staged.action is not None else ""
    if things := [it.looks for it in staged.things if it.name != held]:
        yield f"{NEARBY} {', '.join(things)}."


def read_prompt(page: int, brief: Brief, prompt: str) -> tuple[Sheet, Picture] | None:
    """What `prompt_of` was given; None for a prompt of another form."""
    first, *rest = prompt.split(". ", len(brief.cast) + 1)
    setting, _, time = first.removesuffix(".").rpartition(", ")
    place = setting.removesuffix(f", {brief.era_en}").removeprefix(_opening(page, brief))
    told = [sentence.removesuffix(".").partition(", ") for sentence in rest[: len(brief.cast)]]
    complete = len(told) == len(brief.cast) and all(
        act and not card.startswith(NEARBY) for card, _, act in told
    )
    if place == setting or not complete:
        return None
    cards = tuple(f"{card[0].lower()}{card[1:]}" for card, _, _ in told)
    scene = "".join(rest[len(brief.cast) :])
    return Sheet(place, cards), Picture(time, tuple(act for _, _, act in told), scene)


def _opening(page: int, brief: Brief) -> str:
    return f"A {shot_of(page, brief.page_count)} of "
