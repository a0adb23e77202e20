"""What the embedded log answers when the disk, the commit or one append fails."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.book import RunId
from storybook.events.catalog import PageWritten
from storybook.events.log import (
    START,
    CommandId,
    LogBusy,
    LogUnavailable,
    OutcomeUnknown,
    Version,
)
from storybook.stores.sqlite import appending
from storybook.stores.sqlite.connection import open_writer
from storybook.stores.sqlite.group import Append, GroupResult
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import verify_log
from storybook.stores.sqlite.writer import LogWriter
from tests.stores.children import child
from tests.stores.conformance import A, B, append, everything, follow, ids

pytestmark = pytest.mark.anyio


Faults = dict[str, Exception]
"""The first word of a statement, and the error that it is to raise once."""


def faulty(
    monkeypatch: pytest.MonkeyPatch, before: Faults, after: Faults
) -> Callable[[Path], sqlite3.Connection]:
    """How to open a connection whose statements fail before or after they have had effect."""

    class Faulty(sqlite3.Connection):
        def execute(self, sql: str, /, *args: Any) -> sqlite3.Cursor:
            verb = sql.split()[0]
            if verb in before:
                raise before.pop(verb)
            cursor = super().execute(sql, *args)
            if verb in after:
                raise after.pop(verb)
            return cursor

    def connect(path: Path) -> sqlite3.Connection:
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Faulty))
            return open_writer(path)

    return connect


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made to fail")
    error.sqlite_errorcode = code
    return error


def clock() -> int:
    return 1


@pytest.mark.parametrize("happened", [True, False])
async def test_a_failing_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happened: bool
) -> None:
    """Whether or not a failing commit took place: asking again gives one effect, seen by tails."""
    before: Faults = {}
    after: Faults = {}
    connect = faulty(monkeypatch, before, after)
    async with SqliteLog.open(tmp_path / "log.db", clock=clock, connect=connect) as log:
        await append(log, A, 0)
        (after if happened else before)["COMMIT"] = sqlite_error(sqlite3.SQLITE_IOERR)
        with pytest.raises(OutcomeUnknown, match="may have happened"):
            await append(log, A, 1, count=2)
        assert await log.head() == (3 if happened else 1)
        if happened:
            assert len(await follow(log, START, 3)) == 3
        assert (await append(log, A, 1, count=2)).version == 3
        await append(log, B, 0)
        assert ids(await follow(log, START, 4)) == [(A, 1), (A, 2), (A, 3), (B, 1)]
        assert ids(await everything(log)) == [(A, 1), (A, 2), (A, 3), (B, 1)]
    assert list(verify_log(tmp_path / "log.db")) == []


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("BEGIN", sqlite3.SQLITE_READONLY),
        ("INSERT", sqlite3.SQLITE_FULL),
        ("INSERT", sqlite3.SQLITE_IOERR),
        ("COMMIT", sqlite3.SQLITE_FULL),
    ],
)
async def test_a_disk_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, code: int
) -> None:
    """Everybody who waits is told that nothing was appended, and the next append goes through."""
    before: Faults = {}
    connect = faulty(monkeypatch, before, {})
    async with SqliteLog.open(tmp_path / "log.db", clock=clock, connect=connect) as log:
        await append(log, A, 0)
        before[verb] = sqlite_error(code)
        with pytest.raises(LogUnavailable, match="made to fail"):
            await append(log, A, 1)
        assert ids(await everything(log)) == [(A, 1)]
        assert (await append(log, A, 1)).first == 2
        assert ids(await follow(log, START, 2)) == [(A, 1), (A, 2)]


async def test_a_full_database(tmp_path: Path) -> None:
    """SQLite's own 'full' refuses what does not fit; when there is space, the log goes on."""
    pages = 40

    def connect(path: Path) -> sqlite3.Connection:
        db = open_writer(path)
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    async with SqliteLog.open(tmp_path / "log.db", clock=clock, connect=connect) as log:
        version = 0
        folder = re.escape(str(tmp_path))
        told = rf"{folder}.*is full; about [\d,]+ bytes are needed in {folder}, [\d,]+ are free"
        with pytest.raises(LogUnavailable, match=told):
            while version < 10_000:
                version = (await append(log, A, version, count=10)).version
        assert 0 < version < 10_000
        assert len(await everything(log)) == version
        pages = 10_000
        with pytest.raises(LogUnavailable, match="full"):
            await append(log, A, version, count=200)  # the connection still has its old limit
        assert (await append(log, A, version)).version == version + 1
    assert list(verify_log(tmp_path / "log.db")) == []


def append_until_full(path: Path, to: Connection) -> None:
    """Append under a limit on file sizes, lift it, append again, and tell what happened."""
    import resource  # not on Windows

    async def main() -> None:
        async with SqliteLog.open(path, clock=clock) as log:
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
            version = 0
            try:
                while True:
                    version = (await append(log, A, version, count=20)).version
            except (LogUnavailable, OutcomeUnknown) as error:
                to.send((version, type(error).__name__))
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            again = await append(log, A, version, count=20)
            to.send((again.version, len(await everything(log))))

    anyio.run(main)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
