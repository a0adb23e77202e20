"""From a scene to a picture: the layers in their order, and the cast where it stands.

Sky, land and landmark; trouble, if it is the crisis; the characters, back row first, each with a
shadow and grass over its feet; what lies about; the near foreground; the air; and then the sheet
dries (`paper.finish`). All that is left to chance on a page comes from one generator, seeded by
the book, the place and the page's role.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import msgspec
import numpy as np

from storybook.painter import atmosphere, layout, paper, props
from storybook.painter import shapes as sh
from storybook.painter.creatures import forms
from storybook.painter.creatures.figure import Standing
from storybook.painter.creatures.look import Look, look_of, looks_of
from storybook.painter.group import closeness_of, side_of, size_of
from storybook.painter.palette import (
    WHITE,
    difference,
    mix,
    name_hash,
    times,
)
from storybook.painter.paper import Picture
from storybook.painter.pigment import OVER, Brush, PaintBoard
from storybook.painter.places import plants
from storybook.painter.places.atlas import SETTINGS
from storybook.painter.places.setting import Setting
from storybook.painter.places.surroundings import SEASONS, Surroundings
from storybook.painter.scene import Role, Scene, Season
from storybook.painter.story_things import STANDING

HORIZON: Final[dict[Role, float]] = {
    "cover": 60,
    "wide": 0,
    "encounter": 20,
    "crisis": -30,
    "resolution": 30,
}
"""How much lower the horizon is than the setting's own, by role (page units)."""


class Camera(msgspec.Struct, frozen=True):
    """How near the place is seen, how far towards its landmark the camera looks (page units), how
    soft the distance is (blur, page units), and how far the camera tilts (degrees)."""

    nearer: float = 1.0
    towards: float = 0.0
    soft: float = 0.0
    tilt: float = 0.0
    fore: float = 1.0
    """How near the foreground is, about a lower corner."""


CAMERAS: Final[dict[Role, Camera]] = {
    "cover": Camera(),
    "wide": Camera(),
    "encounter": Camera(1.36, 260, soft=1.7, fore=1.3),
    "crisis": Camera(1.12, 0, tilt=1.8),
    "resolution": Camera(1.2, -110, fore=1.2),
}
"""The same place from where each role has its camera."""
CORNERS: Final[dict[Role, float]] = {
    "cover": 9.0,
    "wide": 9.0,
    "encounter": 4.0,
    "crisis": 9.0,
    "resolution": 5.0,
}
"""How square the painted area is (superellipse exponent), by role."""
HELPER: Final = 0.46
"""How tall a helper is, to a child of scale 1."""
HELD: Final = 0.36
"""How large the story's thing is in a hand, to the one who holds it."""
LOWEST: Final = 866.0
"""Where its middle is on the ground at the lowest, so that the sheet's edge cuts nothing off."""
STOOD: Final = 0.34
"""How large it is on the ground, to a child."""
FAINT: Final = 0.42
"""A coat that differs less than this from the ground is set off by paler paper behind it."""
BREATHES_ANYWHERE: Final = frozenset(
    (
        *("robot", "alien", "spirit", "star", "moon", "sun", "cloud", "fairy", "dragon", "snowman"),
        *("fish", "whale", "dolphin", "shark", "turtle", "seal", "frog"),
    )
)
"""Kinds that need no helmet under water or on the moon."""
EVERGREEN: Final = frozenset({"jungle"})
"""Views where it is always summer unless somebody says otherwise."""


def paint(scene: Scene, size: int = 1024) -> Picture:
    """The (size, size, 3) 8-bit RGB picture of a scene; depends on nothing but its arguments."""
    rng = np.random.default_rng(name_hash("page", scene.chance, scene.role, scene.place))
    setting = SETTINGS[scene.place]
    board = PaintBoard(size)
    st = _stage(scene, setting, Brush(board.canvas, rng))
    _background(st, setting)
    if scene.role == "cover":
        atmosphere.title_room(st)
    _people(st, scene, setting)
    corner = 500 - 500 * st.side * (-1 if scene.role == "resolution" else 1)
    with st.b.seen(CAMERAS[scene.role].fore, corner, 1000):
        setting.fore(st)
    atmosphere.air(st, scene, setting)
    return paper.finish(board.picture(), rng, corners=CORNERS[scene.role])


