"""What the pages of a tale show: the scene that text, painter and check share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from storybook.book import COVER_PAGE, Page
from storybook.composer.arcs import PAGE_COUNT
from storybook.composer.setting import (
    HERE,
    Scenery,
)
from storybook.composer.storylines import (
    REST,
    A,
    Act,
    B,
    StorylinePage,
)
from storybook.composer.tale import (
    Tale,
    extra_name,
    scenery_of,
    second_name,
)
from storybook.lexicon import looks
from storybook.lexicon.people import sizes_of
from storybook.lexicon.scenes import scene_prompt
from storybook.scene import PageScene, SceneAction, SceneActor, SceneThing

COVER_ACT: Final = "happy, waving"
OTHERS_ACT: Final = "happy, standing"


def page_scene(it: Tale, page: StorylinePage, scenery: Scenery, number: int) -> PageScene:
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


def cover_scene(it: Tale) -> PageScene:
    """Everybody, with the thing that the story turns on, where it begins."""
    first = it.line.page[0]
    acts = {role: COVER_ACT if role == A else OTHERS_ACT for role in (A, B, REST)}
    if it.who.second is None:
        del acts[B]
    things = (it.line.object,) if it.line.object in it.things else ()
    page = StorylinePage(HERE, first.time, (), acts=acts, things=things)
    return page_scene(it, page, scenery_of(it, HERE), COVER_PAGE)


def _players(it: Tale, role: str) -> list[str]:
    """Who is a role: nobody, one, or several."""
    if role == A:
        return [it.who.name(it.who.hero)]
    if role == B:
        has_second = it.who.second is not None or it.alone is not None
        return [second_name(it)] if has_second else []
    if role == REST:
        return [it.who.name(at) for at in it.who.rest]
    return [extra_name(it, role)] if role in it.line.extras else []


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


def with_scene(it: Tale, page: Page, scene: PageScene) -> Page:
    """A page with what it shows, and the words that ask a painter for it."""
    nouns = {one.name: one.kind.en for one in it.who.everyone}
    prompt = scene_prompt(scene, it.cards, nouns)
    return replace(page, image_prompt=prompt, scene=scene)
