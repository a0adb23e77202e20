"""What a projection is: a pure function from what happened to the rows that it changes.

A **table** is declared by its columns and its key. A **projection** has a name, a version, tables,
the event types that it handles, and `apply`, which is told what a batch of events did to one run
and answers with rows to put and to remove. It never sees a database, a clock, or chance, and its
rows are the same however the events are cut into batches; so a rebuild comes to the same bytes as
following live did.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec

from storybook.book import RunId
from storybook.events.catalog import EVENT_TYPES, Event
from storybook.events.log import Position, Recorded
from storybook.projections.progress import RunProgress
from storybook.run import Run

Key = tuple[Any, ...]
Row = tuple[Any, ...]
"""The values of all columns, in their order."""

EVERY_EVENT: Final = frozenset(EVENT_TYPES.values())


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table of a projection.

    `columns` maps each column to its SQL type and what follows that; those of `key`, the primary
    key, are the first ones. `indexes` maps an index's name to what follows the table's name in its
    SQL.

    A row that is put replaces the one with the same key, except that what is put into a column of
    `sums` is added to what stands there; a table with `sums` takes no `Remove`. `kept` rows, those
    that were put last, stay in memory to be looked up by their key.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    indexes: Mapping[str, str] = {}
    sums: frozenset[str] = frozenset()
    kept: int = 0

    def __post_init__(self) -> None:
        if tuple(self.columns)[: len(self.key)] != self.key:
            raise ValueError(f"{self.name}: the columns are to begin with the key {self.key}")

    def key_of(self, row: Row) -> Key:
        return row[: len(self.key)]

    def summed(self, before: Row, row: Row) -> Row:
        """The one row that stands for two which are put one after the other."""
        values = zip(self.columns, before, row, strict=True)
        return tuple(was + is_ if name in self.sums else is_ for name, was, is_ in values)


class Put(msgspec.Struct, frozen=True, gc=False):
    """A row is to stand in a table."""

    table: Table
    row: Row


class Remove(msgspec.Struct, frozen=True, gc=False):
    """No row with this key is to stand in a table."""

    table: Table
    key: Key


class RunChange(msgspec.Struct, frozen=True):
    """What a batch did to one run: its events that the projection handles (at least one), as
    recorded and decoded, and the fold of all its events before and after the batch.

    `position` and `created_at` are of the run's first event, `updated_at` is of its last one up to
    here (microseconds since 1970). `progress` is that of `run`. `memory` is what the projection
    remembers of this run.
    """

    run_id: RunId
    recorded: Sequence[Recorded]
    events: Sequence[Event]
    before: Run | None
    run: Run
    progress: RunProgress
    position: Position
    created_at: int
    updated_at: int
    memory: Any


class Erasure(msgspec.Struct, frozen=True):
    """A run was forgotten. `positions` are those of all its events, the one that says so last."""

    run_id: RunId
    positions: Sequence[Position]


class Projection(ABC):
    """A view of the log. Raise `version` whenever the same events come to other rows, or a table
    changes: this projection, and no other, is then made anew."""

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[tuple[Table, ...]]
    handles: ClassVar[frozenset[type[Event]]]

    def remember(self) -> Any:
        """What `apply` is to remember of a run, before its first event. It is lost at any time and
        made again, by `apply` being told of the run's earlier events."""
        return None

    @abstractmethod
    def apply(self, change: RunChange) -> Iterable[Put | Remove]:
        """The rows that change, in order. Raises `InvalidHistory`."""

    def forget(self, erasure: Erasure) -> Iterable[Put | Remove]:
        """The rows that change as a run is forgotten: those that are keyed by the run, or by the
        position of an event, go. A projection with other keys has to say what becomes of its rows,
        without being told what the events had said."""
        keys: dict[tuple[str, ...], Sequence[Key]] = {
            ("run_id",): [(erasure.run_id,)],
            ("position",): [(it,) for it in erasure.positions],
        }
        return [Remove(table, key) for table in self.tables for key in keys.get(table.key, ())]


TableRows = dict[Table, dict[Key, Row | None]]
"""Rows by table and key; None is to be removed."""


def collect(changes: Iterable[Put | Remove], rows: TableRows) -> None:
    """Add changes of rows to those that came before them."""
    for change in changes:
        table = change.table
        of_table = rows.get(table)
        if of_table is None:
            of_table = rows[table] = {}
        if isinstance(change, Put):
            row = change.row
            key = row[: len(table.key)]
            if table.sums and (before := of_table.get(key)) is not None:
                row = table.summed(before, row)
            of_table[key] = row
        elif table.sums:
            raise ValueError(f"{table.name} has sums: nothing can be removed from it")
        else:
            of_table[change.key] = None
