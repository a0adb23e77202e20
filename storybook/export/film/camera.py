"""When a film shows a frame, and what the camera does in it.

A shot begins with a page that turns; then the camera moves over the picture, softly, and rests.
While it rests a frame is shown for a second, which costs nearly nothing to make.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.export.film.script import TICKS, TURN, Shot

MOVE: Final = 8 * TICKS
"""Ticks of a move at most: about half of a page, so that a film is made in far less time than it
is long."""


class FilmFrame(msgspec.Struct, frozen=True):
    """What is shown from a tick on: how far the page is turned, and how far the camera has moved,
    both from 0 to 1."""

    tick: int
    turned: float
    moved: float


def frames_of(shot: Shot) -> Iterator[FilmFrame]:
    """The frames of a shot. The first one of a film has no page to turn; over words alone nothing
    moves."""
    turn = TURN if shot.start else 0
    move = min(MOVE, shot.ticks - turn - 1) if shot.leaf.picture is not None else 0
    for tick in range(turn):
        yield FilmFrame(shot.start + tick, _eased((tick + 1) / (turn + 1)), 0.0)
    for tick in range(move):
        yield FilmFrame(shot.start + turn + tick, 1.0, _eased(tick / move))
    resting = range(shot.start + turn + move, shot.end - 1, TICKS)
    for tick in (*resting, shot.end - 1):  # the last one says how long the film is
        yield FilmFrame(tick, 1.0, 1.0)


class CameraView(msgspec.Struct, frozen=True):
    """How near the camera is: the picture is `zoom` times as large as its window, and the point of
    it at `x` and `y` (from 0 to 1) stays where it is."""

    zoom: float
    x: float
    y: float


NEAR: Final = 1.2
"""The nearest that the camera comes. From afar it sees all of the picture."""
_FACES_AT: Final = 0.58
"""How far down in pictures the faces are."""
_BESIDE: Final = (0.42, 0.58)


def view_of(place: int, moved: float) -> CameraView:
    """What the camera shows of the picture in a leaf's place in the book. It comes nearer on one
    page and goes away on the next, each time a little to another side."""
    near = moved if place % 2 else 1 - moved
    return CameraView(math.pow(NEAR, near), _BESIDE[place // 2 % 2], _FACES_AT)


def _eased(part: float) -> float:
    """From standstill to standstill."""
    return (1 - math.cos(math.pi * part)) / 2
