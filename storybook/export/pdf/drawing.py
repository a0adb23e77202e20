"""Draws leaves on a side: PDF's operators, marked with what they are to the structure.

What only decorates (the paper's tone, page numbers, marks for the printer) is an **artifact**: it
is not read aloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from storybook.export.fonts import Face
from storybook.export.pdf.layout import PlacedLine, PlacedPicture
from storybook.export.pdf.paper import BLEED, MARK, MM, SLUG, Paper
from storybook.export.pdf.passages import BLACK, FADED, PAPER, Colour
from storybook.export.pdf.typefaces import Typefaces

FONT_NAMES: Final = {face: f"/F{number}" for number, face in enumerate(Face)}
"""What a side's resources call the faces."""
_HAIRLINE: Final = 0.25
"""Points: how thick a mark for the printer is."""
_FOLD: Final = 6 * MM
"""How long a mark is that says where to fold."""


class SideDrawing:
    """One side. `width` and `height` are those of all that is printed."""

    def __init__(self, paper: Paper, leaves: int, faces: Typefaces) -> None:
        self.slug = SLUG if paper.is_cut else 0.0
        self._paper, self._leaves, self._faces = paper, leaves, faces
        self.width = paper.width * leaves + 2 * self.slug
        self.height = paper.height + 2 * self.slug
        self._done: list[str] = []

    @property
    def content(self) -> bytes:
        """All operators so far."""
        return "\n".join(self._done).encode("ascii")

    def left(self, place: int) -> float:
        """Where the leaf at a place begins, from the sheet's left edge."""
        return self.slug + place * self._paper.width

    def up(self, y: float) -> float:
        """A leaf's height, which is counted from above, as PDF counts it, from the sheet's lower
        edge."""
        return self.height - self.slug - y

    def ground(self) -> None:
        """The paper's tone, to the bleed, and where to cut; or where to fold."""
        left, bottom, right, top = self.trim(-BLEED if self._paper.is_cut else 0)
        shape = f"{_n(left, bottom, right - left, top - bottom)} re f"
        self._artifact("/Background", [f"{_n(*PAPER)} rg", shape])
        colour, marks = (BLACK, self._cuts()) if self._paper.is_cut else (FADED, self._folds())
        self._artifact("/Page", [f"{_n(_HAIRLINE)} w {_n(*colour)} RG", *marks])

    def trim(self, inset: float = 0.0) -> tuple[float, float, float, float]:
        """The page as it is cut: left, bottom, right, top."""
        edge = self.slug + inset
        return edge, edge, self.width - edge, self.height - edge

    def picture(self, picture: PlacedPicture, place: int, name: str, mark: int) -> None:
        """A picture by its name in the side's resources."""
        left, bottom, _, _ = self.box(picture, place)
        matrix = _n(picture.width, 0, 0, picture.height, left, bottom)
        self._done += [f"/Figure <</MCID {mark}>> BDC", f"q {matrix} cm {name} Do Q", "EMC"]

    def box(self, picture: PlacedPicture, place: int) -> tuple[float, float, float, float]:
        """A picture's left, bottom, right and top on the sheet."""
        left, top = self.left(place) + picture.x, self.up(picture.y)
        return left, top - picture.height, left + picture.width, top

    def passage(self, lines: list[PlacedLine], place: int, mark: int) -> None:
        """The lines of one passage on this leaf."""
        passage = lines[0].passage
        self._done += [f"/{passage.tag} <</MCID {mark}>> BDC", "BT", f"{_n(*passage.colour)} rg"]
        for it in lines:
            text = it.text if it.is_last else f"{it.text} "  # words stay apart where it is copied
            self._done += self._text(text, self.left(place) + it.x, self.up(it.y), it.size)
        self._done += ["ET", "EMC"]

    def folio(self, number: int, size: float, place: int, colour: Colour = FADED) -> None:
        """The page's number, in the middle below."""
        text, paper = f"{number}", self._paper
        x = self.left(place) + (paper.width - self._faces.width(text) * size) / 2
        y = self.up(paper.height - paper.margin * 0.8)
        told = ["BT", f"{_n(*colour)} rg", *self._text(text, x, y, size), "ET"]
        self._artifact("/Pagination", told)

    def _text(self, text: str, x: float, y: float, size: float) -> Iterator[str]:
        yield f"1 0 0 1 {_n(x, y)} Tm"
        for face, glyphs in groupby(self._faces.glyphs(text), key=lambda it: it.face):
            codes = "".join(f"{it.code:04X}" for it in glyphs)
            yield f"{FONT_NAMES[face]} {_n(size)} Tf <{codes}> Tj"

    def _artifact(self, kind: str, told: list[str]) -> None:
        self._done += [f"/Artifact <</Type {kind}>> BDC", "q", *told, "Q", "EMC"]

    def _cuts(self) -> Iterator[str]:
        """Two marks at each corner, outside the bleed."""
        left, bottom, right, top = self.trim()
        for x, out in ((left, -1), (right, 1)):
            for y in (bottom, top):
                yield _stroke(x + out * BLEED, y, x + out * (BLEED + MARK), y)
        for y, out in ((bottom, -1), (top, 1)):
            for x in (left, right):
                yield _stroke(x, y + out * BLEED, x, y + out * (BLEED + MARK))

    def _folds(self) -> Iterator[str]:
        """A short mark at the upper and the lower edge, wherever two leaves meet."""
        for place in range(1, self._leaves):
            x = self.left(place)
            yield _stroke(x, 0, x, _FOLD)
            yield _stroke(x, self.height - _FOLD, x, self.height)


def _stroke(x: float, y: float, to_x: float, to_y: float) -> str:
    return f"{_n(x, y)} m {_n(to_x, to_y)} l S"


def _n(*numbers: float) -> str:
    """Numbers as PDF writes them."""
    return " ".join(f"{it:.3f}".rstrip("0").rstrip(".") for it in numbers)
