"""Copies of books that are kept: what is large is never in memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from storybook.export.content import book_content
from storybook.export.formats import BookFormat, Material
from storybook.export.keeping import KeptCopies
from storybook.export.media import SmallMedia
from storybook.stores.files import FileArtifactStore
from tests.export.finished import RUN, finished_run

pytestmark = pytest.mark.anyio

FILM_BYTES = 16_000_000


async def make_film(material: Material) -> Path:
    """A film, as large as a short one, in the workspace."""
    path = material.workspace / "film"
    with path.open("wb") as file:
        file.truncate(FILM_BYTES)
    return path


async def test_a_file_that_was_made_is_kept_without_being_read_whole(tmp_path: Path) -> None:
    """And found again; of the workspace nothing is left."""
    store = FileArtifactStore(tmp_path / "outputs")
    book = book_content(RUN, finished_run(store))
    copies = KeptCopies(store, tmp_path / "keys", tmp_path / "in-hand")
    copy = await copies.wanted(book, BookFormat("mp4", "video/mp4", make_film))
    tracemalloc.start()
    try:
        made = await copies.make(copy, SmallMedia(store), lambda _: None)
        assert tracemalloc.get_traced_memory()[1] < FILM_BYTES // 8
    finally:
        tracemalloc.stop()
    assert (
        made.artifact.size == FILM_BYTES == (tmp_path / "outputs" / RUN / copy.name).stat().st_size
    )
    assert await copies.find(copy) == made
    assert not [*(tmp_path / "in-hand").iterdir()]
