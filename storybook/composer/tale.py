"""Telling a storyline: for one request, its pages with their scenes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import COVER_PAGE, Dialogue, Page, StoryRequest
from storybook.composer import request, telling
from storybook.composer.arcs import PAGE_COUNT
from storybook.composer.casting import Casting, as_named, beside, casting, is_elder
from storybook.composer.compose import gait, introduction, team
from storybook.composer.mourning import Mourned, mourned, mourned_in_words, mourning
from storybook.composer.realms import realms
from storybook.composer.setting import (
    HERE,
    Named,
    Scenery,
    StorySetting,
    place,
    setting_of,
    thing,
)
from storybook.composer.storylines import (
    MARK,
    REST,
    SLOT,
    SPOKEN,
    A,
    Act,
    B,
    Extra,
    Owned,
    Storyline,
    StorylinePage,
)
from storybook.korean.slips import agreeing
from storybook.lexicon import Character, characters_of, looks
from storybook.lexicon.emoji import spelled
from storybook.lexicon.parts import TELLER
from storybook.lexicon.people import sizes_of
from storybook.lexicon.scenes import scene_prompt
from storybook.lexicon.units import one_of
from storybook.lexicon.words import Word
from storybook.scene import PageScene, SceneAction, SceneActor, SceneThing

REST_ON_A_PAGE: Final = 3
"""How many of the others a page names; with more of them, they take turns."""
COUNTS: Final = ("", "", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟")
COVER_ACT: Final = "happy, waving"
OTHERS_ACT: Final = "happy, standing"
_OWN_OF_ME: Final = {"제": "내", "제가": "내가", "저를": "나를", "저도": "나도", "저는": "나는"}
_OWN: Final = re.compile(rf"(?<![가-힣])(?:{'|'.join(_OWN_OF_ME)})(?![가-힣])")
_MANNERS: Final = "|"
"""Parts a line from how it is said to an elder, or by one."""


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
        return not (self.line.land and any(telling.swims(it.kind) for it in self.who.everyone))

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


def tell(it: Tale, seed: int) -> tuple[Page, ...]:
    """The five pages of the book: always the same ones for a seed."""
    rng = random.Random(f"tale:{seed}:{it.line.name}")
    era = request.era_words(it.story.era)
    intro = introduction(_living(it), one_of)
    opening = request.beginning(era, request.place_words(it.story.place), intro, rng)
    title = telling.filled(rng.choice(it.line.titles), _words(it, None, 0, opening))
    pages = [_with_scene(it, Page(COVER_PAGE, title=title), _cover_scene(it))]
    for number, page in enumerate(it.line.page, start=1):
        scenery = _scenery(it, page.place)
        words = _words(it, scenery, number, opening)
        beats = [rng.choice(ways) for ways in page.beats(it.who.size)]
        text = MARK.sub(lambda mark: mark[2], " ".join(beats))
        kinds = _kinds(it)
        text = telling.filled(_mannered(it, telling.embodied_by(text, kinds)), words)
        if all(map(telling.swims, kinds.values())):  # things may be hands, too
            text = telling.embodied(text, kinds[A])
        scene = _scene(it, page, scenery, number)
        summary, lines = _spoken(it, _of_the_teller(it, text), scene, number)
        made = Page(number, summary=summary, dialogues=lines)
        pages.append(_with_scene(it, made, scene))
    return tuple(pages)


# ----------------------------------------------------------------------------------------- words


def _words(it: Tale, scenery: Scenery | None, number: int, opening: str) -> dict[str, str]:
    """What fills the slots of a page."""
    who, here = it.who, request.place_words(it.story.place)
    everyone, living = _everyone(it), _living(it)
    names = [one.name for one in everyone]
    hero = names[who.hero]
    rest = [names[at] for at in who.rest]
    words = {
        "place": here,
        "home": request.dwelling_words(here),
        A: hero,
        "a_step": gait(everyone[who.hero]),
        REST: telling.listed(_turn(rest, number)) if rest else "",
        "team": team(living),
        "count": COUNTS[min(2 + len(rest), len(COUNTS) - 1)],
        "intro": introduction(living, one_of),
        **{slot: found.ko for slot, found in it.things.items()},
        **{key: extra.ko for key, extra in it.line.extras.items()},
        **{key: names[at] for key, at in who.extras.items()},
    }
    if who.second is not None:
        words[B] = names[who.second]
    elif it.alone is not None:
        words[B] = it.alone.ko
    if scenery is not None:
        words |= {"here": scenery.ko, **scenery.parts}
    opened = agreeing(telling.filled(opening, words))
    return {**words, "opening": opened + mourned_in_words(it.line, it.gone, hero)}


def _everyone(it: Tale) -> list[Character]:
    """The cast, by the names that stories give them."""
    return [replace(one, name=telling.familiar(one)) for one in it.who.everyone]


def _living(it: Tale) -> list[Character]:
    return [one for at, one in enumerate(_everyone(it)) if at != it.who.gone]


def company(it: Tale) -> tuple[str, ...]:
    """Whom the story brings along, by name."""
    brought = (extra.ko for key, extra in it.line.extras.items() if key not in it.who.extras)
    return tuple(dict.fromkeys((*((it.alone.ko,) if it.alone is not None else ()), *brought)))


def _kinds(it: Tale) -> dict[str, Word]:
    """What hero and second are, as far as they are of the cast."""
    places = {A: it.who.hero, B: it.who.second}
    return {role: it.who.everyone[at].kind for role, at in places.items() if at is not None}


def _second(it: Tale) -> str:
    if it.who.second is not None:
        return it.who.name(it.who.second)
    assert it.alone is not None
    return it.alone.ko


def _extra(it: Tale, key: str) -> str:
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


def _turn(rest: Sequence[str], page: int) -> Sequence[str]:
    """Those of the others whom a page names."""
    if len(rest) <= REST_ON_A_PAGE:
        return rest
    start = (page * REST_ON_A_PAGE) % len(rest)
    return [*rest[start:], *rest[:start]][:REST_ON_A_PAGE]


# ----------------------------------------------------------------------------------------- lines


def _of_the_teller(it: Tale, text: str) -> str:
    """A text in which what is the hero's own is called so by a hero who tells it: 내 신발."""
    if it.who.name(it.who.hero) != TELLER:
        return text
    parts = re.split(r'("[^"]*")', text)
    parts[::2] = [_OWN.sub(lambda own: _OWN_OF_ME[own[0]], part) for part in parts[::2]]
    return "".join(parts)


