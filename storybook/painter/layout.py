"""Where the characters stand: pure geometry, by the page's part in the story.

Up to four stand in one row. Five or six form two: three in front, the others smaller behind the
gaps and higher up, so that their heads and shoulders are seen; more than six are not painted. The
hero is in the middle or on a side that the seed chose, the same on every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import msgspec
import numpy as np

from storybook.painter.scene import Role


class Size(msgspec.Struct, frozen=True):
    """How big a character is: height relative to a child, and width relative to its height; and
    whether it floats in water rather than stands on the ground."""

    scale: float
    width: float = 0.7
    floats: bool = False


class Spot(msgspec.Struct, frozen=True):
    """A character's place: its index in the cast, feet and height in page units, the side that
    it faces (+1 right, -1 left), and the index of whom it looks at. `behind` is the back row."""

    index: int
    x: float
    y: float
    height: float
    face: int
    partner: int | None = None
    behind: bool = False


class Frame(msgspec.Struct, frozen=True):
    """One role's composition: a child's height, the foot line, the gap between neighbours in
    widths, and how far the group stands from the middle (page units)."""

    height: float
    foot: float
    gap: float
    aside: float


FRAMES: Final[dict[Role, Frame]] = {
    "cover": Frame(430, 915, 1.0, 0),
    "wide": Frame(262, 846, 1.15, 150),
    "encounter": Frame(450, 922, 1.2, 0),
    "crisis": Frame(310, 880, 1.3, 80),
    "resolution": Frame(390, 895, 0.94, 0),
}
Closeness = Literal["apart", "holding", "hugging"]
GAPS: Final[dict[Closeness, float]] = {"apart": 1.0, "holding": 0.86, "hugging": 0.74}
"""What the gap between neighbours is multiplied by when they hold on to each other."""
ROW: Final = 4
"""More characters than this stand in two rows."""
WIDEST: Final = 870.0
BACK_ROW: Final = (0.9, 0.62)
"""How much smaller the back row is, and how far behind its feet are (in a child's heights)."""
SMALLER: Final = 0.86
"""How much smaller everybody is where there are two rows, so that both are seen."""
CROWDED: Final = 760.0
"""Width of a front row with others behind (page units)."""
BEHIND: Final = {2: 700.0, 3: 840.0}
"""Width of the back row, by how many stand in it (page units)."""
EVENED: Final = 0.6
"""In two rows the tall are shorter and the small taller: the exponent of their scales."""
FAR: Final = 0.8
"""The same where everybody is far away, so that the smallest are still seen."""
HEADROOM: Final = 60.0
"""Nobody is nearer to the top of the page than this (page units)."""
HERO: Final = 1.08
"""How much taller the hero is on the cover."""


def place(
    sizes: Sequence[Size],
    role: Role,
    seed: int,
    *,
    side: int = 1,
    closeness: Closeness = "apart",
) -> tuple[Spot, ...]:
    """Spots for all characters, back to front. `closeness` brings neighbours into arm's
    reach; on pages with room the group stands away from the landmark on `side`."""
    if not sizes:
        return ()
    frame, rng = FRAMES[role], np.random.default_rng([seed % 2**32, len(role), len(sizes)])
    front, back = _rows([size.scale for size in sizes], seed)
    gap = frame.gap * (1.0 if back else GAPS[closeness])
    even = EVENED if back else FAR if role == "wide" else 1.0
    child = frame.height * (SMALLER if back else 1.0)
    heights = [child * size.scale**even * float(rng.uniform(0.97, 1.03)) for size in sizes]
    if role == "cover":
        heights[0] *= HERO
    feet = [frame.foot + float(rng.uniform(-8, 8)) - (12 if i else 0) for i in range(len(sizes))]
    for i, size in enumerate(sizes):
        if size.floats:
            feet[i] -= 130 + float(rng.uniform(0, 90)) + 110 * (i % 2)
    for i in back:
        heights[i] *= BACK_ROW[0]
        feet[i] -= BACK_ROW[1] * child
    shift = -side * frame.aside
    widths = [height * size.width for height, size in zip(heights, sizes, strict=True)]
    front_row = _Row(front, gap, CROWDED if back else WIDEST, 0.0)
    spots = _stood(front_row, widths, heights, feet, shift)
    if back:
        back_row = _Row(back, gap, WIDEST, BEHIND[len(back)])
        for spot in _stood(back_row, widths, heights, feet, shift):
            spots.append(msgspec.structs.replace(spot, behind=True))
    return tuple(sorted(spots, key=lambda spot: spot.y))


def _rows(scales: Sequence[float], seed: int) -> tuple[list[int], list[int]]:
    """Who stands in the front row and who behind, from left to right: the hero in front, and of
    many the tallest behind."""
    n, back = len(scales), list[int]()
    if n <= 2:
        front = [*range(n)]
    elif n <= ROW:
        front = [1, 0, *range(2, n)]
    else:
        small, other, *tall = sorted(range(1, n), key=lambda i: (scales[i], i))
        front, back = [small, 0, other], sorted(tall)
    return (front[::-1], back[::-1]) if seed % 2 else (front, back)


class _Row(msgspec.Struct, frozen=True):
    """Who stands in a row from left to right, the gap between neighbours (in widths), the room
    that it must fit in and the breadth that it takes at least (page units)."""

    cast: Sequence[int]
    gap: float
    room: float
    spread: float


def _stood(
    row: _Row,
    widths: Sequence[float],
    heights: Sequence[float],
    feet: Sequence[float],
    shift: float,
) -> list[Spot]:
    """The spots of a row, which is made smaller until it fits its room."""
    first, last = widths[row.cast[0]], widths[row.cast[-1]]
    steps = [_step(widths[a], widths[b], row.gap) for a, b in pairwise(row.cast)]
    total = (first + last) / 2 + sum(steps)
    k = min(1.0, row.room / total)
    slack = max(0.0, row.spread - total * k) / max(len(steps), 1)
    total = total * k + slack * len(steps)
    spare = (WIDEST - total) / 2
    centres = [500 + float(np.clip(shift, -spare, spare)) - total / 2 + first * k / 2]
    for step in steps:
        centres.append(centres[-1] + step * k + slack)
    spots = []
    for slot, i in enumerate(row.cast):
        face, other = _facing(slot, len(row.cast), centres)
        partner = row.cast[other] if other is not None else None
        y = max(feet[i], heights[i] * k + HEADROOM)
        spots.append(Spot(i, centres[slot], y, heights[i] * k, face, partner))
    return spots


def _step(a: float, b: float, gap: float) -> float:
    """From the middle of one to the middle of the next; a gap below 1 lets the broader one cover
    some of the narrower."""
    if gap >= 1:
        return gap * (a + b) / 2
    return (a + b) / 2 - (1 - gap) * min(a, b)


def _facing(slot: int, n: int, centres: Sequence[float]) -> tuple[int, int | None]:
    """The side that the one in a slot faces, and the slot of whom it looks at: neighbours pair
    up from the left, and the last of an odd row joins the pair beside it."""
    if n == 1:
        return (1 if centres[0] < 500 else -1), None
    if slot == n - 1 and n % 2:
        return -1, slot - 1
    return (1, slot + 1) if slot % 2 == 0 else (-1, slot - 1)


def overlap(a: Spot, b: Spot, sizes: Sequence[Size]) -> float:
    """The share of the narrower one's width that lies behind the other."""
    wa, wb = (spot.height * sizes[spot.index].width for spot in (a, b))
    shared = (wa + wb) / 2 - abs(a.x - b.x)
    return max(0.0, min(shared, wa, wb)) / min(wa, wb)
