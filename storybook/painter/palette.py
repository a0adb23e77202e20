"""Colour as three floats from 0 to 1: how colours mix, and the light of each hour."""

from __future__ import annotations

import colorsys
import hashlib
import math
from typing import Final

import msgspec

RGB = tuple[float, float, float]


def hexc(code: str) -> RGB:
    """`#rrggbb` as a colour."""
    r, g, b = bytes.fromhex(code.lstrip("#"))
    return r / 255, g / 255, b / 255


def code_of(color: RGB) -> str:
    """A colour as `#rrggbb`."""
    return "#" + bytes(round(255 * min(1.0, max(0.0, x))) for x in color).hex()


def mix(a: RGB, b: RGB, t: float) -> RGB:
    """Linear blend; t = 0 gives a."""
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t


def times(a: RGB, b: RGB) -> RGB:
    """The colour a in the light b."""
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


def deepen(a: RGB, k: float = 1.6) -> RGB:
    """More pigment of the same hue: optical density times k."""
    r, g, b = (float(max(x, 0.02) ** k) for x in a)
    return r, g, b


def shift(a: RGB, dh: float = 0.0, ds: float = 0.0, dv: float = 0.0) -> RGB:
    """Turn the hue by dh (turns), add to saturation and value."""
    h, s, v = colorsys.rgb_to_hsv(*a)
    return colorsys.hsv_to_rgb((h + dh) % 1, min(1, max(0, s + ds)), min(1, max(0, v + dv)))


def difference(a: RGB, b: RGB) -> float:
    """How far apart two colours look, from 0 to about 2; above 0.35 they are told apart at a
    glance. Lightness counts double: a child sees light against dark first."""
    light = sum(a) / 3 - sum(b) / 3
    chroma = math.dist(a, [y + light for y in b])
    return 2 * abs(light) + chroma


WHITE: Final[RGB] = (1.0, 0.995, 0.975)
INK: Final = hexc("#4b3a38")
BLUSH: Final = hexc("#f2907f")


def name_hash(*parts: object) -> int:
    """Stable 63-bit integer of a name. Python's own hash is salted anew in every process."""
    text = "|".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


class Mood(msgspec.Struct, frozen=True):
    """The light of one page.

    `sky` is its colour from zenith to horizon. `tint` filters the local colours of a place, `skin`
    (gentler) those of characters. `veil` is how far scenery leans towards the sky's colour.
    """

    sky: tuple[RGB, RGB, RGB]
    tint: RGB
    skin: RGB
    haze: RGB
    shadow: RGB
    glow: RGB
    dark: bool = False
    veil: float = 0.0


def _mood(colors: str, dark: bool = False, veil: float = 0.0) -> Mood:
    zenith, middle, horizon, tint, skin, haze, shadow, glow = map(hexc, colors.split())
    return Mood((zenith, middle, horizon), tint, skin, haze, shadow, glow, dark, veil)


MOODS: Final[dict[str, Mood]] = {
    "morning": _mood("#9fd0e4 #d3e8e6 #fdeccb #fffaee #fffdf6 #d9ebe6 #8d97bd #ffe9a8"),
    "noon": _mood("#7fc0e2 #b4dcec #eef3df #ffffff #ffffff #cfe6ea #8795bb #fff0a8"),
    "sunset": _mood("#8a8fc4 #f0a48c #fbd58e #ffe0c0 #fff0de #f2c3a6 #8b6f9c #ffd98a"),
    "night": _mood(
        "#2d3d7a #5164a6 #9aa0cf #8fa2e2 #e6e5f4 #7f8fc0 #2c356a #ffe7a0", dark=True, veil=0.36
    ),
    "rain": _mood("#93aabf #b3c5cf #d8dedb #d2dce2 #f2f4f4 #c0cfd6 #6c7c9c #fff0c0"),
    "storm": _mood(
        "#5b6796 #8189b0 #b9b3c4 #b0b8e0 #eae8f0 #a1a9c6 #4a5080 #fff0c0", dark=True, veil=0.30
    ),
    "space": _mood("#2c3466 #3f4784 #8d79b0 #e6e3f4 #f6f4fb #a9a6cf #3d3f70 #ffe7a0", dark=True),
    "snow": _mood("#b9cfe2 #d9e4ec #f1eeea #eaf1f8 #f8faff #dde8f0 #8f9fc8 #fff0c8"),
}
"""By the hour or the weather of a scene, and for airless places."""
