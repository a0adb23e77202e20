"""The library: a line for each book, in the order in which they were asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final
from unicodedata import normalize

import msgspec

from storybook.book import COVER_PAGE, FIRST_EDITION, RunId, Stage, picture_of
from storybook.events.catalog import ENDINGS
from storybook.events.log import Position
from storybook.projections.projection import EVERY_EVENT, Projection, Put, RunChange, Table
from storybook.request import WORDS
from storybook.run import Run, Status

BOOKS: Final = Table(
    "library",
    {
        "position": "INTEGER NOT NULL",  # of the run's first event: the order of the library
        "run_id": "TEXT NOT NULL",
        "status": "TEXT NOT NULL",
        "stage": "TEXT NOT NULL",
        "ready_max_page": "INTEGER NOT NULL",
        "ready_max_audio_page": "INTEGER NOT NULL",
        "created_at": "INTEGER NOT NULL",  # microseconds since 1970: its first event
        "updated_at": "INTEGER NOT NULL",  # its last event
        "files_since": "INTEGER",  # when it ended, while it has files that retention may have
        "file_bytes": "INTEGER NOT NULL",  # of these files
        "title": "TEXT NOT NULL",
        "searched": "TEXT NOT NULL",  # its title and the words of its request, a line each, folded
        "cover": "TEXT NOT NULL",  # the name of the cover's picture, empty until it is ready
        "page_count": "INTEGER NOT NULL",
        "edition": "INTEGER NOT NULL",  # the newest one
    },
    key=("position",),
    indexes={
        "library_by_status": "(status, position)",
        "library_by_files": (
            "(files_since, position, file_bytes, run_id, edition) WHERE files_since IS NOT NULL"
        ),
    },
)


class LastEnd(msgspec.Struct):
    """When a run ended for the last time (microseconds since 1970), if it has."""

    at: int | None = None

    def look(self, change: RunChange) -> None:
        """Look for the end among a change's events. What comes after it (a file is removed, or made
        again) is no other end."""
        for recorded, event in zip(change.recorded, change.events, strict=True):
            if type(event) in ENDINGS:
                self.at = recorded.recorded_at


class Books(Projection):
    """A line for each book."""

    name = "library"
    version = 5
    tables = (BOOKS,)
    handles = EVERY_EVENT

    def remember(self) -> LastEnd:
        return LastEnd()

    def apply(self, change: RunChange) -> Iterator[Put]:
        run, progress = change.run, change.progress
        ending: LastEnd = change.memory
        if progress.status.has_ended:
            ending.look(change)
        shown = run.shown
        title = shown.pages[COVER_PAGE].title if shown.pages else ""
        cover = shown.artifact(picture_of(COVER_PAGE))
        removable = _removable(run)
        row = (
            *(change.position, change.run_id, progress.status.value, progress.stage.value),
            *(progress.ready_max_page, progress.ready_max_audio_page),
            *(change.created_at, change.updated_at),
            ending.at if removable else None,
            sum(removable),
            title,
            "\n".join(map(folded, (title, *(getattr(run.request, it) for it in WORDS)))),
            cover.name if cover is not None else "",
            run.page_count,
            run.edition,
        )
        yield Put(BOOKS, row)


def folded(text: str) -> str:
    """A text as it is searched: whatever its case, its spaces and how its letters are composed."""
    return " ".join(normalize("NFC", normalize("NFC", text).casefold()).split())


def _removable(run: Run) -> list[int]:
    """How large each file is that retention may have."""
    if run.is_pinned or not run.status.has_ended:
        return []
    return [it.size for name, (_, it) in run.files.items() if name not in run.pruned]


# ------------------------------------------------------------------------------------------ reads


class Book(msgspec.Struct, frozen=True):
    """A book's line in the library. Times are microseconds since 1970; `cover` is the name of its
    picture, empty until it is ready."""

    position: Position
    run_id: RunId
    title: str
    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    created_at: int
    updated_at: int
    cover: str
    page_count: int


class BookPage(msgspec.Struct, frozen=True):
    """Some books, newest first. The page after this one begins before the position `next`, which
    is None on the last. One of books that are searched for may be short, or empty, and have one."""

    books: list[Book]
    next: Position | None


_LINE: Final = (
    "position, run_id, title, status, stage, ready_max_page, ready_max_audio_page, "
    "created_at, updated_at, cover, page_count"
)
NEWEST: Final = f"SELECT {_LINE} FROM library WHERE position < ? ORDER BY position DESC LIMIT ?"
NEWEST_OF_STATUS: Final = (
    f"SELECT {_LINE} FROM library WHERE status = ? AND position < ? ORDER BY position DESC LIMIT ?"
)
FOUND: Final = (
    f"SELECT {_LINE} FROM library WHERE position < ? AND position >= ? AND instr(searched, ?) "
    "ORDER BY position DESC LIMIT ?"
)
FOUND_OF_STATUS: Final = (
    f"SELECT {_LINE} FROM library WHERE status = ? AND position < ? AND position >= ? "
    "AND instr(searched, ?) ORDER BY position DESC LIMIT ?"
)
MOST_SEARCHED: Final = 20_000
"""Books that are looked through for a page, which takes some ten milliseconds. An index of parts of
words would need three letters, and Korean words have two."""
LAST_SEARCHED: Final = (
    "SELECT position FROM library WHERE position < ? ORDER BY position DESC "
    f"LIMIT 1 OFFSET {MOST_SEARCHED - 1}"
)
OPEN_RUNS: Final = (
    "SELECT run_id FROM library WHERE status IN ('QUEUED', 'RUNNING') ORDER BY position"
)
WITH_FILES: Final = (
    "SELECT run_id, files_since, file_bytes, edition FROM library WHERE files_since > ? "
    "ORDER BY files_since DESC, position DESC"
)

_AFTER_ALL: Final = Position((1 << 63) - 1)
_BEFORE_ALL: Final = -1
"""Compared with, so that SQLite uses the index that leaves out what has no time."""


def newest(
    db: sqlite3.Connection,
    limit: int,
    *,
    status: Status | None = None,
    before: Position | None = None,
    text: str = "",
) -> BookPage:
    """At most `limit` books (1 or more) that were asked for before a position, and whose title or
    words have a text in them. Pages do not shift when books are added or change."""
    if limit < 1:
        raise ValueError(f"limit is to be 1 or more, found {limit}")
    end = _AFTER_ALL if before is None else before
    if wanted := folded(text):
        return _found(db, wanted, limit, status, end)
    # One more than asked for tells whether there is another page.
    if status is None:
        rows = db.execute(NEWEST, (end, limit + 1)).fetchall()
    else:
        rows = db.execute(NEWEST_OF_STATUS, (status.value, end, limit + 1)).fetchall()
    shown = [_book(row) for row in rows[:limit]]
    return BookPage(shown, shown[-1].position if len(rows) > limit else None)


def _found(
    db: sqlite3.Connection, text: str, limit: int, status: Status | None, end: Position
) -> BookPage:
    last = db.execute(LAST_SEARCHED, (end,)).fetchone()
    begin = Position(last[0] if last is not None else 0)
    if status is None:
        rows = db.execute(FOUND, (end, begin, text, limit + 1)).fetchall()
    else:
        within = (status.value, end, begin, text, limit + 1)
        rows = db.execute(FOUND_OF_STATUS, within).fetchall()
    shown = [_book(row) for row in rows[:limit]]
    rest = shown[-1].position if len(rows) > limit else begin
    return BookPage(shown, rest or None)


def _book(row: tuple[Any, ...]) -> Book:
    position, run_id, title, status, stage, *rest = row
    return Book(position, run_id, title, Status(status), Stage(stage), *rest)


def open_runs(db: sqlite3.Connection) -> list[RunId]:
    """Runs that have not ended, oldest first."""
    return [run_id for (run_id,) in db.execute(OPEN_RUNS)]


class EndedRun(msgspec.Struct, frozen=True):
    """A run that has ended (microseconds since 1970) and has files that retention may have, so many
    bytes. `edition` is the newest one."""

    run_id: RunId
    ended_at: int
    file_bytes: int
    edition: int = FIRST_EDITION


def ended_runs(db: sqlite3.Connection) -> list[EndedRun]:
    """The runs with files that retention may have; the one that ended last is the first."""
    return [EndedRun(*row) for row in db.execute(WITH_FILES, (_BEFORE_ALL,))]
