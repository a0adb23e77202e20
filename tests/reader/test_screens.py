"""The main screens as the documents show them: taken anew by `make screenshots`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import skia  # type: ignore[import-not-found]  # skia-python has no stubs
from playwright.sync_api import expect

from tests.reader.conftest import Opener
from tests.reader.families import pass_gate
from tests.whole.server import Server, follow

pytestmark = pytest.mark.slow

IMAGES = Path(__file__).parents[2] / "docs" / "images"
GAP = 16
PHONE, TABLET, DESK = (390, 844), (820, 1180), (1440, 900)
SHEETS = {
    "reader": (PHONE, ("/", "/books/{}", "/books/{}#page-2", "/make")),
    "reader-wide": (DESK, ("/", "/books/{}#page-2")),
    "reader-for-grown-ups": (TABLET, ("/books/{}/change#page-1", "/books/{}/behind", "/operate")),
}
"""What each picture of the documents shows, side by side, and at which size."""

LOOK = """() => new Promise((done) => {
  const shown = () => [...document.images].filter((it) => it.checkVisibility());
  const look = () => {
    const images = shown();
    const is_waited_for = document.querySelector("[data-here] .wash") !== null;
    const is_whole = images.length > 0 && images.every((it) => it.complete && it.naturalWidth);
    const are_there = is_whole && !is_waited_for;
    are_there ? document.fonts.ready.then(done) : requestAnimationFrame(look);
  };
  look();
})"""
"""Until all pictures of a screen are there."""


KEEPS = "KEEP_SCREENSHOTS" in os.environ
OTHERS = (("장난감 가게", "곰 인형, 생쥐", "나눔"), ("바닷가", "작은 고래와 갈매기", "용기"))
"""More books for the shelf, where the pictures are kept."""


@pytest.fixture(scope="module")
def book(server: Server) -> str:
    for place, characters, topic in OTHERS if KEEPS else ():
        other = server.request(place_ko=place, characters_ko=characters, topic_ko=topic)
        list(follow(server, other))
    run_id = server.request()
    list(follow(server, run_id))
    return run_id


@pytest.mark.parametrize("name", SHEETS)
def test_the_main_screens_have_something_on_them(
    server: Server, book: str, opened: Opener, tmp_path: Path, name: str
) -> None:
    """Each another, and whole once its pictures are there."""
    size, screens = SHEETS[name]
    taken = []
    for address in screens:
        page = opened(f"{server.url}{address.format(book)}", size=size, reduced_motion="reduce")
        if "change" in address:
            pass_gate(page)
        if address == "/operate":
            expect(page.locator("section").nth(3)).to_be_visible()
        else:
            page.evaluate(LOOK)
        taken.append(page.screenshot())
    sheet = side_by_side(taken, size)
    assert len(set(taken)) == len(screens)
    where = (IMAGES if KEEPS else tmp_path) / f"{name}.jpg"
    sheet.save(str(where), skia.kJPEG, 82)
    assert where.stat().st_size > 40_000


def side_by_side(taken: list[bytes], size: tuple[int, int]) -> skia.Image:
    images = [skia.Image.MakeFromEncoded(it) for it in taken]
    surface = skia.Surface(len(images) * (size[0] + GAP) - GAP, size[1])
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    for place, image in enumerate(images):
        canvas.drawImage(image, place * (size[0] + GAP), 0)
    return surface.makeImageSnapshot()
