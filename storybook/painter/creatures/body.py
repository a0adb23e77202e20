"""Bodies: tail, wings, legs, torso and arms."""

from __future__ import annotations

from typing import Final

import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.creatures.figure import Figure
from storybook.painter.palette import RGB, WHITE, deepen, hexc, mix, shift
from storybook.painter.pigment import OVER

Reach = tuple[float, float, float, float]
"""Elbow x, y and hand x, y in body units; x outwards from the body."""

DOWN: Final[Reach] = (0.20, -0.36, 0.20, -0.25)
ARMS: Final[dict[str, tuple[Reach, Reach]]] = {
    "standing": (DOWN, DOWN),
    "happy": ((0.24, -0.40, 0.31, -0.33), (0.24, -0.40, 0.31, -0.33)),
    "sad": ((0.17, -0.33, 0.07, -0.26), (0.17, -0.33, 0.07, -0.26)),
    "surprised": ((0.235, -0.40, 0.285, -0.535), (0.235, -0.40, 0.285, -0.535)),
    "brave": ((0.25, -0.36, 0.17, -0.25), (0.27, -0.44, 0.33, -0.50)),
    "waving": ((0.27, -0.47, 0.33, -0.66), (0.20, -0.36, 0.21, -0.25)),
    "walking": ((0.20, -0.37, 0.29, -0.29), (0.17, -0.35, 0.14, -0.24)),
    "running": ((0.22, -0.38, 0.30, -0.46), (0.24, -0.38, 0.28, -0.30)),
    "sitting": ((0.19, -0.36, 0.13, -0.24), (0.19, -0.36, 0.13, -0.24)),
    "cheering": ((0.26, -0.52, 0.30, -0.72), (0.26, -0.52, 0.30, -0.72)),
    "pointing": ((0.24, -0.47, 0.38, -0.52), DOWN),
    "reading": ((0.19, -0.35, 0.08, -0.33), (0.19, -0.35, 0.08, -0.33)),
}
"""The near arm (on the side that the figure faces) and the far arm, by pose or else emotion."""

TAILS: Final[dict[str, tuple[str, tuple[float, ...]]]] = {
    "brush": ("-0.08,-0.13 -0.30,-0.09 -0.44,-0.26 -0.40,-0.50", (0.04, 0.09, 0.12, 0.10, 0.02)),
    "ringed": ("-0.08,-0.13 -0.30,-0.09 -0.44,-0.22 -0.42,-0.42", (0.04, 0.08, 0.10, 0.09, 0.04)),
    "plume": (
        "-0.08,-0.10 -0.30,-0.06 -0.42,-0.24 -0.38,-0.52 -0.40,-0.72 -0.52,-0.76 -0.55,-0.64",
        (0.05, 0.10, 0.14, 0.15, 0.14, 0.10, 0.05),
    ),
    "thin": ("-0.08,-0.13 -0.32,-0.08 -0.43,-0.26 -0.34,-0.42", (0.034, 0.032, 0.032, 0.036)),
    "tassel": ("-0.08,-0.13 -0.32,-0.08 -0.43,-0.24 -0.40,-0.38", (0.03, 0.026, 0.026, 0.024)),
    "long": (
        "-0.08,-0.13 -0.30,-0.05 -0.46,-0.20 -0.42,-0.42 -0.30,-0.44 -0.32,-0.34",
        (0.026, 0.024, 0.024, 0.024, 0.022, 0.018),
    ),
    "whip": ("-0.08,-0.10 -0.32,-0.04 -0.44,-0.18 -0.54,-0.14", (0.02, 0.014, 0.010)),
    "curl": ("-0.12,-0.16 -0.26,-0.20 -0.30,-0.34 -0.20,-0.36", (0.04, 0.045, 0.04, 0.02)),
    "lizard": ("-0.04,-0.13 -0.30,-0.04 -0.50,-0.08 -0.60,-0.26", (0.13, 0.09, 0.055, 0.02)),
    "fan": ("-0.08,-0.16 -0.26,-0.15 -0.36,-0.22", (0.05, 0.07, 0.085)),
    "hair": ("-0.08,-0.18 -0.28,-0.26 -0.40,-0.14 -0.40,0.0", (0.03, 0.065, 0.075, 0.07, 0.02)),
}
"""Spine in body units, and half widths along it."""


