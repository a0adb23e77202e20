"""Telling a storyline: for one request, its pages with their scenes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import COVER_PAGE, Dialogue, Page, StoryRequest
from storybook.composer import others, request, telling
from storybook.composer.addressing import addressed, said_to
from storybook.composer.arcs import PAGE_COUNT
from storybook.composer.beginnings import FirstPage, beginning, heroes
from storybook.composer.casting import Casting, as_named, beside, casting, is_elder
from storybook.composer.compose import gait, introduction, team
from storybook.composer.hours import LATER, Hour, at_the_hour
from storybook.composer.land_bodies import body_of, lacks, on_land, with_limbs
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
from storybook.composer.surroundings import distance
from storybook.composer.whereabouts import dwelling_words, main_place, told_place
from storybook.lexicon import Character, characters_of, looks
from storybook.lexicon.emoji import spelled
from storybook.lexicon.parts import TELLER
from storybook.lexicon.people import sizes_of
from storybook.lexicon.scenes import scene_prompt
from storybook.lexicon.topics import weighs
from storybook.lexicon.words import Word, find_kind, folk_of
from storybook.scene import PageScene, SceneAction, SceneActor, SceneThing

AGELESS: Final = ("space", "water", "sky", "tiny", "body")
"""Realms in which no sun sets."""
ALL: Final = "모두"
ALL_OF_TWO: Final = "둘 다"
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
        if self.line.land and any(telling.swims(it.kind) for it in self.who.everyone):
            return False
        kinds = [it for it in _kinds(self).values() if body_of(it)]
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


def tell(it: Tale, seed: int) -> tuple[Page, ...]:
    """The five pages of the book: always the same ones for a seed."""
    rng = random.Random(f"tale:{seed}:{it.line.name}")
    opening = _opening(it, rng)
    title = telling.filled(rng.choice(it.line.titles), _words(it, None, opening))
    pages = [_with_scene(it, Page(COVER_PAGE, title=title), _cover_scene(it))]
    beats = zip(it.line.page, _beats(it, rng), strict=True)
    texts = [_told(it, page, text, opening) for page, text in beats]
    for number, text in enumerate(_at_the_hours(it, texts), start=1):
        page = it.line.page[number - 1]
        scene = _scene(it, page, _scenery(it, page.place), number)
        summary, lines = _spoken(it, _of_the_teller(it, text), scene)
        made = Page(number, summary=summary, dialogues=lines)
        pages.append(_with_scene(it, made, scene))
    return tuple(pages)


def _beats(it: Tale, rng: random.Random) -> list[str]:
    """What each page tells, its slots still empty."""
    told_of = ([rng.choice(ways) for ways in page.beats(it.who.size)] for page in it.line.page)
    texts = [MARK.sub(lambda mark: mark[2], " ".join(beats)) for beats in told_of]
    return others.told_once(texts, are_kin=others.are_family(_rest(it)))


def _told(it: Tale, page: StorylinePage, text: str, opening: str) -> str:
    """What a page tells, its spoken lines still marked."""
    kinds, words = _kinds(it), _words(it, _scenery(it, page.place), opening)
    text = telling.embodied_by(text, kinds)
    text = on_land(text, {**_kind_beside(it), **kinds}, (*others.SLOTS, *it.line.extras))
    text = telling.filled(_mannered(it, text), words)
    if all(map(telling.swims, kinds.values())):  # things may be hands, too
        return telling.embodied(text, kinds[A])
    return text


def _at_the_hours(it: Tale, texts: Sequence[str]) -> list[str]:
    """The pages, on one of the later ones of which evening or morning comes to the request's place,
    where the sun sets there."""
    told_of, here = [*texts], main_place(_here(it))
    for number in () if it.setting.realm in AGELESS else LATER:
        page, before = it.line.page[number - 1], it.line.page[number - 2]
        inside = _scenery(it, page.place).place.inside
        far = distance(page.place, it.story, it.setting)
        hour = Hour(number, page.time, before.time, inside, far)
        if text := at_the_hour(texts[number - 1], here, hour):
            told_of[number - 1] = text
            break
    return told_of


def _is_grave(it: Tale) -> bool:
    """Whether a request names what weighs on a family."""
    return weighs(spelled(f"{it.story.topic} {it.story.characters} {it.story.place}"))


# ----------------------------------------------------------------------------------------- words


def _words(it: Tale, scenery: Scenery | None, opening: str) -> dict[str, str]:
    """What fills the slots of a page."""
    who, here = it.who, _here(it)
    everyone, living = _everyone(it), _living(it)
    names = [one.name for one in everyone]
    hero = names[who.hero]
    rest = _rest(it)
    words = {
        "place": here,
        "home": dwelling_words(here),
        A: hero,
        "a_step": gait(everyone[who.hero]),
        **_rest_words(it, rest),
        "team": team(living),
        "count": others.COUNTS[min(2 + len(rest), len(others.COUNTS) - 1)],
        "all": ALL_OF_TWO if len(living) + len(company(it)) < 3 else ALL,
        "intro": introduction(living, is_chosen=True),
        **{slot: _noun_of_thing(it, found) for slot, found in it.things.items()},
        **{key: extra.ko for key, extra in it.line.extras.items()},
        **{key: names[at] for key, at in who.extras.items()},
    }
    if who.second is not None:
        words[B] = names[who.second]
    elif it.alone is not None:
        words[B] = it.alone.ko
    if scenery is not None:
        words |= {"here": scenery.ko, **scenery.parts}
    return {**words, "opening": opening + mourned_in_words(it.line, it.gone, hero)}


def _opening(it: Tale, rng: random.Random) -> str:
    """The first sentence, which leads to the first page where that is told elsewhere."""
    living, page = _living(it), it.line.page[0]
    texts = [ways[0] for ways in page.beats(it.who.size) if "{opening}" not in ways[0]]
    first = FirstPage(
        distance(page.place, it.story, it.setting),
        page.place,
        _scenery(it, page.place).place.inside,
        page.time,
        MARK.sub(lambda mark: mark[2], "".join(texts[:1])),
        spelled(it.story.topic),
        _is_grave(it),
    )
    who = heroes(living, introduction(living, is_chosen=True))
    return beginning(request.era_words(it.story.era), _here(it), who, rng, first)


def _here(it: Tale) -> str:
    """The request's place, as its people call it."""
    is_teller = any(one.name == TELLER for one in it.who.everyone)
    return told_place(it.story.place, is_teller=is_teller)


