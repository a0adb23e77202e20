"""`storybook cancel`: the making of a book is stopped."""

from __future__ import annotations

from functools import partial

import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.change_run import change_run
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO
from storybook.cli.server_client import ServerClient
from storybook.run import cancel_run


@click.command("cancel")
@click.argument("run", metavar="RUN")
@pass_options
def cancel_command(options: GlobalOptions, run: str) -> None:
    """Stop the making of a book; finished pages stay readable."""
    run_id, _ = change_run(
        options, run, ServerClient.cancel_run, partial(cancel_run, cancelled_by=WHO)
    )
    say(f"The book {run_id[:SHORT_ID]} is cancelled.")
