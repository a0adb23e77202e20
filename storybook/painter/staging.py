"""From a page's own scene to what is painted: what can be drawn of it today.

Who is there, how they feel, the hour and the things are as the scene says; an action is drawn as
the pose that it needs. Looks and place are read from the prompt, which was worded from the scene.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from storybook.book import FigureParameters, Page, StoryRequest
from storybook.engines import PaintingTask
from storybook.lexicon import find_props
from storybook.lexicon.scenes import pose_of
from storybook.painter.reading import (
    MOST_HELPERS,
    MOST_PROPS,
    first,
    helpers_in,
    read_scene,
    vocabulary,
)
from storybook.painter.scene import Actor, Scene, Time
from storybook.scene import PageScene, SceneActor


def staged_scene(
    page: Page,
    request: StoryRequest,
    seed: int,
    page_count: int,
    figures: Mapping[str, FigureParameters] = {},
) -> Scene:
    """What is painted of a page: what its prompt says, and its own scene, if it has one, better."""
    read = read_scene(page, request, seed, page_count, figures)
    return read if page.scene is None else _staged(read, page.scene)


def scene_of(task: PaintingTask) -> Scene:
    """What a task asks to be painted."""
    figures = {who.name: who.figure for who in task.cast if who.figure is not None}
    read = staged_scene(task.page, task.request, task.seed, task.page_count, figures)
    return msgspec.structs.replace(read, variation=task.variation)


def _staged(read: Scene, told: PageScene) -> Scene:
    cast = {it.name: it for it in read.cast}
    shown = [it for it in told.actors if it.name in cast]
    brought = [it for it in told.actors if it.name not in cast and it.looks]
    looks = ", ".join((*(it.looks for it in told.things), *(it.looks for it in told.place.parts)))
    helpers = [it for extra in brought for it in helpers_in(extra.looks)]
    return msgspec.structs.replace(
        read,
        time=_hour(told) or read.time,
        cast=tuple(_acting(cast[it.name], it, told) for it in shown) or read.cast,
        props=tuple(word.motif for word in find_props(looks)[:MOST_PROPS]),
        nearby=tuple(helpers[:MOST_HELPERS]) or read.nearby,
    )


def _hour(told: PageScene) -> Time | None:
    """The hour with its weather; wind alone changes no sky."""
    weather = told.weather if told.weather in ("rain", "storm", "snow") else ""
    hour = weather or told.time
    return msgspec.convert(hour, Time) if hour else None


def _acting(actor: Actor, it: SceneActor, told: PageScene) -> Actor:
    words = vocabulary()
    emotion = first(words.emotions, it.feeling) or actor.emotion
    pose = first(words.poses, pose_of(told, it)) or actor.pose
    return msgspec.structs.replace(actor, emotion=emotion, pose=pose)
