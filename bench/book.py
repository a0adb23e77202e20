"""A whole book by the embedded engines, and one picture on one core: `python -m bench.book`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import anyio

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.application import Application
from storybook.book import RunId, StoryRequest, TtsConfig
from storybook.bootstrap import open_application
from storybook.events.log import START
from storybook.new_run import NewRun
from storybook.run import Status, fold
from storybook.settings import Settings
from tests.books import PAGES, new_run

REQUEST: Final = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 겁 많은 호랑이", "우정")

PICTURES: Final = """
import os, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from storybook.book import StoryRequest
from storybook.engines import PaintingTask
from storybook.painter.picture import paint
from storybook.composer.compose import compose
request, seed = StoryRequest(*sys.argv[1:5]), int(sys.argv[5])
for page in compose(request, seed)[:int(sys.argv[6])]:
    began = time.perf_counter()
    paint(PaintingTask(request, page, seed))
    print(time.perf_counter() - began)
"""
"""Paints a book's pictures in a process of its own, on one core where the system lets it; prints
the seconds of each."""


async def _books(data: Path, effort: Effort) -> list[float]:
    """Seconds for each of several books, one after the other, after a first one that warms up,
    which a trial does without."""
    seconds = []
    warm_up = 0 if effort.is_trial else 1
    async with open_application(Settings(), data) as application:
        for seed in range(effort.repetitions + warm_up):
            began = time.perf_counter()
            await make_book(application, new_run(REQUEST, TtsConfig(), seed=seed))
            seconds.append(time.perf_counter() - began)
    return seconds[warm_up:]


async def make_book(application: Application, asked: NewRun) -> RunId:
    """Have a book made, and wait until it is."""
    run_id = await application.request_run(asked)
    run = None
    async for batch in application.log.tail(START):
        run = fold([it.event for it in batch if it.run_id == run_id], run)
        if run is not None and run.status.has_ended:
            if run.status is not Status.DONE:
                raise RuntimeError(f"the book ended {run.status}: {run.fault}")
            break
    return run_id


def _picture_seconds(seed: int, pictures: int) -> list[float]:
    words = (REQUEST.era, REQUEST.place, REQUEST.characters, REQUEST.topic)
    command = [sys.executable, "-c", PICTURES, *words, str(seed), str(pictures)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(line) for line in printed.split()]


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Medians of books and of pictures."""
    books = anyio.run(_books, folder / "books", effort)
    seeds, each = range(effort.repetitions), effort.of(len(PAGES))
    pictures = [second for seed in seeds for second in _picture_seconds(seed, each)]
    slowest = f"slowest {max(pictures):.2f} s"
    return [
        Figure("an embedded book, warm", statistics.median(books), "s", 6, "≤"),
        Figure("a picture on one core", statistics.median(pictures), "s", 1.2, "≤", slowest),
    ]


if __name__ == "__main__":
    print_figures(measured(measure))
