"""A book as PDF, for the screen and for paper.

A **leaf** is a page of the book as it is read, laid out from its `passages` (`layout`, `lines`) in
the book's own faces (`typefaces`); a **side** is what is printed at once, on one of four papers
(`paper`). `document` writes the file: pictures with every pixel (`picture`), faces (`embedding`),
what is drawn (`drawing`), what that is to whoever cannot see it (`structure`), and what the file
says of itself (`metadata`).
"""

from __future__ import annotations

from collections.abc import Mapping

import anyio.to_thread

from storybook.export.content import BookContent, CannotExport
from storybook.export.media import SmallMedia
from storybook.export.pdf.layout import PageLayout
from storybook.export.pdf.paper import PAPERS, PaperSize
from storybook.export.pdf.passages import texts_of
from storybook.export.pdf.picture import NoPicture, Raster, raster_of
from storybook.export.pdf.typefaces import Typefaces

__all__ = ["PaperSize", "make_pdf"]


async def make_pdf(book: BookContent, media: SmallMedia, size: PaperSize) -> bytes:
    """The file. Raises `ArtifactError` where a picture cannot be read or is not what was recorded,
    and `CannotExport` where it is no picture."""
    pictures = [it.picture for it in book.pages if it.picture is not None]
    files = {it.name: await media.whole(book.run_id, it) for it in pictures}
    return await anyio.to_thread.run_sync(_made, book, files, size)


def _made(book: BookContent, files: Mapping[str, bytes], size: PaperSize) -> bytes:
    from storybook.export.pdf.document import Document  # pikepdf is imported when it is used

    paper, faces = PAPERS[size], Typefaces(texts_of(book))
    rasters = {name: _raster(name, content) for name, content in files.items()}
    return Document(book, paper, faces, rasters).write(PageLayout(book, paper, faces).leaves())


def _raster(name: str, content: bytes) -> Raster:
    try:
        return raster_of(content)
    except NoPicture:
        raise CannotExport(f"{name} is no picture that can be read") from None
