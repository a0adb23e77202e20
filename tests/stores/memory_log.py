"""An `EventLog` in memory, true to the contract, for tests of what stands above the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import msgspec

from storybook.book import RunId
from storybook.events.catalog import Event, RunForgotten
from storybook.events.codec import SCHEMAS, encode
from storybook.events.log import (
    NO_RUN,
    START,
    Appended,
    CommandId,
    Conflict,
    EventPage,
    Position,
    Recorded,
    Version,
)
from storybook.notifier import Notifier
from storybook.stores.sqlite.chain import GENESIS, chain_digest, payload_digest

FIRST_MOMENT = 1_700_000_000_000_000
SECOND = 1_000_000


class MemoryLog:
    """Keeps events in a list. Each event is recorded at `now`, which the test moves."""

    def __init__(self, now: int = FIRST_MOMENT) -> None:
        self.now, self.damage = now, ""
        self.events: list[Recorded] = []
        self._answers: dict[CommandId, Appended] = {}
        self._notifier = Notifier()

    def check_takes_appends(self) -> None:
        """It does."""

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        if not events:
            raise ValueError("an append needs at least one event")
        if command in self._answers:
            return self._answers[command]
        actual = Version(sum(recorded.run_id == run_id for recorded in self.events))
        if actual != expected:
            raise Conflict(run_id, expected, actual)
        for version, event in enumerate(events, start=actual + 1):
            self._record(run_id, Version(version), event)
        last = self.events[-1]
        first = self.events[-len(events)]
        answer = Appended(first.position, last.position, last.version)
        self._answers[command] = answer
        self._notifier.notify()
        return answer

    async def forget(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        answer = await self.append(run_id, events, expected=expected, command=command)
        self.events = [
            msgspec.structs.replace(it, data=b"")
            if it.run_id == run_id and it.type != RunForgotten.__name__
            else it
            for it in self.events
        ]
        return answer

    def add(self, recorded: Recorded) -> None:
        """Take over an event that was recorded in another log."""
        self.events.append(recorded)
        self._notifier.notify()

    def _record(self, run_id: RunId, version: Version, event: Event) -> None:
        position, kind, data = Position(len(self.events) + 1), type(event).__name__, encode(event)
        schema = SCHEMAS[kind]
        before = self.events[-1].digest if self.events else GENESIS
        digest = chain_digest(
            *(before, position, run_id, version, kind, schema, self.now, payload_digest(data))
        )
        self.events.append(
            Recorded(position, run_id, version, kind, schema, self.now, data, digest)
        )

    async def read(self, after: Position, limit: int) -> list[Recorded]:
        return self.events[after : after + limit]

    async def read_run(
        self, run_id: RunId, after: Position = START, limit: int | None = None
    ) -> list[Recorded]:
        return [it for it in self.events[after:] if it.run_id == run_id][:limit]

    async def read_events(self, after: Position, limit: int) -> EventPage | None:
        rows = await self.read(after, limit)
        if not rows:
            return None
        kept = [it for it in rows if not it.is_erased]
        return EventPage(rows[-1].position, [it.run_id for it in kept], [it.event for it in kept])

    async def history(self, run_id: RunId, after: Version = NO_RUN) -> list[Event]:
        return [it.event for it in await self.read_run(run_id) if it.version > after]

    async def head(self) -> Position:
        return Position(len(self.events))

    async def tail(self, after: Position) -> AsyncGenerator[list[Recorded], None]:
        cursor = after
        while True:
            wake = self._notifier.next
            if batch := await self.read(cursor, 512):
                cursor = batch[-1].position
                yield batch
            else:
                await wake.wait()
