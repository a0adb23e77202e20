"""`storybook editions`: how often a book was changed, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click
from rich.table import Table
from rich.text import Text

from storybook.book import FIRST_EDITION
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.event_text import changes
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import NARROW_WIDTH, console, print_json, status_text
from storybook.editions import EditionSummary, editions_of
from storybook.http.times import iso_time
from storybook.run import read_whole
from storybook.stages.addresses import without_secrets


@click.command("editions")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def editions_command(options: GlobalOptions, run: str, as_json: bool) -> None:
    """List the editions of a book: who changed what, when, and why.

    The one with a star is shown. `storybook diff RUN 1..2` compares two, `storybook revert RUN 1`
    goes back to one.
    """
    found = _editions(options, run)
    if as_json:
        for it in found:
            print_json(it)
        return
    out = console()
    rows = [_row(it) for it in found]
    if out.width >= NARROW_WIDTH:
        out.print(_table(rows))
        return
    for row in rows:  # nothing is cut: what was changed, and why, is what one looks for
        *facts, what = filter(None, row)
        out.print(Text("\n  ").join([Text("  ").join(facts), what]), soft_wrap=True)


def _row(it: EditionSummary) -> tuple[Text, ...]:
    asked_at = iso_time(it.requested_at).replace("T", " ")[:19]
    number = f"{it.edition}{'*' if it.is_shown else ''}"
    return Text(number), Text(asked_at), Text(it.requested_by), status_text(it.status), _what(it)


def _table(rows: Sequence[tuple[Text, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("edition", "asked for (UTC)", "by", "status", "what"):
        table.add_column(name, no_wrap=name != "what")
    for row in rows:
        table.add_row(*row)
    return table


def _editions(options: GlobalOptions, text: str) -> list[EditionSummary]:
    async def main() -> list[EditionSummary]:
        async with open_data(options) as reader:
            recorded = await reader.history(await reader.find(text))
            read_whole(recorded)  # what cannot be read is told
            return editions_of(recorded)

    return run_async(main)


def _what(it: EditionSummary) -> Text:
    what = "the book as it was asked for" if it.edition == FIRST_EDITION else changes(it)
    note = f" ({it.note})" if it.note else ""
    why = f": {without_secrets(it.error)}" if it.error else ""
    return Text.assemble(what, (note, "dim"), (why, "red"))
