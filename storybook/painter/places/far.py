"""Desert, snowfield and the moon."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, WHITE, deepen, hexc, mix
from storybook.painter.pigment import OVER, SCREEN
from storybook.painter.places import buildings, land, plants, sky, trouble
from storybook.painter.places.setting import Setting
from storybook.painter.places.surroundings import Surroundings

# Desert.

DUNE: Final = hexc("#f0cf97")


def desert_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    for dy, amp, code, depth in ((-30, 140, "#e3b98a", 0.5), (40, 120, "#eac08a", 0.8)):
        land.ridge(st, y + dy, amp, 5, hexc(code), depth, 0.4, second=hexc("#d98f7a"))
    land.ground(st, y + 70, DUNE, hexc("#e6a877"), amp=30)
    for i in range(9):  # the wind's ripples
        ripple = land.waved(st, y + 130 + i * (26 + 2 * i), 9, 70 + 12 * i)
        at = int(st.u(0, len(ripple) // 3))
        st.b.line(ripple[at : at + len(ripple) // 2], 4, deepen(st.c(hexc("#d9a878")), 1.4), 0.4)
    st.b.speckle(150, (0, y + 110, 1000, 1000), (0.8, 3), st.c(hexc("#b07f54")), 0.5)


def desert_fore(st: Surroundings) -> None:
    land.rock(st, 70, 1005, 170, hexc("#d3a57f"))
    land.rock(st, 180, 1012, 90, hexc("#c9966f"))
    plants.fronds(st, 940, 1005, 100, hexc("#9cae6c"), 9, 0.8)
    _cactus(st, 900, 990, 110)


def _cactus(st: Surroundings, x: float, base: float, h: float) -> None:
    skin = hexc("#86ad7a")
    for s in (-1, 1):
        k = st.u(0.35, 0.6)
        arm = sh.pts(
            (x, base - h * k),
            (x + s * h * 0.22, base - h * k),
            (x + s * h * 0.24, base - h * (k + 0.25)),
        )
        land.solid(st, sh.limb(arm, (h * 0.05, h * 0.055, h * 0.05)), skin, 0.9)
    trunk = sh.pts((x, base), (x, base - h * 0.5), (x, base - h))
    land.solid(st, sh.limb(trunk, (h * 0.075, h * 0.085, h * 0.07)), skin, 0.9)
    land.solid(st, sh.ellipse(x + h * 0.03, base - h * 1.05, h * 0.05), hexc("#ee8f9c"), line=0.7)


def _cacti(st: Surroundings) -> None:
    for x in st.slots(5, 0.26):
        _cactus(st, x, st.horizon + st.u(90, 190), st.u(130, 240))


def _oasis(st: Surroundings) -> None:
    x, y = 500 + st.side * 270, st.horizon + 160
    pool = sh.ellipse(x, y, 230, 46)
    st.b.wash(pool, st.c(hexc("#7fc4cf")), second=st.c(hexc("#5f9fc0")), wob=5, vary=1.0, edge=0.7)
    for dx, h in ((-150, 290), (60, 380), (170, 320)):
        plants.palm(st, x + dx, y - 20, h)
    for dx in (-210, -90, 130, 215):
        plants.fronds(st, x + dx, y + 26, 66, hexc("#86ad5c"), 6)


def _pyramids(st: Surroundings) -> None:
    y = st.horizon + 96
    for dx, w in ((130, 330), (360, 440), (-60, 200)):
        x = 500 + st.side * dx
        face = sh.pts((x - w / 2, y), (x, y - w * 0.62), (x + w / 2, y))
        land.solid(st, face, hexc("#e3bd84"), 0.75, second=hexc("#cf9a6a"))
        shade = sh.pts((x, y - w * 0.62), (x + w / 2, y), (x + w * 0.1, y))
        st.b.fill(shade, st.c(st.mood.shadow), 0.28)
        for k in (0.3, 0.5, 0.7, 0.88):
            row = sh.pts(
                (x - w * k / 2, y - w * 0.62 * (1 - k)), (x + w * k / 2, y - w * 0.62 * (1 - k))
            )
            st.b.line(row, 1.8, INK, 0.25)


DESERT: Final = Setting(
    desert_back,
    desert_fore,
    {"cacti": _cacti, "oasis": _oasis, "pyramids": _pyramids},
    ("cacti", "oasis"),
    trouble.sandstorm,
    560,
    floor=DUNE,
)

# Snow.


def snow_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    land.ridge(st, y - 40, 240, 9, hexc("#a9bcd9"), 0.5, 0.85, True)
    with st.b.group(blur=1.6):
        for i in range(12):
            x, base, h = i * 90 + st.u(-30, 30), y + st.u(10, 40), st.u(120, 190)
            plants.pine(st, x, base, h, hexc("#8fb0b0"), 0.4, True)
    for dy, code in ((16, "#f1f6fb"), (120, "#fafcfd")):
        white = mix(st.c(hexc(code)), hexc(code), 0.5)
        land.expanse(st, land.waved(st, y + dy, 30, 180), white, st.c(hexc("#b7cdec")), 0.9)
        if dy < 100:
            for x in st.slots(5, 0.24):
                plants.pine(st, x, y + st.u(70, 130), st.u(240, 380), hexc("#6f9c8c"), 0.85, True)


def snow_fore(st: Surroundings) -> None:
    white, blue = st.c(hexc("#eef3fa")), st.c(hexc("#c3d3ea"))
    for x, w in ((60, 260), (950, 300)):
        st.b.wash(sh.ellipse(x, 1010, w, 70), white, wob=3, edge=0.8, second=blue)
    for i in range(7):  # footprints
        x, y = 500 + st.side * (60 + 40 * i), 960 - i * 15
        st.b.fill(sh.ellipse(x, y + (i % 2) * 12, 13 - i, 6 - i * 0.5), blue, 0.8)
    plants.fronds(st, 90, 985, 90, hexc("#b09a7a"), 5, 0.6)


def _snowed_in(st: Surroundings) -> None:
    """A house with snow on its roof, and a snowman."""
    x = 500 + st.side * 260
    if st.era == "ancient":
        buildings.hanok(st, x, st.horizon + 100, 290, 0.85, True)
    elif st.era == "modern":
        buildings.cottage(st, x, st.horizon + 100, 270, 0.85)
    else:
        buildings.dome(st, x, st.horizon + 100, 250, 0.85)
    x, y = 500 - st.side * 290, st.horizon + 150
    for dy, r in ((0, 44), (-64, 30)):
        land.solid(
            st, sh.ellipse(x, y - 40 + dy, r, r * 0.95), hexc("#fbfdff"), second=hexc("#d3e0f0")
        )
    for dx in (-9, 9):
        st.b.fill(sh.ellipse(x + dx, y - 110, 3.4), INK, 0.9, OVER)
    land.solid(st, sh.pts((x, y - 102), (x + 24, y - 96), (x, y - 92)), hexc("#ee8a4a"), line=0.7)
    scarf = sh.limb(sh.pts((x - 28, y - 80), (x, y - 74), (x + 28, y - 80)), (9, 9, 9))
    land.solid(st, scarf, hexc("#d9564a"), line=0.8)


def _igloo(st: Surroundings) -> None:
    x, y = 500 + st.side * 270, st.horizon + 130
    t = np.linspace(np.pi, 2 * np.pi, 30)
    dome = np.stack([x + 150 * np.cos(t), y + 130 * np.sin(t)], 1)
    land.solid(st, dome, hexc("#e9f1f8"), second=hexc("#b9cfe6"))
    for k in (0.36, 0.68):
        ring = np.stack([x + 150 * np.sqrt(1 - k * k) * np.cos(t), y - 130 * k + 8 * np.sin(t)], 1)
        st.b.line(ring, 2.4, hexc("#8fa9c8"), 0.7)
    for dx, k in ((-90, 0.1), (-40, 0.5), (40, 0.1), (86, 0.5), (0, 0.85), (-10, 0.12)):
        st.b.line(
            sh.pts((x + dx, y - 130 * k), (x + dx * 0.9, y - 130 * (k + 0.26))),
            2.2,
            hexc("#8fa9c8"),
            0.6,
        )
    door = sh.smooth(sh.trace("-46,0 -44,-50 0,-74 44,-50 46,0"), n=4) + sh.at(
        x - st.side * 60, y + 8
    )
    land.solid(st, door, hexc("#dbe8f3"))
    dark = sh.smooth(sh.trace("-30,0 -28,-36 0,-54 28,-36 30,0"), n=4)
    land.solid(st, dark + sh.at(x - st.side * 60, y + 8), hexc("#6f86a8"), line=0.8)


def _aurora(st: Surroundings) -> None:
    """Ice floes, and curtains of light where the sky is dark enough for them."""
    if st.mood.dark:
        with st.b.group(blur=13):
            for i, code in enumerate(("#7fe0b8", "#8fd0e8", "#c3a0e8")):
                hem = land.waved(st, 250 + 60 * i, 40, 140)
                curtain = np.concatenate([hem, hem[::-1] - sh.at(0, 150)])
                st.b.fill(curtain, hexc(code), 0.5, SCREEN)
    for dx, dy, w in ((330, 120, 210), (230, 170, 130), (-380, 140, 190)):
        x, y = 500 + st.side * dx, st.horizon + dy
        berg = sh.trace("-0.5,0 -0.36,-0.36 -0.1,-0.6 0.12,-0.4 0.36,-0.5 0.5,0") * w + sh.at(x, y)
        land.solid(st, berg, hexc("#d9ecf6"), second=hexc("#9fc4e0"))
        st.b.fill(
            sh.trace("0.12,-0.4 0.36,-0.5 0.5,0 0.2,0") * w + sh.at(x, y), hexc("#9fbfe0"), 0.4
        )


SNOW: Final = Setting(
    snow_back,
    snow_fore,
    {"house": _snowed_in, "igloo": _igloo, "floes": _aurora},
    ("house", "igloo", "floes"),
    trouble.blizzard,
    550,
    floor=hexc("#f4f8fb"),
)

# The moon.


def space_back(st: Surroundings) -> None:
    zenith, middle, low = map(
        hexc, ("#2c3466 #333a66 #565a86" if st.crisis else "#2c3466 #3f4784 #8d79b0").split()
    )
    sky.sky(st, (zenith, middle, low))
    for _ in range(6):
        nebula = st.pick("#7f6fc0 #4f8fb0 #b070a8")
        st.b.blob(st.u(0, 1000), st.u(60, 560), st.u(90, 240), nebula, 0.42, SCREEN)
    sky.stars(st, 170, 640)
    y = st.horizon + 40
    for dy, amp, code in ((0, 120, "#a09cc4"), (60, 60, "#b9b6cf")):
        land.ridge(st, y + dy, amp, 7, hexc(code), 1.0, 0.2)


def _moon_ground(st: Surroundings) -> None:
    y = st.horizon + 40
    moon = hexc("#a3a3bb") if st.crisis else hexc("#d6d2dc")
    land.expanse(st, land.waved(st, y + 122, 16, 150), moon, hexc("#b3add0"))
    for _ in range(11):
        t = st.u(0.05, 1)
        x, at, w = st.u(20, 980), y + 140 + t * 240, 24 + 60 * t
        st.b.wash(sh.ellipse(x, at, w, w * 0.3), deepen(moon, 1.9), wob=2, edge=0.6, reserve=0.3)
        floor = sh.ellipse(x + 2, at + w * 0.13, w * 0.86, w * 0.19)
        st.b.fill(floor, mix(moon, WHITE, 0.55), 0.75, OVER, soft=3)


def _earth(st: Surroundings, x: float, y: float, r: float) -> None:
    st.b.blob(x, y, r * 1.7, hexc("#9fd0ee"), 0.45, SCREEN)
    st.b.wash(sh.ellipse(x, y, r), hexc("#6fb3dc"), second=hexc("#4f86c4"), edge=0.6, vary=0.9)
    with st.b.within(sh.ellipse(x, y, r - 1)):
        for _ in range(5):
            continent = sh.ellipse(
                x + st.u(-r, r), y + st.u(-r, r), r * st.u(0.2, 0.45), r * st.u(0.12, 0.3)
            )
            st.b.wash(continent, hexc("#93c08a"), wob=7, cell=30, edge=0.4)
        for _ in range(4):
            band = sh.pts((x - r, y + st.u(-r, r)), (x + r, y + st.u(-r, r)))
            st.b.fill(sh.limb(band, (3, 7, 3)), WHITE, 0.6, OVER, soft=3)


def _ringed_planet(st: Surroundings, x: float, y: float, r: float) -> None:
    st.b.wash(sh.ellipse(x, y, r), hexc("#eec08c"), second=hexc("#e08f86"))
    ring = sh.pts((x - r * 1.9, y + r * 0.5), (x, y + r * 0.33), (x + r * 1.9, y - r * 0.5))
    st.b.fill(sh.limb(ring, (1, r * 0.14, 1)), hexc("#f8e6bf"), 0.95, OVER)


def _moon_base(st: Surroundings) -> None:
    s, y = st.side, st.horizon + 40
    _earth(st, 500 + s * st.u(230, 300), st.u(190, 250), st.u(84, 112))
    _ringed_planet(st, 500 - s * st.u(260, 360), st.u(120, 220), 36)
    buildings.dome(st, 500 - s * 300, y + 112, 290, 0.95)
    buildings.dome(st, 500 - s * 110, y + 96, 150, 0.8)
    buildings.rocket(st, 500 + s * 350, y + 120, 300, s * 0.05)
    _moon_ground(st)


def _landing(st: Surroundings) -> None:
    """A saucer just down, a flag, and a great planet in the sky."""
    s, y = st.side, st.horizon + 150
    _ringed_planet(st, 500 - s * 240, 230, 110)
    _earth(st, 500 + s * 330, 150, 50)
    _moon_ground(st)
    x = 500 + s * 280
    for dx in (-80, 0, 80):
        st.b.line(sh.pts((x + dx * 0.7, y - 50), (x + dx, y)), 7, hexc("#8d8aa6"), 0.9)
    glass = sh.smooth(sh.trace("-62,-84 -50,-140 0,-160 50,-140 62,-84"), n=5) + sh.at(x, y)
    land.solid(st, glass, hexc("#bfe3ee"))
    land.solid(st, sh.ellipse(x, y - 70, 150, 34), hexc("#c9c3dc"))
    for dx in (-100, -50, 0, 50, 100):
        st.b.wash(sh.ellipse(x + dx, y - 64, 11), hexc("#ffdc8c"), edge=0.4)
        st.b.glow(x + dx, y - 64, 34, st.mood.glow, 0.6)
    pole = 500 - s * 330
    st.b.line(sh.pts((pole, y + 30), (pole, y - 130)), 5, hexc("#d6d2dc"), 1.0, mode=OVER)
    flag = sh.smooth(sh.trace("0,0 40,8 84,-2 82,50 40,60 0,50"), n=4) + sh.at(pole, y - 130)
    land.solid(st, flag, hexc("#e58b76"))


def space_fore(st: Surroundings) -> None:
    for x, w in ((40, 150), (950, 190)):
        land.rock(st, x, 1010, w, hexc("#a9a5bd"))


SPACE: Final = Setting(
    space_back,
    space_fore,
    {"base": _moon_base, "landing": _landing},
    ("base", "landing"),
    trouble.meteors,
    570,
    airless=True,
    floor=hexc("#cfcbd8"),
)
