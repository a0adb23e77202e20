"""Heads: outline, ears and horns, hair, manes and crests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.creatures import clothes, face
from storybook.painter.creatures.figure import Figure
from storybook.painter.palette import BLUSH, WHITE, deepen, hexc, mix
from storybook.painter.pigment import OVER

HORN: Final = hexc("#f6e6bd")
SMOOTH_SKINNED: Final = frozenset(
    [
        "robot",
        "frog",
        "turtle",
        "snail",
        "crocodile",
        "dinosaur",
        "dragon",
        "spirit",
        "pig",
        "hippo",
        "elephant",
        "alien",
        "goblin",
        "snowman",
        "butterfly",
        "bee",
        "ladybug",
    ]
)
"""Kinds without fur: no pencil ticks where a coat turns."""


def head(f: Figure) -> None:
    """The whole head, from the hair behind to the hat."""
    hair_back(f)
    ears_behind(f)
    crest(f)
    f.part(f.head(outline(f)), f.look.coat, light=0.5)
    face.marks(f)
    face.features(f)
    fur(f)
    ears_in_front(f)
    hair_front(f)
    if f.has("glasses"):
        clothes.glasses(f)
    clothes.on_head(f)
    if f.at.bubble:
        clothes.bubble(f)


def outline(f: Figure) -> sh.Pts:
    """A superellipse with cheeks and a jaw, in head units."""
    w, h, square, cheek, jaw = f.plan.head
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    c, s = np.cos(t), np.sin(t)
    x = w * np.sign(c) * np.abs(c) ** (2 / square)
    y = h * np.sign(s) * np.abs(s) ** (2 / square)
    v = np.clip(y / h, 0, 1)
    x = x * (1 + cheek * np.sin(np.pi * np.clip(v * 1.25, 0, 1))) * (1 - (1 - jaw) * v**2)
    return np.stack([x, y], 1)


# Ears and horns. Each takes the side: -1 far, +1 near.


def _long_ear(f: Figure, s: int) -> None:
    bend = 0.12
    if f.emotion == "sad":
        bend = 0.9
    elif s < 0 and "bent ear" in f.look.marks:
        bend = 0.55
    k = f.plan.ear
    spine = sh.pts(
        (s * 0.36, -0.62),
        (s * (0.42 + bend * 0.2), -0.62 - 0.63 * k),
        (s * (0.46 + bend * 0.75), -0.62 - (1.18 - bend * 0.45) * k),
    )
    f.part(f.head(sh.limb(spine, (0.16, 0.24, 0.25, 0.13))), f.look.coat)
    inner = spine[0] * 0.35 + spine * 0.65 + sh.at(0, -0.02)
    f.soft(f.head(sh.limb(inner, (0.07, 0.12, 0.12, 0.06))), f.look.accent, 0.75, 0.008)


def _round_ear(f: Figure, s: int) -> None:
    w, k, look = f.plan.head[0], f.plan.ear, f.look
    dark = f.has("patches") or f.has("bandit")
    f.part(f.head(sh.ellipse(s * 0.70 * w, -0.66, 0.34 * k)), look.accent if dark else look.coat)
    inner = mix(look.accent, BLUSH, 0.6) if f.has("stripes") or f.has("spots") else look.accent
    f.soft(f.head(sh.ellipse(s * 0.70 * w, -0.63, 0.19 * k)), inner, 0.7, 0.008)


def _monkey_ear(f: Figure, s: int) -> None:
    f.part(f.head(sh.ellipse(s * 1.0, -0.04, 0.3)), f.look.coat)
    f.soft(f.head(sh.ellipse(s * 1.02, -0.03, 0.17)), f.look.accent, 0.8, 0.006)


def _pointed_ear(f: Figure, s: int) -> None:
    w, k, look = f.plan.head[0], f.plan.ear, f.look
    q = sh.pts((s * 0.22, -0.70), (s * (0.52 + 0.12 * k), -0.72 - 0.72 * k), (s * 0.95 * w, -0.28))
    middle = q.mean(0)
    if f.emotion == "sad":
        q = q + sh.pts((0, 0), (s * 0.28, 0.42), (0, 0))
    root, tip, out = q
    ear = sh.smooth(
        np.stack(
            [
                root,
                root * 0.4 + tip * 0.6 + (-s * 0.06, -0.02),
                tip,
                tip * 0.5 + out * 0.5 + (s * 0.08, -0.04),
                out,
                middle + sh.at(0, 0.2),
            ]
        ),
        n=6,
    )
    f.part(f.head(ear), look.coat)
    dark_tip = f.has("mask") and f.has("socks")
    inner = hexc("#f6dcc0") if f.has("mask") else look.accent
    f.soft(f.head(middle + (ear - middle) * 0.55 + sh.at(0, 0.02)), inner, 0.8, 0.006)
    if dark_tip:
        f.soft(f.head(tip + (ear - tip) * 0.32), look.accent, 0.85, 0.006)


def _tufted_ear(f: Figure, s: int) -> None:
    """A squirrel's: rounded, with a pencil of hair."""
    look = f.look
    ear = sh.smooth(sh.trace("0.3,-0.72 0.42,-1.12 0.62,-1.24 0.78,-1.02 0.82,-0.5") * (s, 1), n=5)
    f.part(f.head(ear), look.coat)
    f.soft(f.head(sh.ellipse(s * 0.6, -0.88, 0.12, 0.2, s * 0.2)), look.accent, 0.7, 0.006)
    for dx in (-0.1, 0.0, 0.1):
        hair = sh.pts((s * 0.62 + dx * 0.4, -1.16), (s * 0.66 + dx, -1.48 + abs(dx)))
        f.stroke(f.head(hair), 1.6, deepen(f.lit(look.coat), 1.8), 0.85)


