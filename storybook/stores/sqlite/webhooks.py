"""Deliveries of webhooks in a file beside the log, `webhooks.db`.

Each call opens the file: they are few, the command line writes it too, and a file that was put
back or removed meanwhile is the one that counts. What ended is kept for a while, to be looked at
and sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio.to_thread
import msgspec
from msgspec import structs

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.events.log import Position
from storybook.stores.deliveries import DeliveriesUnavailable, Delivery, DeliveryStatus
from storybook.stores.remains import write_anew
from storybook.stores.sqlite.connection import BUSY_MS
from storybook.system import SYNC_STOPS_AT_THE_DRIVE

T = TypeVar("T")

KEPT_DAYS: Final = 30
"""How long a delivery that ended can be looked at and sent again."""
_KEPT: Final = KEPT_DAYS * 86_400 * MICROSECONDS

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS deliveries (
    position INTEGER PRIMARY KEY, run_id TEXT NOT NULL, type TEXT NOT NULL, url TEXT NOT NULL,
    since INTEGER NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
    status TEXT NOT NULL, last TEXT NOT NULL, ended_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE status = 'due';
CREATE INDEX IF NOT EXISTS deliveries_by_run ON deliveries (run_id, position);
CREATE INDEX IF NOT EXISTS deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL
) STRICT;
"""
_COLUMNS: Final = ", ".join(Delivery.__struct_fields__)
_PLACES: Final = ", ".join("?" * len(Delivery.__struct_fields__))
_SET_CURSOR: Final = "REPLACE INTO cursor (id, position) VALUES (1, ?)"
_IS_GONE: Final = "the receiver is gone"
_MARK_GONE: Final = (
    "UPDATE deliveries SET status = 'gone', ended_at = ?, last = ? "
    "WHERE run_id = ? AND status = 'due'"
)


