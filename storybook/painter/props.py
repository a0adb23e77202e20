"""Small things held or lying about, each painted centred on (x, y), about `s` page units high."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, hexc, mix, name_hash
from storybook.painter.places import buildings, land, waters
from storybook.painter.places.surroundings import Surroundings
from storybook.painter.story_things import STORY_THINGS

HUES: Final = ["#e2695c", "#efb04e", "#6fa3cf", "#8fb766", "#c58fc0"]
CREAM: Final = hexc("#fff0cf")


def draw(st: Surroundings, name: str, x: float, y: float, s: float) -> None:
    """Paint one prop; an unknown one is wrapped up as a gift."""
    near = mix(st.mood.tint, WHITE, 0.7)
    st = msgspec.structs.replace(st, mood=msgspec.structs.replace(st.mood, tint=near, veil=0.0))
    hue = hexc(HUES[name_hash(name) % len(HUES)])
    PROPS.get(name, _gift)(st, x, y, s, hue)


def _flower(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    stalk = sh.pts((x, y + s * 0.6), (x + s * 0.06, y + s * 0.2), (x, y - s * 0.1))
    st.b.line(sh.smooth(stalk, False), s * 0.07, hexc("#6f9a48"), 0.95)
    for a in np.arange(6) * 1.0472:
        dx, dy = s * 0.2 * np.cos(a), s * 0.2 * np.sin(a)
        petal = sh.ellipse(x + dx, y - s * 0.2 + dy, s * 0.16, s * 0.12, a)
        land.solid(st, petal, hue, line=0.7)
    land.solid(st, sh.ellipse(x, y - s * 0.2, s * 0.11), hexc("#f6cf57"), line=0.7)


def _star(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    st.b.glow(x, y, s * 1.5, hexc("#ffe9a0"), 0.7)
    star = sh.smooth(sh.star(x, y, 0.52 * s, 0.24 * s), n=3)
    land.solid(st, star, hexc("#f9cf52"), light=0.4)


def _lantern(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    buildings.cheongsachorong(st, x, y - s * 0.1, s)


def _book(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    cover = sh.pts((-0.64, -0.2), (0.64, -0.2), (0.62, 0.3), (0, 0.34), (-0.62, 0.3))
    land.solid(st, cover * s + sh.at(x, y), hue)
    leaf = sh.trace("0,-0.28 0.32,-0.36 0.6,-0.26 0.58,0.24 0.3,0.16 0,0.26")
    for k in (-1, 1):
        page = sh.smooth(leaf * (k * s, s), n=3) + sh.at(x, y)
        land.solid(st, page, hexc("#fff6e2"), light=0.2)
        for i in range(4):
            line = sh.pts((k * 0.12, -0.16 + i * 0.1), (k * 0.48, -0.2 + i * 0.1)) * s
            st.b.line(line + sh.at(x, y), 1.5, INK, 0.4)


def _ball(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.ellipse(x, y, s * 0.42), hue)
    band = sh.pts((x - s * 0.4, y - s * 0.1), (x, y + s * 0.06), (x + s * 0.4, y - s * 0.1))
    st.b.wash(sh.limb(band, (s * 0.07, s * 0.1, s * 0.07)), WHITE, edge=0.3)


def _boat(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    waters.boat(st, x, y + s * 0.3, s * 1.3)


def _balloon(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    y -= s * 1.4
    string = sh.pts((x, y + s * 0.5), (x + s * 0.1, y + s * 0.9), (x - s * 0.05, y + s * 1.4))
    st.b.line(sh.smooth(string, False), 2.2, INK, 0.7)
    skin = sh.trace("0,-0.55 0.38,-0.36 0.40,0.06 0.08,0.5 -0.08,0.5 -0.40,0.06 -0.38,-0.36")
    land.solid(st, sh.smooth(skin, n=5) * s + sh.at(x, y), hexc("#e2695c"), light=0.6)
    shine = sh.ellipse(x - s * 0.17, y - s * 0.25, s * 0.07, s * 0.12, 0.4)
    st.b.wash(shine, WHITE, edge=0)


def _heart(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    half = sh.trace("0,0.42 -0.42,0 -0.34,-0.34 -0.1,-0.34 0,-0.14 0.1,-0.34 0.34,-0.34 0.42,0")
    land.solid(st, sh.smooth(half, n=5) * s + sh.at(x, y), hexc("#ee8577"))


def _gift(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.box(x - s * 0.4, y - s * 0.2, x + s * 0.4, y + s * 0.4), hue)
    st.b.wash(sh.box(x - s * 0.08, y - s * 0.2, x + s * 0.08, y + s * 0.4), CREAM)
    for k in (-1, 1):
        loop = sh.pts(
            (x, y - s * 0.2), (x + k * s * 0.26, y - s * 0.42), (x + k * s * 0.3, y - s * 0.22)
        )
        land.solid(st, sh.smooth(loop, n=4), CREAM)


PROPS: Final[dict[str, Callable[[Surroundings, float, float, float, RGB], None]]] = {
    "flower": _flower,
    "star": _star,
    "lantern": _lantern,
    "book": _book,
    "ball": _ball,
    "boat": _boat,
    "balloon": _balloon,
    "heart": _heart,
    "gift": _gift,
    **STORY_THINGS,
}
"""Every prop, by the lexicon's motif."""