def _background(st: Surroundings, setting: Setting) -> None:
    """The place with its landmark, and what goes wrong there, as the camera sees them."""
    camera = CAMERAS[st.role]
    x = 500 + st.side * camera.towards
    with ExitStack() as stack:
        if camera.soft:
            stack.enter_context(st.b.group(blur=camera.soft))
        stack.enter_context(st.b.seen(camera.nearer, x, st.horizon, camera.tilt * st.side))
        setting.back(st)
        setting.views[st.view](st)
        if st.crisis:
            setting.trouble(st)


def view_of(scene: Scene, setting: Setting) -> str:
    """The side of the place that the scene names, or else the one that the seed chooses."""
    if scene.view in setting.views:
        return scene.view
    return setting.common[name_hash("view", scene.seed) % len(setting.common)]


def _stage(scene: Scene, setting: Setting, brush: Brush) -> Surroundings:
    sway = 0.0 if setting.indoor else float(brush.rng.uniform(-26, 26))
    return Surroundings(
        brush,
        atmosphere.mood_of(scene, setting),
        scene.era,
        scene.time,
        scene.role,
        setting.horizon + (0 if setting.indoor else HORIZON[scene.role]) + sway,
        _season(scene),
        view_of(scene, setting),
        side_of(scene),
        scene.seed,
    )


def _season(scene: Scene) -> Season:
    """The season that the scene names, or else one that the seed chooses."""
    by_chance = SEASONS[name_hash("season", scene.seed) % len(SEASONS)]
    return scene.season or ("summer" if scene.view in EVERGREEN else by_chance)


def _people(st: Surroundings, scene: Scene, setting: Setting) -> None:
    """The characters with their shadows, and what they hold or what lies beside them."""
    looks = looks_of(scene.cast, scene.dress, scene.seed)
    sizes = [
        size_of(a, look, afloat=setting.afloat) for a, look in zip(scene.cast, looks, strict=True)
    ]
    closeness = closeness_of(scene)
    spots = layout.place(sizes, scene.role, scene.chance, side=st.side, closeness=closeness)
    for spot in spots:
        _set_off(st, setting, looks[spot.index], spot)
    for spot in spots:
        if not sizes[spot.index].floats:
            h = spot.height
            st.b.shade(spot.x - 8, spot.y - 2, h * 0.34, h * 0.055, st.mood.shadow, 0.62)
    left = list(scene.props)
    for spot in spots:
        actor, look = scene.cast[spot.index], looks[spot.index]
        floats = sizes[spot.index].floats
        standing = _standing(setting, look, spot, spots, closeness, scene.role, floats)
        hands = forms.draw(st.b, look, actor, st.mood, standing)
        if setting.grass is not None and st.view not in setting.bare:
            around = (spot.x - spot.height * 0.30, spot.x + spot.height * 0.30)
            plants.grass(st, spot.y - 3, spot.y + 9, 9, setting.grass, 24, around)
        if actor.pose == "reading" and hands:
            middle = (hands[0][0] + hands[-1][0]) / 2
            props.draw(st, "book", middle, hands[0][1], spot.height * 0.26)
            left = [name for name in left if name != "book"]
        elif left and spot.index == 0 and hands and not _stands(st, left[0]):
            x, y = hands[0]
            props.draw(st, left.pop(0), x, y, spot.height * HELD)
    if left and _stands(st, left[0]):
        _before(st, spots, left.pop(0))
    _lying_about(st, setting, spots, left)
    _helping(st, scene, setting, spots)


def _stands(st: Surroundings, name: str) -> bool:
    """Whether the story's thing stands on the ground: in trouble nobody holds anything up."""
    return st.crisis or name in STANDING


def _before(st: Surroundings, spots: Sequence[layout.Spot], name: str) -> None:
    """The story's thing on the ground, before the hero and between the two it belongs to."""
    hero = next((spot for spot in spots if spot.index == 0), None)
    child = layout.FRAMES[st.role].height
    if hero is None:
        props.draw(st, name, 500, layout.FRAMES[st.role].foot, child * STOOD)
        return
    partner = next((spot for spot in spots if spot.index == hero.partner), None)
    x = (hero.x + partner.x) / 2 if partner else hero.x + hero.face * hero.height * 0.5
    y = min(layout.FRAMES[st.role].foot - child * 0.06, LOWEST)
    st.b.shade(x - 4, y + child * 0.13, child * 0.26, child * 0.04, st.mood.shadow, 0.5)
    props.draw(st, name, float(np.clip(x, 130, 870)), y, child * STOOD)


