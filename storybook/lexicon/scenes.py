"""Wording a scene in English: the image prompt of a page, for whoever paints it.

Sentences in a fixed order, which `stages.writer.answer.picture` and the painter know: the shot, the
place, the era and the time; then one sentence for each actor, the card first, then how they feel
and what they do, holding what, to whom; then what else is there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from storybook.scene import PageScene, SceneAction, SceneActor, SceneThing

TIMES: Final = {
    ("morning", ""): "on a bright morning",
    ("noon", ""): "on a sunny day",
    ("sunset", ""): "at sunset",
    ("night", ""): "on a starry night",
    ("morning", "rain"): "on a rainy morning",
    ("noon", "rain"): "on a rainy day",
    ("sunset", "rain"): "on a rainy evening",
    ("night", "rain"): "on a rainy night",
    ("morning", "snow"): "on a morning of falling snow",
    ("noon", "snow"): "on a day of falling snow",
    ("sunset", "snow"): "on an evening of falling snow",
    ("night", "snow"): "on a night of falling snow",
    ("morning", "storm"): "on a stormy morning",
    ("noon", "storm"): "on a stormy day",
    ("sunset", "storm"): "on a stormy evening",
    ("night", "storm"): "on a stormy night",
    ("morning", "wind"): "on a windy morning",
    ("noon", "wind"): "on a windy day",
    ("sunset", "wind"): "on a windy evening",
    ("night", "wind"): "on a windy night",
}
"""How an image prompt says a scene's time and weather: one phrase without a comma."""
MOST_ACTS: Final = 2
"""What a picture can show one actor do at once."""


class Verb(msgspec.Struct, frozen=True):
    """What an actor can do: how a prompt says it (`en`), how the body stands (`pose`), and Korean
    stems that tell it (`ko`)."""

    en: str
    pose: str
    ko: tuple[str, ...]


@cache
def verbs() -> dict[str, Verb]:
    """Every verb that an action can have, by its name."""
    text = files(__package__).joinpath("actions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Verb])


def pose_of(scene: PageScene, actor: SceneActor) -> str:
    """How an actor's body stands: as the scene says it, or as its first action needs it."""
    acts = scene.actions_of(actor.name)
    found = verbs().get(acts[0].verb) if acts else None
    return actor.pose or (found.pose if found is not None else "standing")


def scene_prompt(scene: PageScene, cards: Mapping[str, str], nouns: Mapping[str, str]) -> str:
    """The image prompt of a scene. `cards` are the full descriptions of the cast by name, `nouns`
    what each of them is in one word ("rabbit"), by which actions name them. ASCII."""
    called = _called(scene, nouns)
    place = f"{scene.place.looks}, seen from inside" if scene.place.inside else scene.place.looks
    where = [f"A {scene.seen} of {place}", scene.season, scene.era]
    setting = ", ".join(filter(None, [*where, TIMES[scene.time or "noon", scene.weather]]))
    told = [f"{setting}."]
    for actor in scene.actors:
        card = cards.get(actor.name) or actor.looks
        told.append(f"{card[:1].upper()}{card[1:]}, {', '.join(_doing(scene, actor, called))}.")
    if rest := _nearby(scene, called):
        told.append(f"Nearby: {', '.join(rest)}.")
    return " ".join(told)


def _doing(scene: PageScene, actor: SceneActor, called: Mapping[str, str]) -> Iterator[str]:
    """How somebody feels and stands, and what they do."""
    yield actor.feeling or "calm"
    acts = scene.actions_of(actor.name)[:MOST_ACTS]
    if not acts or actor.pose:
        yield actor.pose or "standing"
    for act in acts:
        yield _said(act, called)


def _said(act: SceneAction, called: Mapping[str, str]) -> str:
    phrase = verbs()[act.verb].en
    words = {"what": called.get(act.what, act.what), "whom": called.get(act.whom, act.whom)}
    return phrase.format(**words)


def _called(scene: PageScene, nouns: Mapping[str, str]) -> dict[str, str]:
    """What everything in a scene is called within its sentences: "the rabbit", "the toothbrush"."""
    called: dict[str, str] = {}
    kinds = [nouns.get(it.name) or noun_of(it.looks) for it in scene.actors]
    for place, (actor, noun) in enumerate(zip(scene.actors, kinds, strict=True)):
        twins = kinds.count(noun) > 1
        which = ("first ", "second ", "third ")[min(kinds[:place].count(noun), 2)] if twins else ""
        called[actor.name] = f"the {which}{noun}"
    for thing in scene.things:
        whose = called.get(thing.owner, "")
        called[thing.name] = f"{whose}'s {noun_of(thing.looks)}" if whose else _sized(thing)
    for part in scene.place.parts:
        called[part.name] = f"the {noun_of(part.looks)}"
    return called


_MORE: Final = re.compile(r" (?:in|with|of|on|from|wearing|for|before|round(?= (?:the|an?) )) ")
"""What begins the part of a description that a noun can do without: foam round the mouth, but not
a round cushion."""


def noun_of(looks: str) -> str:
    """A description in one or two words: without its article, and what comes after the noun."""
    article, _, rest = _MORE.split(looks)[0].partition(" ")
    return rest if article in ("a", "an", "the", "some") else _MORE.split(looks)[0]


def _sized(thing: SceneThing) -> str:
    if not thing.size or thing.size in thing.looks:
        return thing.looks
    article, _, rest = thing.looks.partition(" ")
    if article in ("a", "an"):
        return f"a {thing.size} {rest}"
    return f"{thing.size} {thing.looks}"


def _nearby(scene: PageScene, called: Mapping[str, str]) -> Sequence[str]:
    """The things and parts of the place that no action names."""
    named = {name for it in scene.actions for name in (it.what, it.whom)}
    left = [it for it in scene.things if it.name not in named]
    things = [f"{_sized(it)} {_where(it, called)}".strip() for it in left]
    return [*things, *(it.looks for it in scene.place.parts if it.name not in named)]


def _where(thing: SceneThing, called: Mapping[str, str]) -> str:
    return thing.where.format(owner=called.get(thing.owner, "the hero"))
