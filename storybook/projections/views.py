"""The file of the views: opening it, remaking it, and what its errors mean.

`projections.db` is computed from the log, so it is careless where the log is not, and has its own
journal mode. Each projection has its tables and a **checkpoint** in it: which version of the code
computed the rows, up to which position, and the digest of the event there. While a rebuild works,
its own tables stand beside the others as `library_7`, 7 being the generation to come.

Where no file can be kept, the same tables are in memory.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from storybook.projections import tables
from storybook.projections.checkpoints import Checkpoint, register, versions
from storybook.projections.projection import Projection

APPLICATION_ID: Final = 0x53545056
"""Names the program that a database belongs to: 'STPV'."""
FORMAT: Final = 4
"""Of the file's own tables; what it is raised for makes older files anew, all projections in
them."""
BUSY_MS: Final = 5_000
"""How long a statement waits for another process's transaction, in milliseconds."""
CACHE_KIB: Final = 16_384
"""A transaction that outgrows the page cache locks readers out until it ends: a rebuild's batch of
2,000 events dirties about 2 MiB."""
P = ParamSpec("P")
T = TypeVar("T")
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MAY_PASS: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}

_SCHEMA: Final = """
CREATE TABLE checkpoints (
  name       TEXT    PRIMARY KEY,
  version    INTEGER NOT NULL,  -- of the projection: the code that computed the rows
  position   INTEGER NOT NULL,  -- every event up to here has been applied, none after it
  digest     BLOB    NOT NULL,  -- of the event at that position: whether it is still that log
  generation INTEGER NOT NULL   -- one more with each rebuild
) STRICT;

-- Runs whose events from a position on were left out, since they could not be read.
CREATE TABLE parked (
  run_id   TEXT    PRIMARY KEY,
  position INTEGER NOT NULL,
  type     TEXT    NOT NULL,
  why      TEXT    NOT NULL
) STRICT;

CREATE TABLE file (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  clean INTEGER NOT NULL  -- 1 from an orderly close to the next write: all is on disk
) STRICT;

INSERT INTO file VALUES (1, 0);
"""
Database = sqlite3.Connection
"""What a question is asked of: the tables of the views."""
ViewsError: Final = sqlite3.Error
"""What any use of them may raise, for whoever only tells people."""


class ForeignFile(Exception):
    """The file holds no views that this code can go on with; it is to be made anew."""


class InMemory:
    """Where views are while no file can be kept."""

    _serial = itertools.count()

    def __init__(self) -> None:
        # Connections of one process that open the same name of this VFS share a database.
        self.uri = f"file:/storybook-views-{next(self._serial)}?vfs=memdb"

    def __str__(self) -> str:
        return "memory"


def connect(
    where: Path | InMemory, *, wait_ms: int = BUSY_MS, read_only: bool = False
) -> sqlite3.Connection:
    """Open the file. The connection may be handed from thread to thread, one at a time."""
    if isinstance(where, Path):
        # Not mode=ro for reading: such a connection could not roll back what a killed writer left.
        uri = f"{where.absolute().as_uri()}?mode={'rw' if read_only else 'rwc'}"
    else:
        uri = where.uri
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        _configure(db, wait_ms, read_only)
    except BaseException:
        db.close()
        raise
    return db


def _configure(db: sqlite3.Connection, wait_ms: int, read_only: bool) -> None:
    # The server and a rebuild beside it take turns.
    db.execute(f"PRAGMA busy_timeout = {wait_ms}")
    # Not WAL: two processes write here, and SQLite before 3.51.3 can damage a WAL that two
    # connections write at the same instant. Not MEMORY: a killed writer would leave a torn file.
    # TRUNCATE leaves a journal that the next one to open rolls back, and spares DELETE's unlink.
    db.execute("PRAGMA journal_mode = TRUNCATE")
    # A power cut may tear the file: `clean` tells that to the next opening, which makes it anew.
    db.execute("PRAGMA synchronous = OFF")
    # What is removed or replaced is overwritten: nothing of a run that is forgotten stays.
    db.execute("PRAGMA secure_delete = ON")
    db.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    db.execute("PRAGMA trusted_schema = OFF")
    if read_only:
        db.execute("PRAGMA query_only = ON")


def open_views(path: Path, projections: Sequence[Projection]) -> sqlite3.Connection:
    """Open the file for writing; one that is missing, damaged or foreign is made anew, empty, and
    so are the tables of a projection that another version of the code computed."""
    with contextlib.suppress(ForeignFile):
        if path.exists():
            return _open_known(path, projections)
    return remake(path, projections)


def files_of(path: Path) -> tuple[Path, Path]:
    """The journal and the file, in the order in which they are to go: a journal that is left alone
    would be rolled back into a new file."""
    return path.with_name(f"{path.name}-journal"), path


def remake(where: Path | InMemory, projections: Sequence[Projection]) -> sqlite3.Connection:
    """Delete the file and open an empty one."""
    if isinstance(where, Path):
        for file in files_of(where):
            file.unlink(missing_ok=True)
    db = connect(where)
    try:
        db.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {FORMAT}; COMMIT;"
        )
        register(db, projections)
    except BaseException:
        db.close()
        raise
    return db


