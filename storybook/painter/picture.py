"""The painter's whole work on one page, as a pure function from an order to PNG bytes."""

from __future__ import annotations

from storybook.engines import PaintingOrder
from storybook.painter import compose, png
from storybook.painter.reading import read_scene


def paint(order: PaintingOrder) -> bytes:
    """The page's picture, square, as PNG; the same bytes for the same order."""
    scene = read_scene(order.page, order.request, order.seed, order.page_count)
    return png.encode(compose.paint(scene, min(order.width, order.height)))
