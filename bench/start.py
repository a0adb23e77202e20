"""How quickly the program is there, and what it weighs: `python -m bench.start`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import anyio
import psutil

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, median_of, print_figures
from bench.fold import fill
from storybook.clock import SystemClock
from storybook.data_folder import DataFolder
from storybook.http.server import listen
from storybook.projections.projector import Projections
from storybook.stores.sqlite.log import SqliteLog

EVENTS: Final = 200_000
LOOK_SECONDS: Final = 0.005


class Started(NamedTuple):
    """A server, and the seconds from its start to its first answer."""

    process: psutil.Process
    url: str
    seconds: float


def _help_seconds() -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "storybook", "--help"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


@contextmanager
def started(data: Path) -> Iterator[Started]:
    """A server on a data folder, once it has answered."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    options = ["--data", str(data), "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "storybook", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            time.sleep(LOOK_SECONDS)
        seconds = time.perf_counter() - began
        yield Started(psutil.Process(process.pid), f"http://127.0.0.1:{port}", seconds)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/"):
            return True
    except (urllib.error.URLError, ConnectionError):
        return False


def _start_seconds(data: Path) -> float:
    with started(data) as server:
        return server.seconds


def _idle_megabytes(data: Path) -> float:
    """What a server that has answered once keeps for itself, in millions of bytes."""
    with started(data) as server:
        return float(server.process.memory_full_info().uss) / 1e6


async def prepare(data: Path, events: int) -> None:
    """A log of many events with projections that have followed it."""
    folder = DataFolder(data)
    async with SqliteLog.open(folder.log, clock=SystemClock().now) as log:
        await fill(log, events)
        async with Projections.open(folder.projections, log):
            pass


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Medians of starts; the memory is what is the process's own (USS)."""
    empty, full = folder / "empty", folder / "full"
    for data in (empty, full):
        data.mkdir()
    repetitions, events = effort.repetitions, effort.of(EVENTS)
    anyio.run(prepare, full, events)
    _help_seconds()  # the first one compiles
    starts = [[_start_seconds(data) for data in (empty, full)] for _ in range(repetitions)]
    on_empty, on_full = (statistics.median(seconds) for seconds in zip(*starts, strict=True))
    what = "start to first answer"
    return [
        Figure("--help", median_of(_help_seconds, repetitions), "s", 0.3, "≤"),
        Figure(f"{what}, empty log", on_empty, "s", 1, "≤"),
        Figure(f"{what}, {events:,} events", on_full, "s", 1, "≤"),
        Figure("server memory, idle", _idle_megabytes(empty), "MB", 100, "≤", "USS"),
    ]


if __name__ == "__main__":
    print_figures(measured(measure))
