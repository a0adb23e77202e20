"""What goes wrong on the page of the crisis: one device for each kind of place."""

from __future__ import annotations

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import WHITE, deepen, hexc, mix
from storybook.painter.pigment import OVER
from storybook.painter.places import land
from storybook.painter.places.surroundings import Surroundings


def fallen_tree(st: Surroundings) -> None:
    """A trunk across the way."""
    s, y = st.side, st.horizon + 150
    x0, x1 = 500 - s * 430, 500 + s * 260
    trunk = sh.limb(sh.pts((x0, y + 20), (500, y - 14), (x1, y - 46)), (46, 38, 26))
    land.solid(st, trunk, hexc("#94745a"), second=hexc("#6f7f5a"), vary=1.0)
    land.solid(st, sh.ellipse(x1, y - 46, 14, 27, s * 0.2), hexc("#e6cda4"), line=0.8)
    st.b.line(sh.ellipse(x1, y - 46, 6, 13, s * 0.2), 2, deepen(land.BARK, 1.6), 0.7, closed=True)
    for k, length in ((0.3, 90), (0.55, 110), (0.78, 70)):
        x = x0 + (x1 - x0) * k
        twig = sh.pts((x, y - 30), (x + s * 20, y - 60), (x + s * 46, y - 40 - length))
        st.b.wash(sh.limb(twig, (9, 6, 2)), st.c(land.BARK))
    gusts(st, 5)


def rockfall(st: Surroundings) -> None:
    """Boulders on the way, and pebbles still rolling."""
    s, y = st.side, st.horizon
    for dx, dy, w in ((60, 150, 190), (190, 180, 150), (-70, 130, 110), (110, 96, 120)):
        land.rock(st, 500 + s * dx, y + dy, w, hexc("#9d968c"))
    for _ in range(9):
        x, at = 500 + s * st.u(-60, 330), y + st.u(-90, 90)
        land.solid(st, sh.ellipse(x, at, st.u(6, 13), st.u(5, 10)), hexc("#9d968c"), line=0.8)
    gusts(st, 3)


def gale(st: Surroundings) -> None:
    """Wind with leaves in it, or with snow."""
    if st.snowing:
        blizzard(st)
        return
    gusts(st, 9)
    leaves = np.stack([st.rng.uniform(0, 1000, 46), st.rng.uniform(120, 820, 46)], 1)
    for code in ("#d9a04c", "#a9b85c"):
        some = leaves[::2] if code == "#d9a04c" else leaves[1::2]
        st.b.dabs(some, (15, 8), st.c(hexc(code)), 0.9, spread=1.6, mode=OVER)


def gusts(st: Surroundings, n: int) -> None:
    """Long curling strokes of wind."""
    for i in range(n):
        x, y, k = st.u(-80, 620), 130 + (i + st.u(0, 1)) * 560 / n, st.u(0.8, 1.4)
        curl = sh.trace("0,0 120,-22 240,4 330,-14 372,-52 340,-76 312,-52 334,-30") * k
        gust = sh.smooth(curl, False, 6) + sh.at(x, y)
        st.b.line(gust, 5, WHITE, 0.55, mode=OVER)


def high_waves(st: Surroundings) -> None:
    """Waves that rear up against the shore."""
    y = st.horizon - 10
    for dy, h, code in ((0, 90, "#4f7f9c"), (62, 120, "#5f95ac"), (128, 90, "#78abb9")):
        across = np.linspace(-90, 1090, 12) + st.rng.uniform(-30, 30, 12)
        swell = np.where(np.arange(12) % 2, st.rng.uniform(0.45, 1.0, 12), 0.0)
        crest = sh.smooth(np.stack([across, y + dy - h * swell], 1), False, 9)
        crest[:, 0] += 34 * np.clip((y + dy - crest[:, 1]) / h, 0, 1) ** 2  # they lean over
        sea = np.concatenate([crest, sh.pts((1090, y + 230), (-90, y + 230))])
        st.b.wash(sea, st.c(hexc(code)), wob=5, vary=1.0, edge=0.8, reserve=0.9, fade=0.5)
        _foam(st, crest, y + dy, h)


def _foam(st: Surroundings, crest: sh.Pts, trough: float, h: float) -> None:
    """White along the upper part of a wave, and drops that fly off it."""
    rise = np.clip((trough - crest[:, 1]) / h - 0.3, 0, 1)
    white = [
        sh.ellipse(x, y + 4, 4 + 12 * k, 3 + 7 * k, n=12)
        for (x, y), k in zip(crest, rise, strict=True)
        if k > 0
    ]
    st.b.fill(white, WHITE, 0.8, OVER, soft=1.6)
    high = crest[rise > 0]
    for x, y in high[st.rng.integers(0, len(high), 40)] + st.rng.normal(0, 9, (40, 2)):
        st.b.fill(sh.ellipse(x, y - 12, st.u(1.2, 4), n=10), WHITE, 0.8, OVER)


