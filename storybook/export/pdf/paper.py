"""The sizes of paper that a book is printed on, and where on a sheet each leaf is.

A **leaf** is one page of the book as it is read; a **side** is what is printed at once: one leaf,
or two beside each other that a fold turns into pages. Lengths are points (1/72 inch) from the upper
left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

MM: Final = 72 / 25.4
"""Points in a millimetre."""
BLEED: Final = 3 * MM
"""How far the paper's tone goes beyond the cut, so that no white edge is left by a careless one."""
MARK: Final = 5 * MM
"""A crop mark's length. It begins where the bleed ends."""
SLUG: Final = BLEED + MARK + 2 * MM
"""What surrounds the cut page on the sheet that a printer cuts."""


class PaperSize(StrEnum):
    """What somebody may ask for; `booklet` is A4 lying, folded to A5."""

    A4 = "a4"
    A5 = "a5"
    SQUARE = "square"
    BOOKLET = "booklet"


class Paper(msgspec.Struct, frozen=True):
    """A leaf's width, height and margin, and how large letters are in it: at most, usually at
    least, and at least whatever the text. `is_cut` from a larger sheet, with bleed and marks;
    else two of them are folded from one."""

    width: float
    height: float
    margin: float
    letters: tuple[float, float, float]
    is_cut: bool = True


PAPERS: Final = {
    PaperSize.A4: Paper(210 * MM, 297 * MM, 18 * MM, (23, 17, 12)),
    PaperSize.A5: Paper(148 * MM, 210 * MM, 12 * MM, (16.5, 12.5, 10)),
    PaperSize.SQUARE: Paper(210 * MM, 210 * MM, 13 * MM, (20, 13.5, 11)),
    PaperSize.BOOKLET: Paper(148.5 * MM, 210 * MM, 13 * MM, (16.5, 12.5, 10), is_cut=False),
}

Side = tuple[int | None, ...]
"""The leaves of a side from left to right, by number; None for an empty one."""


def sides(leaves: int, paper: Paper) -> list[Side]:
    """The leaves as they are printed, in the printer's order."""
    if paper.is_cut:
        return [(it,) for it in range(leaves)]
    return folded(padded(range(leaves)))


def padded(leaves: Sequence[int]) -> list[int | None]:
    """With as many empty leaves as a folded booklet needs: the first inside the cover if there are
    two, so that the story begins on a right-hand page."""
    missing = -len(leaves) % 4
    inside = 1 if missing > 1 else 0
    return [*leaves[:1], *[None] * inside, *leaves[1:], *[None] * (missing - inside)]


def folded(leaves: Sequence[int | None]) -> list[Side]:
    """Sheets printed on both sides, laid in each other and folded once: front and back of the
    outermost first."""
    last = len(leaves) - 1
    return [
        (leaves[last - it], leaves[it]) if it % 2 == 0 else (leaves[it], leaves[last - it])
        for it in range(len(leaves) // 2)
    ]
