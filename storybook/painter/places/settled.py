"""Village, palace, city and school."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, WHITE, deepen, hexc, shift
from storybook.painter.pigment import OVER
from storybook.painter.places import buildings, land, plants, sky, trouble
from storybook.painter.places.setting import Setting, nothing
from storybook.painter.places.surroundings import Surroundings
from storybook.painter.places.wild import river_fore

# Village.


def village_back(st: Surroundings) -> None:
    sky.heavens(st)
    y, s = st.horizon, st.side
    land.ridge(st, y - 70, 240, 7, hexc("#93a9c0"), 0.3, 0.85)
    land.ridge(st, y - 20, 120, 6, hexc("#9cbfa2"), 0.5, 0.75)
    for i, x in enumerate(np.linspace(90, 910, 5) + st.rng.uniform(-30, 30, 5)):
        if i % 3 == 2:
            plants.tree(st, x, y + 24, 150, hexc("#9abb78"), 0.5)
        else:
            buildings.house(st, x, y + 18, st.u(150, 200), 0.5)
    land.ground(st, y + 6, hexc("#dccf9c"), hexc("#c3cf8d"))
    land.path(st, y + 10)
    plants.tree(
        st,
        500 + s * 330,
        y + 74,
        st.u(360, 440),
        st.seasonal("#9cbd6c", "#e2a05c", "#a9c77a"),
        0.85,
    )
    buildings.house(st, 500 - s * 300, y + 86, st.u(360, 410), 0.85)
    buildings.house(st, 500 + s * 390, y + 118, st.u(300, 340), 0.95, thatch=st.era == "ancient")
    buildings.lamp(st, 500 - s * 60, y + 60, 130)
    if st.era == "ancient":
        _crocks(st, 500 - s * 470, s, y + 124)
    plants.grass(st, y + 90, 985, 60, hexc("#8a9a54"))


def _crocks(st: Surroundings, x: float, s: int, y: float) -> None:
    """A row of onggi, the brown jars in which sauces ripen."""
    for i in range(7):
        h = 34 + 10 * (i % 3)
        half = sh.pts((-9, 0), (-19, -h * 0.55), (-11, -h), (11, -h), (19, -h * 0.55), (9, 0))
        jar = sh.smooth(half, n=4) + sh.at(x + s * i * 26, y + i % 2 * 8)
        land.solid(st, jar, hexc("#9a6b4c"))


def village_fore(st: Surroundings) -> None:
    left = st.side > 0
    plants.branch(st, left, st.seasonal("#9ab85c", "#c9a04c", "#eda5ae"), -36)
    for _ in range(6 if st.season == "autumn" else 0):  # persimmons
        x, y = (st.u(60, 300) if left else st.u(700, 940)), st.u(56, 110)
        st.b.wash(sh.ellipse(x, y, 13, 12), st.c(hexc("#ee8a4a")), edge=0.5, wob=0.6)
    for s, n in ((-1, 5), (1, 4)):
        _stone_wall(st, s, n)
    plants.grass(st, 960, 1000, 34, hexc("#7f9a4c"), 34)


def _stone_wall(st: Surroundings, s: int, n: int) -> None:
    stone = sh.smooth(sh.trace("-27,0 -26,-24 -6,-33 20,-30 27,-8 20,4"), n=4)
    for row in range(2):
        for i in range(n - row):
            x = 500 + s * (470 - i * 52 - row * 24)
            grey = shift(hexc("#c3b7a4"), st.u(-0.03, 0.03), 0, st.u(-0.08, 0.04))
            land.solid(st, stone * (1, st.u(0.85, 1.1)) + sh.at(x, 985 - row * 32), grey)


def _woods(st: Surroundings) -> None:
    """The forest closes in around the houses."""
    y = st.horizon
    for i in range(7):
        x, h = 500 + st.side * (i - 3) * 52 + st.u(-12, 12), st.u(120, 200)
        if i % 3:
            plants.pine(st, x, y + 26, h, depth=0.5)
        else:
            plants.tree(st, x, y + 26, h, shift(land.GREEN, st.u(-0.05, 0.03)), 0.5)
    for x, h in ((20, 520), (985, 480), (905, 350)):
        plants.pine(st, 500 - st.side * (500 - x), y + 150, h, depth=0.9)
    for x in (90, 925, 800):
        plants.bush(st, 500 - st.side * (500 - x), y + 160, st.u(100, 140), land.GREEN, 0.9)
    plants.grass(st, y + 60, 985, 90, hexc("#7f9a4c"))
    plants.flowers(st, y + 130, 980, 30)


def _well(st: Surroundings) -> None:
    """A roofed well."""
    x, y = 500 - st.side * 130, st.horizon + 150
    for dx in (-52, 52):
        st.b.line(sh.pts((x + dx, y), (x + dx, y - 120)), 9, st.c(land.BARK), 0.9)
    land.solid(st, sh.pts((x - 84, y - 112), (x, y - 168), (x + 84, y - 112)), hexc("#b98a60"))
    land.solid(st, sh.box(x - 60, y - 52, x + 60, y), land.STONE, second=hexc("#8d8a92"))
    land.solid(st, sh.ellipse(x, y - 52, 62, 15), hexc("#6f7f96"))
    st.b.line(sh.pts((x, y - 120), (x, y - 70)), 3, INK, 0.7)


def _field(st: Surroundings) -> None:
    """Rows of crops and a scarecrow."""
    s, y = st.side, st.horizon
    for row in range(5):
        base = y + 130 + row * 20
        for i in range(9):
            x = 500 + s * (150 + i * 40 + row * 16)
            plants.fronds(st, x, base, 34 + 4 * row, hexc("#9cb85c"), 4, 0.6)
    x, base = 500 + s * 330, y + 130
    st.b.line(sh.pts((x, base), (x, base - 170)), 8, st.c(land.BARK), 0.9)
    st.b.line(sh.pts((x - 70, base - 112), (x + 70, base - 112)), 8, st.c(land.BARK), 0.9)
    coat = sh.smooth(sh.trace("-66,-122 66,-122 60,-96 30,-90 36,-30 -36,-30 -30,-90 -60,-96"), n=3)
    land.solid(st, coat + sh.at(x, base), hexc("#d9805c"))
    land.solid(st, sh.ellipse(x, base - 146, 27), hexc("#f0dba8"))
    hat = sh.pts((x - 54, base - 160), (x, base - 214), (x + 54, base - 160))
    land.solid(st, hat, hexc("#dcb66c"))


def _market(st: Surroundings) -> None:
    """Stalls with striped awnings, heaped with fruit."""
    y = st.horizon + 130
    for x, code in ((200, "#e58b76"), (420, "#7fb4d8"), (600, "#efc46c"), (810, "#9cc48c")):
        for dx in (-84, 84):
            st.b.line(sh.pts((x + dx, y), (x + dx, y - 150)), 6, st.c(land.BARK), 0.9)
        land.solid(st, sh.box(x - 92, y - 56, x + 92, y), hexc("#c9a27c"))
        for i in range(9):
            fruit = sh.ellipse(x - 72 + 18 * i, y - 64 - 9 * (i % 2), 14)
            land.solid(st, fruit, st.pick("#e8745c #f2b45c #9cbf5c #c58fc0"), line=0.7)
        for i in range(6):
            x0 = x - 102 + 34 * i
            strip = sh.pts((x0 + 8, y - 190), (x0 + 30, y - 190), (x0 + 34, y - 128), (x0, y - 128))
            land.solid(st, strip, hexc(code) if i % 2 else hexc("#fbf6ea"), line=0.7)


def _farm(st: Surroundings) -> None:
    """A red barn, a fence and hay."""
    s, y = st.side, st.horizon + 110
    x = 500 + s * 290
    body = sh.pts((-120, 0), (-120, -120), (-70, -190), (70, -190), (120, -120), (120, 0))
    land.solid(st, body + sh.at(x, y), hexc("#c9604f"))
    land.solid(st, sh.box(x - 44, y - 96, x + 44, y), hexc("#f3e6d2"))
    for a, b in (((-44, -96), (44, 0)), ((44, -96), (-44, 0))):
        st.b.line(sh.pts(a, b) + sh.at(x, y), 5, st.c(hexc("#c9604f")), 0.8)
    for i in range(9):
        at = 500 - s * (60 + 54 * i)
        land.solid(st, sh.box(at - 7, y - 20, at + 7, y + 50), hexc("#f1e3c8"), line=0.8)
    for dy in (0, 24):
        rail = sh.limb(sh.pts((500 - s * 40, y + dy), (500 - s * 510, y + dy)), (6, 6))
        land.solid(st, rail, hexc("#f1e3c8"), line=0.8)
    for dx in (110, 180):
        hay = sh.smooth(sh.trace("-60,0 -50,-40 0,-64 50,-40 60,0"), n=4)
        land.solid(st, hay + sh.at(500 + s * dx, y + 40), hexc("#e8c46a"))


VILLAGE: Final = Setting(
    village_back,
    village_fore,
    {
        "lane": nothing,
        "well": _well,
        "field": _field,
        "woods": _woods,
        "market": _market,
        "farm": _farm,
    },
    ("lane", "well", "field"),
    trouble.gale,
    560,
    grass=hexc("#8a9a54"),
    floor=hexc("#dccf9c"),
)

# Palace.


def palace_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    land.ridge(st, y - 90, 260, 7, hexc("#8fa5bd"), 0.3, 0.85, True)
    with st.b.group(blur=1.5):
        for i in range(9):
            plants.pine(st, i * 125 + st.u(-30, 30), y + 10, st.u(120, 190), depth=0.35)
    land.ground(st, y + 4, hexc("#e3d3ae"), hexc("#d3c9b4"), amp=8)
    for k in range(5):  # flagstones
        at = y + 70 + k * k * 17
        row = sh.pts((0, at + st.u(-5, 5)), (500, at), (1000, at + st.u(-5, 5)))
        st.b.line(row, 2, st.c(land.BARK), 0.25)
    for s in (-1, 1):
        plants.pine(st, 500 + s * 430, y + 90, 330, depth=0.9)


def palace_fore(st: Surroundings) -> None:
    bough = st.seasonal("#8fb766", "#e2a05c", "#eda5ae")
    plants.branch(st, True, bough, -36)
    plants.branch(st, False, bough, -44)
    plants.flowers(st, 930, 985, 26, "#f2a0a8 #fff4dc #d9708f")


def _hall(st: Surroundings) -> None:
    """The throne hall of a Korean palace, with silk lanterns."""
    y = st.horizon
    buildings.palace(st, 500 + st.side * 50, y + 40, 640, 0.85)
    for s in (-1, 1):
        buildings.cheongsachorong(st, 500 + s * 240, y - 30, 64)


def _castle(st: Surroundings) -> None:
    buildings.castle(st, 500 + st.side * 50, st.horizon + 40, 560, 0.85)


def _stone_lanterns(st: Surroundings) -> None:
    _hall(st)
    for s in (-1, 1):
        x, y = 500 + s * 330, st.horizon + 160
        for outline in (
            "-34,0 34,0 26,-14 -26,-14",
            "-12,-14 12,-14 10,-70 -10,-70",
            "-26,-70 26,-70 26,-106 -26,-106",
            "-44,-104 0,-140 44,-104",
        ):
            land.solid(st, sh.trace(outline) + sh.at(x, y), hexc("#c3bcb0"))
        st.b.wash(sh.box(x - 12, y - 100, x + 12, y - 78), hexc("#ffdf94"), edge=0.4)
        st.b.glow(x, y - 90, 80, st.mood.glow, 0.6 if st.lit else 0.2)


def _lotus_court(st: Surroundings) -> None:
    _hall(st)
    x, y = 500 - st.side * 270, st.horizon + 170
    land.solid(st, sh.box(x - 230, y - 44, x + 200, y + 44), hexc("#d6cfc2"))
    water = sh.box(x - 212, y - 34, x + 182, y + 34)
    st.b.wash(water, st.c(hexc("#7fb8bf")), second=st.c(hexc("#5f93a8")), vary=1.0)
    for _ in range(8):
        leaf = sh.ellipse(x + st.u(-180, 150), y + st.u(-22, 22), st.u(18, 28), st.u(7, 10))
        land.solid(st, leaf, hexc("#86b06a"), line=0.7)
    for dx in (-120, -20, 90):
        land.solid(st, sh.ellipse(x + dx, y - 12, 13, 16), hexc("#f3b3c0"), line=0.7)


PALACE: Final = Setting(
    palace_back,
    palace_fore,
    {"court": _hall, "lanterns": _stone_lanterns, "pond": _lotus_court, "castle": _castle},
    ("court", "lanterns", "pond"),
    trouble.downpour,
    600,
    floor=hexc("#e3d3ae"),
)

# City.

PASTELS: Final = "#e8b79c #9fc0cc #efd09a #c9b3cf #a9c7a5 #e5a39a"


def city_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon + 60
    haze = hexc("#a9b8cc")
    for i in range(11):
        x, w, h = i * 100 + st.u(-20, 20), st.u(70, 110), st.u(210, 430)
        buildings.tower(st, x, y + 10, w, h, haze, 0.28)
    pastels, x, i = PASTELS.split(), -10.0, st.book % 6
    skyline = np.random.default_rng(st.book % 2**32)  # the same houses on every page
    while x < 1010:
        w, h = float(skyline.uniform(110, 170)), float(skyline.uniform(150, 330))
        h *= 0.75 if abs(x + w / 2 - 500) < 200 else 1.0
        buildings.tower(st, x + w / 2, y + 14, w * 0.94, h, hexc(pastels[i % 6]), 0.8)
        x, i = x + w, i + 1
    land.ground(st, y + 8, hexc("#d3cec6"), hexc("#c3c6cf"), amp=4)
    pavement = st.c(st.lying_snow(hexc("#e8e0d0")))
    st.b.wash(sh.box(-20, y + 8, 1020, y + 50), pavement, wob=1.5)


def _paving(st: Surroundings, y: float) -> None:
    """The near pavement, slab by slab."""
    st.b.wash(sh.box(-20, y, 1020, 1020), st.c(st.lying_snow(hexc("#e6dcc9"))), vary=0.9)
    line = deepen(st.c(hexc("#cbbfa9")), 1.5)
    for k in range(4):
        st.b.line(sh.pts((-20, y + 20 + k * k * 14), (1020, y + 20 + k * k * 14)), 2, line, 0.35)
    for x in range(-700, 1800, 150):
        st.b.line(sh.pts((500 + (x - 500) * 0.62, y), (x, 1010)), 2, line, 0.3)


def _street(st: Surroundings) -> None:
    y = st.horizon + 60
    crossing = 500 - st.side * 250
    for k in range(7):
        x = crossing - 120 + k * 40
        stripe = sh.pts((x, y + 66), (x + 22, y + 66), (x + 12, y + 170), (x - 16, y + 170))
        st.b.fill(sh.wobble(stripe, 1.5, st.rng), WHITE, 0.8)
        st.b.wash(stripe, st.c(hexc("#fbf8f0")), wob=1.5, edge=0.2)
    _paving(st, y + 190)
    for x in (130, 870):
        buildings.lamp(st, x, y + 44, 210)
        plants.tree(st, x + (80 if x < 500 else -80), y + 44, 210, hexc("#9cbf78"), 0.85)
    _bus(st, 500 + st.side * 230, y + 118)


def _bus(st: Surroundings, x: float, y: float) -> None:
    """A small round bus; it hovers in the future."""
    body = sh.smooth(sh.trace("-130,0 -136,-70 -110,-104 100,-106 132,-66 134,0"), n=4)
    land.solid(st, body + sh.at(x, y), hexc("#f0b95e") if st.era != "future" else hexc("#8fc4d8"))
    for i in range(4):
        pane = sh.smooth(sh.box(x - 108 + i * 54, y - 88, x - 64 + i * 54, y - 50), n=3)
        land.solid(st, pane, hexc("#ffe9a8") if st.lit else hexc("#d9edf2"), line=0.8)
    st.b.line(sh.pts((x - 130, y - 34), (x + 132, y - 34)), 5, st.c(hexc("#fbf3e2")), 0.9)
    if st.era == "future":
        st.b.fill(sh.ellipse(x, y + 22, 120, 13), hexc("#bff0f4"), 0.8, soft=6)
        return
    for dx in (-76, 76):
        land.solid(st, sh.ellipse(x + dx, y + 2, 25), hexc("#5f5a62"))
        land.solid(st, sh.ellipse(x + dx, y + 2, 10), hexc("#d6d6d6"), line=0.7)


def _park(st: Surroundings) -> None:
    """A lawn with a fountain, benches and trees."""
    y = st.horizon + 90
    land.ground(st, y, hexc("#b9d186"), hexc("#d3d68a"), amp=12)
    land.path(st, y + 6)
    for x in st.slots(4, 0.3):
        plants.tree(st, x, y + st.u(20, 60), st.u(230, 320), hexc("#9cbf78"), 0.85)
    x, base = 500 + st.side * 250, y + 96
    st.b.wash(sh.ellipse(x, base, 130, 30), st.c(hexc("#9fd0dc")), edge=0.7, vary=0.9)
    land.solid(st, sh.limb(sh.pts((x, base), (x, base - 70)), (16, 10)), hexc("#d6cfc2"))
    land.solid(st, sh.ellipse(x, base - 72, 58, 14), hexc("#d6cfc2"))
    for dx in (-70, -36, 36, 70):
        jet = sh.pts((x, base - 84), (x + dx * 0.5, base - 140), (x + dx, base - 40))
        st.b.line(sh.smooth(jet, False), 4, WHITE, 0.85, mode=OVER)
    bench = 500 - st.side * 320
    for dy in (0, 16, 44):
        plank = sh.box(bench - 80, base + dy - 60, bench + 80, base + dy - 50)
        land.solid(st, plank, hexc("#b98a60"), line=0.8)
    for dx in (-62, 62):
        st.b.line(sh.pts((bench + dx, base - 14), (bench + dx, base + 22)), 6, INK, 0.8)
    plants.grass(st, y + 60, 985, 90, hexc("#7fa54c"))
    plants.flowers(st, y + 110, 980, 50)


def _fair(st: Surroundings) -> None:
    """A Ferris wheel, a striped tent and bunting."""
    y, x = st.horizon + 90, 500 + st.side * 260
    hub, r = sh.at(x, y - 210), 180.0
    for leg in (-80, 80):
        st.b.line(np.stack([hub, sh.at(x + leg, y)]), 8, st.c(hexc("#8d8a9c")), 0.9)
    st.b.line(sh.ellipse(x, y - 210, r), 7, st.c(hexc("#d9708f")), 0.9, closed=True)
    for i, t in enumerate(np.arange(10) * np.pi / 5):
        rim = hub + r * np.array([np.cos(t), np.sin(t)])
        st.b.line(np.stack([hub, rim]), 2.6, st.c(hexc("#d9708f")), 0.7)
        cabin = sh.smooth(sh.trace("-20,0 -18,26 18,26 20,0"), n=4) + rim
        land.solid(st, cabin, hexc(PASTELS.split()[i % 6]))
    tent = 500 - st.side * 270
    for i in range(6):
        strip = sh.pts(
            (tent, y - 220), (tent - 130 + 44 * i, y - 90), (tent - 130 + 44 * (i + 1), y - 90)
        )
        land.solid(st, strip, hexc("#e58b76") if i % 2 else hexc("#fbf6ea"), line=0.7)
    land.solid(st, sh.box(tent - 116, y - 92, tent + 120, y), hexc("#fbeed6"))
    line = sh.smooth(sh.pts((-20, 90), (260, 170), (500, 120), (760, 176), (1020, 90)), False)
    st.b.line(line, 2.4, INK, 0.7)
    for at in line[1::3]:
        flag = sh.trace("-13,0 13,0 0,30") + at
        land.solid(st, flag, st.pick("#e8745c #f2c45c #7fb4d8 #9cc48c"), line=0.7)
    _paving(st, y + 60)


def city_fore(st: Surroundings) -> None:
    for x in (70, 170, 840, 940):
        plants.bush(st, x, 1005, 130, hexc("#8fb36a"))
    plants.flowers(st, 940, 985, 30)


CITY: Final = Setting(
    city_back,
    city_fore,
    {"street": _street, "park": _park, "fair": _fair},
    ("street", "park", "street"),
    trouble.downpour,
    540,
    floor=hexc("#d9d0c2"),
)

# School.


def school_back(st: Surroundings) -> None:
    sky.heavens(st)
    y = st.horizon
    land.ridge(st, y - 40, 120, 6, hexc("#a3c3b0"), 0.4, 0.8)
    land.ground(st, y + 20, hexc("#e6d3a3"), hexc("#cfd394"))
    if st.era == "ancient":
        buildings.hanok(st, 500 + st.side * 60, y + 70, 620, 0.9)
    else:
        buildings.school(st, 500 + st.side * 50, y + 56, 620)
    for s in (-1, 1):
        leaves = st.seasonal("#9cbf6a", "#d9a24c", "#e7b1b8")
        plants.tree(st, 500 + s * 410, y + 90, 340, leaves, 0.85)
    plants.grass(st, y + 110, 985, 60, hexc("#8aa65a"))


def _swings(st: Surroundings) -> None:
    x, y = 500 + st.side * 300, st.horizon + 170
    frame = hexc("#d9805c")
    for dx in (-96, 96):
        for lean in (-26, 26):
            st.b.line(sh.pts((x + dx, y - 190), (x + dx + lean, y)), 8, st.c(frame), 0.9)
    st.b.line(sh.pts((x - 106, y - 190), (x + 106, y - 190)), 9, st.c(frame), 0.9)
    for dx, swing in ((-44, 14), (44, -10)):
        for k in (-16, 16):
            rope = sh.pts((x + dx + k, y - 188), (x + dx + k + swing, y - 62))
            st.b.line(rope, 2.6, INK, 0.7)
        land.solid(st, sh.box(x + dx + swing - 24, y - 64, x + dx + swing + 24, y - 54), land.BARK)


def _slide(st: Surroundings) -> None:
    x, y, s = 500 + st.side * 290, st.horizon + 170, st.side
    for k in (0, 44):
        st.b.line(
            sh.pts((x + s * (40 + k), y - 150), (x + s * (60 + k), y)), 7, st.c(land.BARK), 0.9
        )
    for i in range(5):
        rung = sh.pts((x + s * 46, y - 24 - 28 * i), (x + s * 98, y - 24 - 28 * i))
        st.b.line(rung, 5, st.c(land.BARK), 0.9)
    chute = sh.pts(
        (x + s * 60, y - 158), (x, y - 110), (x - s * 110, y - 16), (x - s * 150, y - 10)
    )
    land.solid(st, sh.limb(chute, (15, 15, 15, 12)), hexc("#efb84e"))


SCHOOL: Final = Setting(
    school_back,
    river_fore,
    {"yard": nothing, "swings": _swings, "slide": _slide},
    ("yard", "swings", "slide"),
    trouble.downpour,
    560,
    grass=hexc("#8aa65a"),
    floor=hexc("#e6d3a3"),
)
