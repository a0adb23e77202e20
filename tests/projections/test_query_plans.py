"""Every question is answered by an index, and needs no scan, however many runs there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from storybook.projections import (
    characters,
    derived,
    forgotten,
    library,
    runs,
    storylines,
    tables,
    throughput,
    timings,
    views,
    voices,
)
from storybook.projections.artifacts import FILES
from storybook.projections.forgotten import FORGOTTEN
from storybook.projections.registry import PROJECTIONS
from storybook.projections.runs import STATES
from storybook.projections.views import InMemory

PLANS = {
    tables.find_sql(STATES): "INDEX sqlite_autoindex_run_states_1",
    tables.find_sql(FILES): "INDEX sqlite_autoindex_artifacts_1",
    library.NEWEST: "INTEGER PRIMARY KEY",
    library.FOUND: "INTEGER PRIMARY KEY",
    library.FOUND_OF_STATUS: "INDEX library_by_status",
    library.LAST_SEARCHED: "INTEGER PRIMARY KEY",
    library.NEWEST_OF_STATUS: "INDEX library_by_status",
    runs.BEGINNING_WITH: "COVERING INDEX sqlite_autoindex_run_states_1",
    library.OPEN_RUNS: "INDEX library_by_status",
    library.WITH_FILES: "COVERING INDEX library_by_files",
    tables.find_sql(FORGOTTEN): "INDEX sqlite_autoindex_forgotten_1",
    characters.ALL_SAVED: "INDEX characters_by_name",
    characters.SAVED_AS: "INDEX characters_by_name",
    derived.DERIVED_FROM: "INDEX derived_by_origin",
    forgotten.IS_FORGOTTEN: "COVERING INDEX sqlite_autoindex_forgotten_1",
    voices.LAST_VOICE: "INDEX cast_voices_by_name",
    storylines.CHOSEN_AT: "COVERING INDEX storylines_by_name",
    storylines.LATELY_SINCE: "INTEGER PRIMARY KEY",
    storylines.CHOSEN_FOR_AT: "COVERING INDEX storylines_by_topic",
    timings.TAKEN: "INDEX timings_by_role",
    throughput.OF_STATUS: "COVERING INDEX library_by_status",
    throughput.DONE_SINCE: "INDEX timings_by_role",
}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(views.remake(InMemory(), PROJECTIONS)) as db:
        yield db


@pytest.mark.parametrize("sql", PLANS)
def test_a_question_is_answered_by_its_index(db: sqlite3.Connection, sql: str) -> None:
    """The index that was made for it is searched, and gives the order too; only open runs, which
    are few, are sorted."""
    plan = db.execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
    search, *more = (step for _, _, _, step in plan)
    assert search.startswith("SEARCH ") and f" USING {PLANS[sql]} " in search
    assert more == (["USE TEMP B-TREE FOR ORDER BY"] if sql == library.OPEN_RUNS else [])


def test_what_came_of_a_book_is_searched_generation_by_generation(db: sqlite3.Connection) -> None:
    """By the same index; the tree of one book is small, and sorted."""
    plan = db.execute(f"EXPLAIN QUERY PLAN {derived.ALL_DERIVED_FROM}", ("",))
    steps = [step for _, _, _, step in plan]
    assert sum("INDEX derived_by_origin" in it for it in steps) == 2
    assert not [it for it in steps if it.startswith("SCAN derived")]


def test_every_statement_is_looked_at() -> None:
    """A new question needs a plan here."""
    statements = {
        value
        for module in (characters, derived, library, runs, storylines, timings)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.startswith("SELECT")
    }
    assert statements <= set(PLANS)
