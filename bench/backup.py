"""A backup of a thousand books while twenty are made: `python -m bench.backup`.

The books that are there have ten files each; those that are made come from engines that sleep, as
in `bench.makespan`. Beside them a client appends one event after the other; how long each append
takes is measured as long as the backup, a process of its own, takes. Then the backup is restored,
and held against the log. Backing up again copies what is new.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
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
from storybook.book import RunId, Stage, TtsConfig
from storybook.bootstrap import open_application
from storybook.commands import new_command_id
from storybook.data_folder import DataFolder
from storybook.events.catalog import StageRequested
from storybook.events.log import EventLog, Version
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from tests.books import new_run
from tests.many_books import add_books
from tests.recorded_folder import all_rows

BOOKS: Final = 1_000
MADE: Final = 20
FILE_BYTES: Final = 100_000
"""Of each file: a tenth of a painted picture, so that 10,000 of them fit on a small disk."""
PAUSE_SECONDS: Final = 0.002
"""Between two appends that are measured."""
MOST_MS: Final = 20


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Measure in a folder of the disk that matters, once: it takes a while."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return anyio.run(_measure, Path(scratch), effort.of(BOOKS, 5))


async def _measure(scratch: Path, books: int) -> list[Figure]:
    data = DataFolder(scratch / "data")
    await add_books(data, 0, books, FILE_BYTES)
    alone = await _beside(data, None, scratch)
    first = await _beside(data, scratch / "backup", scratch)
    again = await _beside(data, scratch / "backup", scratch)
    note = f"median {first.median:.1f} ms; {alone.p99:.1f} ms of a hundred with no backup"
    return [
        Figure(
            f"appends during a backup of {books:,} books, {MADE} in the making: slowest in 100",
            *(first.p99, "ms", MOST_MS, "≤"),
            f"{note}; backed up in {first.seconds:.0f} s, again in {again.seconds:.1f} s",
        ),
        Figure("events and files that the backups lack", first.lost + again.lost, "", 0, "≤"),
    ]


class Beside(msgspec.Struct, frozen=True):
    """Milliseconds that appends took; how long the backup did; what it lacked."""

    median: float
    p99: float
    seconds: float
    lost: int


async def _beside(data: DataFolder, backup: Path | None, scratch: Path) -> Beside:
    engines = Engines(
        SleepingWriter("writer", MADE),
        SleepingIllustrator("illustrator", 4),
        SleepingNarrator("narrator", MADE),
        SleepingTranscriber("transcriber", 1),
    )
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with open_application(settings, data.path, engines=engines) as application:
        for _ in range(MADE):
            await application.request_run(new_run(REQUEST, TtsConfig()))
        return await _appending(application, data, backup, scratch)


async def _appending(
    application: Application, data: DataFolder, backup: Path | None, scratch: Path
) -> Beside:
    latencies: list[float] = []
    began = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_append, application.log, latencies)
        if backup is None:
            await anyio.sleep(5)
        else:
            report = await _storybook(data, "backup", str(backup))
        seconds = time.perf_counter() - began
        tasks.cancel_scope.cancel()
    latencies.sort()
    lost = await _lost(data, backup, scratch, report["events"]) if backup is not None else 0
    return Beside(
        latencies[len(latencies) // 2] * 1e3,
        latencies[len(latencies) * 99 // 100] * 1e3,
        seconds,
        lost,
    )


async def _append(log: EventLog, latencies: list[float]) -> None:
    run_id = RunId(f"{time.time_ns():032x}")  # it is never begun, and parked: no work comes of it
    event = StageRequested(stage=Stage.TTS, page=0, attempt=1)
    for version in itertools.count():
        began = time.perf_counter()
        await log.append(run_id, [event], expected=Version(version), command=new_command_id())
        latencies.append(time.perf_counter() - began)
        await anyio.sleep(PAUSE_SECONDS)


async def _lost(data: DataFolder, backup: Path, scratch: Path, events: int) -> int:
    """How many of the log's first events, and of the files that they name, do not come back."""
    with tempfile.TemporaryDirectory(dir=scratch) as new:
        report = await _storybook(data, "restore", str(backup), f"{new}/data")
        there, back = all_rows(data.log)[:events], all_rows(Path(new, "data", "log.db"))[:events]
    changed = sum(one != other for one, other in itertools.zip_longest(there, back))
    return changed + len(list(report["missing"])) + len(list(report["faults"]))


async def _storybook(data: DataFolder, *arguments: str) -> Any:
    program = [sys.executable, "-m", "storybook", "--data", str(data), *arguments, "--json"]
    done = await anyio.run_process(program, stderr=subprocess.PIPE)
    return msgspec.json.decode(done.stdout)


def main() -> None:
    print_figures(measured(measure))


if __name__ == "__main__":
    main()