def tail(f: Figure) -> None:
    """The tail, if the kind has one."""
    kind, look = f.plan.tail, f.look
    if kind in ("puff", "stub"):
        puff = kind == "puff"
        ball = sh.ellipse(-0.20, -0.17 + f.drop * 0.6, 0.085 if puff else 0.055)
        f.part(ball, look.belly if puff else look.coat, wob=4)
    if kind not in TAILS:
        return
    points, widths = TAILS[kind]
    spine = sh.trace(points) + sh.at(0, f.drop * 0.4)
    color = look.accent if kind in ("whip", "hair") else look.coat
    bushy = kind in ("brush", "plume", "ringed", "hair")
    f.part(sh.limb(spine, widths), color, wob=2.0 if bushy else 1)
    _tail_marks(f, kind, sh.smooth(spine, False))


def _tail_marks(f: Figure, kind: str, spine: sh.Pts) -> None:
    look, tip = f.look, spine[-1]
    if kind == "brush":
        f.part(sh.limb(spine[-9:], (0.105, 0.10, 0.02)), look.belly, line=0.8, wob=2.5)
    elif kind == "ringed":
        for i in range(7, len(spine), 6):
            f.soft(_ring(spine, i, 0.085), look.accent, 0.75, 0.006)
    elif kind == "plume":
        f.soft(sh.limb(spine[6:-8], (0.02, 0.05, 0.04)), deepen(look.coat, 1.7), 0.45, 0.02)
        f.soft(sh.limb(spine[-16:], (0.05, 0.07, 0.03)), look.belly, 0.55, 0.02)
    elif kind == "lizard":
        blade = sh.trace("-0.05,0.03 -0.07,-0.05 0,-0.14 0.07,-0.05 0.05,0.03")
        if f.has("spines"):
            f.part(tip + blade, look.accent, line=0.8)
    elif kind == "tassel":
        f.part(sh.ellipse(tip[0], tip[1] - 0.03, 0.05, 0.075, 0.2), look.accent, wob=3)
    elif kind == "thin" and f.has("stripes"):
        for i in range(8, len(spine), 5):
            f.soft(sh.ellipse(spine[i, 0], spine[i, 1], 0.036, 0.014), look.accent, 0.85, 0.002)


def _ring(spine: sh.Pts, i: int, half: float) -> sh.Pts:
    """A stripe across a tail at the i-th point of its spine."""
    across = sh.normals(spine, False)[i] * half
    return sh.limb(np.stack([spine[i] - across, spine[i] + across]), (0.018, 0.018))


def hump(f: Figure) -> None:
    """A camel's hump, behind its shoulder."""
    if f.has("hump"):
        f.part(sh.ellipse(-0.19, -0.40 + f.drop, 0.15, 0.17, -0.2), f.look.coat)


def wings(f: Figure) -> None:
    """Wings behind the back: a dragon's, a fairy's or a butterfly's."""
    look, kind = f.look, f.plan.wings
    for s in (-1, 1):
        if kind == "bat":
            skin = sh.trace(
                "0.10,-0.46 0.28,-0.70 0.46,-0.66 0.42,-0.52 "
                "0.36,-0.50 0.33,-0.38 0.26,-0.40 0.20,-0.30"
            )
            f.part(sh.smooth(skin * (s, 1), n=4), shift(look.accent, 0, -0.15, 0.05))
        elif kind in ("fairy", "butterfly"):
            _insect_wings(f, s, kind == "butterfly")


def _insect_wings(f: Figure, s: int, patterned: bool) -> None:
    look, k = f.look, 1.35 if patterned else 1.0
    tint = look.cloth if patterned else mix(look.cloth2, WHITE, 0.62)
    for y, rx, ry, rot in ((-0.54, 0.22 * k, 0.13 * k, -0.5), (-0.30, 0.16 * k, 0.09 * k, 0.5)):
        second = shift(tint, 0.08, 0.1) if patterned else hexc("#bfe3ee")
        wing = sh.ellipse(s * 0.24 * k, y, rx, ry, s * rot)
        f.part(wing, tint, line=0.7, reserve=1.0 if patterned else 0.6, second=second)
        if patterned:
            f.soft(sh.ellipse(s * 0.33 * k, y - 0.02, rx * 0.3, ry * 0.4), WHITE, 0.7, 0.004)


