"""The sky: graded wet in wet, with clouds, stars, the sun or the moon."""

from __future__ import annotations

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import RGB, WHITE, hexc, mix, shift
from storybook.painter.pigment import MULTIPLY, OVER
from storybook.painter.places.surroundings import Surroundings


def sky(st: Surroundings, colors: tuple[RGB, RGB, RGB] | None = None) -> None:
    """Graded wet-in-wet sky with pools and lifted streaks."""
    a, b, c = colors or st.mood.sky
    rng = st.rng
    st.b.graded(max(st.horizon * 1.12, 300), (a, b, c), st.u(0.42, 0.6))
    top = max(st.horizon, 350)
    for i in range(11):
        x, y, r = st.u(-50, 1050), st.u(-60, top * 0.95), st.u(110, 330)
        if i % 3 == 0:
            st.b.blob(x, y, r, mix(c, WHITE, 0.3), 0.30, OVER)
        else:
            st.b.blob(
                x,
                y,
                r,
                shift(a if y < top * 0.5 else b, rng.uniform(-0.05, 0.05), 0.06),
                0.34,
                MULTIPLY,
            )
    for i in range(4):
        y = st.u(40, top * 0.8)
        w, x = st.u(350, 900), st.u(0, 1000)
        st.b.glaze(
            sh.ellipse(x, y, w / 2, st.u(16, 46), st.u(-0.06, 0.06)),
            mix(b, a, 0.5) if i % 2 else mix(c, b, 0.3),
            0.16,
            3,
            12,
            cell=120,
        )


def clouds(st: Surroundings, n: int = 3, y0: float = 60, y1: float = 300) -> None:
    """Clouds lifted out of the wet sky, shaded below."""
    for i in range(n):
        x, y, w = (i + st.u(0.15, 0.85)) * 1000 / n, st.u(y0, y1), st.u(120, 230)
        bright = mix(WHITE, st.mood.sky[1], 0.55 if st.mood.dark else 0.05)
        lobes = [
            sh.ellipse(x + w * dx, y - w * dy, w * r, w * r * 0.62)
            for dx, dy, r in (
                (-0.42, 0.0, 0.26),
                (-0.12, 0.16, 0.34),
                (0.22, 0.12, 0.30),
                (0.5, 0.0, 0.22),
                (0.05, -0.04, 0.5),
            )
        ]
        for lobe in lobes:
            st.b.fill(sh.wobble(lobe, 5, st.rng), bright, 0.42, OVER, soft=5)
        st.b.fill(
            sh.ellipse(x + w * 0.1, y + w * 0.12, w * 0.5, w * 0.09),
            mix(st.mood.shadow, st.mood.sky[1], 0.55),
            0.28,
            MULTIPLY,
            soft=9,
        )


def stars(st: Surroundings, n: int = 110, bottom: float = 520) -> None:
    """Reserved white specks, a few with a glow."""
    st.b.speckle(n, (20, 20, 980, bottom), (0.8, 3.2), WHITE, 0.95)
    for _ in range(7):
        x, y = st.u(60, 940), st.u(40, bottom * 0.8)
        st.b.glow(x, y, 26, st.mood.glow, 0.45)
        t = np.linspace(0, 2 * np.pi, 8, endpoint=False) + 0.3
        r = np.where(np.arange(8) % 2, 2.0, 8.5)
        st.b.fill(np.stack([x + r * np.cos(t), y + r * np.sin(t)], 1), WHITE, 1, OVER)


def orb(st: Surroundings, x: float, y: float, r: float = 46) -> None:
    """Sun or moon with its halo."""
    night = st.time == "night"
    disc = hexc("#fff4cf") if night else hexc("#ffe08a") if st.time != "sunset" else hexc("#ff9d6c")
    st.b.blob(x, y, r * 4.2, mix(disc, WHITE, 0.35), 0.42, OVER)
    st.b.blob(x, y, r * 2.0, mix(disc, WHITE, 0.55), 0.55, OVER)
    st.b.wash(
        sh.ellipse(x, y, r),
        disc,
        edge=0.35,
        vary=0.6,
        light=0.25,
        second=hexc("#ffc56b") if not night else hexc("#e8dcae"),
    )


def heavens(st: Surroundings) -> None:
    """Sky, and what belongs in it at this hour."""
    sky(st)
    x = st.u(690, 850) if st.u(0, 1) < 0.65 else st.u(150, 310)
    y = {"sunset": st.horizon - 70}.get(
        st.time, st.u(120, 190) + (120 if st.role == "cover" else 0)
    )
    if st.time == "night":
        stars(st)
    stormy = st.role == "crisis" and st.time != "night"
    if st.time in ("morning", "noon", "night", "sunset") and not stormy:
        orb(st, x, y, st.u(40, 58))
    clouds(
        st,
        {"night": 2, "rain": 5, "storm": 5, "snow": 4}.get(st.time, 5 if stormy else 3),
        70,
        st.horizon * 0.62,
    )
