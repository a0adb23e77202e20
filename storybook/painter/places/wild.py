"""Forest, mountain and meadow."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, WHITE, deepen, hexc, shift
from storybook.painter.pigment import OVER
from storybook.painter.places import land, plants, sky, trouble
from storybook.painter.places.setting import Setting, nothing
from storybook.painter.places.surroundings import Surroundings

WATER: Final = hexc("#8cc6d6")
DEEP_WATER: Final = hexc("#6f9fcf")

# Forest.


def forest_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    land.ridge(st, y - 40, 170, 6, hexc("#8fb3b0"), 0.35, 0.8)
    with st.b.group(blur=2.2):
        for i in range(13):
            x, base, h = i * 82 + st.u(-30, 30), y + st.u(10, 30), st.u(190, 300)
            plants.tree(st, x, base, h, shift(hexc("#84ab86"), st.u(-0.04, 0.03)), 0.22)
    land.ground(st, y + 10, hexc("#b9cf86"), hexc("#d9cf7c"))
    land.path(st, y + 14)
    for x in sorted(st.slots(5), key=lambda x: -abs(x - 500)):
        if st.either(0.35):
            plants.pine(st, x, y + st.u(30, 70), st.u(290, 400), depth=0.7)
        else:
            green = shift(land.GREEN, st.u(-0.06, 0.03))
            plants.tree(st, x, y + st.u(36, 90), st.u(330, 470), green, 0.72)
    for x in st.slots(4, 0.3):
        green = shift(land.GREEN, st.u(-0.05, 0.05))
        plants.bush(st, x, y + st.u(80, 130), st.u(90, 150), green, 0.85)
    plants.grass(st, y + 40, 985, 110, hexc("#6f9a4c"))
    plants.flowers(st, y + 120, 980, 34)


def forest_fore(st: Surroundings) -> None:
    cover = st.role == "cover"
    if not cover:
        _near_trunk(st, 500 - st.side * 460)
    plants.branch(st, cover or st.side > 0, hexc("#86ad57"), -30)
    if cover:
        plants.branch(st, False, hexc("#86ad57"), -36)
    for x in (60.0, 945.0):
        plants.fronds(st, x, 1010, st.u(130, 180), hexc("#6f9d5c"))
    if st.time == "night":
        for _ in range(16):
            x, y = st.u(60, 940), st.u(st.horizon - 120, 900)
            st.b.glow(x, y, 24, st.mood.glow, 0.75)
            st.b.fill(sh.ellipse(x, y, 2.6), hexc("#fff6c8"), 1, OVER)


def _near_trunk(st: Surroundings, x: float) -> None:
    inward = 14 if x < 500 else -14
    spine = sh.pts((x, 1040), (x + st.u(-14, 14), 500), (x + inward, -40))
    bark, moss = st.c(hexc("#8a705c")), st.c(hexc("#6f7f5a"))
    st.b.wash(sh.limb(spine, (86, 46, 40)), bark, second=moss, wob=5, vary=1.0, edge=0.6)
    for _ in range(9):
        y, length = st.u(40, 900), st.u(60, 110)
        crack = sh.pts(
            (x + st.u(-30, 30), y), (x + st.u(-30, 30), y + 40), (x + st.u(-30, 30), y + length)
        )
        st.b.line(sh.smooth(crack, False), 3, deepen(st.c(land.BARK), 2), 0.45)


def _mushrooms(st: Surroundings) -> None:
    for i, aside in enumerate((290, 335, 250)):
        x, y = 500 + st.side * (aside + st.u(-10, 10)), st.horizon + 190 + 26 * i
        h = 54 + 14 * (i % 2)
        stalk = sh.limb(sh.pts((x, y), (x + 2, y - h * 0.6)), (h * 0.15, h * 0.12))
        land.solid(st, stalk, hexc("#fbf1dc"), line=0.8)
        cap = sh.trace("-0.5,-0.5 -0.4,-0.86 0,-1.04 0.4,-0.86 0.5,-0.5 0,-0.42")
        land.solid(st, sh.smooth(cap * h, n=5) + sh.at(x, y), hexc("#d9604f"))
        for dx, dy in ((-0.22, -0.72), (0.12, -0.84), (0.28, -0.62)):
            st.b.fill(sh.ellipse(x + dx * h, y + dy * h, h * 0.06), WHITE, 0.9, OVER)


def _brook(st: Surroundings) -> None:
    """A stream from the trees down past the characters, with stepping stones."""
    y, s = st.horizon, st.side
    points = ((60, 14), (190, 80), (230, 150), (420, 240), (640, 330))
    _stream(st, sh.pts(*((500 + s * dx, y + dy) for dx, dy in points)), 80)
    for dx, dy in ((215, 112), (250, 160), (330, 205)):
        land.rock(st, 500 + s * dx, y + dy + 12, 50, hexc("#c3bcb0"))


def _stream(st: Surroundings, spine: sh.Pts, wide: float) -> None:
    c = sh.smooth(spine, False, 8)
    w = np.linspace(0.15, 1, len(c))[:, None] ** 1.3 * sh.at(wide, wide * 0.22)
    banks = np.concatenate([c - w * (1, 0) - sh.at(0, 6), (c + w * (1, 0) + sh.at(0, 22))[::-1]])
    water, deep = st.c(WATER), st.c(DEEP_WATER)
    st.b.wash(banks, water, wob=3, vary=1.1, second=deep, edge=0.6, light=0.55)


def _jungle(st: Surroundings) -> None:
    """Palms, broad leaves and lianas."""
    y = st.horizon
    for x in (100, 190, 830, 920):
        plants.palm(st, x, y + st.u(80, 130), st.u(360, 460))
    for slot in st.slots(6, 0.26):
        plants.fronds(st, slot, y + st.u(110, 210), st.u(110, 170), hexc("#6fa860"), 7, 1.1)
    for x in (110, 260, 720, 880):
        drop = st.u(150, 330)
        vine = sh.pts((x, -20), (x + st.u(-30, 30), drop * 0.6), (x + st.u(-20, 20), drop))
        st.b.line(sh.smooth(vine, False), 5, st.c(hexc("#6f8f4c")), 0.8)
        leaves = sh.smooth(vine, False, 5) + st.rng.normal(0, 7, (11, 2))
        st.b.dabs(leaves, (13, 7), st.c(hexc("#86ad57")), 0.8, spread=1.2, mode=OVER)


def _cave(st: Surroundings) -> None:
    """The mouth of a cave around the light outside."""
    mouth = sh.trace("880,1060 890,640 830,320 640,150 400,150 200,300 120,620 130,1060")
    rim = sh.wobble(sh.smooth(mouth, False, 9), 16, st.rng, False, cell=70)
    arch = np.concatenate([rim, sh.trace("-60,1060 -60,-60 1060,-60 1060,1060")])
    rock, moss = st.c(hexc("#8d8478")), st.c(hexc("#7f8f64"))
    st.b.wash(arch, rock, second=moss, wob=3, vary=1.0, edge=0.7, light=0.2)
    for x in (250, 330, 640, 720):
        drip = sh.pts((x - 24, 120), (x, 150 + st.u(60, 120)), (x + 24, 120))
        land.solid(st, sh.smooth(drip, n=3), hexc("#8d8478"), line=0.8)


FOREST: Final = Setting(
    forest_back,
    forest_fore,
    {"glade": nothing, "mushrooms": _mushrooms, "brook": _brook, "jungle": _jungle, "cave": _cave},
    ("glade", "mushrooms", "brook"),
    trouble.fallen_tree,
    545,
    grass=hexc("#6f9a4c"),
    floor=hexc("#b9cf86"),
)

# Mountain.


def mountain_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    for depth, dy, amp, code in (
        (0.25, -120, 330, "#8f9fc4"),
        (0.45, -40, 280, "#7f9fb5"),
        (0.65, 30, 190, "#7fa58f"),
    ):
        c = hexc(code)
        land.ridge(st, y + dy, amp, 9, c, depth, 0.85, True, second=shift(c, 0.08))
    with st.b.group(blur=1.6):
        for i in range(12):
            plants.pine(st, i * 90 + st.u(-30, 30), y + st.u(20, 60), st.u(110, 180), depth=0.45)
    land.ground(st, y + 40, hexc("#b5c98c"), hexc("#cfc487"), amp=36)
    land.path(st, y + 44, hexc("#e6d6b4"))
    for i, x in enumerate(st.slots(4, 0.3)):
        if st.season in ("autumn", "spring") and i % 2 == 0:
            leaves = hexc("#d98352" if st.season == "autumn" else "#efb3bb")
            plants.tree(st, x, y + st.u(70, 120), st.u(230, 320), leaves, 0.85)
        else:
            plants.pine(st, x, y + st.u(70, 130), st.u(260, 380), depth=0.85)
    for x in st.slots(3, 0.3):
        land.rock(st, x, y + st.u(120, 200), st.u(70, 130))
    plants.grass(st, y + 70, 985, 90, hexc("#7f9a54"))
    plants.flowers(st, y + 140, 980, 24)


def mountain_fore(st: Surroundings) -> None:
    if st.view == "clouds":
        return
    land.rock(st, 70, 1010, 220)
    plants.fronds(st, 930, 1010, 140, hexc("#7f9d5c"), 8)
    plants.grass(st, 960, 1000, 40, hexc("#7f9a4c"), 36)


def _waterfall(st: Surroundings) -> None:
    """White water down a cliff into a pool."""
    x, y = 500 + st.side * 300, st.horizon + 96
    cliff = sh.trace("-150,10 -130,-250 -60,-330 60,-320 130,-260 160,10")
    land.solid(st, sh.smooth(cliff, n=3) + sh.at(x, y), hexc("#a3a196"), 0.85, vary=1.0)
    fall = sh.pts((x - 34, y - 312), (x + 30, y - 314), (x + 46, y), (x - 48, y))
    st.b.wash(fall, st.c(hexc("#e3f1f6")), wob=4, second=st.c(WATER), edge=0.3)
    for dx in (-22, -4, 14):
        st.b.line(sh.pts((x + dx, y - 290), (x + dx * 1.4, y - 10)), 3, st.c(DEEP_WATER), 0.5)
    pool = sh.ellipse(x, y + 14, 150, 32)
    st.b.wash(pool, st.c(WATER), second=st.c(DEEP_WATER), wob=4, vary=1.0)
    for dx in (-50, 0, 44):
        st.b.fill(sh.ellipse(x + dx, y + 2, 30, 13), WHITE, 0.75, OVER, soft=5)


def _clouds_below(st: Surroundings) -> None:
    """High up in the sky: the ground is a sea of clouds, with a rainbow."""
    y = st.horizon
    if not st.mood.dark and not st.crisis:
        _rainbow(st, y + 60)
    bright, shade = st.c(hexc("#fdfeff")), st.c(hexc("#b9cdec"))
    for row, (dy, n) in enumerate(((30, 8), (120, 7), (220, 6), (330, 5), (430, 5))):
        for i in range(n):
            x = (i + st.u(0.2, 0.8)) * 1000 / n + (60 if row % 2 else 0)
            puff = sh.ellipse(x, y + dy + st.u(-14, 14), st.u(120, 170), st.u(66, 90))
            st.b.wash(puff, bright, wob=7, edge=1.0, cell=60, light=0.9, second=shade, vary=1.0)
            st.b.fill(sh.ellipse(x, y + dy + 52, 110, 20), shade, 0.35, soft=12)


def _rainbow(st: Surroundings, y: float) -> None:
    t = np.linspace(np.pi, 2 * np.pi, 40)
    for i, code in enumerate(("#e8857a", "#f2b45c", "#f4dc7a", "#9cc48c", "#8fb4d8", "#b39cc8")):
        r = 430 - 17 * i
        arc = np.stack([500 + r * np.cos(t), y + r * 0.86 * np.sin(t)], 1)
        st.b.fill(sh.limb(arc, (9, 9), 2), hexc(code), 0.45, OVER, soft=3)


MOUNTAIN: Final = Setting(
    mountain_back,
    mountain_fore,
    {"peaks": nothing, "waterfall": _waterfall, "mushrooms": _mushrooms, "clouds": _clouds_below},
    ("peaks", "waterfall"),
    trouble.rockfall,
    560,
    grass=hexc("#7f9a54"),
    bare=("clouds",),
    floor=hexc("#b5c98c"),
)

# Meadow by a river.


def river_back(st: Surroundings) -> None:
    sky.heavens(st)
    y, s = st.horizon, st.side
    land.ridge(st, y - 50, 150, 6, hexc("#93b3c0"), 0.3, 0.8)
    land.ridge(st, y - 4, 90, 5, hexc("#a9c78c"), 0.6, 0.6)
    land.ground(st, y + 6, hexc("#bcd384"), hexc("#dcd682"))
    points = ((60, 10), (210, 60), (-30, 130), (330, 240), (620, 330))
    _stream(st, sh.pts(*((500 + s * dx, y + dy) for dx, dy in points)), 120)
    for x in st.slots(4, 0.3):
        green = shift(hexc("#9cbf6a"), st.u(-0.06, 0.03))
        plants.tree(st, x, y + st.u(20, 70), st.u(210, 330), green, 0.75)
    plants.grass(st, y + 50, 985, 130, hexc("#7fa54c"))
    plants.flowers(st, y + 90, 980, 70)


def river_fore(st: Surroundings) -> None:
    for x in (50.0, 950.0):
        plants.fronds(st, x, 1010, st.u(120, 190), hexc("#86a94f"), 8, 0.6)
    plants.flowers(st, 900, 985, 26)
    if st.crisis or st.snowing or st.mood.dark:
        return
    for _ in range(3):
        x, y, c = st.u(120, 880), st.u(st.horizon - 40, 820), st.pick("#f3c75f #f2a0a8 #a9c3ea")
        for s in (-1, 1):
            st.b.wash(sh.ellipse(x + s * 8, y, 9, 6.5, s * 0.6), c, edge=0.5, wob=0.5)
        st.b.line(sh.pts((x, y - 6), (x, y + 8)), 2, INK, 0.8)


def _bridge(st: Surroundings) -> None:
    """A humped wooden bridge."""
    x, y = 500 + st.side * 250, st.horizon + 118
    wood = hexc("#b98a60")
    deck = sh.smooth(sh.trace("-150,20 -80,-24 0,-40 80,-24 150,20"), False) + sh.at(x, y)
    land.solid(st, np.concatenate([deck, (deck + sh.at(0, 26))[::-1]]), wood, 0.9)
    rail = deck - sh.at(0, 52)
    for at in deck[::4]:
        st.b.line(np.stack([at, at - sh.at(0, 54)]), 5, st.c(deepen(wood, 1.4)), 0.9)
    st.b.line(rail, 7, st.c(deepen(wood, 1.3)), 0.9)


def _lotus_pond(st: Surroundings) -> None:
    x, y = 500 + st.side * 280, st.horizon + 180
    water, deep = st.c(WATER), st.c(DEEP_WATER)
    st.b.wash(sh.ellipse(x, y, 250, 60), water, second=deep, wob=5, vary=1.1, edge=0.7, cell=60)
    for _ in range(9):
        px, py = x + st.u(-190, 190), y + st.u(-36, 40)
        leaf = sh.ellipse(px, py, st.u(20, 34), st.u(8, 12))
        land.solid(st, leaf, hexc("#86b06a"), line=0.7)
    for dx, dy in ((-110, -10), (30, 14), (130, -22)):
        for a in (-0.8, 0.0, 0.8):
            petal = sh.ellipse(x + dx + a * 12, y + dy - 14 + abs(a) * 6, 8, 15, a * 0.7)
            land.solid(st, petal, hexc("#f3b3c0"), line=0.6)


def _windmill(st: Surroundings) -> None:
    x, y = 500 + st.side * 300, st.horizon + 60
    tower = sh.pts((-44, 0), (-28, -170), (28, -170), (44, 0))
    land.solid(st, tower + sh.at(x, y), hexc("#f3e3c8"), 0.85)
    cap = sh.pts((x - 36, y - 166), (x, y - 220), (x + 36, y - 166))
    land.solid(st, sh.smooth(cap, n=3), hexc("#c9705c"), 0.85)
    turn = st.u(0, 1.5)
    for a in np.arange(4) * np.pi / 2 + turn:
        sail = sh.move(sh.trace("0,-6 150,-6 150,30 22,30"), x, y - 172, rot=float(a))
        land.solid(st, sail, hexc("#fbf6ea"), 0.85, light=0.2)
    plants.flowers(st, y + 40, 980, 90, "#e8715c #f6cf57 #c9a3d8")


RIVER: Final = Setting(
    river_back,
    river_fore,
    {"bridge": _bridge, "pond": _lotus_pond, "windmill": _windmill},
    ("bridge", "pond", "windmill"),
    trouble.gale,
    530,
    grass=hexc("#7fa54c"),
    floor=hexc("#bcd384"),
)