def legs(f: Figure) -> None:
    """Legs and feet, standing, on the way, or stretched out."""
    look = f.look
    color, foot = _leg_color(f), look.accent if f.has("socks") else _shoe(f)
    half = 0.066 if f.plan.limb < 0.06 else 0.082
    if f.plan.muzzle in ("beak", "bill"):
        color = foot = hexc("#eeb04a")
        half = 0.022
    if f.look.kind == "snowman":
        return
    if f.pose == "sitting":
        for s in (-1, 1):
            f.part(sh.limb(sh.pts((s * 0.12, -0.07), (s * 0.20, -0.05)), (half, half)), color)
            f.part(sh.ellipse(s * 0.23 + 0.02, -0.055, 0.062, 0.072, s * 0.2), foot)
        return
    step = {"walking": 0.085, "running": 0.15}.get(f.pose, 0.0)
    for s in (-1, 1):
        lifted = step > 0 and s < 0
        x, y = s * (0.10 + step) + 0.01, -0.035 - (0.26 * step if lifted else 0)
        if f.look.outfit == "hanbok_m":
            _wide_trousers(f, s, x, y)
        else:
            spine = sh.pts((s * 0.088, -0.20), (x, y - 0.02))
            f.part(sh.limb(spine, (half, half * 0.92)), color, rooted=True)
        big = half > 0.03
        rx, ry = (0.088, 0.043) if big else (0.06, 0.028)
        f.part(sh.ellipse(x + 0.028, y, rx, ry, -0.3 if lifted else 0), foot)


def _wide_trousers(f: Figure, s: int, x: float, y: float) -> None:
    """Baji: trousers that billow and are tied at the ankle."""
    leg = sh.limb(sh.pts((s * 0.09, -0.24), (s * 0.11, -0.14), (x, y - 0.03)), (0.08, 0.1, 0.06))
    f.part(leg, f.look.cloth2, second=shift(f.look.cloth2, 0.03, 0.05))
    f.band(sh.pts((x - 0.062, y - 0.03), (x + 0.062, y - 0.03)), 0.014, WHITE, line=0.5)


def _leg_color(f: Figure) -> RGB:
    if f.look.outfit in ("hanbok_m", "shirt"):
        return f.look.cloth2
    if f.look.outfit == "suit":
        return f.look.cloth
    return f.look.coat


def _shoe(f: Figure) -> RGB:
    look = f.look
    if not f.plan.human:
        return deepen(look.coat, 1.25)
    if look.outfit.startswith("hanbok"):
        return hexc("#f3eee2")
    return mix(look.cloth2, hexc("#6b4a3a"), 0.6)


def torso_outline(f: Figure) -> sh.Pts:
    """The trunk, by the plan's half widths at shoulder and hip."""
    sw, hw = f.plan.body
    if f.look.kind == "robot":
        half = sh.pts((0, -0.53), (sw, -0.52), (sw * 1.05, -0.34), (sw, -0.13), (0, -0.11))
        return sh.smooth(sh.mirror(half), n=5) + sh.at(0, f.drop)
    if f.look.kind == "snowman":
        return sh.ellipse(0, -0.27 + f.drop, hw, 0.27)
    half = sh.pts(
        (0, -0.57),
        (sw * 0.75, -0.545),
        (sw, -0.47),
        ((sw + hw) / 2 + 0.012, -0.32),
        (hw, -0.18),
        (hw * 0.72, -0.085),
        (0, -0.07),
    )
    return sh.smooth(sh.mirror(half)) + sh.at(0, f.drop)


def shell(f: Figure) -> None:
    """A shell carried on the back."""
    if not f.plan.shell:
        return
    look, y = f.look, -0.33 + f.drop
    if f.has("whorl"):
        f.part(sh.ellipse(-0.19, y, 0.25, 0.25), look.shell, second=deepen(look.shell, 1.5))
        t = np.linspace(0, 4.6 * np.pi, 60)
        r = 0.2 * (1 - t / 16)
        turns = np.stack([-0.19 + r * np.cos(t), y + r * np.sin(t)], 1)
        f.stroke(turns, 1.1, deepen(look.shell, 2.2), 0.7)
    else:
        f.part(sh.ellipse(-0.01, y, 0.31, 0.29), look.shell, second=deepen(look.shell, 1.5))
        rim = sh.ellipse(-0.01, y, 0.262, 0.245)
        f.stroke(rim, 0.9, deepen(look.shell, 2.2), 0.7)
        for inner, outer in zip(rim[::4], sh.ellipse(-0.01, y, 0.31, 0.29)[::4], strict=True):
            f.stroke(np.stack([inner, outer]), 0.7, deepen(look.shell, 2.2), 0.6)


