"""A storyline for one request: who plays what, and all that its slots are filled with."""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from storybook.book import StoryRequest
from storybook.composer import telling
from storybook.composer.casting import Casting, as_named, beside, casting, is_elder
from storybook.composer.land_bodies import body_of, lacks
from storybook.composer.mourning import Mourned, mourned, mourning
from storybook.composer.realms import realms
from storybook.composer.setting import (
    Named,
    Scenery,
    StorySetting,
    place,
    setting_of,
    thing,
)
from storybook.composer.storylines import (
    MARK,
    SLOT,
    A,
    B,
    Extra,
    Owned,
    Storyline,
)
from storybook.composer.whereabouts import told_place
from storybook.lexicon import Character, characters_of, looks
from storybook.lexicon.emoji import spelled
from storybook.lexicon.parts import TELLER
from storybook.lexicon.topics import weighs
from storybook.lexicon.words import Word, find_kind, folk_of


class Tale(msgspec.Struct, frozen=True):
    """One storyline for one request: who plays what, and all that its slots are filled with."""

    story: StoryRequest
    line: Storyline
    who: Casting
    setting: StorySetting
    things: dict[str, Named]
    view: looks.View
    cards: Mapping[str, str]
    gone: Mourned | None = None

    @property
    def alone(self) -> Extra | None:
        """Who plays the second whom the story brings along; None where the cast has one."""
        hero = self.who.everyone[self.who.hero]
        return beside(self.line, hero) if self.who.second is None else None

    @property
    def is_at_home(self) -> bool:
        """Whether everybody has what the story tells of: nobody swims where it needs feet."""
        if self.line.land and any(telling.swims(it.kind) for it in self.who.everyone):
            return False
        kinds = [it for it in kinds_of(self).values() if body_of(it)]
        return not any(lacks(str(self.line.page), it) for it in kinds)

    @property
    def strangers(self) -> int:
        """How much of what it tells of does not belong where the request is: no brook on Mars."""
        realm = realms().get(self.setting.realm)
        if realm is None:
            return 0
        lacking = len({page.place for page in self.line.page} & {*realm.lacks})
        brought = [extra for key, extra in self.line.extras.items() if key not in self.who.extras]
        named = [*(it.ko for it in self.things.values()), *(it.ko for it in brought)]
        named += [self.alone.ko] if self.alone is not None else []
        beats = (beat for page in self.line.page for beat in page.beats(self.who.size))
        texts = [MARK.sub(lambda mark: mark[2], way) for ways in beats for way in ways]
        words = {slot: it.ko for slot, it in self.things.items()}
        texts = [SLOT.sub(lambda slot: words.get(slot[1], ""), text) for text in texts]
        return lacking + realm.strangers(f"{' '.join(texts)} {' / '.join(named)} ")

    @property
    def speaks_to_elder(self) -> bool:
        alone = self.alone
        is_child = not is_elder(self.who.everyone[self.who.hero])
        by_itself = alone is not None and telling.is_elder(alone.ko)
        return self.who.is_second_elder or (by_itself and is_child)


def told(
    line: Storyline, story: StoryRequest, seed: int, cards: Mapping[str, str] = {}
) -> Tale | None:
    """A storyline with this request's people, time and place; None if it does not fit them."""
    everyone = characters_of(story)
    gone = mourned(story, everyone)
    line = mourning(as_named(line, spelled(story.topic)), gone)
    who = casting(line, everyone, gone.place if gone is not None else None)
    swims = all(telling.swims(one.kind) for one in everyone)
    setting = setting_of(story, is_water=swims)
    if who is None:
        return None
    if line.eras and setting.time not in line.eras:
        return None
    things = {slot: _thing(it, setting) for slot, it in line.things.items()}
    there = {slot: it for slot, it in things.items() if it is not None}
    if len(there) < len(things):
        return None
    described = looks.looks(everyone, story.era, random.Random(f"looks:{seed}"), cards)
    names = (one.name for one in everyone)
    return Tale(
        story,
        _in_time(line, setting),
        who,
        setting,
        there,
        looks.view_of(story),
        dict(zip(names, described, strict=True)),
        gone,
    )


def is_grave(story: StoryRequest) -> bool:
    """Whether a request names what weighs on a family."""
    return weighs(spelled(f"{story.topic} {story.characters} {story.place}"))


def here_of(it: Tale) -> str:
    """The request's place, as its people call it."""
    is_teller = any(one.name == TELLER for one in it.who.everyone)
    return told_place(it.story.place, is_teller=is_teller)


def rest_of(it: Tale) -> list[Character]:
    """Those of the cast who are neither hero nor second."""
    everyone = everyone_of(it)
    return [everyone[at] for at in it.who.rest]


def everyone_of(it: Tale) -> list[Character]:
    """The cast, by the names that stories give them."""
    return [replace(one, name=telling.familiar(one)) for one in it.who.everyone]


def living_of(it: Tale) -> list[Character]:
    """Those of the cast who are alive."""
    return [one for at, one in enumerate(everyone_of(it)) if at != it.who.gone]


def company(it: Tale) -> tuple[str, ...]:
    """Whom the story brings along, by name."""
    brought = (extra.ko for key, extra in it.line.extras.items() if key not in it.who.extras)
    return tuple(dict.fromkeys((*((it.alone.ko,) if it.alone is not None else ()), *brought)))


def kinds_of(it: Tale) -> dict[str, Word]:
    """What hero and second are, as far as they are of the cast."""
    places = {A: it.who.hero, B: it.who.second}
    return {role: it.who.everyone[at].kind for role, at in places.items() if at is not None}


def kind_beside(it: Tale) -> dict[str, Word]:
    """What the second is where the story brings it along, if that is an animal: a small bird."""
    kind = find_kind(it.alone.ko) if it.alone is not None else None
    return {B: kind} if kind is not None and folk_of(kind) == "animal" else {}


def second_name(it: Tale) -> str:
    """The name of the second, of the cast or brought along."""
    if it.who.second is not None:
        return it.who.name(it.who.second)
    assert it.alone is not None
    return it.alone.ko


def extra_name(it: Tale, key: str) -> str:
    """The name of whoever plays an extra."""
    at = it.who.extras.get(key)
    return it.line.extras[key].ko if at is None else it.who.name(at)


def _in_time(line: Storyline, setting: StorySetting) -> Storyline:
    """A storyline with those whom it brings along as they are in a setting."""

    def then(extra: Extra) -> Extra:
        found = setting.pick(msgspec.to_builtins(extra))
        return replace(extra, ko=str(found["ko"]), en=str(found["en"]))

    extras = {key: then(extra) for key, extra in line.extras.items()}
    alone = then(line.alone) if line.alone is not None else None
    return replace(line, extras=extras, alone=alone)


def _thing(it: str | Owned, setting: StorySetting) -> Named | None:
    owned = Owned(thing=it) if isinstance(it, str) else it
    if not owned.thing:
        return Named(owned.ko, owned.en, owned.size, owned.owner, owned.where)
    found = thing(owned.thing, setting)
    if found is None:
        return None
    size = owned.size or found.size
    return replace(found, owner=owned.owner, size=size, where=owned.where)


def scenery_of(it: Tale, key: str) -> Scenery:
    """A place of the storyline, as it is at the request's."""
    return place(key, it.story, it.setting, here_of(it), it.view.place)
