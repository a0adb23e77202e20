"""Whole figures: standing, asleep, swimming, or a spirit."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.creatures import body, clothes, face, head, things
from storybook.painter.creatures.figure import Figure, Standing
from storybook.painter.creatures.look import Look
from storybook.painter.palette import WHITE, Mood, deepen, hexc, mix, shift
from storybook.painter.pigment import OVER, Brush
from storybook.painter.scene import Actor

Hands = list[tuple[float, float]]


def draw(brush: Brush, look: Look, actor: Actor, mood: Mood, standing: Standing) -> Hands:
    """Paint an actor where it stands.

    Returns the page points of its hands, the far one first; none for those without hands.
    """
    f = Figure(brush, look, actor, mood, standing)
    if f.plan.form == "swimmer":
        _swimmer(f)
    elif f.plan.form == "spirit":
        _spirit(f)
    elif f.plan.shell and standing.afloat and not f.has("dots"):
        _swimming_turtle(f)
    elif f.pose == "sleeping":
        _curled(f)
    else:
        _upright(f)
    return f.hands


def _upright(f: Figure) -> None:
    look = f.look
    body.wings(f)
    body.hump(f)
    clothes.behind(f)
    if not f.plan.shell:
        body.tail(f)
    body.arm(f, near=False)
    if look.outfit != "hanbok_f" or f.pose != "sitting":
        body.legs(f)
    body.shell(f)
    body.neck(f)
    if look.dressed:
        clothes.outfit(f)
    else:
        body.torso(f)
    clothes.on_body(f)
    _under_chin(f)
    if f.at.reach is None:
        body.arm(f, near=True)
        head.head(f)
    else:
        head.head(f)
        body.arm(f, near=True)


def _under_chin(f: Figure) -> None:
    cloth = f.look.cloth if f.look.dressed else f.look.coat
    shadow = sh.ellipse(0.03, -0.505 + f.drop, f.plan.body[0] * 0.95, 0.05)
    f.soft(shadow, mix(cloth, f.mood.shadow, 0.6), 0.55, 0.016)


def _curled(f: Figure) -> None:
    """Asleep: a round back, the head resting at the front."""
    look = f.look
    color = look.cloth if look.dressed else look.coat
    f.head_at, f.tilt, f.turn = np.array([0.24, -0.24]), 0.16, 0.14
    if f.plan.shell:
        f.part(sh.ellipse(-0.16, -0.24, 0.30, 0.24), look.shell)
    back = sh.smooth(sh.trace("-0.46,-0.05 -0.44,-0.28 -0.18,-0.42 0.16,-0.34 0.34,-0.06 0,0"))
    f.part(back, color)
    if f.has("quills"):
        _quilled_back(f)
    if f.plan.wings == "arm":
        wing = sh.smooth(sh.trace("-0.36,-0.26 -0.08,-0.32 0.04,-0.16 -0.16,-0.08 -0.48,-0.10"))
        f.part(wing, look.coat if look.kind in ("bird", "chick", "duck", "hen") else look.accent)
    else:
        _curled_tail(f)
        paw = sh.limb(sh.trace("0.05,-0.10 0.22,-0.03 0.42,-0.03"), (0.055, 0.06, 0.06))
        f.part(paw, color)
    head.head(f)


def _quilled_back(f: Figure) -> None:
    """A hedgehog's back, row upon row of prickles."""
    arch = sh.smooth(sh.trace("-0.47,-0.08 -0.42,-0.30 -0.18,-0.44 0.14,-0.36"), False, 6)
    f.part(np.concatenate([arch, sh.trace("0.1,-0.1 -0.3,-0.06")]), f.look.accent, wob=3)
    for k in (1.0, 0.78):
        for x, y in arch[1:-1] * k + sh.at(0, -0.12 * (1 - k)):
            quill = sh.pts((x - 0.025, y + 0.03), (x - 0.02, y - 0.055), (x + 0.03, y + 0.02))
            f.part(quill, f.look.accent, line=0.6)


def _curled_tail(f: Figure) -> None:
    kind = f.plan.tail
    if kind in ("brush", "plume", "thin", "lizard", "ringed"):
        widths = (0.03, 0.034, 0.03) if kind == "thin" else (0.05, 0.10, 0.10, 0.03)
        f.part(
            sh.limb(sh.trace("-0.44,-0.10 -0.30,-0.03 -0.05,-0.04 0.12,-0.08"), widths), f.look.coat
        )


