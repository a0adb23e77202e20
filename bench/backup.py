"""A backup of a thousand books while twenty are made: `python -m bench.backup`.

The books that are there have ten files each; twenty others are always in the making, by engines
that sleep, as in `bench.makespan`. How long each append of theirs takes is measured as long as the
backup, a process of its own, takes; then once more for a backup that copies what is new, and for a
while with none. Both backups are restored, and held against the log.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from bench.makespan import (
    REQUEST,
    SleepingIllustrator,
    SleepingNarrator,
    SleepingTranscriber,
    SleepingWriter,
)
from storybook.application import Application
from storybook.book import TtsConfig
from storybook.bootstrap import open_application
from storybook.data_folder import DataFolder
from storybook.events.log import Appended
from storybook.projections.library import open_runs
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from tests.books import new_run
from tests.many_books import add_books
from tests.recorded_folder import all_rows

BOOKS: Final = 1_000
MADE: Final = 20
FILE_BYTES: Final = 100_000
"""Of each file: a tenth of a painted picture, so that 10,000 of them fit on a small disk."""
MOST_MS: Final = 20
LOOK_SECONDS: Final = 0.1
"""How often it is looked whether more books are to be asked for."""
WARM_SECONDS: Final = 2.0
"""After the first requests, before anything is measured."""
ALONE_SECONDS: Final = 15.0
"""How long appends are measured with no backup: twenty books are made meanwhile."""


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Measure in a folder of the disk that matters, once: it takes a while."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return anyio.run(_measure, Path(scratch), effort.of(BOOKS, 5))


async def _measure(scratch: Path, books: int) -> list[Figure]:
    data, backup = DataFolder(scratch / "data"), scratch / "backup"
    await add_books(data, 0, books, FILE_BYTES)
    async with _making_books(data) as latencies:
        alone = await _during(latencies, partial(anyio.sleep, ALONE_SECONDS))
        first = await _during(latencies, partial(_storybook, data, "backup", str(backup)))
        lost = await _lost(data, backup, scratch)
        again = await _during(latencies, partial(_storybook, data, "backup", str(backup)))
        lost += await _lost(data, backup, scratch)
    note = (
        f"median {first.median:.1f} ms of {first.count:,}; with no backup: slowest {alone.p99:.1f} "
        f"ms; {first.seconds:.0f} s, again {again.seconds:.1f} s with {again.p99:.1f} ms"
    )
    what = f"appends during a backup of {books:,} books, {MADE} in the making: slowest in a hundred"
    return [
        Figure(what, first.p99, "ms", MOST_MS, "≤", note),
        Figure("events and files that those backups lack", lost, "", 0, "≤"),
    ]


class Span(msgspec.Struct, frozen=True):
    """How many appends there were meanwhile, and milliseconds that they took."""

    seconds: float
    count: int
    median: float
    p99: float


async def _during(latencies: list[float], work: Callable[[], Awaitable[object]]) -> Span:
    latencies.clear()
    began = time.perf_counter()
    await work()
    seconds, found = time.perf_counter() - began, sorted(latencies) or [0.0]
    middle, slow = found[len(found) // 2], found[len(found) * 99 // 100]
    return Span(seconds, len(latencies), middle * 1e3, slow * 1e3)


@asynccontextmanager
async def _making_books(data: DataFolder) -> AsyncIterator[list[float]]:
    """Keep books in the making; gives the seconds that each append takes, as they come."""
    engines = Engines.only(
        SleepingWriter("writer", MADE),
        SleepingIllustrator("illustrator", 4),
        SleepingNarrator("narrator", MADE),
        SleepingTranscriber("transcriber", 1),
    )
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with (
        open_application(settings, data.path, engines=engines) as application,
        anyio.create_task_group() as tasks,
    ):
        latencies = _timed(application)
        tasks.start_soon(_ask_for_books, application)
        await anyio.sleep(WARM_SECONDS)
        yield latencies
        tasks.cancel_scope.cancel()


def _timed(application: Application) -> list[float]:
    latencies: list[float] = []
    append = application.log.append

    async def timed(*args: Any, **named: Any) -> Appended:
        began = time.perf_counter()
        answer = await append(*args, **named)
        latencies.append(time.perf_counter() - began)
        return answer

    vars(application.log)["append"] = timed
    return latencies


async def _ask_for_books(application: Application) -> None:
    while True:
        for _ in range(MADE - len(await application.projections.ask(open_runs))):
            await application.request_run(new_run(REQUEST, TtsConfig()))
        await anyio.sleep(LOOK_SECONDS)


async def _lost(data: DataFolder, backup: Path, scratch: Path) -> int:
    """How many rows of the log up to the backup's end, and files that they name, do not come
    back."""
    with tempfile.TemporaryDirectory(dir=scratch) as new:
        report = await _storybook(data, "restore", str(backup), f"{new}/data")
        back, events = all_rows(Path(new, "data", "log.db")), int(report["events"])
    there = all_rows(data.log)
    changed = sum(one != other for one, other in zip(there[:events], back[:events], strict=True))
    answered = set(back[events:]) - set(there)
    return changed + len(answered) + len(report["missing"]) + len(report["faults"])


async def _storybook(data: DataFolder, *arguments: str) -> Any:
    program = [sys.executable, "-m", "storybook", "--data", str(data), *arguments, "--json"]
    done = await anyio.run_process(program, stderr=subprocess.PIPE)
    return msgspec.json.decode(done.stdout)


def main() -> None:
    print_figures(measured(measure))


if __name__ == "__main__":
    main()
