"""Faces: the coat's marks, muzzle, cheeks, eyes, nose and mouth. Lengths in head units.

The eyes are large, dark and low, with two highlights; the face is shifted sideways by the
figure's turn. The muzzle decides where things sit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from storybook.painter import shapes as sh
from storybook.painter.creatures.figure import Figure
from storybook.painter.palette import BLUSH, INK, RGB, WHITE, deepen, hexc
from storybook.painter.pigment import MULTIPLY, OVER

EYE: Final = hexc("#2f2627")
SCREEN_LIGHT: Final = hexc("#bdf3ee")
LIPS: Final = hexc("#b3473f")


class Layout(msgspec.Struct, frozen=True):
    """Where the parts of a face sit: the eyes' height and half distance, the mouth's height and
    half width, and the half size of the pale muzzle (0: none)."""

    eye_y: float = 0.06
    eye_x: float = 0.38
    mouth_y: float = 0.47
    mouth_w: float = 0.15
    pale: tuple[float, float] = (0.0, 0.0)


LAYOUTS: Final[dict[str, Layout]] = {
    "soft": Layout(mouth_y=0.46, pale=(0.40, 0.27)),
    "snout": Layout(mouth_y=0.50, pale=(0.46, 0.33)),
    "pale": Layout(mouth_y=0.52, pale=(0.52, 0.36)),
    "long": Layout(eye_y=-0.06, mouth_y=0.66, pale=(0.5, 0.44)),
    "pig": Layout(mouth_y=0.62, pale=(0.40, 0.27)),
    "wide": Layout(eye_y=-0.60, eye_x=0.52, mouth_y=0.30, mouth_w=0.42),
    "screen": Layout(mouth_y=0.26, mouth_w=0.22),
    "bare": Layout(),
    "beak": Layout(),
    "bill": Layout(),
    "trunk": Layout(eye_y=0.0, mouth_y=0.62),
    "carrot": Layout(mouth_y=0.52, mouth_w=0.24),
}


def layout(f: Figure) -> Layout:
    """The layout of a figure's face."""
    return LAYOUTS[f.plan.muzzle]


# Marks of the coat.


def _mask(f: Figure) -> None:
    """Pale cheeks and chin."""
    t, (w, h, _, _, jaw) = f.turn, f.plan.head
    for s in (-1, 1):
        cheek = sh.pts(
            (t * 0.9, 0.10),
            (t + s * 0.42, 0.22),
            (s * 0.92 * w + 0.05, 0.18),
            (s * 0.75, 0.60 * h),
            (s * 0.3 * jaw + t * 0.4, 0.93 * h),
            (t * 0.6, 0.9 * h),
        )
        f.patch(f.head(sh.smooth(cheek)), f.look.belly, 0.92)


def _disc(f: Figure) -> None:
    for s in (-1, 1):
        ring = sh.ellipse(f.turn + s * 0.42, 0.04, 0.45, 0.5)
        f.part(f.head(ring), f.look.belly, line=0.5, reserve=0.9)


def _patch(f: Figure) -> None:
    f.soft(f.head(sh.ellipse(f.turn + 0.42, -0.02, 0.36, 0.42)), f.look.accent, 0.6, 0.006)


def _patches(f: Figure) -> None:
    for s in (-1, 1):
        patch = sh.ellipse(f.turn + s * 0.42, 0.06, 0.24, 0.30, s * 0.5)
        f.soft(f.head(patch), f.look.accent, 0.85, 0.005)


def _bandit(f: Figure) -> None:
    """A raccoon's: white above the eyes and on the muzzle, dark around the eyes."""
    t = f.turn
    f.patch(f.head(sh.ellipse(t * 1.1, 0.46, 0.5, 0.34)), f.look.belly)
    for s in (-1, 1):
        brow = sh.limb(sh.pts((t + s * 0.12, -0.24), (t + s * 0.6, -0.2)), (0.1, 0.1))
        f.patch(f.head(brow), f.look.belly)
        patch = sh.limb(sh.pts((t + s * 0.2, 0.06), (t + s * 0.68, 0.2)), (0.2, 0.17))
        f.soft(f.head(patch), f.look.accent, 0.8, 0.006)


