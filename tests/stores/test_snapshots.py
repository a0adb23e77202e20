"""A log that can only be read: a copy on a read-only disk, a snapshot with or without its WAL."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from storybook.clock import SystemClock
from storybook.events.log import START, LogUnavailable
from storybook.stores.sqlite import migrations
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import head_of, verify_log
from tests.projections.histories import Book
from tests.reading_only import reading_only

pytestmark = pytest.mark.anyio


async def closed_log(folder: Path) -> Path:
    """A log of two events that its writer has closed."""
    path = folder / "log.db"
    async with SqliteLog.open(path, clock=SystemClock().now) as log:
        await Book(log).request()
    assert not path.with_name("log.db-wal").exists()
    return path


async def cut_off_log(folder: Path) -> Path:
    """What a snapshot has of a log of two events while it is written: its file, and its WAL."""
    source, folder = folder / "source", folder / "snapshot"
    for it in (source, folder):
        it.mkdir()
    async with SqliteLog.open(source / "log.db", clock=SystemClock().now) as log:
        await Book(log).request()
        for name in ("log.db", "log.db-wal"):
            shutil.copy(source / name, folder)
    return folder / "log.db"


async def types_in(path: Path) -> list[str]:
    async with SqliteLog.read_only(path) as log:
        return [it.type for it in await log.read(START, 10)]


@pytest.mark.parametrize("make", [closed_log, cut_off_log])
async def test_a_log_in_a_folder_that_is_only_read_shows_every_event(
    tmp_path: Path, make: Callable[[Path], Awaitable[Path]]
) -> None:
    """Also those that stand in the WAL alone; nothing is written beside it."""
    path = await make(tmp_path)
    before = sorted(it.name for it in path.parent.iterdir())
    with reading_only(path.parent):
        assert await types_in(path) == ["RunRequested", "StageRequested"]
        assert list(verify_log(path)) == []
        assert head_of(path).position == 2
    assert sorted(it.name for it in path.parent.iterdir()) == before


async def test_a_snapshot_is_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a command opens it, and anew when it has changed."""
    path = await cut_off_log(tmp_path)
    real, copied = shutil.copyfile, list[Path]()

    def copy(source: Path, target: Path) -> None:
        copied.append(target)
        real(source, target)

    monkeypatch.setattr(shutil, "copyfile", copy)
    with reading_only(path.parent):
        for _ in range(3):
            open_reader(path).close()
    assert len(copied) == 2  # the file and its WAL
    assert copied[0].exists() and copied[0].parent != path.parent


async def test_nothing_can_be_recorded_in_a_log_that_is_only_read(tmp_path: Path) -> None:
    """The message names the folder and what mends it."""
    path = await closed_log(tmp_path)
    with reading_only(tmp_path):
        async with SqliteLog.read_only(path) as log:
            with pytest.raises(LogUnavailable, match=f"{tmp_path} is only read here.*let this"):
                await Book(log, 2).request()


async def test_an_older_schema_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot from before a later version's migrations cannot be migrated, and need not be."""
    path = await closed_log(tmp_path)
    files = migrations.migration_files("log")
    monkeypatch.setattr(migrations, "migration_files", lambda family: [*files, files[-1]])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] < len(files) + 1
    with reading_only(tmp_path):
        assert await types_in(path) == ["RunRequested", "StageRequested"]
