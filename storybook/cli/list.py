"""`storybook list`: the books there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.data_reader import has_log, open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import NARROW_WIDTH, SHORT_ID, age, console, print_json, status_text
from storybook.events.catalog import RunRequested
from storybook.http.library import RunSummary, run_summary
from storybook.run import Status


@click.command("list")
@click.option(
    "--status",
    type=click.Choice(list(Status), case_sensitive=False),
    help="Only books that stand like this.",
)
@click.option("--search", "text", metavar="TEXT", default="", help="Title or words contain it.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def list_command(
    options: GlobalOptions, status: str | None, text: str, limit: int, as_json: bool
) -> None:
    """List the books, newest first."""
    options.start_logging()
    wanted = Status(status.upper()) if status else None

    async def main() -> FoundBooks:
        async with open_data(options) as reader:
            books, parked = await reader.books_and_parked(wanted, limit, text)
            asked = await reader.requests([] if as_json else [book.run_id for book in books])
            return FoundBooks([run_summary(book) for book in books], parked, asked)

    if options.server is not None:
        from storybook.cli import remote

        books = remote.asked(options, lambda it: remote.list_books(it, wanted, text, limit))
        _tell(options, FoundBooks(books, set(), {}), as_json, _none(options, wanted, text))
        return
    found = run_async(main) if has_log(options) else FoundBooks([], set(), {})
    _tell(options, found, as_json, _none(options, wanted, text))


def _tell(options: GlobalOptions, found: FoundBooks, as_json: bool, none: str) -> None:
    if as_json:
        for book in found.books:
            print_json(book)
    elif found.books:
        is_worked_on = options.server is not None or options.holder() is not None
        _print(console(), found, is_worked_on=is_worked_on)
    else:
        say(none)


def _none(options: GlobalOptions, wanted: Status | None, text: str) -> str:
    if text:
        which = f"No book that is {wanted}" if wanted else "No book"
        return f"{which} has {text!r} in its title or words."
    where = f"at {options.server.url}" if options.server is not None else f"in {options.folder}"
    return f"No book is {wanted}." if wanted else f"No books {where} yet."


class FoundBooks(msgspec.Struct, frozen=True):
    """The newest books, which of them are parked, and what was asked for."""

    books: list[RunSummary]
    parked: Set[RunId]
    asked: Mapping[RunId, RunRequested]


class ListedBook(msgspec.Struct, frozen=True):
    """What is told of a book. `pictures` and `voices` are how many are ready, of how many."""

    run: Text
    status: Text
    stage: str
    pictures: str
    voices: str
    age: str
    title: Text


def _print(out: Console, found: FoundBooks, *, is_worked_on: bool) -> None:
    rows = list(_rows(found, is_worked_on))
    if out.width < NARROW_WIDTH:
        for row in rows:
            out.print(_lines(row), soft_wrap=True)
    else:
        out.print(_table(rows))
    if not is_worked_on and any(not book.status.has_ended for book in found.books):
        say(
            "No process makes books here now; `storybook serve` goes on with those that have not "
            "ended, and `storybook make --resume RUN` with one.",
            err=True,
        )


def _rows(found: FoundBooks, is_worked_on: bool) -> Iterator[ListedBook]:
    now = time.time()
    for book in found.books:
        asked = found.asked.get(book.run_id)
        pages = asked.page_count if asked is not None else None
        is_silent = asked is not None and asked.tts is None
        yield ListedBook(
            Text(book.run_id[:SHORT_ID], "cyan"),
            Text("parked", "red")
            if book.run_id in found.parked
            else status_text(book.status, is_worked_on=is_worked_on),
            "" if book.status.has_ended else book.stage.value,
            _ready(book.ready_max_page + 1, pages),
            "" if is_silent else _ready(book.ready_max_audio_page + 1, pages),
            age(now - datetime.fromisoformat(book.created_at).timestamp()),
            Text(book.title or "…", "bold"),
        )


def _ready(count: int, pages: int | None) -> str:
    return f"{count} of {pages}" if pages is not None else str(count)


def _table(rows: Sequence[ListedBook]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ListedBook.__struct_fields__[:-1]:
        table.add_column(name, no_wrap=True, justify="right" if name == "age" else "left")
    table.add_column("title", overflow="fold")
    for row in rows:
        table.add_row(*msgspec.structs.astuple(row))
    return table


def _lines(row: ListedBook) -> Text:
    """Two lines, which are never cut: what can be copied stays whole."""
    ready = [f"{row.pictures} pictures", f"{row.voices} voices" if row.voices else ""]
    facts = [row.run, row.status, *map(Text, filter(None, (row.stage, *ready, row.age)))]
    return Text("\n").join([Text("  ").join(facts), Text("  ") + row.title])
