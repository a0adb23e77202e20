"""Clothes: what covers the body, and what is worn with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.creatures.body import torso_outline
from storybook.painter.creatures.figure import Figure
from storybook.painter.palette import WHITE, deepen, hexc, mix, shift
from storybook.painter.pigment import OVER

GOLD: Final = hexc("#f3c94f")
HORSEHAIR: Final = hexc("#4a4448")
FLOWER_HEART: Final = hexc("#f6cf57")


# What covers the body.


def outfit(f: Figure) -> None:
    """The clothes of a dressed figure, over its trunk; a shirt where they are not known: a recorded
    figure may be of another painter."""
    _OUTFITS.get(f.look.outfit, _shirt)(f)


def _skirt(f: Figure, top: float, flare: float, hem: float) -> None:
    look, d = f.look, f.drop
    color = look.cloth2 if look.outfit == "hanbok_f" else look.cloth
    half = sh.pts(
        (0, top),
        (0.11, top),
        (0.20, (top + hem) / 2 - 0.02),
        (flare, hem - 0.035),
        (flare * 0.9, hem),
        (flare * 0.45, hem + 0.022),
        (0, hem + 0.014),
    )
    f.part(sh.smooth(sh.mirror(half), n=5) + sh.at(0, d * 0.7), color, second=shift(color, 0.05))
    for k in (-0.6, -0.25, 0.12, 0.5):
        fold = sh.pts(
            (k * 0.12, -0.36 + d), (k * 0.26, -0.22 + d * 0.8), (k * 0.42, -0.085 + d * 0.7)
        )
        f.stroke(sh.smooth(fold, False), 0.6, deepen(f.lit(color), 1.8), 0.5)


def _hanbok_f(f: Figure) -> None:
    _skirt(f, -0.45, 0.31, -0.055)
    _jeogori(f, -0.40)


def _hanbok_m(f: Figure) -> None:
    hip = sh.smooth(
        sh.mirror(sh.trace("0,-0.34 0.15,-0.33 0.19,-0.24 0.175,-0.16 0.06,-0.15 0,-0.17")), n=5
    )
    f.part(hip + sh.at(0, f.drop), f.look.cloth2)
    _jeogori(f, -0.30)


def _jeogori(f: Figure, low: float) -> None:
    """The hanbok's jacket with its white collar and ribbons."""
    look, d, sw = f.look, f.drop, f.plan.body[0]
    half = sh.pts(
        (0, -0.565), (0.10, -0.555), (sw + 0.012, -0.47), (sw + 0.03, low), (0, low + 0.02)
    )
    f.part(sh.smooth(sh.mirror(half), n=8) + sh.at(0, d), look.cloth)
    for collar in ("-0.075,-0.56 -0.01,-0.50 0.06,-0.42", "0.085,-0.56 0.055,-0.49 0.03,-0.45"):
        f.band(sh.smooth(sh.trace(collar), False) + sh.at(0, d), 0.017, WHITE)
    ribbon = look.cloth2 if look.outfit == "hanbok_m" else shift(look.cloth2, 0.0, 0.05, 0.02)
    for dx, dy in ((0.05, 0.20), (0.10, 0.17)):
        tie = sh.pts((0.055, -0.425), (0.055 + dx * 0.4, -0.34), (0.04 + dx, -0.425 + dy))
        f.band(sh.smooth(tie, False) + sh.at(0, d), 0.016, ribbon)


def _shirt(f: Figure) -> None:
    hw, d = f.plan.body[1], f.drop
    half = sh.pts(
        (0, -0.24),
        (0.13, -0.24),
        (hw * 0.98, -0.16),
        (hw * 0.86, -0.10),
        (0.03, -0.085),
        (0, -0.10),
    )
    f.part(sh.smooth(sh.mirror(half), n=5) + sh.at(0, d), f.look.cloth2)
    f.part(torso_outline(f) * (1, 0.86) + sh.at(0, -0.075 + d * 0.14), f.look.cloth)
    _collar(f)


def _dress(f: Figure) -> None:
    f.part(torso_outline(f), f.look.cloth)
    _skirt(f, -0.40, 0.245, -0.13)
    _collar(f)


def _collar(f: Figure) -> None:
    for s in (-1, 1):
        lapel = sh.smooth(sh.trace("0,-0.545 0.10,-0.56 0.11,-0.50 0.05,-0.485") * (s, 1), n=4)
        f.part(lapel + sh.at(0, f.drop), WHITE, line=0.7)