def big_shadow(st: Surroundings) -> None:
    """Something large swims by, seen only as a shadow."""
    s = st.side
    shadow = sh.trace(
        "-0.5,0 -0.3,-0.16 0,-0.2 0.3,-0.14 0.44,-0.04 0.62,-0.2 0.58,0 0.64,0.18 "
        "0.44,0.05 0.2,0.14 0,0.17 -0.3,0.12"
    )
    outline = sh.smooth(shadow * (-s, 1), n=5) * 520 + sh.at(500 + s * 180, 250)
    st.b.fill(outline, hexc("#27486e"), 0.62, soft=9)
    eye = sh.ellipse(500 - s * 7, 236, 9)
    st.b.fill(eye, hexc("#f0f4d8"), 0.8, OVER, soft=1.5)
    across = np.linspace(-40, 1040, 9)
    for y in (420.0, 560.0, 680.0):
        line = sh.smooth(np.stack([across, y + 16 * np.sin(across / 90 + st.u(0, 6))], 1), False)
        st.b.line(line, 5, WHITE, 0.25, mode=OVER)


def downpour(st: Surroundings) -> None:
    """Puddles with rings, and a gust that bends everything; in winter a blizzard."""
    if st.snowing:
        blizzard(st)
        return
    for _ in range(6):
        x, y, w = st.u(60, 940), st.u(st.horizon + 170, 960), st.u(70, 150)
        puddle = sh.ellipse(x, y, w, w * 0.2)
        st.b.wash(puddle, mix(st.mood.sky[1], WHITE, 0.25), wob=4, edge=0.8, vary=0.8)
        st.b.line(sh.ellipse(x, y, w * 0.4, w * 0.08), 2, WHITE, 0.8, closed=True, mode=OVER)
    gusts(st, 5)


def dark_corner(st: Surroundings) -> None:
    """Long shadows up the wall of a room."""
    s = st.side
    shade = mix(st.mood.shadow, hexc("#4a3f66"), 0.4)
    for dx, w, h in ((250, 120, 520), (80, 90, 430), (400, 110, 600)):
        x = 500 + s * dx
        shape = sh.pts(
            (x - w * 0.5, 760),
            (x - w * 0.6, 760 - h * 0.6),
            (x, 760 - h),
            (x + w * 0.6, 760 - h * 0.6),
            (x + w * 0.5, 760),
        )
        st.b.fill(sh.smooth(shape, n=7), shade, 0.34, soft=16)


def meteors(st: Surroundings) -> None:
    """Shooting stones with tails of light."""
    for _ in range(7):
        x, y, k = st.u(60, 940), st.u(60, 470), st.u(0.7, 1.5)
        tail = sh.limb(
            sh.pts((x + 150 * k, y - 90 * k), (x + 60 * k, y - 36 * k), (x, y)), (1, 6, 13)
        )
        st.b.fill(tail, hexc("#ffd79a"), 0.75, OVER, soft=3)
        st.b.glow(x, y, 60 * k, hexc("#ffb86a"), 0.7)
        st.b.wash(sh.ellipse(x, y, 15 * k, 13 * k), hexc("#b98a78"), edge=0.7)


def sandstorm(st: Surroundings) -> None:
    """Sand that flies in sheets."""
    for i in range(8):
        y = st.u(180, 860)
        sheet = sh.ellipse(st.u(0, 1000), y, st.u(260, 420), st.u(26, 60), -0.06)
        st.b.fill(sheet, st.c(hexc("#d9ab74" if i % 2 else "#eccb98")), 0.45, OVER, soft=22)
    gusts(st, 8)
    st.b.speckle(220, (0, 200, 1000, 980), (0.8, 3.2), st.c(hexc("#a9794f")), 0.6)


def blizzard(st: Surroundings) -> None:
    """Snow driven sideways."""
    gusts(st, 9)
    strokes = []
    for _ in range(140):
        x, y, k = st.u(-40, 1040), st.u(0, 980), st.u(14, 44)
        strokes.append(sh.pts((x, y), (x + k, y + k * 0.28 - 2), (x + k, y + k * 0.28 + 2)))
    st.b.fill(strokes, WHITE, 0.85, OVER)
