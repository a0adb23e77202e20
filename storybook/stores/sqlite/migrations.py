"""Brings a database to the schema that this code knows, by numbered SQL files.

`migrations/<family>/0001_<what>.sql` is the first one of a family; `PRAGMA user_version` says how
many have been applied. A migration and its record commit together, so that a crash in between
leaves the old schema whole. Migrations only go forwards: a database from a newer version is
refused.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class NewerDatabase(Exception):
    """The database has migrations that this code does not know."""

    def __init__(self, family: str, found: int, known: int) -> None:
        super().__init__(
            f"the {family} database has schema {found}, but this storybook knows only up to "
            f"{known}: use the version that wrote it, or a newer one"
        )
        self.found, self.known = found, known


def migrate(db: sqlite3.Connection, family: str, up_to: int | None = None) -> int:
    """Apply what is missing, in order, `up_to` a number or all; returns the schema's number. Raises
    `NewerDatabase`."""
    files = migration_files(family)[:up_to]
    version = check_not_newer(db, family)
    for number, file in enumerate(files[version:], start=version + 1):
        _apply(db, number, file.read_text("utf-8"))
    return len(files)


def check_not_newer(db: sqlite3.Connection, family: str) -> int:
    """How many migrations a database has had; raises `NewerDatabase`."""
    known = len(migration_files(family))
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    if found > known:
        raise NewerDatabase(family, found, known)
    return found


def migration_files(family: str) -> list[Path]:
    """The files of a family, in order. Raises ValueError if their numbers have a gap."""
    package = Path(__file__).parents[2]
    installed, checkout = package / "migrations" / family, package.parent / "migrations" / family
    files = sorted((installed if installed.is_dir() else checkout).glob("*.sql"))
    numbers = [int(file.name[:4]) for file in files]
    if not files or numbers != list(range(1, len(files) + 1)):
        raise ValueError(f"the {family} migrations are not numbered from 0001 on: {numbers}")
    return files


def _apply(db: sqlite3.Connection, number: int, sql: str) -> None:
    try:
        db.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
