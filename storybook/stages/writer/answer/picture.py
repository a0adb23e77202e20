"""From what a model says of a picture to the prompt that it is painted from, and back.

A prompt is English sentences in a fixed order: the shot, place, era and time; each character's
card and what it does, in the order of the cast; the scene. Written from a sheet, every prompt of a
book has the same cards; read back, a page that stands tells a later attempt its sheet.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec

from storybook.lexicon.looks import looks, shot_of
from storybook.stages.writer.answer.brief import Brief

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
ACTS: Final = tuple(f"{emotion}, {pose}" for emotion in EMOTIONS for pose in POSES)
"""What a character can do in a picture; the painter knows all of these words."""


class Sheet(msgspec.Struct, frozen=True):
    """What stays the same in every picture of a book: the place, and each character's card ("a
    curious white rabbit wearing a red scarf"), in the order of the cast."""

    place: str
    cards: tuple[str, ...]


class Picture(msgspec.Struct, frozen=True):
    """What one page shows: one of `times()`, one of `ACTS` for each of the cast, a sentence."""

    time: str
    acts: tuple[str, ...]
    scene: str = ""


def fallback_sheet(brief: Brief, seed: int) -> Sheet:
    """The sheet for a model that gives none: drawn from the lexicon, by the book's seed."""
    cards = looks(brief.cast, brief.era, random.Random(f"looks:{seed}"))
    return Sheet(brief.place_en or "a place from a picture book", cards)


def prompt_of(page: int, brief: Brief, sheet: Sheet, picture: Picture) -> str:
    """The image prompt of a page."""
    first = f"{_opening(page, brief)}{sheet.place}, {brief.era_en}, {picture.time}."
    shown = zip(sheet.cards, picture.acts, strict=True)
    acts = [f"{card[0].upper()}{card[1:]}, {act}." for card, act in shown]
    return " ".join([first, *acts, picture.scene]).strip()


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
