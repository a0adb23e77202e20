"""The land: hills in the haze, the near ground, ways and rocks; and how a piece is drawn."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, hexc, mix, shift
from storybook.painter.pigment import MULTIPLY, OVER
from storybook.painter.places.surroundings import Surroundings

GREEN: Final = hexc("#8fb766")
BARK: Final = hexc("#8a6a52")
STONE: Final = hexc("#b9b4ac")
PINE: Final = hexc("#5f8f72")
SAND: Final = hexc("#f2dfb8")


def pencil(
    st: Surroundings,
    p: sh.Pts,
    depth: float,
    closed: bool = True,
    width: float = 2.0,
    color: RGB = INK,
) -> None:
    """Outline that disappears with distance."""
    if depth > 0.35:
        st.b.line(
            p,
            width * (0.6 + 0.4 * depth),
            mix(color, st.mood.haze, 0.5 * (1 - depth)),
            0.25 + 0.45 * depth,
            closed=closed,
        )


def solid(
    st: Surroundings,
    p: sh.Pts,
    color: RGB,
    depth: float = 1.0,
    line: float = 1.0,
    *,
    light: float = 0.45,
    fade: float = 0.0,
    vary: float = 0.6,
    second: RGB | None = None,
) -> None:
    """Washed and outlined piece of scenery in local colour."""
    q = sh.wobble(p, 1.4, st.rng)
    st.b.wash(
        q,
        st.c(color, depth),
        wob=0,
        edge=0.4,
        vary=vary,
        light=light,
        fade=fade,
        second=second and st.c(second, depth),
    )
    if line:
        pencil(st, q, depth, width=2.0 * line, color=mix(INK, deepen(st.c(color), 2), 0.4))


def ridge(
    st: Surroundings,
    y: float,
    amp: float,
    n: int,
    color: RGB,
    depth: float,
    fade: float = 0.7,
    sharp: bool = False,
    second: RGB | None = None,
) -> None:
    """A line of hills or peaks across the page, thinning into mist below."""
    x = np.linspace(-60, 1060, n)
    h = y - amp * st.rng.uniform(0.1, 1.0, n)
    if sharp:
        h[::2] = y - amp * st.rng.uniform(0.05, 0.35, len(h[::2]))
    top = sh.smooth(np.stack([x, h], 1), False, 4 if sharp else 9)
    poly = np.concatenate([top, sh.pts((1060, y + 330), (-60, y + 330))])
    st.b.wash(
        poly,
        st.c(st.lying_snow(color, 0.35), depth),
        fade=fade,
        wob=3 if not sharp else 4,
        edge=0.55,
        vary=0.7,
        cell=46 if sharp else 80,
        second=second and st.c(second, depth),
    )


def ground(
    st: Surroundings,
    y: float,
    color: RGB,
    second: RGB | None = None,
    amp: float = 22,
    edge: float = 0.4,
) -> None:
    """The near ground down to the bottom of the page."""
    x = np.linspace(-60, 1060, 7)
    top = sh.smooth(np.stack([x, y + amp * st.rng.uniform(-1, 1, 7)], 1), False, 9)
    color, second = st.lying_snow(color), second and st.lying_snow(second, 0.8)
    c = st.c(color)
    if st.snowing and not st.mood.dark:
        c = mix(c, WHITE, 0.4)
    st.b.wash(
        np.concatenate([top, sh.trace("1060,1060 -60,1060")]),
        c,
        wob=4,
        edge=edge,
        vary=1.0,
        light=0.4,
        second=second and st.c(second),
        cell=70,
    )
    for i in range(7):  # pools of light and of shade
        t = st.u(0.05, 0.95)
        q = sh.wobble(
            sh.ellipse(st.u(0, 1000), y + t * (1000 - y), st.u(120, 300), 22 + 46 * t),
            10,
            st.rng,
            cell=90,
        )
        st.b.fill(
            q,
            mix(st.c(second or color), WHITE, 0.55) if i % 2 else deepen(c, 1.5),
            0.35 if i % 2 else 0.30,
            OVER if i % 2 else MULTIPLY,
            soft=15,
        )
    for i in range(5):
        yy = y + (i + st.u(0.3, 0.9)) * (1000 - y) / 5
        st.b.glaze(
            sh.ellipse(st.u(0, 1000), yy, st.u(160, 380), st.u(10, 26)),
            deepen(c, 1.25),
            0.22,
            3,
            9,
            cell=90,
        )


def path(st: Surroundings, y: float, color: RGB = SAND) -> None:
    """A winding way that leads the eye in from the bottom."""
    x = st.u(360, 640)
    side = 1 if x < 500 else -1
    spine = sh.pts(
        (x, y + 6),
        (x + side * 60, y + 60),
        (500 + side * 40, y + (1000 - y) * 0.5),
        (480 - side * 60, 1040),
    )
    c = sh.smooth(spine, False, 8)
    w = np.linspace(9, 1, len(c))[::-1] ** 2.05 * 1.45 + 5
    st.b.wash(
        np.concatenate([c - np.stack([w, 0 * w], 1), (c + np.stack([w, 0 * w], 1))[::-1]]),
        st.c(st.lying_snow(color, 0.5)),
        wob=4,
        edge=0.35,
        vary=0.8,
        reserve=0.85,
    )


def rock(
    st: Surroundings, x: float, base: float, w: float, color: RGB = STONE, depth: float = 1.0
) -> None:
    """Faceted boulder."""
    p = sh.trace("-0.5,0 -0.44,-0.3 -0.15,-0.55 0.2,-0.5 0.46,-0.26 0.5,0") * w * [
        1,
        st.u(0.7, 1.0),
    ] + sh.at(x, base)
    solid(st, sh.smooth(p, n=4), color, depth, second=shift(color, 0.1, 0.1, -0.1))
    st.b.fill(
        sh.smooth(sh.trace("0,-0.1 0.2,-0.42 0.46,-0.22 0.46,0") * w + sh.at(x, base), n=4),
        st.c(st.mood.shadow, depth),
        0.3,
    )


def expanse(st: Surroundings, top: sh.Pts, color: RGB, second: RGB, edge: float = 0.5) -> None:
    """All below the line `top` (from left to right), in one wash: sand, water, snow, moon dust."""
    area = np.concatenate([top, sh.trace("1060,1060 -60,1060")])
    st.b.wash(area, color, wob=4, vary=1.0, second=second, cell=70, edge=edge)


def waved(st: Surroundings, y: float, amp: float, length: float) -> sh.Pts:
    """A gently waved line from left to right across the page."""
    x = np.linspace(-60, 1060, 8)
    return sh.smooth(np.stack([x, y + amp * np.sin(x / length + st.u(0, 6))], 1), False, 9)