def neck(f: Figure) -> None:
    """A long neck."""
    if f.plan.neck > 0:
        w = f.plan.neck
        spine = sh.pts((0, -0.48 + f.drop), (0.0, -0.6 + f.drop), tuple(f.head_at))
        f.part(sh.limb(spine, (w * 1.5, w, w)), f.look.coat)
        for x, y in ((-0.02, -0.58), (0.025, -0.66)):
            f.soft(sh.ellipse(x, y + f.drop, 0.018, 0.022), f.look.accent, 0.7, 0.002)


def torso(f: Figure) -> None:
    """The trunk of a figure without clothes, and what marks it."""
    f.part(torso_outline(f), f.look.coat)
    if f.look.kind == "robot":
        _panel(f)
    elif f.plan.belly not in f.plan.coats:
        _belly(f)
    for mark, draw in _TORSO_MARKS.items():
        if f.has(mark):
            draw(f)


def _belly(f: Figure) -> None:
    (sw, hw), d = f.plan.body, f.drop
    half = sh.pts(
        (0, -0.51), (sw * 0.62, -0.42), (hw * 0.66, -0.22), (hw * 0.4, -0.12), (0, -0.105)
    )
    f.soft(sh.smooth(sh.mirror(half)) + sh.at(0.02, d), f.look.belly, 0.86, 0.007, mode=OVER)
    if f.plan.shell:
        for y in (-0.40, -0.30, -0.20):
            f.stroke(sh.pts((-0.11, y + d), (0.15, y + d)), 0.6, deepen(f.look.belly, 4), 0.5)


def _panel(f: Figure) -> None:
    """The robot's chest."""
    d = f.drop
    plate = sh.smooth(sh.trace("-0.09,-0.44 0.10,-0.44 0.10,-0.26 -0.09,-0.26"), n=5)
    f.part(plate + sh.at(0.01, d), f.look.belly, line=0.8)
    for i, lamp in enumerate(("#e2695c", "#efb84e", "#6fb08a")):
        f.part(sh.ellipse(-0.045 + 0.055 * i, -0.39 + d, 0.019), hexc(lamp), line=0.6)
    f.stroke(sh.pts((-0.05, -0.31 + d), (0.07, -0.31 + d)), 0.7)


def _feathers(f: Figure) -> None:
    for i in range(4):
        for j in range(4):
            x, y = -0.08 + 0.055 * i + 0.02 * (j % 2), -0.42 + 0.07 * j + f.drop
            scale = sh.smooth(sh.pts((x - 0.018, y), (x, y + 0.018), (x + 0.018, y)), False)
            f.stroke(scale, 0.6, f.look.accent, 0.6)


def _stripes(f: Figure) -> None:
    hw = f.plan.body[1]
    for s in (-1, 1):
        for y in (-0.42, -0.34, -0.26, -0.18):
            spine = sh.pts((s * hw, y + f.drop), (s * (hw - 0.085), y + 0.015 + f.drop))
            f.soft(sh.limb(spine, (0.014, 0.004)), f.look.accent, 0.85, 0.002)


def _spots(f: Figure) -> None:
    hw = f.plan.body[1]
    for s in (-1, 1):
        for k, y in ((0.86, -0.38), (0.66, -0.46), (0.9, -0.25), (0.7, -0.31), (0.82, -0.16)):
            spot = sh.ellipse(s * hw * k, y + f.drop, 0.022, 0.019, s * y)
            f.soft(spot, f.look.accent, 0.75, 0.003)


def _cowspots(f: Figure) -> None:
    for x, y, rx, ry in ((-0.13, -0.40, 0.05, 0.07), (0.15, -0.22, 0.05, 0.06)):
        f.soft(sh.ellipse(x, y + f.drop, rx, ry, 0.4), f.look.accent, 0.7, 0.004)


def _hoops(f: Figure) -> None:
    hw = f.plan.body[1]
    for y, k in ((-0.38, 0.72), (-0.27, 0.92), (-0.16, 0.86)):
        d = y + f.drop
        spine = sh.pts((-hw * k, d), (0, d + 0.03), (hw * k, d))
        f.soft(sh.limb(spine, (0.026, 0.03, 0.026)), f.look.accent, 0.85, 0.003)


def _dots(f: Figure) -> None:
    for x, y in ((-0.24, -0.42), (-0.25, -0.26), (0.15, -0.44), (0.16, -0.24)):
        f.soft(sh.ellipse(x, y + f.drop, 0.03), f.look.accent, 0.85, 0.003)


def _buttons(f: Figure) -> None:
    for y in (-0.40, -0.30, -0.20):
        f.dot(sh.ellipse(0.02, y + f.drop, 0.02), f.look.accent)