class SqliteDeliveries:
    """`Deliveries` in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def begin(self, head: Position) -> Position:
        return await self._call(partial(_begin, head=head))

    async def plan(self, planned: Sequence[Delivery], cursor: Position, now: int) -> None:
        await self._call(partial(_plan, planned=planned, cursor=cursor, now=now))

    async def due(
        self, now: int, latest: int, besides: Collection[str], limit: int
    ) -> list[Delivery]:
        ask = partial(_due, now=now, latest=latest, besides=[*besides], limit=limit)
        return await anyio.to_thread.run_sync(_read, self._path, ask)

    async def record(self, before: Delivery, after: Delivery) -> None:
        await self._call(partial(_record, before=before, after=after))

    async def forget(self, *run_ids: RunId) -> None:
        if self._path.exists():
            await self._call(partial(_forget, run_ids=run_ids))
            await anyio.to_thread.run_sync(_read, self._path, write_anew)

    async def _call(self, do: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(_write, self._path, do)


# ----------------------------------------------------------------------------------- for operators


def read_deliveries(path: Path, run_id: RunId | None, limit: int | None) -> list[Delivery]:
    """The newest deliveries, `limit` or all, of one run or of every one; none without a file.
    Raises `DeliveriesUnavailable`."""
    if not path.exists():
        return []
    where = "" if run_id is None else "WHERE run_id = :run_id"
    sql = f"SELECT {_COLUMNS} FROM deliveries {where} ORDER BY position DESC LIMIT :limit"
    given = {"run_id": run_id, "limit": -1 if limit is None else limit}
    return _read(path, lambda db: [_delivery(row) for row in db.execute(sql, given)])


def replay_deliveries(path: Path, positions: Collection[Position], now: int) -> None:
    """Have deliveries sent again, from now on for a day. Raises `DeliveriesUnavailable`."""
    sql = (
        "UPDATE deliveries SET status = 'due', since = ?, due_at = ?, attempts = 0, "
        "ended_at = NULL WHERE position = ?"
    )
    again = [(now, now, position) for position in positions]
    _write(path, lambda db: db.executemany(sql, again))


# ---------------------------------------------------------------------------------- the statements


def _open(path: Path) -> sqlite3.Connection:
    """Open the file with a rollback journal: with a WAL whoever looks, which a server does all the
    time, would make and remove two files."""
    db = sqlite3.connect(path, isolation_level=None)
    # The command line, or the server, may be writing: wait for it.
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    # Overwrite what is removed: a run may be forgotten.
    db.execute("PRAGMA secure_delete = ON")
    # Sync at each COMMIT: what is noted of the log may not be lost once it is read no more.
    db.execute("PRAGMA synchronous = FULL")
    if SYNC_STOPS_AT_THE_DRIVE:
        db.execute("PRAGMA fullfsync = ON")
    return db


def _read(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T:
    try:
        with closing(_open(path)) as db:
            return ask(db)
    except (sqlite3.Error, msgspec.ValidationError) as error:
        raise DeliveriesUnavailable(f"{path} cannot be read: {error}") from error


def _write(path: Path, do: Callable[[sqlite3.Connection], T]) -> T:
    try:
        with closing(_open(path)) as db:
            db.executescript(_SCHEMA)
            db.execute("BEGIN IMMEDIATE")
            result = do(db)
            db.execute("COMMIT")
            return result
    except sqlite3.Error as error:
        raise DeliveriesUnavailable(f"{path} cannot be written: {error}") from error


def _begin(db: sqlite3.Connection, head: Position) -> Position:
    found = db.execute("SELECT position FROM cursor").fetchone()
    if found is not None and found[0] <= head:
        return Position(found[0])
    # Positions that are given a second time would be taken for ones that were planned.
    db.execute("DELETE FROM deliveries WHERE position > ?", (head,))
    db.execute(_SET_CURSOR, (head,))
    return head


def _plan(db: sqlite3.Connection, planned: Sequence[Delivery], cursor: Position, now: int) -> None:
    sql = f"INSERT OR IGNORE INTO deliveries ({_COLUMNS}) VALUES ({_PLACES})"
    of_gone = "SELECT 1 FROM deliveries WHERE run_id = ? AND status = 'gone'"
    runs = {it.run_id for it in planned}
    gone = {it for it in runs if db.execute(of_gone, (it,)).fetchone() is not None}
    ended = {"status": DeliveryStatus.GONE, "last": _IS_GONE, "ended_at": now}
    kept = (structs.replace(it, **ended) if it.run_id in gone else it for it in planned)
    db.executemany(sql, map(_row, kept))
    db.execute("DELETE FROM deliveries WHERE ended_at < ?", (now - _KEPT,))
    db.execute(_SET_CURSOR, (cursor,))


def _forget(db: sqlite3.Connection, run_ids: Sequence[RunId]) -> None:
    db.executemany("DELETE FROM deliveries WHERE run_id = ?", [(it,) for it in run_ids])


def _due(
    db: sqlite3.Connection, now: int, latest: int, besides: list[str], limit: int
) -> list[Delivery]:
    sql = f"""
        SELECT {_COLUMNS} FROM (
            SELECT *, row_number() OVER (PARTITION BY url ORDER BY position) AS place
            FROM deliveries WHERE status = 'due' AND (due_at <= ? OR due_at > ?)
                AND url NOT IN ({", ".join("?" * len(besides))})
        ) WHERE place = 1 ORDER BY attempts, position LIMIT ?
    """
    return [_delivery(row) for row in db.execute(sql, (now, latest, *besides, limit))]


def _record(db: sqlite3.Connection, before: Delivery, after: Delivery) -> None:
    sql = (
        "UPDATE deliveries SET due_at = ?, attempts = ?, status = ?, last = ?, ended_at = ? "
        "WHERE position = ? AND since = ? AND attempts = ? AND status = 'due'"
    )
    values = (after.due_at, after.attempts, after.status.value, after.last, after.ended_at)
    noted = db.execute(sql, (*values, before.position, before.since, before.attempts))
    if noted.rowcount and after.status is DeliveryStatus.GONE:
        db.execute(_MARK_GONE, (after.ended_at, _IS_GONE, after.run_id))


def _row(delivery: Delivery) -> tuple[Any, ...]:
    return structs.astuple(structs.replace(delivery, status=delivery.status.value))


def _delivery(row: Sequence[Any]) -> Delivery:
    return msgspec.convert(dict(zip(Delivery.__struct_fields__, row, strict=True)), Delivery)
