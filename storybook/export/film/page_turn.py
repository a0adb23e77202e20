"""Draws a page that is turned: it rolls off to the left, as around a cylinder, over the next one.

The page is cut into narrow strips. A strip left of the roll lies flat, one on it stands askew, and
what has come over the top lies upside down on the page, where its back is seen.
"""

from __future__ import annotations

import math
from typing import Any, Final

import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.film.leaves import PAPER

_RADIUS: Final = 0.09
"""Of the roll, in widths of the page."""
_STRIPS: Final = 28
"""On the half of the roll that is seen."""
_SHADOW: Final = 0.10
"""How far the roll's shadow reaches, in widths of the page."""
_SHADOW_TONE: Final = 0x50302418


def draw_turn(canvas: Any, old: Any, new: Any, turned: float) -> None:
    """The frame in which `turned` (0 to 1) of the page `old` has been turned; `new` lies under
    it."""
    width, height = old.width(), old.height()
    radius = _RADIUS * width
    # It begins with the roll just outside, and ends when the last edge has gone out to the left.
    roll = width - turned * (width + math.pi * radius)
    canvas.drawImage(new, 0, 0)
    _shade(canvas, roll + radius, _SHADOW * width, height)
    canvas.save()
    canvas.clipRect(skia.Rect.MakeWH(max(0.0, roll), height))
    canvas.drawImage(old, 0, 0)
    canvas.restore()
    _draw_front(canvas, old, roll, radius)
    _draw_back(canvas, width, height, roll, radius)


def _draw_front(canvas: Any, old: Any, roll: float, radius: float) -> None:
    """The half of the roll's upper side that still shows the page."""
    step = math.pi / 2 / _STRIPS
    for strip in range(_STRIPS):
        angle = strip * step
        source = skia.Rect.MakeLTRB(
            roll + radius * angle, 0, roll + radius * (angle + step), old.height()
        )
        left, right = radius * math.sin(angle), radius * math.sin(angle + step)
        overlap = min(right + 1, radius)  # no gap between two strips
        seen = skia.Rect.MakeLTRB(roll + left, 0, roll + overlap, old.height())
        if source.left() >= old.width():
            return
        canvas.drawImageRect(old, source, seen, skia.SamplingOptions(skia.FilterMode.kLinear))
        canvas.drawRect(seen, skia.Paint(Color=_darker(0.30 * math.sin(angle) ** 2)))


def _draw_back(canvas: Any, width: int, height: int, roll: float, radius: float) -> None:
    """What has come over the top: blank paper, lighter the flatter it lies."""
    over = width - roll - math.pi / 2 * radius
    if over <= 0:
        return
    around = math.pi / 2 * radius
    left = roll + radius * math.cos(min(over, around) / radius) if over < around else roll
    flat = max(0.0, over - around)
    right = roll + radius
    _shade(canvas, left - flat, -_SHADOW * width / 2, height)
    begin, middle = left - flat, min(left, roll)
    canvas.drawRect(skia.Rect.MakeLTRB(begin, 0, middle, height), skia.Paint(Color=PAPER))
    points = [skia.Point(middle, 0), skia.Point(right, 0)]
    shader = skia.GradientShader.MakeLinear(points, [PAPER, _mixed(0.22)])
    canvas.drawRect(skia.Rect.MakeLTRB(middle, 0, right, height), skia.Paint(Shader=shader))


def _shade(canvas: Any, x: float, reach: float, height: int) -> None:
    """A shadow that is darkest at `x` and ends `reach` pixels to the right, or to the left."""
    points = [skia.Point(x, 0), skia.Point(x + reach, 0)]
    shader = skia.GradientShader.MakeLinear(points, [_SHADOW_TONE, _SHADOW_TONE & 0xFFFFFF])
    area = skia.Rect.MakeLTRB(min(x, x + reach), 0, max(x, x + reach), height)
    canvas.drawRect(area, skia.Paint(Shader=shader))


def _darker(part: float) -> int:
    return round(255 * part) << 24 | 0x302418


def _mixed(part: float) -> int:
    """Paper that has gone so far into shade."""
    tones = ((PAPER >> shift & 0xFF, 0x302418 >> shift & 0xFF) for shift in (16, 8, 0))
    red, green, blue = (round(light + (dark - light) * part) for light, dark in tones)
    return int(skia.Color(red, green, blue))
