"""`storybook watch`: one book, until it is done."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
import rich_click as click

from storybook.book import RunId, Work
from storybook.cli.called_as import say
from storybook.cli.data_reader import DataReader, open_data, runs_before
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.live_view import follow_run, watch
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, print_json
from storybook.cli.progress_table import ProgressTable
from storybook.http.log_entries import run_log_entry
from storybook.run import Run, Status, read_whole
from storybook.stages.addresses import without_secrets

if TYPE_CHECKING:
    from storybook.client import StorybookClient

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the process that makes books still runs."""


@click.command("watch")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Each event as recorded, one JSON line each.")
@pass_options
def watch_command(options: GlobalOptions, run: str, as_json: bool) -> None:
    """Watch a book being made until it is done.

    Beside a running server it shows every step; the exit code is 0 if the book gets done, else 1.
    If no process makes books here, it waits for one on a terminal, and ends with 1 elsewhere.
    """
    options.start_logging()
    if options.server is not None:
        _watch_elsewhere(options, run, as_json)
        return
    ended = _run_watch(options, run, as_json)
    if ended.status is not Status.DONE:
        why = f": {without_secrets(ended.fault.message)}" if ended.fault else ""
        raise Failure(f"the book is {ended.status}{why}")


def _watch_elsewhere(options: GlobalOptions, text: str, as_json: bool) -> None:
    from storybook.cli import remote

    async def ask(client: StorybookClient) -> None:
        await remote.watch_run(client, await remote.find(client, text), as_json=as_json)

    remote.asked(options, ask)


def _run_watch(options: GlobalOptions, text: str, as_json: bool) -> Run:
    async def main() -> Run:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
            return await _watch(reader, run_id, as_json)

    return run_async(main)


async def _watch(reader: DataReader, run_id: RunId, as_json: bool) -> Run:
    from storybook.cli.server_client import ServerClient

    options = reader.options
    holder = options.holder()
    waits = can_wait()
    if waits and holder is None and not await _has_ended(reader, run_id):
        say(
            "No process makes books here now; this waits until `storybook serve` does. "
            "Ctrl-C ends it.",
            err=True,
        )
    async with AsyncExitStack() as stack:
        if not waits:
            await stack.enter_async_context(_ending_with_the_holder(reader, run_id))
        if as_json:
            progress = ProgressTable(run_id, {})
            return await follow_run(reader.log, progress, lambda it: print_json(run_log_entry(it)))
        found: Mapping[Work, float] = {}
        if holder is not None and holder.url:
            found = await stack.enter_async_context(
                ServerClient.beside(holder, options.folder).fractions(run_id)
            )
        return await watch(
            reader.log,
            run_id,
            options.folder.projections,
            fractions=lambda: found,
            is_worked_on=lambda: options.holder() is not None,
            earlier=runs_before(run_id, await reader.open_runs()),
        )


def can_wait() -> bool:
    """Whether somebody sees that nothing happens, and can end it."""
    return sys.stdout.isatty()


@asynccontextmanager
async def _ending_with_the_holder(reader: DataReader, run_id: RunId) -> AsyncIterator[None]:
    """Raise `Failure` in the block as soon as no process makes books and the run has not ended."""

    async def look() -> None:
        while reader.options.holder() is not None:  # noqa: ASYNC110 - another process sets no event
            await anyio.sleep(LOOK_SECONDS)
        if not await _has_ended(reader, run_id):
            short = run_id[:SHORT_ID]
            raise Failure(
                "no process makes books here now: `storybook serve` goes on with this one, and so "
                f"does `storybook make --resume {short}`"
            )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        yield
        tasks.cancel_scope.cancel()


async def _has_ended(reader: DataReader, run_id: RunId) -> bool:
    run = read_whole(await reader.history(run_id))
    return run is not None and run.status.has_ended
