"""Follows one run until it ends, and shows it: a live table on a terminal, else a line an event."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import anyio
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from storybook.book import Role, RunId, Work
from storybook.cli.event_text import sentence, wait_sentence
from storybook.cli.output import console, duration, status_text
from storybook.cli.progress_table import Mark, ProgressTable, Sign
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.parked import RunParked
from storybook.projections import views
from storybook.projections.registry import PROJECTIONS
from storybook.projections.timings import UsualOfRole, usual_of_roles
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
    earlier: Sequence[RunId] = (),
    since: Position = START,
) -> Run:
    """Show a run on standard output until it has ended, unless `silent`; returns it as it ended.

    `is_worked_on` tells whether there is a process that makes books, `earlier` which runs it works
    on before this one. Line by line, only events from `since` on are told.
    """
    usual = await anyio.to_thread.run_sync(usual_durations, projections)
    progress, out = ProgressTable(run_id, usual), console()
    if silent:
        return await follow_run(log, progress, lambda recorded: None)
    if not out.is_terminal:
        return await follow_run(log, progress, partial(_tell, out, progress, since))
    first = [ProgressTable(it, usual) for it in earlier]
    async with _drawing(out, progress, first, fractions, is_worked_on):
        return await follow_run(log, progress, lambda recorded: None, first)


async def follow_run(
    log: EventLog, progress: ProgressTable, told: Told, others: Sequence[ProgressTable] = ()
) -> Run:
    """Feed a run's events to its progress table, and tell each, until it has ended; as it ended.
    The tables of other runs are fed meanwhile."""
    cursor = START
    for other in others:
        for recorded in await log.read_run(other.run_id):
            _feed(other, recorded)
    for recorded in await log.read_run(progress.run_id):
        progress.feed(recorded)
        told(recorded)
        cursor = recorded.position
    if progress.has_ended:
        return progress.run
    by_run = {it.run_id: it for it in others}
    async with aclosing(log.tail(cursor)) as batches:
        async for batch in batches:
            for recorded in batch:
                if recorded.run_id == progress.run_id:
                    progress.feed(recorded)
                    told(recorded)
                elif recorded.run_id in by_run:
                    _feed(by_run[recorded.run_id], recorded)
            if progress.has_ended:
                break
    return progress.run


def _feed(other: ProgressTable, recorded: Recorded) -> None:
    if recorded.position > other.position:  # the tail begins before some that were read
        with suppress(RunParked):
            other.feed(recorded)


def usual_durations(projections: Path) -> dict[Role, UsualOfRole]:
    """What each role's engine usually takes, as far as the views can tell now."""
    if not projections.exists():
        return {}
    try:
        return views.ask(projections, PROJECTIONS, usual_of_roles)
    except views.ForeignFile:  # made anew elsewhere; no estimate, then
        return {}


# ------------------------------------------------------------------------------------- line by line


def _tell(out: Console, progress: ProgressTable, since: Position, recorded: Recorded) -> None:
    if recorded.position < since:
        return
    seconds = progress.seconds(recorded.recorded_at)
    out.print(Text(f"{duration(seconds):>9}  {sentence(recorded.event)}"), soft_wrap=True)
    sys.stdout.flush()


# --------------------------------------------------------------------------------------------- live


@asynccontextmanager
async def _drawing(
    out: Console,
    progress: ProgressTable,
    earlier: Sequence[ProgressTable],
    fractions: Fractions,
    is_worked_on: Asked,
) -> AsyncIterator[None]:
    """Redraw the table from time to time, and once at the end."""

    def frame() -> Group | Text:
        progress.fractions = fractions()
        return draw(progress, time.time_ns() // 1_000, is_worked_on(), earlier)

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


def draw(
    progress: ProgressTable,
    now: int,
    is_worked_on: bool = True,
    earlier: Sequence[ProgressTable] = (),
) -> Group | Text:
    """The table as it looks at a moment (microseconds since 1970); `earlier` are those of the runs
    that are worked on before this one."""
    if not progress.asked_at:
        return Text("…")
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("")
    for name in ("writing", "painting", "reading aloud"):
        table.add_column(name, min_width=13, no_wrap=True)
    table.add_column("", ratio=1, no_wrap=True, overflow="ellipsis")
    for line in progress.lines():
        marks = (_mark(it, now) for it in (line.writing, line.painting, line.reading))
        table.add_row(line.name, *marks, Text(line.text, "italic"))
    parts: list[Table | Text] = [table, _footer(progress, now, is_worked_on, earlier)]
    if progress.waiting_for is not None:
        parts.append(Text(wait_sentence(progress.waiting_for, now), "yellow"))
    return Group(*parts)


def _footer(
    progress: ProgressTable, now: int, is_worked_on: bool, earlier: Sequence[ProgressTable]
) -> Text:
    status = status_text(progress.run.status, is_worked_on=is_worked_on)
    since = duration(progress.seconds(now))
    parts = [status, Text(f"{since} after it was asked for")]
    left = progress.seconds_left(now, earlier) if not progress.has_ended else None
    if not is_worked_on and not progress.has_ended:
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
