"""The file of the projections: opening, remaking, writing rows with their checkpoint, swapping.

`projections.db` is computed from the log, so it is careless where the log is not, and has its own
journal mode. `tables` are `runs` and `timings`; while a rebuild works, its own stand beside them
as `runs_7` and `timings_7`, 7 being the generation to come.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from storybook.events.catalog import EngineInfo
from storybook.events.log import Position
from storybook.projections.folding import Changes, RunRow
from storybook.projections.timings import ROLE_OF, StageTiming, Timing
from storybook.stores.sqlite.migrations import migrate, migration_files

FORMAT: Final = 3
"""Raise it whenever the same events come to other rows, or the tables change: older files are then
made anew."""

APPLICATION_ID: Final = 0x53545056
"""Names the program that a database belongs to; the first migration writes it."""
TABLES: Final = ("runs", "timings")
BUSY_MS: Final = 5_000
"""How long a statement waits for another process's transaction, in milliseconds."""
CACHE_KIB: Final = 16_384
"""A transaction that outgrows the page cache locks readers out until it ends: a rebuild's batch of
2,000 events dirties about 2 MiB."""
_ROWS_A_STATEMENT: Final = 32
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MAY_PASS: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


class Checkpoint(msgspec.Struct, frozen=True):
    """How far the rows go, and the digest of the event there."""

    position: Position
    digest: bytes
    generation: int


NOTHING: Final = Checkpoint(Position(0), b"", 0)


class ForeignFile(Exception):
    """The file is no projection that this code can go on with; it is to be made anew."""


# ----------------------------------------------------------------------------------------- opening


def connect(path: Path, *, wait_ms: int = BUSY_MS, read_only: bool = False) -> sqlite3.Connection:
    """Open the file. The connection may be handed from thread to thread, one at a time."""
    # Not mode=ro for reading: such a connection could not roll back what a killed writer left.
    uri = f"{path.absolute().as_uri()}?mode={'rw' if read_only else 'rwc'}"
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
    db.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    db.execute("PRAGMA trusted_schema = OFF")
    if read_only:
        db.execute("PRAGMA query_only = ON")


def open_tables(path: Path) -> sqlite3.Connection:
    """Open the file for writing; one that is missing, damaged or foreign is made anew, empty."""
    with contextlib.suppress(ForeignFile):
        if path.exists():
            return _open_known(path)
    return remake(path)


def remake(path: Path) -> sqlite3.Connection:
    """Delete the file and open an empty one."""
    # The journal first: left alone it would be rolled back into the new file.
    for file in (path.with_name(f"{path.name}-journal"), path):
        file.unlink(missing_ok=True)
    db = connect(path)
    try:
        migrate(db, "projections")
        db.execute("INSERT INTO checkpoint VALUES (1, 0, x'', ?, 0, 0)", (FORMAT,))
    except BaseException:
        db.close()
        raise
    return db


def _open_known(path: Path) -> sqlite3.Connection:
    db = connect_known(path)
    try:
        with _refusing_damage(path):
            _check_whole(db, path)
            db.execute("UPDATE checkpoint SET clean = 0")
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