def _stripes(f: Figure) -> None:
    t = f.turn
    for x, y, length in ((0, -0.62, 0.22), (-0.26, -0.58, 0.16), (0.26, -0.58, 0.16)):
        spine = sh.pts((x + t * 0.5, y - length * 0.8), (x * 0.8 + t * 0.6, y + length * 0.6))
        f.soft(f.head(sh.limb(spine, (0.07, 0.02))), f.look.accent, 0.9, 0.003)
    for s in (-1, 1):
        for y in (-0.12, 0.10):
            spine = sh.pts((s * 1.04, y), (s * 0.74, y + 0.03))
            f.soft(f.head(sh.limb(spine, (0.06, 0.015))), f.look.accent, 0.9, 0.003)


def _spots(f: Figure) -> None:
    for x, y in ((-0.45, -0.55), (0.0, -0.68), (0.42, -0.56), (-0.2, -0.42), (0.78, -0.1)):
        f.soft(f.head(sh.ellipse(x + f.turn * 0.4, y, 0.085, 0.07)), f.look.accent, 0.75, 0.003)


def _fawn(f: Figure) -> None:
    for x, y in ((-0.32, -0.5), (0.05, -0.6), (0.4, -0.5)):
        f.dot(f.head(sh.ellipse(x, y, 0.06, 0.045)), WHITE, 0.85)


def _backstripe(f: Figure) -> None:
    for dx in (-0.16, 0.0, 0.16):
        spine = sh.pts((dx * 0.8, -0.86), (dx + f.turn * 0.4, -0.42))
        f.soft(f.head(sh.limb(spine, (0.05, 0.02))), deepen(f.look.coat, 2.2), 0.6, 0.004)


def _blaze(f: Figure) -> None:
    spine = sh.pts((f.turn * 0.7, -0.6), (f.turn * 1.1, 0.0), (f.turn * 1.2, 0.3))
    f.patch(f.head(sh.limb(spine, (0.1, 0.11, 0.13))), WHITE, 0.8)


def _forelock(f: Figure) -> None:
    lock = sh.trace("-0.5,-0.78 0.1,-1.14 0.42,-0.86 0.34,-0.36 0.14,-0.52 -0.02,-0.34 -0.2,-0.56")
    f.part(f.head(sh.smooth(lock, n=5)), f.look.accent)
    mane = sh.limb(sh.trace("-0.5,-0.86 -0.98,-0.5 -1.06,0.1 -0.92,0.6"), (0.2, 0.24, 0.22, 0.08))
    f.part(f.head(mane), f.look.accent, wob=2.5)


def _heart(f: Figure) -> None:
    """A monkey's pale face."""
    for s in (-1, 1):
        f.patch(f.head(sh.ellipse(f.turn + s * 0.34, 0.06, 0.4, 0.42)), f.look.belly)


_MARKS: Final[dict[str, Callable[[Figure], None]]] = {
    "mask": _mask,
    "disc": _disc,
    "heart": _heart,
    "bandit": _bandit,
    "patch": _patch,
    "patches": _patches,
    "stripes": _stripes,
    "spots": _spots,
    "fawn": _fawn,
    "backstripe": _backstripe,
    "blaze": _blaze,
    "forelock": _forelock,
}


def marks(f: Figure) -> None:
    """The coat's marks on the face, then the pale muzzle."""
    for mark, draw in _MARKS.items():
        if f.has(mark):
            draw(f)
    rx, ry = layout(f).pale
    if rx > 0 and not f.has("mask") and not f.has("bandit"):
        f.patch(f.head(sh.ellipse(f.turn * 1.25, 0.42 + max(0, ry - 0.33), rx, ry)), f.look.belly)


# Features.


def features(f: Figure) -> None:
    """Cheeks, eyes, nose and mouth, by emotion."""
    screen = f.plan.muzzle == "screen"
    if screen:
        glass = sh.smooth(sh.trace("-0.72,-0.42 0.86,-0.42 0.9,0.46 -0.74,0.46"), n=6)
        f.part(f.head(glass), hexc("#3c5a6b"), line=0.8)
    else:
        _cheeks(f)
    for s in (-1, 1):
        _eye(f, s)
    _nose(f)
    _mouth(f)
    if f.has("whiskers"):
        _whiskers(f)
    if f.has("fangs"):
        _fangs(f)
    if f.emotion == "sad":
        _tear(f)


def _dark(f: Figure) -> RGB:
    return SCREEN_LIGHT if f.plan.muzzle == "screen" else EYE


def _cheeks(f: Figure) -> None:
    pale = min(f.look.coat) > 0.6
    mode, alpha = (MULTIPLY, 0.6) if pale else (OVER, 0.5)
    for s in (-1, 1):
        f.soft(
            f.head(sh.ellipse(f.turn * 1.1 + s * 0.58, 0.34, 0.19, 0.15)), BLUSH, alpha, 0.018, mode
        )


