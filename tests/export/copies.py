"""The page of a run, as it is kept beside its files."""

from __future__ import annotations

from pathlib import Path

from storybook.book import RunId
from storybook.export.content import book_content
from storybook.export.formats import format_named
from storybook.export.keeping import BookCopy, KeptCopies
from storybook.export.media import SmallMedia
from storybook.run import Run
from storybook.stores.artifacts import ArtifactStore


async def export_book(
    run_id: RunId,
    run: Run,
    store: ArtifactStore,
    media: SmallMedia | None = None,
    language: str = "",
    number: int | None = None,
) -> str:
    """Make and keep it, in the book's own language or another; under which name."""
    copy = BookCopy(book_content(run_id, run, language, number), format_named("html"))
    copies = KeptCopies(store, Path("no keys"))
    made = await copies.make(copy, media or SmallMedia(store), lambda _: None)
    return made.artifact.name
