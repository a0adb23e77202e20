"""The projector outlasts a full disk and makes a lost file anew; readers are never told a lie."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.events.log import LogUnavailable, Position, Recorded
from storybook.projections import tables, view_file, views
from storybook.projections.projector import Projections, ProjectionsBusy
from storybook.projections.rebuild import differences
from storybook.projections.views import InMemory
from storybook.stores.remains import has_remains
from tests.projections.histories import (
    QUICKLY,
    Book,
    every_ending,
    library_of,
    run_name,
    state_of,
)
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio
PAGE_BYTES = 4096


def failing(name: str) -> Callable[..., None]:
    """What raises this error of SQLite, whatever it is given."""

    def fail(*_: object) -> None:
        error = sqlite3.OperationalError("the test makes it fail")
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
        raise error

    return fail


async def healed(projections: Projections, log: MemoryLog) -> None:
    with anyio.fail_after(30):
        await projections.reached(await log.head())


# ------------------------------------------------------------------------------- what may pass


def memory_of(projections: Projections) -> bool:
    """Whether the views are in memory."""
    return isinstance(projections._file.where, InMemory)


async def test_views_on_a_full_disk_go_on_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Readers see what comes; the log says it once, with the path and what to do; with room again
    the file has it all."""
    monkeypatch.setattr(view_file, "FILE_AGAIN_SECONDS", 0.02)
    log, path = MemoryLog(), tmp_path / "p.db"
    await Book(log, 1).request()
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        with monkeypatch.context() as patched:
            patched.setattr(views, "save", failing("FULL"))
            projections._file.db.execute("PRAGMA max_page_count = 1")  # no more than there are now
            for number in range(2, 30):
                book = Book(log, number)
                await book.request()
                await book.finish()
            await healed(projections, log)
            assert memory_of(projections)
            assert state_of(projections, run_name(29)) is not None
            assert len(await library_of(projections)) == 29
        with anyio.fail_after(30):
            while memory_of(projections):  # noqa: ASYNC110 - there is no event to wait for
                await anyio.sleep(0.005)
        assert await differences(path, log) == []
        await Book(log, 30).request()
        await healed(projections, log)
        assert len(await library_of(projections)) == 30
        assert await differences(path, log) == []
    (told,) = [it.getMessage() for it in caplog.records if "cannot be kept (" in it.getMessage()]
    assert str(path) in told and "Make room on its disk" in told


@pytest.mark.parametrize("name", ["FULL", "IOERR_WRITE", "IOERR_FSYNC", "CANTOPEN", "READONLY"])
async def test_a_file_that_can_no_longer_be_written_is_left_for_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever of what may pass it fails by."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    real, failing_once = tables.write_rows, iter([None])

    def write(*args: Any) -> None:
        if next(failing_once, 0) is None:
            failing(name)()
        real(*args)

    async with Projections.open(path, log, retry=QUICKLY) as projections:
        monkeypatch.setattr(tables, "write_rows", write)
        await Book(log, 99).request()
        await healed(projections, log)
        assert memory_of(projections)
        assert len(await library_of(projections)) == 9


async def test_views_that_are_too_large_for_memory_stay_and_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers have what was written; what is only in the log is not said to be missing."""
    monkeypatch.setattr(view_file, "MOST_IN_MEMORY_BYTES", 0)
    log, path = MemoryLog(), tmp_path / "p.db"
    await Book(log, 1).request()
    real, tries, third = tables.write_rows, [0], anyio.Event()

    def write(*args: Any) -> None:
        tries[0] += 1
        if tries[0] < 4:
            if tries[0] == 3:
                anyio.from_thread.run_sync(third.set)
            failing("FULL")()
        real(*args)

    async with Projections.open(path, log, retry=QUICKLY) as projections:
        monkeypatch.setattr(tables, "write_rows", write)
        await Book(log, 2).request()
        with anyio.fail_after(30):
            await third.wait()
        assert await library_of(projections) == [run_name(1)]
        with pytest.raises(ProjectionsBusy):
            state_of(projections, run_name(2))
        await healed(projections, log)
        assert state_of(projections, run_name(2)) is not None
        assert not memory_of(projections)


async def test_a_log_that_cannot_be_read_is_outlasted(tmp_path: Path) -> None:
    """A tail that fails is taken up again where it stood."""

    followed = anyio.Event()

    class FailingLog(MemoryLog):
        failures = 3

        async def tail(self, after: Position) -> AsyncGenerator[list[Recorded], None]:
            followed.set()
            async for batch in super().tail(after):
                if self.failures:
                    self.failures -= 1
                    raise LogUnavailable("the test makes it fail")
                yield batch

        async def head(self) -> Position:
            if 0 < self.failures < 3:
                self.failures -= 1
                raise LogUnavailable("the test makes it fail")
            return await super().head()

    log, path = FailingLog(), tmp_path / "p.db"
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        await followed.wait()
        await Book(log).request()
        with anyio.fail_after(30):
            await projections.reached(Position(len(log.events)))
        assert await differences(path, log) == []
    assert log.failures == 0


@pytest.mark.parametrize("name", ["BUSY", "FULL", "IOERR_READ", "CANTOPEN"])
async def test_a_reader_at_a_failing_disk_is_told_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Both ways of reading; nothing is made anew for it."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)

    async with Projections.open(path, log, retry=QUICKLY) as projections:
        before = path.stat().st_ino
        with monkeypatch.context() as patched:
            patched.setattr(tables, "find", failing(name))
            with pytest.raises(ProjectionsBusy):
                state_of(projections, run_name(999))
            with pytest.raises(ProjectionsBusy):
                await projections.ask(failing(name))
        assert len(await library_of(projections)) == 8
        assert path.stat().st_ino == before


# ----------------------------------------------------------------------------- what is lost


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 2 * PAGE_BYTES])


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage!" * (path.stat().st_size // 8))


def garbage_after_page_1(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:PAGE_BYTES] + b"\xa5" * (len(whole) - PAGE_BYTES))


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted")
@pytest.mark.parametrize("lose", [delete, replace, empty, truncate, garbage])
async def test_a_file_lost_under_a_running_projector_is_made_anew(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    """The next event is served, and everything before it, from a new file."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        lose(path)
        book = Book(log, 99)
        await book.request()
        await healed(projections, log)
        assert state_of(projections, book.run_id) is not None
        assert len(await library_of(projections)) == 9
        assert await differences(path, log) == []


