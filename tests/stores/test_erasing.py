"""What a forgotten run said leaves the log's files, and the log is whole as before."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import anyio
import pytest

from storybook.book import RunId, StoryRequest
from storybook.events.catalog import (
    Event,
    PageWritten,
    RunCancelled,
    RunForgotten,
    RunRequested,
)
from storybook.events.codec import UNREADABLE
from storybook.events.log import START, CommandId, EventLog, Version
from storybook.stores.remains import has_remains
from storybook.stores.sqlite import writer
from storybook.stores.sqlite.connection import open_reader, open_writer
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import head_of, verify_log
from tests.stores.conformance import everything
from tests.stores.logs import SqliteStore
from tests.stores.test_chain_document import RECORDED, verified

pytestmark = pytest.mark.anyio
SECRET: Final = "SECRET-WORD"
PAGES: Final = 40


async def tell(log: EventLog, run_id: RunId, word: str) -> None:
    """A run of which every event says the word; pages of all lengths, also longer than a page of
    the file."""
    requested = RunRequested(StoryRequest(word, word, word, word), 7)
    pages = [PageWritten(it, 1, summary=f"{word} " * (it * it)) for it in range(PAGES)]
    events: list[Event] = [requested, *pages]
    for version, event in enumerate(events):
        command = CommandId(f"{run_id}@{version}")
        await log.append(run_id, [event], expected=Version(version), command=command)


async def forget(log: EventLog, run_id: RunId) -> None:
    version = Version(len(await log.read_run(run_id)))
    events: list[Event] = [RunCancelled(SECRET), RunForgotten("ward")]
    await log.forget(run_id, events, expected=version, command=CommandId(f"{run_id}!"))


def run(number: int) -> RunId:
    return RunId(f"{number:032x}")


def careless(path: Path) -> sqlite3.Connection:
    """The connection of versions that left copies of rows where they had moved them from."""
    db = open_writer(path)
    db.execute("PRAGMA secure_delete = OFF")
    return db


def has_copies(path: Path) -> bool:
    """Whether there are any in what is unused of a log."""
    with closing(open_reader(path)) as db:
        return has_remains(db)


def traces(folder: Path, word: str = SECRET) -> list[str]:
    """The files of a folder that have a word in them, anywhere."""
    return [it.name for it in folder.iterdir() if it.is_file() and word.encode() in it.read_bytes()]


async def test_the_files_hold_no_trace_and_the_log_is_whole(tmp_path: Path) -> None:
    """While it is open, with a reader beside it; other runs keep every word."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log, store.follow() as reader:
        for number in range(6):
            await tell(log, run(number), SECRET if number % 2 else f"kept-{number}")
        before = {it.position: it for it in await everything(log)}
        for number in (1, 3, 5):
            assert traces(tmp_path)
            await forget(log, run(number))
        assert traces(tmp_path) == []
        after = await everything(reader)
        for it in after:
            if it.position in before:
                is_erased = it.run_id in (run(1), run(3), run(5))
                assert it.data == (b"" if is_erased else before[it.position].data)
                assert (it.type, it.digest) == (
                    before[it.position].type,
                    before[it.position].digest,
                )
        assert [it.type for it in after if it.data and it.run_id == run(1)] == ["RunForgotten"]
    assert store.faults() == []
    assert verified(store.path) == [str(head_of(store.path))]


async def test_the_logs_of_earlier_versions_too(tmp_path: Path) -> None:
    """They have copies of rows in what is unused of their pages: such a log is written anew."""
    path = tmp_path / "log.db"
    async with SqliteLog.open(path, clock=lambda: 1, connect=careless) as log:
        await tell(log, run(1), SECRET)
        await tell(log, run(2), "kept")
    assert has_copies(path)
    async with SqliteLog.open(path, clock=lambda: 2) as log:
        await forget(log, run(1))
        assert traces(tmp_path) == []
        assert not has_copies(path)
        await tell(log, run(3), SECRET)
        await forget(log, run(3))
        assert traces(tmp_path) == []
        assert not has_copies(path)
    assert list(verify_log(path)) == []


