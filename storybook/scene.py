"""A scene: what one page shows, as text, picture, image prompt and check share it.

Who is there, how they feel and stand (**actors**); who does what, with what, to whom
(**actions**); what lies or stands there, whose it is and how large (**things**); the **place**,
inside or outside, with its parts; the time of day, the weather, and from where it is seen. It is
recorded with its page.

Names are the links: an action's `actor`, `what` and `whom` are names of actors, of things or of
parts of the place. What is said of looks is English, as image prompts are; an actor of the cast has
its card there instead. An empty text is what nobody says.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace


class SceneActor(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Somebody who is seen. `name` is that in the cast, or of one whom the story brings along, whom
    `looks` then describes ("a small yellow bird"). `feeling` and `pose` are English words ("happy",
    "standing"); `size` is beside the others: tiny, small, large or huge."""

    name: str
    feeling: str = ""
    pose: str = ""
    looks: str = ""
    size: str = ""


class SceneAction(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What an actor does: a `verb` of `lexicon/actions.toml`, with `what` and to `whom`."""

    actor: str
    verb: str
    what: str = ""
    whom: str = ""


class SceneThing(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A thing that is seen: `looks` with an article ("a toothbrush"), its `size` (tiny, small,
    large, huge), the actor who is its `owner`, and `where` it is, as English words ("on the floor",
    "on the face of {owner}") where no action says it."""

    name: str
    looks: str
    size: str = ""
    owner: str = ""
    where: str = ""


class ScenePart(msgspec.Struct, frozen=True, gc=False):
    """A part of a place that takes part in the page: a bed, a window, a tree."""

    name: str
    looks: str


class ScenePlace(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where it is: `looks` in English ("a bathroom"), whether that is inside, and its parts."""

    looks: str
    inside: bool = False
    parts: tuple[ScenePart, ...] = ()


class PageScene(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one page shows. `time` and `weather` are keys of `lexicon/actions.toml`, `era` and
    `season` English phrases; `seen` is from where, as the picture's kind ("close meeting")."""

    place: ScenePlace
    actors: tuple[SceneActor, ...] = ()
    actions: tuple[SceneAction, ...] = ()
    things: tuple[SceneThing, ...] = ()
    time: str = ""
    weather: str = ""
    season: str = ""
    era: str = ""
    seen: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who is seen."""
        return tuple(it.name for it in self.actors)

    @property
    def brought(self) -> tuple[str, ...]:
        """Those who are not of the cast."""
        return tuple(it.name for it in self.actors if it.looks)

    def actor(self, name: str) -> SceneActor | None:
        """Who is seen under a name."""
        return next((it for it in self.actors if it.name == name), None)

    def actions_of(self, name: str) -> tuple[SceneAction, ...]:
        """What somebody does."""
        return tuple(it for it in self.actions if it.actor == name)

    def renamed(self, names: Mapping[str, str]) -> PageScene:
        """The same scene where some have other names."""

        def new(name: str) -> str:
            return names.get(name, name)

        return replace(
            self,
            actors=tuple(replace(it, name=new(it.name)) for it in self.actors),
            actions=tuple(
                replace(it, actor=new(it.actor), what=new(it.what), whom=new(it.whom))
                for it in self.actions
            ),
            things=tuple(replace(it, owner=new(it.owner)) for it in self.things),
        )

    def faults(self) -> list[str]:
        """Names that are in an action and nowhere in the scene."""
        known = {*self.names, *(it.name for it in self.things), *self._parts}
        used = [
            *((it.actor, it.verb) for it in self.actions),
            *((name, it.verb) for it in self.actions for name in (it.what, it.whom) if name),
            *((it.owner, it.name) for it in self.things if it.owner),
        ]
        return [f"{name} of {what}" for name, what in used if name not in known]

    @property
    def _parts(self) -> tuple[str, ...]:
        return tuple(it.name for it in self.place.parts)
