"""What a scrape costs beside a large library: `python -m bench.metrics`."""

from __future__ import annotations

import statistics
import time
import urllib.request
from pathlib import Path
from typing import Final

import anyio

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from bench.start import prepare, started

RUNS: Final = 10_000
EVENTS_OF_A_RUN: Final = 40
SCRAPES: Final = 30
REACH_MILLISECONDS: Final = 20.0


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """The median of scrapes of a real server, in milliseconds; the note has the slowest."""
    runs = effort.of(RUNS)
    anyio.run(prepare, folder, runs * EVENTS_OF_A_RUN)
    with started(folder) as server:
        taken = sorted(_scrape(server.url) for _ in range(effort.of(SCRAPES)))
    what = f"GET /metrics beside {runs:,} runs"
    note = f"the slowest of {len(taken)}: {taken[-1]:.1f} ms"
    return [Figure(what, statistics.median(taken), "ms", REACH_MILLISECONDS, "≤", note)]


def _scrape(url: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        assert b"storybook_" in answer.read()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    print_figures(measured(measure))
