"""How close runs come to their critical path: `python -m bench.makespan`.

The engines sleep as long as real ones worked on the machine that this was written for, fifty times
faster: text 25 s in five parts, each picture 24 s, each voice 6 s. What remains is what the
service itself adds: the log, the projections, the runner. The reach is the makespan of the same
durations on the same places with nothing in between, computed by `ideal`.
"""

from __future__ import annotations

import heapq
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import anyio
import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.application import Application
from storybook.book import Page, RunId, StoryRequest, TtsConfig
from storybook.bootstrap import open_application
from storybook.engines import (
    Capabilities,
    Narration,
    NarrationTask,
    Painting,
    PaintingTask,
    Readiness,
    Report,
    Transcript,
    WritingTask,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.events.log import START
from storybook.run import Status, fold
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from tests.books import PAGES, new_run

SCALE = 50
APART = 0.13
"""Seconds between the beginnings of plays side by side, so that their busy moments do not meet."""
TEXT_PART, PICTURE, VOICE = 25 / 5 / SCALE, 24 / SCALE, 6 / SCALE
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")
TEXTS = (
    "",
    "옛날 옛적 깊은 숲속 마을에 토끼가 살았어요.",
    "어느 날 아침 호랑이가 문을 두드렸어요.",
    "갑자기 비가 쏟아져서 토끼는 울었어요.",
    "마침내 해가 나고 토끼와 호랑이는 활짝 웃었어요.",
)


class _Sleeper:
    def __init__(self, name: str, places: int) -> None:
        self.info, self.places = EngineInfo(name), places
        self.capabilities = Capabilities()

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        return None


class SleepingWriter(_Sleeper):
    varies = False

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        for number in PAGES:
            await anyio.sleep(TEXT_PART)
            title, summary = ("토끼와 호랑이", "") if number == 0 else ("", TEXTS[number])
            yield Page(number, title, summary, (), "A rabbit and a tiger in a village.")


class SleepingIllustrator(_Sleeper):
    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        await anyio.sleep(PICTURE)
        return Painting(b"png", 1, 1, MadeFrom(task.page.image_prompt, task.seed))


class SleepingNarrator(_Sleeper):
    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        await anyio.sleep(VOICE)
        return Narration(b"wav", 1.0, (), MadeFrom())


class SleepingTranscriber(_Sleeper):
    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        return Transcript("", 0.0)


class Span(msgspec.Struct, frozen=True):
    """Seconds until all runs are done, and until the first page of the first run has a picture."""

    makespan: float
    first_page: float


def ideal(runs: int, picture_places: int, voice_places: int) -> Span:
    """The same durations under the runner's order, with nothing in between."""
    written = [(TEXT_PART * (page + 1), run, page) for run in range(runs) for page in PAGES]
    ends = _list_schedule(written, PICTURE, picture_places)
    voices = _list_schedule(written, VOICE, voice_places)
    return Span(max(*ends.values(), *voices.values()), ends[0, 0])


def _list_schedule(
    released: list[tuple[float, int, int]], duration: float, places: int
) -> dict[tuple[int, int], float]:
    """When each (run, page) is done: whenever a place is free, the first in order takes it."""
    pending = sorted(released)
    free = [0.0] * places
    ready: list[tuple[bool, int, int]] = []
    ends: dict[tuple[int, int], float] = {}
    while pending or ready:
        now = heapq.heappop(free)
        if not ready:
            now = max(now, pending[0][0])
        while pending and pending[0][0] <= now + 1e-9:
            _, run, page = pending.pop(0)
            heapq.heappush(ready, (page != 0, run, page))
        _, run, page = heapq.heappop(ready)
        ends[run, page] = now + duration
        heapq.heappush(free, now + duration)
    return ends


async def play(data: Path, runs: int, picture_places: int) -> Span:
    """The real service with engines that sleep."""
    engines = Engines.only(
        SleepingWriter("writer", runs),
        SleepingIllustrator("illustrator", picture_places),
        SleepingNarrator("narrator", runs),
        SleepingTranscriber("transcriber", 1),
    )
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with open_application(settings, data, engines=engines) as application:
        began = time.perf_counter()
        first: dict[RunId, float] = {}
        run_ids = [
            await application.request_run(new_run(REQUEST, TtsConfig())) for _ in range(runs)
        ]
        async with anyio.create_task_group() as tasks:
            for run_id in run_ids:
                tasks.start_soon(_follow, application, run_id, first)
        return Span(time.perf_counter() - began, first[run_ids[0]] - began)


async def _follow(application: Application, run_id: RunId, first: dict[RunId, float]) -> None:
    run = None
    async for batch in application.log.tail(START):
        for recorded in batch:
            if recorded.run_id == run_id:
                run = fold([recorded.event], run)
                if run is None:
                    continue
                if run.ready_max_page >= 0:
                    first.setdefault(run_id, time.perf_counter())
                if run.status is Status.DONE:
                    return
                if run.status.has_ended:
                    raise RuntimeError(f"the book ended {run.status}: {run.fault}")


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Makespan and first page against the ideal, for 1, 2 and 5 picture places and 1 and 8 runs.

    Eight runs are played once: they take up to 20 s, over which chance evens out. A trial is one
    run on five places.
    """
    if not effort.is_trial:
        anyio.run(_repeat, folder, 1, 5, 1)  # imports, and reads the lexicon
    figures = []
    plays = [(1, 5)] if effort.is_trial else itertools.product((1, 8), (1, 2, 5))
    for runs, places in plays:
        times = effort.repetitions if runs == 1 else 1
        spans = anyio.run(_repeat, folder, runs, places, times)
        best = ideal(runs, places, voice_places=runs)
        makespan = statistics.median(span.makespan for span in spans)
        first = statistics.median(span.first_page for span in spans)
        what = f"{runs} run{'s' * (runs > 1)}, {places} picture place{'s' * (places > 1)}"
        figures += [
            Figure(
                f"makespan, {what}",
                makespan / best.makespan,
                "× critical path",
                1.05,
                "≤",
                f"{makespan:.2f} s, ideal {best.makespan:.2f} s",
            ),
            Figure(
                f"first page, {what}",
                first / (TEXT_PART + PICTURE),
                "× (text + picture)",
                1.05,
                "≤",
                f"{first:.3f} s, ideal {TEXT_PART + PICTURE:.3f} s",
            ),
        ]
    return figures


async def _repeat(scratch: Path, runs: int, places: int, repetitions: int) -> list[Span]:
    """The same play several times side by side, each on its own data folder: it mostly sleeps."""
    spans: list[Span] = []

    async def once(folder: Path, number: int) -> None:
        await anyio.sleep(number * APART)
        spans.append(await play(folder, runs, places))

    with tempfile.TemporaryDirectory(dir=scratch) as root:
        async with anyio.create_task_group() as tasks:
            for number in range(repetitions):
                tasks.start_soon(once, Path(root) / str(number), number)
    return spans


if __name__ == "__main__":
    print_figures(measured(measure))
