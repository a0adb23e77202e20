"""Databases are brought forwards step by step, whole steps only, and never backwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storybook.stores.sqlite import migrations
from storybook.stores.sqlite.migrations import NewerDatabase, migrate, migration_files

TABLES = "SELECT name FROM sqlite_schema ORDER BY name"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `toys` family, in the place where an installed package has its migrations."""
    module = tmp_path / "stores" / "sqlite" / "migrations.py"
    monkeypatch.setattr(migrations, "__file__", str(module))
    folder = tmp_path / "migrations" / "toys"
    folder.mkdir(parents=True)
    (folder / "0001_balls.sql").write_text("CREATE TABLE balls (colour TEXT);")
    return folder


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        yield db


def names(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute(TABLES)]


def test_only_what_is_missing_is_applied(folder: Path, db: sqlite3.Connection) -> None:
    """Each migration is applied once, in order."""
    assert migrate(db, "toys") == 1
    (folder / "0002_cars.sql").write_text("CREATE TABLE cars (wheels INTEGER);")
    assert migrate(db, "toys") == 2
    assert migrate(db, "toys") == 2
    assert names(db) == ["balls", "cars"]


def test_a_failing_migration_leaves_nothing(folder: Path, db: sqlite3.Connection) -> None:
    """A migration and its record commit together, or not at all."""
    migrate(db, "toys")
    (folder / "0002_cars.sql").write_text("CREATE TABLE cars (wheels INTEGER); CREATE nonsense;")
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, "toys")
    assert names(db) == ["balls"]
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    (folder / "0002_cars.sql").write_text("CREATE TABLE cars (wheels INTEGER);")
    assert migrate(db, "toys") == 2


def test_a_newer_database_is_refused(folder: Path, db: sqlite3.Connection) -> None:
    """Code that does not know a database's schema keeps its hands off it, and says why."""
    db.execute("PRAGMA user_version = 7")
    with pytest.raises(NewerDatabase, match=r"toys database has schema 7.*only up to 1"):
        migrate(db, "toys")
    assert names(db) == []


def test_a_gap_in_the_numbers_is_a_mistake(folder: Path, db: sqlite3.Connection) -> None:
    """A family whose numbers are not 1, 2, 3 … applies nothing."""
    (folder / "0003_dolls.sql").write_text("CREATE TABLE dolls (name TEXT);")
    with pytest.raises(ValueError, match="numbered"):
        migrate(db, "toys")


def test_a_checkout_has_its_migrations_at_the_top() -> None:
    """The log's first migration is found from a checkout."""
    assert migration_files("log")[0].name == "0001_events.sql"
