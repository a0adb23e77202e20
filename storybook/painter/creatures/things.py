"""Things that come alive: what makes a vehicle, a fruit or a mushroom of a spirit's body.

A spirit's outline is chosen by its plan's mark. Here are the outlines of things, and the parts
that are drawn over them: wheels, windows, leaves. All in body units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from storybook.painter import shapes as sh
from storybook.painter.creatures.figure import Figure
from storybook.painter.creatures.plan import LONG, Plan
from storybook.painter.palette import WHITE, deepen, hexc, mix

GLASS: Final = hexc("#d3ebf2")
TYRE: Final = hexc("#5b565f")
LEAF: Final = hexc("#86b060")

OUTLINES: Final[dict[str, sh.Pts]] = {
    "car": sh.smooth(
        sh.trace(
            "-0.66,-0.14 -0.70,-0.40 -0.58,-0.52 -0.42,-0.56 -0.30,-0.88 0.24,-0.90 0.42,-0.56 "
            "0.62,-0.50 0.70,-0.36 0.66,-0.14"
        ),
        n=4,
    ),
    "bus": sh.smooth(
        sh.trace("-0.66,-0.14 -0.70,-0.84 -0.58,-0.94 0.56,-0.94 0.68,-0.84 0.70,-0.14"), n=4
    ),
    "train": sh.smooth(
        sh.trace(
            "-0.68,-0.14 -0.68,-0.92 -0.16,-0.92 -0.14,-0.70 0.30,-0.70 0.30,-0.96 0.50,-0.96 "
            "0.48,-0.70 0.66,-0.62 0.70,-0.14"
        ),
        n=3,
    ),
    "airplane": sh.smooth(
        sh.trace(
            "-0.62,-0.44 -0.86,-0.86 -0.64,-0.84 -0.44,-0.62 0.20,-0.76 0.56,-0.66 0.72,-0.46 "
            "0.56,-0.28 0.16,-0.18 -0.36,-0.26"
        ),
        n=5,
    ),
    "rocket": sh.smooth(
        sh.trace(
            "0,-1.08 0.22,-0.84 0.30,-0.52 0.26,-0.30 0.46,-0.12 0.18,-0.18 -0.18,-0.18 "
            "-0.46,-0.12 -0.26,-0.30 -0.30,-0.52 -0.22,-0.84"
        ),
        n=5,
    ),
    "boat": sh.smooth(
        sh.trace("-0.70,-0.56 -0.30,-0.48 0.30,-0.48 0.74,-0.58 0.54,-0.14 -0.48,-0.14"), n=5
    ),
    "dumpling": sh.smooth(
        sh.trace(
            "-0.58,-0.16 -0.56,-0.50 -0.36,-0.66 -0.20,-0.80 -0.06,-0.72 0.06,-0.84 0.20,-0.72 "
            "0.36,-0.68 0.56,-0.50 0.58,-0.16 0,-0.10"
        ),
        n=5,
    ),
    "loaf": sh.smooth(
        sh.trace(
            "-0.44,-0.12 -0.44,-0.52 -0.54,-0.70 -0.34,-0.90 0.34,-0.90 0.54,-0.70 "
            "0.44,-0.52 0.44,-0.12"
        ),
        n=5,
    ),
    "root": sh.smooth(
        sh.trace(
            "0,-0.04 0.14,-0.22 0.32,-0.62 0.26,-0.86 0,-0.92 -0.26,-0.86 -0.32,-0.62 -0.14,-0.22"
        ),
        n=5,
    ),
    "egg": sh.smooth(
        sh.trace("0,-0.10 0.36,-0.24 0.36,-0.58 0.18,-0.92 -0.18,-0.92 -0.36,-0.58 -0.36,-0.24"),
        n=6,
    ),
    "mushroom": sh.smooth(
        sh.trace(
            "-0.22,-0.08 -0.20,-0.44 -0.56,-0.46 -0.52,-0.78 -0.20,-1.0 0.20,-1.0 0.52,-0.78 "
            "0.56,-0.46 0.20,-0.44 0.22,-0.08"
        ),
        n=5,
    ),
    "cactus": sh.smooth(
        sh.trace(
            "-0.24,-0.06 -0.26,-0.40 -0.50,-0.44 -0.54,-0.72 -0.42,-0.74 -0.38,-0.56 -0.26,-0.56 "
            "-0.24,-0.92 0,-1.04 0.24,-0.92 0.26,-0.48 0.38,-0.48 0.42,-0.66 0.54,-0.64 "
            "0.50,-0.36 0.26,-0.32 0.24,-0.06"
        ),
        n=4,
    ),
    "blossom": sh.smooth(sh.star(0, -0.5, 0.54, 0.40, 8), n=6),
}
_ARMLESS: Final = LONG | {"cactus"}
FACES: Final[dict[str, tuple[float, float]]] = {
    "car": (0.06, -0.40),
    "bus": (0.04, -0.42),
    "train": (0.10, -0.42),
    "airplane": (0.22, -0.48),
    "boat": (0.02, -0.33),
    "dumpling": (0.0, -0.42),
    "mushroom": (0.0, -0.32),
}
"""Where the face of a thing is, if not where a spirit's is."""


def has_arms(plan: Plan) -> bool:
    """Has it arms at its sides?"""
    return _ARMLESS.isdisjoint(plan.marks)


def dress(f: Figure) -> None:
    """Draw over the outline what belongs to the thing."""
    for mark, draw in _PARTS.items():
        if f.has(mark):
            draw(f)