def _horn(f: Figure, s: int) -> None:
    spine = sh.trace("0.36,-0.68 0.55,-1.0 0.50,-1.32") * (s, 1)
    f.part(f.head(sh.limb(spine, (0.14, 0.11, 0.03))), HORN)
    _side_ear(f, s)


def _side_ear(f: Figure, s: int) -> None:
    ear = sh.smooth(sh.trace("0.8,-0.4 1.35,-0.56 1.25,-0.14 0.85,-0.05") * (s, 1), n=5)
    f.part(f.head(ear), f.look.coat)
    f.soft(
        f.head(sh.ellipse(s * 1.08, -0.3, 0.16, 0.09)), mix(f.look.accent, BLUSH, 0.5), 0.6, 0.005
    )


def _antler(f: Figure, s: int) -> None:
    wood = hexc("#a67c58")
    f.part(
        f.head(sh.limb(sh.trace("0.3,-0.7 0.5,-1.1 0.48,-1.55") * (s, 1), (0.09, 0.075, 0.04))),
        wood,
    )
    f.part(
        f.head(sh.limb(sh.trace("0.46,-1.05 0.72,-1.2 0.8,-1.42") * (s, 1), (0.06, 0.05, 0.03))),
        wood,
    )
    _side_ear(f, s)


def _ossicone(f: Figure, s: int) -> None:
    f.part(f.head(sh.limb(sh.trace("0.3,-0.7 0.36,-1.2") * (s, 1), (0.09, 0.08))), f.look.coat)
    f.part(f.head(sh.ellipse(s * 0.37, -1.26, 0.15)), f.look.accent)
    _side_ear(f, s)


def _fan_ear(f: Figure, s: int) -> None:
    """An elephant's."""
    ear = sh.smooth(
        sh.trace("0.6,-0.72 1.1,-0.95 1.62,-0.62 1.66,0.05 1.3,0.5 0.9,0.42 0.7,0.1") * (s, 1), n=6
    )
    f.part(f.head(ear), f.look.coat)
    f.soft(f.head(ear * 0.62 + sh.at(s * 0.45, -0.08)), f.look.accent, 0.6, 0.014)


def _feeler(f: Figure, s: int) -> None:
    curve = sh.smooth(sh.trace("0.25,-0.8 0.4,-1.2 0.62,-1.38") * (s, 1), False)
    f.stroke(f.head(curve), 1.5)
    f.part(f.head(sh.ellipse(s * 0.64, -1.42, 0.11)), f.look.accent, line=0.8)


