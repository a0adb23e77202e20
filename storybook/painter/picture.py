"""The painter's whole work on one page, as a pure function from a task to PNG bytes."""

from __future__ import annotations

from msgspec.structs import replace

from storybook.engines import PaintingTask
from storybook.painter import compose, png
from storybook.painter.staging import staged_scene


def paint(task: PaintingTask) -> bytes:
    """The page's picture, square, as PNG; the same bytes for the same task."""
    figures = {who.name: who.figure for who in task.cast if who.figure is not None}
    read = staged_scene(task.page, task.request, task.seed, task.page_count, figures)
    scene = replace(read, variation=task.variation)
    return png.encode(compose.paint(scene, min(task.width, task.height)))