def _eye_x(f: Figure, s: int) -> float:
    at = layout(f)
    if f.plan.muzzle == "wide":
        return 0.06 + s * at.eye_x
    narrowed = 0.94 - 0.5 * (f.turn - 0.25)  # the far side of a turned face is foreshortened
    return f.turn + s * at.eye_x * (1.0 if s < 0 else narrowed)


def _eye(f: Figure, s: int) -> None:
    x, y, dark = _eye_x(f, s), layout(f).eye_y, _dark(f)
    if f.plan.muzzle == "wide":
        f.dot(f.head(sh.ellipse(x, y, 0.22)), f.lit(WHITE))
    joy = f.emotion == "happy" and f.pose in ("waving", "hugging", "cheering")
    if f.emotion == "sleeping" or joy:
        if f.plan.muzzle == "wide":
            f.dot(f.head(sh.ellipse(x, y, 0.23)), f.lit(f.look.coat))
        lift = -0.10 if joy else 0.10
        lid = sh.pts((x - 0.14, y + 0.03), (x, y + 0.03 + lift), (x + 0.14, y + 0.03))
        f.stroke(f.head(sh.smooth(lid, False)), 1.5, dark)
        return
    size = 1.45 if f.has("bigeyes") else 1.0
    tall = 1.25 if f.emotion == "surprised" else 1.0
    if f.emotion == "surprised" and f.plan.muzzle != "screen":
        f.dot(f.head(sh.ellipse(x, y, 0.20 * size, 0.235 * size)), WHITE, 0.9)
    glance = 0.03 if f.at.close else 0.0
    wide = 0.112 * size * (0.93 if s > 0 else 1)
    f.dot(f.head(sh.ellipse(x + glance, y, wide, 0.145 * tall * size)), dark)
    f.dot(f.head(sh.ellipse(x + glance * 1.6 + 0.034, y - 0.055, 0.044 * size)), WHITE)
    f.dot(f.head(sh.ellipse(x + glance - 0.035, y + 0.06, 0.022)), WHITE, 0.75)
    _brow(f, s, x, y)


BROWS: Final = {"sad": (0.05, -0.05), "brave": (-0.07, 0.06), "surprised": (-0.10, -0.10)}
"""How far the outer and the inner end of a brow are moved."""


def _brow(f: Figure, s: int, x: float, y: float) -> None:
    if f.emotion not in BROWS or f.plan.muzzle == "screen":
        return
    outer, inner = BROWS[f.emotion]
    y -= 0.30
    brow = sh.pts(
        (x + s * 0.13, y + outer), (x, y - 0.03 + (outer + inner) / 2), (x - s * 0.13, y + inner)
    )
    color = f.look.hair if f.plan.human else f.look.coat
    f.stroke(f.head(sh.smooth(brow, False)), 1.2, deepen(color, 2.4), 0.9)


def _nose(f: Figure) -> None:
    x, y, muzzle = f.turn * 1.3, 0.30, f.plan.muzzle
    nose = hexc(f.plan.nose)
    if muzzle in ("soft", "snout", "pale"):
        k = 1.0 if muzzle == "soft" else 1.3
        tip = sh.pts(
            (x - 0.12 * k, y - 0.05),
            (x, y - 0.085 * k),
            (x + 0.12 * k, y - 0.05),
            (x, y + 0.075 * k),
        )
        f.dot(f.head(sh.smooth(tip, n=4)), f.lit(nose))
        f.dot(f.head(sh.ellipse(x - 0.035, y - 0.04, 0.03, 0.018)), WHITE, 0.7)
    elif muzzle in ("pig", "long"):
        _nostrils(f, x, y, muzzle == "long")
    elif muzzle == "beak":
        beak = sh.pts((x - 0.17, 0.16), (x, 0.10), (x + 0.18, 0.16), (x + 0.05, 0.46))
        f.part(f.head(sh.smooth(beak, n=5)), nose, line=0.8)
    elif muzzle == "bill":
        bill = sh.ellipse(x + 0.04, 0.36, 0.38, 0.15)
        f.part(f.head(bill), nose, line=0.9)
        curve = sh.smooth(sh.pts((x - 0.3, 0.36), (x + 0.04, 0.42), (x + 0.38, 0.34)), False)
        f.stroke(f.head(curve), 0.8)
    elif muzzle == "trunk":
        trunk = sh.limb(
            sh.pts((x, 0.2), (x + 0.04, 0.7), (x + 0.2, 1.12), (x + 0.52, 1.1)),
            (0.22, 0.2, 0.16, 0.13),
        )
        f.part(f.head(trunk), f.look.coat)
        for y in (0.55, 0.74, 0.93):
            f.stroke(f.head(sh.pts((x - 0.1, y), (x + 0.14, y + 0.02))), 0.7, alpha=0.5)
    elif muzzle == "carrot":
        carrot = sh.pts((x - 0.1, 0.16), (x + 0.6, 0.32), (x - 0.06, 0.38))
        f.part(f.head(carrot), hexc("#ee8a4a"), line=0.8)
    elif muzzle == "bare" and f.plan.human:
        tip = sh.smooth(sh.pts((x - 0.03, 0.24), (x + 0.05, 0.27), (x - 0.01, 0.31)), False)
        f.stroke(f.head(tip), 0.8, deepen(f.look.coat, 3))


