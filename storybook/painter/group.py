"""Who stands how and where on a page, without painting it: pure geometry.

So it is known where a hero's head is in a picture that was painted before.
"""

from __future__ import annotations

from typing import Final

from storybook.engines import PaintingTask
from storybook.painter import layout
from storybook.painter.creatures.look import Look, looks_of
from storybook.painter.creatures.plan import LONG
from storybook.painter.palette import name_hash
from storybook.painter.scene import Actor, Place, Scene
from storybook.painter.staging import scene_of

AFLOAT: Final[frozenset[Place]] = frozenset({"underwater"})
"""Places where everybody swims who can."""
HEAD: Final = 2.8
"""How wide the piece with a head is, in radii of the head: with ears and a little air."""
ALL_OF_IT: Final = (0.45, 1.1)
"""Of who has its face on its body: where its middle is, and how wide the piece is (in its heights,
from its feet)."""
Face = tuple[float, float, float]
"""The middle of a square piece and its side, as shares of the picture's side."""
WADERS: Final = frozenset(
    (
        *("frog", "penguin", "seal", "duck", "goose", "swan", "otter", "fairy", "dragon"),
        *("turtle", "tadpole", "crocodile", "mermaid"),
    )
)
"""Kinds with legs that swim under water; other ones walk on its ground."""
CRAWLERS: Final = frozenset(
    (
        *("crab", "starfish", "car", "police car", "fire engine", "ambulance", "truck", "bus"),
        *("train", "carrot", "potato", "mushroom", "cactus", "dumpling", "bread", "egg"),
    )
)
"""Kinds without legs that stand on its ground too."""


def faces_in(task: PaintingTask) -> dict[str, Face]:
    """Where the heads are in a page's picture, by the character's name."""
    scene = scene_of(task)
    looks = looks_of(scene.cast, scene.dress, scene.seed)
    afloat = scene.place in AFLOAT
    sizes = [size_of(a, look, afloat=afloat) for a, look in zip(scene.cast, looks, strict=True)]
    closeness = closeness_of(scene)
    side = side_of(scene)
    spots = layout.place(sizes, scene.role, scene.chance, side=side, closeness=closeness)
    return {scene.cast[it.index].name: _face(looks[it.index], it) for it in spots}


def _face(look: Look, spot: layout.Spot) -> Face:
    plan = look.plan
    up, wide = ALL_OF_IT
    if plan.form == "biped":
        up, wide = 1 - plan.head_r * plan.head[1], HEAD * plan.head_r
    side = min(1.0, wide * spot.height / 1000)
    x, y = spot.x / 1000, (spot.y - up * spot.height) / 1000
    x, y = (min(max(it, side / 2), 1 - side / 2) for it in (x, y))
    return round(x, 4), round(y, 4), round(side, 4)


def side_of(scene: Scene) -> int:
    """The side of the page that its landmark is on."""
    return (-1, 1)[name_hash("side", scene.chance) % 2]


def size_of(actor: Actor, look: Look, *, afloat: bool) -> layout.Size:
    """How much room a character takes: swimmers and sleepers are longer than tall."""
    swimmer = look.plan.form != "biped" or look.kind in WADERS
    floats = afloat and swimmer and look.kind not in CRAWLERS
    swims = look.plan.form == "swimmer" or (floats and bool(look.plan.shell))
    asleep = "sleeping" in (actor.pose, actor.emotion)
    broad = look.plan.tail in ("plume", "lizard", "brush") or look.plan.ears == "fan"
    width = 1.5 if not LONG.isdisjoint(look.plan.marks) else 1.15 if swims or asleep else 0.7
    return layout.Size(look.plan.scale, max(width, 0.82) if broad else width, floats)


def closeness_of(scene: Scene) -> layout.Closeness:
    """How close neighbours are on this page: at the story's end at least hand in hand."""
    if len(scene.cast) < 2:
        return "apart"
    if any(actor.pose == "hugging" for actor in scene.cast):
        return "hugging"
    if scene.role == "resolution" or any(actor.pose == "holding" for actor in scene.cast):
        return "holding"
    return "apart"
