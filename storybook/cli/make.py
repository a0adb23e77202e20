"""`storybook make`: one book, from the words to the page to open.

The book is made in this process. If a server holds the data folder, it is asked instead, and its
log is watched; everything else is the same.
"""

from __future__ import annotations

import logging
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec
import rich_click as click
from rich.text import Text

from storybook.application import Application
from storybook.book import FEWEST_PAGES, MOST_PAGES, VOICES, RunId
from storybook.bootstrap import open_application
from storybook.cli.again import command_for
from storybook.cli.edge import in_options, run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.output import SHORT_ID, WHO, can_ask, console, duration, print_json
from storybook.cli.place import Place, accept_loss_option, pass_place
from storybook.cli.remote import Server
from storybook.cli.shelf import open_shelf
from storybook.cli.story import sentence
from storybook.cli.watching import Fractions, watch
from storybook.events.catalog import RunCancelled, RunFailed
from storybook.events.log import EventLog, LogLocked, Recorded
from storybook.export import BOOK_FILE, CannotExport, export_book
from storybook.export.encoding import encode_as_done, picture_processes
from storybook.export.media import SmallMedia
from storybook.request import (
    DEFAULT_LANGUAGE,
    DEFAULT_PAGE_COUNT,
    DEFAULT_SPEED,
    DEFAULT_VOICE,
    SEED_RANGE,
    SPEED_RANGE,
    InvalidRequest,
    NewRun,
    check_new_run,
    clean_word,
)
from storybook.run import Run, Status, read_whole
from storybook.stages.attempts import attempts_log
from storybook.stopping import StopRequest, cancelled_by
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog

QUESTIONS: Final = {
    "era": ("When does it happen?", "조선시대"),
    "place": ("Where?", "깊은 숲속 마을"),
    "characters": ("Who is in it?", "호기심 많은 토끼, 겁 많은 호랑이"),
    "topic": ("What is it about?", "우정"),
}
"""What is asked on a terminal for a word that is not given, and an example."""


LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the server that makes the book still runs."""


class Made(msgspec.Struct, frozen=True):
    """What `--json` says at the end. `book` is None unless the book is done."""

    run_id: RunId
    status: Status
    title: str
    folder: str
    book: str | None
    seconds: float
    error: str | None
    can_go_on: bool
    """Whether `--resume` may get further than this."""


class Order(msgspec.Struct, frozen=True):
    """What is to be made: a new book, or `resume`, one that is not whole yet."""

    asked: NewRun | None
    resume: str


@click.command("make")
@click.option("--era", metavar="TEXT", help="When it happens, such as 조선시대 or 우주 시대.")
@click.option("--place", "where", metavar="TEXT", help='Where, such as "깊은 숲속 마을".')
@click.option("--characters", metavar="TEXT", help='Who, such as "토끼, 겁 많은 호랑이".')
@click.option("--topic", metavar="TEXT", help="What it is about, such as 우정 or 용기.")
@click.option(
    "--seed",
    metavar="NUMBER",
    type=click.IntRange(*SEED_RANGE),
    help="The same words and seed make the same book. Drawn by chance if not given.",
)
@click.option(
    "--pages",
    type=click.IntRange(FEWEST_PAGES, MOST_PAGES),
    metavar="NUMBER",
    show_default=str(DEFAULT_PAGE_COUNT),
    help="How many pages it has, the cover included; `doctor` says what the writer can do.",
)
@click.option(
    "--language",
    metavar="TAG",
    show_default=DEFAULT_LANGUAGE,
    help="The language that it is written and read in, such as ko.",
)
@click.option("--no-audio", is_flag=True, help="Text and pictures only.")
@click.option(
    "--narrator-voice",
    type=click.Choice(VOICES, case_sensitive=False),
    default=DEFAULT_VOICE,
    metavar="VOICE",
    show_default=True,
    help="Who reads it aloud: M1 to M5 are male, F1 to F5 female.",
)
@click.option(
    "--speed",
    type=click.FloatRange(*SPEED_RANGE),
    default=DEFAULT_SPEED,
    metavar="FACTOR",
    show_default=True,
    help="How fast it is read, from 0.7 to 2.",
)
@click.option("--resume", metavar="RUN", default="", help="Go on with a book that isn't whole yet.")
@accept_loss_option
@click.option("--open", "opens", is_flag=True, help="Open the finished book in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end, no more.")
@pass_place
def make_command(
    place: Place,
    era: str | None,
    where: str | None,
    characters: str | None,
    topic: str | None,
    seed: int | None,
    pages: int | None,
    language: str | None,
    no_audio: bool,
    narrator_voice: str,
    speed: float,
    resume: str,
    accept_loss: bool,
    opens: bool,
    as_json: bool,
) -> None:
    """Make a book from four words: text, pictures and voices.

    Words that are missing are asked for on a terminal. The book lies in its own folder at the end,
    with `book.html`, which opens from disk. Beside a running server, the server makes it.

    \b
    For example:
    storybook make --era 조선시대 --place "깊은 숲속 마을" \\
        --characters "호기심 많은 토끼, 겁 많은 호랑이" --topic 우정
    """
    words = {"era": era, "place": where, "characters": characters, "topic": topic}
    if resume and (seed is not None or any(words.values())):
        raise click.UsageError("--resume goes on with a book as it was asked for: give no words.")
    options = {
        "read_aloud": not no_audio,
        "tts": {"narrator_voice": narrator_voice, "speed": speed},
        "page_count": pages,
        "language": language,
        "seed": seed,
    }
    order = Order(None if resume else _new_run(words, options), resume)
    place.start_logging()
    if not place.verbose:
        attempts_log.setLevel(logging.ERROR)  # each is told as an event, and why the book failed
    made = _Making(place, order, as_json, accept_loss)
    try:
        result = run_until_stopped(made.make)
    except KeyboardInterrupt:  # before it had taken over the signals
        result = None
    if result is None:
        made.say_how_to_go_on()
        sys.exit(1)
    if as_json:
        print_json(result)
    _finish(result, opens, quiet=as_json)


# ---------------------------------------------------------------------------------------- the words


def _new_run(words: Mapping[str, str | None], options: Mapping[str, object]) -> NewRun:
    missing = [name for name, word in words.items() if word is None]
    if missing and not can_ask():
        named = ", ".join(f"--{name}" for name in missing)
        raise click.UsageError(f"Missing {named}: a book is made from four words.")
    given = {name: _asked(name) if word is None else word for name, word in words.items()}
    try:
        return check_new_run({**given, **options})
    except InvalidRequest as invalid:
        raise in_options(invalid) from invalid


def _asked(name: str) -> str:
    question, example = QUESTIONS[name]
    asked = f"{question} (for example {example})"
    return str(click.prompt(asked, value_proc=partial(_clean, name), err=True))


def _clean(name: str, word: str) -> str:
    """A word as it is used; what is wrong with it is told, and it is asked for again."""
    try:
        return clean_word((name,), word)
    except InvalidRequest as invalid:
        raise in_options(invalid) from invalid


# --------------------------------------------------------------------------------------- the making


class _Making:
    """One `make`, here or by the server that holds the data folder."""

    def __init__(self, place: Place, order: Order, silent: bool, accept_loss: bool) -> None:
        self._place, self._order, self._silent = place, order, silent
        self._accept_loss = accept_loss
        self._artifacts = FileArtifactStore(place.folder.outputs)
        self._run_id: RunId | None = None
        self._server: Server | None = None
        self._began = 0.0

    async def make(self, stop: StopRequest) -> Made | None:
        """Make the book, or go on with it; None if it was stopped. Raises `Failure` and what
        `edge.run` tells."""
        async with cancelled_by(stop):
            return await self._make(stop)
        return None

    async def _make(self, stop: StopRequest) -> Made:
        self._began = anyio.current_time()
        if self._order.resume:
            async with open_shelf(self._place) as shelf:
                self._run_id = await shelf.find(self._order.resume)
        try:
            async with open_application(
                self._place.settings,
                self._place.folder.path,
                accept_loss=self._accept_loss,
                stop=stop,
            ) as application:
                return await self._make_here(application)
        except LogLocked:
            holder = self._place.holder()
            if holder is None:  # it has just ended
                raise
            self._server = Server(holder)
        return await self._make_there(self._server)

    async def _make_here(self, application: Application) -> Made:
        try:
            self._run_id = await self._begin_here(application)
            fractions = partial(application.live.current, self._run_id)
            watching = partial(self._watch, application.log, self._run_id, fractions)
            return await self._watch_and_export(application.log, self._run_id, watching)
        except anyio.get_cancelled_exc_class():
            seconds = application.settings.limits.shutdown_seconds
            click.echo(f"Stopping; work in hand gets {seconds:g} s to finish …", err=True)
            raise

    async def _begin_here(self, application: Application) -> RunId:
        application.log.require_appends()  # else nobody here would ever go on with the book
        if self._order.asked is not None:
            return await application.request_run(self._order.asked, requested_by=WHO)
        assert self._run_id is not None
        if await _is_to_be_retried(application.log, self._run_id):
            await application.retry_run(self._run_id, by=WHO)
        return self._run_id

    async def _make_there(self, server: Server) -> Made:
        asked = self._order.asked
        if asked is not None and asked.seed is not None:
            raise Failure(
                f"the server at {server.url} holds this data folder, and its API takes no seed: "
                "leave --seed out, stop the server, or name another folder with --data"
            )
        if not self._silent:
            click.echo(f"The server at {server.url} holds this data folder and makes the book.")
        async with AsyncExitStack() as stack:
            if asked is not None:
                self._run_id = await server.request_run(asked)
            log = await stack.enter_async_context(SqliteLog.read_only(self._place.folder.log))
            assert self._run_id is not None
            if self._order.resume and await _is_to_be_retried(log, self._run_id):
                await server.retry_run(self._run_id)
            watching = partial(self._watch_server, server, log, self._run_id)
            return await self._watch_and_export(log, self._run_id, watching)

    async def _watch_server(self, server: Server, log: EventLog, run_id: RunId) -> None:
        async with server.fractions(run_id) as found, anyio.create_task_group() as tasks:
            tasks.start_soon(self._end_with, server)
            await self._watch(log, run_id, lambda: found)
            tasks.cancel_scope.cancel()

    async def _end_with(self, server: Server) -> None:
        """Raise `Failure` when the server has stopped: nobody goes on with the book then."""
        while self._place.holder() is not None:  # noqa: ASYNC110 - another process sets no event
            await anyio.sleep(LOOK_SECONDS)
        assert self._run_id is not None
        raise Failure(
            f"the server at {server.url} has stopped; the book goes on with the next one, or with "
            f"`storybook make --resume {_short(self._run_id)}`"
        )

    async def _watch_and_export(
        self, log: EventLog, run_id: RunId, watching: Callable[[], Awaitable[None]]
    ) -> Made:
        """Show the making; what is done is made ready for the book's page meanwhile."""
        async with picture_processes() as picture, anyio.create_task_group() as tasks:
            media = SmallMedia(self._artifacts, picture)
            tasks.start_soon(encode_as_done, log, run_id, media)
            await watching()
            made = await self._export(log, run_id, media)
            tasks.cancel_scope.cancel()
        return made

    async def _watch(self, log: EventLog, run_id: RunId, fractions: Fractions) -> None:
        await watch(
            log,
            run_id,
            self._place.folder.projections,
            silent=self._silent,
            fractions=fractions,
        )

    async def _export(self, log: EventLog, run_id: RunId, media: SmallMedia) -> Made:
        recorded = await log.read_run(run_id)
        run = read_whole(recorded)
        assert run is not None
        is_done = run.status is Status.DONE
        try:
            if is_done:
                await export_book(run_id, run, self._artifacts, media)
        except CannotExport as error:
            raise Failure(
                f"{error}: `storybook repair {_short(run_id)}` makes again what is lost, or make "
                f"the same book anew: {command_for(run)}"
            ) from error
        return Made(
            run_id,
            run.status,
            run.pages[0].title if run.pages else "",
            self._artifacts.location(run_id),
            self._artifacts.location(run_id, BOOK_FILE) if is_done else None,
            round(anyio.current_time() - self._began, 3),
            None if is_done else _why(recorded),
            not (is_done or _is_final(run)),
        )

    def say_how_to_go_on(self) -> None:
        """After Ctrl-C: what became of the book."""
        if self._run_id is None:
            click.echo("Nothing was begun.", err=True)
        elif self._server is not None:
            click.echo(
                f"The server at {self._server.url} goes on with the book: "
                f"`storybook watch {_short(self._run_id)}` shows it, "
                f"`storybook cancel {_short(self._run_id)}` stops it.",
                err=True,
            )
        else:
            click.echo(
                "The book is put down, and what is finished is kept: "
                f"`storybook make --resume {_short(self._run_id)}` goes on with it, "
                "and so does the next `storybook serve`.",
                err=True,
            )


