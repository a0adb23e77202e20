"""What a change of a finished book costs: `python -m bench.editions`.

With scripted engines, which take no time, one page after the other is repainted: what is measured
is all that the service does from the request until the edition is whole for its readers. A book
that has been changed a thousand times and one that has been ten times take turns. With the
embedded painter, a repaint is held against the same picture painted alone, by the same warm
processes.
"""

from __future__ import annotations

import statistics
import time
from contextlib import aclosing
from pathlib import Path
from typing import Final, cast

import anyio

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.application import Application
from storybook.book import Role, RunId, picture_of
from storybook.bootstrap import open_application
from storybook.engines import Illustrator
from storybook.events.catalog import RunCompleted, RunFailed
from storybook.events.log import Position
from storybook.run import EditionRequest, PageEdit
from storybook.settings import Settings
from storybook.stages.tasks import painting_task
from tests.books import PAGES, new_run
from tests.engines import REQUEST, Scripted

FEW, MANY, SAMPLE = 10, 1_000, 30
"""How many editions a book has, and over how many further ones the median goes."""
REACH_TIMES: Final = 1.5
REACH_PICTURES: Final = 1.25
"""A request, a file and two appends on top of a picture of a second."""


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """The cost of a change at a thousand editions, and of a repaint in pictures."""
    return [
        anyio.run(_many_changes, folder / "scripted", effort),
        anyio.run(_repaints, folder / "painted", effort),
    ]


async def _many_changes(data: Path, effort: Effort) -> Figure:
    few, many, sample = (effort.of(it, least=2) for it in (FEW, MANY, SAMPLE))
    async with open_application(Settings(), data, engines=Scripted().engines) as application:
        old, young = [await _made(application) for _ in range(2)]
        for run_id, count in ((old, many), (young, few)):
            for edition in range(1, count):
                await _changed(application, run_id, edition)
        pairs = [
            (
                await _changed(application, old, many + it),
                await _changed(application, young, few + it),
            )
            for it in range(sample)
        ]
    after, before = (statistics.median(it) for it in zip(*pairs, strict=True))
    note = f"{before * 1e3:.1f} ms at {few} editions, {after * 1e3:.1f} ms at {many:,}"
    what = f"a change of a book of {many:,} editions, against one of {few}"
    return Figure(what, after / before, "×", REACH_TIMES, "≤", note)


async def _repaints(data: Path, effort: Effort) -> Figure:
    async with open_application(Settings(), data) as application:
        run_id = await _made(application)
        pairs = [
            (
                await _changed(application, run_id, edition),
                await _painted_alone(application, run_id),
            )
            for edition in range(1, effort.repetitions + 1)
        ]
    repaint, alone = (statistics.median(it) for it in zip(*pairs, strict=True))
    note = f"{repaint:.2f} s against {alone:.2f} s"
    what = "a repaint, against its picture alone"
    return Figure(what, repaint / alone, "×", REACH_PICTURES, "≤", note)


async def _made(application: Application) -> RunId:
    """A finished book."""
    before = await application.log.head()
    run_id = await application.request_run(new_run(REQUEST))
    await _whole(application, before)
    return run_id


async def _changed(application: Application, run_id: RunId, base: int) -> float:
    """Seconds from the request for another picture until the edition is whole for all readers."""
    asked = EditionRequest(base, (PageEdit(base % len(PAGES), repaint=True),))
    before = await application.log.head()
    began = time.perf_counter()
    await application.request_edition(run_id, asked)
    await _whole(application, before)
    return time.perf_counter() - began


async def _whole(application: Application, after: Position) -> None:
    """Return once a book is whole whose making began after a position, and its readers see it."""
    async with aclosing(application.log.tail(after)) as batches:
        async for batch in batches:
            events = [it.event for it in batch]
            if failed := [it for it in events if isinstance(it, RunFailed)]:
                raise RuntimeError(f"the book failed: {failed[0].fault}")
            if any(isinstance(it, RunCompleted) for it in events):
                await application.projections.reached(batch[-1].position)
                return


async def _painted_alone(application: Application, run_id: RunId) -> float:
    """Seconds for the picture that was repainted last, by the engine alone."""
    run = await application.commands.load(run_id)
    assert run is not None
    page = (run.edition - 1) % len(PAGES)
    painter = cast("Illustrator", application.engines.of(Role.ILLUSTRATOR).best)
    began = time.perf_counter()
    await painter.paint(painting_task(run, picture_of(page)), lambda *_: None, _nobody)
    return time.perf_counter() - began


async def _nobody(_: object) -> None:
    return None


if __name__ == "__main__":
    print_figures(measured(measure))