def _goblin_ear(f: Figure, s: int) -> None:
    ear = sh.smooth(sh.trace("0.85,-0.2 1.4,-0.5 1.3,0.0 0.9,0.2") * (s, 1), n=5)
    f.part(f.head(ear), f.look.coat)
    if s > 0:
        f.part(f.head(sh.limb(sh.trace("0.06,-0.8 0.1,-1.2 0.06,-1.5"), (0.2, 0.14, 0.03))), HORN)


def _antenna(f: Figure, s: int) -> None:
    if s > 0:
        f.stroke(f.head(sh.trace("0,-0.8 0.03,-1.18")), 1.6)
        f.part(f.head(sh.ellipse(0.03, -1.24, 0.12)), hexc("#efb84e"), line=0.8)
    cup = sh.ellipse(s * 1.04 * f.plan.head[0], 0.0, 0.13, 0.24)
    f.part(f.head(cup), f.look.accent, line=0.8)


def _eye_bump(f: Figure, s: int) -> None:
    f.part(f.head(sh.ellipse(s * 0.52 + 0.06, -0.62, 0.33)), f.look.coat)


EARS: Final[dict[str, Callable[[Figure, int], None]]] = {
    "long": _long_ear,
    "round": _round_ear,
    "monkey": _monkey_ear,
    "point": _pointed_ear,
    "tuft": _pointed_ear,
    "tufted": _tufted_ear,
    "horn": _horn,
    "side": _side_ear,
    "antler": _antler,
    "ossicone": _ossicone,
    "fan": _fan_ear,
    "feelers": _feeler,
    "goblin": _goblin_ear,
    "antenna": _antenna,
    "eyes": _eye_bump,
}


def ears_behind(f: Figure) -> None:
    """Ears and horns that grow behind the head's outline."""
    draw = EARS.get(f.plan.ears)
    if draw is not None:
        for side in (-1, 1):
            draw(f, side)


def ears_in_front(f: Figure) -> None:
    """Ears that hang over the cheeks."""
    if f.plan.ears == "flop":
        for s in (-1, 1):
            spine = sh.trace("0.62,-0.66 1.02,-0.42 1.10,0.10 1.0,0.34") * (s, 1)
            f.part(f.head(sh.limb(spine, (0.13, 0.24, 0.27, 0.16))), f.look.accent)
    if f.has("onehorn"):
        f.part(f.head(sh.limb(sh.trace("0.12,-0.7 0.2,-1.15 0.26,-1.5"), (0.13, 0.09, 0.02))), HORN)


# Hair.

WIDE_FRINGE: Final = "0.95,0.12 0.86,-0.2 0.45,-0.24 0,-0.21 -0.45,-0.24 -0.86,-0.2 -0.95,0.12"
FRINGES: Final = {
    "boy": "0.93,-0.05 0.8,-0.30 0.55,-0.22 0.32,-0.36 0.05,-0.24 -0.25,-0.36 -0.5,-0.24 "
    "-0.8,-0.28 -0.93,-0.05",
    "wild": "0.97,0.02 0.84,-0.38 0.6,-0.26 0.36,-0.5 0.08,-0.3 -0.24,-0.5 -0.52,-0.28 "
    "-0.8,-0.4 -0.97,0.02",
    "beard": "0.98,0.15 0.86,-0.4 0.5,-0.62 0.1,-0.66 -0.35,-0.66 -0.75,-0.5 -0.98,0.1",
    "kingly": "0.93,-0.05 0.8,-0.30 0.4,-0.42 0,-0.36 -0.4,-0.42 -0.8,-0.28 -0.93,-0.05",
}
CROWNED: Final = frozenset({"crown", "queenly", "princely", "kingly"})


