"""`storybook export`: a book's page once more, in any of its languages, of any edition."""

from __future__ import annotations

import rich_click as click
from rich.text import Text

from storybook.cli.book_making import export_anew
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console
from storybook.export import ALL_LANGUAGES, CannotExport


@click.command("export")
@click.argument("run", metavar="RUN")
@click.option(
    "--language",
    metavar="TAG",
    default="",
    help="Such as en: its text and its voice; `both` has all texts, and the first voice.",
)
@click.option(
    "--edition", type=click.IntRange(min=1), metavar="NUMBER", help="As one edition has it."
)
@pass_options
def export_command(options: GlobalOptions, run: str, language: str, edition: int | None) -> None:
    """Write a book's page, which opens from disk, in any language, of any edition.

    It lies beside the book's files: `book.html` in the book's own language, `book.en.html` in
    another one, `book.both.html` with the text of each; `book.e1.html` is that of edition 1.
    """
    wanted = ALL_LANGUAGES if language.lower() == ALL_LANGUAGES else language

    async def main() -> str:
        async with open_data(options) as reader:
            run_id = await reader.find(run)
        return await export_anew(options, run_id, wanted, edition)

    try:
        page = run_async(main)
    except CannotExport as error:
        raise Failure(str(error)) from error
    console().print(Text.assemble(("book  ", "dim"), page), soft_wrap=True)
