"""`storybook forget`: a book is erased, and nothing of it is left."""

from __future__ import annotations

import rich_click as click

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.change_run import change_log
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO, can_ask
from storybook.cli.server_client import ServerClient
from storybook.commands import Commands
from storybook.forgetting import Forgetting
from storybook.projections.projector import Projections
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.webhooks import SqliteDeliveries


@click.command("forget")
@click.argument("run", metavar="RUN")
@click.option("--with-derived", is_flag=True, help="Erase the books that are based on it, too.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@pass_options
def forget_command(options: GlobalOptions, run: str, with_derived: bool, yes: bool) -> None:
    """Erase a book for ever: its words, its text and its files.

    The log keeps that there was a book, and when what happened to it, but nothing of what was said.
    Copies elsewhere (backups, exports that were downloaded) are not reached. Books that are based
    on it are named, and stay whole unless they are to go with it.
    """
    derived = _derived(options, run)
    if derived:
        become = "go with it" if with_derived else "have what they keep of it, and stay"
        say(f"Based on it, and {become}: {', '.join(it[:SHORT_ID] for it in derived)}.", err=True)
    if not yes:
        if not can_ask():
            raise Failure("a book that is forgotten cannot be had back: say --yes if it is meant")
        also = f" and {len(derived)} more" if derived and with_derived else ""
        click.confirm(f"Erase the book {run}{also} for ever?", abort=True)

    async def change(log: SqliteLog, run_id: RunId) -> None:
        folder = options.folder
        files, deliveries = FileArtifactStore(folder.outputs), SqliteDeliveries(folder.webhooks)
        async with Projections.open(folder.projections, log) as projections:
            forgetting = Forgetting(Commands(log), projections, files, deliveries)
            await forgetting.forget(run_id, WHO, with_derived=with_derived)

    ask = ServerClient.forget_with_derived if with_derived else ServerClient.forget_run
    run_id, _ = change_log(options, run, ask, change)
    more = f", and {len(derived)} more" if derived and with_derived else ""
    say(f"The book {run_id} is forgotten{more}.")


def _derived(options: GlobalOptions, run: str) -> list[RunId]:
    """The books that are based on one, and those that are based on these."""
    options.start_logging()

    async def read() -> list[RunId]:
        async with open_data(options) as reader:
            return await reader.all_derived_from(await reader.find(run))

    return run_async(read)
