"""`storybook list` and `storybook show`: the books there are, and one of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.book import COVER_PAGE, Artifact, RunId, StoryRequest, TtsConfig
from storybook.cli.edge import run
from storybook.cli.failure import Failure
from storybook.cli.output import SHORT_ID, age, console, duration, print_json, size, status_text
from storybook.cli.place import Place, pass_place
from storybook.cli.shelf import Shelf, has_log, open_shelf
from storybook.cli.timeline import attempts, chart, faults
from storybook.clock import MICROSECONDS
from storybook.events.log import Position, Recorded
from storybook.export import BOOK_FILE
from storybook.projections.runs import RunState, RunSummary, iso_time, state_of
from storybook.projections.timings import StageTiming
from storybook.run import History, Run, Status, read_history

# --------------------------------------------------------------------------------------------- list


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
@pass_place
def list_command(place: Place, status: str | None, limit: int, as_json: bool) -> None:
    """List the books, newest first."""
    place.start_logging()
    wanted = Status(status.upper()) if status else None

    async def main() -> list[RunSummary]:
        async with open_shelf(place) as shelf:
            return await shelf.books(wanted, limit)

    books = run(main) if has_log(place) else []
    if as_json:
        for book in books:
            print_json(book)
    elif books:
        is_worked_on = place.holder() is not None
        console().print(_library(books, is_worked_on))
        if not is_worked_on and any(not book.status.has_ended for book in books):
            click.echo(
                "No process makes books here now; `storybook serve` goes on with those that have "
                "not ended, and `storybook make --resume RUN` with one.",
                err=True,
            )
    else:
        click.echo(f"No books in {place.folder} yet." if not wanted else f"No book is {wanted}.")


def _library(books: list[RunSummary], is_worked_on: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("run", "status", "stage", "pictures", "voices", "age"):
        table.add_column(name, no_wrap=True, justify="right" if name == "age" else "left")
    table.add_column("title", overflow="ellipsis", no_wrap=True)
    now = time.time()
    for book in books:
        table.add_row(
            Text(book.run_id[:SHORT_ID], "cyan"),
            status_text(book.status, is_worked_on=is_worked_on),
            "" if book.status.has_ended else book.stage.value,
            f"{book.ready_max_page + 1} of 5",
            f"{book.ready_max_audio_page + 1} of 5",
            age(now - datetime.fromisoformat(book.created_at).timestamp()),
            Text(book.title or "…", "bold"),
        )
    return table


# --------------------------------------------------------------------------------------------- show


class Shown(msgspec.Struct, frozen=True):
    """What `show --json` prints: the run as it stood right after the event `position`."""

    run_id: RunId
    position: Position
    requested_at: str
    request: StoryRequest
    seed: int
    tts: TtsConfig | None
    state: RunState
    timeline: list[StageTiming]
    files: list[Artifact]
    folder: str


@click.command("show")
@click.argument("run", metavar="RUN")
@click.option(
    "--at", type=click.IntRange(min=1), metavar="POSITION", help="As it stood right after an event."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_place
def show_command(place: Place, run: str, at: int | None, as_json: bool) -> None:
    """Show one book: its text, its files, and how it was made.

    The timeline has a row for each attempt: dots while it waited, a bar while it was worked on.
    """
    place.start_logging()
    run_id, history = _history(place, run, at)
    found = read_history(history)
    if found.run is None:
        assert found.parked is not None  # its history begins at or before `at`
        raise Failure(str(found.parked))
    if as_json:
        print_json(_shown(place, run_id, found.run, found))
    else:
        is_now = at is None and found.parked is None
        now = _now(found.run, found.readable, is_now)
        _print(console(), place, run_id, found.run, found, now)


def _history(place: Place, text: str, at: int | None) -> tuple[RunId, list[Recorded]]:
    async def main() -> tuple[RunId, list[Recorded]]:
        async with open_shelf(place) as shelf:
            run_id = await shelf.find(text)
            return run_id, await _until(shelf, run_id, at)

    return run(main)


async def _until(shelf: Shelf, run_id: RunId, at: int | None) -> list[Recorded]:
    history = await shelf.history(run_id)
    if at is None:
        return history
    if at > (head := await shelf.log.head()):
        raise Failure(f"--at {at} is beyond the log's end, which is {head}")
    if at < history[0].position:
        raise Failure(f"the book did not exist at {at}: it begins at {history[0].position}")
    return [it for it in history if it.position <= at]


def _now(book: Run, history: Sequence[Recorded], is_now: bool) -> int:
    """Where the timeline ends (microseconds since 1970)."""
    if book.status.has_ended or not is_now:
        return history[-1].recorded_at
    return time.time_ns() // 1_000


def _shown(place: Place, run_id: RunId, book: Run, found: History) -> Shown:
    history = found.readable
    return Shown(
        run_id,
        history[-1].position,
        iso_time(history[0].recorded_at),
        book.request,
        book.seed,
        book.tts,
        state_of(run_id, book, found.parked),
        attempts(history),
        list(book.artifacts),
        str(place.folder.outputs / run_id),
    )


def _print(out: Console, place: Place, run_id: RunId, book: Run, found: History, now: int) -> None:
    title = book.pages[0].title if book.pages else "(no title yet)"
    out.print(Text(title, "bold"))
    out.print(_facts(place.folder.outputs / run_id, book, found, now))
    for page in book.pages:
        if page.page != COVER_PAGE:
            out.print()
            out.print(Text.assemble((f"{page.page}  ", "dim"), page.text), soft_wrap=False)
    files = _files(place, run_id, book)
    if files.row_count:
        out.print()
        out.print(files)
    tries = attempts(found.readable)
    if tries:
        out.print()
        out.print(chart(tries, now, out.width))
        for fault in faults(tries):
            out.print(fault)


def _facts(folder: Path, book: Run, found: History, now: int) -> Table:
    table = Table.grid(padding=(0, 2))
    first, last = found.readable[0], found.readable[-1]
    took = duration(max(now - first.recorded_at, 0) / MICROSECONDS)
    ran = "took" if book.status.has_ended else "for"
    why = Text(f": {book.fault.message}") if book.fault else Text("")
    words = book.request
    voice = book.tts.narrator_voice if book.tts else "not read aloud"
    facts: list[tuple[str, Any]] = [
        ("run", folder.name),
        ("status", status_text(book.status) + why),
        ("asked for", f"{iso_time(first.recorded_at).replace('T', ' ')[:19]} UTC; {ran} {took}"),
        ("words", f"{words.era} · {words.place} · {words.characters} · {words.topic}"),
        ("folder", str(folder)),
        ("seed", str(book.seed)),
        ("voice", voice),
        ("events", f"{first.position} to {last.position}, {len(found.readable)} of this book"),
    ]
    if found.parked is not None:
        facts.append(("parked", Text(str(found.parked), "red")))
    for name, value in facts:
        table.add_row(Text(name, "dim"), value)
    return table


def _files(place: Place, run_id: RunId, book: Run) -> Table:
    folder = place.folder.outputs / run_id
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("file", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for artifact in book.artifacts:
        what = duration(artifact.seconds) if artifact.seconds else _pixels(artifact)
        gone = Text(" removed by retention", "magenta") if artifact.name in book.pruned else ""
        table.add_row(artifact.name, size(artifact.size), Text.assemble(what, gone))
    if (exported := folder / BOOK_FILE).exists():
        table.add_row(BOOK_FILE, size(exported.stat().st_size), "all of it; opens in a browser")
    return table


def _pixels(artifact: Artifact) -> str:
    return f"{artifact.width} × {artifact.height}"
