"""`storybook pin`: the files of a book are kept from retention."""

from __future__ import annotations

from functools import partial

import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.change_run import change_run
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO
from storybook.cli.server_client import ServerClient
from storybook.run import pin_run, unpin_run


@click.command("pin")
@click.argument("run", metavar="RUN")
@click.option("--remove", is_flag=True, help="Give the files back to retention.")
@pass_options
def pin_command(options: GlobalOptions, run: str, remove: bool) -> None:
    """Keep the files of a book for ever, whatever retention removes."""
    if remove:
        run_id, _ = change_run(
            options, run, ServerClient.unpin_run, partial(unpin_run, unpinned_by=WHO)
        )
        say(f"The files of the book {run_id[:SHORT_ID]} go when retention comes to them.")
        return
    run_id, _ = change_run(options, run, ServerClient.pin_run, partial(pin_run, pinned_by=WHO))
    say(f"The files of the book {run_id[:SHORT_ID]} stay.")