def _helping(
    st: Surroundings, scene: Scene, setting: Setting, spots: Sequence[layout.Spot]
) -> None:
    """The story's small helpers, beside the cast, on the landmark's side first."""
    xs = [spot.x for spot in spots] or [500.0]
    child = layout.FRAMES[scene.role].height
    for i, helper in enumerate(scene.nearby):
        look = look_of(helper, scene.dress, scene.seed)
        if not look.plan.human:
            look = msgspec.structs.replace(look, garment=look.plan.garment)
        height = child * HELPER * look.plan.scale**0.4
        side = st.side if i % 2 == 0 else -st.side
        end = (max(xs) if side > 0 else min(xs)) + side * child * 0.52
        x = float(np.clip(end, 90, 910))
        hovers = look.plan.form == "spirit" or setting.afloat
        y = layout.FRAMES[scene.role].foot + (24 if not hovers else -child * 0.9)
        if not hovers:
            st.b.shade(x - 4, y - 2, height * 0.34, height * 0.06, st.mood.shadow, 0.62)
        standing = Standing(x, y, height, -side, afloat=setting.afloat)
        forms.draw(st.b, look, helper, st.mood, standing)


def _set_off(st: Surroundings, setting: Setting, look: Look, spot: layout.Spot) -> None:
    """Lift the colour behind a character, more where its coat is like the ground's."""
    worn = times(look.cloth if look.dressed else look.coat, st.mood.skin)
    faint = difference(worn, st.c(setting.floor)) < FAINT
    pale = mix(mix(st.mood.sky[2], WHITE, 0.6), st.mood.glow, 0.15)
    h = spot.height
    halo = sh.ellipse(spot.x, spot.y - h * 0.5, h * 0.40, h * 0.58)
    lift = (0.34 if st.mood.dark or st.crisis else 0.5) if faint else 0.2
    st.b.fill(halo, pale, lift, OVER, soft=h * 0.09)


def _standing(
    setting: Setting,
    look: Look,
    spot: layout.Spot,
    spots: Sequence[layout.Spot],
    closeness: layout.Closeness,
    role: Role,
    floats: bool,
) -> Standing:
    partner = next((other for other in spots if other.index == spot.partner), None)
    mutual = partner is not None and partner.partner == spot.index
    reach = _reach(spot, partner, closeness) if partner is not None and mutual else None
    return Standing(
        spot.x,
        spot.y,
        spot.height,
        spot.face,
        reach,
        close=partner is not None and role != "cover",
        bubble=(setting.airless or setting.afloat) and look.kind not in BREATHES_ANYWHERE,
        afloat=floats,
    )


def _reach(
    spot: layout.Spot, partner: layout.Spot, closeness: layout.Closeness
) -> tuple[float, float] | None:
    """Where the near hand goes: to the partner's hand, half-way, or around its shoulder."""
    if closeness == "apart":
        return None
    small = min(spot.height, partner.height)
    if closeness == "hugging":
        return partner.x, partner.y - min(0.42 * partner.height, 0.5 * spot.height)
    return (spot.x + partner.x) / 2, (spot.y + partner.y) / 2 - small * 0.32


def _lying_about(
    st: Surroundings, setting: Setting, spots: Sequence[layout.Spot], names: Sequence[str]
) -> None:
    """Props on the ground, at the ends of the row in turn."""
    xs = [spot.x for spot in spots] or [500.0]
    reach = max((spot.height for spot in spots), default=300.0) * 0.5
    for i, name in enumerate(names):
        side = -st.side if i % 2 == 0 else st.side
        end = max(xs) + reach if side > 0 else min(xs) - reach
        x = float(np.clip(end + side * 70 * (i // 2), 110, 890))
        y = 890
        props.draw(st, name, x, y + 12 * (i % 3), 84)
