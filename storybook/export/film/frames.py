"""Draws the frames of a film, one after the other, into one buffer of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.film.camera import FilmFrame, frames_of, view_of
from storybook.export.film.job import FilmJob
from storybook.export.film.leaves import DrawnLeaf, pixels
from storybook.export.film.page_turn import draw_turn
from storybook.export.film.script import FilmLeaf
from storybook.export.film.typesetting import Typesetter

Pixels = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
"""Height × width × (blue, green, red, opacity)."""


class Filming:
    """Films shot after shot. What was shown last is kept: the next page is turned over from it."""

    def __init__(self, job: FilmJob) -> None:
        width, height = job.size
        self._job = job
        self._setter = Typesetter(it for shot in job.shots for it in _texts(shot.leaf))
        self._pixels: Pixels = np.zeros((height, width, 4), np.uint8)
        self._surface = skia.Surface.MakeRasterDirect(pixels(width, height), self._pixels)

    def frames(self, place: int) -> Iterator[tuple[FilmFrame, Pixels]]:
        """The frames of a shot by its place. Each is drawn over the one before, in the same
        buffer."""
        shot, before = self._job.shots[place], self._image() if place else None
        picture = shot.leaf.picture
        content = self._job.files[picture.name] if picture is not None else None
        leaf = DrawnLeaf(shot.leaf, content, self._job.size, self._setter)
        canvas = self._surface.getCanvas()
        leaf.draw(canvas, view_of(place, 0.0))
        first = self._image()
        shown = 0.0
        for frame in frames_of(shot):
            if frame.turned < 1.0:
                draw_turn(canvas, before, first, frame.turned)
                shown = -1.0
            elif frame.moved != shown:
                leaf.draw(canvas, view_of(place, frame.moved))
                shown = frame.moved
            yield frame, self._pixels

    def _image(self) -> Any:
        """A copy of what is in the buffer."""
        return skia.Image.fromarray(self._pixels.copy(), skia.kBGRA_8888_ColorType)


def _texts(leaf: FilmLeaf) -> tuple[str, ...]:
    return (leaf.title, *leaf.paragraphs, *leaf.notes)
