"""The embedded log keeps the contract of every log, and what only one process may do."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import aclosing, closing
from pathlib import Path

import anyio
import msgspec
import pytest

from storybook.book import RunId
from storybook.events.log import START, LogLocked, LogUnavailable, Position, Recorded
from storybook.stores.sqlite import log as sqlite_log
from storybook.stores.sqlite import writer as sqlite_writer
from storybook.stores.sqlite.holder import Holder, find_holder
from storybook.stores.sqlite.log import SqliteLog
from tests.stores.children import Store, append_on_request, child
from tests.stores.conformance import SECONDS, A, LastingLogConformance, append, everything
from tests.stores.logs import SqliteStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has at most about 100 characters."""
    with tempfile.TemporaryDirectory(prefix="log", dir="/tmp") as folder:
        yield Path(folder)


class TestSqliteLog(LastingLogConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return SqliteStore(tmp_path / "log.db")


async def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Only one process writes; the other is told which one does, and where it serves."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        with pytest.raises(LogLocked, match=f"process {os.getpid()}, and only one"):
            async with store.open():
                pass
        log.announce("http://127.0.0.1:8000")
        with pytest.raises(LogLocked, match=r"which serves http://127\.0\.0\.1:8000"):
            async with store.open():
                pass
        assert find_holder(store.path) == Holder(os.getpid(), "http://127.0.0.1:8000")
    assert find_holder(store.path) is None
    async with store.open() as log:
        await append(log, A, 0)


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """The lock holds between processes, and a process that was killed holds nothing."""
    store = SqliteStore(tmp_path / "log.db")
    with child(append_on_request, store, "theirs") as (process, pipe):
        assert pipe.recv() == "open"
        with pytest.raises(LogLocked, match=f"process {process.pid}"):
            async with store.open():
                pass
        process.kill()
        process.join()
        assert find_holder(store.path) is None
        async with store.open() as log:
            assert await append(log, A, 0)


async def test_what_a_killed_writer_left_names_nobody(tmp_path: Path) -> None:
    """Only the lock tells who writes: a process id is given to another process later."""
    store = SqliteStore(tmp_path / "log.db")
    lock = tmp_path / "log.db.lock"
    lock.write_bytes(msgspec.json.encode(Holder(os.getppid(), "http://127.0.0.1:8000")))
    assert find_holder(store.path) is None
    async with store.open():
        assert find_holder(store.path) == Holder(os.getpid())


async def test_a_reader_cannot_append(tmp_path: Path) -> None:
    """A log opened for reading says who writes it instead of appending."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open(), store.follow() as reader:
        with pytest.raises(LogLocked, match=f"only; it is written by process {os.getpid()}"):
            await append(reader, A, 0)


@pytest.mark.slow
def test_a_log_that_is_left_in_a_hurry_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is cancelled (Ctrl-C) leaves no thread that meets an event loop that is gone."""
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    store = SqliteStore(tmp_path / "log.db")

    async def hurry() -> None:
        with anyio.CancelScope() as scope:
            async with store.open() as log:
                scope.cancel()
                await log.read(START, 1_000_000)

    for _ in range(60):  # without the shield, one in some twenty
        anyio.run(hurry)
    for thread in threading.enumerate():
        if "connection" in thread.name:
            thread.join(SECONDS)
    assert died == []


async def test_nothing_to_read(tmp_path: Path) -> None:
    """A log that is not there is not made by reading it."""
    path = tmp_path / "log.db"
    with pytest.raises(LogUnavailable, match="cannot be read"):
        async with SqliteLog.read_only(path):
            pass
    assert not os.path.exists(path)  # noqa: ASYNC240, PTH110 - a test may block


async def test_a_stranger_is_left_alone(tmp_path: Path) -> None:
    """Another program's database, or a newer log, is refused and stays as it was."""
    store = SqliteStore(tmp_path / "log.db")
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LogUnavailable, match="another program's database"):
        async with store.open():
            pass
    store = SqliteStore(tmp_path / "new.db")
    async with store.open():
        pass
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("PRAGMA user_version = 99")
    for opening in (store.open, store.follow):
        with pytest.raises(LogUnavailable, match=r"schema 99.*knows only up to"):
            async with opening():
                pass


