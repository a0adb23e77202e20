"""The embedded log: SQLite, one process that writes it, any number that read it.

Appends go to the writer's thread (`writer.py`), which commits them in groups. Behind the commit,
one call on the event loop answers the appenders and hands the events to the tails (`recent.py`):
publish after commit, never before. Reads go through a read-only connection of their own, in pages
that are fetched whole: an open cursor would keep the WAL from being checkpointed (one let it grow
to 600 MiB).

Another process follows the log by looking behind its cursor every 100 ms, and at once when the
writer rings (a datagram to each socket in `wake/` beside the log). It asks for rows rather than for
`PRAGMA data_version`: that costs the same and answers the real question.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Final

import aiosqlite
import anyio
import anyio.to_thread

from storybook.book import RunId
from storybook.events.catalog import Event
from storybook.events.codec import SCHEMAS, encode
from storybook.events.log import (
    START,
    Appended,
    CommandId,
    LogBusy,
    LogLocked,
    LogUnavailable,
    Position,
    Recorded,
    Version,
)
from storybook.stores.sqlite.chain import payload_digest
from storybook.stores.sqlite.connection import open_reader, open_writer
from storybook.stores.sqlite.holder import WriteLock, find_holder
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer
from storybook.stores.sqlite.recent import Recent
from storybook.stores.sqlite.writer import Append, Connect, Outcome, Writer
from storybook.system import Doorbell, DoorbellRinger

WAITING_EVENTS: Final = 10_000
"""Events that may wait for the writer: a tenth of a second of its work. More are refused."""
PAGE: Final = 512
"""Events in one batch of a tail."""
LOOK_SECONDS: Final = 0.1
"""How long another process goes without looking when nobody rings."""

_COLUMNS: Final = "position, run_id, version, type, schema, recorded_at, data, digest"


class SqliteLog:
    """An `EventLog` in one SQLite file. Belongs to the event loop that opened it."""

    def __init__(
        self, path: Path, reader: aiosqlite.Connection, writing: _Writing | None, recent: Recent
    ) -> None:
        self._path, self._reader, self._writing, self._recent = path, reader, writing, recent

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, clock: Callable[[], int], connect: Connect = open_writer
    ) -> AsyncGenerator[SqliteLog, None]:
        """Open a log for writing, create it if it is missing, and close it at the end.

        `clock` gives microseconds since 1970 (UTC). `connect` opens the connection that writes.
        Raises `LogLocked` if another process writes this log, and `LogUnavailable`.
        """
        async with _Writing.start(path, clock, connect) as writing, _reading(path) as reader:
            yield cls(path, reader, writing, writing.recent)

    @classmethod
    @asynccontextmanager
    async def read_only(cls, path: Path) -> AsyncGenerator[SqliteLog, None]:
        """Open a log that another process may be writing. Raises `LogUnavailable`.

        Reads and tails are the same as the writer's; `append` raises `LogLocked` beside a writer,
        else `LogUnavailable`.
        """
        recent = Recent(Position(0))
        async with _reading(path) as reader, _listening(path, recent):
            yield cls(path, reader, None, recent)

    def announce(self, url: str) -> None:
        """Tell other processes where this one serves, so that they can say whom to ask."""
        self._must_write().lock.announce(url)

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        """See `EventLog.append`. A caller who is cancelled while waiting doesn't undo the append.

        Raises ValueError if there are no events, or the command was used for another run.
        """
        return await self._must_write().submit(run_id, events, expected, command)

    async def read(self, after: Position, limit: int) -> list[Recorded]:
        return await self._rows("position > ? ORDER BY position LIMIT ?", (after, limit))

    async def read_run(
        self, run_id: RunId, after: Position = START, limit: int | None = None
    ) -> list[Recorded]:
        # By version, which is the same order: the index on (run_id, version) then gives it.
        return await self._rows(
            "run_id = ? AND position > ? ORDER BY version LIMIT ?",
            (run_id, after, -1 if limit is None else limit),
        )

    async def head(self) -> Position:
        if self._writing is not None:
            return self._recent.head
        rows = await self._fetch("SELECT coalesce(max(position), 0) FROM events")
        return Position(next(iter(rows))[0])

    async def tail(self, after: Position) -> AsyncGenerator[list[Recorded], None]:
        cursor = after
        while True:
            wake = self._recent.notifier.next  # taken before looking: what comes after it sets it
            batch = await self._look(cursor)
            if batch:
                cursor = batch[-1].position
                yield batch
            elif self._writing is not None:
                await wake.wait()
            else:
                with anyio.move_on_after(LOOK_SECONDS):
                    await wake.wait()

    async def _look(self, cursor: Position) -> list[Recorded]:
        recent = self._recent.after(cursor, PAGE) if self._writing is not None else None
        return await self.read(cursor, PAGE) if recent is None else recent

    async def _rows(self, where: str, values: tuple[object, ...]) -> list[Recorded]:
        sql = f"SELECT {_COLUMNS} FROM events WHERE {where}"
        return list(starmap(Recorded, await self._fetch(sql, values)))

    async def _fetch(self, sql: str, values: tuple[object, ...] = ()) -> Iterable[sqlite3.Row]:
        try:
            return await self._reader.execute_fetchall(sql, values)
        except sqlite3.Error as error:
            raise LogUnavailable(f"{self._path} cannot be read now: {error}") from error

    def _must_write(self) -> _Writing:
        if self._writing is None:
            holder = find_holder(self._path)
            if holder is not None:
                raise LogLocked(
                    f"{self._path} was opened for reading only; it is written by {holder}"
                )
            raise LogUnavailable(
                f"{self._path.parent} is only read here, so nothing can be recorded: let this user "
                "write it, or copy it to where he may, and start again"
            )
        return self._writing


class _Writing:
    """What only the process that writes has: the lock, the writer, and whom to wake."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int],
        connect: Connect,
        lock: WriteLock,
        ringer: DoorbellRinger,
    ) -> None:
        self.lock, self._ringer = lock, ringer
        self.recent = Recent(Position(0))
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(path, clock, connect, self._deliver)
        self._submitted = 0
        self._closed = False

    @classmethod
    @asynccontextmanager
    async def start(
        cls, path: Path, clock: Callable[[], int], connect: Connect
    ) -> AsyncGenerator[_Writing, None]:
        folder = _wake_folder(path)
        with closing(WriteLock(path)) as lock, closing(DoorbellRinger(folder)) as ringer:
            writing = cls(path, clock, connect, lock, ringer)
            writing.recent = Recent(await anyio.to_thread.run_sync(writing._writer.open))
            try:
                yield writing
            finally:
                with anyio.CancelScope(shield=True):
                    await writing._close()

    def submit(
        self, run_id: RunId, events: Sequence[Event], expected: Version, command: CommandId
    ) -> asyncio.Future[Appended]:
        """Hand an append to the writer; the future is its answer."""
        if not events:
            raise ValueError("an append needs at least one event")
        if self._closed:
            raise LogUnavailable("the log is closed")
        if self._submitted - self._writer.taken + len(events) > WAITING_EVENTS:
            raise LogBusy(f"{self._submitted - self._writer.taken} events are waiting already")
        future: asyncio.Future[Appended] = self._loop.create_future()
        encoded, size = _encode(events)
        self._submitted += len(events)
        self._writer.submit(Append(future, run_id, expected, command, encoded, size))
        return future

    def _deliver(self, outcome: Outcome) -> None:
        with suppress(RuntimeError):  # the event loop was closed: nobody is waiting
            self._loop.call_soon_threadsafe(self._publish, outcome)

    def _publish(self, outcome: Outcome) -> None:
        for future, answer in outcome.answers:
            if future.done():
                continue  # its caller was cancelled
            if isinstance(answer, Appended):
                future.set_result(answer)
            else:
                future.set_exception(answer)
        if outcome.head != self.recent.head:
            self.recent.publish(outcome.recorded, outcome.head)
            self._ringer.ring()

    async def _close(self) -> None:
        self._closed = True
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


