"""Audits a log: SQLite's own structures, the schema, and the digest chain event by event.

An edit is found where it was made and nowhere else: each event is checked against the digest that
stands before it, so that one changed row makes one fault. What a chain cannot show, that the end
was cut off or everything written anew, an **anchor** shows: a head that was noted down earlier.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from storybook.events.catalog import RunForgotten
from storybook.events.log import START, LogDamaged, Position
from storybook.stores.digests import digests_differ
from storybook.stores.sqlite.chain import GENESIS, chain_digest, payload_digest
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.damage import (
    Unreadable,
    damaged,
    end_of_events,
    log_error,
    look_for_damage,
    read_around,
    with_runs,
)
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer, migrate

PAGE: Final = 2_000
"""Rows that are read at once; no read stays open longer than a page."""
BEFORE_ALL: Final = -(2**63)
"""Below every position that SQLite can hold: rows before the first one are found, too."""
NAMED_FAULTS: Final = 3
"""Faults of a log that a message names; `storybook verify` has all."""

Progress = Callable[[int, int], None]
"""Told how many events have been checked, of how many."""


class LogDamage(msgspec.Struct, frozen=True):
    """One thing that is wrong with a log; `position` is None where no event is to blame."""

    position: Position | None
    message: str

    def __str__(self) -> str:
        return self.message if self.position is None else f"event {self.position}: {self.message}"


class Anchor(msgspec.Struct, frozen=True):
    """An event's position and digest, to be kept elsewhere; written `position:hexadecimal`."""

    position: Position
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Raises ValueError if the text is no anchor."""
        position, colon, digest = text.partition(":")
        anchor = cls(Position(int(position)), bytes.fromhex(digest)) if colon else None
        if anchor is None or len(anchor.digest) != 32:
            raise ValueError(f"expected position:digest with 64 hexadecimal digits, found {text!r}")
        return anchor


class Row(NamedTuple):
    """A row of `events`, as it stands there."""

    position: int
    run_id: str
    version: int
    type: str
    schema: int
    recorded_at: int
    data: bytes
    payload_digest: bytes
    digest: bytes


def head_of(path: Path) -> Anchor:
    """The end of a log, to be noted down; position 0 and the digest before all if it is empty.
    Raises `LogUnavailable`."""
    try:
        with closing(open_reader(path)) as db:
            sql = "SELECT position, digest FROM events ORDER BY position DESC LIMIT 1"
            row = db.execute(sql).fetchone()
    except sqlite3.Error as error:
        raise log_error(path, error, f"the end of {path} cannot be read") from error
    return Anchor(*row) if row is not None else Anchor(START, GENESIS)


def log_faults(path: Path) -> str:
    """What is wrong with a log, as words; empty if nothing is."""
    faults = list(islice(map(str, verify_log(path)), NAMED_FAULTS + 1))
    return "; ".join(faults[:NAMED_FAULTS]) + ("; and more" if len(faults) > NAMED_FAULTS else "")


def read_every_page(path: Path) -> None:
    """Read a log once, which finds damaged pages in a moment, and says nothing of what was changed.
    Raises `LogDamaged`, or `LogUnavailable` where it cannot be read at all."""
    try:
        with closing(open_reader(path)) as db:
            check_not_newer(db, "log")
        why = look_for_damage(path, lambda took: False)
    except (sqlite3.Error, NewerDatabase) as error:
        raise log_error(path, error, f"{path} cannot be read") from error
    if why:
        raise LogDamaged(damaged(path, why))


def verify_log(
    path: Path, progress: Progress = lambda done, total: None, anchor: Anchor | None = None
) -> Iterator[LogDamage]:
    """Everything that is wrong with a log, found while a server may go on writing it.

    With an anchor, also whether the log still has that event with that digest. What cannot be read
    is told, and everything else is still looked at.
    """
    try:
        with closing(open_reader(path)) as db:
            check_not_newer(db, "log")
            for check in (
                _check_pages(db),
                _check_schema(db),
                check_events(_rows(db, progress), anchor),
                _check_commands(db),
            ):
                yield from _as_far_as_it_goes(check, path)
    except (sqlite3.Error, NewerDatabase) as error:
        yield LogDamage(None, f"{path} cannot be read: {error}")


def _as_far_as_it_goes(check: Iterator[LogDamage], path: Path) -> Iterator[LogDamage]:
    try:
        yield from check
    except sqlite3.DatabaseError as error:
        yield LogDamage(None, f"{path} cannot be read any further here: {error}")


def check_events(
    rows: Iterable[Row | Unreadable], anchor: Anchor | None = None
) -> Iterator[LogDamage]:
    """What is wrong with rows, given in the order of their positions from the first one on.

    Where some cannot be read, the next row and each run's next version are taken as they stand.
    Data that was erased is no fault if the run's `RunForgotten` says so.
    """
    previous: bytes | None = GENESIS
    last, has_holes = 0, False
    versions: dict[str, int] = {}
    erasures = _Erasures()
    for row in rows:
        if isinstance(row, Unreadable):
            yield LogDamage(None, str(row))
            previous, last, has_holes = None, row.last, True
            versions.clear()
            continue
        version = versions.get(row.run_id, row.version - 1 if has_holes else 0)
        yield from (
            LogDamage(Position(row.position), message)
            for message in (
                gap_fault("position", last + 1, row.position),
                gap_fault(f"version of run {row.run_id}", version + 1, row.version),
                payload_fault(row),
                chain_fault(previous, row),
                _anchored(anchor, row),
            )
            if message
        )
        previous, last = row.digest, row.position
        versions[row.run_id] = row.version
        erasures.look(row)
    yield from erasures.faults()
    if anchor is not None and anchor.position > last:
        yield LogDamage(
            None, f"the log ends at event {last}; the anchor is event {anchor.position}"
        )


def gap_fault(what: str, expected: int, found: int) -> str:
    """What is wrong with a number; empty, as in the next two, if nothing is."""
    return "" if found == expected else f"expected {what} to be {expected}, found {found}"


class _Erasures:
    """Which runs were forgotten, and which events have no data: the same ones, or it is damage."""

    def __init__(self) -> None:
        self._empty: dict[str, list[int]] = {}
        self._last_said: dict[str, int] = {}
        self._forgotten: dict[str, int] = {}

    def look(self, row: Row) -> None:
        if row.type == RunForgotten.__name__:
            self._forgotten[row.run_id] = row.position
        elif row.data:
            self._last_said[row.run_id] = row.position
        else:
            self._empty.setdefault(row.run_id, []).append(row.position)

    def faults(self) -> Iterator[LogDamage]:
        for run_id, positions in self._empty.items():
            if run_id not in self._forgotten:
                why = "its data is gone, and its run was not forgotten"
                yield from (LogDamage(Position(it), why) for it in positions)
        for run_id, position in self._forgotten.items():
            if run_id in self._last_said:
                why = f"its run was forgotten, and event {self._last_said[run_id]} still says what"
                yield LogDamage(Position(position), f"{why} it said")


def payload_fault(row: Row) -> str:
    """What is wrong with an event's data."""
    if not row.data:  # the run was forgotten, or `_Erasures` tells
        return ""
    found = payload_digest(row.data)
    return _differs("its data was changed: the recorded SHA-256", row.payload_digest, found)


