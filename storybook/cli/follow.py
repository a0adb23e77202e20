"""`storybook watch` and `storybook log`: what happens, as it happens."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Final

import anyio
import rich_click as click
from rich.console import Console
from rich.text import Text

from storybook.book import RunId
from storybook.cli import edge
from storybook.cli.board import Board
from storybook.cli.failure import Failure
from storybook.cli.output import SHORT_ID, console, print_json
from storybook.cli.place import Place, pass_place
from storybook.cli.shelf import Shelf, has_log, open_shelf
from storybook.cli.story import sentence
from storybook.cli.watching import follow_run, watch
from storybook.events.codec import UnreadableEvent
from storybook.events.log import Position, Recorded
from storybook.http.log_entries import run_log_entry
from storybook.http.times import iso_time
from storybook.run import Run, Status, read_whole

PAGE: Final = 512
"""Events read at once."""
LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the process that makes books still runs."""


# -------------------------------------------------------------------------------------------- watch


@click.command("watch")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Each event as recorded, one JSON line each.")
@pass_place
def watch_command(place: Place, run: str, as_json: bool) -> None:
    """Watch a book being made until it is done.

    Beside a running server it shows every step; the exit code is 0 if the book gets done, else 1.
    If no process makes books here, it waits for one on a terminal, and ends with 1 elsewhere.
    """
    place.start_logging()
    try:
        ended = _run_watch(place, run, as_json)
    except KeyboardInterrupt:
        sys.exit(1)
    if ended.status is not Status.DONE:
        why = f": {ended.fault.message}" if ended.fault else ""
        raise Failure(f"the book is {ended.status}{why}")


def _run_watch(place: Place, text: str, as_json: bool) -> Run:
    async def main() -> Run:
        async with open_shelf(place) as shelf:
            run_id = await shelf.find(text)
            return await _watch(shelf, run_id, as_json)

    return edge.run(main)


async def _watch(shelf: Shelf, run_id: RunId, as_json: bool) -> Run:
    from storybook.cli.remote import Server

    place = shelf.place
    holder = place.holder()
    waits = can_wait()
    if waits and holder is None and not await _has_ended(shelf, run_id):
        click.echo(
            "No process makes books here now; this waits until `storybook serve` does. "
            "Ctrl-C ends it.",
            err=True,
        )
    async with AsyncExitStack() as stack:
        if not waits:
            await stack.enter_async_context(_ending_with_the_holder(shelf, run_id))
        if as_json:
            board = Board(run_id, {})
            return await follow_run(shelf.log, board, lambda it: print_json(run_log_entry(it)))
        found = {}
        if holder is not None and holder.url:
            found = await stack.enter_async_context(Server(holder).fractions(run_id))
        return await watch(
            shelf.log,
            run_id,
            place.folder.projections,
            fractions=lambda: found,
            is_worked_on=lambda: place.holder() is not None,
        )


def can_wait() -> bool:
    """Whether somebody sees that nothing happens, and can end it."""
    return sys.stdout.isatty()


@asynccontextmanager
async def _ending_with_the_holder(shelf: Shelf, run_id: RunId) -> AsyncIterator[None]:
    """Raise `Failure` in the block as soon as no process makes books and the run has not ended."""

    async def look() -> None:
        while shelf.place.holder() is not None:  # noqa: ASYNC110 - another process sets no event
            await anyio.sleep(LOOK_SECONDS)
        if not await _has_ended(shelf, run_id):
            short = run_id[:SHORT_ID]
            raise Failure(
                "no process makes books here now: `storybook serve` goes on with this one, and so "
                f"does `storybook make --resume {short}`"
            )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        yield
        tasks.cancel_scope.cancel()


async def _has_ended(shelf: Shelf, run_id: RunId) -> bool:
    run = read_whole(await shelf.history(run_id))
    return run is not None and run.status.has_ended


# ---------------------------------------------------------------------------------------------- log


@click.command("log")
@click.argument("run", metavar="[RUN]", default="")
@click.option("--run", "run_option", metavar="RUN", default="", help="The same as RUN.")
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="Only events behind a position."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Each event as recorded, one JSON line each.")
@pass_place
def log_command(
    place: Place, run: str, run_option: str, after: int, follow: bool, as_json: bool
) -> None:
    """Print the log: every event, in order.

    With RUN, only the events of that book. A line has the event's position, its time (UTC), the
    run, and what happened.
    """
    place.start_logging()
    if run and run_option:
        raise click.UsageError("RUN and --run mean the same: give one of them.")
    run_text = run or run_option
    if not has_log(place) and not follow:
        return
    out = console()

    async def main() -> None:
        async with open_shelf(place) as shelf:
            run_id = await shelf.find(run_text) if run_text else None
            async with aclosing(_events(shelf, run_id, Position(after), follow)) as batches:
                async for batch in batches:
                    _print(out, batch, as_json)

    try:
        edge.run(main)
    except KeyboardInterrupt:
        return


async def _events(
    shelf: Shelf, run_id: RunId | None, after: Position, follow: bool
) -> AsyncGenerator[list[Recorded], None]:
    log, cursor = shelf.log, after
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
            out.print(_line(recorded), no_wrap=True, overflow="ellipsis")
        else:
            out.print(_line(recorded), soft_wrap=True)
    sys.stdout.flush()


def _line(recorded: Recorded) -> Text:
    moment = iso_time(recorded.recorded_at).replace("T", " ").rstrip("Z")
    return Text.assemble(
        (f"{recorded.position:>7}  ", "bold"),
        (f"{moment}  ", "dim"),
        (f"{recorded.run_id[:SHORT_ID]}  ", "cyan"),
        f"{recorded.type:<16}  {_sentence(recorded)}",
    )


def _sentence(recorded: Recorded) -> str:
    try:
        return sentence(recorded.event)
    except UnreadableEvent as error:
        return str(error)