@asynccontextmanager
async def _reading(path: Path) -> AsyncGenerator[aiosqlite.Connection, None]:
    try:
        await anyio.to_thread.run_sync(_check_readable, path)
    except (sqlite3.Error, NewerDatabase) as error:
        raise LogUnavailable(f"{path} cannot be read: {error}") from error
    async with aiosqlite.Connection(partial(open_reader, path), PAGE) as reader:
        yield reader


def _check_readable(path: Path) -> None:
    """Raises if there is no log that this version can read.

    A connection of its own: aiosqlite's thread dies noisily if opening fails as the loop ends.
    """
    with closing(open_reader(path)) as db:
        if check_not_newer(db, "log") == 0:  # every older schema has what is read of the newest
            raise sqlite3.DatabaseError("it is no log; start the server once")


@asynccontextmanager
async def _listening(path: Path, recent: Recent) -> AsyncGenerator[None, None]:
    """Wake the tails when the writer rings; where there are no doorbells, looking has to do."""
    try:
        bell = Doorbell(_wake_folder(path))
    except OSError:
        yield
        return

    def rung() -> None:
        bell.clear()
        recent.notifier.notify()

    loop = asyncio.get_running_loop()
    loop.add_reader(bell.fileno(), rung)
    try:
        yield
    finally:
        loop.remove_reader(bell.fileno())
        bell.close()


def _wake_folder(path: Path) -> Path:
    return path.parent / "wake"