async def _is_to_be_retried(log: EventLog, run_id: RunId) -> bool:
    run = read_whole(await log.read_run(run_id))
    return run is not None and run.status in (Status.FAILED, Status.CANCELLED)


def _is_final(run: Run) -> bool:
    """Whether the words are at fault: the writer would write the same again."""
    return run.fault is not None and run.fault.kind == "page_refused" and not run.fault.retryable


def _why(recorded: list[Recorded]) -> str:
    """Why the book isn't whole."""
    for it in reversed(recorded):
        if isinstance(event := it.event, RunFailed | RunCancelled):
            return sentence(event)
    return "the book is not done"


def _short(run_id: RunId) -> str:
    return run_id[:SHORT_ID]


# ------------------------------------------------------------------------------------------ the end


def _finish(made: Made, opens: bool, quiet: bool) -> None:
    if made.book is None:
        kept = f"; what is finished lies in {made.folder}" if Path(made.folder).is_dir() else ""
        if made.can_go_on:
            mend = f"`storybook make --resume {_short(made.run_id)}` tries again"
        else:
            mend = "Ask for it anew with other words: going on would come to the same"
        raise Failure(f"{made.error}{kept}. {mend}")
    page = Path(made.book).as_uri()
    if not quiet:
        out = console()
        took = f"  {duration(made.seconds)}"
        out.print(Text.assemble(("✓ ", "green"), (made.title, "bold"), took))
        for name, what in (("run", made.run_id), ("folder", made.folder), ("open", page)):
            out.print(Text.assemble((f"  {name:<7}", "dim"), what), soft_wrap=True)
    if opens and not webbrowser.open(page):
        click.echo("No browser could be opened here.", err=True)
