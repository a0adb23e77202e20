"""Every question is answered by an index, and needs no scan, however many runs there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from storybook.projections import reads
from storybook.stores.sqlite.migrations import migrate

PLANS = {
    "STATE": "INDEX runs_by_id",
    "LIBRARY": "INTEGER PRIMARY KEY",
    "LIBRARY_OF_STATUS": "INDEX runs_by_status",
    "BEGINNING_WITH": "COVERING INDEX runs_by_id",
    "OPEN_RUNS": "INDEX runs_by_status",
    "ENDED_BEFORE": "INDEX runs_by_files",
    "TAKEN": "INDEX timings_by_role",
}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, "projections")
        yield db


@pytest.mark.parametrize("name", PLANS)
def test_a_question_is_answered_by_its_index(db: sqlite3.Connection, name: str) -> None:
    """The index that was made for it is searched, and gives the order too; only open runs, which
    are few, are sorted."""
    sql = getattr(reads, name)
    plan = db.execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
    search, *more = (step for _, _, _, step in plan)
    assert search.startswith("SEARCH ") and f" USING {PLANS[name]} " in search
    assert more == (["USE TEMP B-TREE FOR ORDER BY"] if name == "OPEN_RUNS" else [])


def test_every_statement_is_looked_at() -> None:
    """A new question needs a plan here."""
    statements = {name for name in vars(reads) if name.isupper() and not name.startswith("_")}
    assert statements - {"RECENT"} == set(PLANS)
