"""Rows as another version of storybook would append them: of any type, with any bytes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storybook.book import RunId
from storybook.events.log import Position, Recorded, Version
from storybook.stores.sqlite.chain import GENESIS, chain_digest, payload_digest
from tests.stores.memory_log import MemoryLog

UNKNOWN_TYPE = "PageSung"
"""An event type of a storybook that does not exist yet."""


def append_row(
    path: Path, run_id: RunId, kind: str = UNKNOWN_TYPE, data: bytes = b"{}", schema: int = 1
) -> Position:
    """Append an event to a run in a log's file, with a right digest; nobody else may write it."""
    with closing(sqlite3.connect(path)) as db, db:
        recorded = _next(*_ends(db, run_id), run_id, kind, data, schema)
        values = (
            *(recorded.position, run_id, recorded.version, kind, schema, recorded.recorded_at),
            *(data, payload_digest(data), recorded.digest),
        )
        db.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(values))})", values)
    return recorded.position


def _ends(db: sqlite3.Connection, run_id: RunId) -> tuple[int, bytes, int]:
    """The log's last position and digest, and the run's version."""
    last = "SELECT position, digest FROM events ORDER BY position DESC LIMIT 1"
    position, digest = db.execute(last).fetchone() or (0, GENESIS)
    count = "SELECT count(*) FROM events WHERE run_id = ?"
    return position, digest, db.execute(count, (run_id,)).fetchone()[0]


def add_row(
    log: MemoryLog, run_id: RunId, kind: str = UNKNOWN_TYPE, data: bytes = b"{}", schema: int = 1
) -> Position:
    """Append an event to a run in a log in memory, and wake who follows it."""
    last = log.events[-1] if log.events else None
    position, digest = (last.position, last.digest) if last else (0, GENESIS)
    version = sum(it.run_id == run_id for it in log.events)
    recorded = _next(position, digest, version, run_id, kind, data, schema)
    log.add(recorded)
    return recorded.position


def _next(
    position: int, digest: bytes, version: int, run_id: RunId, kind: str, data: bytes, schema: int
) -> Recorded:
    """The event that comes after a position, a digest and a version."""
    moment = 1_800_000_000_000_000 + position
    columns = (position + 1, run_id, version + 1, kind, schema, moment)
    return Recorded(
        Position(position + 1),
        run_id,
        Version(version + 1),
        *(kind, schema, moment, data),
        chain_digest(digest, *columns, payload_digest(data)),
    )


def forget_rows(path: Path, run_id: RunId) -> None:
    """Erase a run as a storybook that can forget does it: its last event says so, and the data of
    all others is empty; the schema stays."""
    append_row(path, run_id, "RunForgotten", b'{"type":"RunForgotten"}')
    with closing(sqlite3.connect(path)) as db, db:
        trigger = "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
        (sql,) = db.execute(trigger).fetchone()
        db.execute("PRAGMA secure_delete = ON")
        db.execute("DROP TRIGGER events_never_change")
        db.execute(
            "UPDATE events SET data = x'' WHERE run_id = ? AND type <> 'RunForgotten'", (run_id,)
        )
        db.execute(sql)
