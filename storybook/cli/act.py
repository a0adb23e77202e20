"""`storybook cancel` and `storybook retry`: steer a run.

A log has one writer. If a process serves this data folder it is asked over HTTP; if none does, the
log is opened for a moment and the decision appended here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import anyio.to_thread
import rich_click as click

from storybook.book import RunId
from storybook.cli.edge import run
from storybook.cli.output import SHORT_ID, WHO
from storybook.cli.place import Place, pass_place
from storybook.cli.remote import Server
from storybook.cli.shelf import open_shelf
from storybook.clock import SystemClock
from storybook.commands import Commands, Decide
from storybook.events.log import LogLocked
from storybook.evidence import require_evidence
from storybook.run import cancel_run, retry_run
from storybook.stores.sqlite.log import SqliteLog

Ask = Callable[[Server, RunId], Awaitable[None]]


@click.command("cancel")
@click.argument("run", metavar="RUN")
@pass_place
def cancel_command(place: Place, run: str) -> None:
    """Stop the making of a book; finished pages stay readable."""
    run_id, _ = _act(place, run, Server.cancel_run, partial(cancel_run, cancelled_by=WHO))
    click.echo(f"The book {run_id[:SHORT_ID]} is cancelled.")


@click.command("retry")
@click.argument("run", metavar="RUN")
@pass_place
def retry_command(place: Place, run: str) -> None:
    """Let a failed or cancelled book go on from what is missing.

    The running server goes on with it. If none runs, the next one does, or
    `storybook make --resume RUN`.
    """
    run_id, was_asked = _act(place, run, Server.retry_run, partial(retry_run, retried_by=WHO))
    short = run_id[:SHORT_ID]
    if was_asked:
        click.echo(f"The book {short} goes on; `storybook watch {short}` shows it.")
    else:
        click.echo(
            f"The book {short} is to go on. No process makes books here now: "
            f"`storybook make --resume {short}` or `storybook serve` does."
        )


def _act(place: Place, text: str, ask: Ask, decide: Decide) -> tuple[RunId, bool]:
    """Carry out a decision; returns the run, and whether a server was asked to."""
    place.start_logging()

    async def main() -> tuple[RunId, bool]:
        async with open_shelf(place) as shelf:
            run_id = await shelf.find(text)
        try:
            if place.holder() is None:
                await anyio.to_thread.run_sync(require_evidence, place.folder)
            async with SqliteLog.open(place.folder.log, clock=SystemClock().now) as log:
                await Commands(log).execute(run_id, decide)
            return run_id, False
        except LogLocked:
            await _ask(place, ask, run_id)
            return run_id, True

    return run(main)


async def _ask(place: Place, ask: Ask, run_id: RunId) -> None:
    holder = place.holder()
    if holder is None:  # it has just ended
        raise LogLocked("the process that held this data folder has just ended; try again")
    await ask(Server(holder), run_id)