async def test_a_log_that_was_recorded_long_ago(tmp_path: Path) -> None:
    """One of its runs is forgotten; it verifies, and the others are what they were."""
    path = Path(shutil.copy(RECORDED, tmp_path))
    async with SqliteLog.open(path, clock=lambda: 2) as log:
        before = await log.read(START, 10_000)
        gone = before[0].run_id
        await forget(log, gone)
        kept = [it for it in await log.read(START, 10_000) if it.run_id != gone]
        assert kept == [it for it in before if it.run_id != gone]
        page = await log.read_events(START, 10_000)
        assert page is not None
        assert [type(event) for event in page.events if isinstance(event, RunForgotten)]
        assert len(page.events) == len(kept) + 1
    assert list(verify_log(path)) == []
    assert verified(path) == [str(head_of(path))]


@pytest.mark.slow
async def test_what_a_killed_process_left_in_the_wal_is_gone_after_the_next_start(
    tmp_path: Path,
) -> None:
    """It was killed between the commit and the cut: a copy of its files stands for it."""
    path, copy = tmp_path / "a" / "log.db", tmp_path / "b"
    path.parent.mkdir()
    store = SqliteStore(path)
    async with store.open() as log:
        await tell(log, run(1), SECRET)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT max(position) FROM events").fetchone()
            await forget(log, run(1))  # the reader keeps the log from being cut
            shutil.copytree(path.parent, copy)
        assert traces(copy)
        await tell(log, run(2), "kept")  # it is cut with the next append
        assert traces(path.parent) == []
    async with SqliteStore(copy / "log.db").open():
        assert traces(copy) == []


@pytest.mark.slow
async def test_what_a_reader_kept_in_the_wal_goes_when_he_has_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs to append anything: a quiet server does not for days."""
    monkeypatch.setattr(writer, "EMPTYING_SECONDS", 0.01)
    path = tmp_path / "log.db"
    async with SqliteStore(path).open() as log:
        await tell(log, run(1), SECRET)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT max(position) FROM events").fetchone()
            await forget(log, run(1))
            assert traces(tmp_path)
        with anyio.fail_after(30):
            while traces(tmp_path):  # noqa: ASYNC110 - there is no event to wait for
                await anyio.sleep(0.01)
        await tell(log, run(2), "kept")


async def test_whoever_follows_the_log_is_told_nothing_that_was_erased(tmp_path: Path) -> None:
    """A tail that lags behind gets erased events, not what is remembered of them."""
    async with SqliteStore(tmp_path / "log.db").open() as log:
        await tell(log, run(1), SECRET)
        await forget(log, run(1))
        seen = []
        with anyio.fail_after(30):
            async for batch in log.tail(START):
                seen += batch
                if seen[-1].type == "RunForgotten":
                    break
        assert all(it.is_erased for it in seen[:-1])


async def test_empty_data_of_a_run_that_was_not_forgotten_is_damage(tmp_path: Path) -> None:
    """It is read as an event that is lost, and an audit names it."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        await tell(log, run(1), "kept")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        (trigger,) = db.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
        ).fetchone()
        db.execute("DROP TRIGGER events_never_change")
        db.execute("UPDATE events SET data = x'' WHERE position = 3")
        db.execute(trigger)
    async with store.follow() as log:
        assert [it.type for it in await log.read(START, 4)][2] == UNREADABLE
        assert [it.type for it in await log.read_run(run(1))][2] == UNREADABLE
    assert store.faults() == ["event 3: its data is gone, and its run was not forgotten"]
    assert verified(store.path)[0] == "event 3: its data was changed"


async def test_a_run_that_was_forgotten_by_halves_is_damage(tmp_path: Path) -> None:
    """Somebody recorded that it was, and erased nothing."""
    store = SqliteStore(tmp_path / "log.db")
    async with store.open() as log:
        await tell(log, run(1), "kept")
        events: list[Event] = [RunForgotten()]
        await log.append(run(1), events, expected=Version(PAGES + 1), command=CommandId("half"))
    assert store.faults() == [
        f"event {PAGES + 2}: its run was forgotten, and event {PAGES + 1} still says what it said"
    ]
