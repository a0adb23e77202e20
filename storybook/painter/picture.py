"""The painter's whole work on one page, as a pure function from a task to PNG bytes."""

from __future__ import annotations

from storybook.engines import PaintingTask
from storybook.painter import compose, png
from storybook.painter.staging import scene_of


def paint(task: PaintingTask) -> bytes:
    """The page's picture, square, as PNG; the same bytes for the same task."""
    return png.encode(compose.paint(scene_of(task), min(task.width, task.height)))
