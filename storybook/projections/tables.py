"""The tables of projections in the file of the views: rows written and looked up, tables made,
swapped and removed. A suffix names tables that a rebuild makes beside the others."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from storybook.projections.projection import Key, Projection, Row, Table, TableRows

_ROWS_A_STATEMENT: Final = 32


def write_rows(db: sqlite3.Connection, rows: TableRows, suffix: str = "") -> None:
    """Put and remove rows, within the caller's transaction."""
    for table, changes in rows.items():
        _upsert(db, table, [row for row in changes.values() if row is not None], suffix)
        gone = [key for key, row in changes.items() if row is None]
        if gone:
            sql = f"DELETE FROM {table.name}{suffix} WHERE {_has_key(table)}"
            db.executemany(sql, gone)


def find(db: sqlite3.Connection, table: Table, key: Key) -> Row | None:
    """The row with this key."""
    row: Row | None = db.execute(find_sql(table), key).fetchone()
    return row


def find_sql(table: Table) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {_has_key(table)}"


def _has_key(table: Table) -> str:
    return " AND ".join(f"{column} = ?" for column in table.key)


def _upsert(db: sqlite3.Connection, table: Table, rows: list[Row], suffix: str) -> None:
    # Many rows a statement: sqlite3 lets go of the GIL around each step, and taking it back beside
    # a busy event loop costs up to 5 ms. Powers of two, so that few statements are prepared.
    start, size = 0, _ROWS_A_STATEMENT
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        values: list[Any] = [value for row in rows[start : start + size] for value in row]
        db.execute(_upsert_sql(table, suffix, size), values)
        start += size


@lru_cache(maxsize=256)
def _upsert_sql(table: Table, suffix: str, rows: int) -> str:
    name = f"{table.name}{suffix}"
    row = f"({', '.join('?' * len(table.columns))})"
    changed = ", ".join(
        f"{it} = {name}.{it} + excluded.{it}" if it in table.sums else f"{it} = excluded.{it}"
        for it in list(table.columns)[len(table.key) :]
    )
    return (
        f"INSERT INTO {name} ({', '.join(table.columns)}) VALUES {', '.join([row] * rows)} "
        f"ON CONFLICT ({', '.join(table.key)}) DO "
        + (f"UPDATE SET {changed}" if changed else "NOTHING")
    )


# -------------------------------------------------------------------------------- made and swapped


def create(db: sqlite3.Connection, projection: Projection, suffix: str = "") -> None:
    """Make a projection's tables, empty, and their indexes, within the caller's transaction."""
    for table in projection.tables:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        key = ", ".join(table.key)
        db.execute(f"CREATE TABLE {table.name}{suffix} ({columns}, PRIMARY KEY ({key})) STRICT")
        for name, rest in table.indexes.items():
            db.execute(f"CREATE INDEX {name}{suffix} ON {table.name}{suffix} {rest}")


def swap(db: sqlite3.Connection, projections: Iterable[Projection], suffix: str, old: str) -> None:
    """Put the tables with a suffix in the place of the present ones, within the caller's
    transaction; the present ones are renamed, since emptying them would take long."""
    for projection in projections:
        for table in projection.tables:
            db.execute(f"ALTER TABLE {table.name} RENAME TO {table.name}{old}")
            db.execute(f"ALTER TABLE {table.name}{suffix} RENAME TO {table.name}")


def names(db: sqlite3.Connection) -> set[str]:
    """Of all tables that there are, whosever they are."""
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    return {name for (name,) in db.execute(sql).fetchall()}


def drop_in_pieces(db: sqlite3.Connection, table: str, rows: int = 500) -> None:
    """Remove a table by short transactions, with as much time between them for others: SQLite has
    no queue, and who waits looks only now and then whether the lock is free."""
    key = ", ".join(
        name for _, name, *_, place in db.execute(f"PRAGMA table_info({table})") if place
    )
    for index in _indexes(db, table):
        db.execute(f"DROP INDEX {index}")
    some = f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} LIMIT {rows})"
    while True:
        began = time.perf_counter()
        if not db.execute(some).rowcount:
            break
        time.sleep(time.perf_counter() - began)
    db.execute(f"DROP TABLE {table}")


def _indexes(db: sqlite3.Connection, table: str) -> list[str]:
    """Of a table, without those that its keys have of themselves."""
    sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    return [name for (name,) in db.execute(sql, (table,)).fetchall()]
