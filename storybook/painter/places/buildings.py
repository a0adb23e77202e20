"""What is built: houses of three eras, lamps and lanterns."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, hexc, mix, shift
from storybook.painter.pigment import OVER
from storybook.painter.places import land
from storybook.painter.places.surroundings import Surroundings

WINDOW_FRAME: Final = hexc("#8f6a4c")


def window(
    st: Surroundings,
    x: float,
    y: float,
    w: float,
    h: float,
    depth: float = 1.0,
    lattice: int = 2,
    frame: RGB = WINDOW_FRAME,
) -> None:
    """Window or paper door; glows when lamps are lit. (x, y) top left."""
    box = sh.pts((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    pane = hexc("#ffd987") if st.lit else mix(hexc("#eef3ee"), st.mood.sky[1], 0.25)
    st.b.wash(
        sh.resample(box, 8)[0], pane if st.lit else st.c(pane, depth), wob=1, edge=0.4, light=0.25
    )
    if st.lit:
        st.b.glow(x + w / 2, y + h / 2, max(w, h) * 1.3, st.mood.glow, 0.42 * (0.4 + 0.6 * depth))
    for i in range(1, lattice):
        st.b.line(
            sh.pts((x + w * i / lattice, y), (x + w * i / lattice, y + h)), 1.6, frame, 0.75 * depth
        )
    for i in range(1, lattice + 1):
        st.b.line(
            sh.pts((x, y + h * i / (lattice + 1)), (x + w, y + h * i / (lattice + 1))),
            1.6,
            frame,
            0.75 * depth,
        )
    st.b.line(box, 2.4, st.c(frame), 0.8 * depth, closed=True)


def roof(
    st: Surroundings,
    x: float,
    y: float,
    w: float,
    h: float,
    color: RGB,
    depth: float = 1.0,
    thatch: bool = False,
) -> None:
    """Korean roof with lifted eaves; (x, y) is the middle of the eave line, w the eave width."""
    lift = 0 if thatch else h * 0.32
    top, sag = 0.33 if not thatch else 0.22, h * (0.10 if not thatch else -0.25)
    up = sh.smooth(sh.pts((-0.53 * w, -lift), (-0.43 * w, -h * 0.42), (-top * w, -h)), False, 6)
    crest = sh.smooth(sh.pts((-top * w, -h), (0, -h + sag), (top * w, -h)), False, 6)
    eave = sh.smooth(
        sh.pts(
            (0.53 * w, -lift),
            (0.30 * w, h * 0.03),
            (0, h * 0.10),
            (-0.30 * w, h * 0.03),
            (-0.53 * w, -lift),
        ),
        False,
        6,
    )
    p = np.concatenate([up, crest, (up * [-1, 1])[::-1], eave]) + sh.at(x, y)
    land.solid(st, p, color, depth, second=shift(color, 0.04, 0.08, -0.1))
    n = max(5, int(w / 26))
    for i in range(n):
        t = (i + 0.5) / n * 2 - 1
        a, b = sh.pts((t * top * w, -h * 0.93)), sh.pts((t * 0.50 * w, h * 0.06 - lift * t**4))
        m = (a + b) / 2 + [[t * w * -0.03, h * 0.08]]
        st.b.line(
            np.concatenate([a, m, b]) + sh.at(x, y),
            1.5 if thatch else 2.2,
            deepen(st.c(color, depth), 1.7),
            0.30 + 0.25 * depth,
        )
    if st.snowing:
        cap = np.concatenate(
            [up * (1, 0.6) - sh.at(0, h * 0.4), crest, (up * (-1, 0.6) - sh.at(0, h * 0.4))[::-1]]
        )
        st.b.fill(sh.wobble(cap + sh.at(x, y), 3, st.rng), WHITE, 0.9, OVER, soft=1.5)
    elif not thatch:
        st.b.line(crest + sh.at(x, y - 2), h * 0.09, deepen(st.c(color, depth), 1.6), 0.75)
        st.b.line(eave + sh.at(x, y - 1), h * 0.07, deepen(st.c(color, depth), 1.5), 0.55)


def hanok(
    st: Surroundings, x: float, base: float, w: float, depth: float = 1.0, thatch: bool = False
) -> None:
    """Korean house, about 0.62 w high."""
    wood, wall = hexc("#9a6d4b"), hexc("#f6ead0")
    h = w * 0.26
    land.solid(
        st,
        sh.pts(
            (x - w * 0.46, base),
            (x - w * 0.44, base - w * 0.055),
            (x + w * 0.44, base - w * 0.055),
            (x + w * 0.46, base),
        ),
        land.STONE,
        depth,
        0.8,
    )
    b = base - w * 0.055
    land.solid(
        st,
        sh.pts((x - w * 0.39, b), (x - w * 0.39, b - h), (x + w * 0.39, b - h), (x + w * 0.39, b)),
        wall,
        depth,
        0.8,
        light=0.2,
    )
    n = 4
    for i in range(n):
        lx = x - w * 0.39 + i * w * 0.78 / n
        if i != 3:
            window(st, lx + w * 0.045, b - h * 0.82, w * 0.78 / n - w * 0.075, h * 0.74, depth, 3)
    for i in range(n + 1):
        px = x - w * 0.39 + i * w * 0.78 / n
        st.b.wash(
            sh.limb(sh.pts((px, b), (px, b - h)), (w * 0.012, w * 0.012)),
            st.c(wood, depth),
            edge=0.4,
        )
    st.b.fill(
        sh.pts(
            (x - w * 0.42, b - h * 0.98),
            (x + w * 0.42, b - h * 0.98),
            (x + w * 0.39, b - h * 0.8),
            (x - w * 0.39, b - h * 0.8),
        ),
        st.c(st.mood.shadow, depth),
        0.45,
        soft=3,
    )
    roof(
        st,
        x,
        b - h * 0.93,
        w * 1.06,
        w * (0.25 if not thatch else 0.30),
        hexc("#dcb66c") if thatch else hexc("#76808c"),
        depth,
        thatch,
    )


def cottage(st: Surroundings, x: float, base: float, w: float, depth: float = 1.0) -> None:
    """Small house of today with a gabled roof, about 0.65 w high."""
    at = int(x // 100)
    wall = st.kept("#f6e6cc #f3d9c4 #e3e6d6 #dfe3ec", ("wall", at))
    tile = st.kept("#c9705c #8f9fb5 #b98a6a", ("roof", at))
    h = w * 0.32
    land.solid(st, sh.box(x - w * 0.36, base - h, x + w * 0.36, base), wall, depth, light=0.25)
    gable = sh.pts((-0.45, -0.3), (-0.3, -0.58), (0.3, -0.58), (0.45, -0.3)) * w + sh.at(x, base)
    land.solid(st, gable, tile, depth, second=shift(tile, 0.03, 0.1, -0.08))
    if st.snowing:
        snow = sh.pts((-0.42, -0.36), (-0.3, -0.59), (0.3, -0.59), (0.42, -0.36)) * w
        st.b.fill(snow + sh.at(x, base), WHITE, 0.85, OVER, soft=2)
    chimney = sh.box(x + w * 0.14, base - w * 0.68, x + w * 0.22, base - w * 0.55)
    land.solid(st, chimney, hexc("#b9876c"), depth, 0.8)
    for dx in (-0.27, 0.12):
        window(st, x + dx * w, base - h * 0.78, w * 0.15, h * 0.42, depth)
    land.solid(st, sh.box(x - w * 0.07, base - h * 0.72, x + w * 0.07, base), land.BARK, depth)


def house(
    st: Surroundings, x: float, base: float, w: float, depth: float = 1.0, thatch: bool = False
) -> None:
    """A house of the era: a hanok, a cottage or a dome."""
    if st.era == "future":
        dome(st, x, base, w * 0.8, depth)
    elif st.era == "modern" and not thatch:
        cottage(st, x, base, w, depth)
    else:
        hanok(st, x, base, w, depth, thatch)


def castle(st: Surroundings, x: float, base: float, w: float, depth: float = 1.0) -> None:
    """Storybook castle with pointed towers, about 0.8 w high."""
    stone, roof_blue = hexc("#e6dccb"), st.lying_snow(hexc("#7f9cc4"), 0.7)
    for dx, tall, wide in (
        (-0.42, 0.5, 0.13),
        (0.42, 0.5, 0.13),
        (-0.2, 0.66, 0.12),
        (0.2, 0.66, 0.12),
    ):
        _turret(st, x + dx * w, base, wide * w, tall * w, depth)
    land.solid(st, sh.box(x - w * 0.4, base - w * 0.3, x + w * 0.4, base), stone, depth, light=0.25)
    for i in range(9):
        at = x - w * 0.4 + i * w * 0.1
        land.solid(st, sh.box(at - 10, base - w * 0.335, at + 10, base - w * 0.295), stone, depth)
    _turret(st, x, base, w * 0.2, w * 0.56, depth)
    gate = sh.smooth(sh.trace("-0.07,0 -0.07,-0.12 0,-0.18 0.07,-0.12 0.07,0"), n=4)
    land.solid(st, gate * w + sh.at(x, base), hexc("#a9784f"), depth)
    for dx in (-0.28, 0.28):
        window(st, x + dx * w - 14, base - w * 0.2, 28, 44, depth)
    flag = sh.trace("0,0 34,10 0,22") + sh.at(x, base - w * 0.86)
    st.b.line(sh.pts((x, base - w * 0.78), (x, base - w * 0.87)), 3, INK, 0.8)
    land.solid(st, flag, shift(roof_blue, 0.4, 0.2), depth)


def _turret(st: Surroundings, x: float, base: float, w: float, h: float, depth: float) -> None:
    land.solid(st, sh.box(x - w / 2, base - h, x + w / 2, base), hexc("#efe6d6"), depth, light=0.25)
    cone = sh.pts((x - w * 0.66, base - h), (x, base - h - w * 1.5), (x + w * 0.66, base - h))
    land.solid(st, cone, hexc("#7f9cc4"), depth, second=hexc("#8d86c0"))
    window(st, x - w * 0.16, base - h * 0.88, w * 0.32, w * 0.5, depth, 1)


def school(st: Surroundings, x: float, base: float, w: float) -> None:
    """Two storeys under a red roof, a gable with a clock, and a flag."""
    h = w * 0.37
    body = sh.resample(sh.box(x - w / 2, base - h, x + w / 2, base), 14)[0]
    land.solid(st, body, hexc("#f0d2ae"), 0.85, light=0.3)
    tiles = sh.pts((-0.54, 0), (-0.48, -54 / w), (0.48, -54 / w), (0.54, 0)) * (w, w)
    land.solid(st, tiles + sh.at(x, base - h), st.lying_snow(hexc("#c9705c"), 0.8), 0.85)
    gable = sh.pts((-84, 0), (-84, -h - 70), (0, -h - 150), (84, -h - 70), (84, 0))
    land.solid(st, gable + sh.at(x, base), hexc("#f6e2c0"), 0.9, light=0.25)
    land.solid(st, sh.ellipse(x, base - h - 70, 32), hexc("#fffaf0"), 0.95)
    hands = sh.pts((0, -22), (0, 0), (15, 8)) + sh.at(x, base - h - 70)
    st.b.line(hands, 3.4, INK, 0.8)
    for row in (0.88, 0.42):
        for i in (0, 1, 4, 5):
            window(st, x - w * 0.45 + i * w * 0.157, base - h * row, 64, 70, 0.85, 2)
    window(st, x - 40, base - 108, 80, 108, 0.9, 2)
    pole = x + w * 0.42
    st.b.line(sh.pts((pole, base), (pole, base - 370)), 5, st.c(land.BARK), 0.8)
    flag = sh.smooth(sh.trace("0,0 40,8 84,-2 82,50 40,60 0,50"), n=4)
    land.solid(st, flag + sh.at(pole + 3, base - 366), hexc("#7fb4d8"))


def palace(st: Surroundings, x: float, base: float, w: float, depth: float = 1.0) -> None:
    """Two-storied throne hall on a stone terrace, about 0.85 w high."""
    red, teal, tile = hexc("#c05f4c"), hexc("#5f9a8c"), hexc("#6f7d8a")
    for i in range(2):
        k = 0.62 - 0.07 * i
        land.solid(
            st,
            sh.pts(
                (x - w * k, base - i * w * 0.05),
                (x - w * (k - 0.02), base - (i + 1) * w * 0.05),
                (x + w * (k - 0.02), base - (i + 1) * w * 0.05),
                (x + w * k, base - i * w * 0.05),
            ),
            hexc("#d6cfc2"),
            depth,
        )
    for j in range(4):
        yy = base - j * w * 0.025
        st.b.line(sh.pts((x - w * 0.09, yy), (x + w * 0.09, yy)), 2, INK, 0.5)
    for lvl, (k, y, h) in enumerate(
        ((0.44, base - w * 0.10, w * 0.20), (0.31, base - w * 0.46, w * 0.11))
    ):
        land.solid(
            st,
            sh.pts((x - w * k, y), (x - w * k, y - h), (x + w * k, y - h), (x + w * k, y)),
            mix(red, WHITE, 0.25),
            depth,
            0.7,
        )
        n = 6 - lvl
        for i in range(n):
            lx = x - w * k + i * 2 * w * k / n
            window(
                st, lx + w * 0.02, y - h * 0.74, 2 * w * k / n - w * 0.035, h * 0.70, depth, 3, teal
            )
        st.b.wash(
            sh.pts(
                (x - w * k, y - h),
                (x + w * k, y - h),
                (x + w * k, y - h * 0.80),
                (x - w * k, y - h * 0.80),
            ),
            st.c(teal, depth),
            wob=1,
        )
        for i in range(n + 1):
            px = x - w * k + i * 2 * w * k / n
            st.b.wash(
                sh.limb(sh.pts((px, y), (px, y - h)), (w * 0.011, w * 0.011)),
                st.c(red, depth),
                edge=0.4,
            )
        roof(st, x, y - h * 0.92, w * (k * 2 + 0.30), w * 0.17, tile, depth)


def tower(
    st: Surroundings, x: float, base: float, w: float, h: float, color: RGB, depth: float = 1.0
) -> None:
    """City building; rounded and finned in the future."""
    if st.era == "future":
        p = sh.smooth(
            sh.trace("-0.5,0 -0.42,-0.55 -0.34,-0.88 0,-1.06 0.34,-0.88 0.42,-0.55 0.5,0"), False, 6
        ) * [w, h] + sh.at(x, base)
        st.b.line(sh.pts((x, base - h), (x, base - h * 1.16)), 2.5, INK, 0.5 * depth)
    else:
        p = sh.pts(
            (x - w / 2, base), (x - w / 2, base - h), (x + w / 2, base - h), (x + w / 2, base)
        )
    land.solid(st, sh.resample(p, 12)[0], color, depth, light=0.3, fade=0 if depth > 0.5 else 0.5)
    if depth < 0.4:
        return
    cols, rows = max(2, int(w / 38)), max(2, int(h / 62))
    for i in range(cols):
        for j in range(rows):
            if st.u(0, 1) < 0.88:
                ww, wh = w * 0.68 / cols, h * 0.48 / rows
                window(
                    st,
                    x - w * 0.40 + i * w * 0.8 / cols + ww * 0.1,
                    base - h * 0.92 + j * h * 0.86 / rows,
                    ww,
                    wh,
                    depth * 0.8,
                    1,
                )
    if st.era != "future" and depth > 0.7:
        land.solid(
            st,
            sh.pts(
                (x - w * 0.54, base - h),
                (x - w * 0.5, base - h - 16),
                (x + w * 0.5, base - h - 16),
                (x + w * 0.54, base - h),
            ),
            st.lying_snow(shift(color, 0.5, 0, -0.1)),
            depth,
            0.8,
        )


def lamp(st: Surroundings, x: float, base: float, h: float) -> None:
    """Street lamp, or a paper lantern on a pole in old times."""
    st.b.line(sh.pts((x, base), (x, base - h)), 6, st.c(hexc("#5a5560")), 0.85, wob=1.2)
    y = base - h
    if st.era == "ancient":
        st.b.line(sh.pts((x, y), (x + 34, y - 8)), 4, st.c(land.BARK), 0.9)
        cheongsachorong(st, x + 34, y - 4, 42)
    else:
        land.solid(st, sh.ellipse(x, y - 14, 17), hexc("#ffe9a8"))
        if st.lit:
            st.b.glow(x, y - 14, 120, st.mood.glow, 0.6)


def cheongsachorong(st: Surroundings, x: float, y: float, h: float) -> None:
    """Red-and-blue silk lantern hung at (x, y)."""
    if st.lit:
        st.b.glow(x, y + h * 0.6, h * 2.2, st.mood.glow, 0.6)
    st.b.line(sh.pts((x, y), (x, y + h * 0.2)), 2, INK, 0.8)
    for c, a, b in (("#e0604f", 0.2, 0.62), ("#5f86c4", 0.62, 1.0)):
        st.b.wash(
            sh.smooth(
                sh.pts(
                    (x - h * 0.26, y + h * a),
                    (x + h * 0.26, y + h * a),
                    (x + h * 0.3, y + h * (a + b) / 2),
                    (x + h * 0.26, y + h * b),
                    (x - h * 0.26, y + h * b),
                    (x - h * 0.3, y + h * (a + b) / 2),
                ),
                n=3,
            ),
            hexc(c),
            edge=0.5,
            light=0.5,
        )
    st.b.line(sh.pts((x, y + h), (x, y + h * 1.35)), 2.6, hexc("#d9564a"), 0.9)


def rocket(
    st: Surroundings, x: float, base: float, h: float, tilt: float = 0.0, depth: float = 1.0
) -> None:
    """Round-nosed picture-book rocket."""

    def placed(p: sh.Pts) -> sh.Pts:
        return sh.move(p, x, base, h, tilt)

    for s in (-1, 1):
        land.solid(
            st,
            placed(sh.smooth((sh.trace("0.12,-0.34 0.3,-0.12 0.28,0 0.11,-0.1") * (s, 1)), n=5)),
            hexc("#d9564a"),
            depth,
        )
    land.solid(
        st,
        placed(
            sh.smooth(
                sh.trace(
                    "0,-1 0.15,-0.74 0.19,-0.42 0.12,-0.06 -0.12,-0.06 -0.19,-0.42 -0.15,-0.74"
                ),
                n=7,
            )
        ),
        hexc("#f1eee6"),
        depth,
        light=0.2,
    )
    land.solid(
        st,
        placed(sh.smooth(sh.trace("0,-1 0.13,-0.79 0,-0.75 -0.13,-0.79"), n=6)),
        hexc("#d9564a"),
        depth,
    )
    land.solid(
        st,
        placed(sh.ellipse(0, -0.56, 0.075)),
        hexc("#8fc4d8") if not st.lit else hexc("#ffe39a"),
        depth,
    )


def dome(st: Surroundings, x: float, base: float, w: float, depth: float = 1.0) -> None:
    """Glass-and-metal habitat with a round door."""
    t = np.linspace(np.pi, 2 * np.pi, 26)
    p = np.stack([x + w / 2 * np.cos(t), base + w * 0.46 * np.sin(t)], 1)
    land.solid(st, p, st.lying_snow(hexc("#b9c9dc"), 0.7), depth, second=hexc("#a9b4dd"))
    for k in (-0.5, 0.0, 0.5):
        st.b.line(
            np.stack(
                [
                    x + k * w / 2 * np.sin(np.linspace(0, np.pi / 2, 12)),
                    base - w * 0.46 * np.cos(np.linspace(0, np.pi / 2, 12)),
                ],
                1,
            ),
            2,
            INK,
            0.35,
        )
    for i in (-1, 1):
        q = sh.ellipse(x + i * w * 0.23, base - w * 0.20, w * 0.062)
        st.b.wash(q, hexc("#ffdc8c"), edge=0.4)
        st.b.glow(x + i * w * 0.23, base - w * 0.20, w * 0.2, st.mood.glow, 0.5)
        land.pencil(st, q, depth)
    land.solid(
        st,
        sh.smooth(
            sh.pts(
                (x - w * 0.09, base),
                (x - w * 0.09, base - w * 0.17),
                (x, base - w * 0.23),
                (x + w * 0.09, base - w * 0.17),
                (x + w * 0.09, base),
            ),
            n=4,
        ),
        hexc("#e8a15c"),
        depth,
    )
