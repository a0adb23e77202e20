"""How what must last is opened in SQLite: a sentence for each PRAGMA.

Projections, which can be thrown away, are opened in their own way (`projections/views.py`).

Transactions are explicit (`BEGIN IMMEDIATE` … `COMMIT`): a deferred one that begins with a read
and then writes fails at once when another process has written in between, however long the busy
timeout. A connection must not cross a fork, and is used by the thread that opened it.

A log in WAL mode needs files beside it even for reading. In a folder that cannot be written it is
read as it lies (`immutable`) only if all of it is in its one file: with a `-wal` that would show a
log without its last events, or an empty one. Then both files are copied, and read elsewhere.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from storybook.stores.sqlite.holder import find_holder
from storybook.system import SYNC_STOPS_AT_THE_DRIVE

SQLITE_VERSION: Final = sqlite3.sqlite_version_info
"""Of the library that is in use: three numbers."""
BUSY_MS: Final = 5_000
"""How long a statement waits for another process's lock, in milliseconds."""
WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
"""What a WAL that grew under a long read is cut back to."""


def open_writer(path: Path) -> sqlite3.Connection:
    """Open a database for writing, and create it if it is missing. A COMMIT that has returned
    survives a power cut."""
    db = sqlite3.connect(path, isolation_level=None)
    # Another process may be writing: wait for it rather than fail.
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    # Readers never wait for the writer, nor the writer for readers.
    db.execute("PRAGMA journal_mode = WAL")
    # FULL syncs the WAL at each COMMIT; NORMAL would lose answered commits in a power cut.
    db.execute("PRAGMA synchronous = FULL")
    if SYNC_STOPS_AT_THE_DRIVE:
        db.execute("PRAGMA fullfsync = ON")
        db.execute("PRAGMA checkpoint_fullfsync = ON")
    # What is erased is overwritten. A log only grows, so that there is nothing else to overwrite.
    db.execute("PRAGMA secure_delete = ON")
    # Give the disk back what one long reader made the WAL grow to.
    db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    # Keep the rows of a multi-row INSERT in memory while its triggers look at them: in a temporary
    # file, which is the default, the INSERT of 16 rows took 1.7 times as long.
    db.execute("PRAGMA temp_store = MEMORY")
    # Let REPLACE fire the DELETE triggers, which it does not by default.
    db.execute("PRAGMA recursive_triggers = ON")
    # Refuse SQL functions with side effects in a schema that somebody else may have edited.
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a database for reading only, also in a folder that cannot be written; raises
    `sqlite3.OperationalError` if it is missing."""
    try:
        return _open_readable(path, "mode=ro")
    except sqlite3.OperationalError:
        if not path.is_file() or os.access(path.parent, os.W_OK) or find_holder(path) is not None:
            raise
    if not _has_content(_wal_of(path)):
        return _open_readable(path, "mode=ro&immutable=1")
    return _open_readable(_copied(path, _state_of(path), _state_of(_wal_of(path))), "mode=ro")


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _state_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)  # one command opens the same log several times
def _copied(path: Path, state: tuple[int, int], wal: tuple[int, int]) -> Path:
    """A copy of a database and its WAL as they are now, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="storybook-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = folder / path.name
    shutil.copyfile(path, copy)
    shutil.copyfile(_wal_of(path), _wal_of(copy))
    return copy


def _open_readable(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
    try:
        _configure_reader(db)
    except BaseException:
        db.close()
        raise
    return db


def _configure_reader(db: sqlite3.Connection) -> None:
    # A reader waits only while the WAL is recovered after a crash.
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    # Refuse what would write, temporary tables included.
    db.execute("PRAGMA query_only = ON")
    # Only the writer's connection checkpoints: SQLite from 3.7.0 to 3.51.2 can damage a WAL that
    # two connections write or checkpoint at the same instant.
    db.execute("PRAGMA wal_autocheckpoint = 0")
    # As for the writer.
    db.execute("PRAGMA trusted_schema = OFF")
    # The first look at the file, so that one that cannot be read is known here.
    db.execute("PRAGMA schema_version").fetchone()