def _pelt(f: Figure) -> None:
    """A goblin's skirt of tiger skin."""
    f.part(torso_outline(f), f.look.coat)
    half = sh.trace("0,-0.30 0.17,-0.30 0.23,-0.14 0.17,-0.10 0.11,-0.135 0.05,-0.09 0,-0.12")
    skin = sh.smooth(sh.mirror(half), n=4) + sh.at(0, f.drop)
    f.part(skin, f.look.accent)
    for x in (-0.13, -0.04, 0.06, 0.14):
        stripe = sh.limb(sh.pts((x, -0.28 + f.drop), (x * 1.2, -0.17 + f.drop)), (0.014, 0.004))
        f.soft(stripe, hexc("#5a4038"), 0.8, 0.002)


def _overcoat(f: Figure) -> None:
    """A buttoned coat with a hood."""
    look, d = f.look, f.drop
    f.part(sh.ellipse(0, -0.53 + d, f.plan.body[0] * 1.25, 0.075), look.cloth)
    f.part(torso_outline(f), look.cloth)
    half = sh.trace("0,-0.36 0.14,-0.36 0.21,-0.2 0.215,-0.12 0.1,-0.1 0,-0.11")
    f.part(sh.smooth(sh.mirror(half), n=5) + sh.at(0, d * 0.8), look.cloth)
    f.stroke(sh.pts((0.03, -0.5 + d), (0.03, -0.12 + d * 0.8)), 0.8, deepen(look.cloth, 2), 0.7)
    for y in (-0.42, -0.32, -0.22):
        f.part(sh.ellipse(0.075, y + d, 0.018), GOLD, line=0.6)


def _suit(f: Figure) -> None:
    """A space suit: one piece, with a broad stripe and a panel on the chest."""
    look, d = f.look, f.drop
    f.part(torso_outline(f), look.cloth)
    f.band(sh.smooth(sh.trace("-0.15,-0.24 0,-0.21 0.17,-0.24"), False) + sh.at(0, d), 0.024, WHITE)
    f.part(sh.smooth(sh.box(-0.07, -0.45, 0.09, -0.33), n=4) + sh.at(0.01, d), WHITE, line=0.8)
    for x, code in ((-0.03, "#e2695c"), (0.02, "#efb84e"), (0.07, "#6fb08a")):
        f.dot(sh.ellipse(x, -0.39 + d, 0.017), hexc(code))
    f.band(sh.smooth(sh.trace("-0.1,-0.545 0,-0.52 0.11,-0.545"), False) + sh.at(0, d), 0.03, WHITE)


_OUTFITS: Final[dict[str, Callable[[Figure], None]]] = {
    "hanbok_f": _hanbok_f,
    "hanbok_m": _hanbok_m,
    "shirt": _shirt,
    "dress": _dress,
    "overcoat": _overcoat,
    "suit": _suit,
    "pelt": _pelt,
}


# What is worn over the body, under the arms.


def _scarf(f: Figure) -> None:
    neck, cloth = -0.525 + f.drop, f.look.cloth
    end = sh.pts((-0.13, neck + 0.02), (-0.15, neck + 0.16), (-0.19, neck + 0.24))
    f.part(sh.limb(end, (0.035, 0.045, 0.05)), cloth)
    around = sh.pts((-0.15, neck - 0.01), (0, neck + 0.03), (0.16, neck - 0.01))
    f.part(sh.limb(around, (0.048, 0.052, 0.048)), cloth)
    for x in (-0.07, 0.02, 0.10):
        f.stroke(sh.pts((x, neck - 0.02), (x + 0.015, neck + 0.065)), 1.3, cloth, 0.6)


def _vest(f: Figure) -> None:
    (sw, hw), cloth = f.plan.body, f.look.cloth
    for s in (-1, 1):
        side = sh.pts(
            (s * 0.05, -0.55),
            (s * sw, -0.53),
            (s * (sw + 0.025), -0.40),
            (s * (hw + 0.008), -0.24),
            (s * 0.10, -0.22),
            (s * 0.055, -0.40),
        )
        f.part(sh.smooth(side, n=5) + sh.at(0.01, f.drop), cloth, second=shift(cloth, 0.04))
        f.soft(sh.ellipse(s * 0.095 + 0.01, -0.30 + f.drop, 0.012), deepen(cloth, 2), 0.9, 0.001)


