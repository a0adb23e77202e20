"""The pieces of a page's text: what one sentence of the voice lights up.

A piece is all that one segment speaks within a paragraph, however many spans that is (a quotation
in a sentence). Its `id` is where an overlay finds it: `s1`, `s2` … in the order of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, groupby
from typing import Final

import msgspec

from storybook.book import Segment
from storybook.export.content import PageContent, PageText
from storybook.export.spans import Span

TEXT_ID: Final = "text"
"""All of a page's text: named while something is spoken that does not stand in it."""


END: Final = "end"
"""The name of the last sheet."""


class Piece(msgspec.Struct, frozen=True):
    """Spans that are spoken together; `id` is "" and `segment` None if they are not."""

    spans: tuple[Span, ...]
    segment: Segment | None = None
    id: str = ""

    @property
    def letters(self) -> int:
        return sum(len(it.text) for it in self.spans)


Pieces = tuple[tuple[Piece, ...], ...]
"""Of each paragraph."""


def page_name(page: PageContent) -> str:
    """Of a page's files, without ending."""
    return f"p{page.number}"


def line_id(place: int) -> str:
    """Of a line of the last sheet."""
    return f"s{place + 1}"


def pieces_of(text: PageText) -> Pieces:
    numbers = count(1)

    def paragraph(spans: Sequence[Span]) -> tuple[Piece, ...]:
        return tuple(
            Piece(tuple(together), segment, f"s{next(numbers)}" if segment is not None else "")
            for segment, together in groupby(spans, key=lambda it: it.segment)
        )

    return tuple(map(paragraph, text.paragraphs))
