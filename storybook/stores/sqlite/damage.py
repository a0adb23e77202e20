"""What can still be read of a log with damaged pages, and how such a page is found.

SQLite reads a table page by page, and fails at the first one that is damaged: a read of many rows
fails for one page of them. So a stretch that fails is read again in halves, down to single rows,
and what is left are the positions that nobody can read.

Whose they are stands elsewhere too: in the index of the runs' versions, and with what each command
was answered. So a lost event keeps its place, and the run that it belongs to can be parked. One
that neither tells of is left out.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from storybook.book import RunId
from storybook.events.codec import UNREADABLE
from storybook.events.log import LogDamaged, LogUnavailable, Position, Recorded, Version
from storybook.stores.sqlite.connection import open_reader

STRETCH: Final = 2_000
"""Rows that the look for damage reads at once: some milliseconds, so that nobody waits for it and
no open read keeps the WAL from being checkpointed."""

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_TEXT: Final = "Could not decode to UTF-8"
"""How Python's sqlite3 begins what it says of TEXT that is none; it gives no code."""
_COLUMNS: Final = ", ".join(Recorded.__struct_fields__)
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
    """Whether SQLite says that the file itself is damaged, or is no database, or a column's bytes
    are no text."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in _DAMAGED or str(error).startswith(_NO_TEXT)


def damaged(path: Path, why: str) -> str:
    """What is said of a damaged log."""
    return (
        f"{path} is damaged: {why}. `storybook verify` says what can still be read; put the log "
        "back from a backup"
    )


def log_error(path: Path, error: BaseException, what: str) -> LogUnavailable:
    """What is raised for an error of SQLite: `LogDamaged` if the file itself is, else `what` could
    not be done."""
    if is_damage(error):
        return LogDamaged(damaged(path, str(error)))
    return LogUnavailable(f"{what}: {error}")


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


class EventKey(NamedTuple):
    """Where an event stands, without what it says."""

    position: Position
    run_id: RunId
    version: Version


_INDEXED: Final = (
    "SELECT position, run_id, version FROM events INDEXED BY sqlite_autoindex_events_1 "
    "WHERE {} ORDER BY position"
)
_ANSWERED: Final = (
    "SELECT run_id, first_position, last_position, version FROM commands WHERE {} "
    "ORDER BY first_position"
)


def keys_between(db: sqlite3.Connection, first: Position, last: Position) -> list[EventKey]:
    """The keys of the events from one position to another, both ends included."""
    try:
        rows = db.execute(_INDEXED.format("position BETWEEN ? AND ?"), (first, last)).fetchall()
    except sqlite3.DatabaseError:
        answered = _answered(db, "last_position >= ? AND first_position <= ?", (first, last))
        return [it for it in answered if first <= it.position <= last]
    return [EventKey(*row) for row in rows]


def keys_of(db: sqlite3.Connection, run_id: RunId) -> list[EventKey]:
    """The keys of the events of a run."""
    try:
        rows = db.execute(_INDEXED.format("run_id = ?"), (run_id,)).fetchall()
    except sqlite3.DatabaseError:
        return _answered(db, "run_id = ?", (run_id,))
    return [EventKey(*row) for row in rows]


def _answered(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[EventKey]:
    return [
        EventKey(Position(position), run_id, Version(version - (last - position)))
        for run_id, first, last, version in db.execute(_ANSWERED.format(where), values).fetchall()
        for position in range(first, last + 1)
    ]


def with_runs(db: sqlite3.Connection, part: Unreadable) -> Unreadable:
    """The same, with the runs whose events these are."""
    try:
        keys = keys_between(db, part.first, part.last)
    except sqlite3.DatabaseError:
        return part
    return msgspec.structs.replace(part, runs=tuple(dict.fromkeys(it.run_id for it in keys)))


# ------------------------------------------------------------------------- what is left of the log


def read_damaged(path: Path, after: Position, limit: int) -> list[Recorded]:
    """At most `limit` events after a position, whatever is damaged; empty at the end."""
    with _lenient(path) as db:
        end = end_of_events(db)
        while after < end:
            last = Position(min(after + limit, end))
            parts = read_around(partial(_between, db), Position(after + 1), last)
            if recorded := [it for part in parts for it in _recorded(db, part)]:
                return recorded
            after = last  # nobody knows whose these are
    return []


def read_damaged_run(path: Path, run_id: RunId) -> list[Recorded]:
    """The events of a run, whatever is damaged. Raises `sqlite3.DatabaseError` where nothing tells
    any more which they are."""
    with _lenient(path) as db:
        return [_at(db, key) for key in keys_of(db, run_id)]


@contextmanager
def _lenient(path: Path) -> Iterator[sqlite3.Connection]:
    """A reader that gives text as far as it is any: a type of which one byte is wrong is one that
    nobody knows."""
    with closing(open_reader(path)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        yield db


def _between(db: sqlite3.Connection, first: Position, last: Position) -> list[Recorded]:
    # With BETWEEN, SQLite would look at the row after the last one, which may be on another page.
    sql = f"SELECT {_COLUMNS} FROM events WHERE position >= ? ORDER BY position LIMIT ?"
    found = starmap(Recorded, db.execute(sql, (first, last - first + 1)))
    return [it for it in found if it.position <= last]  # others if somebody removed rows


def _recorded(db: sqlite3.Connection, part: list[Recorded] | Unreadable) -> list[Recorded]:
    if not isinstance(part, Unreadable):
        return part
    try:
        return [_lost(it, part.why) for it in keys_between(db, part.first, part.last)]
    except sqlite3.DatabaseError:
        return []


def _at(db: sqlite3.Connection, key: EventKey) -> Recorded:
    try:
        found = _between(db, key.position, key.position)
    except sqlite3.DatabaseError as error:
        return _lost(key, str(error))
    is_there = [it.position for it in found] == [key.position]
    return found[0] if is_there else _lost(key, "its row is gone")


def _lost(key: EventKey, why: str) -> Recorded:
    return Recorded(*key, UNREADABLE, schema=0, recorded_at=0, data=_damage(why), digest=b"")


def _damage(why: str) -> bytes:
    return msgspec.json.encode(f"the log is damaged there: {why}")


def lost_data(it: Recorded) -> Recorded:
    """An event of which the data is gone, although its run was not forgotten."""
    why = f"{it.type} has lost its data, and its run was not forgotten"
    return msgspec.structs.replace(it, type=UNREADABLE, schema=0, data=_damage(why))


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
