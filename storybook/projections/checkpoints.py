"""How far each projection's rows go, and which runs were left out: what the file of the views keeps
beside the rows."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from storybook.book import RunId
from storybook.events.log import START, Position
from storybook.events.parked import ParkedRun
from storybook.projections import tables
from storybook.projections.projection import Projection

_OWN_TABLES: Final = {"checkpoints", "parked", "file"}


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a projection's rows go, the digest of the event there, and which rebuild made its
    tables."""

    position: Position = START
    digest: bytes = b""
    generation: int = 0


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


def register(db: sqlite3.Connection, projections: Sequence[Projection]) -> None:
    """Begin each projection that the file does not have from this version of the code, and forget
    the checkpoints of all that are unknown here; a rebuild removes their tables."""
    found = versions(db)
    there = tables.names(db)
    for projection in projections:
        is_whole = all(table.name in there for table in projection.tables)
        if found.pop(projection.name, None) != projection.version or not is_whole:
            begin(db, projection)
    for name in found:
        db.execute("DELETE FROM checkpoints WHERE name = ?", (name,))


def versions(db: sqlite3.Connection) -> dict[str, int]:
    """By which version of the code each projection was computed, by its name."""
    return dict(db.execute("SELECT name, version FROM checkpoints").fetchall())


def begin(db: sqlite3.Connection, projection: Projection) -> None:
    """Empty a projection: its tables, and its checkpoint."""
    with transaction(db):
        generation = read_checkpoints(db).get(projection.name, Checkpoint()).generation
        for table in projection.tables:
            db.execute(f"DROP TABLE IF EXISTS {table.name}")
            for index in table.indexes:  # an old table that a rebuild renamed still has it
                db.execute(f"DROP INDEX IF EXISTS {index}")
        tables.create(db, projection)
        write_checkpoint(db, projection, Checkpoint(generation=generation))


def read_checkpoints(db: sqlite3.Connection) -> dict[str, Checkpoint]:
    """The checkpoint of each projection, by its name."""
    sql = "SELECT name, position, digest, generation FROM checkpoints"
    return {name: Checkpoint(*rest) for name, *rest in db.execute(sql).fetchall()}


def write_checkpoint(
    db: sqlite3.Connection, projection: Projection, checkpoint: Checkpoint
) -> None:
    """Set a projection's checkpoint, within the caller's transaction."""
    db.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)",
        (projection.name, projection.version, *msgspec.structs.astuple(checkpoint)),
    )
    db.execute("UPDATE file SET clean = 0 WHERE clean = 1")


def leftovers(db: sqlite3.Connection, projections: Iterable[Projection]) -> list[str]:
    """Tables that a rebuild, or a projection that is no more, has left there."""
    known = _OWN_TABLES | {table.name for it in projections for table in it.tables}
    return sorted(tables.names(db) - known)


def read_parked(db: sqlite3.Connection) -> list[ParkedRun]:
    """The runs of which events were left out."""
    return [ParkedRun(*row) for row in db.execute("SELECT * FROM parked ORDER BY position")]


def write_parked(db: sqlite3.Connection, parked: Iterable[ParkedRun]) -> None:
    """Remember runs of which events were left out, within the caller's transaction."""
    rows = [msgspec.structs.astuple(it) for it in parked]
    db.executemany("INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?)", rows)


def release_parked(db: sqlite3.Connection, run_id: RunId) -> None:
    """Forget that events of a run were left out, within the caller's transaction."""
    db.execute("DELETE FROM parked WHERE run_id = ?", (run_id,))
