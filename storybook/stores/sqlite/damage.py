"""What can still be read of a log with damaged pages, and how such a page is found.

SQLite reads a table page by page, and fails at the first one that is damaged: a read of many rows
fails for one page of them. So a stretch that fails is read again in halves, down to single rows,
and what is left are the positions that nobody can read.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from storybook.events.log import Position
from storybook.stores.sqlite.connection import open_reader

STRETCH: Final = 2_000
"""Rows that the look for damage reads at once: some milliseconds, so that nobody waits for it and
no open read keeps the WAL from being checkpointed."""

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_RUNS_NAMED: Final = 5
T = TypeVar("T")


class Unreadable(msgspec.Struct, frozen=True):
    """Events that cannot be read, both ends included; what SQLite says, and whose they are, as far
    as the index still tells."""

    first: Position
    last: Position
    why: str
    runs: tuple[str, ...] = ()

    def __str__(self) -> str:
        one = self.first == self.last
        events = f"event {self.first}" if one else f"events {self.first} to {self.last}"
        named = ", ".join(self.runs[:_RUNS_NAMED])
        more = f" and {len(self.runs) - _RUNS_NAMED} more" if len(self.runs) > _RUNS_NAMED else ""
        whose = f"; of run {named}{more}" if self.runs else ""
        return f"{events} cannot be read: {self.why}{whose}"


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is damaged, or is no database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def damaged(path: Path, why: str) -> str:
    """What is said of a damaged log."""
    return (
        f"{path} is damaged: {why}. `storybook verify` says what can still be read; put the log "
        "back from a backup"
    )


# ------------------------------------------------------------------------------- reading around it


def read_around(
    read: Callable[[Position, Position], list[T]], first: Position, last: Position
) -> Iterator[list[T] | Unreadable]:
    """What `read` gives of a range of positions (both ends included) that it fails for as a whole:
    rows and what cannot be read, in order, neighbours joined."""
    pending: Unreadable | None = None
    for part in _halves(read, first, last):
        if isinstance(part, Unreadable):
            pending = part if pending is None else Unreadable(pending.first, part.last, part.why)
        elif part:
            if pending is not None:
                yield pending
                pending = None
            yield part
    if pending is not None:
        yield pending


def _halves(
    read: Callable[[Position, Position], list[T]], first: Position, last: Position
) -> Iterator[list[T] | Unreadable]:
    try:
        rows = read(first, last)
    except sqlite3.DatabaseError as error:
        if first >= last:
            yield Unreadable(first, last, str(error))
            return
        middle = Position((first + last) // 2)
        yield from _halves(read, first, middle)
        yield from _halves(read, Position(middle + 1), last)
    else:
        yield rows


def end_of_events(db: sqlite3.Connection) -> Position:
    """The last position that anything in a log tells of: the table, its index, or the answers."""
    for sql in (
        "SELECT max(position) FROM events",
        "SELECT max(position) FROM events INDEXED BY sqlite_autoindex_events_1",
        "SELECT max(last_position) FROM commands",
    ):
        try:
            return Position(db.execute(sql).fetchone()[0] or 0)
        except sqlite3.DatabaseError:
            continue
    return Position(0)


def with_runs(db: sqlite3.Connection, part: Unreadable) -> Unreadable:
    """The same, with the runs that the index knows at those positions."""
    sql = (
        "SELECT DISTINCT run_id FROM events INDEXED BY sqlite_autoindex_events_1 "
        "WHERE position BETWEEN ? AND ?"
    )
    try:
        runs = db.execute(sql, (part.first, part.last)).fetchall()
    except sqlite3.DatabaseError:
        return part
    return msgspec.structs.replace(part, runs=tuple(run_id for (run_id,) in runs))


# --------------------------------------------------------------------------------- looking for it

_SWEEPS: Final[tuple[tuple[str, tuple[object, ...]], ...]] = (
    # Comparing the blobs makes SQLite read what of them lies on pages of its own.
    (
        "SELECT max(position), max(data), max(payload_digest), max(digest) FROM "
        "(SELECT * FROM events WHERE position > ? ORDER BY position LIMIT {stretch})",
        (0,),
    ),
    (
        "SELECT run_id, version FROM events INDEXED BY sqlite_autoindex_events_1 "
        "WHERE (run_id, version) > (?, ?) ORDER BY run_id, version LIMIT 1 OFFSET {stretch} - 1",
        ("", 0),
    ),
    (
        "SELECT command FROM commands WHERE command > ? ORDER BY command "
        "LIMIT 1 OFFSET {stretch} - 1",
        ("",),
    ),
)
"""For each tree of pages, the statement that reads the stretch after a cursor and gives the next
one, which begins its row, and the first cursor. Done inside SQLite, without the GIL."""


def look_for_damage(path: Path, pause: Callable[[float], bool]) -> str:
    """Read every page of a log once; what SQLite says of the first one that it cannot read, or
    nothing. `pause` is told after each stretch how many seconds it took, and ends the look by True.
    """
    try:
        with closing(open_reader(path)) as db:
            for sql, cursor in _SWEEPS:
                if not _sweep(db, sql.format(stretch=STRETCH), cursor, pause):
                    break
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return str(error)
    return ""


def _sweep(
    db: sqlite3.Connection, sql: str, cursor: tuple[object, ...], pause: Callable[[float], bool]
) -> bool:
    """Whether the tree was read to its end."""
    while True:
        began = time.perf_counter()
        rows = db.execute(sql, cursor).fetchall()
        if pause(time.perf_counter() - began):
            return False
        if not rows or rows[0][0] is None:
            return True
        cursor = rows[0][: len(cursor)]