def _pouch(f: Figure) -> None:
    rim = sh.smooth(sh.trace("-0.10,-0.26 0.02,-0.215 0.14,-0.26"), False)
    f.stroke(rim + sh.at(0, f.drop), 0.9, deepen(f.look.belly, 3), 0.7)


def _fleece(f: Figure) -> None:
    """Curls all over the trunk."""
    outline = sh.resample(torso_outline(f), 0.075)[0]
    for x, y in outline:
        f.part(sh.ellipse(x * 0.98, y, 0.05), f.look.accent, line=0.6, edge=0.25)
    f.patch(sh.ellipse(0.0, -0.32 + f.drop, 0.17, 0.2), f.look.accent, 1.0)
    for x, y in ((-0.07, -0.38), (0.08, -0.34), (-0.02, -0.24), (0.1, -0.2), (-0.11, -0.26)):
        curl = sh.smooth(sh.pts((x - 0.03, y), (x, y - 0.022), (x + 0.03, y)), False)
        f.stroke(curl + sh.at(0, f.drop), 0.7, deepen(f.lit(f.look.accent), 5), 0.5)


def _quills(f: Figure) -> None:
    """A hedgehog's prickly sides."""
    for s in (-1, 1):
        for i in range(6):
            y = -0.46 + 0.065 * i + f.drop
            x = s * (f.plan.body[0] + 0.012 * i + 0.02)
            quill = sh.pts(
                (x - s * 0.05, y - 0.03), (x + s * 0.055, y + 0.01), (x - s * 0.05, y + 0.04)
            )
            f.part(quill, f.look.accent, line=0.6)


_TORSO_MARKS: Final = {
    "feathers": _feathers,
    "stripes": _stripes,
    "spots": _spots,
    "cowspots": _cowspots,
    "hoops": _hoops,
    "dots": _dots,
    "buttons": _buttons,
    "pouch": _pouch,
    "fleece": _fleece,
    "quills": _quills,
}


def arm(f: Figure, near: bool) -> None:
    """One arm; its hand's page point is kept for what is held in it."""
    s, look, half = 1 if near else -1, f.look, f.plan.limb
    spine = _arm_spine(f, near)
    curve = sh.smooth(spine, False, 6)
    hand = curve[-1]
    at = f.page(curve[-1:])[0]
    f.hands.append((float(at[0]), float(at[1])))
    if f.plan.wings == "arm":
        wing = sh.limb(spine + sh.at(s * 0.02, 0.02), (0.06, 0.10, 0.05), n=6)
        f.part(wing, look.accent if f.has("wings") else look.coat)
        return
    if look.kind == "snowman":
        f.stroke(curve, 2.6, look.accent)
        return
    if look.dressed and look.outfit != "pelt":
        f.part(sh.ellipse(hand[0], hand[1], 0.045), look.accent if f.has("socks") else look.coat)
        wide = 0.078 if look.outfit.startswith("hanbok") else 0.058
        f.part(sh.limb(curve[:-1], (half, wide, wide)), look.cloth, rooted=True)
        return
    f.part(sh.limb(spine, (half * 0.95, half, half * 1.06)), look.coat, rooted=True)
    if f.has("socks"):
        f.soft(sh.limb(curve[-4:], (half * 0.9, half)), look.accent, 0.75, 0.008)
    if look.kind == "robot":
        f.part(sh.ellipse(hand[0], hand[1], 0.058), look.accent)


def _arm_spine(f: Figure, near: bool) -> sh.Pts:
    """Shoulder, elbow and hand. A hand that holds on to something reaches for it."""
    s, sx, d = 1 if near else -1, f.plan.body[0], f.drop
    shoulder = sh.at(s * sx * 0.82, -0.475 + d)
    if near and f.at.reach is not None:
        hand = f.body_from_page(f.at.reach)
        away = hand - shoulder
        length = float(np.hypot(*away))
        hand = shoulder + away * min(1.0, 0.42 / max(length, 1e-6))
        elbow = (shoulder + hand) / 2 + sh.at(0, 0.05)
        return np.stack([shoulder, elbow, hand])
    key = f.pose if f.pose in ARMS and f.pose != "standing" else f.emotion
    ex, ey, hx, hy = ARMS.get(key, ARMS["standing"])[0 if near else 1]
    k = max(1.0, 0.75 + 0.25 * sx / 0.135)
    return np.stack([shoulder, sh.at(s * ex * k, ey + d), sh.at(s * hx * k, hy + d)])
