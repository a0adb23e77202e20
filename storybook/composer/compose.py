"""Composing a book: choosing its storyline, telling its pages, describing its pictures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from storybook.book import COVER_PAGE, Page, StoryRequest
from storybook.composer import request, telling
from storybook.composer.arcs import PAGE_COUNT, ArcPage, ArcStoryline, arc_of, table
from storybook.composer.beginnings import beginning, heroes
from storybook.composer.casting import ELDERS, is_elder
from storybook.composer.others import COUNTS, are_named, in_a_row, in_groups, together
from storybook.composer.setting import is_inside
from storybook.composer.whereabouts import dwelling_words
from storybook.lexicon import (
    Character,
    characters_of,
    find_era,
    find_place,
    find_traits,
    looks,
    units,
)
from storybook.lexicon.absence import away
from storybook.lexicon.emoji import spelled
from storybook.lexicon.scenes import scene_prompt
from storybook.lexicon.words import DEFAULT_ERA_EN, folk_of, is_known_kind
from storybook.scene import PageScene, SceneActor, ScenePlace, SceneThing

MAX_INTRODUCTION: Final = 110
"""Longer, and everyone is introduced by name alone."""
MAX_TEAM: Final = 14
REST_ON_A_PAGE: Final = 3
"""How many of the others a page names; with more of them, they take turns."""
LAST_PAGE: Final = PAGE_COUNT - 1
COUNTERS: Final = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟")
OTHER_GAITS: Final = ("사뿐사뿐", "총총")
"""How the second character moves if it would move like the hero."""
ONLY_MANY: Final = "+"
WATERS: Final = ("sea", "river")
"""Places where a story of nothing but swimmers is told and painted under water."""
DEPTHS: Final = "underwater"
DEEP: Final = "an underwater world"
AMPHIBIANS: Final = ("turtle", "seal", "otter", "penguin", "frog", "tadpole", "crocodile")
ON_LEGS: Final = ("standing", "walking", "running", "sitting")
ARC_TIMES: Final = {
    "morning": ("morning", ""),
    "noon": ("noon", ""),
    "sunset": ("sunset", ""),
    "night": ("night", ""),
    "rain": ("noon", "rain"),
    "storm": ("sunset", "storm"),
}
"""The times of an older storyline's pages as a scene has them: time and weather."""
COVER_ACTS: Final = ("happy, waving", "happy, standing", "happy, standing")


class _Roles(msgspec.Struct, frozen=True):
    """The cast in a storyline: the hero, perhaps a second, and all others, by place in the cast."""

    everyone: tuple[Character, ...]
    order: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        return [self.everyone[place].name for place in self.order]

    @property
    def rest(self) -> list[str]:
        return self.names[2:]


def compose(
    story: StoryRequest,
    seed: int,
    cards: Mapping[str, str] = {},
    chosen: ArcStoryline | None = None,
) -> tuple[Page, ...]:
    """The five pages of the book for this request and seed: always the same ones. `cards` are the
    full descriptions of characters that have one already, by name. Without a storyline that was
    `chosen` at the request, the book is what it was before there was a choice, word for word."""
    rng = random.Random(f"composer:{seed}")
    everyone = characters_of(story)
    storyline = chosen or _chosen(story, everyone, rng)
    roles = _Roles(everyone, _order(everyone, storyline))
    described = looks.looks(everyone, story.era, random.Random(f"looks:{seed}"), cards)
    view = looks.view_of(story)
    motif = find_place(story.place).motif
    if motif in WATERS and all(_is_at_home_in_water(one) for one in everyone):
        motif, view = DEPTHS, looks.View(DEEP, view.era, None)
    words = _words(story, motif, roles, view, rng, is_chosen=chosen is not None)
    names, nouns = [one.name for one in everyone], {one.name: one.kind.en for one in everyone}

    def painted(page: Page, scene: ArcPage) -> Page:
        gone = _gone(page, scene, roles)
        acts = (scene.a, scene.b, scene.rest)
        shown = [
            (look, _done(everyone[place], acts[min(roles.order.index(place), 2)]))
            for place, look in enumerate(described)
            if everyone[place].name not in gone
        ]
        thing = storyline.thing if scene.thing is None else scene.thing
        nearby = [*looks.helpers(page.text, words["critter"]), *filter(None, [thing])]
        if chosen is None:
            drawn = looks.prompt(page, PAGE_COUNT, view, scene.time, shown, nearby, storyline.thing)
            return msgspec.structs.replace(page, image_prompt=drawn)
        acted = {names[described.index(look)]: act for look, act in shown}
        seen = _scene(page, story, view, scene, acted, looks.things(page, nearby, storyline.thing))
        drawn = scene_prompt(seen, dict(zip(names, described, strict=True)), nouns)
        return msgspec.structs.replace(page, image_prompt=drawn, scene=seen)

    title = telling.filled(rng.choice(storyline.titles), words)
    cover = ArcPage(storyline.page[0].time, COVER_ACTS[0], (), *COVER_ACTS[1:])
    pages = [painted(Page(COVER_PAGE, title=title), cover)]
    for number, scene in enumerate(storyline.page, start=1):
        rest = _rest_words(roles, number, is_chosen=chosen is not None)
        pages.append(painted(_told(number, scene, roles, words | {"rest": rest}, rng), scene))
    return tuple(pages)


