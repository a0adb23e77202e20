"""A finished book as an EPUB: `python -m bench.epub`."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import anyio

from bench.apart import measured
from bench.book import REQUEST, make_book
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.book import TtsConfig
from storybook.bootstrap import open_application
from storybook.export.content import book_of
from storybook.export.epub import make_epub
from storybook.export.media import SmallMedia
from storybook.settings import Settings
from tests.books import new_run


async def _seconds(data: Path, effort: Effort) -> tuple[list[float], int]:
    """Of each of several makings of one book, with a voice, from its files on; and its bytes."""
    seconds, content = [], b""
    async with open_application(Settings(), data) as application:
        run_id = await make_book(application, new_run(REQUEST, TtsConfig(), seed=7))
        book = book_of(run_id, await application.log.read_run(run_id))
        for _ in range(effort.repetitions):
            began = time.perf_counter()
            content = await make_epub(book, SmallMedia(application.artifacts))
            seconds.append(time.perf_counter() - began)
    return seconds, len(content)


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """The median."""
    seconds, size = anyio.run(_seconds, folder / "epub", effort)
    note = f"{size / 1e6:.1f} MB, slowest {max(seconds):.2f} s"
    return [Figure("a book as an EPUB", statistics.median(seconds), "s", 2, "≤", note)]


if __name__ == "__main__":
    print_figures(measured(measure))