def _swimming_turtle(f: Figure) -> None:
    look = f.look
    for flipper in (
        "-0.24,-0.30 -0.30,-0.22 -0.42,-0.14",
        "0.16,-0.40 0.12,-0.55 0.02,-0.70",
        "-0.20,-0.46 -0.25,-0.52 -0.36,-0.58",
    ):
        f.part(sh.limb(sh.trace(flipper), (0.05, 0.075, 0.03)), look.coat)
    dome = sh.trace(
        "-0.44,-0.34 -0.36,-0.52 -0.08,-0.63 0.22,-0.54 0.32,-0.36 0.1,-0.26 -0.24,-0.25"
    )
    f.part(sh.smooth(dome), look.shell, second=deepen(look.shell, 1.6))
    for x, y, r in ((-0.06, -0.46, 0.085), (-0.24, -0.42, 0.06), (0.13, -0.44, 0.06)):
        f.part(sh.ellipse(x, y, r, r * 0.8, n=6), deepen(look.shell, 1.35), line=0.6, reserve=0)
    rim = sh.limb(sh.trace("-0.40,-0.31 0,-0.23 0.30,-0.32"), (0.02, 0.035, 0.02))
    f.part(rim, look.belly, line=0.7)
    f.head_at, f.tilt = np.array([0.46, -0.50]), -0.08
    f.part(sh.limb(sh.trace("0.22,-0.38 0.40,-0.44"), (0.09, 0.09)), look.coat)
    f.part(sh.limb(sh.trace("0.12,-0.30 0.22,-0.16 0.12,0"), (0.06, 0.085, 0.03)), look.coat)
    if look.garment:
        _girdle(f, "0.27,-0.54 0.33,-0.44 0.36,-0.33")
    head.head(f)


def _swimmer(f: Figure) -> None:
    """Fish, whale, dolphin or shark. Out of the water it rides on a splash."""
    look, fish = f.look, not f.has("spout") and f.has("bands")
    if not f.at.afloat:
        _splash(f)
    if f.has("flukes"):
        fluke = sh.trace("-0.40,-0.40 -0.62,-0.52 -0.78,-0.66 -0.70,-0.44 -0.80,-0.28 -0.60,-0.34")
        f.part(sh.smooth(fluke, n=5), look.coat)
    else:
        fin = sh.trace("-0.40,-0.40 -0.70,-0.64 -0.66,-0.40 -0.70,-0.18")
        f.part(sh.smooth(fin, n=6), look.accent, second=look.coat)
    if fish or f.has("dorsal"):
        dorsal = (
            "-0.24,-0.62 -0.08,-0.84 0.16,-0.78 0.16,-0.62"
            if fish
            else "-0.16,-0.60 -0.12,-0.88 0.10,-0.64"
        )
        f.part(sh.smooth(sh.trace(dorsal), n=6), look.accent if fish else look.coat)
    if f.has("rostrum"):
        f.part(
            sh.limb(sh.trace("0.42,-0.34 0.56,-0.31 0.66,-0.30"), (0.08, 0.06, 0.045)), look.coat
        )
    top, low = (0.30, 0.30) if fish else (0.34, 0.22)
    outline = sh.pts(
        (-0.50, -0.40),
        (-0.26, -0.40 - top * 0.72),
        (0.08, -0.40 - top),
        (0.40, -0.40 - top * 0.72),
        (0.53, -0.38),
        (0.38, -0.40 + low * 0.75),
        (0.06, -0.40 + low),
        (-0.28, -0.40 + low * 0.62),
    )
    f.part(sh.smooth(outline), look.coat, second=shift(look.coat, 0.06))
    belly = sh.pts(
        (0.46, -0.30),
        (0.30, -0.20),
        (0.05, -0.40 + low * 0.93),
        (-0.26, -0.40 + low * 0.6),
        (0.0, -0.27),
    )
    f.soft(sh.smooth(belly), look.belly, 0.85, 0.01, OVER)
    if fish:
        _bands(f, top, low)
    if f.has("spout"):
        _spout(f)
    side_fin = sh.smooth(sh.trace("0.08,-0.32 -0.10,-0.26 -0.12,-0.12 0.12,-0.20"), n=6)
    f.part(side_fin, look.accent if fish else look.coat)
    if look.garment:
        _girdle(f, "0.02,-0.66 0.10,-0.40 0.04,-0.17" if fish else "0.0,-0.71 0.10,-0.42 0.0,-0.2")
    f.head_at, f.turn, f.tilt = np.array([0.28, -0.46]), 0.12, 0.0
    face.features(f)


def _girdle(f: Figure, spine: str) -> None:
    """What others wear at the neck, tied around a swimmer."""
    f.part(sh.limb(sh.trace(spine), (0.03, 0.04, 0.03)), f.look.cloth)


