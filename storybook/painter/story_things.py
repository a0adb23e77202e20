"""The things that stories turn on, each painted centred on (x, y), about `s` page units high."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, hexc
from storybook.painter.places import land
from storybook.painter.places.surroundings import Surroundings

PAPER: Final = hexc("#fff4da")
WOOD: Final = hexc("#b98552")
STONE: Final = hexc("#b9b3ac")
CLAY: Final = hexc("#c98a54")
SUN: Final = hexc("#ef6f52")
MOON: Final = hexc("#f6d465")
SKY: Final = hexc("#8fc4e0")
LEAF: Final = hexc("#86b060")
GOLD: Final = hexc("#f4c23d")


def _piece(st: Surroundings, x: float, y: float, s: float, outline: str, color: RGB) -> None:
    """A shape in units of `s`, straight-edged as it is traced."""
    land.solid(st, sh.trace(outline) * s + sh.at(x, y), color)


def _round(st: Surroundings, x: float, y: float, s: float, outline: str, color: RGB) -> None:
    """A shape in units of `s`, smoothed."""
    land.solid(st, sh.smooth(sh.trace(outline), n=5) * s + sh.at(x, y), color)


def _pole(st: Surroundings, x: float, y: float, s: float) -> None:
    st.b.line(sh.pts((x, y + s * 0.7), (x, y - s * 0.72)), s * 0.06, deepen(WOOD, 1.4), 0.95)


def _flag(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _pole(st, x, y, s)
    _round(st, x, y, s, "0.02,-0.68 0.5,-0.60 1.02,-0.70 1.0,-0.06 0.5,0.02 0.02,-0.04", SKY)
    land.solid(st, sh.ellipse(x + s * 0.30, y - s * 0.34, s * 0.17), SUN, line=0.7)
    _round(st, x, y, s, "0.78,-0.54 0.66,-0.40 0.70,-0.22 0.86,-0.16 0.78,-0.32 0.80,-0.46", MOON)


def _torn_flag(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    left, right = x - s * 0.75, x + s * 0.75
    tear = "0.42,-0.42 0.30,-0.24 0.44,-0.10 0.28,0.06 0.40,0.24"
    _piece(st, left, y, s, f"-0.44,-0.38 {tear} -0.44,0.26", SKY)
    land.solid(st, sh.ellipse(left - s * 0.08, y - s * 0.06, s * 0.17), SUN, line=0.7)
    edge = "-0.38,0.26 -0.30,0.08 -0.44,-0.08 -0.28,-0.24 -0.40,-0.42"
    _piece(st, right, y, s, f"0.44,0.28 {edge} 0.44,-0.38", SKY)
    _round(
        st, right, y, s, "0.12,-0.28 -0.06,-0.16 -0.04,0.06 0.14,0.14 0.06,-0.02 0.06,-0.16", MOON
    )


def _bridge(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    arch = "-1.5,0.4 -1.3,0.0 -0.6,-0.38 0,-0.46 0.6,-0.38 1.3,0.0 1.5,0.4"
    inner = "0.85,0.4 0.55,0.12 0,-0.02 -0.55,0.12 -0.85,0.4"
    _piece(st, x, y, s, f"{arch} {inner}", STONE)
    for k in np.linspace(-1.15, 1.15, 7):
        top = -0.43 + 0.30 * k * k
        seam = sh.pts((x + k * s, y + top * s), (x + 0.8 * k * s, y + (top + 0.4) * s))
        st.b.line(seam, 1.8, INK, 0.4)


def _stones(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for dx, dy, r in (
        *((-0.62, 0.26, 0.24), (-0.12, 0.28, 0.28), (0.46, 0.27, 0.25), (0.86, 0.34, 0.16)),
        *((-0.34, -0.06, 0.20), (0.16, -0.04, 0.22), (-0.06, -0.32, 0.16)),
    ):
        stone = sh.ellipse(x + dx * s, y + dy * s, r * s, r * s * 0.8)
        land.solid(st, stone, STONE, line=0.8)


def _bell(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.ellipse(x, y + s * 0.40, s * 0.10), deepen(GOLD, 1.6), line=0.7)
    _round(
        st,
        x,
        y,
        s,
        "-0.42,0.36 -0.30,0.06 -0.24,-0.28 0,-0.42 0.24,-0.28 0.30,0.06 0.42,0.36",
        GOLD,
    )
    st.b.line(sh.ellipse(x, y - s * 0.48, s * 0.09), 2.4, INK, 0.7)


def _sprout(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _round(st, x, y, s, "-0.5,0.5 -0.3,0.26 0,0.20 0.3,0.26 0.5,0.5", hexc("#a8794f"))
    st.b.line(sh.pts((x, y + s * 0.26), (x + s * 0.02, y - s * 0.16)), s * 0.08, LEAF, 0.95)
    for k in (-1, 1):
        leaf = sh.trace("0,-0.14 0.16,-0.44 0.50,-0.46 0.38,-0.18") * (k * s, s)
        land.solid(st, sh.smooth(leaf, n=5) + sh.at(x, y), LEAF)


def _seed(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    st.b.glow(x, y, s * 0.8, hexc("#ffefb8"), 0.5)
    _round(st, x, y, s, "0,-0.36 0.22,-0.06 0.16,0.22 0,0.30 -0.16,0.22 -0.22,-0.06", CLAY)


def _letter(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.box(x - s * 0.6, y - s * 0.4, x + s * 0.6, y + s * 0.4), PAPER, light=0.2)
    flap = sh.pts((x - s * 0.6, y - s * 0.4), (x, y + s * 0.08), (x + s * 0.6, y - s * 0.4))
    st.b.line(flap, 2.6, INK, 0.6)
    land.solid(st, sh.ellipse(x, y + s * 0.08, s * 0.12), SUN, line=0.7)


def _map(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _round(
        st,
        x,
        y,
        s,
        "-0.7,-0.42 0,-0.36 0.7,-0.44 0.66,0 0.7,0.42 0,0.36 -0.7,0.44 -0.66,0",
        hexc("#f0d7a2"),
    )
    way = sh.trace("-0.46,0.22 -0.2,0.02 0.06,0.10 0.24,-0.10 0.42,-0.16") * s + sh.at(x, y)
    st.b.line(sh.smooth(way, False), 2.6, deepen(WOOD, 1.8), 0.8)
    for dx, dy in ((-0.46, 0.22), (0.06, 0.10), (0.46, -0.18)):
        land.solid(st, sh.star(x + dx * s, y + dy * s, 0.14 * s, 0.06 * s), SUN, line=0.6)


def _drawing(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _sheet(st, x, y, s)
    land.solid(st, sh.ellipse(x - s * 0.22, y - s * 0.14, s * 0.14), SUN, line=0.6)
    _round(st, x, y, s, "-0.52,0.36 -0.2,0.06 0.1,0.2 0.32,0.0 0.52,0.36", LEAF)


def _half_drawing(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _sheet(st, x, y, s)
    land.solid(st, sh.ellipse(x - s * 0.28, y - s * 0.14, s * 0.14), SUN, line=0.6)
    _round(st, x, y, s, "-0.54,0.36 -0.4,0.1 -0.2,0.06 -0.04,0.16 -0.04,0.36", LEAF)


def _sheet(st: Surroundings, x: float, y: float, s: float) -> None:
    land.solid(st, sh.box(x - s * 0.62, y - s * 0.46, x + s * 0.62, y + s * 0.46), PAPER, light=0.2)


def _chart(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _sheet(st, x, y, s)
    for i in range(8):
        dx, dy = (-0.42 + 0.28 * (i % 4)) * s, (-0.18 + 0.36 * (i // 4)) * s
        if i < 5:
            land.solid(st, sh.star(x + dx, y + dy, 0.13 * s, 0.06 * s), GOLD, line=0.5)
        else:
            st.b.line(sh.ellipse(x + dx, y + dy, 0.09 * s), 1.6, INK, 0.5)


def _bread(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    loaf = "-0.7,0.36 -0.74,-0.04 -0.5,-0.34 0,-0.42 0.5,-0.34 0.74,-0.04 0.7,0.36"
    _round(st, x, y, s, loaf, hexc("#d99a4e"))
    for k in (-0.34, 0.0, 0.34):
        cut = sh.pts((x + (k - 0.08) * s, y - 0.22 * s), (x + (k + 0.08) * s, y + 0.02 * s))
        st.b.line(cut, s * 0.05, hexc("#fbe3b4"), 0.9)


def _umbrella(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _pole(st, x, y, s)
    roof = "-0.8,-0.1 -0.6,-0.5 0,-0.74 0.6,-0.5 0.8,-0.1 0.4,-0.2 0,-0.1 -0.4,-0.2"
    _round(st, x, y, s, roof, hue)


def _kite(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _piece(st, x, y, s, "0,-0.7 0.46,-0.2 0,0.4 -0.46,-0.2", hue)
    tail = sh.trace("0,0.4 0.14,0.58 -0.06,0.74 0.1,0.92") * s + sh.at(x, y)
    st.b.line(sh.smooth(tail, False), 2.4, INK, 0.7)


def _medal(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for k in (-1, 1):
        ribbon = sh.trace("0,0.1 0.14,-0.52 0.4,-0.52") * (k * s, s) + sh.at(x, y)
        land.solid(st, ribbon, SUN)
    land.solid(st, sh.ellipse(x, y + s * 0.14, s * 0.32), GOLD)
    land.solid(st, sh.star(x, y + s * 0.14, s * 0.18, s * 0.08), PAPER, line=0.6)


def _jar(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    body = "-0.28,-0.34 -0.46,-0.1 -0.42,0.3 -0.24,0.46 0.24,0.46 0.42,0.3 0.46,-0.1 0.28,-0.34"
    _round(st, x, y, s, body, CLAY)
    rim = sh.ellipse(x, y - s * 0.36, s * 0.32, s * 0.09)
    land.solid(st, rim, hexc("#f6c445"))
    drip = "-0.24,-0.34 0.2,-0.34 0.16,-0.04 0.06,-0.2 -0.06,0.12 -0.14,-0.16"
    _round(st, x, y, s, drip, hexc("#f6c445"))


def _broken_jar(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    honey = sh.ellipse(x, y + s * 0.36, s * 0.8, s * 0.16)
    land.solid(st, honey, hexc("#f6c445"), line=0.6)
    for dx, dy, outline in (
        (-0.56, 0.18, "-0.26,0.16 -0.2,-0.2 0.0,-0.06 0.16,-0.24 0.24,0.14"),
        (0.04, 0.14, "-0.3,0.2 -0.34,-0.14 -0.1,-0.3 0.04,-0.1 0.26,-0.2 0.28,0.18"),
        (0.62, 0.2, "-0.2,0.14 -0.08,-0.22 0.14,-0.08 0.22,0.12"),
    ):
        _piece(st, x + dx * s, y + dy * s, s, outline, CLAY)


def _drum(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _round(st, x, y, s, "-0.56,-0.2 -0.5,0.36 0,0.48 0.5,0.36 0.56,-0.2", hue)
    land.solid(st, sh.ellipse(x, y - s * 0.2, s * 0.56, s * 0.18), PAPER)
    for k in (-1, 1):
        st.b.line(
            sh.pts((x + k * s * 0.1, y - s * 0.24), (x + k * s * 0.5, y - s * 0.66)),
            s * 0.06,
            WOOD,
            0.95,
        )


def _flute(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    spine = sh.pts((x - s * 0.8, y + s * 0.2), (x + s * 0.8, y - s * 0.2))
    land.solid(st, sh.limb(spine, (s * 0.09, s * 0.09)), hexc("#d8b06a"))
    for k in np.linspace(-0.4, 0.6, 5):
        st.b.wash(sh.ellipse(x + k * s, y - k * s * 0.25, s * 0.035), INK, edge=0)


def _button(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.ellipse(x, y, s * 0.4), hexc("#e2574c"))
    st.b.line(sh.ellipse(x, y, s * 0.29), 2.0, INK, 0.4)
    for dx, dy in ((-0.1, -0.1), (0.1, -0.1), (-0.1, 0.1), (0.1, 0.1)):
        st.b.wash(sh.ellipse(x + dx * s, y + dy * s, s * 0.045), INK, edge=0)


def _box(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.box(x - s * 0.5, y - s * 0.2, x + s * 0.5, y + s * 0.44), WOOD)
    _round(st, x, y, s, "-0.54,-0.16 -0.48,-0.42 0,-0.5 0.48,-0.42 0.54,-0.16", deepen(WOOD, 1.2))
    land.solid(st, sh.ellipse(x, y - s * 0.1, s * 0.09), GOLD, line=0.7)


def _boxes(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for i, (dx, w) in enumerate(((0.0, 0.5), (0.06, 0.42), (-0.05, 0.34), (0.03, 0.26))):
        low = y + s * (0.5 - 0.5 * i)
        crate = sh.box(x + (dx - w) * s, low - s * 0.5, x + (dx + w) * s, low)
        land.solid(st, crate, WOOD if i % 2 else hexc("#d3a86f"))


def _basket(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for k in (-0.26, 0.0, 0.26):
        land.solid(st, sh.ellipse(x + k * s, y - s * 0.08, s * 0.17), hexc("#d9505c"), line=0.7)
    _weave(st, x, y, s)


def _empty_basket(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    land.solid(st, sh.ellipse(x, y, s * 0.52, s * 0.12), deepen(WOOD, 2.0), line=0.7)
    _weave(st, x, y, s)


def _weave(st: Surroundings, x: float, y: float, s: float) -> None:
    handle = sh.trace("-0.5,0 -0.36,-0.5 0,-0.64 0.36,-0.5 0.5,0") * s + sh.at(x, y)
    st.b.line(sh.smooth(handle, False), s * 0.06, WOOD, 0.95)
    _round(st, x, y, s, "-0.56,0.0 0.56,0.0 0.42,0.44 -0.42,0.44", hexc("#d3a86f"))
    for k in (0.14, 0.28):
        st.b.line(sh.pts((x - s * 0.46, y + s * k), (x + s * 0.46, y + s * k)), 2.0, INK, 0.35)


def _pot(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    _round(
        st, x, y, s, "-0.5,-0.14 -0.48,0.3 -0.3,0.46 0.3,0.46 0.48,0.3 0.5,-0.14", hexc("#8b93a5")
    )
    land.solid(st, sh.ellipse(x, y - s * 0.14, s * 0.52, s * 0.13), hexc("#f2c889"))
    for k in (-0.18, 0.14):
        steam = sh.trace(f"{k},-0.3 {k + 0.1},-0.44 {k},-0.58 {k + 0.1},-0.72") * s + sh.at(x, y)
        st.b.line(sh.smooth(steam, False), s * 0.05, WHITE, 0.7)


def _paint(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for dx, color in ((-0.46, hexc("#e2574c")), (0.46, hexc("#4c7fbf"))):
        can = sh.box(x + (dx - 0.32) * s, y - s * 0.16, x + (dx + 0.32) * s, y + s * 0.44)
        land.solid(st, can, hexc("#d8dade"))
        top = sh.ellipse(x + dx * s, y - s * 0.16, s * 0.32, s * 0.1)
        land.solid(st, top, color)


def _egg(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    shell = "0,-0.48 0.28,-0.2 0.36,0.14 0.2,0.42 -0.2,0.42 -0.36,0.14 -0.28,-0.2"
    _round(st, x, y, s, shell, hexc("#fbf1dc"))
    for dx, dy in ((-0.12, -0.1), (0.14, 0.06), (-0.06, 0.24)):
        st.b.wash(sh.ellipse(x + dx * s, y + dy * s, s * 0.06), hexc("#e9b98a"), edge=0.2)


def _rice_cake(st: Surroundings, x: float, y: float, s: float, hue: RGB) -> None:
    for dx, dy, color in ((-0.4, 0.2, "#f7c6cf"), (0.4, 0.2, "#cfe3b4"), (0.0, -0.1, "#fffaf0")):
        cake = sh.ellipse(x + dx * s, y + dy * s, s * 0.36, s * 0.24)
        land.solid(st, cake, hexc(color))


STORY_THINGS: Final[dict[str, Callable[[Surroundings, float, float, float, RGB], None]]] = {
    "flag": _flag,
    "torn_flag": _torn_flag,
    "bridge": _bridge,
    "stones": _stones,
    "bell": _bell,
    "sprout": _sprout,
    "seed": _seed,
    "letter": _letter,
    "map": _map,
    "drawing": _drawing,
    "half_drawing": _half_drawing,
    "chart": _chart,
    "bread": _bread,
    "rice_cake": _rice_cake,
    "umbrella": _umbrella,
    "kite": _kite,
    "medal": _medal,
    "jar": _jar,
    "broken_jar": _broken_jar,
    "drum": _drum,
    "flute": _flute,
    "button": _button,
    "box": _box,
    "tall_box": _boxes,
    "basket": _basket,
    "empty_basket": _empty_basket,
    "pot": _pot,
    "paint": _paint,
    "egg": _egg,
}
"""Every one, by the lexicon's motif."""

STANDING: Final = frozenset(
    (
        *(
            "torn_flag",
            "bridge",
            "stones",
            "sprout",
            "jar",
            "broken_jar",
            "drum",
            "box",
            "tall_box",
        ),
        *("basket", "empty_basket", "pot", "paint", "boat"),
    )
)
"""What stands on the ground, before its owners, rather than in a hand."""
