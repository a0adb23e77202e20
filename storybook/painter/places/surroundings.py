"""The page as a place painter receives it: the brush, the light, and colour by depth."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from storybook.painter.palette import (
    RGB,
    Mood,
    hexc,
    mix,
    name_hash,
    shift,
    times,
)
from storybook.painter.pigment import Brush
from storybook.painter.scene import Era, Role, Season, Time

SEASONS: Final[tuple[Season, ...]] = ("summer", "autumn", "spring")
"""The seasons that a book without one is set in: snow is only where somebody asked for it."""
FRESH_SNOW = hexc("#f2f6fc")
TURNS: Final[dict[Season, tuple[float, float, float]]] = {
    "spring": (-0.015, -0.10, 0.07),
    "autumn": (-0.075, 0.04, 0.05),
    "winter": (0.02, -0.26, 0.10),
}
"""How leaf green turns by season: hue (turns), saturation, value."""


class Surroundings(msgspec.Struct, frozen=True):
    """One page being painted. `horizon` is in page units from the top."""

    b: Brush
    mood: Mood
    era: Era
    time: Time
    role: Role
    horizon: float
    season: Season = "summer"
    view: str = ""
    side: int = 1
    """Where the landmark stands, the same on every page of a book: +1 right, -1 left."""
    book: int = 0
    """The book's seed, for what must not change from page to page."""

    @property
    def rng(self) -> np.random.Generator:
        return self.b.rng

    @property
    def lit(self) -> bool:
        """Are lamps and windows alight?"""
        return self.mood.dark or self.time == "sunset"

    @property
    def snowing(self) -> bool:
        """Does snow lie on things?"""
        return self.time == "snow" or self.season == "winter"

    @property
    def crisis(self) -> bool:
        return self.role == "crisis"

    def c(self, color: RGB, depth: float = 1.0) -> RGB:
        """A local colour in this light: depth 0 is far away in the haze, 1 is near."""
        c = times(self._turned(color), self.mood.tint)
        c = mix(c, mix(self.mood.sky[1], self.mood.sky[2], 0.4), self.mood.veil)
        return mix(c, self.mood.haze, (1 - depth) * 0.75)

    def lying_snow(self, color: RGB, share: float = 0.9) -> RGB:
        """The colour of ground, under snow if it snows."""
        return mix(color, FRESH_SNOW, share) if self.snowing else color

    def _turned(self, color: RGB) -> RGB:
        """By season leaf greens (not the blue greens of pines) turn golden, fresh or pale."""
        h, s, _ = colorsys.rgb_to_hsv(*color)
        leaf = max(0.0, 1 - abs(h - 0.24) / 0.15) * min(1.0, s / 0.3)
        if self.season == "summer" or leaf == 0:
            return color
        dh, ds, dv = TURNS[self.season]
        return shift(color, dh * leaf, ds * leaf, dv * leaf)

    def u(self, a: float, b: float) -> float:
        """A number between a and b, left to chance."""
        return float(self.rng.uniform(a, b))

    def either(self, likely: float = 0.5) -> bool:
        """True as often as `likely` says."""
        return float(self.rng.random()) < likely

    def pick(self, codes: str) -> RGB:
        """One of several colours."""
        choices = codes.split()
        return hexc(choices[int(self.rng.integers(len(choices)))])

    def seasonal(self, summer: str, autumn: str, spring: str) -> RGB:
        """A colour by season; in winter it is the summer's, which pales."""
        return hexc({"autumn": autumn, "spring": spring}.get(self.season, summer))

    def kept(self, codes: str, what: object) -> RGB:
        """One of several colours, the same for `what` on every page of a book."""
        choices = codes.split()
        return hexc(choices[name_hash(self.book, what) % len(choices)])

    def slots(self, n: int, clear: float = 0.22) -> Sequence[float]:
        """`n` x positions, left and right in turn, that leave the middle to the characters."""
        return [500 + (-1, 1)[i % 2] * self.u(clear, 0.52) * 1000 for i in range(n)]
