"""`storybook retry`: a book that has ended goes on."""

from __future__ import annotations

from functools import partial

import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.change_run import change_run
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO
from storybook.cli.server_client import ServerClient
from storybook.run import retry_run


@click.command("retry")
@click.argument("run", metavar="RUN")
@pass_options
def retry_command(options: GlobalOptions, run: str) -> None:
    """Let a failed or cancelled book go on from what is missing.

    The running server goes on with it. If none runs, the next one does, or
    `storybook make --resume RUN`.
    """
    run_id, was_asked = change_run(
        options, run, ServerClient.retry_run, partial(retry_run, retried_by=WHO)
    )
    short = run_id[:SHORT_ID]
    if was_asked:
        say(f"The book {short} goes on; `storybook watch {short}` shows it.")
    else:
        say(
            f"The book {short} is to go on. No process makes books here now: "
            f"`storybook make --resume {short}` or `storybook serve` does."
        )