def chain_fault(previous: bytes | None, row: Row) -> str:
    """What is wrong with an event's link to the one before it."""
    if previous is None:  # the event before cannot be read
        return ""
    expected = chain_digest(
        previous,
        row.position,
        row.run_id,
        row.version,
        row.type,
        row.schema,
        row.recorded_at,
        row.payload_digest,
    )
    return _differs("the chain is broken: the digest", expected, row.digest)


def _anchored(anchor: Anchor | None, row: Row) -> str:
    if anchor is None or row.position != anchor.position:
        return ""
    return _differs("this is another log than the anchor's: the digest", anchor.digest, row.digest)


def _differs(what: str, expected: bytes, found: bytes) -> str:
    if expected == found:
        return ""
    return f"{what} {digests_differ(expected.hex(), found.hex())}"


def _rows(db: sqlite3.Connection, progress: Progress) -> Iterator[Row | Unreadable]:
    """Every row, in pages; where a page cannot be read, what is left of it row by row."""
    total, done, cursor = end_of_events(db), 0, BEFORE_ALL
    while True:
        try:
            page = _page(db, "position > ?", cursor, PAGE)
        except sqlite3.DatabaseError as error:
            first, last = Position(max(cursor, 0) + 1), Position(min(max(cursor, 0) + PAGE, total))
            if first > last:  # nothing tells how many more there are
                yield Unreadable(first, first, str(error))
                return
            for part in read_around(partial(_between, db), first, last):
                yield from [with_runs(db, part)] if isinstance(part, Unreadable) else part
            done, cursor = done + last - first + 1, last
        else:
            if not page:
                return
            yield from page
            done, cursor = done + len(page), page[-1].position
        progress(done, max(done, total))


def _between(db: sqlite3.Connection, first: Position, last: Position) -> list[Row]:
    return _page(db, "position >= ?", first, last - first + 1)


def _page(db: sqlite3.Connection, where: str, position: int, limit: int) -> list[Row]:
    columns = ", ".join(Row._fields)
    sql = f"SELECT {columns} FROM events WHERE {where} ORDER BY position LIMIT ?"
    return list(map(Row._make, db.execute(sql, (position, limit)).fetchall()))


def _check_pages(db: sqlite3.Connection) -> Iterator[LogDamage]:
    for (message,) in db.execute("PRAGMA integrity_check"):
        if message != "ok":
            yield LogDamage(None, f"SQLite finds: {message}")


def _check_schema(db: sqlite3.Connection) -> Iterator[LogDamage]:
    expected, found = _expected_schema(check_not_newer(db, "log")), _schema(db)
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield LogDamage(None, f"the schema has lost {name}")
        elif expected.get(name) != found[name]:
            yield LogDamage(None, f"the schema's {name} is not what the migrations made")


def _expected_schema(version: int) -> dict[str, Any]:
    """That of a log that has had so many migrations; one that waits for more is whole, too."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(db, "log", version)
        return _schema(db)
    finally:
        db.close()


def _schema(db: sqlite3.Connection) -> dict[str, Any]:
    """The SQL of each table, index and trigger, by kind and name; without SQLite's statistics, and
    the two tables that Litestream adds to a database that it follows."""
    sql = (
        "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' "
        "AND tbl_name NOT IN ('_litestream_lock', '_litestream_seq')"
    )
    return dict(db.execute(sql).fetchall())


def _check_commands(db: sqlite3.Connection) -> Iterator[LogDamage]:
    """Each command's answer names events that are there, of its run."""
    sql = """
        SELECT command, last_position FROM commands AS c
        LEFT JOIN events AS first ON first.position = c.first_position
        LEFT JOIN events AS last ON last.position = c.last_position
        WHERE first.run_id IS NOT c.run_id OR last.run_id IS NOT c.run_id
           OR last.version IS NOT c.version
    """
    for command, position in db.execute(sql).fetchall():
        yield LogDamage(Position(position), f"command {command} was answered with other events")
