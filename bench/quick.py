"""Every figure that the project is held to, in under two minutes: `make bench-quick`.

`--once` measures everything once, to see that it runs; its figures mean little.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from bench import append, book, fold, get_run, makespan, sse, start
from bench.figures import REPETITIONS, Figure, print_figures

MEASURES: Final[tuple[Callable[[Path, int], list[Figure]], ...]] = (
    append.measure,
    fold.measure,
    sse.measure,
    get_run.measure,
    makespan.measure,
    book.measure,
    start.measure,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="measure everything once")
    repetitions = 1 if parser.parse_args().once else REPETITIONS
    began = time.perf_counter()
    figures: list[Figure] = []
    # On the disk that matters, which /tmp need not be.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as scratch:
        for number, measure in enumerate(MEASURES):
            folder = Path(scratch, str(number))
            folder.mkdir()
            # Each in a process of its own: what one leaves in memory would slow the next.
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                figures += process.submit(measure, folder, repetitions).result()
    print_figures(figures)
    print(f"medians of {repetitions}, {time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
