"""Who has died, where a topic tells of a death: no book lets them live on beside the child.

One of the cast whom the topic names plays nobody but whom the storyline mourns (초코 is no 바우),
or is in no picture of the book; and one who is not of the cast (아빠를 잃은 남매) is whom it mourns
where it can be told of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import StoryRequest
from storybook.composer.storylines import Extra, Storyline
from storybook.composer.telling import is_elder
from storybook.korean.particles import with_particle
from storybook.lexicon import Character
from storybook.lexicon.emoji import spelled
from storybook.lexicon.topics import find_topic, grave_of_people, words_in
from storybook.lexicon.words import folk_of

KIN: Final = (
    *("외할머니", "친할머니", "할머니", "외할아버지", "친할아버지", "할아버지"),
    *("엄마", "어머니", "아빠", "아버지", "이모", "고모", "삼촌", "부모님", "부모"),
    *("동생", "오빠", "언니", "누나", "형", "친구", "선생님"),
)
AUNT: Final = Extra("이모", "a kind aunt in a grey cardigan")
"""Who consoles a lone child in the place of one who has died."""
_PARENTS: Final = {"어머니": "엄마", "아버지": "아빠", "부모님": "엄마", "부모": "엄마"}
_NAMES_NEXT: Final = ("신", "은", "난", "된", "간", "넌")
"""How a word ends after which the dead are named: 돌아가신 할머니; but who has 잃은 lives on."""
_LOSING: Final = "잃"
_YOUNG: Final = ("child", "girl", "boy")


class Mourned(msgspec.Struct, frozen=True):
    """Whom a topic calls dead: the word for them, and their place in the cast, if any."""

    called: str
    place: int | None = None
    kind: str = ""


def mourned(story: StoryRequest, everyone: Sequence[Character]) -> Mourned | None:
    """Who has died by a request; None where nobody has, or nobody is named."""
    topic = spelled(story.topic)
    frame = find_topic(topic)
    if frame is None or not frame.grave:
        topic = spelled(story.characters)
        frame = grave_of_people(topic, "")
    if frame is None or not frame.mourns:
        return None
    names = {name: at for at, one in enumerate(everyone) for name in _names(one)}
    found = _nearest(topic, frame.heavy, {*names, *KIN}, everyone, names)
    place = names.get(found)
    if place is None and found:  # 할머니 of the topic is 외할머니 of the cast
        ends = (at for at, one in enumerate(everyone) if one.name.endswith(found))
        place = next(ends, None)
    if not found:
        pets = [at for at, one in enumerate(everyone) if folk_of(one.kind) == "animal"]
        is_of_a_pet = any(words_in(("무지개다리", "반려"), topic))
        place = pets[0] if len(pets) == 1 and is_of_a_pet else None
    if place is None or len(everyone) < 2:
        return Mourned(found) if found else None
    return Mourned(everyone[place].name, place, everyone[place].kind.ko)


def mourning(line: Storyline, gone: Mourned | None) -> Storyline:
    """A storyline that mourns whom the request does, and in which the dead console nobody."""
    if gone is None:
        return line
    extras = {
        key: replace(extra, ko=gone.called) if gone.called in extra.may_be else extra
        for key, extra in line.extras.items()
    }
    called = _PARENTS.get(gone.called, gone.called)
    alone = line.alone
    if alone is not None and called.endswith(alone.ko):
        alone = AUNT
    return replace(line, extras=extras, alone=alone)


def mourned_in_words(line: Storyline, gone: Mourned | None, hero: str) -> str:
    """What is told of the one who has died where the storyline tells of another death, as of an old
    tree's; empty where it mourns them itself."""
    if gone is None or any(extra.may_be for extra in line.extras.values()):
        return ""
    died = "돌아가셨어요" if is_elder(gone.called) else "세상을 떠났어요"
    missed = (
        f"{with_particle(hero, '는')} {with_particle(gone.called, '가')} 아주 많이 보고 싶었어요."
    )
    return f" 얼마 전에 {with_particle(gone.called, '가')} {died}. {missed}"


def _names(one: Character) -> Iterator[str]:
    yield one.name
    yield one.name.split()[-1]
    yield one.kind.ko
    if one.name.endswith("이") and len(one.name) > 2:
        yield one.name.removesuffix("이")


def _nearest(
    topic: str,
    deaths: Sequence[str],
    names: set[str],
    everyone: Sequence[Character],
    places: dict[str, int],
) -> str:
    """The one of some names that stands nearest before a word of death, or after one that names
    them next; the longest of those that end alike."""
    spoken = f" {topic.lower()} "
    ends = [(end - length, end) for end, length in words_in(deaths, topic)]
    before, after = [], []
    for name in filter(None, names):
        at = spoken.find(name)
        if at < 0:
            continue
        is_young = name in places and everyone[places[name]].kind.en in _YOUNG
        for start, end in ends:
            word = spoken[start:end]
            if at < end and at + len(name) <= max(start, end - 1):
                before.append((end - at - len(name), -len(name), name))
            elif at >= end and word.endswith(_NAMES_NEXT) and _LOSING not in word and not is_young:
                after.append((at - end, -len(name), name))
    adjoining = [it for it in after if it[0] <= 1]
    found = adjoining or before or after
    return min(found)[2] if found else ""