def hair_back(f: Figure) -> None:
    """Hair behind the head: loose, plaited, in a bun or in a topknot."""
    look, style = f.look, f.look.hair_style
    traditional = look.outfit.startswith("hanbok")
    if style in ("girl", "crown") and not traditional:
        half = sh.trace("0,-1.06 0.75,-0.85 1.1,-0.1 1.14,0.6 0.85,0.98 0,0.8")
        f.part(f.head(sh.smooth(sh.mirror(half))), look.hair)
    elif style in ("girl", "crown") and f.pose != "sleeping":
        spine = sh.trace("-0.5,0.3 -0.95,0.9 -0.9,1.7 -1.0,2.35")
        f.part(f.head(sh.limb(spine, (0.24, 0.19, 0.15, 0.09))), look.hair)
        end = spine[-2:] * 0.5 + spine[-1] * 0.5
        f.part(f.head(sh.limb(end, (0.14, 0.16))), hexc("#c8434a"), line=0.8)
    elif style in ("bun", "chignon", "queenly"):
        f.part(f.head(sh.ellipse(-0.78, -0.5, 0.42)), look.hair)
        if traditional:
            f.stroke(f.head(sh.pts((-1.28, -0.38), (-0.35, -0.75))), 2.2, hexc("#a9843a"))
    elif style in ("boy", "princely", "kingly") and traditional:
        f.part(f.head(sh.ellipse(0.0, -1.1, 0.2, 0.24)), look.hair)
    elif style == "wild":
        f.part(f.head(sh.star(0, -0.25, 1.38, 1.12, 11)), look.hair, wob=3)


def hair_front(f: Figure) -> None:
    """The cap of hair with its fringe, and what crowns it."""
    look, style = f.look, f.look.hair_style
    if not style:
        return
    w, h = f.plan.head[0] * 1.05, f.plan.head[1] * 1.06
    t = np.linspace(np.pi * 0.97, 2 * np.pi * 1.008, 26)
    cap = np.stack([w * np.cos(t), h * np.sin(t)], 1)
    f.part(f.head(np.concatenate([cap, sh.smooth(_fringe(f), False, 5)])), look.hair, light=0.5)
    shine = np.stack([0.74 * w * np.cos(t[7:15]), 0.8 * h * np.sin(t[7:15])], 1)
    f.b.line(f.page(f.head(shine)), f.ink * 3.4, mix(look.hair, WHITE, 0.5), 0.55, mode=OVER)
    if style == "beard":
        _beard(f)
    elif style in CROWNED and look.garment != "crown":
        _crown(f)
    elif style == "chignon" and look.outfit.startswith("hanbok"):
        f.stroke(f.head(sh.pts((0.1, -0.98), (0.05, -0.5))), 0.8, mix(look.hair, WHITE, 0.4), 0.6)


def _fringe(f: Figure) -> sh.Pts:
    look, style = f.look, f.look.hair_style
    if style in FRINGES:
        return sh.trace(FRINGES[style])
    if style == "girl" and "wide fringe" in look.marks and look.outfit != "hanbok_f":
        return sh.trace(WIDE_FRINGE)
    x = 0.25 if "parted right" in look.marks else -0.2
    return sh.pts(
        (0.95, 0.14),
        (0.84, -0.18),
        (x + 0.22, -0.42),
        (x, -0.56),
        (x - 0.26, -0.38),
        (-0.82, -0.16),
        (-0.95, 0.14),
    )


def _beard(f: Figure) -> None:
    white = mix(f.look.hair, WHITE, 0.6)
    beard = sh.trace(
        "0.86,0.1 0.78,0.42 0.55,0.56 0.34,0.5 0.14,0.56 -0.1,0.5 -0.4,0.55 -0.7,0.4 -0.86,0.05 "
        "-0.84,0.6 -0.5,1.12 0.05,1.5 0.56,1.12 0.84,0.6"
    )
    f.part(f.head(sh.smooth(beard, n=4)), white)
    for s in (-1, 1):
        whisker = sh.smooth(
            sh.pts((f.turn, 0.4), (f.turn + s * 0.3, 0.42), (f.turn + s * 0.46, 0.6)), False
        )
        f.part(f.head(sh.limb(whisker, (0.05, 0.09, 0.02))), white, line=0.8)


