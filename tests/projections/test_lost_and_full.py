"""The projector outlasts a full disk and makes a lost file anew; readers are never told a lie."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storybook.events.log import LogUnavailable, Position, Recorded
from storybook.projections import projector, tables
from storybook.projections.projector import Projections, ProjectionsBusy
from storybook.projections.rebuild import differences
from tests.projections.histories import Book, every_ending, run_name
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio
PAGE_BYTES = 4096


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another quickly."""
    monkeypatch.setattr(projector, "PAUSE_SECONDS", 0.005)


def error_of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the test makes it fail")
    error.sqlite_errorcode = code
    return error


async def healed(projections: Projections, log: MemoryLog) -> None:
    with anyio.fail_after(10):
        await projections.reached(await log.head())


# ------------------------------------------------------------------------------- what may pass


async def test_a_full_disk_is_outlasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While there is no room readers have what was written; with room again all is caught up."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await Book(log, 1).request()
    real, failures, third = tables.write_rows, [0], anyio.Event()

    def write(*args: object) -> None:
        try:
            real(*args)  # type: ignore[arg-type]  # whatever it is given
        except sqlite3.OperationalError:
            failures[0] += 1
            if failures[0] == 3:
                anyio.from_thread.run_sync(third.set)
            raise

    monkeypatch.setattr(tables, "write_rows", write)
    async with Projections.open(path, log) as projections:
        projections._db.execute("PRAGMA max_page_count = 1")  # no more than there are now
        for number in range(2, 30):
            book = Book(log, number)
            await book.request()
            await book.finish()
        with anyio.fail_after(10):
            await third.wait()
        assert projections.run_state(run_name(1)) is not None
        assert (await projections.library()).runs
        with pytest.raises(ProjectionsBusy):  # it is in the log, so not: there is none
            projections.run_state(run_name(29))
        projections._db.execute("PRAGMA max_page_count = 1000000")
        await healed(projections, log)
        assert projections.run_state(run_name(29)) is not None
        assert await differences(path, log) == []
    told = [it for it in caplog.records if "cannot go on now" in it.getMessage()]
    assert len(told) == 1  # and not one for every try


@pytest.mark.parametrize("name", ["FULL", "IOERR_WRITE", "IOERR_FSYNC", "CANTOPEN"])
async def test_a_failing_disk_is_outlasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """However often writing fails by what may pass, the projector tries again."""
    log, path = MemoryLog(), tmp_path / "p.db"
    real, failures = tables.write_rows, iter(range(4))

    def write(*args: object) -> None:
        if next(failures, None) is not None:
            raise error_of_sqlite(getattr(sqlite3, f"SQLITE_{name}"))
        real(*args)  # type: ignore[arg-type]  # whatever it is given

    async with Projections.open(path, log) as projections:
        monkeypatch.setattr(tables, "write_rows", write)
        await Book(log).request()
        await healed(projections, log)
        assert await differences(path, log) == []
    assert next(failures, None) is None


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
    async with Projections.open(path, log) as projections:
        await followed.wait()
        await Book(log).request()
        with anyio.fail_after(10):
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

    def fail(*_: object) -> None:
        raise error_of_sqlite(getattr(sqlite3, f"SQLITE_{name}"))

    async with Projections.open(path, log) as projections:
        before = path.stat().st_ino
        with monkeypatch.context() as patched:
            patched.setattr("storybook.projections.reads.state", fail)
            patched.setattr("storybook.projections.reads.library", fail)
            with pytest.raises(ProjectionsBusy):
                projections.run_state(run_name(999))
            with pytest.raises(ProjectionsBusy):
                await projections.library()
        assert len((await projections.library()).runs) == 8
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


def garbage_behind_page_1(path: Path) -> None:
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
    async with Projections.open(path, log) as projections:
        lose(path)
        book = Book(log, 99)
        await book.request()
        await healed(projections, log)
        assert projections.run_state(book.run_id) is not None
        assert len((await projections.library()).runs) == 9
        assert await differences(path, log) == []


@pytest.mark.parametrize("lose", [empty, truncate, garbage, garbage_behind_page_1])
@pytest.mark.parametrize("how", ["state", "library"])
async def test_a_reader_who_meets_damage_has_it_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Path], None], how: str
) -> None:
    """He is told to ask again, and soon has his answer, though no event comes."""
    monkeypatch.setattr(projector, "KEPT_STATES", 0)
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log) as projections:

        async def read() -> object:
            if how == "state":
                return projections.run_state(run_name(1))
            return await projections.library()

        lose(path)
        with pytest.raises(ProjectionsBusy):
            await read()
        with pytest.raises(ProjectionsBusy):  # not half of it, while it is made
            projections.run_state(run_name(2))
        await healed(projections, log)
        assert await read() is not None
        assert len((await projections.library()).runs) == 8
        assert await differences(path, log) == []


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved")
async def test_a_file_that_cannot_be_opened_for_it_is_missing_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That will not pass by waiting."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)

    def fail(*_: object) -> None:
        raise error_of_sqlite(sqlite3.SQLITE_CANTOPEN)

    async with Projections.open(path, log) as projections:
        path.rename(tmp_path / "elsewhere.db")
        with monkeypatch.context() as patched:
            patched.setattr("storybook.projections.reads.library", fail)
            with pytest.raises(ProjectionsBusy):
                await projections.library()
        await healed(projections, log)
        assert await differences(path, log) == []
        assert len((await projections.library()).runs) == 8


async def test_a_disk_that_is_full_while_a_file_is_made_anew_is_outlasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Until it is made readers are told to ask again; no closed connection is met."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    real, tries, third = tables.remake, [0], anyio.Event()
    has_room = False

    def remake(path: Path) -> sqlite3.Connection:
        tries[0] += 1
        if tries[0] == 3:
            third.set()
        if not has_room:
            raise error_of_sqlite(sqlite3.SQLITE_FULL)
        return real(path)

    monkeypatch.setattr(tables, "remake", remake)
    has_room = True
    async with Projections.open(path, log) as projections:
        tries[0], has_room = 0, False
        garbage(path)
        with caplog.at_level(logging.WARNING), pytest.raises(ProjectionsBusy):
            await projections.library()
        with anyio.fail_after(10):
            await third.wait()
        with pytest.raises(ProjectionsBusy):
            await projections.library()
        has_room = True
        await healed(projections, log)
        assert len((await projections.library()).runs) == 8


async def test_damage_that_catching_up_meets_at_the_start_is_mended(tmp_path: Path) -> None:
    """What opening does not look for does not keep the server from starting."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log):
        pass
    with closing(tables.connect(path)) as db:
        db.execute("DROP TABLE timings")
    await Book(log, 99).request()
    async with Projections.open(path, log) as projections:
        assert len((await projections.library()).runs) == 9
        assert await differences(path, log) == []