def _bow(f: Figure) -> None:
    y, cloth = -0.505 + f.drop, f.look.cloth
    for s in (-1, 1):
        wing = sh.pts((0.015, y), (s * 0.10 + 0.015, y - 0.05), (s * 0.11 + 0.015, y + 0.055))
        f.part(sh.smooth(wing, n=5), cloth)
    f.part(sh.ellipse(0.015, y + 0.002, 0.025), cloth)


def _satchel(f: Figure) -> None:
    strap = sh.smooth(sh.trace("-0.12,-0.52 0.03,-0.38 0.15,-0.25"), False)
    f.band(strap + sh.at(0, f.drop), 0.014, f.look.cloth)
    bag = sh.smooth(sh.trace("0.09,-0.27 0.24,-0.27 0.25,-0.14 0.09,-0.13"), n=5)
    f.part(bag + sh.at(0, f.drop), f.look.cloth)
    f.stroke(sh.pts((0.10, -0.21 + f.drop), (0.235, -0.21 + f.drop)), 0.8)


def _bojagi(f: Figure) -> None:
    """A wrapping cloth knotted across the chest, its bundle on the back."""
    f.band(
        sh.smooth(sh.trace("-0.13,-0.30 0.0,-0.40 0.13,-0.53"), False) + sh.at(0, f.drop),
        0.02,
        f.look.cloth,
    )
    for s in (-1, 1):
        ear = sh.pts((0.0, -0.40), (s * 0.06, -0.45 - s * 0.01), (s * 0.07, -0.38))
        f.part(sh.smooth(ear, n=4) + sh.at(0, f.drop), f.look.cloth, line=0.8)


def _sash(f: Figure) -> None:
    """A broad sash around the waist, its ends hanging."""
    hw, y = f.plan.body[1], -0.28 + f.drop
    for dx in (0.06, 0.11):
        end = sh.pts((-0.05, y), (-0.05 - dx * 0.4, y + 0.08), (-0.05 - dx, y + 0.15))
        f.band(sh.smooth(end, False), 0.022, f.look.cloth)
    waist = sh.pts((-hw * 0.95, y - 0.01), (0, y + 0.03), (hw * 0.97, y - 0.01))
    f.band(sh.smooth(waist, False), 0.036, f.look.cloth)


def _badge(f: Figure) -> None:
    f.part(sh.star(-0.07, -0.43 + f.drop, 0.045, 0.022), GOLD, line=0.7)


def _bell(f: Figure) -> None:
    y = -0.515 + f.drop
    f.band(
        sh.smooth(sh.pts((-0.14, y - 0.01), (0, y + 0.025), (0.15, y - 0.01)), False),
        0.02,
        f.look.cloth,
    )
    f.part(sh.ellipse(0.015, y + 0.055, 0.034), GOLD, line=0.8)
    f.stroke(sh.pts((0.0, y + 0.06), (0.03, y + 0.06)), 0.6)


def _apron(f: Figure) -> None:
    hw, d = f.plan.body[1], f.drop
    half = sh.pts(
        (0, -0.50), (0.08, -0.49), (0.09, -0.36), (hw * 0.9, -0.30), (hw * 0.8, -0.12), (0, -0.10)
    )
    f.part(sh.smooth(sh.mirror(half), n=4) + sh.at(0.01, d), f.look.cloth)
    f.stroke(
        sh.smooth(sh.trace("-0.08,-0.26 0.01,-0.22 0.10,-0.26"), False) + sh.at(0, d),
        0.8,
        deepen(f.look.cloth, 2),
    )


def _cape(f: Figure) -> None:
    """Only its clasp: the cape hangs behind."""
    y = -0.52 + f.drop
    f.band(sh.smooth(sh.pts((-0.15, y), (0, y + 0.04), (0.15, y)), False), 0.026, f.look.cloth)
    f.part(sh.ellipse(0.01, y + 0.045, 0.024), GOLD, line=0.7)


_ON_BODY: Final[dict[str, Callable[[Figure], None]]] = {
    "scarf": _scarf,
    "vest": _vest,
    "baeja": _vest,
    "bow": _bow,
    "satchel": _satchel,
    "bojagi": _bojagi,
    "badge": _badge,
    "sash": _sash,
    "bell": _bell,
    "apron": _apron,
    "cape": _cape,
}


