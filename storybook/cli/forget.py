"""`storybook forget`: a book is erased, and nothing of it is left."""

from __future__ import annotations

import rich_click as click

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.change_run import change_log
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import WHO, can_ask
from storybook.cli.server_client import ServerClient
from storybook.commands import Commands
from storybook.forgetting import Forgetting
from storybook.projections.projector import Projections
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.webhooks import SqliteDeliveries


@click.command("forget")
@click.argument("run", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@pass_options
def forget_command(options: GlobalOptions, run: str, yes: bool) -> None:
    """Erase a book for ever: its words, its text and its files.

    The log keeps that there was a book, and when what happened to it, but nothing of what was said.
    Copies elsewhere (backups, exports that were downloaded) are not reached.
    """
    if not yes:
        if not can_ask():
            raise Failure("a book that is forgotten cannot be had back: say --yes if it is meant")
        click.confirm(f"Erase the book {run} for ever?", abort=True)

    async def change(log: SqliteLog, run_id: RunId) -> None:
        folder = options.folder
        files, deliveries = FileArtifactStore(folder.outputs), SqliteDeliveries(folder.webhooks)
        async with Projections.open(folder.projections, log) as projections:
            await Forgetting(Commands(log), projections, files, deliveries).forget(run_id, WHO)

    run_id, _ = change_log(options, run, ServerClient.forget_run, change)
    say(f"The book {run_id} is forgotten.")