def _check_known(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise ForeignFile(f"{path} is no projection of ours")
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    if schema != len(migration_files("projections")):
        raise ForeignFile(f"{path} has schema {schema}")
    row = db.execute("SELECT format FROM checkpoint").fetchone()
    if row is None or row[0] != FORMAT:
        raise ForeignFile(f"{path} was computed by another version")


def _check_whole(db: sqlite3.Connection, path: Path) -> None:
    (is_clean,) = db.execute("SELECT clean FROM checkpoint").fetchone()
    if not is_clean and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise ForeignFile(f"{path} is damaged")


@contextlib.contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise ForeignFile(f"{path} is damaged, or no projection of ours: {error}") from error


def close_clean(db: sqlite3.Connection) -> None:
    """Close so that the next opening can trust the file: all of it is on the disk."""
    db.execute("PRAGMA synchronous = FULL")
    db.execute("UPDATE checkpoint SET clean = 1")
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
    """Whether the disk is full or fails, or the file cannot be opened: somebody may mend that."""
    return _code(error) & 0xFF in _MAY_PASS


def _code(error: BaseException) -> int:
    """SQLite's extended code, 0 for what is no error of SQLite."""
    return getattr(error, "sqlite_errorcode", 0)


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; other writers wait from its beginning."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


# ----------------------------------------------------------------------------------------- writing


def read_checkpoint(db: sqlite3.Connection) -> Checkpoint:
    row = db.execute("SELECT position, digest, generation FROM checkpoint").fetchone()
    return Checkpoint(*row)


def last_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint of a file that any version wrote; None if there is none to be read. Makes
    nothing."""
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            return read_checkpoint(db)
    except (sqlite3.Error, TypeError):  # no database, no such table, or no row in it
        return None


def write_checkpoint(db: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    db.execute(
        "UPDATE checkpoint SET position = ?, digest = ?, generation = ?, clean = 0",
        (checkpoint.position, checkpoint.digest, checkpoint.generation),
    )


def write_rows(db: sqlite3.Connection, changes: Changes, suffix: str = "") -> None:
    """Write rows over the ones that stand there, within the caller's transaction."""
    _upsert(db, f"runs{suffix}", _RUN_COLUMNS, [msgspec.structs.astuple(r) for r in changes.runs])
    rows = [_timing_row(timing) for timing in changes.timings]
    _upsert(db, f"timings{suffix}", _TIMING_COLUMNS, rows)


_RUN_COLUMNS: Final = RunRow.__struct_fields__
_TIMING_COLUMNS: Final = (
    *("position", "run_id", "stage", "page", "attempt", "role", "engine"),
    *("requested_at", "started_at", "ended_at", "outcome", "error"),
)


@lru_cache(maxsize=64)  # there are few engines, and one stands in every row
def _engine_text(engine: EngineInfo) -> str:
    return msgspec.json.encode(engine).decode()


def _timing_row(timing: Timing) -> tuple[Any, ...]:
    stage: StageTiming = timing.stage
    engine = None if stage.engine is None else _engine_text(stage.engine)
    return (
        *(timing.position, timing.run_id, stage.stage.value, stage.page, stage.attempt),
        *(ROLE_OF[stage.stage].value, engine, stage.requested_at, stage.started_at),
        *(stage.ended_at, stage.outcome, stage.error),
    )


def _upsert(
    db: sqlite3.Connection, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    # Many rows a statement: sqlite3 lets go of the GIL around each step, and taking it back beside
    # a busy event loop costs up to 5 ms. Powers of two, so that few statements are prepared.
    start, size = 0, _ROWS_A_STATEMENT
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        values = [value for row in rows[start : start + size] for value in row]
        db.execute(_upsert_sql(table, tuple(columns), size), values)
        start += size


@lru_cache
def _upsert_sql(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} "
        f"ON CONFLICT ({columns[0]}) DO UPDATE SET {changed}"
    )


# ------------------------------------------------------------------------------ beside, and swapped


def create_beside(db: sqlite3.Connection, suffix: str) -> None:
    """Make empty tables with a suffix, and indexes of the same shape."""
    with transaction(db):
        for sql in _schema():
            db.execute(re.sub(rf"\b({'|'.join(TABLES)})(?=_|\b)", rf"\1{suffix}", sql))


def _schema() -> Iterable[str]:
    """The statements that make the tables and their indexes, as the migrations have them."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as pristine:
        migrate(pristine, "projections")
        wanted = f"tbl_name IN ({', '.join('?' * len(TABLES))}) AND sql IS NOT NULL"
        rows = pristine.execute(f"SELECT sql FROM sqlite_schema WHERE {wanted}", TABLES)
        return [sql for (sql,) in rows]


def swap(db: sqlite3.Connection, suffix: str, old: str) -> None:
    """Put the tables with a suffix in the place of the present ones, within the caller's
    transaction; the present ones are renamed, since emptying them would take long."""
    for table in TABLES:
        db.execute(f"ALTER TABLE {table} RENAME TO {table}{old}")
        db.execute(f"ALTER TABLE {table}{suffix} RENAME TO {table}")


def leftovers(db: sqlite3.Connection) -> list[str]:
    """Tables that a rebuild has left behind."""
    known = {"checkpoint", *TABLES}
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return [name for (name,) in rows if name not in known]


def drop_in_pieces(db: sqlite3.Connection, table: str, rows: int = 500) -> None:
    """Remove a table by short transactions, with as much time between them for others: SQLite has
    no queue, and who waits looks only now and then whether the lock is free."""
    some = f"SELECT position FROM {table} LIMIT {rows}"
    while True:
        began = time.perf_counter()
        if not db.execute(f"DELETE FROM {table} WHERE position IN ({some})").rowcount:
            break
        time.sleep(time.perf_counter() - began)
    db.execute(f"DROP TABLE {table}")