async def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    """Writes that the operating system refuses lose nothing answered, and the log goes on."""
    with child(append_until_full, tmp_path / "log.db") as (_, pipe):
        version, error = pipe.recv()
        assert version > 0
        assert error in ("LogUnavailable", "OutcomeUnknown")
        assert pipe.recv() == (version + 20, version + 20)
    assert list(verify_log(tmp_path / "log.db")) == []


async def test_one_bad_append_fails_alone(tmp_path: Path) -> None:
    """In a group with an append that cannot be recorded, all others go through."""
    outcomes: dict[str, str] = {}

    async def attempt(log: SqliteLog, run_id: RunId) -> None:
        try:
            await append(log, run_id, 0, command=f"for {len(outcomes)} {run_id!r}")
            outcomes[run_id] = "appended"
        except LogUnavailable as error:
            outcomes[run_id] = str(error)

    bad = RunId("\ud800")  # half a surrogate pair, which UTF-8 cannot hold
    async with SqliteLog.open(tmp_path / "log.db", clock=clock) as log:
        async with anyio.create_task_group() as tasks:
            for run_id in (A, bad, B):
                tasks.start_soon(attempt, log, run_id)
        assert outcomes[A] == outcomes[B] == "appended"
        assert "cannot be recorded" in outcomes[bad]
        assert len(await everything(log)) == 2


async def test_too_much_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound an append is refused at once, and what waits is still appended."""
    monkeypatch.setattr(appending, "WAITING_EVENTS", 10)
    busy: list[int] = []

    async def attempt(log: SqliteLog, number: int) -> None:
        try:
            await append(log, RunId(str(number)), 0, count=4)
        except LogBusy:
            busy.append(number)

    async with SqliteLog.open(tmp_path / "log.db", clock=clock) as log:
        with pytest.raises(LogBusy):
            await append(log, A, 0, count=11)
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(attempt, log, number)
        assert len(await everything(log)) == 4 * (20 - len(busy))
        assert await append(log, A, 0)
    assert busy


async def test_large_groups(tmp_path: Path) -> None:
    """A batch larger than a group, and payloads larger than a group's bytes, go through whole."""
    page = PageWritten(page=1, attempt=1, summary="옛날 옛적에 " * 40_000)
    async with SqliteLog.open(tmp_path / "log.db", clock=clock) as log:
        assert (await append(log, A, 0, count=4_100)).version == 4_100
        answer = await log.append(
            B, [page, page, page], expected=Version(0), command=CommandId("large")
        )
        assert answer.version == 3
        assert [e.event for e in await log.read_run(B)] == [page] * 3
    assert list(verify_log(tmp_path / "log.db")) == []


async def test_a_command_belongs_to_one_run(tmp_path: Path) -> None:
    """A command id that was used for another run is a mistake, and is named as one."""
    async with SqliteLog.open(tmp_path / "log.db", clock=clock) as log:
        await append(log, A, 0, command="mine")
        for expected in (0, 5):
            with pytest.raises(ValueError, match=f"already used for run {A}"):
                await append(log, B, expected, command="mine")
        assert len(await everything(log)) == 1


def test_the_writer_ends_after_what_waits(tmp_path: Path) -> None:
    """What was submitted before the end was asked for is appended, even in the same group."""
    gate = threading.Event()
    results: list[GroupResult] = []

    def clock() -> int:
        gate.wait()
        return 1

    writer = LogWriter(tmp_path / "log.db", clock, open_writer, results.append)
    assert writer.open() == START
    nobody: Any = None
    for run_id in (A, B, RunId("c")):
        event = ("RunCompleted", 1, b"{}", bytes(32))
        writer.submit([Append(nobody, run_id, Version(0), CommandId(run_id), [event], 2)])
    writer.finish()
    gate.set()
    writer.join()
    assert [e.run_id for result in results for e in result.recorded] == [A, B, "c"]


async def test_a_closed_log(tmp_path: Path) -> None:
    """What waits when the log closes is answered; later appends are refused."""
    answers = []

    async def attempt(log: SqliteLog) -> None:
        answers.append(await append(log, A, 0))

    async with anyio.create_task_group() as tasks:
        async with SqliteLog.open(tmp_path / "log.db", clock=clock) as log:
            tasks.start_soon(attempt, log)
            await anyio.lowlevel.checkpoint()
        with pytest.raises(LogUnavailable, match="closed"):
            await append(log, A, 1)
    assert [a.version for a in answers] == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_log_that_is_taken_away_records_nothing(tmp_path: Path, is_replaced: bool) -> None:
    """What is answered would be lost with the file. No new log is begun, and once the file is back
    it goes on."""
    path, elsewhere = tmp_path / "log.db", tmp_path / "elsewhere.db"
    async with SqliteLog.open(path, clock=clock) as log:
        await append(log, A, 0)
        path.rename(elsewhere)
        if is_replaced:
            path.write_bytes(b"")
        for _ in range(2):
            with pytest.raises(LogUnavailable, match="was moved, deleted or replaced"):
                await append(log, A, 1)
        assert path.exists() == is_replaced
        elsewhere.rename(path)
        assert (await append(log, A, 1)).version == 2
    assert list(verify_log(path)) == []
