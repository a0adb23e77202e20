"""A whole book by the embedded engines, and one picture on one core: `python -m bench.book`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import anyio

from bench.figures import REPETITIONS, Figure, print_figures
from storybook.application import Application
from storybook.book import StoryRequest, TtsConfig
from storybook.bootstrap import open_application
from storybook.events.log import START
from storybook.run import Status, fold
from storybook.settings import Settings
from tests.books import new_run

REQUEST: Final = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 겁 많은 호랑이", "우정")

PICTURES: Final = """
import os, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from storybook.book import StoryRequest
from storybook.stages.engines import PaintingOrder
from storybook.stages.illustrator.painter.picture import paint
from storybook.stages.writer.composer import compose
request, seed = StoryRequest(*sys.argv[1:5]), int(sys.argv[5])
for page in compose(request, seed):
    began = time.perf_counter()
    paint(PaintingOrder(request, page, seed))
    print(time.perf_counter() - began)
"""
"""Paints a book's five pictures in a process of its own, on one core where the system lets it;
prints the seconds of each."""


async def _books(data: Path, repetitions: int) -> list[float]:
    """Seconds for each of several books, one after the other; a first one warms up."""
    seconds = []
    async with open_application(Settings(), data) as application:
        for seed in range(repetitions + 1):
            began = time.perf_counter()
            await _make(application, seed)
            seconds.append(time.perf_counter() - began)
    return seconds[1:]


async def _make(application: Application, seed: int) -> None:
    run_id = await application.request_run(new_run(REQUEST, TtsConfig(), seed=seed))
    run = None
    async for batch in application.log.tail(START):
        run = fold([it.event for it in batch if it.run_id == run_id], run)
        if run is not None and run.status.has_ended:
            if run.status is not Status.DONE:
                raise RuntimeError(f"the book ended {run.status}: {run.fault}")
            return


def _picture_seconds(seed: int) -> list[float]:
    words = (REQUEST.era, REQUEST.place, REQUEST.characters, REQUEST.topic)
    command = [sys.executable, "-c", PICTURES, *words, str(seed)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(line) for line in printed.split()]


def measure(folder: Path, repetitions: int = REPETITIONS) -> list[Figure]:
    """Medians of books and of pictures."""
    books = anyio.run(_books, folder / "books", repetitions)
    pictures = [second for seed in range(repetitions) for second in _picture_seconds(seed)]
    slowest = f"slowest {max(pictures):.2f} s"
    return [
        Figure("an embedded book, warm", statistics.median(books), "s", 6, "≤"),
        Figure("a picture on one core", statistics.median(pictures), "s", 1.2, "≤", slowest),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="storybook-bench-") as scratch:
        print_figures(measure(Path(scratch)))
