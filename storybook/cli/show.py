"""`storybook show`: one book, its files, and how it was made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.book import COVER_PAGE, Artifact, RunId, StoryRequest, TtsConfig
from storybook.cli.data_reader import DataReader, open_data
from storybook.cli.errors import run_async
from storybook.cli.event_text import wait_sentence
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, duration, print_json, size, status_text
from storybook.cli.timeline import attempts, chart, faults
from storybook.clock import MICROSECONDS
from storybook.events.catalog import NAMES_OF_ENDINGS
from storybook.events.log import Position, Recorded
from storybook.export import BOOK_FILE
from storybook.http.run_state import RunState, awaited, run_state
from storybook.http.times import iso_time
from storybook.projections.runs import snapshot_of
from storybook.projections.timings import StageTiming
from storybook.projections.waiting import waiting_for
from storybook.run import History, Run, read_history
from storybook.stages.addresses import without_secrets
from storybook.stores.artifacts import ArtifactStore, NoSuchArtifact
from storybook.stores.files import FileArtifactStore

FACT_CELLS: Final = 11
"""Columns of a fact's name: the longest, and two more."""


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
@pass_options
def show_command(options: GlobalOptions, run: str, at: int | None, as_json: bool) -> None:
    """Show one book: its text, its files, and how it was made.

    The timeline has a row for each attempt: dots while it waited, a bar while it was worked on.
    """
    options.start_logging()
    run_id, history = _history(options, run, at)
    found = read_history(history)
    if found.run is None:
        assert found.parked is not None  # its history begins at or before `at`
        raise Failure(str(found.parked))
    store, is_now = FileArtifactStore(options.folder.outputs), at is None and found.parked is None
    if as_json:
        print_json(_shown(store, run_id, found.run, found, is_now))
        return
    now = _now(found.run, found.readable, is_now)
    exported = _exported(store, run_id) if is_now else None
    out = console()
    _print_text(out, found.run, _facts(store, run_id, found.run, found, now))
    _print_files(out, found.run, exported)
    _print_timeline(out, found.readable, now)


def _history(options: GlobalOptions, text: str, at: int | None) -> tuple[RunId, list[Recorded]]:
    async def main() -> tuple[RunId, list[Recorded]]:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
            return run_id, await _until(reader, run_id, at)

    return run_async(main)


async def _until(reader: DataReader, run_id: RunId, at: int | None) -> list[Recorded]:
    history = await reader.history(run_id)
    if at is None:
        return history
    if at > (head := await reader.log.head()):
        raise Failure(f"--at {at} is beyond the log's end, which is {head}")
    if at < history[0].position:
        raise Failure(f"the book did not exist at {at}: it begins at {history[0].position}")
    return [it for it in history if it.position <= at]


def _now(book: Run, history: Sequence[Recorded], is_now: bool) -> int:
    """Where the timeline ends (microseconds since 1970): with the book, whatever became of its
    files later."""
    ends = [it.recorded_at for it in history if it.type in NAMES_OF_ENDINGS]
    if book.status.has_ended and ends:
        return ends[-1]
    if book.status.has_ended or not is_now:
        return history[-1].recorded_at
    return time.time_ns() // 1_000


def _shown(store: ArtifactStore, run_id: RunId, book: Run, found: History, is_now: bool) -> Shown:
    history = found.readable
    waits = awaited(waiting_for(book, history), None) if is_now else None
    return Shown(
        run_id,
        history[-1].position,
        iso_time(history[0].recorded_at),
        book.request,
        book.seed,
        book.tts,
        run_state(run_id, snapshot_of(book), found.parked, waits),
        attempts(history),
        list(book.shown.artifacts),
        store.location(run_id),
    )


def _exported(store: ArtifactStore, run_id: RunId) -> int | None:
    """How large the book's page is, in bytes; None if it has none."""

    async def main() -> int | None:
        try:
            return (await store.stat(run_id, BOOK_FILE)).size
        except NoSuchArtifact:
            return None

    return run_async(main)


def _print_text(out: Console, book: Run, facts: list[Text]) -> None:
    shown = book.shown
    title = shown.pages[0].title if shown.pages else "(no title yet)"
    out.print(Text(title, "bold"))
    for fact in facts:
        out.print(fact, soft_wrap=True)
    for page in shown.pages:
        if page.page != COVER_PAGE:
            out.print()
            out.print(Text.assemble((f"{page.page}  ", "dim"), page.text), soft_wrap=False)


def _print_files(out: Console, book: Run, exported: int | None) -> None:
    files = _files(book, exported)
    if files.row_count:
        out.print()
        out.print(files)


def _print_timeline(out: Console, history: Sequence[Recorded], now: int) -> None:
    tries = attempts(history)
    if tries:
        out.print()
        out.print(chart(tries, now, out.width))
        for fault in faults(tries):
            out.print(fault)


def _facts(store: ArtifactStore, run_id: RunId, book: Run, found: History, now: int) -> list[Text]:
    """A line each, which a terminal may wrap: what can be copied is never cut."""
    first, last = found.readable[0], found.readable[-1]
    took = duration(max(now - first.recorded_at, 0) / MICROSECONDS)
    ran = "took" if book.status.has_ended else "for"
    why = Text(f": {without_secrets(book.fault.message)}") if book.fault else Text("")
    words = book.request
    facts: list[tuple[str, str | Text]] = [
        ("run", run_id),
        ("status", status_text(book.status) + why),
        ("asked for", f"{iso_time(first.recorded_at).replace('T', ' ')[:19]} UTC; {ran} {took}"),
        ("words", f"{words.era} · {words.place} · {words.characters} · {words.topic}"),
        ("folder", store.location(run_id)),
        ("seed", str(book.seed)),
        ("voice", book.tts.narrator_voice if book.tts else "not read aloud"),
        ("events", f"{first.position} to {last.position}, {len(found.readable)} of this book"),
    ]
    if (waits := waiting_for(book, found.readable)) is not None:
        facts.insert(2, ("waits", Text(wait_sentence(waits, now).removeprefix("waits "), "yellow")))
    if book.is_pinned:
        facts.append(("pinned", "its files stay, whatever retention removes"))
    if found.parked is not None:
        facts.append(("parked", Text(str(found.parked), "red")))
    return [Text.assemble((f"{name:<{FACT_CELLS}}", "dim"), value) for name, value in facts]


def _files(book: Run, exported: int | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("file", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for artifact in book.shown.artifacts:
        what = duration(artifact.seconds) if artifact.seconds else _pixels(artifact)
        gone = Text(" removed by retention", "magenta") if artifact.name in book.pruned else ""
        table.add_row(artifact.name, size(artifact.size), Text.assemble(what, gone))
    if exported is not None:
        table.add_row(BOOK_FILE, size(exported), "all of it; opens in a browser")
    return table


def _pixels(artifact: Artifact) -> str:
    return f"{artifact.width} × {artifact.height}"
