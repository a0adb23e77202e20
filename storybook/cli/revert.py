"""`storybook revert`: a book gets the content again that it had in an edition."""

from __future__ import annotations

from functools import partial

import rich_click as click

from storybook.book import FIRST_EDITION
from storybook.cli.book_making import export_anew, short
from storybook.cli.called_as import say
from storybook.cli.change_run import change_run
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import WHO
from storybook.cli.server_client import ServerClient
from storybook.edition_request import check_note
from storybook.request import InvalidRequest
from storybook.run import restore_edition


@click.command("revert")
@click.argument("run", metavar="RUN")
@click.argument("edition", metavar="EDITION", type=click.IntRange(min=FIRST_EDITION))
@click.option("--note", metavar="TEXT", default="", help="Why, for those who come later.")
@pass_options
def revert_command(options: GlobalOptions, run: str, edition: int, note: str) -> None:
    """Give a book the content again that it had in an edition.

    It becomes another edition, whole at once: nothing is made anew, and nothing is lost.
    """
    try:
        note = check_note(note)
    except InvalidRequest as invalid:
        raise click.BadParameter(invalid.faults[0].msg, param_hint="--note") from invalid
    run_id, _ = change_run(
        options,
        run,
        partial(ServerClient.restore_edition, edition=edition, note=note),
        partial(restore_edition, edition=edition, note=note, requested_by=WHO),
    )
    book = run_async(lambda: export_anew(options, run_id))
    say(f"The book {short(run_id)} is as it was in edition {edition}: {book['html']}")
