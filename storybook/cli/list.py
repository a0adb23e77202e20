"""`storybook list`: the books there are."""

from __future__ import annotations

import time
from collections.abc import Set
from datetime import datetime

import rich_click as click
from rich.table import Table
from rich.text import Text

from storybook.book import RunId
from storybook.cli.data_reader import has_log, open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, age, console, print_json, status_text
from storybook.http.library import RunSummary, run_summary
from storybook.run import Status


@click.command("list")
@click.option(
    "--status",
    type=click.Choice(list(Status), case_sensitive=False),
    help="Only books that stand like this.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def list_command(options: GlobalOptions, status: str | None, limit: int, as_json: bool) -> None:
    """List the books, newest first."""
    options.start_logging()
    wanted = Status(status.upper()) if status else None

    async def main() -> tuple[list[RunSummary], set[RunId]]:
        async with open_data(options) as reader:
            books, parked = await reader.books_and_parked(wanted, limit)
            return [run_summary(book) for book in books], parked

    books, parked = run_async(main) if has_log(options) else ([], set[RunId]())
    if as_json:
        for book in books:
            print_json(book)
    elif books:
        is_worked_on = options.holder() is not None
        console().print(_library(books, parked, is_worked_on))
        if not is_worked_on and any(not book.status.has_ended for book in books):
            click.echo(
                "No process makes books here now; `storybook serve` goes on with those that have "
                "not ended, and `storybook make --resume RUN` with one.",
                err=True,
            )
    else:
        click.echo(f"No books in {options.folder} yet." if not wanted else f"No book is {wanted}.")


def _library(books: list[RunSummary], parked: Set[RunId], is_worked_on: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("run", "status", "stage", "pictures", "voices", "age"):
        table.add_column(name, no_wrap=True, justify="right" if name == "age" else "left")
    table.add_column("title", overflow="ellipsis", no_wrap=True)
    now = time.time()
    for book in books:
        table.add_row(
            Text(book.run_id[:SHORT_ID], "cyan"),
            Text("parked", "red")
            if book.run_id in parked
            else status_text(book.status, is_worked_on=is_worked_on),
            "" if book.status.has_ended else book.stage.value,
            str(book.ready_max_page + 1),
            str(book.ready_max_audio_page + 1),
            age(now - datetime.fromisoformat(book.created_at).timestamp()),
            Text(book.title or "…", "bold"),
        )
    return table
