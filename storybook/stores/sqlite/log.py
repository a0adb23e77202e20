"""The embedded log: SQLite, one process that writes it, any number that read it.

Appends go (`appending.py`) to the writer's thread (`writer.py`), which commits them in groups.
After the commit, one call on the event loop answers the appenders and hands the events to the tails
(`recent.py`): publish after commit, never before. Reads go through a read-only connection of their
own, in pages that are fetched whole: an open cursor would keep the WAL from being checkpointed (one
let it grow to 600 MiB).

Another process follows the log by looking after its cursor every 100 ms, and at once when the
writer rings (a datagram to each socket in `wake/` beside the log). It asks for rows rather than for
`PRAGMA data_version`: that costs the same and answers the real question.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

import aiosqlite
import anyio
import anyio.to_thread

from storybook.book import RunId
from storybook.events.catalog import Event, RunForgotten
from storybook.events.codec import decode_all
from storybook.events.log import (
    NO_RUN,
    START,
    Appended,
    CommandId,
    Conflict,
    EventPage,
    LogDamaged,
    LogError,
    LogLocked,
    LogUnavailable,
    Position,
    Recorded,
    Version,
)
from storybook.stores.sqlite.appending import Appending, wake_folder
from storybook.stores.sqlite.connection import open_reader, open_writer
from storybook.stores.sqlite.damage import (
    damaged,
    end_of_events,
    log_error,
    look_for_damage,
    lost_data,
    read_damaged,
    read_damaged_run,
)
from storybook.stores.sqlite.holder import find_holder
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer
from storybook.stores.sqlite.observer import AppendObserver, Unobserved
from storybook.stores.sqlite.recent import Recent
from storybook.stores.sqlite.writer import Connect
from storybook.system import Doorbell

logger = logging.getLogger(__name__)
P = ParamSpec("P")

PAGE: Final = 512
"""Events in one batch of a tail."""
LOOK_SECONDS: Final = 0.1
"""How long another process goes without looking when nobody rings."""

RESTS: Final = 3.0
"""How much longer the look for damage rests than it reads: a quarter of a core at most."""

_COLUMNS: Final = ", ".join(Recorded.__struct_fields__)


class SqliteLog:
    """An `EventLog` in one SQLite file. Belongs to the event loop that opened it."""

    def __init__(
        self, path: Path, reader: aiosqlite.Connection, writing: Appending | None, recent: Recent
    ) -> None:
        self._path, self._reader, self._writing, self._recent = path, reader, writing, recent
        self.damage = ""
        """What is known to be wrong with the file, for people; empty as long as nothing is."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], int],
        connect: Connect = open_writer,
        observer: AppendObserver = Unobserved(),  # noqa: B008 - it has no state
    ) -> AsyncGenerator[SqliteLog, None]:
        """Open a log for writing, create it if it is missing, and close it at the end.

        `clock` gives microseconds since 1970 (UTC). `connect` opens the connection that writes.
        Raises `LogLocked` if another process writes this log, `LogUnavailable`, and `LogDamaged`
        where its end cannot be read, so that nothing can follow it: it may still be read.
        """
        starting = Appending.start(path, clock, connect, observer)
        async with starting as writing, _reading(path) as reader:
            yield cls(path, reader, writing, writing.recent)

    @classmethod
    @asynccontextmanager
    async def read_only(cls, path: Path, damage: str = "") -> AsyncGenerator[SqliteLog, None]:
        """Open a log that another process may be writing, or of which some `damage` is known.
        Raises `LogUnavailable`.

        Reads and tails are the same as the writer's; `append` raises `LogDamaged` where damage is
        known, `LogLocked` beside a writer, else `LogUnavailable`.
        """
        recent = Recent(Position(0))
        async with _reading(path) as reader, _listening(path, recent):
            log = cls(path, reader, None, recent)
            log._note(damage)
            yield log

    @property
    def takes_appends(self) -> bool:
        """Whether it was opened for writing."""
        return self._writing is not None

    def check_takes_appends(self) -> None:
        self._must_write()

    def announce(self, url: str) -> None:
        """Tell other processes where this one serves, so that they can say whom to ask; nothing
        where the log is only read, since nobody has to ask."""
        if self._writing is not None:
            self._writing.lock.announce(url)

    @property
    def end(self) -> tuple[Position, bytes] | None:
        """Where a log that was open for writing ended: the last event's position and digest; None
        for one that was only read. Only after it was closed; asking the file would leave SQLite's
        files for readers beside it."""
        return self._writing.end if self._writing is not None else None

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        """See `EventLog.append`. A caller who is cancelled while waiting doesn't undo the append.

        Raises ValueError if there are no events, or the command was used for another run.
        """
        if self.damage and expected == NO_RUN:
            raise LogDamaged(f"no new books are taken: {self.damage}")
        return await self._submit(run_id, events, expected, command)

    async def forget(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        return await self._submit(run_id, events, expected, command, erases=True)

    async def _submit(
        self,
        run_id: RunId,
        events: Sequence[Event],
        expected: Version,
        command: CommandId,
        *,
        erases: bool = False,
    ) -> Appended:
        writing, began = self._must_write(), time.perf_counter()
        try:
            appended = await writing.submit(run_id, events, expected, command, erases)
        except Conflict:
            raise
        except LogError as error:
            writing.observer.append_failed()
            if isinstance(error, LogDamaged):
                self._note(str(error))
            raise
        writing.observer.appended(time.perf_counter() - began)
        return appended

    async def look_for_damage(self) -> None:
        """Read every page once, slowly, in a thread: what lies in a page that nobody happens to ask
        for is missed only when it is too late to put it back."""
        stop = threading.Event()
        try:
            why = await anyio.to_thread.run_sync(
                look_for_damage,
                self._path,
                lambda took: stop.wait(took * RESTS),
                abandon_on_cancel=True,
                limiter=anyio.CapacityLimiter(1),
            )
        except sqlite3.Error as error:
            logger.warning("%s could not be looked through for damage: %s", self._path, error)
            return
        finally:
            stop.set()
        if why:
            self._note(damaged(self._path, why))

    async def read(self, after: Position, limit: int) -> list[Recorded]:
        try:
            found = await self._rows("position > ? ORDER BY position LIMIT ?", (after, limit))
        except LogDamaged:
            found = await self._around_damage(read_damaged, after, limit)
        return await self._without_emptied(found)

    async def _around_damage(
        self, read: Callable[Concatenate[Path, P], list[Recorded]], *args: P.args, **no: P.kwargs
    ) -> list[Recorded]:
        try:
            return await anyio.to_thread.run_sync(partial(read, self._path, *args, **no))
        except sqlite3.Error as error:  # not even the head of the file can be read
            raise LogDamaged(damaged(self._path, str(error))) from error

    def _note(self, damage: str) -> None:
        if damage and not self.damage:
            self.damage = damage
            logger.error("%s", damage)

    async def read_run(
        self, run_id: RunId, after: Position = START, limit: int | None = None
    ) -> list[Recorded]:
        # By version, which is the same order: the index on (run_id, version) then gives it.
        try:
            found = await self._rows(
                "run_id = ? AND position > ? ORDER BY version LIMIT ?",
                (run_id, after, -1 if limit is None else limit),
            )
        except LogDamaged:
            recorded = await self._around_damage(read_damaged_run, run_id)
            found = [it for it in recorded if it.position > after][:limit]
        return await self._without_emptied(found)

    async def _without_emptied(self, found: list[Recorded]) -> list[Recorded]:
        """Rows whose data is empty only where their run was forgotten; elsewhere that is damage."""
        empty = {it.run_id for it in found if not it.data}
        emptied = {run_id for run_id in empty if not await self._is_forgotten(run_id)}
        if not emptied:
            return found
        return [lost_data(it) if not it.data and it.run_id in emptied else it for it in found]

    async def _is_forgotten(self, run_id: RunId) -> bool:
        sql = "SELECT type FROM events WHERE run_id = ? ORDER BY version DESC LIMIT 1"
        rows = await self._fetch(sql, (run_id,))
        return bool(rows) and rows[0][0] == RunForgotten.__name__

    async def read_events(self, after: Position, limit: int) -> EventPage | None:
        columns = "position, run_id, type, schema, data"
        sql = f"SELECT {columns} FROM events WHERE position > ? ORDER BY position LIMIT ?"
        rows: Sequence[Sequence[Any]]
        try:
            rows = await self._fetch(sql, (after, limit))
        except LogDamaged:
            found = await self.read(after, limit)
            rows = [_folded_columns(it) for it in found]
        if not rows:
            return None
        positions, run_ids, *recorded = zip(*rows, strict=True)
        if b"" in recorded[-1]:
            return _readable_page(await self._without_emptied(await self.read(after, limit)))
        return EventPage(positions[-1], run_ids, decode_all(*recorded))

    async def history(self, run_id: RunId, after: Version = NO_RUN) -> list[Event]:
        sql = (
            "SELECT type, schema, data FROM events WHERE run_id = ? AND version > ? "
            "ORDER BY version"
        )
        try:
            rows = await self._fetch(sql, (run_id, after))
        except LogDamaged:
            return [it.event for it in await self.read_run(run_id) if it.version > after]
        return decode_all(*zip(*rows, strict=True)) if rows else []

    async def head(self) -> Position:
        if self._writing is not None:
            return self._recent.head
        try:
            rows = await self._fetch("SELECT coalesce(max(position), 0) FROM events")
        except LogDamaged:
            return await anyio.to_thread.run_sync(self._end_of_damaged)
        return Position(rows[0][0])

    def _end_of_damaged(self) -> Position:
        with closing(open_reader(self._path)) as db:
            return end_of_events(db)

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

    async def _fetch(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        try:
            return list(await self._reader.execute_fetchall(sql, values))
        except sqlite3.Error as error:
            told = log_error(self._path, error, f"{self._path} cannot be read now")
            if isinstance(told, LogDamaged):
                self._note(str(told))
            raise told from error

    def _must_write(self) -> Appending:
        if self._writing is None:
            if self.damage:
                raise LogDamaged(f"nothing can be recorded: {self.damage}")
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


def _folded_columns(it: Recorded) -> tuple[Position, RunId, str, int, bytes]:
    return it.position, it.run_id, it.type, it.schema, it.data


def _readable_page(found: list[Recorded]) -> EventPage:
    kept = [it for it in found if not it.is_erased]
    events = decode_all(
        *([getattr(it, name) for it in kept] for name in ("type", "schema", "data"))
    )
    return EventPage(found[-1].position, [it.run_id for it in kept], events)


@asynccontextmanager
async def _reading(path: Path) -> AsyncGenerator[aiosqlite.Connection, None]:
    try:
        await anyio.to_thread.run_sync(_check_readable, path)
    except (sqlite3.Error, NewerDatabase) as error:
        raise log_error(path, error, f"{path} cannot be read") from error
    # Shielded: aiosqlite's thread dies noisily if the event loop has ended before it has.
    with anyio.CancelScope(shield=True):
        reader = await aiosqlite.Connection(partial(open_reader, path), PAGE)
    try:
        yield reader
    finally:
        with anyio.CancelScope(shield=True):
            await reader.close()


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
        bell = Doorbell(wake_folder(path))
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
