"""Telling a tale: its pages, with what each tells, who says what, and what it shows."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

from storybook.book import COVER_PAGE, Dialogue, Page
from storybook.composer import others, request, telling
from storybook.composer.addressing import addressed, said_to
from storybook.composer.beginnings import FirstPage, beginning, heroes
from storybook.composer.compose import gait, introduction, team
from storybook.composer.hours import LATER, Hour, at_the_hour
from storybook.composer.land_bodies import on_land, with_limbs
from storybook.composer.mourning import mourned_in_words
from storybook.composer.setting import (
    Named,
    Scenery,
)
from storybook.composer.storylines import (
    MARK,
    REST,
    SPOKEN,
    A,
    B,
    StorylinePage,
)
from storybook.composer.surroundings import distance
from storybook.composer.tale import (
    Tale,
    company,
    everyone_of,
    extra_name,
    here_of,
    is_grave,
    kind_beside,
    kinds_of,
    living_of,
    rest_of,
    scenery_of,
)
from storybook.composer.tale_scenes import cover_scene, page_scene, with_scene
from storybook.composer.whereabouts import dwelling_words, main_place
from storybook.lexicon import Character
from storybook.lexicon.emoji import spelled
from storybook.lexicon.parts import TELLER
from storybook.scene import PageScene

AGELESS: Final = ("space", "water", "sky", "tiny", "body")
"""Realms in which no sun sets."""
ALL: Final = "모두"
ALL_OF_TWO: Final = "둘 다"
_OWN_OF_ME: Final = {"제": "내", "제가": "내가", "저를": "나를", "저도": "나도", "저는": "나는"}
_OWN: Final = re.compile(rf"(?<![가-힣])(?:{'|'.join(_OWN_OF_ME)})(?![가-힣])")
_MANNERS: Final = "|"
"""Parts a line from how it is said to an elder, or by one."""


def tell(it: Tale, seed: int) -> tuple[Page, ...]:
    """The five pages of the book: always the same ones for a seed."""
    rng = random.Random(f"tale:{seed}:{it.line.name}")
    opening = _opening(it, rng)
    title = telling.filled(rng.choice(it.line.titles), _words(it, None, opening))
    pages = [with_scene(it, Page(COVER_PAGE, title=title), cover_scene(it))]
    beats = zip(it.line.page, _beats(it, rng), strict=True)
    texts = [_told(it, page, text, opening) for page, text in beats]
    for number, text in enumerate(_at_the_hours(it, texts), start=1):
        page = it.line.page[number - 1]
        scene = page_scene(it, page, scenery_of(it, page.place), number)
        summary, lines = _spoken(it, _of_the_teller(it, text), scene)
        made = Page(number, summary=summary, dialogues=lines)
        pages.append(with_scene(it, made, scene))
    return tuple(pages)


def _beats(it: Tale, rng: random.Random) -> list[str]:
    """What each page tells, its slots still empty."""
    told_of = ([rng.choice(ways) for ways in page.beats(it.who.size)] for page in it.line.page)
    texts = [MARK.sub(lambda mark: mark[2], " ".join(beats)) for beats in told_of]
    return others.told_once(texts, are_kin=others.are_family(rest_of(it)))


def _told(it: Tale, page: StorylinePage, text: str, opening: str) -> str:
    """What a page tells, its spoken lines still marked."""
    kinds, words = kinds_of(it), _words(it, scenery_of(it, page.place), opening)
    text = telling.embodied_by(text, kinds)
    text = on_land(text, {**kind_beside(it), **kinds}, (*others.SLOTS, *it.line.extras))
    text = telling.filled(_mannered(it, text), words)
    if all(map(telling.swims, kinds.values())):  # things may be hands, too
        return telling.embodied(text, kinds[A])
    return text


def _at_the_hours(it: Tale, texts: Sequence[str]) -> list[str]:
    """The pages, on one of the later ones of which evening or morning comes to the request's place,
    where the sun sets there."""
    told_of, here = [*texts], main_place(here_of(it))
    for number in () if it.setting.realm in AGELESS else LATER:
        page, before = it.line.page[number - 1], it.line.page[number - 2]
        inside = scenery_of(it, page.place).place.inside
        far = distance(page.place, it.story, it.setting)
        hour = Hour(number, page.time, before.time, inside, far)
        if text := at_the_hour(texts[number - 1], here, hour):
            told_of[number - 1] = text
            break
    return told_of


def _words(it: Tale, scenery: Scenery | None, opening: str) -> dict[str, str]:
    """What fills the slots of a page."""
    who, here = it.who, here_of(it)
    everyone, living = everyone_of(it), living_of(it)
    names = [one.name for one in everyone]
    hero = names[who.hero]
    rest = rest_of(it)
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
    living, page = living_of(it), it.line.page[0]
    texts = [ways[0] for ways in page.beats(it.who.size) if "{opening}" not in ways[0]]
    first = FirstPage(
        distance(page.place, it.story, it.setting),
        page.place,
        scenery_of(it, page.place).place.inside,
        page.time,
        MARK.sub(lambda mark: mark[2], "".join(texts[:1])),
        spelled(it.story.topic),
        is_grave(it.story),
    )
    who = heroes(living, introduction(living, is_chosen=True))
    return beginning(request.era_words(it.story.era), here_of(it), who, rng, first)


def _noun_of_thing(it: Tale, found: Named) -> str:
    """Things may be hands, too: a dog's are paws."""
    owner = kinds_of(it).get(found.owner)
    return with_limbs(found.ko, owner) if owner is not None else found.ko


def _rest_words(it: Tale, rest: Sequence[Character]) -> dict[str, str]:
    """How the others are told of: by name, and together."""
    names = others.in_a_row(others.in_groups(rest, [one.name for one in rest]))
    if len(rest) < 2:
        return {REST: names, others.BY_NAME: names}
    everyone, heroes = everyone_of(it), (it.who.hero, it.who.second)
    together = others.together(rest, [everyone[at] for at in heroes if at is not None])
    return {REST: together, others.BY_NAME: names if others.are_named(rest) else together}


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
    extras = {key: extra_name(it, key) for key in it.line.extras}
    speakers |= {key: name for key, name in extras.items() if name in there}
    lines = tuple(
        Dialogue(speakers[mark], line) for mark, line in SPOKEN.findall(text) if mark in speakers
    )
    return SPOKEN.sub(lambda line: f'"{line[2]}"', text), lines
