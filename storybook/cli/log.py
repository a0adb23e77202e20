"""`storybook log`: every event, in order, and as it comes."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import rich_click as click
from rich.console import Console
from rich.text import Text

from storybook.book import RunId
from storybook.cli.data_reader import DataReader, has_log, open_data
from storybook.cli.errors import run_async
from storybook.cli.event_text import sentence
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import NARROW_WIDTH, SHORT_ID, console, print_json
from storybook.events.codec import UnreadableEvent
from storybook.events.log import Position, Recorded
from storybook.http.log_entries import run_log_entry
from storybook.http.times import iso_time

PAGE: Final = 512
"""Events read at once."""


@click.command("log")
@click.argument("run", metavar="[RUN]", default="")
@click.option("--run", "run_option", metavar="RUN", default="", help="The same as RUN.")
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="Only events after a position."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Each event as recorded, one JSON line each.")
@pass_options
def log_command(
    options: GlobalOptions, run: str, run_option: str, after: int, follow: bool, as_json: bool
) -> None:
    """Print the log: every event, in order.

    With RUN, only the events of that book. A line has the event's position, its time (UTC), the
    run, and what happened.
    """
    options.start_logging()
    if run and run_option:
        raise click.UsageError("RUN and --run mean the same: give one of them.")
    run_text = run or run_option
    if not has_log(options) and not follow:
        return
    out = console()

    async def main() -> None:
        async with open_data(options) as reader:
            run_id = await reader.find(run_text) if run_text else None
            async with aclosing(_events(reader, run_id, Position(after), follow)) as batches:
                async for batch in batches:
                    _print(out, batch, as_json)

    try:
        run_async(main)
    except KeyboardInterrupt:
        return


async def _events(
    reader: DataReader, run_id: RunId | None, after: Position, follow: bool
) -> AsyncGenerator[list[Recorded], None]:
    log, cursor = reader.log, after
    while page := (
        await log.read_run(run_id, cursor, PAGE) if run_id else await log.read(cursor, PAGE)
    ):
        yield page
        cursor = page[-1].position
    if not follow:
        return
    async with aclosing(log.tail(cursor)) as batches:
        async for batch in batches:
            yield [it for it in batch if run_id in (None, it.run_id)]


def _print(out: Console, batch: list[Recorded], as_json: bool) -> None:
    if as_json:
        for recorded in batch:
            print_json(run_log_entry(recorded))
        return
    for recorded in batch:
        if out.is_terminal:
            is_narrow = out.width < NARROW_WIDTH
            out.print(_line(recorded, is_narrow), no_wrap=True, overflow="ellipsis")
        else:
            out.print(_line(recorded), soft_wrap=True)
    sys.stdout.flush()


def _line(recorded: Recorded, is_narrow: bool = False) -> Text:
    """A narrow one leaves out the day and the type, so that there is room for what happened."""
    day, time = iso_time(recorded.recorded_at).rstrip("Z").split("T")
    return Text.assemble(
        (f"{recorded.position:>7}  ", "bold"),
        ("" if is_narrow else f"{day} ", "dim"),
        (f"{time[:8] if is_narrow else time}  ", "dim"),
        (f"{recorded.run_id[:SHORT_ID]}  ", "cyan"),
        "" if is_narrow else f"{recorded.type:<16}  ",
        _sentence(recorded),
    )


def _sentence(recorded: Recorded) -> str:
    if recorded.is_erased:
        return "(erased: the book was forgotten)"
    try:
        return sentence(recorded.event)
    except UnreadableEvent as error:
        return str(error)