@pytest.mark.parametrize("lose", [empty, truncate, garbage, garbage_after_page_1])
@pytest.mark.parametrize("how", ["state", "library"])
async def test_a_reader_who_meets_damage_has_it_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Path], None], how: str
) -> None:
    """He is told to ask again, and soon has his answer, though no event comes."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, retry=QUICKLY) as projections:

        async def read() -> object:
            if how == "state":
                return state_of(projections, run_name(1))
            return await library_of(projections)

        projections._kept.clear()  # as if many other runs had changed since
        lose(path)
        with pytest.raises(ProjectionsBusy):
            await read()
        with pytest.raises(ProjectionsBusy):  # not half of it, while it is made
            state_of(projections, run_name(2))
        await healed(projections, log)
        assert await read() is not None
        assert len(await library_of(projections)) == 8
        assert await differences(path, log) == []


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved")
async def test_a_file_that_cannot_be_opened_for_it_is_missing_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That will not pass by waiting."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)

    async with Projections.open(path, log, retry=QUICKLY) as projections:
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(ProjectionsBusy):
            await projections.ask(failing("CANTOPEN"))
        await healed(projections, log)
        assert await differences(path, log) == []
        assert len(await library_of(projections)) == 8


async def test_a_lost_file_on_a_full_disk_is_made_anew_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever meets the loss asks again, and soon has all of it."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        real = views.remake

        def remake(where: Path | InMemory, *args: Any) -> sqlite3.Connection:
            if isinstance(where, Path):
                failing("FULL")()
            return real(where, *args)

        monkeypatch.setattr(views, "remake", remake)
        garbage(path)
        with pytest.raises(ProjectionsBusy):
            await library_of(projections)
        await healed(projections, log)
        assert memory_of(projections)
        assert len(await library_of(projections)) == 8


async def test_a_server_starts_where_no_file_can_be_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The views are computed from the log."""
    log, path = MemoryLog(), tmp_path / "gone" / "p.db"
    await every_ending(log)
    async with Projections.open(path, log) as projections:
        assert memory_of(projections)
        assert len(await library_of(projections)) == 8
        await Book(log, 99).request()
        await healed(projections, log)
        assert state_of(projections, run_name(99)) is not None
    assert [it for it in caplog.records if f"{path} cannot be kept" in it.getMessage()]


async def test_a_disk_that_fills_up_while_a_server_catches_up_does_not_keep_it_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on in memory from what it had written."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    real = tables.write_rows

    def write(db: sqlite3.Connection, *args: Any) -> None:
        if db.execute("PRAGMA database_list").fetchone()[2] == str(path):
            failing("FULL")()
        real(db, *args)

    monkeypatch.setattr(tables, "write_rows", write)
    async with Projections.open(path, log) as projections:
        assert memory_of(projections)
        assert len(await library_of(projections)) == 8


async def test_views_that_are_not_to_be_kept_leave_the_file_as_it_is(tmp_path: Path) -> None:
    """What the file has is read, and what comes after it is in memory."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log):
        pass
    before = path.read_bytes()
    await Book(log, 99).request()
    path.chmod(0o400)
    async with Projections.open(path, log, keep=False) as projections:
        assert len(await library_of(projections)) == 9
    assert path.read_bytes() == before


async def test_damage_that_catching_up_meets_at_the_start_is_mended(tmp_path: Path) -> None:
    """What opening does not look for does not keep the server from starting."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, retry=QUICKLY):
        pass
    with closing(views.connect(path)) as db:
        db.execute("DROP TABLE timings")
    await Book(log, 99).request()
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        assert len(await library_of(projections)) == 9
        assert await differences(path, log) == []


# -------------------------------------------------------------------------- what is to be forgotten


async def test_a_file_that_is_written_anew_has_no_copies_of_moved_rows(tmp_path: Path) -> None:
    """SQLite leaves some in what is unused of its pages; readers find what they found before."""
    log, path = MemoryLog(), tmp_path / "p.db"
    async with Projections.open(path, log) as projections:
        books = [Book(log, number) for number in range(1, 40)]
        for book in books:
            await book.request()
        for book in (*books[::2], *books[1::2]):  # their rows grow between others
            await book.finish()
            await projections.reached(await log.head())
        await healed(projections, log)
        assert has_remains(projections._file.db)
        before = [state_of(projections, run_name(it)) for it in range(1, 40)]
        await projections.write_anew()
        assert not has_remains(projections._file.db)
        assert [state_of(projections, run_name(it)) for it in range(1, 40)] == before
        await Book(log, 40).request()
        await healed(projections, log)
        assert state_of(projections, run_name(40)) is not None


async def test_a_save_that_was_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its file would know what is forgotten later."""
    unfinished = tmp_path / "p.db.saving"
    unfinished.write_bytes(b"half of the views")
    async with Projections.open(tmp_path / "p.db", MemoryLog()):
        assert not unfinished.exists()
