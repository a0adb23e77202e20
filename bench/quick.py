"""Every figure that the project is held to, in under two minutes: `make bench-quick`.

`--once` measures a hundredth of everything once, to see that it runs; its figures mean little.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Final

from bench.apart import measure_module, measured
from bench.figures import FULL, TRIAL, Figure, print_figures

BENCHMARKS: Final = (
    *("append", "fold", "sse", "get_run", "makespan", "book", "start"),
    *("retention", "tokens", "metrics", "editions", "archive", "epub"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="measure a little of everything, once")
    effort = TRIAL if parser.parse_args().once else FULL
    began = time.perf_counter()
    figures: list[Figure] = []
    for name in BENCHMARKS:
        figures += measured(partial(measure_module, name=name, effort=effort))
    print_figures(figures)
    seconds = time.perf_counter() - began
    print(f"medians of {effort.repetitions}, {seconds:.0f} s in all")


if __name__ == "__main__":
    main()
