"""How large the letters of a sheet can be: a fixed layout has no script that tries it out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import msgspec

LINE_HEIGHT: Final = 1.7
"""Of the letters' size."""
SMALLEST: Final = 7
"""Pixels of a page that is 900 high: even the longest text that an editor takes, in two languages,
then fits, and readers magnify."""
_UNKNOWN_WIDTH: Final = 1.0
"""Of the letters' size: of what no font has, such as a sign that the system draws."""
_TOLERANCE: Final = 0.985
"""Of a line's width: where readers round otherwise, a word more may not fit."""


class FittedText(msgspec.Struct, frozen=True):
    """A paragraph, all in letters' sizes: its own letters beside the others', the space before it,
    and how far it is indented."""

    text: str
    scale: float = 1.0
    space: float = 0.0
    indent: float = 0.0


class Box(msgspec.Struct, frozen=True):
    """What a text has to fit in, in pixels, and the largest letters that it may have."""

    width: int
    height: int
    largest: int


class Letters:
    """How wide the letters of some fonts are: of the first that has a letter."""

    def __init__(self, fonts: Sequence[bytes]) -> None:
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # no type information

        self._widths: dict[str, float] = {}
        for content in reversed(fonts):
            font = TTFont(io.BytesIO(content), lazy=True)
            advances, per_em = font["hmtx"], font["head"].unitsPerEm
            for code, glyph in font.getBestCmap().items():
                self._widths[chr(code)] = advances[glyph][0] / per_em

    def fitting(self, blocks: Sequence[FittedText], box: Box) -> int:
        """The largest size at which all blocks fit into the box, in pixels."""
        words = [[self._width(word) for word in it.text.split()] for it in blocks]

        def height(size: int) -> float:
            room = box.width / size * _TOLERANCE
            return sum(
                size * (it.space + self._tall(it, wide, room))
                for it, wide in zip(blocks, words, strict=True)
            )

        sizes = range(box.largest, SMALLEST, -1)
        return next((it for it in sizes if height(it) <= box.height), SMALLEST)

    def _tall(self, block: FittedText, words: Sequence[float], room: float) -> float:
        """How tall a block is, in letters' sizes, as is the room of a line."""
        lines = self._lines(words, (room - block.indent) / block.scale)
        return lines * LINE_HEIGHT * block.scale

    def _lines(self, words: Sequence[float], room: float) -> int:
        """How many lines of so much room words of such widths need. A line breaks at spaces, and
        in words that are longer than it is."""
        lines, used, space = 1, 0.0, self._width(" ")
        for wide in words:
            if used and used + space + wide > room:
                lines, used = lines + 1, 0.0
            used += wide + (space if used else 0.0)
            more = int(used // room)
            lines, used = lines + more, used - more * room
        return lines

    def _width(self, text: str) -> float:
        return sum(self._widths.get(it, _UNKNOWN_WIDTH) for it in text)
