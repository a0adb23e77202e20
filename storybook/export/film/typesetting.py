"""Sets words with skia, in the faces of books to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.film.lines import broken
from storybook.export.fonts import BookFace, FaceRun, faces_for, subset

_LEADING: Final = 1.55
"""From line to line, in sizes of the face."""
_BETWEEN: Final = 0.5
"""From paragraph to paragraph, in lines."""
_SMALLER: Final = 0.94
"""Words that do not fit are set in a smaller size, again and again."""


class TextBlock(msgspec.Struct, frozen=True):
    """Paragraphs as lines of one size, in pixels."""

    paragraphs: tuple[tuple[str, ...], ...]
    size: float

    @property
    def height(self) -> float:
        lines = sum(map(len, self.paragraphs))
        return (lines + _BETWEEN * max(0, len(self.paragraphs) - 1)) * self.size * _LEADING


class Typesetter:
    """Knows the characters of some texts, and sets no others."""

    def __init__(self, texts: Iterable[str]) -> None:
        runs = [run for text in texts for run in _runs(text)]
        self._faces: dict[BookFace, Any] = {}
        fonts = skia.FontMgr.New_Custom_Empty()  # looks at no font of the system
        for face in BookFace:
            told = "".join(run.text for run in runs if run.face is face)
            if told:
                content = skia.Data.MakeWithCopy(subset(face, told))
                self._faces[face] = fonts.makeFromData(content, 0)

    def fitted(
        self, paragraphs: Sequence[str], width: float, height: float, sizes: tuple[float, float]
    ) -> TextBlock:
        """Paragraphs in the largest size, between the `sizes`, in which they fit."""
        size, smallest = sizes
        while (block := self._block(paragraphs, width, size)).height > height and size > smallest:
            size *= _SMALLER
        return block

    def draw(
        self, canvas: Any, block: TextBlock, area: Any, colour: int, *, centred: bool = True
    ) -> None:
        """Lines from the top of an area on, each in its middle or at its left."""
        pen = skia.Paint(Color=colour, AntiAlias=True)
        y = area.top()
        for lines in block.paragraphs:
            for line in lines:
                beside = (area.width() - self._width(line, block.size)) / 2 if centred else 0.0
                baseline = y + block.size * (_LEADING + 0.7) / 2
                self._draw_line(canvas, line, area.left() + beside, baseline, block.size, pen)
                y += block.size * _LEADING
            y += _BETWEEN * block.size * _LEADING

    def _block(self, paragraphs: Sequence[str], width: float, size: float) -> TextBlock:
        def measure(text: str) -> float:
            return self._width(text, size)

        lines = (tuple(broken(it, width, measure)) for it in paragraphs)
        return TextBlock(tuple(it for it in lines if it), size)

    def _width(self, text: str, size: float) -> float:
        return float(sum(self._font(it.face, size).measureText(it.text) for it in _runs(text)))

    def _draw_line(self, canvas: Any, line: str, x: float, y: float, size: float, pen: Any) -> None:
        for run in _runs(line):
            font = self._font(run.face, size)
            canvas.drawString(run.text, x, y, font, pen)
            x += font.measureText(run.text)

    def _font(self, face: BookFace, size: float) -> Any:
        font = skia.Font(self._faces[face], size)
        font.setSubpixel(True)
        font.setEdging(skia.Font.Edging.kAntiAlias)
        font.setHinting(skia.FontHinting.kNone)
        return font


def _runs(text: str) -> Iterator[FaceRun]:
    """Runs of one face each. A space is the book face's: not all the others have one."""
    for run in faces_for(text):
        words = run.text.rstrip()
        yield FaceRun(run.face, words)
        yield FaceRun(BookFace.BOOK, " " * (len(run.text) - len(words)))
