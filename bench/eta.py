"""How good the estimate is of how long a book still takes: `python -m bench.eta`.

The embedded engines make ten books, from which the estimate learns, and then ten of which it is
noted at three moments what it says: when they are asked for, when the first page is painted, and
when half of their time is over. Then several are asked for at once, and the last one is looked at.
An estimate is right if it is at most 30 % less or more than what the book then took. The figure is
the share of books of which it was; the notes have what was said over what it took. It takes two
minutes on two cores that have nothing else to do; where they have, it changes while one looks.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio
import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.application import Application
from storybook.book import RunId, StoryRequest, TtsConfig
from storybook.bootstrap import open_application
from storybook.events.log import START
from storybook.run import Run, Status, fold
from storybook.settings import Settings
from tests.books import new_run

LEARNT_FROM: Final = 10
BOOKS: Final = 10
AT_ONCE: Final = 3
QUEUES: Final = 4
TOLERANCE: Final = 0.3
REACH: Final = 0.8
"""Of the books."""
ERAS: Final = ("조선시대", "미래", "현대", "고려시대", "선사시대")
PLACES: Final = ("깊은 숲속 마을", "달나라", "바닷가", "눈 덮인 산")
CHARACTERS: Final = (
    "호기심 많은 토끼, 겁 많은 호랑이",
    "겁 많은 로봇, 용감한 소녀 보라",
    "거북이, 여우, 부엉이",
)
TOPICS: Final = ("우정", "용기")

MOMENTS: Final = ("when it is asked for", "after its first page", "half way")
LOOK_SECONDS: Final = 0.05
"""How often it is noted what is said, for the moment that turns out to be half way."""


class Said(msgspec.Struct, frozen=True):
    """What was said of a book at a moment, and what it took from there (seconds)."""

    said: float | None
    took: float

    @property
    def ratio(self) -> float:
        return self.said / self.took if self.said is not None else 0.0

    @property
    def is_right(self) -> bool:
        return abs(self.ratio - 1) <= TOLERANCE


def request_of(number: int) -> StoryRequest:
    """Other words for each book."""
    names = (ERAS, PLACES, CHARACTERS, TOPICS)
    era, place, characters, topic = (of[number % len(of)] for of in names)
    return StoryRequest(era, place, characters, topic)


class Watched:
    """What is said of a book, from when it is asked for to its end."""

    def __init__(self, application: Application, run_id: RunId) -> None:
        self._application, self._run_id = application, run_id
        self._said: list[tuple[float, float | None]] = []
        self._painted: int | None = None
        self._look()

    def _look(self) -> None:
        self._said.append((time.perf_counter(), self._application.seconds_left(self._run_id)))

    async def keep_looking(self) -> None:
        """Never returns."""
        while True:
            self._look()
            await anyio.sleep(LOOK_SECONDS)

    def take(self, run: Run) -> None:
        """Its run, after each batch of its events."""
        if run.ready_max_page >= 0 and self._painted is None:
            self._look()
            self._painted = len(self._said) - 1

    def ended(self, at: float) -> dict[str, Said]:
        """What was said at each moment, now that it is known what it took."""
        begun, _ = self._said[0]
        half = next(n for n, (when, _) in enumerate(self._said) if when >= (begun + at) / 2)
        looks = [self._said[number] for number in (0, self._painted or 0, half)]
        said = [Said(left, at - when) for when, left in looks]
        return dict(zip(MOMENTS, said, strict=True))


async def _ask(application: Application, number: int) -> RunId:
    asked = new_run(request_of(number), TtsConfig(), seed=number)
    return await application.request_run(asked)


async def _watch(application: Application, run_id: RunId) -> dict[str, Said]:
    """What is said of a run until it is done."""
    watched, run = Watched(application, run_id), None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.keep_looking)
        async for batch in application.log.tail(START):
            mine = [it.event for it in batch if it.run_id == run_id]
            run = fold(mine, run)
            if mine and run is not None:
                watched.take(run)
                if run.status.has_ended:
                    break
        tasks.cancel_scope.cancel()
    if run is None or run.status is not Status.DONE:
        raise RuntimeError(f"the book ended {run and run.status}: {run and run.fault}")
    return watched.ended(time.perf_counter())


async def _alone(application: Application, number: int) -> dict[str, Said]:
    """A book by itself."""
    return await _watch(application, await _ask(application, number))


async def _behind(application: Application, number: int) -> dict[str, Said]:
    """The last of several that are asked for at once."""
    run_ids = [await _ask(application, number + each) for each in range(AT_ONCE)]
    return await _watch(application, run_ids[-1])


async def _play(data: Path, effort: Effort) -> tuple[list[dict[str, Said]], list[dict[str, Said]]]:
    """What was said of books alone, and of books behind others."""
    async with open_application(Settings(), data) as application:
        for number in range(effort.of(LEARNT_FROM)):
            await _alone(application, number)
        numbers = range(LEARNT_FROM, LEARNT_FROM + effort.of(BOOKS))
        alone = [await _alone(application, number) for number in numbers]
        queues = range(0, AT_ONCE * effort.of(QUEUES), AT_ONCE)
        return alone, [await _behind(application, number) for number in queues]


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """The share of books of which the estimate was right, at each moment."""
    alone, behind = anyio.run(_play, folder / "books", effort)
    told = [
        *((f"ETA {moment}", [it[moment] for it in alone]) for moment in MOMENTS),
        *(
            (f"ETA behind {AT_ONCE - 1}, {moment}", [it[moment] for it in behind])
            for moment in MOMENTS
        ),
    ]
    return [_figure(what, said) for what, said in told]


def _figure(what: str, said: Sequence[Said]) -> Figure:
    right = sum(it.is_right for it in said) / len(said)
    ratios = sorted(it.ratio for it in said)
    took = statistics.median(it.took for it in said)
    note = (
        f"said/took {ratios[0]:.2f} to {ratios[-1]:.2f}, median {statistics.median(ratios):.2f}; "
        f"took {took:.1f} s"
    )
    return Figure(f"{what}, within ±{TOLERANCE:.0%}", right, "of books", REACH, "≥", note)


if __name__ == "__main__":
    print_figures(measured(measure))
