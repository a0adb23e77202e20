"""How `storybook make` has a book made: in this process, or by the server that holds the data
folder, whose log is watched then; everything else is the same."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import anyio
import msgspec

from storybook.application import Application
from storybook.book import FIRST_EDITION, RunId
from storybook.bootstrap import open_application
from storybook.cli.called_as import called_as, say
from storybook.cli.copies import CopiesWanted, make_copies
from storybook.cli.data_reader import DataReader, open_data, runs_before
from storybook.cli.engine_lines import OF_BOOKS, missing_lines
from storybook.cli.errors import run_async
from storybook.cli.event_text import sentence
from storybook.cli.failure import Failure
from storybook.cli.live_view import Fractions, watch
from storybook.cli.options import GlobalOptions
from storybook.cli.output import SHORT_ID, WHO
from storybook.cli.reproduce import command_for
from storybook.cli.server_client import ServerClient
from storybook.cli.voices import voice_lines, voices_of
from storybook.clock import MICROSECONDS
from storybook.events.catalog import (
    NAMES_OF_ENDINGS,
    EditionRequested,
    RunCancelled,
    RunFailed,
    RunRequested,
)
from storybook.events.log import START, EventLog, LogLocked, Position, Recorded
from storybook.export import BOOK_FILE, CannotExport
from storybook.export.encoding import encode_as_done, picture_processes
from storybook.export.formats import FORMATS
from storybook.export.media import SmallMedia
from storybook.new_run import NewRun
from storybook.projections.library import open_runs
from storybook.run import EditionRequest, Run, Status, read_history, read_whole
from storybook.stopping import StopRequest, cancelled_by
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog

MOST_NAMED: Final = 3
"""Books that are named, of those that are made before this one."""
LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the server that makes the book still runs."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` says at the end, also of a book that was stopped."""

    run_id: RunId | None
    """None, as the status, if it was stopped before anything was begun."""
    status: Status | None
    title: str = ""
    edition: int = FIRST_EDITION
    """The newest one."""
    folder: str = ""
    book: str | None = None
    """The page to open; None unless the book is done."""
    seconds: float
    """Since this command began."""
    book_seconds: float | None = None
    """From the request of the newest edition to its end, None unless it has ended; `--resume` adds
    to it."""
    copies: dict[str, str] = {}
    """Where the book lies in each format, by its name."""
    error: str | None
    can_go_on: bool
    """Whether `--resume` may get further than this."""
    voices: dict[str, str] | None = None
    """Who speaks in which voice, if that is to be shown."""


PAGE: Final = CopiesWanted(((FORMATS["html"], ""),))
"""The page of a book, beside its files."""


class MakeOptions(msgspec.Struct, frozen=True):
    """What is to be made: a new book, or `resume`, one that is not whole yet, or a `change` of
    it; whether it is shown who speaks in which voice; and what is wanted of it beside its page."""

    asked: NewRun | None
    resume: str
    change: EditionRequest | None = None
    shows_casting: bool = False
    copies: CopiesWanted = PAGE


