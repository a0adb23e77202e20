"""Gives everything on a book's leaves its place.

Each leaf has its picture above and its text below. Pictures and letters are as large as the longest
page of the book lets them be, the same on all pages: letters give way to their usual size, then
pictures. Only a page that is much longer than others has a smaller picture of its own, then smaller
letters, and what is still too much goes on on another leaf: no text is ever cut off. Lengths are
points, from the leaf's upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import Artifact
from storybook.export.content import BookContent, PageContent
from storybook.export.pdf.lines import lines_of
from storybook.export.pdf.paper import Paper
from storybook.export.pdf.passages import (
    Passage,
    cover_passages,
    end_passages,
    page_passages,
    pictures_line,
)
from storybook.export.pdf.typefaces import Typefaces

_LEADING: Final = 1.55
"""From line to line, in ems."""
_ASCENT: Final = 0.9
"""From a line's upper edge to its baseline, in ems."""
_STEP: Final = 0.5
"""Points between two sizes of letters that are tried."""
_LESS: Final = 0.02
"""Of the height: between two sizes of pictures that are tried."""
_PICTURE: Final = 0.7
_COVER_PICTURE: Final = 0.76
"""The most of a leaf's height that a picture has."""
_COMMON_PICTURE: Final = 0.5
"""The least that all pictures have because of one page."""
_LEAST_PICTURE: Final = 0.35
"""The least that one has, before its page's letters get smaller than usual."""
_FOLIO: Final = 1.6
"""The room that a page number needs below, in ems of the leaf's least letters."""
_AIR: Final = 1.0
"""Between picture and text, in ems of the leaf's usual letters."""
_MIDDLE: Final = 0.42
"""Where a text's middle is in its room: a little above the half looks like the half."""


class PlacedLine(msgspec.Struct, frozen=True):
    """A line of a passage: where its baseline begins and how large it is. `is_last` of its
    passage; the same passage may go on on the next leaf."""

    passage: Passage
    text: str
    x: float
    y: float
    size: float
    is_last: bool


class PlacedPicture(msgspec.Struct, frozen=True):
    """A picture's file, what it shows, and where: left, top, width, height."""

    artifact: Artifact
    described: str
    x: float
    y: float
    width: float
    height: float

    @property
    def dpi(self) -> int:
        """Its pixels in an inch of this paper."""
        return round((self.artifact.width or 0) * 72 / self.width)


class PlacedLeaf(msgspec.Struct, frozen=True):
    """A page as it is read. `name` is what the outline calls it, "" if it only goes on with the
    leaf before; `number` is printed below, unless it is 0."""

    name: str
    lines: tuple[PlacedLine, ...]
    picture: PlacedPicture | None = None
    number: int = 0


class _Set(msgspec.Struct, frozen=True):
    """A line that has no place yet: its size, its width, and what it takes of the height."""

    passage: Passage
    text: str
    size: float
    width: float
    above: float
    is_last: bool

    @property
    def height(self) -> float:
        return self.above + self.size * _LEADING


class _Plan(msgspec.Struct, frozen=True):
    """A leaf to be: what stands on it, how large its letters and how much of the height its picture
    may be at most."""

    name: str
    passages: Sequence[Passage]
    letters: float
    page: PageContent | None = None
    share: float = _PICTURE