def _nostrils(f: Figure, x: float, y: float, long: bool) -> None:
    if not long:
        f.part(f.head(sh.ellipse(x, y + 0.04, 0.24, 0.17)), f.look.accent, line=0.7)
    spread, low = (0.18, 0.16) if long else (0.08, 0.04)
    for s in (-1, 1):
        f.dot(f.head(sh.ellipse(x + s * spread, y + low, 0.03, 0.05)), hexc("#7a4a4a"))


def _mouth(f: Figure) -> None:
    if f.plan.muzzle in ("beak", "bill", "trunk"):
        return
    at, dark = layout(f), _dark(f)
    x = f.turn if f.plan.muzzle == "wide" else f.turn * 1.3
    y, w = at.mouth_y, at.mouth_w
    screen = f.plan.muzzle == "screen"
    if f.emotion == "surprised":
        f.dot(f.head(sh.ellipse(x, y + 0.06, 0.085, 0.11)), dark if screen else LIPS)
    elif f.emotion == "sad":
        frown = sh.smooth(sh.pts((x - w, y + 0.10), (x, y + 0.02), (x + w, y + 0.10)), False)
        f.stroke(f.head(frown), 1.2, dark)
    elif f.emotion == "happy" and not screen:
        _laugh(f, x, y, w)
    else:
        smile = sh.smooth(sh.pts((x - w, y), (x, y + 0.07), (x + w, y)), False)
        f.stroke(f.head(smile), 1.2, dark)
    if f.plan.muzzle in ("soft", "snout", "pale"):
        f.stroke(f.head(sh.pts((x, 0.37), (x, y + 0.02))), 0.9, INK)


def _laugh(f: Figure, x: float, y: float, w: float) -> None:
    k = w / 0.15
    open_mouth = sh.pts(
        (x - w * 1.05, y),
        (x, y + 0.05),
        (x + w * 1.05, y),
        (x + w * 0.5, y + 0.15 * k**0.4),
        (x - w * 0.5, y + 0.15 * k**0.4),
    )
    f.dot(f.head(sh.smooth(open_mouth, n=5)), f.lit(LIPS), 0.92)
    f.soft(f.head(sh.ellipse(x, y + 0.13, 0.07 * k**0.5, 0.035)), BLUSH, 0.6, 0.003)
    upper = sh.pts((x - w * 1.25, y - 0.025), (x, y + 0.05), (x + w * 1.25, y - 0.025))
    f.stroke(f.head(sh.smooth(upper, False)), 1.1, EYE if f.plan.human else INK)


def _whiskers(f: Figure) -> None:
    for s in (-1, 1):
        for a in (-0.06, 0.06):
            hair = sh.pts((f.turn + s * 0.62, 0.40 + a), (f.turn + s * 1.12, 0.36 + a * 2.2))
            f.stroke(f.head(hair), 0.55, INK, 0.6)


def _fangs(f: Figure) -> None:
    at = layout(f)
    for s in (-1, 1):
        x = f.turn * 1.1 + s * at.mouth_w * 0.8
        fang = sh.pts((x - 0.05, at.mouth_y), (x + 0.05, at.mouth_y), (x, at.mouth_y + 0.13))
        f.part(f.head(fang), WHITE, line=0.6)


def _tear(f: Figure) -> None:
    x, y = _eye_x(f, -1) - 0.05, layout(f).eye_y + 0.20
    drop = sh.pts((x, y), (x + 0.10, y + 0.18), (x, y + 0.26), (x - 0.09, y + 0.18))
    f.part(f.head(sh.smooth(drop, n=4)), hexc("#a9d8ee"), line=0.6)
