"""What the file says of itself to machines: title, makers, dates, and whether a model generated it.

The document's XMP (and the older document information, which says the same) tells of the book, that
of each picture how many dots it has in an inch of this paper and what made it: TIFF's and IPTC's
words for it, which programs that handle pictures know.
"""

from __future__ import annotations

from typing import Final

from storybook.book import Role
from storybook.export.content import BookContent
from storybook.export.credits import notice_of
from storybook.export.xmp import PROGRAM, packet, source_type, tag, text, told_of_book

_INCH: Final = "2"
"""TIFF's number for it, as the unit of a resolution."""


def book_metadata(book: BookContent, pictures: str) -> bytes:
    """The document's XMP. `pictures` is the line that tells how fine they are."""
    told = told_of_book(
        book, "application/pdf", subject(book, pictures), Role.WRITER, Role.ILLUSTRATOR
    )
    return packet([*told, tag("pdf:Producer", text(PROGRAM))])


def picture_metadata(book: BookContent, width: int, height: int, dpi: int) -> bytes:
    """A picture's XMP."""
    told = [
        tag("tiff:ImageWidth", f"{width}"),
        tag("tiff:ImageLength", f"{height}"),
        tag("tiff:XResolution", f"{dpi}/1"),
        tag("tiff:YResolution", f"{dpi}/1"),
        tag("tiff:ResolutionUnit", _INCH),
        *source_type(book, Role.ILLUSTRATOR),
    ]
    return packet(told)


def subject(book: BookContent, pictures: str) -> str:
    """Who made it, by rule or by model, and how fine its pictures are."""
    return " ".join(it for it in (notice_of(book), pictures) if it)