def _wheels(f: Figure) -> None:
    for x in (-0.40, 0.40):
        f.part(sh.ellipse(x, -0.13, 0.15), TYRE)
        f.part(sh.ellipse(x, -0.13, 0.062), hexc("#e3e0da"), line=0.7)


def _cab(f: Figure) -> None:
    for outline in (
        "-0.31,-0.58 -0.22,-0.80 -0.05,-0.81 -0.05,-0.58",
        "0.03,-0.58 0.03,-0.81 0.18,-0.81 0.30,-0.58",
    ):
        f.part(sh.smooth(sh.trace(outline), n=3), GLASS, line=0.8)
    f.part(sh.ellipse(0.63, -0.34, 0.05, 0.06), hexc("#ffe9a8"), line=0.7)


def _windows(f: Figure) -> None:
    for x in (-0.46, -0.15, 0.16, 0.47):
        pane = sh.smooth(sh.box(x - 0.11, -0.86, x + 0.11, -0.64), n=3)
        f.part(pane, GLASS, line=0.8)


def _engine(f: Figure) -> None:
    f.part(sh.smooth(sh.box(-0.58, -0.82, -0.28, -0.56), n=3), GLASS, line=0.8)
    f.part(sh.box(-0.76, -1.0, -0.08, -0.90), deepen(f.look.coat, 1.6), line=0.8)
    for x, y, r in ((0.34, -1.10, 0.09), (0.22, -1.22, 0.12)):
        f.soft(sh.ellipse(x, y, r), WHITE, 0.7, 0.02)


def _wing(f: Figure) -> None:
    f.part(sh.smooth(sh.trace("-0.20,-0.34 -0.02,-0.28 -0.22,0.02 -0.44,0.0"), n=4), f.look.accent)
    for x in (-0.20, -0.04):
        f.part(sh.ellipse(x, -0.55, 0.055), GLASS, line=0.7)


def _porthole(f: Figure) -> None:
    f.part(
        sh.trace("-0.20,-0.16 0.20,-0.16 0.12,0.02 0,-0.06 -0.12,0.02"), hexc("#f6b45c"), line=0.6
    )
    f.soft(sh.smooth(sh.trace("0,-1.06 0.2,-0.84 -0.2,-0.84"), n=4), f.look.accent, 0.9, 0.004)


def _sails(f: Figure) -> None:
    f.stroke(sh.pts((0, -0.5), (0, -1.12)), 1.6)
    f.part(sh.smooth(sh.trace("0.04,-1.08 0.46,-0.62 0.04,-0.60"), n=4), hexc("#fbf3e2"))
    f.part(sh.smooth(sh.trace("-0.04,-0.98 -0.04,-0.62 -0.36,-0.64"), n=4), f.look.accent)


def _pleats(f: Figure) -> None:
    for x in (-0.26, -0.10, 0.06, 0.22):
        fold = sh.pts((x, -0.76 + abs(x) * 0.3), (x + 0.03, -0.66), (x - 0.01, -0.58))
        f.stroke(sh.smooth(fold, False), 0.8, deepen(f.look.coat, 2.4), 0.7)


def _leaf(f: Figure) -> None:
    f.stroke(sh.pts((0, -0.86), (0.03, -1.0)), 1.4, hexc("#7f6244"))
    f.part(sh.smooth(sh.trace("0.02,-0.95 0.16,-1.06 0.32,-1.0 0.16,-0.92"), n=5), LEAF, line=0.8)


def _greens(f: Figure) -> None:
    for tip in ("-0.24,-1.12", "0.02,-1.2", "0.26,-1.1"):
        spine = sh.trace(f"0,-0.86 {tip}")
        f.part(sh.limb(spine, (0.04, 0.06)), LEAF, line=0.8)


def _spots(f: Figure) -> None:
    stalk = sh.smooth(sh.trace("-0.22,-0.08 -0.20,-0.46 0.20,-0.46 0.22,-0.08"), n=5)
    f.part(stalk, hexc("#fbf1dc"))
    for x, y, r in ((-0.28, -0.66, 0.08), (0.06, -0.82, 0.1), (0.34, -0.62, 0.07)):
        f.part(sh.ellipse(x, y, r, r * 0.8), hexc("#fff8ea"), line=0.5)


def _prickles(f: Figure) -> None:
    for x, y in ((-0.14, -0.78), (0.12, -0.86), (0.16, -0.26), (-0.15, -0.22), (0.0, -0.16)):
        f.stroke(sh.pts((x, y), (x + 0.03, y - 0.05)), 0.9, deepen(f.look.coat, 2.4), 0.8)
    f.part(sh.star(0, -1.05, 0.12, 0.07), hexc("#f09cb0"), line=0.7)


def _heart(f: Figure) -> None:
    f.part(sh.ellipse(0, -0.5, 0.33), mix(hexc("#f6d77a"), f.look.belly, 0.2), line=0.7)


def _beacon(f: Figure) -> None:
    f.part(sh.ellipse(-0.03, -0.93, 0.10, 0.07), f.look.accent, line=0.8)


_PARTS: Final[dict[str, Callable[[Figure], None]]] = {
    "train": _engine,
    "cab": _cab,
    "windows": _windows,
    "wheels": _wheels,
    "beacon": _beacon,
    "airplane": _wing,
    "rocket": _porthole,
    "boat": _sails,
    "dumpling": _pleats,
    "leaf": _leaf,
    "greens": _greens,
    "mushroom": _spots,
    "cactus": _prickles,
    "blossom": _heart,
}