def _noun_of_thing(it: Tale, found: Named) -> str:
    """Things may be hands, too: a dog's are paws."""
    owner = _kinds(it).get(found.owner)
    return with_limbs(found.ko, owner) if owner is not None else found.ko


def _rest(it: Tale) -> list[Character]:
    everyone = _everyone(it)
    return [everyone[at] for at in it.who.rest]


def _rest_words(it: Tale, rest: Sequence[Character]) -> dict[str, str]:
    """How the others are told of: by name, and together."""
    names = others.in_a_row(others.in_groups(rest, [one.name for one in rest]))
    if len(rest) < 2:
        return {REST: names, others.BY_NAME: names}
    everyone, heroes = _everyone(it), (it.who.hero, it.who.second)
    together = others.together(rest, [everyone[at] for at in heroes if at is not None])
    return {REST: together, others.BY_NAME: names if others.are_named(rest) else together}


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


def _kind_beside(it: Tale) -> dict[str, Word]:
    """What the second is where the story brings it along, if that is an animal: a small bird."""
    kind = find_kind(it.alone.ko) if it.alone is not None else None
    return {B: kind} if kind is not None and folk_of(kind) == "animal" else {}


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
    called = _called(it)

    def said(line: re.Match[str]) -> str:
        plain, is_said, other = line[2].partition(_MANNERS)
        is_other = it.speaks_to_elder and line[1] in (A, B) and other
        words = other if is_other else plain
        if line[1] in called:
            other = B if line[1] == A else A
            words = addressed(words, other, called[line[1]], is_said=bool(is_said))
        return f'"{line[1]}:{words}"'

    return SPOKEN.sub(said, text)


def _called(it: Tale) -> dict[str, str]:
    """What hero and second call the other where they do not say 너, by who speaks."""
    if it.who.second is None:
        return {}
    hero, second = it.who.everyone[it.who.hero], it.who.everyone[it.who.second]
    said = {A: said_to(second, hero), B: said_to(hero, second)}
    return {speaker: called for speaker, called in said.items() if called}


def _spoken(it: Tale, text: str, scene: PageScene) -> tuple[str, tuple[Dialogue, ...]]:
    """What is printed, and who says which line: the cast, and of those whom the story brings along
    who is there; of others the narrator tells what they say."""
    speakers = {A: it.who.name(it.who.hero)}
    if it.who.second is not None:
        speakers[B] = it.who.name(it.who.second)
    elif it.alone is not None and it.alone.ko in scene.brought:
        speakers[B] = it.alone.ko
    if rest := [it.who.name(at) for at in it.who.rest]:  # whom the page names, if it does
        speakers[REST] = next((name for name in rest if name in text), rest[0])
    there = (*scene.brought, *(one.name for one in it.who.everyone))
    extras = {key: _extra(it, key) for key in it.line.extras}
    speakers |= {key: name for key, name in extras.items() if name in there}
    lines = tuple(
        Dialogue(speakers[mark], line) for mark, line in SPOKEN.findall(text) if mark in speakers
    )
    return SPOKEN.sub(lambda line: f'"{line[2]}"', text), lines


# ----------------------------------------------------------------------------------------- scenes


def _scenery(it: Tale, key: str) -> Scenery:
    return place(key, it.story, it.setting, _here(it), it.view.place)


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
