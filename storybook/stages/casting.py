"""The cast of a book as value objects: settled when its cover is written, which says how everybody
looks; of a book from before there was a cast, derived in the same way when somebody asks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from storybook.book import FIRST_READING, CastMember, Page
from storybook.languages.known import language_of, names_in
from storybook.lexicon import Character, characters_of, find_traits
from storybook.lexicon.looks import cards_in, looks
from storybook.run import Run
from storybook.stages.registry import read_figures

AGES: Final = {
    "baby": {"baby", "newborn"},
    "child": {"boy", "girl", "little", "young", "youngest", "prince", "princess", "student"},
    "elder": {"grandfather", "grandmother", "old", "elderly"},
    "adult": {"mother", "father", "king", "queen", "uncle", "aunt", "teacher", "doctor"},
}
"""Words of a kind or a description that say how old somebody is; the first that fits counts."""


def settled_cast(run: Run, cover: Page) -> tuple[CastMember, ...]:
    """Everybody in a book, as its cover has them. Who comes from another book stays as there."""
    everyone = characters_of(run.request)
    heroes = {it.name: it for it in run.cast}
    cards = cards_in(cover.image_prompt, everyone)
    cards |= {name: it.card for name, it in heroes.items() if it.card}
    drawn = looks(everyone, run.request.era, random.Random(f"looks:{run.seed}"), cards)
    known = {name: it.figure for name, it in heroes.items() if it.figure is not None}
    names = names_in(language_of(run.language), run.request)
    figures = read_figures(cover, run.request, run.seed, known)

    def member(who: Character, card: str) -> CastMember:
        hero = heroes.get(who.name)
        voice = run.tts.voice_of(names[who.name]) if run.tts is not None else ""
        if hero is None:
            kind, called = who.kind.en, who.kind.ko
            age = who.age_group or _age(who)
            hero = CastMember(who.name, kind, called, age, who.description, card)
            hero = replace(hero, sex=who.sex, height=_height(who, run))
        figure = hero.figure or figures.get(who.name)
        return replace(hero, voice=voice or hero.voice, figure=figure)

    return tuple(member(who, card) for who, card in zip(everyone, drawn, strict=True))


def cast_of(run: Run) -> tuple[CastMember, ...]:
    """Everybody in a book, as recorded, or else as its cover has them; before that is written only
    those that come from other books. They have the voices of the edition that readers hear."""
    if not run.pages:
        return run.cast
    recorded = {it.name: it for it in run.cast}
    if recorded.keys() >= {who.name for who in characters_of(run.request)}:
        return _heard(run.cast, run)
    everyone = settled_cast(run, run.pages[0])
    return _heard([recorded.get(it.name, it) for it in everyone], run)


def _heard(members: Iterable[CastMember], run: Run) -> tuple[CastMember, ...]:
    tts = run.shown.tts
    if tts is None:  # nobody is heard: who comes from another book keeps the voice of there
        return tuple(members)
    names = names_in(language_of(run.language), run.request)
    voices = {name: tts.voice_of(called) for name, called in names.items()}
    return tuple(replace(it, voice=voices.get(it.name, it.voice)) for it in members)


def _height(who: Character, run: Run) -> float:
    """0 where it was not read yet."""
    return who.height if run.request.reading > FIRST_READING else 0.0


def _age(who: Character) -> str:
    words = {*who.kind.en.split(), *find_traits(f"{who.description} {who.kind.ko} {who.name}")}
    return next((age for age, of_age in AGES.items() if words & of_age), "")
