"""Follows one run until it ends, and shows it: a live table on a terminal, else a line an event."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

import anyio
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from storybook.book import Role, RunId, Work
from storybook.cli.board import Board, Mark, Sign
from storybook.cli.output import console, duration, status_text
from storybook.cli.story import sentence
from storybook.events.log import START, EventLog, Recorded
from storybook.projections import views
from storybook.projections.registry import PROJECTIONS
from storybook.projections.timings import Usual, usual_of_roles
from storybook.run import Run

FRAMES_A_SECOND: Final = 10
BAR_CELLS: Final = 5

Asked = Callable[[], bool]
Told = Callable[[Recorded], None]
Fractions = Callable[[], Mapping[Work, float]]
"""How far the work in hand is, where that can be known."""


async def watch(
    log: EventLog,
    run_id: RunId,
    projections: Path,
    *,
    silent: bool = False,
    fractions: Fractions = dict,
    is_worked_on: Asked = lambda: True,
) -> Run:
    """Show a run on standard output until it has ended, unless `silent`; returns it as it ended.

    `is_worked_on` tells whether there is a process that makes books.
    """
    board = Board(run_id, await anyio.to_thread.run_sync(usual_durations, projections))
    out = console()
    if silent:
        return await follow_run(log, board, lambda recorded: None)
    if not out.is_terminal:
        return await follow_run(log, board, lambda recorded: _tell(out, board, recorded))
    async with _drawing(out, board, fractions, is_worked_on):
        return await follow_run(log, board, lambda recorded: None)


async def follow_run(log: EventLog, board: Board, told: Told) -> Run:
    """Feed a run's events to its board, and tell each, until it has ended; as it ended."""
    cursor = START
    for recorded in await log.read_run(board.run_id):
        board.feed(recorded)
        told(recorded)
        cursor = recorded.position
    if board.has_ended:
        return board.run
    async with aclosing(log.tail(cursor)) as batches:
        async for batch in batches:
            for recorded in batch:
                if recorded.run_id == board.run_id:
                    board.feed(recorded)
                    told(recorded)
            if board.has_ended:
                break
    return board.run


def usual_durations(projections: Path) -> dict[Role, Usual]:
    """What each role's engine usually takes, as far as the views can tell now."""
    if not projections.exists():
        return {}
    try:
        return views.ask(projections, PROJECTIONS, usual_of_roles)
    except views.ForeignFile:  # made anew elsewhere; no estimate, then
        return {}


# ------------------------------------------------------------------------------------- line by line


def _tell(out: Console, board: Board, recorded: Recorded) -> None:
    seconds = board.seconds(recorded.recorded_at)
    out.print(Text(f"{duration(seconds):>9}  {sentence(recorded.event)}"), soft_wrap=True)
    sys.stdout.flush()


# --------------------------------------------------------------------------------------------- live


@asynccontextmanager
async def _drawing(
    out: Console, board: Board, fractions: Fractions, is_worked_on: Asked
) -> AsyncIterator[None]:
    """Redraw the board from time to time, and once at the end."""

    def frame() -> Group | Text:
        board.fractions = fractions()
        return draw(board, time.time_ns() // 1_000, is_worked_on())

    async def keep_drawing(live: Live) -> None:
        while True:
            live.refresh()
            await anyio.sleep(1 / FRAMES_A_SECOND)

    with Live(get_renderable=frame, console=out, auto_refresh=False) as live:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_drawing, live)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()


def draw(board: Board, now: int, is_worked_on: bool = True) -> Group | Text:
    """The board as it looks at a moment (microseconds since 1970)."""
    if not board.asked_at:
        return Text("…")
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("")
    for name in ("writing", "painting", "reading aloud"):
        table.add_column(name, min_width=13, no_wrap=True)
    table.add_column("", ratio=1, no_wrap=True, overflow="ellipsis")
    for line in board.lines():
        marks = (_mark(it, now) for it in (line.writing, line.painting, line.reading))
        table.add_row(line.name, *marks, Text(line.text, "italic"))
    return Group(table, _footer(board, now, is_worked_on))


def _footer(board: Board, now: int, is_worked_on: bool) -> Text:
    status = status_text(board.run.status, is_worked_on=is_worked_on)
    parts = [status, Text(duration(board.seconds(now)))]
    left = board.seconds_left(now)
    if not is_worked_on and not board.has_ended:
        parts.append(Text("no process makes books here now", "red"))
    elif left:
        parts.append(Text(f"about {duration(left)} left", "dim"))
    return Text("  ").join(parts)


_LOOKS: Final[Mapping[Sign, tuple[str, str]]] = {
    Sign.NOT_DUE: ("·", "dim"),
    Sign.WAITING: ("waits", "dim"),
    Sign.DONE: ("✓", "green"),
    Sign.FAILED: ("✗ failed", "red"),
    Sign.PUT_DOWN: ("– put down", "magenta"),
    Sign.UNWANTED: ("", ""),
}
_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def _mark(mark: Mark, now: int) -> Text:
    if mark.sign is not Sign.WORKING:
        return Text(*_LOOKS[mark.sign])
    spinner = _SPINNER[now // 100_000 % len(_SPINNER)]
    if not mark.fraction:
        return Text(spinner, "yellow")
    full = round(mark.fraction * BAR_CELLS)
    bar = "▰" * full + "▱" * (BAR_CELLS - full)
    return Text(f"{spinner} {bar} {mark.fraction:4.0%}", "yellow")