async def test_a_reader_is_woken(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer's ring wakes a tail in another process long before it would look by itself."""
    monkeypatch.setattr(sqlite_log, "LOOK_SECONDS", 3600.0)
    store = SqliteStore(short_folder / "log.db")
    async with store.open() as log:
        await append(log, A, 0)
        async with store.follow() as reader, aclosing(reader.tail(START)) as tail:
            assert len(await anext(tail)) == 1
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(append, log, A, 1)
                with anyio.fail_after(SECONDS):
                    assert len(await anext(tail)) == 1
        assert list((short_folder / "wake").iterdir()) == []


async def test_a_reader_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can ring, a tail in another process finds new events all the same."""

    def no_bell(folder: Path) -> None:
        raise OSError("no datagram sockets in the file system")

    monkeypatch.setattr(sqlite_log, "Doorbell", no_bell)
    monkeypatch.setattr(sqlite_log, "LOOK_SECONDS", 0.01)
    store = SqliteStore(tmp_path / "log.db")
    async with (
        store.open() as log,
        store.follow() as reader,
        aclosing(reader.tail(START)) as tail,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(append, log, A, 0)
        with anyio.fail_after(SECONDS):
            assert len(await anext(tail)) == 1


async def test_reads_use_an_index(tmp_path: Path) -> None:
    """No read of the log scans it or sorts it."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        await append(log, A, 0)
        plans = []
        with closing(sqlite3.connect(store.path)) as db:
            for where in (
                "position > 1 ORDER BY position LIMIT 5",
                "run_id = 'a' AND position > 0 ORDER BY version LIMIT -1",
            ):
                sql = f"EXPLAIN QUERY PLAN SELECT * FROM events WHERE {where}"
                plans += [row[3] for row in db.execute(sql).fetchall()]
    assert len(plans) == 2
    assert all(plan.startswith("SEARCH events USING") for plan in plans)


async def test_a_ring_while_looking_is_heard(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that comes after a tail has looked, but before it waits, still wakes it."""
    monkeypatch.setattr(sqlite_log, "LOOK_SECONDS", 3600.0)
    store = SqliteStore(short_folder / "log.db")
    async with store.open() as log, store.follow() as reader:
        read = reader.read

        async def read_just_too_early(after: Position, limit: int) -> list[Recorded]:
            events = await read(after, limit)
            if await log.head() == START:
                wake = reader._recent.notifier.next
                await append(log, A, 0)
                await wake.wait()
            return events

        monkeypatch.setattr(reader, "read", read_just_too_early)
        async with aclosing(reader.tail(START)) as tail:
            with anyio.fail_after(SECONDS):
                assert len(await anext(tail)) == 1


async def test_what_one_turn_of_the_loop_appends_is_one_group(tmp_path: Path) -> None:
    """The clock is read once a group: all who append at once are recorded by one commit."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        for version in range(3):
            async with anyio.create_task_group() as tasks:
                for number in range(16):
                    tasks.start_soon(append, log, RunId(f"{number:032x}"), version)
        assert [it.recorded_at for it in await everything(log)] == [1] * 16 + [2] * 16 + [3] * 16


async def test_the_versions_in_memory_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was forgotten is looked up anew, and goes on where it stood."""
    monkeypatch.setattr(sqlite_writer, "KNOWN_RUNS", 4)
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        for version in range(2):
            for number in range(10):
                await append(log, RunId(str(number)), version)
        assert log._writing is not None
        assert list(log._writing._writer._versions) == ["6", "7", "8", "9"]
        async with anyio.create_task_group() as tasks:
            for number in range(10):  # more in one group than are kept
                tasks.start_soon(append, log, RunId(str(number)), 2)
        assert len(await everything(log)) == 30
