"""A backup of what moves: a log that is written, files that change, a copy that is torn."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest

from storybook.book import Artifact, RunId, picture_of
from storybook.commands import Commands
from storybook.data_folder import DataFolder
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.events.log import CommandId, LogUnavailable, Version
from storybook.run import kept_artifacts, remake_artifact
from storybook.stores.backup.contents import opened
from storybook.stores.backup.making import BackupReport, make_backup
from storybook.stores.backup.manifest import BackupError
from storybook.stores.backup.restoring import RestoreReport, check_backup, restore
from storybook.stores.backup.target import writing
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite import migrations
from storybook.stores.sqlite.connection import open_writer
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.migrations import migrate
from storybook.stores.sqlite.online import STEP_PAGES, copy_database
from tests.recorded_folder import FILES, all_rows, book_with_files, files_in, recorded_folder
from tests.stores.children import numbered
from tests.stores.logs import SqliteStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(recorded_folder(tmp_path / "data"))


def silent(done: int, total: int) -> None:
    return None


async def back_up(
    data: DataFolder, to: Path, store: FileArtifactStore | None = None
) -> BackupReport:
    with writing(to, data) as target:
        files = store or FileArtifactStore(data.outputs)
        return await make_backup(data, files, target, 1_800_000_000_000_000, silent)


async def bring_back(backup: Path, to: Path) -> RestoreReport:
    with opened(backup) as contents:
        return await restore(backup, contents, DataFolder(to), silent)


class RepairedMeanwhile(FileArtifactStore):
    """A book's cover is made again just before it is read."""

    def __init__(self, data: DataFolder, log: SqliteLog, run_id: RunId) -> None:
        super().__init__(data.outputs)
        self._log, self._run_id, self.times = log, run_id, 0

    @asynccontextmanager
    async def open(
        self, run_id: RunId, name: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        if (run_id, name) == (self._run_id, "cover.png") and not self.times:
            self.times += 1
            await self._repair()
        async with super().open(run_id, name, start, end) as pieces:
            yield pieces

    async def _repair(self) -> None:
        commands, work = Commands(self._log), picture_of(0)
        run = await commands.load(self._run_id)
        assert run is not None
        stored = await self.put(self._run_id, "cover.png", b"another cover")
        _, before = kept_artifacts(run)["cover.png"]
        remade = Artifact("cover.png", before.media_type, stored.size, stored.sha256)
        remake = partial(
            remake_artifact,
            work=work,
            remade=remade,
            previous=before,
            engine=EngineInfo("double"),
            made_from=MadeFrom(),
            damage="is missing",
            requested_by="test",
        )
        await commands.execute(self._run_id, remake)


@pytest.mark.slow
async def test_a_file_that_is_replaced_meanwhile(data: DataFolder, tmp_path: Path) -> None:
    """The log is taken again, until the two say the same: nothing is lost, nothing is stale."""
    run_id = RunId(book_with_files(data.path).name)
    async with SqliteLog.open(data.log, clock=lambda: 1) as log:
        store = RepairedMeanwhile(data, log, run_id)
        report = await back_up(data, tmp_path / "backup", store)
        end = await log.head()
    assert store.times == 1
    assert (report.missing, report.files, report.events) == ([], FILES, end)
    await bring_back(tmp_path / "backup", tmp_path / "new")
    assert (tmp_path / "new" / "outputs" / run_id / "cover.png").read_bytes() == b"another cover"


@pytest.mark.slow
async def test_a_copy_is_of_one_moment_while_the_log_is_written(tmp_path: Path) -> None:
    """Commits between the steps neither get in nor make it begin anew; a copy needs no WAL."""
    path, steps = tmp_path / "log.db", 0
    async with SqliteStore(path).open() as log:
        for run in range(40):
            await log.append(
                RunId(f"{run:032x}"),
                [numbered(n) for n in range(400)],
                expected=Version(0),
                command=CommandId(f"{run}"),
            )
    pages = path.stat().st_size // 4_096
    assert pages > 3 * STEP_PAGES
    before = all_rows(path)
    with closing(open_writer(path)) as db:

        def commit(seconds: float) -> None:
            nonlocal steps
            steps += 1
            db.execute(
                "INSERT INTO commands VALUES (?, ?, 1, 1, 1)", (f"meanwhile {steps}", f"{0:032x}")
            )

        copy_database(path, tmp_path / "copy.db", commit)
    assert steps == -(-pages // STEP_PAGES) - 1
    assert all_rows(tmp_path / "copy.db") == before
    assert len(all_rows(path)) == len(before) + steps
    assert {it for it in files_in(tmp_path) if it.startswith("copy")} == {"copy.db"}


# --------------------------------------------------------------------------- copies that are torn


async def append(log: SqliteLog, run: int, versions: range) -> None:
    for version in versions:
        await log.append(
            RunId(f"{run:032x}"),
            [numbered(version)],
            expected=Version(version),
            command=CommandId(f"{run}-{version}"),
        )


def checkpoint(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("first", ["log.db", "log.db-wal"])
async def test_a_copy_whose_log_and_wal_are_of_two_moments(tmp_path: Path, first: str) -> None:
    """`cp -r` copies one file after the other, and a checkpoint may come between them. What comes
    back is the log of a moment, whole, and as much of it as there is."""
    live, copy = tmp_path / "live", tmp_path / "copy"
    live.mkdir()
    copy.mkdir()
    async with SqliteStore(live / "log.db").open() as log:
        await append(log, 1, range(60))
        checkpoint(live / "log.db")
        await append(log, 2, range(10))
        shutil.copy(live / first, copy / first)
        await append(log, 3, range(60))
        checkpoint(live / "log.db")
        await append(log, 4, range(10))
        second = "log.db-wal" if first == "log.db" else "log.db"
        shutil.copy(live / second, copy / second)
    report = await bring_back(copy, tmp_path / "new")
    assert report.events == (60 if first == "log.db" else 130)
    assert SqliteStore(tmp_path / "new" / "log.db").faults() == []


async def test_a_copy_with_its_wal(tmp_path: Path) -> None:
    """Of one moment: everything that was answered is in it."""
    live, copy = tmp_path / "live", tmp_path / "copy"
    live.mkdir()
    async with SqliteStore(live / "log.db").open() as log:
        await append(log, 1, range(50))
        shutil.copytree(live, copy, ignore=shutil.ignore_patterns("wake"))
        with pytest.raises(BackupError, match="is written by process"):
            await bring_back(live, tmp_path / "refused")
    assert (await bring_back(copy, tmp_path / "new")).events == 50


async def test_a_copy_that_nobody_can_read(tmp_path: Path) -> None:
    """Is told, with what to do; nothing is restored."""
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "log.db").write_bytes(b"SQLite format 3\0" + bytes(5_000))
    with pytest.raises(BackupError, match="copy it again with the server stopped"):
        await bring_back(copy, tmp_path / "new")
    assert not (tmp_path / "new" / "log.db").exists()


# ------------------------------------------------------------------------------------ older logs


async def test_a_log_that_waits_for_a_migration(
    data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older schema is no damage: it is copied as it is, and checked as what it is."""
    here = migrations.migration_files("log")[0].parent
    newer = tmp_path / "program" / "migrations" / "log"
    shutil.copytree(here, newer)
    (newer / "0002_moods.sql").write_text("CREATE TABLE moods (mood TEXT) STRICT;")
    module = tmp_path / "program" / "stores" / "sqlite" / "migrations.py"
    monkeypatch.setattr(migrations, "__file__", str(module))
    assert (await back_up(data, tmp_path / "backup")).missing == []
    assert (await bring_back(tmp_path / "backup", tmp_path / "new")).files == FILES
    with closing(sqlite3.connect(tmp_path / "new" / "log.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert migrate(db, "log") == 2


async def test_a_database_that_cannot_be_read_is_told(data: DataFolder, tmp_path: Path) -> None:
    """Of whatever it is the store: no backup without it."""
    (data.path / "webhooks.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(LogUnavailable, match=r"webhooks\.db"):
        await back_up(data, tmp_path / "backup")


async def test_checking_leaves_nothing(data: DataFolder, tmp_path: Path) -> None:
    """Neither beside the backup nor in it."""
    await back_up(data, tmp_path / "backup")
    before = files_in(tmp_path)
    with opened(tmp_path / "backup") as contents:
        assert (await check_backup(tmp_path / "backup", contents, silent)).files == FILES
    assert files_in(tmp_path) == before