def _bands(f: Figure, top: float, low: float) -> None:
    look = f.look
    for x, k in ((-0.24, 0.6), (0.0, 0.92)):
        spine = sh.pts((x, -0.40 - top * k * 0.85), (x + 0.05, -0.40), (x, -0.40 + low * k * 0.8))
        color = WHITE if "pale bands" in look.marks else look.accent
        f.soft(sh.limb(spine, (0.035, 0.05, 0.035)), color, 0.55, 0.006)
    for x, y in ((-0.10, -0.44), (-0.14, -0.34), (-0.32, -0.40)):
        scale = sh.smooth(sh.pts((x, y - 0.04), (x + 0.035, y), (x, y + 0.04)), False)
        f.stroke(scale, 0.7, deepen(look.coat, 2), 0.6)


def _spout(f: Figure) -> None:
    for s in (-1, 1):
        jet = sh.pts((0.1, -0.76), (0.1 + s * 0.05, -0.95), (0.1 + s * 0.16, -0.92))
        f.stroke(sh.smooth(jet, False), 1.6, hexc("#7fb4d8"))


def _splash(f: Figure) -> None:
    """A puddle with drops flying up, so that a swimmer has water of its own on land."""
    f.part(sh.ellipse(0, -0.1, 0.72, 0.13), hexc("#9fcfe0"), line=0.5, second=hexc("#6fa9cf"))
    for x, y in ((-0.6, -0.26), (-0.48, -0.36), (0.56, -0.24), (0.66, -0.34), (0.48, -0.4)):
        f.part(sh.ellipse(x, y, 0.026, 0.036), hexc("#b9dfec"), line=0.6)


# Spirits.

SPIRITS: Final[dict[str, sh.Pts]] = {
    "wisp": sh.smooth(
        sh.trace(
            "0.10,-1.06 0.16,-0.88 0.33,-0.62 0.34,-0.34 0.20,-0.12 0,-0.07 -0.20,-0.12 "
            "-0.34,-0.34 -0.33,-0.62 -0.18,-0.86 -0.02,-0.98"
        )
    ),
    "star": sh.smooth(sh.star(0, -0.52, 0.56, 0.34), n=4),
    "round": sh.ellipse(0, -0.5, 0.42),
    "octopus": sh.smooth(
        sh.trace(
            "0,-0.98 0.30,-0.90 0.40,-0.62 0.36,-0.38 0.50,-0.14 0.34,-0.08 0.22,-0.24 0.16,-0.04 "
            "0.02,-0.06 0,-0.24 -0.04,-0.05 -0.18,-0.04 -0.22,-0.24 -0.36,-0.08 -0.50,-0.16 "
            "-0.36,-0.38 -0.40,-0.62 -0.30,-0.90"
        ),
        n=5,
    ),
    "crab": sh.smooth(
        sh.trace(
            "0,-0.82 0.32,-0.76 0.46,-0.60 0.56,-0.84 0.48,-1.02 0.62,-0.94 0.70,-1.06 0.74,-0.82 "
            "0.62,-0.52 0.46,-0.34 0.52,-0.12 0.36,-0.20 0.24,-0.10 0.12,-0.20 -0.12,-0.20 "
            "-0.24,-0.10 -0.36,-0.20 -0.52,-0.12 -0.46,-0.34 -0.62,-0.52 -0.74,-0.82 -0.70,-1.06 "
            "-0.62,-0.94 -0.48,-1.02 -0.56,-0.84 -0.46,-0.60 -0.32,-0.76"
        ),
        n=4,
    ),
    "rays": sh.smooth(sh.star(0, -0.5, 0.56, 0.43, 12), n=3),
    "cloud": sh.smooth(
        sh.trace(
            "-0.52,-0.20 -0.60,-0.42 -0.44,-0.60 -0.22,-0.82 0.08,-0.86 0.30,-0.70 0.54,-0.58 "
            "0.60,-0.34 0.46,-0.18 0.16,-0.13 -0.2,-0.13"
        )
    ),
}
"""Outlines in body units, by mark."""


def _spirit(f: Figure) -> None:
    """A small friendly being of air or light."""
    look = f.look
    f.b.glow(f.at.x, f.at.y - f.h * 0.5, f.h * 0.75, f.mood.glow, 0.55)
    outlines = SPIRITS | things.OUTLINES
    mark = next(mark for mark in f.plan.marks if mark in outlines)
    for s in (-1, 1) if things.has_arms(f.plan) else ():
        f.part(sh.limb(sh.pts((s * 0.28, -0.42), (s * 0.47, -0.46)), (0.06, 0.05)), look.coat)
    f.part(outlines[mark], look.coat, second=look.accent)
    if f.has("rays"):
        f.part(sh.ellipse(0, -0.5, 0.40), look.coat, line=0.7)
    things.dress(f)
    f.head_at = np.array(things.FACES.get(mark, (0.0, -0.56)))
    face.features(f)
    if not things.has_arms(f.plan):
        return  # what has no shoulders wears no scarf
    f.drop = 0.25  # what others wear at the neck is worn below the face
    clothes.on_body(f)
