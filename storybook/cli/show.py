"""`storybook show`: one book, its files, and how it was made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.book import COVER_PAGE, FIRST_EDITION, Artifact, RunId, StoryRequest, TtsConfig
from storybook.cli.data_reader import DataReader, open_data
from storybook.cli.errors import run_async
from storybook.cli.event_text import sentence, wait_sentence
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, console, duration, print_json, size, status_text
from storybook.cli.timeline import Chapter, chapters, chart, faults
from storybook.cli.voices import voices_told
from storybook.clock import MICROSECONDS
from storybook.editions import NoSuchEdition, NoSuchLanguage, content_of, shown_in
from storybook.events.catalog import NAMES_OF_ENDINGS, RunImported
from storybook.events.log import Position, Recorded
from storybook.export import BOOK_FILE
from storybook.http.kinship import Kinship, OriginState
from storybook.http.run_state import RunState, awaited, run_state
from storybook.http.times import iso_time
from storybook.projections.derived import DerivedBook
from storybook.projections.runs import snapshot_of, snapshot_of_edition
from storybook.projections.timings import StageTiming
from storybook.projections.waiting import waiting_for
from storybook.run import History, Run, read_history
from storybook.stages.addresses import without_secrets
from storybook.stores.artifacts import ArtifactStore, NoSuchArtifact
from storybook.stores.files import FileArtifactStore

if TYPE_CHECKING:
    from storybook.client import StorybookClient

FACT_CELLS: Final = 11
"""Columns of a fact's name: the longest, and two more."""


class Shown(msgspec.Struct, frozen=True):
    """What `show --json` prints: the run as it stood right after the event `position`, or one
    edition of it, with what was done for that one."""

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
    based_on: OriginState | None
    derived: list[DerivedBook]


