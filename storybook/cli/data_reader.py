"""The books of a data folder, for commands that only look.

They work beside a running server: the log is opened for reading, and the views are read where the
server keeps them up to date. Where no process does, they are caught up with the log first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Concatenate, Final, ParamSpec, TypeVar

from anyio import to_thread

from storybook.book import RunId
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions
from storybook.events.catalog import RunRequested
from storybook.events.codec import UnreadableEvent
from storybook.events.log import EventLog, Recorded
from storybook.evidence import look_for_evidence, require_evidence
from storybook.projections import checkpoints, views
from storybook.projections.characters import SavedCharacter, all_saved, saved_as
from storybook.projections.derived import DerivedBook, all_derived_from, derived_from
from storybook.projections.forgotten import is_forgotten
from storybook.projections.library import Book, EndedRun, ended_runs, newest, open_runs
from storybook.projections.projector import Projections
from storybook.projections.registry import PROJECTIONS
from storybook.projections.runs import beginning_with
from storybook.run import Status
from storybook.stores.sqlite.log import SqliteLog

P = ParamSpec("P")
T = TypeVar("T")

LATEST: Final = "latest"
FULL_ID: Final = 32
SHORTEST_PREFIX: Final = 4
SHOWN_RUNS: Final = 4
"""Runs that are named where a prefix fits several."""


class DataReader:
    """A data folder's log and its views, opened for looking."""

    def __init__(self, options: GlobalOptions, log: EventLog) -> None:
        self.options, self.log = options, log

    async def books(self, status: Status | None, limit: int) -> list[Book]:
        """The newest books."""
        return (await self._ask(newest, limit, status=status)).books

    async def books_and_parked(
        self, status: Status | None, limit: int, text: str = ""
    ) -> tuple[list[Book], set[RunId]]:
        """The newest books, of those whose title or words have a text in them, and which runs are
        parked."""

        def question(db: views.Database) -> tuple[list[Book], set[RunId]]:
            parked = {it.run_id for it in checkpoints.read_parked(db)}
            page = newest(db, limit, status=status, text=text)
            books = page.books
            while page.next is not None and len(books) < limit:  # only where a text is looked for
                left = limit - len(books)
                page = newest(db, left, status=status, text=text, before=page.next)
                books += page.books
            return books, parked

        return await self._ask(question)

    async def open_runs(self) -> list[RunId]:
        """Runs that have not ended, oldest first."""
        return await self._ask(open_runs)

    async def saved_characters(self) -> list[SavedCharacter]:
        """The characters that requests can name."""
        return await self._ask(all_saved)

    async def saved_as(self, name: str) -> list[SavedCharacter]:
        """The characters that were saved under a name."""
        return await self._ask(saved_as, name)

    async def derived_from(self, run_id: RunId) -> list[DerivedBook]:
        """The books that are based on a run."""
        return await self._ask(derived_from, run_id)

    async def all_derived_from(self, run_id: RunId) -> list[RunId]:
        """The books that are based on a run, and those that are based on these."""
        return await self._ask(all_derived_from, run_id)

    async def is_forgotten(self, run_id: RunId) -> bool:
        return await self._ask(is_forgotten, run_id)

    async def ended_runs(self) -> list[EndedRun]:
        """The runs with files that retention may have, the one that ended last first."""
        return await self._ask(ended_runs)

    async def find(self, text: str) -> RunId:
        """The run that a word on the command line means. Raises `Failure`."""
        word = text.strip().lower()
        if len(word) == FULL_ID and word.isalnum():
            found = [RunId(word)] if await self.log.read_run(RunId(word), limit=1) else []
        elif word == LATEST:
            found = [book.run_id for book in await self.books(None, 1)]
        elif len(word) < SHORTEST_PREFIX:
            raise Failure(
                f"{text!r} is too short for a run: give {SHORTEST_PREFIX} characters of its id "
                f"or more, or `{LATEST}`"
            )
        else:
            found = await self._ask(beginning_with, word, SHOWN_RUNS + 1)
        return _only(text, found)

    async def requests(self, run_ids: Iterable[RunId]) -> dict[RunId, RunRequested]:
        """What each run was asked for, of those whose first event can be read."""
        found = {}
        for run_id in run_ids:
            for first in await self.log.read_run(run_id, limit=1):
                with suppress(UnreadableEvent):
                    if isinstance(event := first.event, RunRequested):
                        found[run_id] = event
        return found

    async def history(self, run_id: RunId) -> list[Recorded]:
        """Every event of a run, in order."""
        return await self.log.read_run(run_id)

    async def _ask(
        self,
        question: Callable[Concatenate[views.Database, P], T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """What the views answer: the file that a server keeps, else one that is caught up here."""
        folder, is_served = self.options.folder, self.options.holder() is not None
        if is_served:
            with suppress(views.ForeignFile):  # its views are in memory
                return views.ask(folder.projections, PROJECTIONS, question, *args, **named)
        if not is_served:
            # Catching up makes the views of another log anew: what they show would be gone.
            await to_thread.run_sync(require_evidence, folder)
        keep = folder.can_be_written and not is_served
        async with Projections.open(folder.projections, self.log, keep=keep) as projections:
            return await projections.ask(question, *args, **named)


def _only(text: str, found: list[RunId]) -> RunId:
    if not found:
        raise Failure(f"no book {text!r} here; `storybook list` shows those there are")
    if len(found) > 1:
        some = ", ".join(found[:SHOWN_RUNS]) + (", …" if len(found) > SHOWN_RUNS else "")
        raise Failure(f"{text!r} fits several books: {some}; give more characters")
    return found[0]


def runs_before(run_id: RunId, open_now: list[RunId]) -> list[RunId]:
    """The open runs that are worked on before one of them, oldest first; none before another."""
    return open_now[: open_now.index(run_id)] if run_id in open_now else []


def has_log(options: GlobalOptions) -> bool:
    """Whether anything was ever recorded in this data folder."""
    return options.folder.log.exists() or look_for_evidence(options.folder) is not None


@asynccontextmanager
async def open_data(options: GlobalOptions) -> AsyncIterator[DataReader]:
    """Open a data folder for looking. Raises `Failure` if there is nothing in it."""
    log = options.folder.log
    if not log.exists() or not log.stat().st_size:
        await to_thread.run_sync(require_evidence, options.folder)
        raise Failure(
            f"no books in {options.folder} yet; `storybook make` makes one, "
            "and --data names another folder"
        )
    async with SqliteLog.read_only(log) as reader:
        yield DataReader(options, reader)