def _scene(
    page: Page,
    story: StoryRequest,
    view: looks.View,
    told: ArcPage,
    acts: Mapping[str, str],
    things: Sequence[str],
) -> PageScene:
    """What a page of an older storyline shows: these know no actions."""
    time, weather = ARC_TIMES[told.time]
    return PageScene(
        ScenePlace(view.place, is_inside(story.place)),
        tuple(SceneActor(name, *act.partition(", ")[::2]) for name, act in acts.items()),
        (),
        tuple(SceneThing(f"thing{number}", looks) for number, looks in enumerate(things, start=1)),
        time,
        "snow" if weather and view.wintry else weather,
        view.season.en if view.season is not None else "",
        view.era,
        looks.shot_of(page.page, PAGE_COUNT),
    )


def _is_at_home_in_water(character: Character) -> bool:
    return telling.swims(character.kind) or character.kind.en in AMPHIBIANS


def _done(character: Character, act: str) -> str:
    """What a character does in the picture: who has no legs swims rather than sits or stands."""
    emotion, _, pose = act.partition(", ")
    return f"{emotion}, swimming" if telling.swims(character.kind) and pose in ON_LEGS else act


def _gone(page: Page, scene: ArcPage, roles: _Roles) -> frozenset[str]:
    """Whom the picture is without: those who may be away and are, by the page's text."""
    second, rest = roles.names[1:2], roles.rest if "rest" in scene.away else []
    may = [*(second if "b" in scene.away else ()), *rest]
    called = _rest_words(roles, LAST_PAGE, is_chosen=True) if len(rest) > 1 else ""
    are_gone = bool(called) and bool(away(page.text, [called]))
    return away(page.text, may) | frozenset(rest if are_gone else ())


def _chosen(story: StoryRequest, everyone: Sequence[Character], rng: random.Random) -> ArcStoryline:
    fitting = "one" if len(everyone) == 1 else "two"
    lines = [line for line in arc_of(spelled(story.topic)).storyline if line.cast == fitting]
    era = find_era(story.era)
    if era.motif != "ancient" and era.en != DEFAULT_ERA_EN:
        lines = [line for line in lines if not line.olden] or lines
    if request.is_sentence(story.topic):
        lines = [line for line in lines if line.asks] or lines
    return rng.choice(lines)


def _order(everyone: Sequence[Character], storyline: ArcStoryline) -> tuple[int, ...]:
    """The cast's places by their role: first the hero, of the young one whom a trait suits."""
    young = [place for place, one in enumerate(everyone) if not is_elder(one)]
    young = young or [*range(len(everyone))]
    suited = [
        place
        for place in young
        if set(storyline.hero).intersection(find_traits(everyone[place].description))
    ]
    hero = [*suited, *young][0]
    return (hero, *(place for place in range(len(everyone)) if place != hero))


def _told(
    number: int, scene: ArcPage, roles: _Roles, words: Mapping[str, str], rng: random.Random
) -> Page:
    told = [rng.choice(beat) for beat in scene.beats]
    told = [beat for beat in told if roles.rest or not beat.startswith(ONLY_MANY)]
    kinds = dict(zip("ab", (roles.everyone[place].kind for place in roles.order), strict=False))
    beats = (beat.removeprefix(ONLY_MANY) for beat in told)
    text = " ".join(telling.embodied_by(beat, kinds) for beat in beats)
    if len(roles.order) > 1 and is_elder(roles.everyone[roles.order[1]]):
        text = telling.polite(text)
    speakers = dict(zip("ab", roles.names, strict=False))
    summary, dialogues = telling.spoken(telling.filled(text, words), speakers)
    return Page(number, summary=summary, dialogues=dialogues)