@click.command("show")
@click.argument("run", metavar="RUN")
@click.option(
    "--at", type=click.IntRange(min=1), metavar="POSITION", help="As it stood right after an event."
)
@click.option(
    "--edition", type=click.IntRange(min=1), metavar="NUMBER", help="As one edition has it."
)
@click.option("--language", metavar="TAG", help="In one of its languages; its own if not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_options
def show_command(
    options: GlobalOptions,
    run: str,
    at: int | None,
    edition: int | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Show one book: its text, its files, and how it was made.

    The timeline has a row for each attempt: dots while it waited, a bar while it was worked on. A
    book that was changed has one for each edition.
    """
    options.start_logging()
    if options.server is not None:
        _show_elsewhere(options, run, at, edition, as_json)
        return
    run_id, history, derived = _history(options, run, at)
    told = _told(
        options, run_id, read_history(history), derived, edition, language, is_now=at is None
    )
    if as_json:
        print_json(_shown(told))
        return
    out = console()
    _print_text(out, told)
    _print_files(out, told)
    for chapter in told.chapters:
        _print_timeline(out, chapter, told.end_of(chapter))


def _show_elsewhere(
    options: GlobalOptions, text: str, at: int | None, edition: int | None, as_json: bool
) -> None:
    from storybook.cli import remote

    async def ask(client: StorybookClient) -> None:
        run_id = await remote.find(client, text)
        state = await client.state(run_id, at=at, edition=edition)
        if as_json:
            print_json({"run_id": run_id, "state": state})
        else:
            remote.print_state(client, run_id, state)

    remote.asked(options, ask)


class _Told(msgspec.Struct, frozen=True):
    """What is told of a book: what happened, the book as it was then, and what of it is looked at:
    an edition, or, if it is None, what readers see, in its own language or one that was `added`.
    `chapters` are those that are told of."""

    run_id: RunId
    store: ArtifactStore
    history: History
    book: Run
    edition: int | None
    content: Run
    chapters: list[Chapter]
    is_now: bool
    kin: Kinship
    added: str

    @property
    def subject(self) -> Run:
        """Of which the status is told."""
        return self.book if self.edition is None else self.content

    def end_of(self, chapter: Chapter) -> int:
        """Where the timeline of an edition ends (microseconds since 1970): with the edition,
        whatever became of its files later."""
        ends = [it.recorded_at for it in chapter.events if it.type in NAMES_OF_ENDINGS]
        has_ended = self.has_ended(chapter)
        if has_ended and ends:
            return ends[-1]
        if has_ended or not self.is_now:
            return chapter.events[-1].recorded_at
        return time.time_ns() // 1_000

    def has_ended(self, chapter: Chapter) -> bool:
        return self.book.status.has_ended or chapter.edition != self.book.edition


def _told(
    options: GlobalOptions,
    run_id: RunId,
    found: History,
    derived: list[DerivedBook],
    edition: int | None,
    language: str | None,
    *,
    is_now: bool,
) -> _Told:
    if found.run is None:
        assert found.parked is not None  # its history begins at or before `at`
        raise Failure(str(found.parked))
    try:
        content = found.run.shown if edition is None else content_of(found.run, edition)
        added = shown_in(found.run, language, edition) if language is not None else ""
    except (NoSuchEdition, NoSuchLanguage) as error:
        raise Failure(str(error)) from error
    return _Told(
        run_id,
        FileArtifactStore(options.folder.outputs),
        found,
        found.run,
        edition,
        content,
        [it for it in chapters(found.readable) if edition in (None, it.edition)],
        is_now and found.parked is None,
        Kinship(_origin(options, found.run), derived),
        added,
    )


def _history(
    options: GlobalOptions, text: str, at: int | None
) -> tuple[RunId, list[Recorded], list[DerivedBook]]:
    async def main() -> tuple[RunId, list[Recorded], list[DerivedBook]]:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
            history = await _until(reader, run_id, at)
            return run_id, history, await reader.derived_from(run_id)

    return run_async(main)


def _origin(options: GlobalOptions, book: Run) -> OriginState | None:
    """The book that it is based on, and whether that is gone."""
    it = book.based_on
    if it is None:
        return None

    async def is_gone() -> bool:
        async with open_data(options) as reader:
            return await reader.is_forgotten(it.run_id)

    return OriginState(it.run_id, it.edition, it.keep, run_async(is_gone))


async def _until(reader: DataReader, run_id: RunId, at: int | None) -> list[Recorded]:
    history = await reader.history(run_id)
    if at is None:
        return history
    if at > (head := await reader.log.head()):
        raise Failure(f"--at {at} is beyond the log's end, which is {head}")
    if at < history[0].position:
        raise Failure(f"the book did not exist at {at}: it begins at {history[0].position}")
    return [it for it in history if it.position <= at]


def _shown(told: _Told) -> Shown:
    return Shown(
        told.run_id,
        told.history.readable[-1].position,
        iso_time(told.chapters[0].events[0].recorded_at),
        told.book.request,
        told.book.seed,
        told.content.tts,
        _state(told),
        [it for chapter in told.chapters for it in chapter.attempts.values()],
        list(told.content.artifacts),
        told.store.location(told.run_id),
        told.kin.based_on,
        told.kin.derived,
    )


def _state(told: _Told) -> RunState:
    now = snapshot_of(told.book)
    parked = told.history.parked
    if told.edition is None:
        waits = waiting_for(told.book, told.history.readable) if told.is_now else None
        snapshot_now = snapshot_of(told.book, added=told.added)
        return run_state(told.run_id, snapshot_now, parked, awaited(waits, None), now=now)
    snapshot = snapshot_of_edition(told.book, told.edition, told.added)
    assert snapshot is not None  # else it has no content
    return run_state(told.run_id, snapshot, parked, now=now)


def _exported(store: ArtifactStore, run_id: RunId) -> int | None:
    """How large the book's page is, in bytes; None if it has none."""

    async def main() -> int | None:
        try:
            return (await store.stat(run_id, BOOK_FILE)).size
        except NoSuchArtifact:
            return None

    return run_async(main)


def _print_text(out: Console, told: _Told) -> None:
    numbers = range(told.content.page_count)
    pages = [it for n in numbers if (it := told.content.page_in(n, told.added)) is not None]
    out.print(Text(pages[0].text if pages else "(no title yet)", "bold"))
    for name, value in _facts(told):
        out.print(Text.assemble((f"{name:<{FACT_CELLS}}", "dim"), value), soft_wrap=True)
    for page in pages:
        if page.page != COVER_PAGE:
            out.print()
            out.print(Text.assemble((f"{page.page}  ", "dim"), page.text), soft_wrap=False)


def _print_files(out: Console, told: _Told) -> None:
    is_exported = told.is_now and told.content.edition == told.book.shown.edition
    files = _files(told.content, _exported(told.store, told.run_id) if is_exported else None)
    if files.row_count:
        out.print()
        out.print(files)


def _print_timeline(out: Console, chapter: Chapter, end: int) -> None:
    request, tries = chapter.events[0], list(chapter.attempts.values())
    if chapter.edition != FIRST_EDITION:
        out.print()
        asked_at = f"{_moment(request.recorded_at)}  "
        out.print(Text.assemble((asked_at, "dim"), sentence(request.event)), soft_wrap=True)
    if tries:
        out.print()
        out.print(chart(tries, end, out.width))
        for fault in faults(tries):
            out.print(fault)


def _facts(told: _Told) -> Iterator[tuple[str, str | Text]]:
    """A line each, which a terminal may wrap: what can be copied is never cut."""
    book, words, events = told.subject, told.book.request, told.history.readable
    yield "run", told.run_id
    if told.book.edition != FIRST_EDITION:
        yield "edition", _edition(told)
    why = Text(f": {without_secrets(book.fault.message)}") if book.fault else Text("")
    yield "status", status_text(book.status) + why
    if told.edition is None and (waits := waiting_for(book, events)) is not None:
        since = wait_sentence(waits, told.end_of(told.chapters[-1])).removeprefix("waits ")
        yield "waits", Text(since, "yellow")
    yield "asked for", _asked_for(told, told.chapters[0])
    yield "words", f"{words.era} · {words.place} · {words.characters} · {words.topic}"
    yield "folder", told.store.location(told.run_id)
    yield "seed", str(told.book.seed)
    tts = told.content.tts
    yield "voice", voices_told(tts) if tts else "not read aloud"
    if told.content.translations:
        yield "languages", ", ".join(told.content.languages)
    span = f"{events[0].position} to {events[-1].position}"
    yield "events", f"{span}, {len(events)} of this book"
    if told.book.is_pinned:
        yield "pinned", "its files stay, whatever retention removes"
    if told.history.parked is not None:
        yield "parked", Text(str(told.history.parked), "red")
    for it in events[1:2]:
        if it.type == RunImported.__name__ and isinstance(origin := it.event, RunImported):
            by = f", signed by key {origin.key}" if origin.key else ""
            yield "imported", f"from a file: edition {origin.edition} of {origin.origin}{by}"
    yield from _kin_facts(told.kin)


def _kin_facts(kin: Kinship) -> Iterator[tuple[str, str]]:
    if (it := kin.based_on) is not None:
        gone = ", which is gone" if it.is_gone else ""
        yield "based on", f"{it.run_id[:SHORT_ID]}, edition {it.edition}{gone}: keeps its {it.keep}"
    if kin.derived:
        yield "derived", ", ".join(f"{it.run_id[:SHORT_ID]} ({it.keep})" for it in kin.derived)


def _edition(told: _Told) -> str:
    newest, shown = told.book.edition, told.content.edition
    if told.edition is not None:
        return f"{told.edition} of {newest}"
    return f"{newest}; readers see {shown}" if shown != newest else f"{newest}"


def _asked_for(told: _Told, chapter: Chapter) -> str:
    asked_at = chapter.events[0].recorded_at
    took = duration(max(told.end_of(chapter) - asked_at, 0) / MICROSECONDS)
    return f"{_moment(asked_at)}; {'took' if told.has_ended(chapter) else 'for'} {took}"


def _moment(at: int) -> str:
    return f"{iso_time(at).replace('T', ' ')[:19]} UTC"


def _files(book: Run, exported: int | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("file", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for artifact in book.artifacts:
        what = duration(artifact.seconds) if artifact.seconds else _pixels(artifact)
        gone = Text(" removed by retention", "magenta") if artifact.name in book.pruned else ""
        table.add_row(artifact.name, size(artifact.size), Text.assemble(what, gone))
    if exported is not None:
        table.add_row(BOOK_FILE, size(exported), "all of it; opens in a browser")
    return table


def _pixels(artifact: Artifact) -> str:
    return f"{artifact.width} × {artifact.height}"
