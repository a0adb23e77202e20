"""What a setting is, for the modules that paint them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from storybook.painter.palette import RGB, hexc
from storybook.painter.places.surroundings import Surroundings

PlacePainter = Callable[[Surroundings], None]


def nothing(st: Surroundings) -> None:
    """A view without a landmark, or a setting with an open foreground."""


class Setting(msgspec.Struct, frozen=True):
    """One place.

    `views` are its landmarks by name; those in `common` are chosen among by the seed, the others
    only by a word in the prompt. `trouble` is what goes wrong on the page of the crisis, behind
    the characters. In an `airless` place characters need a helmet, `afloat` they swim. `grass`
    closes over their feet, but not in the `bare` views. `floor` is the colour that they stand out
    against.
    """

    back: PlacePainter
    fore: PlacePainter
    views: Mapping[str, PlacePainter]
    common: tuple[str, ...]
    trouble: PlacePainter = nothing
    horizon: float = 560
    airless: bool = False
    afloat: bool = False
    indoor: bool = False
    grass: RGB | None = None
    bare: tuple[str, ...] = ()
    floor: RGB = hexc("#c9d49a")
