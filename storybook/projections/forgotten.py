"""The runs that were forgotten: nothing is left of them but that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from storybook.book import RunId
from storybook.events.catalog import RunForgotten
from storybook.projections.projection import Erasure, Projection, Put, RunChange, Table

FORGOTTEN: Final = Table(
    "forgotten",
    {
        "run_id": "TEXT NOT NULL",
        "position": "INTEGER NOT NULL",  # of the event that says so
    },
    key=("run_id",),
)


class ForgottenRuns(Projection):
    """A line for each run that was forgotten."""

    name = "forgotten"
    version = 1
    tables = (FORGOTTEN,)
    handles = frozenset({RunForgotten})

    def apply(self, change: RunChange) -> Iterable[Put]:
        return ()

    def forget(self, erasure: Erasure) -> Iterator[Put]:
        yield Put(FORGOTTEN, (erasure.run_id, erasure.positions[-1]))


ALL_FORGOTTEN: Final = "SELECT run_id FROM forgotten"


IS_FORGOTTEN: Final = "SELECT 1 FROM forgotten WHERE run_id = ?"


def is_forgotten(db: sqlite3.Connection, run_id: RunId) -> bool:
    """Whether a run was forgotten."""
    return db.execute(IS_FORGOTTEN, (run_id,)).fetchone() is not None


def all_forgotten(db: sqlite3.Connection) -> list[RunId]:
    """Every run that was forgotten."""
    return [run_id for (run_id,) in db.execute(ALL_FORGOTTEN)]
