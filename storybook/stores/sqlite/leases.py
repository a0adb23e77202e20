"""Leases in a SQLite file beside the log, for the workers of one machine.

The file may be thrown away at any time: each call looks whether it is still the same one, and
begins a new one where it is missing, damaged, or another version's. Nothing in it is worth a sync
to the disk: whoever wrote it is gone after a power cut. Its clock is the machine's monotonic one,
which all processes of a machine share.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio.to_thread

from storybook.book import RunId, Stage, Work
from storybook.stores.leases import (
    LEASE_SECONDS,
    Held,
    Lease,
    LeasedWork,
    LeasesUnavailable,
    claimed,
    left,
    length_of,
)
from storybook.stores.sqlite.connection import BUSY_MS

T = TypeVar("T")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS leases (
    run_id TEXT NOT NULL, stage TEXT NOT NULL, page INTEGER NOT NULL, language TEXT NOT NULL,
    attempt INTEGER NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (run_id, stage, page, language, attempt)
) STRICT, WITHOUT ROWID
"""
_NO_PAGE: Final = -1
"""Stands in a key for a stage that has no page."""
_NAMED: Final = "run_id = ? AND stage = ? AND page = ? AND language = ? AND attempt = ?"


class SqliteLeases:
    """`Leases` in one file. `clock` gives microseconds of the machine's monotonic clock."""

    def __init__(
        self, path: Path, clock: Callable[[], int], seconds: float = LEASE_SECONDS
    ) -> None:
        self._path, self._clock, self._length = path, clock, length_of(seconds)
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    async def claim(self, work: LeasedWork, owner: str) -> Held:
        return await self._call(partial(self._claim, work, owner))

    async def renew(self, works: Iterable[LeasedWork], owner: str) -> frozenset[LeasedWork]:
        return await self._call(partial(self._renew, list(works), owner))

    async def release(self, works: Iterable[LeasedWork], owner: str) -> None:
        keys = [(*_key(work), owner) for work in works]
        sql = f"DELETE FROM leases WHERE {_NAMED} AND owner = ?"
        await self._call(lambda db: db.executemany(sql, keys))

    async def held(self) -> Mapping[LeasedWork, Held]:
        return await self._call(self._held)

    def _claim(self, work: LeasedWork, owner: str, db: sqlite3.Connection) -> Held:
        key, now = _key(work), self._clock()
        row = db.execute(f"SELECT owner, until FROM leases WHERE {_NAMED}", key).fetchone()
        before = Lease(*row) if row is not None else None
        after = claimed(before, owner, now, self._length)
        if after is not before:
            row = (*key, after.owner, after.until)
            db.execute("REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return Held(after.owner, left(after, now, self._length))

    def _renew(
        self, works: list[LeasedWork], owner: str, db: sqlite3.Connection
    ) -> frozenset[LeasedWork]:
        return frozenset(it for it in works if self._claim(it, owner, db).owner != owner)

    def _held(self, db: sqlite3.Connection) -> Mapping[LeasedWork, Held]:
        now = self._clock()
        return {
            _work(*key): Held(owner, left(Lease(owner, until), now, self._length))
            for *key, owner, until in db.execute("SELECT * FROM leases")
        }

    # ------------------------------------------------------------------------------- the file

    async def _call(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._asked, ask)

    def _asked(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                try:
                    return self._transact(ask)
                except (sqlite3.DatabaseError, ValueError) as error:
                    if _may_pass(error):
                        raise
                    self._close()  # it is damaged, or another version's: nothing is lost
                    self._path.unlink(missing_ok=True)
                    return self._transact(ask)
            except (sqlite3.Error, OSError) as error:
                raise LeasesUnavailable(f"{self._path} cannot be used now: {error}") from error

    def _transact(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(_SCHEMA)
            answer = ask(db)
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return answer

    def _connection(self) -> sqlite3.Connection:
        """The connection to the file that lies there now; it may have been thrown away."""
        if self._db is not None and self._inode == _inode(self._path):
            return self._db
        self._close()
        self._db = _open(self._path)
        self._inode = _inode(self._path)
        return self._db

    def close(self) -> None:
        """Let go of the file. Leases that are held run out by themselves."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _open(path: Path) -> sqlite3.Connection:
    # Each call comes from another thread, one at a time.
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # Another process may be writing: wait for it rather than fail.
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        # Nothing in here outlives a power cut.
        db.execute("PRAGMA synchronous = OFF")
        # The file must be whole after a kill, at less than a journal created and removed each time.
        db.execute("PRAGMA journal_mode = TRUNCATE")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _may_pass(error: sqlite3.DatabaseError | ValueError) -> bool:
    """Whether the file may be in order all the same: it is busy, or the disk is full. A table of
    another shape is a plain SQLITE_ERROR, and a stage that is unknown here a `ValueError`."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode != sqlite3.SQLITE_ERROR


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _key(it: LeasedWork) -> tuple[str, str, int, str, int]:
    page = _NO_PAGE if it.work.page is None else it.work.page
    return it.run_id, it.work.stage.value, page, it.work.language, it.attempt


def _work(run_id: str, stage: str, page: int, language: str, attempt: int) -> LeasedWork:
    work = Work(Stage(stage), None if page == _NO_PAGE else page, language)
    return LeasedWork(RunId(run_id), work, attempt)
