"""A group of appends: how it is put together, inserted and committed, and what is answered.

Each event gets its position, its version and its link of the chain when it joins the group.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from typing import Final

import msgspec

from storybook.book import RunId
from storybook.events.log import Appended, CommandId, Conflict, Position, Recorded, Version
from storybook.stores.sqlite.chain import GENESIS, chain_digest

GROUP_EVENTS: Final = 512
"""Events in one transaction: beyond it, a commit costs little less an event, and delays more."""

Answer = Appended | Exception


class Append(msgspec.Struct, frozen=True, gc=False):
    """An append that waits. Each event is its type, schema, data and payload digest; `size` is the
    data's, in bytes; one that `erases` empties what its run had before. The `future` belongs to the
    event loop, and this thread never touches it."""

    future: asyncio.Future[Appended]
    run_id: RunId
    expected: Version
    command: CommandId
    events: list[tuple[str, int, bytes, bytes]]
    size: int
    erases: bool = False


class GroupResult(msgspec.Struct):
    """What a group came to: the events that are now durable, an answer for every append in it, and
    the end of the log."""

    recorded: list[Recorded]
    answers: list[tuple[asyncio.Future[Appended], Answer]]
    head: Position


class CommitFailed(Exception):
    """COMMIT failed, and it is not known what became of the transaction."""


class GroupDraft:
    """A group being put together: what is to be inserted, and what will be answered."""

    def __init__(self, position: Position, digest: bytes, now: int) -> None:
        self.position, self.digest, self._now = position, digest, now
        self.recorded: list[Recorded] = []
        self.events: list[object] = []
        """The rows of `events`, one after the other."""
        self.commands: list[object] = []
        self.by_command: dict[CommandId, tuple[RunId, Appended]] = {}
        self.answers: list[tuple[asyncio.Future[Appended], Answer]] = []

    def add(self, append: Append, version: int) -> Version:
        """Add the events of an append to a run at a version; returns the version after them."""
        run_id, now, position, digest = append.run_id, self._now, self.position, self.digest
        first = position + 1
        for kind, schema, data, payload in append.events:
            position, version = Position(position + 1), Version(version + 1)
            digest = chain_digest(digest, position, run_id, version, kind, schema, now, payload)
            self.events += (position, run_id, version, kind, schema, now, data, payload, digest)
            self.recorded.append(
                Recorded(position, run_id, version, kind, schema, now, data, digest)
            )
        self.position, self.digest = position, digest
        answer = Appended(Position(first), position, Version(version))
        self.commands += (append.command, run_id, first, position, version)
        self.by_command[append.command] = (run_id, answer)
        self.answers.append((append.future, answer))
        return Version(version)


def answer_without_append(
    append: Append, earlier: tuple[RunId, Appended] | None, version: Version
) -> Answer:
    """The answer to an append that adds nothing: a repeated command's, or the conflict."""
    if earlier is None:
        return Conflict(append.run_id, append.expected, version)
    run_id, answer = earlier
    if run_id != append.run_id:
        return ValueError(f"command {append.command} was already used for run {run_id}")
    return answer


def insert(db: sqlite3.Connection, table: str, columns: int, values: list[object]) -> None:
    """Insert rows, given one after the other, in chunks of a power of two: few statements, few of
    them prepared and kept."""
    start, rows = 0, len(values) // columns
    while rows:
        chunk = min(1 << (rows.bit_length() - 1), GROUP_EVENTS)
        end = start + chunk * columns
        db.execute(_insert_sql(table, columns, chunk), values[start:end])
        start, rows = end, rows - chunk


@functools.cache
def _insert_sql(table: str, columns: int, rows: int) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {','.join([row] * rows)}"


def commit(db: sqlite3.Connection) -> None:
    """COMMIT. A full disk is no doubt: the commit record is the last thing to be written."""
    try:
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise
        raise CommitFailed(f"the commit failed, and may have happened: {error}") from error


def end_of(db: sqlite3.Connection) -> tuple[Position, bytes]:
    """The last event's position and digest."""
    row = db.execute("SELECT position, digest FROM events ORDER BY position DESC LIMIT 1")
    return row.fetchone() or (Position(0), GENESIS)


def version_of(db: sqlite3.Connection, run_id: RunId) -> Version:
    """How many events a run has."""
    row = db.execute("SELECT coalesce(max(version), 0) FROM events WHERE run_id = ?", (run_id,))
    return Version(row.fetchone()[0])


def find_command(db: sqlite3.Connection, command: CommandId) -> tuple[RunId, Appended] | None:
    """The run of a command that happened before, and what it was answered."""
    row = db.execute(
        "SELECT run_id, first_position, last_position, version FROM commands WHERE command = ?",
        (command,),
    ).fetchone()
    return None if row is None else (RunId(row[0]), Appended(*row[1:]))
