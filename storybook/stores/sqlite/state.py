"""How far a log goes, and what of others' knowledge it has: asked before it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from storybook.book import RunId
from storybook.events.log import START, Position
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.damage import log_error


class LogState(msgspec.Struct, frozen=True):
    """A log as a stranger finds it.

    `recorded_at` is the last event's, in microseconds since 1970; `digest` is that of the event at
    the position that was asked for, None if there is none; `unknown` are the runs that were asked
    for and of which it has nothing.
    """

    exists: bool
    end: Position = START
    recorded_at: int = 0
    digest: bytes | None = None
    unknown: frozenset[RunId] = frozenset()


def log_state(path: Path, position: Position, runs: Iterable[RunId]) -> LogState:
    """What a log says of a position and of runs. Makes nothing, and works beside a process that
    writes it. Raises `LogUnavailable`."""
    if not path.exists():
        return LogState(False, unknown=frozenset(runs))
    try:
        with closing(open_reader(path)) as db:
            (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if not tables:
                return LogState(True, unknown=frozenset(runs))
            return _state(db, position, runs)
    except sqlite3.Error as error:
        raise log_error(path, error, f"{path} cannot be read") from error


def left_of_lost(path: Path) -> list[Path]:
    """What a log that is gone, or was emptied, has left of its last commits: SQLite would delete
    that at the next opening. Nothing of a log that is there."""
    if path.exists() and path.stat().st_size:
        return []
    return [path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm")]


def _state(db: sqlite3.Connection, position: Position, runs: Iterable[RunId]) -> LogState:
    last = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
    end, recorded_at = db.execute(last).fetchone() or (START, 0)
    digest = db.execute("SELECT digest FROM events WHERE position = ?", (position,)).fetchone()
    begun = "SELECT 1 FROM events WHERE run_id = ? AND version = 1"
    unknown = frozenset(it for it in runs if db.execute(begun, (it,)).fetchone() is None)
    return LogState(True, end, recorded_at, digest[0] if digest else None, unknown)
