"""The main screens as the documents show them: taken anew by `make screenshots`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from tests.reader.conftest import Opener
from tests.whole.server import Server, follow

pytestmark = pytest.mark.slow

SHOWN = Path(__file__).parents[2] / "docs" / "images" / "reader.jpg"
SIZE = (390, 844)
GAP = 16


LOOK = """() => new Promise((done) => {
  const shown = () => [...document.images].filter((it) => it.checkVisibility());
  const look = () => {
    const images = shown();
    const are_there = images.length > 0 && images.every((it) => it.complete && it.naturalWidth);
    are_there ? document.fonts.ready.then(done) : requestAnimationFrame(look);
  };
  look();
})"""
"""Until all pictures of a screen are there."""


def test_the_main_screens_have_something_on_them(
    server: Server, opened: Opener, tmp_path: Path
) -> None:
    """Shelf, cover, page and making, side by side at the size of a telephone."""
    run_id = server.request()
    list(follow(server, run_id))
    screens = ["/", f"/books/{run_id}", f"/books/{run_id}#page-2", "/make"]
    taken = []
    for address in screens:
        page = opened(f"{server.url}{address}", size=SIZE, reduced_motion="reduce")
        page.evaluate(LOOK)
        taken.append(page.screenshot())
    sheet = side_by_side(taken)
    assert sheet.width() == len(screens) * (SIZE[0] + GAP) - GAP
    assert len(set(taken)) == len(screens)
    where = SHOWN if os.environ.get("KEEP_SCREENSHOTS") else tmp_path / SHOWN.name
    sheet.save(str(where), skia.kJPEG, 82)
    assert where.stat().st_size > 40_000


def side_by_side(taken: list[bytes]) -> skia.Image:
    images = [skia.Image.MakeFromEncoded(it) for it in taken]
    surface = skia.Surface(len(images) * (SIZE[0] + GAP) - GAP, SIZE[1])
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    for place, image in enumerate(images):
        canvas.drawImage(image, place * (SIZE[0] + GAP), 0)
    return surface.makeImageSnapshot()