class BookMaking:
    """One `make`, here or by the server that holds the data folder."""

    def __init__(
        self, options: GlobalOptions, wanted: MakeOptions, silent: bool, accept_loss: bool
    ) -> None:
        self._options, self._wanted, self._silent = options, wanted, silent
        self._accept_loss = accept_loss
        self._artifacts = FileArtifactStore(options.folder.outputs)
        self.stop = StopRequest()
        self._run_id: RunId | None = None
        self._server: ServerClient | None = None
        self._began = time.monotonic()
        self._earlier: list[RunId] = []

    async def make(self, stop: StopRequest) -> Made | None:
        """Make the book, or go on with it; None if it was stopped. Raises `Failure` and what
        `run_async` tells."""
        self.stop = stop
        async with cancelled_by(stop):
            return await self._make(stop)
        return None

    async def _make(self, stop: StopRequest) -> Made:
        if self._wanted.resume:
            async with open_data(self._options) as reader:
                self._run_id = await reader.find(self._wanted.resume)
        try:
            async with open_application(
                self._options.settings,
                self._options.folder.path,
                accept_loss=self._accept_loss,
                stop=stop,
            ) as application:
                return await self._make_here(application)
        except LogLocked:
            holder = self._options.holder()
            if holder is None:  # it has just ended
                raise
            self._server = ServerClient.beside(holder, self._options.folder)
        return await self._make_there(self._server)

    async def _make_here(self, application: Application) -> Made:
        try:
            self._say_what_is_missed(application)
            self._run_id = await self._begin_here(application)
            await self._show_casting(application.log, self._run_id)
            open_now = await application.projections.ask(open_runs)
            await self._find_earlier(application.log, self._run_id, open_now)
            fractions = partial(application.live.current, self._run_id)
            watching = partial(self._watch, application.log, self._run_id, fractions)
            return await self._watch_and_export(application.log, self._run_id, watching)
        except anyio.get_cancelled_exc_class():
            seconds = application.settings.limits.shutdown_seconds
            say(f"Stopping; work in hand gets {seconds:g} s to finish …", err=True)
            raise

    def _say_what_is_missed(self, application: Application) -> None:
        if not self._silent:
            for line in missing_lines(application.engines.told(), OF_BOOKS):
                say(line, err=True)

    async def _begin_here(self, application: Application) -> RunId:
        application.log.check_takes_appends()  # else nobody here would ever go on with the book
        if self._wanted.asked is not None:
            with anyio.CancelScope(shield=True):  # what is begun is known to be begun
                run_id = await application.request_run(self._wanted.asked, requested_by=WHO)
                self._run_id = run_id
            return run_id
        assert self._run_id is not None
        if self._wanted.change is not None:
            with anyio.CancelScope(shield=True):
                await application.request_edition(
                    self._run_id, self._wanted.change, requested_by=WHO
                )
        elif await _is_to_be_retried(application.log, self._run_id):
            await application.retry_run(self._run_id, by=WHO)
        return self._run_id

    async def _make_there(self, server: ServerClient) -> Made:
        asked = self._wanted.asked
        if asked is not None and asked.seed is not None:
            raise Failure(
                f"the server at {server.url} holds this data folder, and its API takes no seed: "
                "leave --seed out, stop the server, or name another folder with --data"
            )
        if not self._silent:
            say(f"The server at {server.url} holds this data folder and makes the book.")
        async with AsyncExitStack() as stack:
            if asked is not None:
                self._run_id = await server.request_run(asked)
            log = await stack.enter_async_context(SqliteLog.read_only(self._options.folder.log))
            assert self._run_id is not None
            if self._wanted.change is not None:
                await server.request_edition(self._run_id, self._wanted.change)
            elif self._wanted.resume and await _is_to_be_retried(log, self._run_id):
                await server.retry_run(self._run_id)
            await self._show_casting(log, self._run_id)
            open_now = await DataReader(self._options, log).open_runs()
            await self._find_earlier(log, self._run_id, open_now)
            watching = partial(self._watch_server, server, log, self._run_id)
            return await self._watch_and_export(log, self._run_id, watching)

    async def _watch_server(self, server: ServerClient, log: EventLog, run_id: RunId) -> None:
        async with server.fractions(run_id) as found, anyio.create_task_group() as tasks:
            tasks.start_soon(self._end_with, server)
            await self._watch(log, run_id, lambda: found)
            tasks.cancel_scope.cancel()

    async def _end_with(self, server: ServerClient) -> None:
        """Raise `Failure` when the server has stopped: nobody goes on with the book then."""
        while self._options.holder() is not None:  # noqa: ASYNC110 - another process sets no event
            await anyio.sleep(LOOK_SECONDS)
        assert self._run_id is not None
        raise Failure(
            f"the server at {server.url} has stopped; the book goes on with the next one, or with "
            f"`storybook make --resume {short(self._run_id)}`"
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
            self._options.folder.projections,
            silent=self._silent,
            fractions=fractions,
            earlier=self._earlier,
            since=await _newest_request(log, run_id) if self._wanted.change else START,
        )

    async def _show_casting(self, log: EventLog, run_id: RunId) -> None:
        run = read_whole(await log.read_run(run_id))
        if run is not None and self._wanted.shows_casting and not self._silent:
            for line in voice_lines(voices_of(run)):
                say(line)

    async def _find_earlier(self, log: EventLog, run_id: RunId, open_now: list[RunId]) -> None:
        """Which books are worked on before this one, and tell them."""
        self._earlier = runs_before(run_id, open_now)
        if not self._earlier or self._silent:
            return
        named = [await _named(log, it) for it in self._earlier[:MOST_NAMED]]
        if len(self._earlier) > MOST_NAMED:
            named.append(f"{len(self._earlier) - MOST_NAMED} more")
        cancel = f"`storybook cancel {short(self._earlier[0])}`"
        if self._server is None:
            cancel = f"Ctrl-C, {cancel} and `storybook make --resume {short(run_id)}`"
        say(f"Not finished yet, and made first: {', '.join(named)}. Unwanted? {cancel}.", err=True)

    async def _export(self, log: EventLog, run_id: RunId, media: SmallMedia) -> Made:
        recorded = await log.read_run(run_id)
        run = read_whole(recorded)
        assert run is not None
        is_done = run.status is Status.DONE
        copies = await self._copies(run_id, run, recorded, media) if is_done else {}
        return self._made(
            run_id,
            run,
            book=self._artifacts.location(run_id, BOOK_FILE) if is_done else None,
            copies=copies,
            book_seconds=_book_seconds(recorded),
            error=None if is_done else _why(recorded),
            can_go_on=not (is_done or _is_final(run)),
        )

    async def _copies(
        self, run_id: RunId, run: Run, recorded: list[Recorded], media: SmallMedia
    ) -> dict[str, str]:
        """Write the book's page, and what else is wanted; where each lies. Raises `Failure`."""
        copy = partial(make_copies, self._options, self._artifacts, run_id, recorded, media=media)
        try:
            page = await copy(PAGE)
            if self._wanted.copies is PAGE:
                return page
            return await copy(self._wanted.copies, silent=self._silent)
        except CannotExport as error:
            raise Failure(
                f"{error}, or make the same book anew: {command_for(run, called_as())}"
            ) from error

    def _made(self, run_id: RunId, run: Run | None, **more: Any) -> Made:
        return Made(
            run_id=run_id,
            status=run.status if run is not None else None,
            title=run.shown.pages[0].title if run is not None and run.shown.pages else "",
            edition=run.edition if run is not None else FIRST_EDITION,
            folder=self._artifacts.location(run_id),
            seconds=self._seconds,
            voices=voices_of(run) if run is not None and self._wanted.shows_casting else None,
            **more,
        )

    @property
    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def as_stopped(self) -> Made:
        """What became of the book when it was stopped, as the log has it now."""
        run_id, why = self._run_id, "stopped by a signal"
        if run_id is None:
            return Made(run_id=None, status=None, seconds=self._seconds, error=why, can_go_on=False)

        async def read() -> Run | None:
            async with open_data(self._options) as reader:
                return read_whole(await reader.history(run_id))

        return self._made(run_id, run_async(read), error=why, can_go_on=True)

    def say_how_to_go_on(self) -> None:
        """After Ctrl-C: what became of the book."""
        if self._run_id is None:
            say("Nothing was begun.", err=True)
        elif self._server is not None:
            say(
                f"The server at {self._server.url} goes on with the book: "
                f"`storybook watch {short(self._run_id)}` shows it, "
                f"`storybook cancel {short(self._run_id)}` stops it.",
                err=True,
            )
        else:
            say(
                "The book is put down, and what is finished is kept: "
                f"`storybook make --resume {short(self._run_id)}` goes on with it, "
                "and so does the next `storybook serve`.",
                err=True,
            )


