"""A book to keep: what somebody takes along of a finished run.

`content` is the one description of a book that every format is made from: pages, spans, times,
pictures, voices, makers. A room for each format makes bytes of it: `html` is one page for browsers.
Where each spoken segment stands in a page's text is found by `spans`; `media` makes pictures and
voices small enough to be carried inside, and `encoding` does so while the book is still being made.
"""

from __future__ import annotations

from typing import Final

from storybook.book import RunId
from storybook.export.content import ALL_LANGUAGES, BookContent, CannotExport, book_content
from storybook.export.html import make_html
from storybook.export.media import SmallMedia
from storybook.run import Run
from storybook.stores.artifacts import ArtifactStore, CannotRead, NoSuchArtifact
from storybook.stores.integrity import DamagedArtifact

__all__ = ["ALL_LANGUAGES", "BOOK_FILE", "CannotExport", "export_book"]

BOOK_FILE: Final = "book.html"


async def export_book(
    run_id: RunId,
    run: Run,
    store: ArtifactStore,
    media: SmallMedia | None = None,
    language: str = "",
    number: int | None = None,
) -> str:
    """Keep the page beside a finished run's artifacts: the book as it is shown, or as the edition
    `number` has it, in its own language or in `language`; under which name.

    `media` may have made some of them small already. Raises `CannotExport` unless the book is whole
    and its artifacts are there, and `CannotKeep`.
    """
    book = book_content(run_id, run, language, number)
    try:
        document = await make_html(book, media or SmallMedia(store))
    except NoSuchArtifact as missing:
        raise CannotExport(f"{missing.name} {missing.why}") from None
    except (CannotRead, DamagedArtifact) as error:
        raise CannotExport(str(error)) from error
    name = file_name(book, "html")
    await store.put(run_id, name, document)
    return name


def file_name(book: BookContent, ending: str) -> str:
    """What a format of a book is called beside the run's files: `book.html`, `book.en.e1.html`."""
    told = ALL_LANGUAGES if book.others else book.added
    number = f"e{book.edition}" if book.edition is not None else ""
    return ".".join(it for it in ("book", told, number, ending) if it)
