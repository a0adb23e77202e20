"""How things are drawn: consoles, JSON, times, sizes and marks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from storybook.access import LOCAL
from storybook.run import Status

WHO: Final = LOCAL
"""Who asks, in the log."""
SHORT_ID: Final = 8
"""Characters of a run's id that tell it from the others of a data folder."""
PLAIN_WIDTH: Final = 110
"""Columns where neither a terminal nor `COLUMNS` says how wide it is: a table that is piped stays a
table."""
NARROW_WIDTH: Final = 80
"""With fewer columns, what does not fit beside the rest gets a line of its own."""

STATUS_STYLES: Final[Mapping[Status, str]] = {
    Status.QUEUED: "cyan",
    Status.RUNNING: "yellow",
    Status.DONE: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "magenta",
}


def can_ask() -> bool:
    """Whether somebody sits there who can answer."""
    return sys.stdin.isatty()


def console() -> Console:
    """Standard output: colours on a terminal, plain text anywhere else."""
    it = Console(highlight=False, markup=False, emoji=False)  # what people wrote is no markup
    if not it.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        it.width = PLAIN_WIDTH
    return it


def print_json(value: Any) -> None:
    """One line of JSON, in UTF-8 whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def status_text(status: Status, *, is_worked_on: bool = True) -> Text:
    """A run's status; `is_worked_on` tells whether there is a process that makes books."""
    put_down = " (put down)" if status is Status.RUNNING and not is_worked_on else ""
    return Text(status.value + put_down, STATUS_STYLES[status])


def duration(seconds: float) -> str:
    """`0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


_AGES: Final = ((60, 1, "s"), (3_600, 60, "min"), (86_400, 3_600, "h"), (1e18, 86_400, "d"))


def age(seconds: float) -> str:
    """`5 s`, `3 min`, `2 h`, `9 d`: how long ago, roughly."""
    seconds = max(seconds, 0.0)
    unit, name = next((unit, name) for below, unit, name in _AGES if seconds < below)
    return f"{int(seconds // unit)} {name}"


def size(count: int) -> str:
    """`512 B`, `34 KB`, `1.2 MB`, `3.4 GB`."""
    if count < 1_000:
        return f"{count} B"
    value = count / 1_000
    for unit in ("KB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
        value /= 1_000
    return f"{value:.1f} GB"
