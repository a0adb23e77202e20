"""The access log: what was done with tokens, in a file beside the log of the runs.

It holds no secret, and yet only its user may read it: signatures are made with what it holds.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from storybook.access import AccessEvent
from storybook.stores.sqlite.connection import BUSY_MS

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS access_events (
    position INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, data BLOB NOT NULL
) STRICT
"""
_decode = msgspec.json.Decoder(AccessEvent).decode


class AccessUnreadable(Exception):
    """The access log cannot be read: nobody knows who may come in. The message says why."""


def read_access(path: Path) -> list[tuple[int, AccessEvent]]:
    """When each thing was done (microseconds since 1970), and what; nothing without a file. Raises
    `AccessUnreadable`."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            rows = db.execute("SELECT recorded_at, data FROM access_events ORDER BY position")
            return [(at, _decode(data)) for at, data in rows.fetchall()]
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise AccessUnreadable(f"{path} cannot be read: {error}; {_mend(error)}") from error


_UNREAD: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)
"""Of SQLite's results those that say nothing of what is in the file."""


def _mend(error: Exception) -> str:
    """What to do. A file that may be whole is not to be moved away: without it all are let in."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNREAD:
        return "let this user read it, best by making it his own, or look at its disk"
    return "put it back from a backup, or move it away to begin with no tokens"


def state_of_access(path: Path) -> object:
    """Something that differs once there is more in the file."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def append_access(path: Path, event: AccessEvent, now: int) -> None:
    """Record what is done. Raises `AccessUnreadable`, and `OSError` if the file cannot be made."""
    if path.exists():
        _append(path, event, now)
        return
    new = path.with_name(f"{path.name}.new")  # whoever looks meanwhile finds none, or all of it
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    _append(new, event, now)
    new.replace(path)


def _append(path: Path, event: AccessEvent, now: int) -> None:
    try:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(_SCHEMA)
            sql = "INSERT INTO access_events (recorded_at, data) VALUES (?, ?)"
            db.execute(sql, (now, msgspec.json.encode(event)))
    except sqlite3.Error as error:
        raise AccessUnreadable(f"{path} cannot be written: {error}") from error
