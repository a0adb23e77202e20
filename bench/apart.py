"""Measuring in a process of its own, which ends with the one that waits for it.

What one measurement leaves in memory would slow the next. And whoever kills a benchmark means the
servers and painters too that it has started.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil

from bench.figures import Effort, Figure


def measure_module(folder: Path, name: str, effort: Effort) -> list[Figure]:
    """What a benchmark of this package measures, by its module's name. Only its process imports
    it."""
    figures: list[Figure] = importlib.import_module(f"bench.{name}").measure(folder, effort)
    return figures


def measured(measure: Callable[[Path], list[Figure]]) -> list[Figure]:
    """The figures of a measurement that is given a folder of the disk that matters, which /tmp need
    not be. `measure` must be one that can be pickled."""
    with (
        tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as scratch,
        ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_end_with_parent, initargs=(scratch,)
        ) as process,
    ):
        return process.submit(measure, Path(scratch)).result()


def _end_with_parent(scratch: str) -> None:
    """A process that is killed says nothing to its children, and cleans nothing up: they watch
    it."""
    threading.Thread(target=_wait_for_its_end, args=(scratch,), daemon=True).start()


def _wait_for_its_end(scratch: str) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue  # it has ended by itself
    shutil.rmtree(scratch, ignore_errors=True)
    print("the benchmark was ended", file=sys.stderr)
    os._exit(1)
