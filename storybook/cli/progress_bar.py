"""A bar for what is counted: events, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Told = Callable[[float], None]
"""Told how much of something is done, from 0 to 1."""
Step = Callable[[int, int], None]
"""Told how much is done, of how much."""


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", "dim")


@contextmanager
def counting_bar(what: str, unit: str, *, shown: bool) -> Iterator[Step]:
    """A progress bar on stderr, on a terminal only."""
    err = Console(stderr=True)
    name, counted = TextColumn("{task.description}"), TextColumn(unit)
    columns = (name, BarColumn(), MofNCompleteColumn(), counted, Rate())
    with Progress(*columns, console=err, disable=not (shown and err.is_terminal)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def part_bar(what: str, *, shown: bool) -> Iterator[Told]:
    """A bar of how much is done, on stderr, on a terminal only. It goes away when it is full."""
    err = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    is_shown = shown and err.is_terminal
    with Progress(
        *columns, TimeRemainingColumn(), console=err, disable=not is_shown, transient=True
    ) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda part: bar.update(task, completed=part)