# What is worn on the head.


def _flower(f: Figure) -> None:
    x, y = -0.62, -0.66
    for t in np.arange(5) * 1.2566:
        petal = sh.ellipse(x + 0.16 * np.cos(t), y + 0.16 * np.sin(t), 0.12)
        f.part(f.head(petal), f.look.cloth, line=0.6)
    f.part(f.head(sh.ellipse(x, y, 0.085)), FLOWER_HEART, line=0.5)


def _gat(f: Figure) -> None:
    """The wide translucent horsehair hat, tied under the chin."""
    for s in (-1, 1):
        f.stroke(
            f.head(sh.smooth(sh.pts((s * 0.7, -0.6), (s * 0.86, 0.1), (s * 0.3, 0.9)), False)), 0.9
        )
    brim = f.head(sh.ellipse(0.0, -0.72, 1.5, 0.24))
    f.dot(brim, HORSEHAIR, 0.55)
    f.b.line(f.page(brim), f.ink, HORSEHAIR, 0.9, closed=True)
    crown = sh.trace("-0.46,-0.76 -0.38,-1.5 -0.2,-1.56 0.2,-1.56 0.38,-1.5 0.46,-0.76")
    f.dot(f.head(sh.smooth(crown, n=3)), HORSEHAIR, 0.78)
    f.b.line(f.page(f.head(sh.smooth(crown, n=3))), f.ink, HORSEHAIR, 0.9, closed=True)
    f.soft(
        f.head(sh.limb(sh.trace("-0.44,-0.84 0,-0.79 0.44,-0.84"), (0.05, 0.05))),
        hexc("#2f2a2e"),
        0.7,
        0.002,
    )


def _beret(f: Figure) -> None:
    top = sh.trace("-0.85,-0.66 -0.75,-1.02 0,-1.16 0.62,-0.98 0.55,-0.74 -0.1,-0.70")
    f.part(f.head(sh.smooth(top, n=5)), f.look.cloth)


def _straw(f: Figure) -> None:
    straw = f.look.cloth if f.actor.garment == "straw" and f.actor.cloth else hexc("#ecd08c")
    f.part(f.head(sh.ellipse(0.0, -0.74, 1.22, 0.24)), straw)
    f.part(f.head(sh.smooth(sh.trace("-0.62,-0.76 -0.5,-1.28 0.5,-1.28 0.62,-0.76"), n=5)), straw)
    f.band(
        f.head(sh.smooth(sh.trace("-0.62,-0.82 0,-0.74 0.62,-0.82"), False)), 0.022, hexc("#c8434a")
    )


def _cap(f: Figure) -> None:
    f.part(
        f.head(
            sh.smooth(sh.trace("-0.8,-0.62 -0.62,-1.06 0,-1.2 0.62,-1.06 0.8,-0.62 0,-0.7"), n=5)
        ),
        f.look.cloth,
    )
    f.part(
        f.head(sh.limb(sh.trace("0.2,-0.66 0.7,-0.66 1.16,-0.56"), (0.1, 0.11, 0.05))), f.look.cloth
    )


def _pointed(f: Figure) -> None:
    """A magician's hat with a star."""
    violet = hexc("#6f5fa0")
    f.part(f.head(sh.ellipse(0.0, -0.72, 1.2, 0.2)), violet)
    cone = sh.trace("-0.62,-0.74 -0.3,-1.5 0.16,-2.0 0.3,-1.96 0.34,-1.4 0.62,-0.74")
    f.part(f.head(sh.smooth(cone, n=3)), violet)
    f.dot(f.head(sh.star(0.06, -1.2, 0.22, 0.1)), GOLD)


def _toque(f: Figure) -> None:
    """A cook's tall white hat."""
    puff = sh.trace("-0.5,-0.9 -0.78,-1.3 -0.4,-1.6 0,-1.5 0.4,-1.62 0.78,-1.3 0.5,-0.9")
    f.part(f.head(sh.smooth(puff, n=5)), WHITE)
    f.part(f.head(sh.trace("-0.56,-0.66 -0.52,-1.0 0.52,-1.0 0.56,-0.66 0,-0.72")), WHITE)