def _mannered(it: Tale, text: str) -> str:
    """A text in which each line is said as it is to an elder, or by one, where that is so."""

    def said(line: re.Match[str]) -> str:
        plain, _, other = line[2].partition(_MANNERS)
        is_other = it.speaks_to_elder and line[1] in (A, B) and other
        return f'"{line[1]}:{other if is_other else plain}"'

    return SPOKEN.sub(said, text)


def _spoken(it: Tale, text: str, scene: PageScene, number: int) -> tuple[str, tuple[Dialogue, ...]]:
    """What is printed, and who says which line: the cast, and of those whom the story brings along
    who is there; of others the narrator tells what they say."""
    speakers = {A: it.who.name(it.who.hero)}
    if it.who.second is not None:
        speakers[B] = it.who.name(it.who.second)
    elif it.alone is not None and it.alone.ko in scene.brought:
        speakers[B] = it.alone.ko
    if it.who.rest:
        speakers[REST] = _turn([it.who.name(at) for at in it.who.rest], number)[0]
    there = (*scene.brought, *(one.name for one in it.who.everyone))
    extras = {key: _extra(it, key) for key in it.line.extras}
    speakers |= {key: name for key, name in extras.items() if name in there}
    lines = tuple(
        Dialogue(speakers[mark], line) for mark, line in SPOKEN.findall(text) if mark in speakers
    )
    return SPOKEN.sub(lambda line: f'"{line[2]}"', text), lines


# ----------------------------------------------------------------------------------------- scenes


def _scenery(it: Tale, key: str) -> Scenery:
    here = request.place_words(it.story.place)
    return place(key, it.story, it.setting, here, it.view.place)


