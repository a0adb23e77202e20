"""A measured figure beside the reach that it is held to, and the table of them."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec


class Effort(msgspec.Struct, frozen=True):
    """How much is measured: medians over `repetitions`, unless a figure says otherwise, and a
    `share` of everything that is counted (events, clients, requests)."""

    repetitions: int
    share: float = 1.0

    def of(self, count: int, least: int = 1) -> int:
        """How many of so many, and at least so many."""
        return max(least, round(count * self.share))

    @property
    def is_trial(self) -> bool:
        """Whether it is only to be seen that everything runs."""
        return self.share < 1


FULL = Effort(5)
TRIAL = Effort(1, 0.01)


class Figure(msgspec.Struct, frozen=True):
    """One measured value (a median) in `unit`. `reach` is what it is to be: at least or at most."""

    what: str
    value: float
    unit: str
    reach: float
    direction: Literal["≥", "≤"]
    note: str = ""

    @property
    def is_reached(self) -> bool:
        return self.value >= self.reach if self.direction == "≥" else self.value <= self.reach


def median_of(measure: Callable[[], float], repetitions: int) -> float:
    """The median of a measurement that is taken several times."""
    return statistics.median(measure() for _ in range(repetitions))


def machine() -> str:
    """What the figures were measured on, and how busy it was."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [it for it in info.read_text().splitlines() if it.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}{load}, {_spin():.0f} ms for a fixed loop"
    )


def _spin() -> float:
    """Milliseconds for a fixed loop: tells a busy machine from a quiet one."""
    began = time.perf_counter()
    total = 0
    for number in range(2_000_000):
        total += number
    return (time.perf_counter() - began) * 1_000


def print_figures(figures: Iterable[Figure]) -> None:
    """The table, on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "median", "reach", "", "note", title=machine(), title_justify="left")
    for figure in figures:
        table.add_row(
            figure.what,
            f"{figure.value:,.3g} {figure.unit}"
            if figure.value < 1_000
            else f"{figure.value:,.0f} {figure.unit}",
            f"{figure.direction} {figure.reach:,g} {figure.unit}",
            "✓" if figure.is_reached else "✗",
            figure.note,
        )
    Console(width=None if os.isatty(1) else 140).print(table)
