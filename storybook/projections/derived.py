"""Which books are based on which.

A book whose origin is forgotten goes on saying so; one that is forgotten itself says nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.book import KeptPart, RunId
from storybook.events.catalog import RunRequested
from storybook.projections.projection import Projection, Put, RunChange, Table

DERIVED: Final = Table(
    "derived",
    {
        "position": "INTEGER NOT NULL",  # of the event that asked for it
        "run_id": "TEXT NOT NULL",
        "origin": "TEXT NOT NULL",
        "edition": "INTEGER NOT NULL",  # of the origin
        "keep": "TEXT NOT NULL",
    },
    key=("position",),
    indexes={"derived_by_origin": "(origin, position)"},
)


class DerivedBooks(Projection):
    """A line for each book that is based on another one."""

    name = "derived"
    version = 1
    tables = (DERIVED,)
    handles = frozenset({RunRequested})

    def apply(self, change: RunChange) -> Iterator[Put]:
        it = change.run.based_on
        if it is not None:
            row = (change.position, change.run_id, it.run_id, it.edition, it.keep.value)
            yield Put(DERIVED, row)


# ------------------------------------------------------------------------------------------ reads


class DerivedBook(msgspec.Struct, frozen=True):
    """A book that is based on another one: on which edition of it, and what it keeps."""

    run_id: RunId
    edition: int
    keep: KeptPart


DERIVED_FROM: Final = "SELECT run_id, edition, keep FROM derived WHERE origin = ? ORDER BY position"
ALL_DERIVED_FROM: Final = (
    "WITH RECURSIVE found (run_id, position) AS ("
    "SELECT run_id, position FROM derived WHERE origin = ? "
    "UNION SELECT it.run_id, it.position FROM found JOIN derived AS it ON it.origin = found.run_id"
    ") SELECT run_id FROM found ORDER BY position"
)


def derived_from(db: sqlite3.Connection, origin: RunId) -> list[DerivedBook]:
    """The books that are based on one, oldest first."""
    rows = db.execute(DERIVED_FROM, (origin,))
    return [DerivedBook(RunId(run_id), edition, KeptPart(keep)) for run_id, edition, keep in rows]


def all_derived_from(db: sqlite3.Connection, origin: RunId) -> list[RunId]:
    """The books that are based on one, and those that are based on these, oldest first."""
    return [RunId(run_id) for (run_id,) in db.execute(ALL_DERIVED_FROM, (origin,))]
