"""Leaves: everything has a place, nothing juts out, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import anyio
import pytest
from msgspec.structs import replace

from storybook.export.content import BookContent
from storybook.export.pdf.layout import PageLayout, PlacedLeaf
from storybook.export.pdf.paper import PAPERS, Paper, PaperSize
from storybook.export.pdf.passages import texts_of
from storybook.export.pdf.typefaces import Typefaces
from tests.export.pdf.books import ENGLISH, TEXTS, TITLE, plain_png, printed

SENTENCE = "토끼는 숲길을 따라 걸으며 노래를 불렀어요. "
LONG, LONGEST = (SENTENCE * 27).strip(), (SENTENCE * 60)[:1000].strip()
A5 = PAPERS[PaperSize.A5]
LONGEST_UNDER = (ENGLISH[0] * 30)[:1000]
BOOKS: Final[dict[str, dict[str, Any]]] = {
    "usual": {},
    "two languages": {"under": ENGLISH},
    "long": {"texts": (LONG, *TEXTS[1:])},
    "the longest there are": {"texts": (LONGEST,) * 2, "under": (LONGEST_UNDER,) * 2},
    "words without end": {"texts": ("가" * 300, "a" * 300), "title": "책" * 200},
    "a long title": {"title": ("아주 " * 66) + "긴", "heroes": "토끼, " * 40},
    "pictures that stand": {"picture": plain_png(100, 300)},
    "pictures that lie": {"picture": plain_png(300, 100)},
    "no pictures": {"picture": b""},
}


@pytest.fixture(scope="module")
def books() -> dict[str, BookContent]:
    return {name: anyio.run(partial(printed, **it)).content for name, it in BOOKS.items()}


@pytest.fixture(scope="module")
def faces(books: dict[str, BookContent]) -> Typefaces:
    return Typefaces("".join(map(texts_of, books.values())))


Laid = Callable[..., list[PlacedLeaf]]


@pytest.fixture
def laid(books: dict[str, BookContent], faces: Typefaces) -> Laid:
    """A book's leaves, by its name."""

    def leaves(name: str = "usual", paper: Paper = A5) -> list[PlacedLeaf]:
        return PageLayout(books[name], paper, faces).leaves()

    return leaves


@pytest.mark.parametrize("size", PaperSize)
@pytest.mark.parametrize("name", BOOKS)
def test_everything_is_on_its_leaf_and_nothing_over_another(
    laid: Laid, faces: Typefaces, name: str, size: PaperSize
) -> None:
    """Within the margins, the picture above, then line under line."""
    paper = PAPERS[size]
    for leaf in laid(name, paper):
        below = paper.margin
        if (picture := leaf.picture) is not None:
            assert picture.x >= paper.margin - 0.01
            assert picture.x + picture.width <= paper.width - paper.margin + 0.01
            below = picture.y + picture.height
        for line in leaf.lines:
            assert line.y - line.size * 0.9 >= below - 0.01
            assert line.x >= paper.margin - 0.01
            right = line.x + faces.width(line.text) * line.size
            assert right <= paper.width - paper.margin + 0.01
            below = line.y + line.size * 0.3
        assert below <= paper.height - paper.margin


@pytest.mark.parametrize("name", BOOKS)
def test_the_whole_text_is_there_in_its_order(
    laid: Laid, books: dict[str, BookContent], name: str
) -> None:
    """Title, pages, who made it, however many leaves that takes."""
    told = "".join(line.text for leaf in laid(name) for line in leaf.lines)
    wanted = [
        text for page in books[name].pages for it in (page.text, *page.others) for text in it.plain
    ]
    assert told.replace(" ", "").startswith("".join(wanted).replace(" ", ""))


def test_pages_are_alike(laid: Laid) -> None:
    """One size of letters and of pictures, but for the cover."""
    _, *pages, _ = laid()
    assert len({line.size for leaf in pages for line in leaf.lines}) == 1
    assert len({leaf.picture.width for leaf in pages if leaf.picture}) == 1
    assert pages[0].lines[0].size > A5.letters[1]


def test_a_page_much_longer_than_others_gives_way_alone(laid: Laid) -> None:
    """Its picture is smaller, then its letters; those of the others stay."""
    _, long, *others, _ = laid("long")
    assert long.picture and others[0].picture
    assert long.picture.width < others[0].picture.width * 0.7
    assert A5.letters[2] <= long.lines[0].size < others[0].lines[0].size


def test_what_is_too_much_for_a_leaf_goes_on_on_another(laid: Laid) -> None:
    """In usual letters; the outline knows the first one only, the page's number is on both."""
    leaves = laid("the longest there are")
    assert [(bool(it.name), it.number, it.picture is not None) for it in leaves] == [
        (True, 0, True),
        *((True, 1, True), (False, 1, False)),
        *((True, 2, True), (False, 2, False)),
        (True, 0, False),
    ]
    assert leaves[2].lines[0].size == A5.letters[1]


def test_the_last_leaf_says_who_made_the_book_and_how_fine_its_pictures_are(laid: Laid) -> None:
    """In the book's language."""
    *_, last = laid()
    told = [it.text for it in last.lines]
    assert told == [
        "끝",
        "이 책을 만든 네 낱말",
        "시대: 조선시대",
        "장소: 깊은 숲속 마을",
        "등장인물: 호기심 많은 토끼, 겁 많은 호랑이",
        "주제: 우정",
        "이 책을 만든 것",
        "글: llama.cpp (some-model.gguf)",
        "그림: storybook painter",
        "목소리: eSpeak NG",
        "인공지능(AI)이 만든 것: 글.",
        "그림 256 × 256픽셀, 이 종이에서 52 dpi",
    ]


def test_a_part_of_a_book_is_laid_out_as_far_as_it_is(
    books: dict[str, BookContent], faces: Typefaces
) -> None:
    """Without a cover, and with pictures that are missing."""
    book = books["usual"]
    _, first, *_, last = book.pages
    book = replace(book, pages=(first, replace(last, picture=None)))
    one, other, end = PageLayout(book, A5, faces).leaves()
    assert (one.number, one.picture is not None) == (1, True)
    assert (other.number, other.picture) == (4, None)
    assert end.lines[0].text == "끝"


def test_a_cover_has_its_title_in_the_middle(laid: Laid) -> None:
    """Large, as the heading of all."""
    cover, *_ = laid()
    (line,) = cover.lines
    assert (line.text, line.passage.tag) == (TITLE, "H1")
    assert line.x > A5.margin + 10
    assert line.size > 2 * A5.letters[1]