def _bandana(f: Figure) -> None:
    cloth = hexc("#c9484a")
    f.part(
        f.head(sh.smooth(sh.trace("-0.95,-0.3 -0.8,-0.9 0,-1.08 0.8,-0.9 0.95,-0.3 0,-0.5"), n=5)),
        cloth,
    )
    f.part(f.head(sh.smooth(sh.trace("-0.9,-0.35 -1.3,-0.3 -1.2,-0.05"), n=4)), cloth, line=0.8)
    for x, y in ((-0.4, -0.75), (0.1, -0.85), (0.5, -0.68)):
        f.dot(f.head(sh.ellipse(x, y, 0.06)), WHITE)


def _woolly(f: Figure) -> None:
    top = sh.smooth(sh.trace("-0.82,-0.58 -0.7,-1.1 0,-1.32 0.7,-1.1 0.82,-0.58"), n=5)
    f.part(f.head(top), f.look.cloth)
    f.part(
        f.head(sh.limb(sh.trace("-0.84,-0.56 0,-0.66 0.84,-0.56"), (0.14, 0.15, 0.14))),
        mix(f.look.cloth, WHITE, 0.6),
    )
    f.part(f.head(sh.ellipse(0, -1.36, 0.19)), mix(f.look.cloth, WHITE, 0.7), wob=4)


def _crown(f: Figure) -> None:
    crown = sh.trace("-0.42,-0.82 -0.5,-1.28 -0.24,-1.04 0,-1.38 0.24,-1.04 0.5,-1.28 0.42,-0.82")
    f.part(f.head(crown), GOLD)
    for x in (-0.24, 0.0, 0.24):
        f.dot(f.head(sh.ellipse(x, -0.94, 0.06)), hexc("#d9564a"))


def glasses(f: Figure) -> None:
    for s in (-1, 1):
        rim = sh.ellipse(f.turn + s * 0.37, 0.06, 0.25)
        f.b.line(f.page(f.head(rim)), f.ink, hexc("#6b4f43"), 0.85, closed=True)
    f.stroke(f.head(sh.pts((f.turn - 0.12, 0.04), (f.turn + 0.12, 0.04))), 0.9, hexc("#6b4f43"))


_ON_HEAD: Final[dict[str, Callable[[Figure], None]]] = {
    "flower": _flower,
    "gat": _gat,
    "beret": _beret,
    "straw": _straw,
    "cap": _cap,
    "woolly": _woolly,
    "pointed": _pointed,
    "toque": _toque,
    "bandana": _bandana,
    "crown": _crown,
    "glasses": glasses,
}

GARMENTS: Final = frozenset({*_ON_BODY, *_ON_HEAD})
"""Every garment that can be worn."""


def on_body(f: Figure) -> None:
    """What is worn over the trunk."""
    if f.look.garment in _ON_BODY:
        _ON_BODY[f.look.garment](f)


def on_head(f: Figure) -> None:
    """What is worn on the head."""
    if f.look.garment in _ON_HEAD:
        _ON_HEAD[f.look.garment](f)


def behind(f: Figure) -> None:
    """What hangs down the back."""
    d, cloth = f.drop, f.look.cloth
    if f.look.garment == "cape":
        half = sh.pts(
            (0, -0.56), (0.14, -0.54), (0.24, -0.30), (0.30, -0.06), (0.1, -0.03), (0, -0.04)
        )
        f.part(
            sh.smooth(sh.mirror(half), n=5) + sh.at(-0.05, d * 0.6),
            cloth,
            second=deepen(cloth, 1.4),
        )
    elif f.look.garment == "bojagi":
        f.part(sh.ellipse(-0.2, -0.42 + d, 0.12, 0.11), cloth, second=shift(cloth, 0.06))


def bubble(f: Figure) -> None:
    """A glass helmet, for those who could not breathe here."""
    glass = sh.ellipse(0, -0.1, 1.42, 1.36)
    f.b.fill(f.page(f.head(glass)), WHITE, 0.14, OVER)
    f.b.line(f.page(f.head(glass)), f.ink, hexc("#6f8fae"), 0.8, closed=True)
    f.dot(
        f.head(sh.limb(sh.trace("-1.1,-0.5 -0.86,-0.92 -0.5,-1.16"), (0.03, 0.06, 0.03))),
        WHITE,
        0.8,
    )
