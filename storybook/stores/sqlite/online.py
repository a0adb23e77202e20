"""Copies a database while another process writes it: SQLite's online backup.

The copy is of one moment: a read transaction stays open while it is made, so that SQLite need not
begin anew after each commit of the other process, which it otherwise does. In WAL mode that reader
keeps nobody waiting; the WAL grows by what is committed meanwhile. The copy is one file, without a
WAL, which can be read where nothing can be written.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from storybook.book import RunId
from storybook.events.log import Position
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.damage import log_error
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer
from storybook.system import sync_file

STEP_PAGES: Final = 256
"""Pages (1 MB) that are copied at once, and then synced: the disk is the writer's, too, and one
sync of all of them would let its commits wait."""
RESTS: Final = 1.0
"""How much longer it rests than it copies, for the same reason."""

Sleep = Callable[[float], None]


def copy_database(source: Path, copy: Path, sleep: Sleep = time.sleep) -> None:
    """Copy a database as it is now into a new file, durable once this returns. Raises
    `LogUnavailable`, `LogDamaged` if it is one that cannot be read, and `sqlite3.Error` where the
    copy cannot be written."""
    try:
        with closing(open_reader(source)) as db:
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            _copy(db, copy, sleep)
    except sqlite3.Error as error:
        if _is_full(error):
            raise
        raise log_error(source, error, f"{source} cannot be copied") from error


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _copy(db: sqlite3.Connection, copy: Path, sleep: Sleep) -> None:
    with copy.open("xb") as file, closing(sqlite3.connect(copy, isolation_level=None)) as to:
        began = time.perf_counter()

        def rest(status: int, remaining: int, total: int) -> None:
            nonlocal began
            if remaining:
                sync_file(file.fileno())
                sleep((time.perf_counter() - began) * RESTS)
                began = time.perf_counter()

        # Nobody needs a copy that is half made.
        to.execute("PRAGMA journal_mode = OFF")
        to.execute("PRAGMA synchronous = OFF")
        db.backup(to, pages=STEP_PAGES, progress=rest)
        settle(to)
    _sync(copy)


def settle(db: sqlite3.Connection) -> None:
    """Let a database be one file, without a WAL; whoever writes it next gives it one again."""
    db.execute("PRAGMA journal_mode = DELETE")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        sync_file(file.fileno())


def check_log_not_newer(path: Path) -> None:
    """Raises `LogUnavailable` for a log of a newer version, or a file that is none."""
    try:
        with closing(open_reader(path)) as db:
            if not check_not_newer(db, "log"):
                raise sqlite3.DatabaseError("it is no log")
    except (sqlite3.Error, NewerDatabase) as error:
        raise log_error(path, error, f"{path} cannot be read") from error


def went_on(path: Path, after: Position, runs: Iterable[RunId]) -> bool:
    """Whether any of these runs has had an event since. Raises `LogUnavailable`."""
    sql = "SELECT 1 FROM events WHERE run_id = ? AND position > ? LIMIT 1"
    try:
        with closing(open_reader(path)) as db:
            return any(db.execute(sql, (it, after)).fetchone() for it in runs)
    except sqlite3.Error as error:
        raise log_error(path, error, f"{path} cannot be read") from error
