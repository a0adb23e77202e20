"""Gives everything on a book's leaves its place.

Each leaf has its picture above and its text below. Letters are as large as the longest page of the
book lets them be, the same on all pages. Where even their usual size is too large for a page, its
picture gives way first, then its letters, and what is still too much goes on on another leaf: no
text is ever cut off. Lengths are points, from the leaf's upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

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

_LEADING: Final = 1.6
"""From line to line, in ems."""
_ASCENT: Final = 0.9
"""From a line's upper edge to its baseline, in ems."""
_STEP: Final = 0.5
"""Points between two sizes of letters that are tried."""
_PICTURE: Final = 0.7
_COVER_PICTURE: Final = 0.76
"""The most of a leaf's height that a picture has."""
_LEAST_PICTURE: Final = 0.35
"""The least, before letters get smaller than usual."""
_FOLIO: Final = 1.6
"""The room that a page number needs below, in ems of the leaf's least letters."""
_AIR: Final = 0.8
"""Between picture and text, in ems of the leaf's usual letters."""
_MIDDLE: Final = 0.42
"""Where a text's middle is in its room: a little above the half looks like the half."""


class Line(msgspec.Struct, frozen=True):
    """A line of a passage: where its baseline begins and how large it is. `is_last` of its
    passage; the same passage may go on on the next leaf."""

    passage: Passage
    text: str
    x: float
    y: float
    size: float
    is_last: bool


class Picture(msgspec.Struct, frozen=True):
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


class Leaf(msgspec.Struct, frozen=True):
    """A page as it is read. `name` is what the outline calls it, "" if it only goes on with the
    leaf before; `number` is printed below, unless it is 0."""

    name: str
    lines: tuple[Line, ...]
    picture: Picture | None = None
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
    """A leaf to be: what stands on it, and how much of the height its picture may have at most."""

    name: str
    passages: Sequence[Passage]
    page: PageContent | None = None
    share: float = _PICTURE


class Layout:
    """Lays a book out on a paper."""

    def __init__(self, book: BookContent, paper: Paper, faces: Typefaces) -> None:
        self._book, self._paper, self._faces = book, paper, faces
        self._width = paper.width - 2 * paper.margin
        self._height = paper.height - 2 * paper.margin - _FOLIO * paper.letters[2]

    def leaves(self) -> list[Leaf]:
        """The cover, the pages, and the leaf that says who made the book."""
        largest, usual, _ = self._paper.letters
        plans = [self._planned(it) for it in self._book.pages]
        inner = [it for it in plans if it.share == _PICTURE]
        size = min((self._largest(it) for it in inner), default=usual)
        sizes = [size if it in inner else largest for it in plans]
        told = [leaf for it, of in zip(plans, sizes, strict=True) for leaf in self._laid(it, of)]
        pictures = [it.picture for it in told if it.picture is not None]
        return [*told, *self._laid(self._end(pictures), usual)]

    def _planned(self, page: PageContent) -> _Plan:
        words = self._book.language.furniture
        if page.is_cover:
            return _Plan(words.cover, cover_passages(page), page, _COVER_PICTURE)
        name = words.page.format(page=page.number, pages=self._book.page_count - 1)
        return _Plan(name, page_passages(page), page)

    def _end(self, pictures: Sequence[Picture]) -> _Plan:
        words = self._book.language.furniture
        line = pictures_line(words, [(it.artifact, it.dpi) for it in pictures])
        return _Plan(words.made_by, end_passages(self._book, line))

    def _largest(self, plan: _Plan) -> float:
        """The largest letters that leave a page its picture; at least the usual ones."""
        largest, usual, _ = self._paper.letters
        room = self._room(self._picture(plan, plan.share))
        fitting = (it for it in _down(largest, usual) if _height(self._set(plan, it)) <= room)
        return next(fitting, usual)

    def _laid(self, plan: _Plan, size: float) -> Iterator[Leaf]:
        """A page on its leaf, or on several."""
        for share, letters in self._ways(plan, size):
            picture, lines = self._picture(plan, share), self._set(plan, letters)
            if _height(lines) <= self._room(picture):
                yield self._leaf(plan, picture, lines)
                return
        lines = self._set(plan, self._paper.letters[1])
        first, *others = _parts(lines, self._room(picture), self._room(None))
        yield self._leaf(plan, picture, first)
        for part in others:
            yield self._leaf(msgspec.structs.replace(plan, name=""), None, part)

    def _ways(self, plan: _Plan, size: float) -> Iterator[tuple[float, float]]:
        """How much of the height a picture may have and how large letters are, the best first."""
        _, usual, least = self._paper.letters
        for it in _down(size, usual):
            yield plan.share, it
        for it in _down(plan.share, _LEAST_PICTURE, 0.05):
            yield it, usual
        for it in _down(usual, least):
            yield _LEAST_PICTURE, it

    def _picture(self, plan: _Plan, share: float) -> Picture | None:
        page = plan.page
        if page is None or page.picture is None:
            return None
        wide, high = page.picture.width or 1, page.picture.height or 1
        scale = min(self._width / wide, self._height * share / high)
        left = (self._paper.width - wide * scale) / 2
        place = left, self._paper.margin, wide * scale, high * scale
        return Picture(page.picture, page.described, *place)

    def _room(self, picture: Picture | None) -> float:
        """The height that is left for text."""
        return self._height - (picture.height + self._air if picture is not None else 0)

    @property
    def _air(self) -> float:
        return _AIR * self._paper.letters[1]

    def _set(self, plan: _Plan, size: float) -> list[_Set]:
        """The passages' lines in letters of this size."""
        return [line for it in plan.passages for line in self._lines(it, size)]

    def _lines(self, passage: Passage, size: float) -> Iterator[_Set]:
        letters = size * passage.scale
        width = self._width / letters
        told = lines_of(passage.text, width, self._faces.width)
        for number, text in enumerate(told):
            above = 0 if number else passage.above * size
            wide = self._faces.width(text) * letters
            yield _Set(passage, text, letters, wide, above, number == len(told) - 1)

    def _leaf(self, plan: _Plan, picture: Picture | None, lines: Sequence[_Set]) -> Leaf:
        """The text stands in what the picture leaves, a little above the middle."""
        slack = self._room(picture) - _height(lines)
        top = self._paper.margin + self._height - self._room(picture)
        number = plan.page.number if plan.page is not None else 0
        return Leaf(plan.name, tuple(self._placed(lines, top + slack * _MIDDLE)), picture, number)

    def _placed(self, lines: Sequence[_Set], y: float) -> Iterator[Line]:
        for number, it in enumerate(lines):
            y += it.above if number else 0
            x = self._paper.margin
            if it.passage.is_centred:
                x += (self._width - it.width) / 2
            yield Line(it.passage, it.text, x, y + it.size * _ASCENT, it.size, it.is_last)
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