async def _named(log: EventLog, run_id: RunId) -> str:
    """The beginning of a run's id, and its title, if it has one yet."""
    run = read_history(await log.read_run(run_id)).run
    title = run.pages[0].title if run is not None and run.pages else ""
    return f"{short(run_id)} {title}".rstrip()


def _book_seconds(recorded: list[Recorded]) -> float | None:
    """From the newest request to the event that ended the book, None if none has."""
    asked = next(it for it in reversed(recorded) if it.type in _REQUESTS)
    after = (it for it in reversed(recorded) if it.position > asked.position)
    ends = (it for it in after if it.type in NAMES_OF_ENDINGS)
    end = next(ends, None)
    return (end.recorded_at - asked.recorded_at) / MICROSECONDS if end is not None else None


async def _newest_request(log: EventLog, run_id: RunId) -> Position:
    """Where the newest edition was asked for."""
    recorded = await log.read_run(run_id)
    return next(it.position for it in reversed(recorded) if it.type in _REQUESTS)


async def export_anew(
    options: GlobalOptions, run_id: RunId, wanted: CopiesWanted = PAGE
) -> dict[str, str]:
    """Make what is wanted of a book to be taken along; where each lies, by its format. Raises as
    `make_copies`."""
    store = FileArtifactStore(options.folder.outputs)
    async with open_data(options) as reader, picture_processes() as picture:
        recorded = await reader.history(run_id)
        media = SmallMedia(store, picture)
        return await make_copies(options, store, run_id, recorded, wanted, media)


_REQUESTS: Final = {it.__name__ for it in (RunRequested, EditionRequested)}


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


def short(run_id: RunId) -> str:
    """The beginning of a run's id, as it is typed."""
    return run_id[:SHORT_ID]
