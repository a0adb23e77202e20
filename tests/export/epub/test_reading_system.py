"""A book in a reading system: it is opened, looked at, and read aloud."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import anyio
import pytest
from playwright.sync_api import Browser

from storybook.export.content import BookContent
from storybook.export.epub import make_epub
from storybook.export.epub.sheets import HEIGHT, WIDTH
from storybook.export.media import SmallMedia
from storybook.stores.files import FileArtifactStore
from tests.export.browser import CHROMIUM, chromium, violations
from tests.export.epub.books import BOOKS, read_slowly
from tests.export.epub.reading_system import FOLIATE, ReadingSystem

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here for a reading system"),
    pytest.mark.skipif(not FOLIATE.exists(), reason="`npm ci` has not been run: no foliate-js"),
]
SENTENCE_SECONDS = 0.8
"""Browsers tell four times a second how far a recording is."""
LATE_SECONDS = 0.6


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[BookContent, bytes]]:
    found = {}
    for kind in (*BOOKS, "slow"):
        store = FileArtifactStore(tmp_path_factory.mktemp("data"))
        made = BOOKS.get(kind) or (lambda it: read_slowly(it, SENTENCE_SECONDS))
        book = made(store)
        found[kind] = book, anyio.run(make_epub, book, SmallMedia(store))
    return found


@pytest.fixture(scope="module")
def browser(books: dict[str, tuple[BookContent, bytes]]) -> Iterator[Browser]:
    """After the books were made: Playwright has an event loop of its own, and there may be one."""
    with chromium() as browser:
        yield browser


def test_the_lit_sentence_follows_the_voice(
    browser: Browser, books: dict[str, tuple[BookContent, bytes]]
) -> None:
    """Each in its turn and at its time, and the page is turned where it ends (it takes the time of
    four sentences)."""
    book, content = books["slow"]
    reader = ReadingSystem(browser, content)
    reader.turn_to(3)
    reader.read_aloud(3)
    narrated = [it.narration for it in book.pages[3:] if it.narration is not None]
    segments = [it for narration in narrated for it in narration.segments]
    lit = reader.lit(len(segments))
    assert [text for text, _ in lit] == [it.text for it in segments]
    for (text, time), segment in zip(lit, segments, strict=True):
        assert segment.start <= time + 0.05 and time < segment.start + LATE_SECONDS, text
    assert reader.in_sheet("sheet.querySelector('.folio').textContent") == "4"
    assert reader.complaints == []


@pytest.mark.parametrize("kind", BOOKS)
def test_every_sheet_fits(
    kind: str, browser: Browser, books: dict[str, tuple[BookContent, bytes]]
) -> None:
    """No text is cut off or runs into the page's number, in the fonts that are inside."""
    book, content = books[kind]
    reader = ReadingSystem(browser, content)
    for place in range(len(book.pages) + 1):
        reader.turn_to(place)
        reader.page.wait_for_function("sheet()?.fonts.status === 'loaded'")
        top, bottom, right = reader.in_sheet(EDGES)
        assert top >= 40 and bottom <= 850 and right <= 1600, (place, top, bottom, right)
        assert reader.in_sheet("[...sheet.fonts].every((it) => it.status !== 'error')")
    assert reader.complaints == []


def test_paragraphs_stand_apart(
    browser: Browser, books: dict[str, tuple[BookContent, bytes]]
) -> None:
    """By about half a letter, as it is reckoned when letters are chosen."""
    reader = ReadingSystem(browser, books["of two heroes"][1])
    reader.turn_to(2)
    size = float(reader.in_sheet("parseFloat(getComputedStyle(sheet.querySelector('p')).fontSize)"))
    gaps = reader.in_sheet(
        "[...sheet.querySelectorAll('.text p + p')].map((it) => it.getBoundingClientRect().top"
        " - it.previousElementSibling.getBoundingClientRect().bottom)"
    )
    assert gaps == [pytest.approx(0.55 * size, abs=1)] * 3


EDGES = """{
  const boxes = [...sheet.querySelectorAll("h1, p:not(.folio), li")].flatMap((it) => {
    const range = sheet.createRange();
    range.selectNodeContents(it);
    return [...range.getClientRects()];
  });
  return [
    Math.min(...boxes.map((it) => it.top)),
    Math.max(...boxes.map((it) => it.bottom)),
    Math.max(...boxes.map((it) => it.right)),
  ];
}"""


def test_axe_finds_nothing_wrong(
    browser: Browser, books: dict[str, tuple[BookContent, bytes]], tmp_path: Path
) -> None:
    """Contrast, names, languages, order: in every document of a book in two languages, and of one
    without pictures."""
    for kind in ("in two languages", "that is not done"):
        with ZipFile(io.BytesIO(books[kind][1])) as archive:
            archive.extractall(tmp_path / kind)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        documents = sorted((tmp_path / kind / "EPUB").glob("*.xhtml"))
        assert len(documents) == len(books[kind][0].pages) + 2
        for document in documents:
            page.goto(document.as_uri())
            assert violations(page) == [], document.name


def test_its_text_can_be_chosen(
    browser: Browser, books: dict[str, tuple[BookContent, bytes]]
) -> None:
    """And copied, as it stands on the page."""
    book, content = books["of two heroes"]
    reader = ReadingSystem(browser, content)
    reader.turn_to(2)
    chosen = reader.in_sheet(
        "(sheet.getSelection().selectAllChildren(sheet.querySelector('.text')), "
        "sheet.getSelection().toString())"
    )
    assert chosen.split() == " ".join(book.pages[2].text.plain).split()