def open_in_memory(
    where: InMemory, path: Path, projections: Sequence[Projection]
) -> sqlite3.Connection:
    """Open views in memory: what the file has, as far as it can be read, else empty ones."""
    with contextlib.suppress(ForeignFile, sqlite3.Error, OSError):
        return _copied_to_memory(where, path, projections)
    return remake(where, projections)


def _copied_to_memory(
    where: InMemory, path: Path, projections: Sequence[Projection]
) -> sqlite3.Connection:
    with contextlib.closing(connect_known(path, read_only=True)) as file:
        _check_whole(file, path)
        db = connect(where)
        try:
            file.backup(db)
            register(db, projections)
        except BaseException:
            db.close()
            raise
    return db


def save(db: sqlite3.Connection, path: Path) -> None:
    """Make a file of all that a connection has, in the place of the one that is there."""
    beside = _beside(path)
    try:
        remove_unfinished(path)
        with contextlib.closing(connect(beside)) as file:
            db.backup(file)
        journal, _ = files_of(path)
        journal.unlink(missing_ok=True)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Remove what a process that died while it saved has left; for whoever alone may save."""
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.saving")


def _open_known(path: Path, projections: Sequence[Projection]) -> sqlite3.Connection:
    db = connect_known(path)
    try:
        with _refusing_damage(path):
            _check_whole(db, path)
            db.execute("UPDATE file SET clean = 0")
            register(db, projections)
    except BaseException:
        db.close()
        raise
    return db


def connect_known(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a file that this code wrote. Raises `ForeignFile`."""
    with _refusing_damage(path):
        db = connect(path, read_only=read_only)
        try:
            _check_known(db, path)
        except BaseException:
            db.close()
            raise
    return db


def open_to_read(path: Path, projections: Iterable[Projection]) -> sqlite3.Connection:
    """Open a file that another process may keep, if its rows of these projections are such as this
    code makes. Raises `ForeignFile`."""
    db = connect_known(path, read_only=True)
    try:
        with _refusing_damage(path):
            found = versions(db)
        for projection in projections:
            if found.get(projection.name) != projection.version:
                raise ForeignFile(f"{path}: {projection.name} was computed by another version")
    except BaseException:
        db.close()
        raise
    return db


def ask(
    path: Path,
    projections: Iterable[Projection],
    question: Callable[Concatenate[Database, P], T],
    *args: P.args,
    **named: P.kwargs,
) -> T:
    """What a file that another process may keep answers to a question. Raises `ForeignFile`, also
    where it cannot be read now."""
    try:
        with contextlib.closing(open_to_read(path, projections)) as db:
            return question(db, *args, **named)
    except sqlite3.Error as error:
        raise ForeignFile(f"{path} cannot be read now: {error}") from error


def _check_known(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise ForeignFile(f"{path} holds no views of ours")
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found != FORMAT:
        raise ForeignFile(f"{path} was made by another version (format {found}, not {FORMAT})")
    if db.execute("SELECT clean FROM file").fetchone() is None:
        raise ForeignFile(f"{path} was never finished")


def _check_whole(db: sqlite3.Connection, path: Path) -> None:
    (is_clean,) = db.execute("SELECT clean FROM file").fetchone()
    if not is_clean and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise ForeignFile(f"{path} is damaged")


@contextlib.contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise ForeignFile(f"{path} is damaged, or holds no views of ours: {error}") from error


def close_clean(db: sqlite3.Connection) -> None:
    """Close so that the next opening can trust the file: all of it is on the disk."""
    db.execute("PRAGMA synchronous = FULL")
    db.execute("UPDATE file SET clean = 1")
    db.close()


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is torn, no database, emptied, or no longer the one that
    was opened (it was deleted, or another put in its place)."""
    return (
        _code(error) & 0xFF in _DAMAGED
        or _code(error) == sqlite3.SQLITE_READONLY_DBMOVED
        or (_code(error) == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"))
    )


def is_busy(error: BaseException) -> bool:
    """Whether another connection held its lock for longer than we wait."""
    return _code(error) & 0xFF == sqlite3.SQLITE_BUSY


def may_pass(error: BaseException) -> bool:
    """Whether the disk is full or fails, or the file cannot be opened or written: somebody may
    mend that."""
    return isinstance(error, OSError) or _code(error) & 0xFF in _MAY_PASS


def _code(error: BaseException) -> int:
    """SQLite's extended code, 0 for what is no error of SQLite."""
    return getattr(error, "sqlite_errorcode", 0)


def last_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint that goes furthest in a file that any version wrote; None if there is none to
    be read. Makes nothing."""
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            # Up to format 2 there was one checkpoint for all.
            table = "checkpoints" if "checkpoints" in tables.names(db) else "checkpoint"
            newest = f"SELECT position, digest, generation FROM {table} ORDER BY position DESC"
            row = db.execute(newest).fetchone()
    except sqlite3.Error:
        return None
    return Checkpoint(*row) if row is not None else None
