"""What grows: grass, flowers, trees, bushes, ferns and boughs."""

from __future__ import annotations

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import RGB, WHITE, deepen, hexc, mix, shift
from storybook.painter.pigment import OVER
from storybook.painter.places import land
from storybook.painter.places.surroundings import FRESH_SNOW, Surroundings


def grass(
    st: Surroundings,
    y0: float,
    y1: float,
    n: int,
    color: RGB,
    h: float = 22,
    xs: tuple[float, float] = (0, 1000),
) -> None:
    """Tufts of short strokes, larger towards the viewer; few of them reach out of snow."""
    n = n // 4 if st.snowing else n
    groups: list[list[sh.Pts]] = [[], []]
    for _ in range(n):
        t = st.rng.random()
        x, y = st.u(*xs), y0 + (y1 - y0) * t
        k = h * (0.45 + 0.8 * t)
        for j in range(3):
            a = st.u(-0.55, 0.55)
            tip = (x + k * a, y - k * st.u(0.7, 1.2))
            groups[j % 2].append(
                sh.pts(
                    (x - 1.6, y),
                    (x + k * a * 0.35 - 1.2, y - k * 0.5),
                    tip,
                    (x + k * a * 0.35 + 1.6, y - k * 0.5),
                    (x + 2, y),
                )
            )
            x += st.u(-5, 5)
    for g, d in zip(groups, (0.0, 0.05), strict=True):
        st.b.fill(g, st.c(shift(color, d, 0.05, -0.08)), 0.62)