def _crown(f: Figure) -> None:
    tall = f.look.hair_style in ("crown", "queenly")
    crown = (
        sh.trace("-0.42,-0.86 -0.5,-1.32 -0.24,-1.08 0,-1.42 0.24,-1.08 0.5,-1.32 0.42,-0.86")
        if tall
        else sh.trace("-0.38,-0.9 -0.46,-1.26 -0.2,-1.12 0,-1.36 0.2,-1.12 0.46,-1.26 0.38,-0.9")
    )
    if f.look.hair_style == "kingly":
        crown = crown * (1.25, 1.05)
    f.part(f.head(crown), clothes.GOLD)
    f.dot(f.head(sh.ellipse(0, -1.0, 0.07)), hexc("#d9564a"))


# Fur.


def fur(f: Figure) -> None:
    """A few pencil ticks where the coat turns."""
    if f.plan.human or f.look.kind in SMOOTH_SKINNED or f.plan.form != "biped":
        return
    c, w, h = deepen(f.lit(f.look.coat), 2.4), f.plan.head[0], f.plan.head[1]
    ticks = (
        (-0.10, -h + 0.05, -0.05, 0.15),
        (0.02, -h + 0.04, 0.0, 0.17),
        (0.13, -h + 0.05, 0.05, 0.14),
        (-w * 0.93, 0.30, 0.13, 0.03),
        (-w * 0.88, 0.42, 0.13, 0.0),
        (w * 0.95, 0.28, -0.12, 0.03),
        (w * 0.9, 0.41, -0.12, 0.0),
    )
    for x, y, dx, dy in ticks:
        tick = sh.pts((x, y), (x + dx * 0.5, y + dy * 0.6), (x + dx, y + dy))
        f.stroke(f.head(tick), 0.7, c, 0.6)


def _mane(f: Figure) -> None:
    f.part(f.head(sh.smooth(sh.star(0, 0, 1.4, 1.2, 13) * (1, 0.95), n=4)), f.look.accent)


def _wool(f: Figure) -> None:
    """A sheep's cap of curls."""
    for t in np.linspace(np.pi * 0.92, np.pi * 2.08, 9):
        f.part(f.head(sh.ellipse(0.82 * np.cos(t), 0.8 * np.sin(t), 0.3)), f.look.accent, line=0.8)


def _tufts(f: Figure) -> None:
    look = f.look
    color = look.coat if f.has("stripes") else mix(look.belly, look.coat, 0.25)
    for s in (-1, 1):  # the near cheek is foreshortened
        wide = s * (1.0 if s < 0 else 0.9)
        tuft = sh.trace("0.78,0.06 1.24,0.36 1.04,0.40 1.12,0.62 0.6,0.66") * (wide, 1)
        f.part(f.head(sh.smooth(tuft, n=4)), color, line=0.8)


def _spines(f: Figure) -> None:
    for y, x in ((-0.98, 0.0), (-0.85, -0.34), (-0.55, -0.74), (-0.15, -0.98)):
        spine = sh.pts((x + 0.16, y - 0.02), (x - 0.13, y - 0.28), (x - 0.12, y + 0.14))
        f.part(f.head(sh.smooth(spine, n=4)), f.look.accent, line=0.8)


def _feather_crest(f: Figure) -> None:
    for a in (-0.3, 0.0, 0.3):
        f.part(
            f.head(sh.limb(sh.pts((0, -0.8), (a - 0.1, -1.22)), (0.07, 0.09, 0.02))),
            f.look.coat,
            line=0.8,
        )


def _comb(f: Figure) -> None:
    for x, y in ((-0.26, -0.92), (0.26, -0.92), (0.0, -1.02)):
        f.part(f.head(sh.ellipse(x, y, 0.19, 0.24)), f.look.accent, line=0.8)


def _head_quills(f: Figure) -> None:
    f.part(f.head(sh.star(-0.05, -0.12, 1.36, 1.08, 17)), f.look.accent)


_CRESTS: Final[dict[str, Callable[[Figure], None]]] = {
    "mane": _mane,
    "fleece": _wool,
    "tufts": _tufts,
    "spines": _spines,
    "crest": _feather_crest,
    "comb": _comb,
    "quills": _head_quills,
}


def crest(f: Figure) -> None:
    """What stands out behind the head's outline."""
    for mark, draw in _CRESTS.items():
        if f.has(mark):
            draw(f)
