"""`storybook export`: a book in the formats that it can be taken along in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from rich.text import Text

from storybook.cli.book_making import export_anew
from storybook.cli.copies import CopiesWanted, formats_option, wanted_formats
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console
from storybook.export import ALL_LANGUAGES

if TYPE_CHECKING:
    from storybook.client import StorybookClient


@click.command("export")
@click.argument("run", metavar="RUN")
@formats_option(default="html")
@click.option(
    "--language",
    metavar="TAG",
    default="",
    help="Such as en: its text and its voice; `both` has all texts, and the first voice.",
)
@click.option(
    "--edition", type=click.IntRange(min=1), metavar="NUMBER", help="As one edition has it."
)
@click.option("--partial", is_flag=True, help="What there is of a book that is not whole yet.")
@pass_options
def export_command(
    options: GlobalOptions,
    /,
    run: str,
    formats: str,
    out: Path | None,
    language: str,
    edition: int | None,
    partial: bool,
    **chosen: str | None,
) -> None:
    """Write a book to be taken along: as a page, an e-book, for printing, as a film.

    Without --out it lies beside the book's files: `book.html` in the book's own language,
    `book.en.html` in another one, `book.both.html` with the text of each; `book.e1.html` is that of
    edition 1, `book.a5.pdf` one whose pages are smaller.
    """
    wanted = CopiesWanted(
        wanted_formats(formats, chosen),
        out,
        ALL_LANGUAGES if language.lower() == ALL_LANGUAGES else language,
        edition,
        partial,
    )
    found = _elsewhere(options, run, wanted) if options.server else _here(options, run, wanted)
    for name, where in found.items():
        line = Text.assemble((f"{name:<5} ", "dim"), where)
        console().print(line, soft_wrap=True)


def _here(options: GlobalOptions, run: str, wanted: CopiesWanted) -> dict[str, str]:
    async def main() -> dict[str, str]:
        async with open_data(options) as reader:
            run_id = await reader.find(run)
        return await export_anew(options, run_id, wanted)

    return run_async(main)


def _elsewhere(options: GlobalOptions, run: str, wanted: CopiesWanted) -> dict[str, str]:
    """From a server that `--server` names, which makes them."""
    out = wanted.out
    if out is None:
        raise click.UsageError("A server elsewhere keeps its books: say with --out where to.")
    from storybook.cli import remote

    async def bring(client: StorybookClient) -> dict[str, str]:
        run_id = await remote.find(client, run)
        return await remote.bring_copies(client, run_id, wanted, out)

    return remote.asked(options, bring)
