"""The way of an append to the writer's thread: counted, encoded, handed over with all others of the
same turn of the event loop, answered after the commit; then whoever follows the log is woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from storybook.book import RunId
from storybook.events.catalog import Event
from storybook.events.codec import SCHEMAS, encode
from storybook.events.log import Appended, CommandId, LogBusy, LogUnavailable, Position, Version
from storybook.stores.sqlite.chain import payload_digest
from storybook.stores.sqlite.group import Append, GroupResult
from storybook.stores.sqlite.holder import WriteLock
from storybook.stores.sqlite.observer import AppendObserver
from storybook.stores.sqlite.recent import Recent
from storybook.stores.sqlite.writer import Connect, LogWriter
from storybook.system import DoorbellRinger

WAITING_EVENTS: Final = 10_000
"""Events that may wait for the writer: a tenth of a second of its work. More are refused."""


class Appending:
    """What only the process that writes has: the lock, the writer, and whom to wake."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int],
        connect: Connect,
        lock: WriteLock,
        ringer: DoorbellRinger,
        observer: AppendObserver,
    ) -> None:
        self.lock, self._ringer, self.observer = lock, ringer, observer
        self.recent = Recent(Position(0))
        self._loop = asyncio.get_running_loop()
        self._writer = LogWriter(path, clock, connect, self._deliver)
        self._submitted = 0
        self._gathered: list[Append] = []
        self._closed = False

    @classmethod
    @asynccontextmanager
    async def start(
        cls, path: Path, clock: Callable[[], int], connect: Connect, observer: AppendObserver
    ) -> AsyncGenerator[Appending, None]:
        folder = wake_folder(path)
        with closing(WriteLock(path)) as lock, closing(DoorbellRinger(folder)) as ringer:
            writing = cls(path, clock, connect, lock, ringer, observer)
            writing.recent = Recent(await anyio.to_thread.run_sync(writing._writer.open))
            try:
                yield writing
            finally:
                with anyio.CancelScope(shield=True):
                    await writing._close()

    def submit(
        self,
        run_id: RunId,
        events: Sequence[Event],
        expected: Version,
        command: CommandId,
        erases: bool,
    ) -> asyncio.Future[Appended]:
        """Take an append for the writer; the future is its answer."""
        if not events:
            raise ValueError("an append needs at least one event")
        if self._closed:
            raise LogUnavailable("the log is closed")
        if self._submitted - self._writer.taken + len(events) > WAITING_EVENTS:
            raise LogBusy(f"{self._submitted - self._writer.taken} events are waiting already")
        future: asyncio.Future[Appended] = self._loop.create_future()
        encoded, size = _encode(events)
        self._submitted += len(events)
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(Append(future, run_id, expected, command, encoded, size, erases))
        return future

    def _hand_over(self) -> None:
        """Give the writer what one turn of the event loop has gathered.

        Once a turn and not append by append: the writer's thread wakes at the first of them and
        would commit it alone, whenever whoever makes the next one lets go of the GIL.
        """
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._writer.submit(gathered)

    def _deliver(self, result: GroupResult) -> None:
        with suppress(RuntimeError):  # the event loop was closed: nobody is waiting
            self._loop.call_soon_threadsafe(self._publish, result)

    def _publish(self, result: GroupResult) -> None:
        for future, answer in result.answers:
            if future.done():
                continue  # its caller was cancelled
            if isinstance(answer, Appended):
                future.set_result(answer)
            else:
                future.set_exception(answer)
        if result.head != self.recent.head:
            self.observer.committed(result.head - self.recent.head)
            self.recent.publish(result.recorded, result.head)
            self._ringer.ring()

    @property
    def end(self) -> tuple[Position, bytes]:
        assert not self._writer.is_alive()
        return self._writer.end

    async def _close(self) -> None:
        self._closed = True
        self._hand_over()
        self._writer.finish()
        await anyio.to_thread.run_sync(self._writer.join)


def _encode(events: Sequence[Event]) -> tuple[list[tuple[str, int, bytes, bytes]], int]:
    """Each event as type, schema, data and payload digest, and the size of all data in bytes."""
    encoded, size = [], 0
    for event in events:
        kind, data = type(event).__name__, encode(event)
        encoded.append((kind, SCHEMAS[kind], data, payload_digest(data)))
        size += len(data)
    return encoded, size


def wake_folder(path: Path) -> Path:
    """Where whoever follows a log in another process is rung at."""
    return path.parent / "wake"
