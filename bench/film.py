"""A finished book as a film at full size: `python -m bench.film`."""

from __future__ import annotations

import multiprocessing
import re
import statistics
import time
from pathlib import Path

import anyio
import msgspec

from bench.apart import measured
from bench.book import REQUEST, make_book
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.book import TtsConfig
from storybook.bootstrap import open_application
from storybook.export.content import BookContent, book_of
from storybook.export.film import Codec, make_film
from storybook.export.film.script import TICKS, script_of
from storybook.export.media import SmallMedia
from storybook.export.spoken_credits import read_credits
from storybook.settings import Settings
from tests.books import new_run


class _Made(msgspec.Struct):
    """A film: how long it lasts, and how long and how much memory its making took."""

    seconds: float
    took: float
    bytes: int
    memory_kb: int = 0

    def look(self, fraction: float) -> None:
        """At the process that makes it: Linux alone tells the most memory that it has had."""
        for process in multiprocessing.active_children():
            status = Path(f"/proc/{process.pid}/status")
            if status.exists():
                told = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))
                self.memory_kb = max(self.memory_kb, *map(int, told), 0)


async def _films(data: Path, effort: Effort, codec: Codec) -> list[_Made]:
    """One book with a voice, made a film once or several times."""
    async with open_application(Settings(), data) as application:
        run_id = await make_book(application, new_run(REQUEST, TtsConfig(), seed=7))
        book = book_of(run_id, await application.log.read_run(run_id))
        if effort.is_trial:
            book = msgspec.structs.replace(book, pages=book.pages[:1])
        media = SmallMedia(application.artifacts)
        times = 1 if effort.is_trial else 2
        return [await _film(book, media, data / "film", codec) for _ in range(times)]


async def _film(book: BookContent, media: SmallMedia, path: Path, codec: Codec) -> _Made:
    script = script_of(book, await read_credits(book))
    made = _Made(script.ticks / TICKS, 0.0, 0)
    began = time.perf_counter()
    await make_film(book, media, path, report=made.look, codec=codec)
    made.took, made.bytes = time.perf_counter() - began, (await anyio.Path(path).stat()).st_size
    return made


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Of each codec: how much faster than it is seen it is made, and what that takes of memory."""
    figures = []
    for codec in Codec:
        made = anyio.run(_films, folder / codec.name, effort, codec)
        speed = statistics.median(it.seconds / it.took for it in made)
        memory = max(it.memory_kb for it in made) / 1_000
        note = f"{made[0].seconds:.0f} s, {made[0].bytes / 1e6:.1f} MB"
        figures += [
            Figure(f"a film ({codec.ending}), to its length", speed, "×", 1, "≥", note),
            Figure(f"a film's process ({codec.ending})", memory, "MB", 450, "≤"),
        ]
    return figures


if __name__ == "__main__":
    print_figures(measured(measure))
