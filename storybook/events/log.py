"""The contract that every log keeps, and nothing that only one of them could.

- An append is one batch for one run: all of it or nothing, at an expected version, or `Conflict`
  with the actual one. When it has answered, the events are durable.
- Positions grow in the order in which events become visible: a reader at a cursor never misses one
  that comes later with a smaller position. They need not be dense; nobody computes `position + 1`.
- An append carries a command id; the same one again gives the same answer and appends nothing. So
  a caller who does not know whether it happened (`OutcomeUnknown`) asks again.
- An event that can no longer be read (its page is damaged) still has its place: a `Recorded` of the
  type `UNREADABLE`, which decodes to nothing. Whoever meets it parks its run, as for bytes that
  this version does not know.
- A run is **forgotten** by one append: `RunForgotten` is its last event, and `data` of all others
  is empty from then on. Such events are **erased**: they keep their places, and are never decoded.
  An event with empty data of any other run is one that can no longer be read.
- A notification is a hint; what counts is reading after the cursor. A tail therefore loses nothing,
  repeats nothing, and costs nothing while it is slow.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final, NewType, Protocol

import msgspec

from storybook.book import RunId
from storybook.events.catalog import Event
from storybook.events.codec import decode

Position = NewType("Position", int)
"""Where an event stands in the log; the first one is greater than 0."""
MAX_POSITION_DIGITS: Final = 18
"""What SQLite's integers hold with certainty."""
Version = NewType("Version", int)
"""How many events a run has; a run that does not exist has version 0, its first event version 1."""
CommandId = NewType("CommandId", str)
"""Names one intention to append, so that it can be repeated safely."""

START: Final = Position(0)
NO_RUN: Final = Version(0)


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as it stands in the log.

    `recorded_at` is in microseconds since 1970 (UTC), for people, never an order. `data` is the
    event as UTF-8 JSON on one line, empty if it was erased. `digest` (32 bytes) covers the digest
    of the event before it in the log, this row's columns, and the SHA-256 of `data` as recorded.
    """

    position: Position
    run_id: RunId
    version: Version
    type: str
    schema: int
    recorded_at: int
    data: bytes
    digest: bytes

    @property
    def is_erased(self) -> bool:
        """Whether its run was forgotten, and nothing is left of what it said."""
        return not self.data

    @property
    def event(self) -> Event:
        """The decoded event; decoded anew at each access."""
        return decode(self.type, self.schema, self.data)


class EventPage(msgspec.Struct, frozen=True):
    """Events that follow each other in the log, by columns, decoded: what a fold takes, without an
    object for each row, which costs as much as reading it. `end` is the last one's position."""

    end: Position
    run_ids: Sequence[RunId]
    events: Sequence[Event]

    def by_run(self) -> dict[RunId, list[Event]]:
        """The events of each run."""
        runs: dict[RunId, list[Event]] = {}
        for run_id, event in zip(self.run_ids, self.events, strict=True):
            runs.setdefault(run_id, []).append(event)
        return runs


class Appended(msgspec.Struct, frozen=True):
    """What an append answered: the positions of its first and last event, and the run's version
    after it."""

    first: Position
    last: Position
    version: Version


class LogError(Exception):
    """Something is wrong with the log or with what was asked of it."""


class Conflict(LogError):
    """The run is at another version than the caller thought: load it, decide again."""

    def __init__(self, run_id: RunId, expected: Version, actual: Version) -> None:
        super().__init__(f"run {run_id} is at version {actual}, expected {expected}")
        self.run_id, self.expected, self.actual = run_id, expected, actual


class OutcomeUnknown(LogError):
    """The append may or may not have happened: ask again with the same command id."""


class LogBusy(LogError):
    """More appends are waiting than the log takes; nothing was appended. Try again soon."""


class LogUnavailable(LogError):
    """The log cannot be read or take appends now (a full disk, a file that cannot be opened);
    nothing was appended."""


class LogDamaged(LogUnavailable):
    """The log's storage is damaged. What can still be read stays readable; a log that knows of its
    damage takes no new runs."""


class LogLocked(LogError):
    """Another process writes this log; only one may."""


class EventLog(Protocol):
    """The one order of all events of all runs. Every call may raise `LogUnavailable`."""

    @property
    def damage(self) -> str:
        """What is known to be wrong with its storage, for people; empty as long as nothing is."""
        ...

    def check_takes_appends(self) -> None:
        """For what is worth beginning only if it can be recorded. Raises what every append would:
        `LogUnavailable`, or `LogLocked` where another process writes."""
        ...

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        """Append a batch (at least one event) to a run that is at version `expected`.

        Raises `Conflict`, `OutcomeUnknown`, `LogBusy` or `LogUnavailable`.
        """
        ...

    async def forget(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        """As `append`, with a batch that ends with `RunForgotten`; together with it, all other
        events of the run are erased: nothing of what they said is left in the log's files when this
        has answered."""
        ...

    async def read(self, after: Position, limit: int) -> list[Recorded]:
        """At most `limit` events after a position, in order; empty at the end."""
        ...

    async def read_run(
        self, run_id: RunId, after: Position = START, limit: int | None = None
    ) -> list[Recorded]:
        """The events of one run after a position, in order."""
        ...

    async def read_events(self, after: Position, limit: int) -> EventPage | None:
        """As `read`, for folds, which are given nothing that was erased; None at the end. Raises
        `UnreadableEvent`."""
        ...

    async def history(self, run_id: RunId, after: Version = NO_RUN) -> list[Event]:
        """The events of one run after a version, in order, for its fold. Raises `UnreadableEvent`,
        also for a run that was forgotten: unless nothing is asked for but the event that says so.
        """
        ...

    async def head(self) -> Position:
        """The position of the last event, 0 if there is none."""
        ...

    def tail(self, after: Position) -> AsyncGenerator[list[Recorded], None]:
        """Every event after a position, in order, in batches as they are written; never ends."""
        ...
