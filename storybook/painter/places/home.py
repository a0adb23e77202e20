"""A room."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, hexc, mix, shift
from storybook.painter.places import buildings, land, plants, sky, trouble
from storybook.painter.places.setting import Setting, nothing
from storybook.painter.places.surroundings import Surroundings

FLOOR_Y: Final = 690.0
WOOD: Final = hexc("#a9784f")
BOOKS: Final = "#d9564a #e8a13a #4f8f9c #6f86c4 #6d9a5b #c96f92"


def home_back(st: Surroundings) -> None:
    old, night = st.era == "ancient", st.time in ("night", "storm")
    wall = hexc("#f4e3bf") if old else st.kept("#f3d6bf #cfe0d4 #d8dcee", "wall")
    wall = mix(wall, hexc("#e0a878"), 0.45) if night else wall
    st.b.wash(sh.box(-40, -40, 1040, FLOOR_Y + 10), wall, wob=0, vary=1.0, edge=0.2, light=0.35)
    if not old:
        for x in np.arange(40.0, 1000.0, 78.0):
            stripe = sh.limb(sh.pts((x, -20), (x + 3, FLOOR_Y)), (7, 7))
            st.b.fill(stripe, deepen(wall, 1.35), 0.35, soft=1.5)
    _floor(st, hexc("#b98a68") if night else hexc("#dcb27f"))
    _window(st, 500 - st.side * 130 - 120, old)
    _shelf(st, 500 + st.side * 340, old)
    _rug(st, hexc("#e8d39a") if old else hexc("#e9b7a8"))
    _lamp(st, 500 - st.side * 396, old, night)
    _drawing(st, 500 + st.side * 125)


def _floor(st: Surroundings, color: RGB) -> None:
    area = sh.box(-40, FLOOR_Y, 1040, 1040)
    st.b.wash(area, color, wob=2, vary=1.0, second=shift(color, -0.03, 0.1))
    for i in range(6):
        y = FLOOR_Y + 14 + i * i * 12
        st.b.line(sh.pts((-20, y), (1020, y + st.u(-4, 4))), 2.2, deepen(color, 2), 0.4)


def _window(st: Surroundings, x: float, old: bool) -> None:
    """A window on the hour outside: a paper lattice of old, or panes with curtains."""
    w, h, top = 270, 300, 130
    frame = sh.box(x, top, x + w, top + h)
    _, b, c = st.mood.sky
    st.b.wash(frame, b, wob=1, vary=1.0, second=c)
    sky.orb(st, x + w * 0.68, 205, 30)
    if st.time == "night":
        st.b.speckle(26, (x + 8, 140, x + w - 8, 400), (1, 3), WHITE, 1)
    with st.b.within(frame):
        hill = sh.ellipse(x + 80, 460, 190, 90)
        st.b.wash(hill, st.c(st.lying_snow(hexc("#a9c78c")), 0.6), wob=3)
    n = 6 if old else 2
    for i in range(n + 1):
        half = (7, 7) if i in (0, n) else (3.4, 3.4)
        upright = sh.pts((x + w * i / n, top), (x + w * i / n, top + h))
        across = sh.pts((x, top + h * i / n), (x + w, top + h * i / n))
        for bar in (upright, across):
            st.b.wash(sh.limb(bar, half), WOOD, edge=0.5, wob=0.5)
    if not old:
        for s in (-1, 1):
            curtain = sh.trace("-40,112 40,112 26,300 34,470 -34,470 -26,300") * (s, 1)
            at = sh.at(x + w / 2 + s * (w / 2 + 18), 0)
            land.solid(st, sh.smooth(curtain, n=5) + at, hexc("#e58b76"))


def _shelf(st: Surroundings, x: float, old: bool) -> None:
    """A chest with brass fittings of old, or a shelf of books; a plant on top."""
    case = sh.resample(sh.box(x - 120, 420, x + 120, FLOOR_Y + 40), 14)[0]
    land.solid(st, case, WOOD if old else mix(WOOD, WHITE, 0.35))
    for j in range(3):
        y = 510 + j * 80
        st.b.line(sh.pts((x - 116, y), (x + 116, y)), 3, INK, 0.5)
        if old:
            land.solid(st, sh.ellipse(x, y - 40, 14, 18), hexc("#e0b64c"), line=0.8)
        else:
            _books(st, x - 104, x + 84, y - 2)
    land.solid(st, sh.ellipse(x - 40, 384, 26, 34), hexc("#d98a62"))
    plants.fronds(st, x - 40, 362, 110, hexc("#86ad67"), 6, 0.8)


def _books(st: Surroundings, x0: float, x1: float, y: float) -> None:
    x = x0
    while x < x1:
        w, h = st.u(12, 24), st.u(46, 70)
        land.solid(st, sh.box(x, y - h, x + w, y), st.pick(BOOKS), line=0.7)
        x += w + 2


def _rug(st: Surroundings, color: RGB) -> None:
    rug = sh.ellipse(480, 878, 400, 92)
    land.solid(st, rug, color, second=hexc("#d98a8a"), vary=0.9)
    st.b.line(sh.ellipse(480, 878, 362, 78), 3.4, hexc("#c0604f"), 0.5, closed=True)


def _lamp(st: Surroundings, x: float, old: bool, night: bool) -> None:
    st.b.glow(x, 420, 420, hexc("#ffdf9c"), 0.60 if night else 0.14)
    st.b.line(sh.pts((x, FLOOR_Y + 70), (x, 400)), 6, WOOD, 0.9, wob=0.5)
    if old:
        st.b.line(sh.pts((x - 30, 398), (x + 34, 398)), 6, WOOD, 0.9)
        buildings.cheongsachorong(st, x + 26, 398, 84)
    else:
        shade = sh.pts((x - 62, 440), (x - 34, 352), (x + 34, 352), (x + 62, 440))
        land.solid(st, shade, hexc("#fbe3a4"), light=0.2)


def _drawing(st: Surroundings, x: float) -> None:
    """A child's picture on the wall."""
    land.solid(st, sh.box(x - 52, 190, x + 52, 330), hexc("#fff6e2"), light=0.1)
    hills = sh.trace("-38,316 -20,262 0,290 18,240 38,316") + sh.at(x, 0)
    st.b.wash(sh.smooth(hills, n=5), hexc("#8fb3a6"), wob=1)
    st.b.wash(sh.ellipse(x - 18, 226, 12), hexc("#f2a26c"))