def _rest_words(roles: _Roles, page: int, *, is_chosen: bool) -> str:
    """How a page tells of all others: by name on the first one, together from then on."""
    rest = [roles.everyone[place] for place in roles.order[2:]]
    if not is_chosen or len(rest) < 2:
        return telling.listed(_turn(roles.rest, page))
    if page == 1 and are_named(rest):
        return in_a_row(in_groups(rest, roles.rest))
    return together(rest, [roles.everyone[place] for place in roles.order[:2]])


def _turn(rest: Sequence[str], page: int) -> Sequence[str]:
    """Those of the others whom a page names."""
    if len(rest) <= REST_ON_A_PAGE:
        return rest
    start = (page * REST_ON_A_PAGE) % len(rest)
    return [*rest[start:], *rest[:start]][:REST_ON_A_PAGE]


def _words(
    story: StoryRequest,
    motif: str,
    roles: _Roles,
    view: looks.View,
    rng: random.Random,
    *,
    is_chosen: bool = False,
) -> dict[str, str]:
    """What fills the slots of this book's phrasings; `motif` is the place's."""
    era, place = request.era_words(story.era), request.place_words(story.place)
    topic = request.topic_words(story.topic)
    words = {
        **_scenery(motif, view, roles.everyone),
        **_people(roles),
        "place": place,
        "home": request.home_words(place),
        "topic": f"'{topic}'",
        "topic_bare": topic if len(topic.split()) < 3 else f"'{topic}'",
    }
    if is_chosen:
        words["intro"] = introduction(roles.everyone, is_chosen=True)
        words["home"] = dwelling_words(place)
    for slot, kind in (("opening", "plain"), ("opening_family", "family")):
        begun = request.opening(kind, era, motif, rng)
        if is_chosen:
            begun = beginning(era, place, heroes(roles.everyone, words["intro"]), rng)
        words[slot] = telling.filled(begun, words)
    return words


def _people(roles: _Roles) -> dict[str, str]:
    names = roles.names
    people = {
        "a": names[0],
        "a_step": gait(roles.everyone[roles.order[0]]),
        "team": team(roles.everyone),
        "count": COUNTS[len(names)],
        "intro": introduction(roles.everyone),
    }
    if len(names) > 1:
        step = gait(roles.everyone[roles.order[1]])
        other = next(it for it in OTHER_GAITS if it != step)
        people |= {"b": names[1], "b_step": step if step != people["a_step"] else other}
    return people


def introduction(everyone: Sequence[Character], *, is_chosen: bool = False) -> str:
    """Everyone at their first mention; as books told it that were made before a story was chosen
    at the request, where it is not."""
    names = [character.name for character in everyone]
    if len(names) == 1 and is_known_kind(names[0]) and not everyone[0].description:
        return units.one_of(everyone[0]) if is_chosen else _one_of_old(everyone[0])
    listed = in_a_row if is_chosen else telling.listed
    shown = [telling.introduced(character) for character in everyone]
    introduction = listed(in_groups(everyone, shown) if is_chosen else shown)
    return introduction if len(introduction) <= MAX_INTRODUCTION else listed(names)


def _one_of_old(who: Character) -> str:
    return f"{who.name} 한 마리" if folk_of(who.kind) == "animal" else f"한 {who.name}"


def team(everyone: Sequence[Character]) -> str:
    """Everyone, as short as a title needs it."""
    names = [character.name for character in everyone]
    together = telling.joined(names)
    if len(names) < 3 or (len(names) == 3 and len(together) <= MAX_TEAM):
        return together
    kind = everyone[0].kind.ko
    if all(name.endswith(f" {kind}") for name in names):
        return f"{COUNTERS[len(names)]} {kind}"
    others = "식구들" if everyone[0].kind.en in ELDERS else "친구들"
    return telling.joined([names[0], others])


def gait(character: Character) -> str:
    """How somebody moves."""
    gaits = _gaits()
    return str(gaits.get(character.kind.en) or gaits.get(character.kind.motif) or "총총")


def _scenery(motif: str, view: looks.View, everyone: Sequence[Character]) -> dict[str, str]:
    scenery: dict[str, Any] = _sceneries()[motif]
    if view.season is not None and motif != "snow":
        scenery = scenery | _sceneries()[f"in_{view.season.motif}"]
    kinds = " ".join(f"{character.kind.ko} {character.name}" for character in everyone)
    others = [critter for critter in scenery["critter"] if critter.split()[-1] not in kinds]
    return {**scenery, "critter": (others or scenery["critter"])[0]}


@cache
def _gaits() -> dict[str, Any]:
    return table("gaits")


@cache
def _sceneries() -> dict[str, Any]:
    return table("scenery")