def _scene(it: Tale, page: StorylinePage, scenery: Scenery, number: int) -> PageScene:
    """What a page shows."""
    acts = [_played(it, act) for act in page.actions]
    done = [act for group in acts for act in group]
    used = {name for act in page.actions for name in (act.what, act.whom)}
    shown = [slot for slot in it.things if slot in used or slot in page.things]
    gone = {name for role in page.away for name in _players(it, role)}
    parts = tuple(part for part in scenery.place.parts if part.name in {*used, *page.things})
    weather = page.weather
    if weather == "rain" and it.view.wintry:
        weather = "snow"
    actors = tuple(actor for actor in _actors(it, page) if actor.name not in gone)
    return PageScene(
        replace(scenery.place, parts=parts),
        actors,
        tuple(done),
        tuple(_scene_thing(it, slot, actors) for slot in shown),
        page.time,
        weather,
        it.view.season.en if it.view.season is not None else "",
        it.view.era,
        looks.shot_of(number, PAGE_COUNT),
    )


def _cover_scene(it: Tale) -> PageScene:
    """Everybody, with the thing that the story turns on, where it begins."""
    first = it.line.page[0]
    acts = {role: COVER_ACT if role == A else OTHERS_ACT for role in (A, B, REST)}
    if it.who.second is None:
        del acts[B]
    things = (it.line.object,) if it.line.object in it.things else ()
    page = StorylinePage(HERE, first.time, (), acts=acts, things=things)
    return _scene(it, page, _scenery(it, HERE), COVER_PAGE)


def _players(it: Tale, role: str) -> list[str]:
    """Who is a role: nobody, one, or several."""
    if role == A:
        return [it.who.name(it.who.hero)]
    if role == B:
        has_second = it.who.second is not None or it.alone is not None
        return [_second(it)] if has_second else []
    if role == REST:
        return [it.who.name(at) for at in it.who.rest]
    return [_extra(it, role)] if role in it.line.extras else []


def _played(it: Tale, act: Act) -> Iterator[SceneAction]:
    """An action with those who do it and to whom; nothing where somebody in it is not there."""
    whats, whoms = _meant(it, act.what), _meant(it, act.whom)
    if (act.what and not whats) or (act.whom and not whoms):
        return
    what, whom = (found[0] if found else "" for found in (whats, whoms))
    yield from (SceneAction(name, act.verb, what, whom) for name in _players(it, act.actor))


def _meant(it: Tale, name: str) -> list[str]:
    """What a name in an action stands for: players, or itself."""
    is_role = name in (A, B, REST) or name in it.line.extras
    return _players(it, name) if is_role else [name] if name else []


def _actors(it: Tale, page: StorylinePage) -> Iterator[SceneActor]:
    """Everybody in the order of the cast, then those whom the story brings along and shows."""
    who = it.who
    roles = {who.hero: A, **dict.fromkeys(who.rest, REST)}
    roles |= {at: key for key, at in who.extras.items()}
    if who.second is not None:
        roles[who.second] = B
    sizes = sizes_of(who.everyone)
    for at, one in enumerate(who.everyone):
        if at == who.gone:
            continue
        feeling, _, pose = page.acts.get(roles[at], _default(page, roles[at])).partition(", ")
        yield SceneActor(one.name, feeling, pose, size=sizes[one.name])
    brought = {key: extra for key, extra in it.line.extras.items() if key not in who.extras}
    if it.alone is not None:
        brought[B] = it.alone
    for key, extra in brought.items():
        if key in page.acts:
            feeling, _, pose = page.acts[key].partition(", ")
            yield SceneActor(extra.ko, feeling, pose, extra.en, extra.size)


def _default(page: StorylinePage, role: str) -> str:
    """How somebody is of whom the page says nothing; one who does something needs no pose."""
    return "happy, " if any(it.actor == role for it in page.actions) else OTHERS_ACT


def _scene_thing(it: Tale, slot: str, actors: Sequence[SceneActor]) -> SceneThing:
    """A thing, and whose it is if they are there."""
    found = it.things[slot]
    owners = [name for name in _players(it, found.owner) if found.owner]
    owner = next((name for name in owners if name in {actor.name for actor in actors}), "")
    where = found.where if owner or "{owner}" not in found.where else ""
    return SceneThing(slot, found.en, found.size, owner, where)


def _with_scene(it: Tale, page: Page, scene: PageScene) -> Page:
    nouns = {one.name: _noun(one) for one in it.who.everyone}
    prompt = scene_prompt(scene, it.cards, nouns)
    return replace(page, image_prompt=prompt, scene=scene)


def _noun(one: Character) -> str:
    return one.kind.en