class PageLayout:
    """Lays a book out on a paper."""

    def __init__(self, book: BookContent, paper: Paper, faces: Typefaces) -> None:
        self._book, self._paper, self._faces = book, paper, faces
        self._width = paper.width - 2 * paper.margin
        self._known: dict[tuple[Passage, float], tuple[_Set, ...]] = {}
        self._height = paper.height - 2 * paper.margin - _FOLIO * paper.letters[2]

    def leaves(self) -> list[PlacedLeaf]:
        """The cover, the pages, and the leaf that says who made the book."""
        plans = self._alike([self._planned(it) for it in self._book.pages])
        told = [leaf for it in plans for leaf in self._laid(it)]
        pictures = [it.picture for it in told if it.picture is not None]
        return [*told, *self._laid(self._end(pictures))]

    def _planned(self, page: PageContent) -> _Plan:
        words = self._book.language.furniture
        if page.is_cover:
            largest = self._paper.letters[0]
            return _Plan(words.cover, cover_passages(page), largest, page, _COVER_PICTURE)
        name = words.page.format(page=page.number, pages=self._book.page_count - 1)
        return _Plan(name, page_passages(page), self._paper.letters[1], page)

    def _end(self, pictures: Sequence[PlacedPicture]) -> _Plan:
        words = self._book.language.furniture
        line = pictures_line(words, [(it.artifact, it.dpi) for it in pictures])
        return _Plan(words.made_by, end_passages(self._book, line), self._paper.letters[1])

    def _alike(self, plans: Sequence[_Plan]) -> list[_Plan]:
        """The same, with the largest letters and pictures that suit all pages but the cover, and
        but those too long for any."""
        inner = [it for it in plans if it.share == _PICTURE]
        least = (self._paper.letters[1], _COMMON_PICTURE)
        usual = [it for it in inner if self._fits(it, *least)]
        ways = self._ways(self._paper.letters[0], _PICTURE, _COMMON_PICTURE)
        way = next((it for it in ways if all(self._fits(one, *it) for one in usual)), least)
        return [
            replace(it, letters=way[0], share=way[1]) if it.share == _PICTURE else it
            for it in plans
        ]

    def _laid(self, plan: _Plan) -> Iterator[PlacedLeaf]:
        """A page on its leaf, or on several."""
        _, usual, least = self._paper.letters
        smaller = ((it, _LEAST_PICTURE) for it in _down(usual, least))
        for letters, share in chain(self._ways(plan.letters, plan.share, _LEAST_PICTURE), smaller):
            if self._fits(plan, letters, share):
                yield self._leaf(plan, self._picture(plan, share), self._set(plan, letters))
                return
        picture = self._picture(plan, _LEAST_PICTURE)
        first, *others = _parts(self._set(plan, usual), self._room(picture), self._room(None))
        yield self._leaf(plan, picture, first)
        for part in others:
            yield self._leaf(replace(plan, name=""), None, part)

    def _ways(self, letters: float, share: float, least: float) -> Iterator[tuple[float, float]]:
        """How large letters may be and how much of the height a picture may have, the best
        first."""
        usual = self._paper.letters[1]
        yield from ((it, share) for it in _down(letters, usual))
        yield from ((usual, it) for it in _down(share, least, _LESS))

    def _fits(self, plan: _Plan, letters: float, share: float) -> bool:
        return _height(self._set(plan, letters)) <= self._room(self._picture(plan, share))

    def _picture(self, plan: _Plan, share: float) -> PlacedPicture | None:
        page = plan.page
        if page is None or page.picture is None:
            return None
        wide, high = page.picture.width or 1, page.picture.height or 1
        scale = min(self._width / wide, self._height * share / high)
        left = (self._paper.width - wide * scale) / 2
        place = left, self._paper.margin, wide * scale, high * scale
        return PlacedPicture(page.picture, page.described, *place)

    def _room(self, picture: PlacedPicture | None) -> float:
        """The height that is left for text."""
        return self._height - (picture.height + self._air if picture is not None else 0)

    @property
    def _air(self) -> float:
        return _AIR * self._paper.letters[1]

    def _set(self, plan: _Plan, size: float) -> list[_Set]:
        """The passages' lines in letters of this size."""
        return [line for it in plan.passages for line in self._known_lines(it, size)]

    def _known_lines(self, passage: Passage, size: float) -> tuple[_Set, ...]:
        key = passage, size
        if key not in self._known:
            self._known[key] = tuple(self._lines(passage, size))
        return self._known[key]

    def _lines(self, passage: Passage, size: float) -> Iterator[_Set]:
        letters = size * passage.scale
        width = self._width / letters
        told = lines_of(passage.text, width, self._faces.width)
        for number, text in enumerate(told):
            above = 0 if number else passage.above * size
            wide = self._faces.width(text) * letters
            yield _Set(passage, text, letters, wide, above, number == len(told) - 1)

    def _leaf(
        self, plan: _Plan, picture: PlacedPicture | None, lines: Sequence[_Set]
    ) -> PlacedLeaf:
        """The text stands in what the picture leaves, a little above the middle."""
        slack = self._room(picture) - _height(lines)
        top = self._paper.margin + self._height - self._room(picture)
        number = plan.page.number if plan.page is not None else 0
        return PlacedLeaf(
            plan.name, tuple(self._placed(lines, top + slack * _MIDDLE)), picture, number
        )

    def _placed(self, lines: Sequence[_Set], y: float) -> Iterator[PlacedLine]:
        for number, it in enumerate(lines):
            y += it.above if number else 0
            x = self._paper.margin
            if it.passage.is_centred:
                x += (self._width - it.width) / 2
            yield PlacedLine(it.passage, it.text, x, y + it.size * _ASCENT, it.size, it.is_last)
            y += it.size * _LEADING


def _height(lines: Sequence[_Set]) -> float:
    return sum(it.height for it in lines) - (lines[0].above if lines else 0)


def _down(start: float, end: float, step: float = _STEP) -> Iterator[float]:
    """From `start` down to `end`, both among them."""
    while start > end:
        yield start
        start -= step
    yield end


def _parts(lines: Sequence[_Set], first: float, others: float) -> Iterator[list[_Set]]:
    """The lines in as many parts as have to be, each as high as a leaf has room."""
    part: list[_Set] = []
    room = first
    for line in lines:
        if part and _height([*part, line]) > room:
            yield part
            part, room = [], others
        part.append(line)
    yield part
