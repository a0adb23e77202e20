"""Databases are opened as durable, and readers as harmless, as the rest of the code relies on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storybook.stores.sqlite.connection import open_reader, open_writer


def pragma(db: sqlite3.Connection, name: str) -> object:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_writer_syncs_each_commit(tmp_path: Path) -> None:
    """An answered commit is on the disk: WAL with a sync at each COMMIT."""
    with closing(open_writer(tmp_path / "a b.db")) as db:
        assert (pragma(db, "journal_mode"), pragma(db, "synchronous")) == ("wal", 2)
        assert (pragma(db, "recursive_triggers"), pragma(db, "trusted_schema")) == (1, 0)


def test_a_reader_only_reads(tmp_path: Path) -> None:
    """A reader sees what was written, and can neither write, nor checkpoint, nor create a file."""
    path = tmp_path / "a?b#c d.db"
    with pytest.raises(sqlite3.OperationalError):
        open_reader(path)
    assert not path.exists()
    with closing(open_writer(path)) as writer:
        writer.execute("CREATE TABLE t (x)")
        with closing(open_reader(path)) as reader:
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
            assert pragma(reader, "wal_autocheckpoint") == 0
            for statement in ("INSERT INTO t VALUES (1)", "CREATE TEMP TABLE u (x)"):
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    reader.execute(statement)