def _hearth(st: Surroundings) -> None:
    """A fireplace with a kettle."""
    x, y = 500 + st.side * 120, FLOOR_Y + 20
    land.solid(st, sh.box(x - 130, y - 250, x + 130, y), hexc("#c9a08a"), second=hexc("#b5846c"))
    for row in range(6):
        brick = sh.pts((x - 126, y - 40 * row), (x + 126, y - 40 * row))
        st.b.line(brick, 2, INK, 0.3)
    opening = sh.smooth(sh.trace("-80,0 -80,-120 0,-170 80,-120 80,0"), n=5) + sh.at(x, y)
    land.solid(st, opening, hexc("#6b4a44"))
    for dx, h, code in ((-26, 80, "#ee8a4a"), (22, 92, "#ee8a4a"), (0, 70, "#ffd76a")):
        flame = sh.smooth(sh.trace("-0.3,0 -0.34,-0.4 0,-1 0.34,-0.4 0.3,0"), n=5) * h
        st.b.wash(flame + sh.at(x + dx, y - 8), hexc(code), edge=0.3)
    st.b.glow(x, y - 60, 260, hexc("#ffc46a"), 0.6)
    land.solid(st, sh.box(x - 150, y - 272, x + 150, y - 246), WOOD)


def _bed(st: Surroundings) -> None:
    x, y = 500 + st.side * 150, FLOOR_Y + 90
    land.solid(st, sh.box(x - 190, y - 150, x - 168, y), WOOD)
    land.solid(st, sh.box(x + 168, y - 110, x + 190, y), WOOD)
    land.solid(st, sh.box(x - 170, y - 70, x + 170, y - 20), hexc("#fbf6ea"))
    quilt = sh.smooth(sh.trace("-90,-74 0,-96 150,-84 176,-50 172,-10 -84,-10"), n=4)
    land.solid(st, quilt + sh.at(x, y), hexc("#9fc4e0"), second=hexc("#c3a9dc"))
    for dx in (-40, 30, 100):
        st.b.wash(sh.star(x + dx, y - 48, 14, 6), hexc("#fbe08a"), edge=0.4)
    pillow = sh.smooth(sh.trace("-160,-70 -150,-104 -84,-102 -80,-70"), n=4)
    land.solid(st, pillow + sh.at(x, y), hexc("#fffaf0"))


def _library(st: Surroundings) -> None:
    """Shelves up to the ceiling, and a ladder."""
    for x0, x1 in ((60, 330), (366, 636), (672, 942)):
        land.solid(st, sh.box(x0, 60, x1, FLOOR_Y + 24), mix(WOOD, WHITE, 0.25))
        for y in (170, 280, 390, 500, 610, 700):
            _books(st, x0 + 12, x1 - 26, y)
            st.b.line(sh.pts((x0, y + 4), (x1, y + 4)), 7, WOOD, 0.9)
    x = 500 + st.side * 260
    for dx in (-30, 30):
        st.b.line(sh.pts((x + dx, 120), (x + dx * 1.3, FLOOR_Y + 60)), 9, deepen(WOOD, 1.3), 0.95)
    for i in range(9):
        y = 170 + 62 * i
        st.b.line(sh.pts((x - 33, y), (x + 33, y)), 7, deepen(WOOD, 1.3), 0.95)


HOME: Final = Setting(
    home_back,
    nothing,
    {"window": nothing, "hearth": _hearth, "bed": _bed, "library": _library},
    ("window", "hearth", "bed"),
    trouble.dark_corner,
    FLOOR_Y,
    indoor=True,
    floor=hexc("#dcb27f"),
)