def flowers(
    st: Surroundings,
    y0: float,
    y1: float,
    n: int,
    colors: str = "#f2a0a8 #fff4dc #f6cf57 #c9a3d8 #e8715c",
    xs: tuple[float, float] = (10, 990),
) -> None:
    """Gouache dots on stalks; none in snow."""
    if st.snowing:
        return
    for c in colors.split():
        k = max(1, n // len(colors.split()))
        t = st.rng.random(k)
        xy = np.stack([st.rng.uniform(*xs, k), y0 + (y1 - y0) * t], 1)
        st.b.fill(
            [sh.pts((x - 1, y), (x, y + 14), (x + 1.4, y)) for x, y in xy],
            st.c(hexc("#6f9a48")),
            0.7,
        )
        col = st.c(hexc(c))
        petals = [
            sh.ellipse(
                x + (3.1 + 2 * u) * np.cos(a), y + (3.1 + 2 * u) * np.sin(a), 3 + 2.4 * u, n=10
            )
            for (x, y), u in zip(xy, t, strict=True)
            for a in np.arange(5) * 1.2566
        ]
        st.b.fill(petals, WHITE, 0.9, OVER)
        st.b.fill(petals, col, 0.85)
        st.b.fill(
            [sh.ellipse(x, y, 2 + 1.6 * u, n=10) for (x, y), u in zip(xy, t, strict=True)],
            hexc("#e8a13a"),
            0.9,
        )


def tree(
    st: Surroundings, x: float, base: float, h: float, color: RGB = land.GREEN, depth: float = 1.0
) -> None:
    """Broad-leaved tree: trunk, translucent crown masses, leaf touches."""
    lean = st.u(-0.06, 0.06) * h
    bark = st.c(land.BARK, depth)
    half = sh.trace(
        "0.075,0.012 0.04,-0.06 0.03,-0.3 0.018,-0.62 -0.018,-0.62 "
        "-0.03,-0.3 -0.042,-0.06 -0.07,0.01 -0.02,-0.006 0.02,0"
    )
    trunk = sh.smooth(
        half * h
        + np.stack([lean * np.clip(-half[:, 1] / 0.6, 0, 1), 0 * half[:, 1]], 1)
        + sh.at(x, base),
        n=4,
    )
    st.b.wash(trunk, bark, edge=0.5, wob=2)
    land.pencil(st, trunk, depth * 0.8)
    if depth > 0.5:
        grass(st, base, base + 6, 5, deepen(land.GREEN, 1.3), 20, (x - h * 0.07, x + h * 0.07))
    for s in (-1, 1):
        st.b.wash(
            sh.limb(
                sh.pts(
                    (x + lean * 0.6, base - h * 0.38), (x + lean + s * h * 0.14, base - h * 0.58)
                ),
                (h * 0.016, h * 0.008),
            ),
            bark,
            reserve=0.8,
        )
    cx, cy, r = x + lean, base - h * 0.68, h * 0.21
    if st.season == "spring" and depth > 0.5 and st.u(0, 1) < 0.4:
        color = hexc("#efb3bb")  # blossom
    elif st.snowing:
        color = mix(color, FRESH_SNOW, 0.62)
    elif st.season == "autumn" and st.u(0, 1) < 0.6:
        color = hexc(("#e0a04c", "#d98352", "#e3b75a")[int(st.u(0, 3))])
    c = st.c(color, depth)
    for i in range(7):
        a = i * 2.4 + st.u(0, 1)
        d = r * (0.95 if i else 0)
        st.b.wash(
            sh.ellipse(
                cx + d * np.cos(a),
                cy + d * 0.72 * np.sin(a),
                r * st.u(0.75, 1.05),
                r * st.u(0.62, 0.86),
            ),
            shift(c, st.u(-0.03, 0.03), 0.0, st.u(-0.05, 0.05)),
            reserve=0.62 if depth > 0.5 else 0.4,
            wob=h * 0.016,
            edge=0.4,
            vary=0.7,
            cell=h * 0.07,
            second=shift(c, 0.05, 0.1, -0.08),
        )
    n = int(40 + 110 * depth)
    t, q = st.rng.uniform(0, 2 * np.pi, n), st.rng.uniform(0.2, 0.96, n) ** 0.6
    leaves = np.stack([cx + np.cos(t) * q * r * 1.72, cy + np.sin(t) * q * r * 1.3], 1)
    size = h * 0.012 + 1.2
    st.b.dabs(leaves, (size * 1.35, size * 0.8), deepen(c, 1.35), 0.5, spread=1.4)
    st.b.dabs(
        leaves[: n // 3] - sh.at(r * 0.25, r * 0.35),
        (size * 1.1, size * 0.65),
        mix(c, WHITE, 0.6),
        0.55,
        spread=1.4,
        mode=OVER,
    )
    if st.snowing:
        st.b.dabs(leaves[: n // 2] - sh.at(0, r * 0.3), (size * 2, size), WHITE, 0.85, mode=OVER)


def pine(
    st: Surroundings,
    x: float,
    base: float,
    h: float,
    color: RGB = land.PINE,
    depth: float = 1.0,
    snow: bool = False,
) -> None:
    """Conifer of stacked ragged skirts."""
    snow = snow or st.snowing
    c = st.c(color, depth)
    st.b.wash(
        sh.limb(sh.pts((x, base), (x, base - h * 0.25)), (h * 0.03, h * 0.024)),
        st.c(land.BARK, depth),
        edge=0.4,
    )
    for i in range(4):
        y, w = base - h * (0.12 + 0.21 * i), h * (0.27 - 0.052 * i)
        k = 9
        low = [
            (
                x + w * (2 * j / (k - 1) - 1),
                y + (h * 0.035 if j % 2 else -h * 0.012) - abs(2 * j / (k - 1) - 1) * h * -0.03,
            )
            for j in range(k)
        ]
        tip = [(x + w * 0.28, y - h * 0.2), (x, y - h * 0.30), (x - w * 0.28, y - h * 0.2)]
        sk = np.array([*low, *tip])
        q = sh.smooth(sk, n=3)
        st.b.wash(
            q, shift(c, st.u(-0.02, 0.02)), reserve=0.8, edge=0.5, vary=0.6, wob=h * 0.006, cell=18
        )
        if snow:
            st.b.fill(
                sh.smooth(
                    sh.pts(
                        (x, y - h * 0.30),
                        (x + w * 0.5, y - h * 0.1),
                        (x + w * 0.15, y - h * 0.13),
                        (x - w * 0.1, y - h * 0.07),
                        (x - w * 0.45, y - h * 0.1),
                    ),
                    n=4,
                ),
                WHITE,
                0.85,
                OVER,
                soft=1.5,
            )


def palm(st: Surroundings, x: float, base: float, h: float) -> None:
    """Palm with a leaning ringed trunk."""
    lean = (1 if x < 500 else -1) * h * st.u(0.05, 0.16)
    spine = sh.smooth(
        sh.pts((x, base), (x + lean * 0.3, base - h * 0.4), (x + lean, base - h * 0.8)), False
    )
    st.b.wash(sh.limb(spine, (h * 0.034, h * 0.022, h * 0.018), 2), st.c(land.BARK), edge=0.5)
    for at in spine[2:-2:2]:
        st.b.line(sh.pts((-h * 0.02, 2), (h * 0.02, -2)) + at, 2.4, deepen(st.c(land.BARK), 2), 0.5)
    top = spine[-1]
    green = hexc("#79ab5e")
    for a in (-2.7, -2.1, -1.4, -0.9, -0.35, 0.15):
        tip = top + h * 0.36 * np.array([np.cos(a), np.sin(a) * 0.55])
        droop = np.stack([top, (top + tip) / 2 - sh.at(0, h * 0.08), tip + sh.at(0, h * 0.09)])
        leaf = sh.limb(droop, (h * 0.012, h * 0.05, 1))
        st.b.wash(leaf, st.c(shift(green, st.u(-0.03, 0.03))), reserve=0.85, edge=0.55)
    for dx in (-0.03, 0.035):
        nut = sh.ellipse(top[0] + dx * h, top[1] + h * 0.03, h * 0.026)
        land.solid(st, nut, hexc("#9a6d4b"), line=0.8)


def bush(
    st: Surroundings, x: float, base: float, w: float, color: RGB = land.GREEN, depth: float = 1.0
) -> None:
    """Low rounded shrub."""
    c = st.c(color, depth)
    for dx, r in ((-0.3, 0.26), (0.3, 0.27), (0.0, 0.36)):
        st.b.wash(
            sh.ellipse(x + dx * w, base - r * w * 0.5, r * w, r * w * 0.72),
            shift(c, st.u(-0.025, 0.025)),
            reserve=0.8,
            wob=w * 0.03,
            edge=0.45,
            cell=w * 0.13,
        )
    t = st.rng.uniform(-1, 1, (22, 2))
    st.b.dabs(
        np.stack([x + t[:, 0] * w * 0.5, base - w * 0.25 + t[:, 1] * w * 0.2], 1),
        (w * 0.035 + 2, w * 0.02 + 1),
        deepen(c, 1.5),
        0.5,
        spread=1.2,
    )


def fronds(
    st: Surroundings,
    x: float,
    base: float,
    h: float,
    color: RGB,
    n: int = 7,
    spread: float = 0.9,
    sway: float = 0.0,
) -> None:
    """Leaves fanning from one root: ferns, reeds, seaweed."""
    c = st.c(color)
    for i in range(n):
        a = (i / max(n - 1, 1) - 0.5) * 2 * spread + st.u(-0.1, 0.1)
        k = h * st.u(0.7, 1.1)
        w = np.sin(np.linspace(0, 3, 4)) * sway * h
        sp = np.stack(
            [
                x + np.sin(a) * k * np.array([0, 0.3, 0.7, 1.05]) + w,
                base - np.cos(a * 0.8) * k * np.array([0, 0.45, 0.8, 0.92]),
            ],
            1,
        )
        st.b.wash(
            sh.limb(sp, (h * 0.018, h * 0.05, h * 0.042, 1)),
            shift(c, st.u(-0.03, 0.03), 0, st.u(-0.06, 0.04)),
            reserve=0.75,
            edge=0.5,
            vary=0.3,
        )


def branch(st: Surroundings, left: bool, color: RGB, y: float = 0) -> None:
    """Leafy bough hanging in from an upper corner."""
    s, x0 = (1, -30) if left else (-1, 1030)
    sp = sh.pts(
        (x0, 60 + y), (x0 + s * 130, 84 + y), (x0 + s * 260, 62 + y), (x0 + s * 350, 92 + y)
    )
    st.b.wash(sh.limb(sp, (13, 9, 6, 2)), st.c(land.BARK), wob=2)
    c = sh.smooth(sp, False, 10)
    at = c[st.rng.integers(2, len(c), 70)] + st.rng.normal(0, [24, 26], (70, 2))
    if st.snowing:
        snow = c[2::2] - sh.at(0, 9)
        st.b.dabs(snow, (26, 10), st.c(FRESH_SNOW), 0.95, angle=0.1, spread=0.3, mode=OVER)
        return
    st.b.dabs(at, (19, 9), st.c(color), 0.8, angle=0.6, spread=0.9, mode=OVER)
    st.b.dabs(at[:26] + 9, (16, 7), deepen(st.c(color), 1.3), 0.55, angle=0.6, spread=0.9)
