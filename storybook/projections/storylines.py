"""When each story of a writer by rule was chosen last, so that the next book gets another one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from storybook.events.catalog import RunRequested
from storybook.projections.projection import Projection, Put, RunChange, Table

STORYLINES: Final = Table(
    "storylines",
    {
        "position": "INTEGER NOT NULL",  # of the event that chose it
        "storyline": "TEXT NOT NULL",
    },
    key=("position",),
    indexes={"storylines_by_name": "(storyline, position)"},
)


class ChosenStorylines(Projection):
    """A line for each book for which a story was chosen."""

    name = "storylines"
    version = 1
    tables = (STORYLINES,)
    handles = frozenset({RunRequested})

    def apply(self, change: RunChange) -> Iterator[Put]:
        if change.run.storyline:
            yield Put(STORYLINES, (change.position, change.run.storyline))


# ------------------------------------------------------------------------------------------ reads

CHOSEN_AT: Final = (
    "SELECT position FROM storylines WHERE storyline = ? ORDER BY position DESC LIMIT 1"
)


def least_lately_chosen(db: sqlite3.Connection, names: Sequence[str]) -> str:
    """Of some stories the one that was never chosen or longest ago; of those that are alike in
    this the first. Empty if there are none."""
    return min(names, key=lambda name: _chosen_at(db, name), default="")


def _chosen_at(db: sqlite3.Connection, name: str) -> int:
    row = db.execute(CHOSEN_AT, (name,)).fetchone()
    return row[0] if row is not None else 0
