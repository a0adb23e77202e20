"""The seaside, and the bottom of the sea."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, hexc, mix
from storybook.painter.pigment import OVER
from storybook.painter.places import buildings, land, plants, sky, trouble
from storybook.painter.places.setting import Setting
from storybook.painter.places.surroundings import Surroundings

CORALS: Final = "#ee8f86 #f0b56c #c58fc0 #f3a6b4 #e8745c"
SAND: Final = hexc("#f3ddb0")

# The seaside.


def sea_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon - 40
    land.ridge(st, y + 6, 70, 9, hexc("#8fadb5"), 0.35, 0.6)
    _water(st, y)
    sand, wet = st.c(st.lying_snow(SAND)), st.c(st.lying_snow(hexc("#e8c797")))
    shore = land.waved(st, st.horizon + 130, 30, 170)
    for rise, alpha in ((40, 0.35), (18, 1.0)):  # a thin sheet of water, then the foam
        foam = np.concatenate([shore - sh.at(0, rise), sh.trace("1060,1060 -60,1060")])
        st.b.fill(sh.wobble(foam, 6, st.rng), WHITE, alpha, OVER)
    land.expanse(st, shore, sand, wet)
    for i in range(6):  # ripples that the tide left
        ripple = land.waved(st, st.horizon + 200 + 52 * i, 7, 60 + 14 * i)
        st.b.line(ripple, 4, deepen(wet, 1.5), 0.28)
    st.b.speckle(160, (0, st.horizon + 190, 1000, 1000), (0.8, 2.6), st.c(hexc("#a98a5f")), 0.6)
    _beach_things(st)


def _water(st: Surroundings, y: float) -> None:
    teal, blue = st.c(hexc("#6fb5c4")), st.c(hexc("#5f8fc0"))
    water = sh.pts((-40, y), (1040, y - 3), (1040, y + 320), (-40, y + 320))
    st.b.wash(water, teal, wob=2, vary=1.1, second=blue, cell=90, light=0.5)
    for i in range(34):
        t = st.u(0, 1)
        at, x, w = y + 8 + t * t * 190, st.u(0, 1000), 26 + 90 * t
        spine = sh.pts((x, at), (x + w * 0.5, at - 4 * t), (x + w, at))
        color, alpha = (WHITE, 0.6) if i % 2 else (deepen(teal, 1.5), 0.45)
        st.b.fill(sh.limb(spine, (0.4, 1 + 2.2 * t, 0.4), 4), color, alpha, OVER)


def _beach_things(st: Surroundings) -> None:
    """What lies about on the sand: shells, a starfish, driftwood, a sandcastle."""
    s, y = st.side, st.horizon
    x = 500 - s * 330
    for dx, h in ((-46, 60), (0, 96), (46, 66)):
        tower = sh.box(x + dx - 20, y + 240 - h, x + dx + 20, y + 240)
        land.solid(st, tower, hexc("#e9c88e"), second=hexc("#d9a96f"))
        for k in (-14, 0, 14):
            top = y + 240 - h
            land.solid(
                st, sh.box(x + dx + k - 5, top - 9, x + dx + k + 5, top + 2), hexc("#e9c88e")
            )
    land.solid(st, sh.pts((x, y + 108), (x + 34, y + 118), (x, y + 128)), hexc("#d9564a"), line=0.8)
    st.b.line(sh.pts((x, y + 146), (x, y + 106)), 3, INK, 0.8)
    log = sh.limb(sh.pts((500 + s * 240, y + 252), (500 + s * 400, y + 228)), (15, 11))
    land.solid(st, log, hexc("#b59a7c"))
    for _ in range(3):
        star = sh.smooth(sh.star(st.u(90, 910), st.u(y + 240, 940), 21, 9), n=3)
        land.solid(st, star, hexc("#ee9a6c"), line=0.8)


def boat(st: Surroundings, x: float, y: float, w: float) -> None:
    """Small sailing boat."""
    for outline, code in (
        ("-0.05,-0.12 -0.05,-0.85 0.42,-0.2", "#fbf3e2"),
        ("-0.1,-0.12 -0.1,-0.66 -0.38,-0.2", "#e58b76"),
        ("-0.5,-0.12 0.5,-0.12 0.36,0.08 -0.36,0.08", "#b07a52"),
    ):
        part = sh.smooth(sh.trace(outline), n=5) * w + sh.at(x, y)
        land.solid(st, part, hexc(code), light=0.25)


def sea_fore(st: Surroundings) -> None:
    for x in (80.0, 930.0):
        land.rock(st, x, 1000, st.u(120, 170), hexc("#b5aca6"))
        plants.fronds(st, x + st.u(-40, 40), 1005, st.u(90, 130), hexc("#9cae5c"))
    shell = sh.smooth(sh.trace("0,0 -13,-12 -7,-20 0,-22 7,-20 13,-12"), n=3)
    for _ in range(6):
        at = sh.at(st.u(120, 880), st.u(905, 975))
        land.solid(st, shell * st.u(0.9, 1.5) + at, st.pick("#f3b7a6 #fbe6cf #d9c3e0"), line=0.7)
    if st.crisis:
        return
    for _ in range(3):
        x, y = st.u(120, 880), st.u(150, 330)
        gull = sh.trace("-20,-8 -8,-13 0,0 9,-14 22,-8") + sh.at(x, y)
        st.b.line(sh.smooth(gull, False), 3, INK, 0.6)


def _sails(st: Surroundings) -> None:
    boat(st, 500 + st.side * 290, st.horizon + 20, 150)
    boat(st, 500 - st.side * 120, st.horizon - 20, 60)


def _lighthouse(st: Surroundings) -> None:
    x, y = 500 + st.side * 330, st.horizon + 30
    land.rock(st, x, y + 60, 300, hexc("#a9a29a"), 0.85)
    tower = sh.pts((-40, -50), (-27, -290), (27, -290), (40, -50)) + sh.at(x, y)
    land.solid(st, tower, hexc("#fbf6ec"), 0.9, light=0.2)
    with st.b.within(tower):
        for i in range(3):
            band = sh.box(x - 60, y - 250 + i * 80, x + 60, y - 214 + i * 80)
            st.b.wash(band, st.c(hexc("#d9604f")), edge=0.3)
    land.solid(st, sh.box(x - 22, y - 334, x + 22, y - 290), hexc("#ffe39a"), 0.9)
    land.solid(st, sh.pts((x - 32, y - 332), (x, y - 376), (x + 32, y - 332)), hexc("#d9604f"), 0.9)
    if st.lit or st.crisis:
        beam = sh.pts((x, y - 316), (x - st.side * 940, y - 480), (x - st.side * 940, y - 190))
        st.b.fill(beam, hexc("#fff0b8"), 0.4, OVER, soft=12)
        st.b.glow(x, y - 312, 130, st.mood.glow, 0.8)


def _palms(st: Surroundings) -> None:
    for dx, h in ((300, 400), (390, 330), (-400, 300)):
        plants.palm(st, 500 + st.side * dx, st.horizon + st.u(150, 190), h)


def _village(st: Surroundings) -> None:
    """Houses on a green bank above the beach, and boats in front of them."""
    s, y = st.side, st.horizon
    x = np.linspace(60, 620, 6)
    rise = sh.pts(*((500 + s * a, y + 96 - 26 * (i > 0) - 9 * i) for i, a in enumerate(x)))
    low = sh.pts((500 + s * 620, y + 190), (500 + s * 330, y + 172), (500 + s * 90, y + 124))
    bank = sh.smooth(np.concatenate([rise, low]), n=5)
    land.solid(st, bank, st.lying_snow(hexc("#b3c985")), second=st.lying_snow(hexc("#8fae6a"), 0.6))
    for dx, dy, w in ((170, 62, 120), (300, 72, 160), (440, 104, 210)):
        buildings.house(st, 500 + s * dx, y + dy, w, 0.85, thatch=st.era == "ancient")
    buildings.house(st, 500 - s * 410, y + 130, 230, 0.9)
    boat(st, 500 - s * 110, y + 40, 130)


def _pier(st: Surroundings) -> None:
    """A wooden jetty with a moored boat."""
    s, y = st.side, st.horizon
    wood = hexc("#b08a66")
    deck = sh.pts(
        (500 + s * 150, y + 50),
        (500 + s * 220, y + 50),
        (500 + s * 520, y + 190),
        (500 + s * 330, y + 190),
    )
    for dx, dy in ((160, 56), (240, 90), (330, 190), (350, 130)):
        st.b.line(
            sh.pts((500 + s * dx, y + dy - 30), (500 + s * dx, y + dy + 40)), 9, st.c(wood), 0.9
        )
    land.solid(st, deck, wood)
    for k in np.linspace(0.1, 0.9, 7):
        plank = sh.pts(
            (500 + s * (150 + 180 * k), y + 50 + 140 * k),
            (500 + s * (220 + 300 * k), y + 50 + 140 * k),
        )
        st.b.line(plank, 2.4, deepen(wood, 2), 0.5)
    boat(st, 500 - s * 20, y + 56, 170)


SEA: Final = Setting(
    sea_back,
    sea_fore,
    {
        "sails": _sails,
        "lighthouse": _lighthouse,
        "palms": _palms,
        "pier": _pier,
        "village": _village,
    },
    ("sails", "lighthouse", "palms", "pier"),
    trouble.high_waves,
    520,
    floor=SAND,
)

# The bottom of the sea.


def _deep(st: Surroundings) -> bool:
    """Is it dark down here?"""
    return st.mood.dark or st.crisis


def under_back(st: Surroundings) -> None:
    dark = _deep(st)
    codes = "#3f7f9c #3a6f96 #35598a" if dark else "#bfe9df #74c3cf #4a94bd"
    top, middle, bottom = map(hexc, codes.split())
    sky.sky(st, (top, middle, bottom))
    with st.b.group(blur=9):
        for _ in range(6):
            x, w = st.u(0, 1000), st.u(24, 70)
            ray = sh.pts((x, -20), (x + w, -20), (x + w * 3 - 220, 860), (x - 260, 860))
            st.b.fill(ray, WHITE, 0.11 if dark else 0.19, OVER)
    for y, amp, code in ((720, 230, "#5fa0b8"), (770, 150, "#5590a8")):
        land.ridge(st, y, amp, 8, hexc(code), 1.0, 0.55)
    if not st.crisis:
        shoal(st, 9)
    sand, shade = map(hexc, ("#9fb0b3 #6f8fa6" if dark else "#e9d9ae #9fcabb").split())
    land.expanse(st, land.waved(st, 800, 26, 160), sand, shade)
    for x in st.slots(6, 0.2):
        coral(st, x, st.u(812, 862), st.u(90, 180), st.pick(CORALS))
    for x in st.slots(5, 0.28):
        weed = hexc("#6fae86") if st.either(0.6) else hexc("#a3b85c")
        plants.fronds(st, x, st.u(840, 880), st.u(180, 280), weed, 4, 0.22, 0.10)
    st.b.speckle(70, (0, 850, 1000, 1000), (1, 4), hexc("#b08f6a"), 0.5)


def coral(st: Surroundings, x: float, base: float, h: float, color: RGB) -> None:
    """Branching or domed coral."""
    c = mix(color, hexc("#5f7fa8"), 0.45) if _deep(st) else color
    if st.either(0.6):
        for a in np.linspace(-0.75, 0.75, 5):
            _coral_branch(st, x, base, h, float(a), c)
        return
    for dx, r in ((-0.4, 0.3), (0.4, 0.32), (0, 0.46)):
        dome = sh.ellipse(x + dx * h, base - r * h * 0.5, r * h, r * h * 0.8)
        st.b.wash(dome, c, wob=3, edge=0.55)
    dots = np.stack(
        [x + st.rng.uniform(-0.5, 0.5, 16) * h, base - st.rng.uniform(0.1, 0.7, 16) * h * 0.6], 1
    )
    st.b.dabs(dots, (4, 3), deepen(c, 1.5), 0.6)


def _coral_branch(st: Surroundings, x: float, base: float, h: float, a: float, c: RGB) -> None:
    k = h * st.u(0.7, 1.0)
    sin, cos = float(np.sin(a)) * k, float(np.cos(a)) * k
    tip = (x + sin, base - cos)
    stem = sh.pts((x, base + 6), (x + sin * 0.35, base - k * 0.45), tip)
    st.b.wash(sh.limb(stem, (h * 0.075, h * 0.06, h * 0.055)), c, edge=0.55, light=0.5)
    for s in (-1, 1):
        twig = sh.pts(
            (x + sin * 0.6, base - cos * 0.62), (tip[0] + s * h * 0.12, tip[1] + h * 0.12)
        )
        st.b.wash(sh.limb(twig, (h * 0.05, h * 0.045)), c, edge=0.55)


def shoal(st: Surroundings, n: int) -> None:
    """Small fish in the distance."""
    cx, cy, s = st.u(200, 800), st.u(240, 420), 1 if st.either() else -1
    fish = sh.smooth(
        sh.trace("1,0 0.3,-0.42 -0.5,-0.1 -1,-0.4 -0.85,0 -1,0.4 -0.5,0.1 0.3,0.42"), n=4
    )
    for _ in range(n):
        x, y, k = cx + st.rng.normal(0, 120), cy + st.rng.normal(0, 50), st.u(16, 30)
        c = st.pick("#f3c75f #f2a986 #f6e9b8")
        st.b.wash(fish * (k * s, k) + sh.at(x, y), c, reserve=0.75, edge=0.4, wob=0.5)
        st.b.fill(sh.ellipse(x + s * k * 0.55, y - 2, 1.8), INK, 0.8)


def under_fore(st: Surroundings) -> None:
    for x in (40.0, 960.0):
        plants.fronds(st, x, 1020, st.u(260, 360), hexc("#4f9480"), 5, 0.35, 0.09)
    coral(st, 500 - st.side * 380, 1000, 130, hexc("#ee8f86"))
    for _ in range(26):
        st.b.bubble(st.u(60, 940), st.u(80, 900), 3 + 13 * st.u(0, 1) ** 2.5)


def _reef(st: Surroundings) -> None:
    """A rock grown over with coral."""
    x = 500 + st.side * 340
    land.rock(st, x, 850, 330, hexc("#8d9aa6"), 0.7)
    for dx, dy, h in ((-70, -120, 90), (30, -160, 110), (110, -80, 80)):
        coral(st, x + dx, 850 + dy, h, st.pick(CORALS))


def _wreck(st: Surroundings) -> None:
    x, y, s = 500 + st.side * 320, 840.0, st.side
    hull = sh.trace("-0.5,-0.28 0.46,-0.42 0.40,0 -0.30,0.06") * (s, 1) * 380 + sh.at(x, y)
    land.solid(st, sh.smooth(hull, n=4), hexc("#7f6a5c"), 0.7, second=hexc("#5f7f78"))
    st.b.line(sh.pts((x, y - 130), (x + s * 40, y - 330)), 11, st.c(hexc("#7f6a5c")), 0.8)
    sail = sh.trace("0.03,-0.36 0.11,-0.82 0.30,-0.52 0.2,-0.44") * (s, 1) * 380 + sh.at(x, y)
    land.solid(st, sh.smooth(sail, n=4), hexc("#d6d6c4"), 0.6)
    for dx in (-90, -10, 70):
        st.b.fill(sh.ellipse(x + dx, y - 70, 19), hexc("#3a4f66"), 0.7)


def _sea_palace(st: Surroundings) -> None:
    """The dragon king's palace, in the blue distance."""
    buildings.palace(st, 500 + st.side * 200, 812, 420, 0.55)
    for s in (-1, 1):
        coral(st, 500 + st.side * 200 + s * 260, 830, 150, st.pick(CORALS))


UNDERWATER: Final = Setting(
    under_back,
    under_fore,
    {"reef": _reef, "wreck": _wreck, "palace": _sea_palace},
    ("reef", "wreck", "reef"),
    trouble.big_shadow,
    800,
    afloat=True,
    floor=hexc("#74c3cf"),
)
