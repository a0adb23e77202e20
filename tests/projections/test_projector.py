"""The projector: readers see their own writes, and nothing that happens to the file loses any."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import anyio
import msgspec
import pytest

from storybook.book import WRITING, RunId, picture_of
from storybook.clock import SystemClock
from storybook.events.log import Position, Version
from storybook.events.parked import ParkedRuns
from storybook.projections import checkpoints, tables, view_file, views
from storybook.projections.checkpoints import Checkpoint
from storybook.projections.folding import Folds
from storybook.projections.library import ended_runs, newest, open_runs
from storybook.projections.projector import Projections, ProjectionsBusy, ProjectionsStopped
from storybook.projections.rebuild import differences, rebuild
from storybook.projections.registry import PROJECTIONS
from storybook.projections.runs import beginning_with
from storybook.run import Status
from storybook.stores.sqlite.log import SqliteLog
from tests.books import PAGES
from tests.projections.histories import (
    QUICKLY,
    Book,
    all_rows,
    every_ending,
    library_of,
    run_name,
    state_of,
)
from tests.stores.memory_log import FIRST_MOMENT, MemoryLog
from tests.stores.raw_rows import add_row

pytestmark = pytest.mark.anyio


class Stop(Exception):
    """What a test stops a transaction with."""


def silent(done: int, head: int) -> None:
    """A progress that nobody watches."""


# ------------------------------------------------------------------------------ reading one's own


async def test_a_reader_sees_his_own_write(tmp_path: Path) -> None:
    """Many at once: after `reached` each one's state and line are there."""
    async with (
        SqliteLog.open(tmp_path / "log.db", clock=SystemClock().now) as log,
        Projections.open(tmp_path / "p.db", log) as projections,
    ):

        async def write_and_read(number: int) -> None:
            book = Book(log, number)
            await book.request()
            await book.start(WRITING)
            await book.write(0)
            await projections.reached((await log.read_run(book.run_id))[-1].position)
            state = state_of(projections, book.run_id)
            assert state is not None and state.pages[0].title == "토끼와 호랑이"
            assert book.run_id in await library_of(projections)

        async with anyio.create_task_group() as tasks:
            for number in range(1, 41):
                tasks.start_soon(write_and_read, number)
    rows = all_rows(tmp_path / "p.db")
    assert (len(rows["library"]), len(rows["timings"])) == (40, 120)


async def test_runs_are_found_by_how_they_begin(tmp_path: Path) -> None:
    """At most as many as are asked for; a whole id finds one, and what fits none finds none."""
    log = MemoryLog()
    for number in range(1, 8):
        await Book(log, number).request()
    async with Projections.open(tmp_path / "p.db", log):
        pass
    with closing(views.connect_known(tmp_path / "p.db", read_only=True)) as db:
        one = run_name(3)
        alike = sorted(it for it in map(run_name, range(1, 8)) if it[:4] == one[:4])
        assert beginning_with(db, one[:4], 100) == alike
        assert beginning_with(db, "", 5) == sorted(map(run_name, range(1, 8)))[:5]
        assert beginning_with(db, one, 5) == [one]
        assert beginning_with(db, "zzzz", 5) == []


async def test_a_position_is_waited_for_until_it_comes(tmp_path: Path) -> None:
    """`reached` does not return before the event is there, and at once when it has been."""
    log = MemoryLog()
    book = Book(log)
    async with Projections.open(tmp_path / "p.db", log) as projections:
        await projections.reached(Position(0))
        with anyio.move_on_after(0.02) as waiting:
            await projections.reached(Position(1))
        assert waiting.cancelled_caught
        await book.request()
        await projections.reached(Position(2))
        assert projections.position == 2


async def test_opening_catches_up_before_it_answers(tmp_path: Path) -> None:
    """What was appended while nobody followed is there at once, also over several pages."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log) as projections:
        assert projections.position == len(log.events)
        state = state_of(projections, run_name(1))
        assert state is not None and state.status is Status.DONE
        assert state_of(projections, RunId("f" * 32)) is None


async def test_the_state_in_memory_is_the_state_in_the_table(tmp_path: Path) -> None:
    """A state that was just written and one that is read after a restart are the same bytes."""
    log, path = MemoryLog(), tmp_path / "p.db"
    async with Projections.open(path, log) as projections:
        await every_ending(log)
        await projections.reached(await log.head())
        written = {run_name(n): state_of(projections, run_name(n)) for n in range(1, 9)}
    assert None not in written.values()
    async with Projections.open(path, log) as projections:
        assert written == {run_id: state_of(projections, run_id) for run_id in written}


async def test_an_error_of_the_caller_comes_through_as_it_is(tmp_path: Path) -> None:
    """An exception inside `async with` is not wrapped in a group."""
    with pytest.raises(Stop):
        async with Projections.open(tmp_path / "p.db", MemoryLog()):
            raise Stop


async def test_a_state_that_another_process_locks_is_refused_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop stands still for a moment at most; what is in memory needs no file."""
    monkeypatch.setattr(view_file, "ROW_WAIT_MS", 1)
    log, path = MemoryLog(), tmp_path / "p.db"
    book = Book(log)
    await book.request()
    async with Projections.open(path, log) as projections:
        with closing(views.connect(path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert state_of(projections, book.run_id) is not None
            with pytest.raises(ProjectionsBusy):
                state_of(projections, RunId("f" * 32))
            other.execute("ROLLBACK")
        assert state_of(projections, RunId("f" * 32)) is None


async def test_the_projector_outwaits_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is held longer than SQLite waits delays the projector and does not stop it."""
    monkeypatch.setattr(views, "BUSY_MS", 1)
    log, path = MemoryLog(), tmp_path / "p.db"
    async with Projections.open(path, log, retry=QUICKLY) as projections:
        projections._file.db.execute("PRAGMA busy_timeout = 1")
        with closing(views.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            await Book(log).request()
            with anyio.move_on_after(0.05) as waiting:
                await projections.reached(Position(2))
            assert waiting.cancelled_caught
            other.execute("ROLLBACK")
        await projections.reached(Position(2))


# --------------------------------------------------------------------------- what may go wrong


@pytest.mark.parametrize(
    ("module", "step"), [(tables, "write_rows"), (checkpoints, "write_checkpoint")]
)
async def test_rows_and_checkpoint_are_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """A failure between them leaves neither; who waits is told, and a restart makes it good."""
    log, path = MemoryLog(), tmp_path / "p.db"
    book = Book(log)
    real = getattr(module, step)

    def write_and_fail(*args: object) -> None:
        real(*args)
        raise Stop("the test stops it")

    async with Projections.open(path, log) as projections:
        await book.request()
        await projections.reached(await log.head())
        before = all_rows(path)
        with monkeypatch.context() as patched:
            patched.setattr(module, step, write_and_fail)
            await book.start(WRITING)
            with pytest.raises(ProjectionsStopped, match="after position 2: the test stops it"):
                await projections.reached(await log.head())
        assert all_rows(path) == before
        state = state_of(projections, book.run_id)
        assert state is not None and state.status is Status.QUEUED
    async with Projections.open(path, log):
        assert await differences(path, log) == []


async def test_an_event_that_cannot_be_read_parks_its_run_and_nothing_else(tmp_path: Path) -> None:
    """The run's rows stay as they were before it; all other runs go on, also after a restart."""
    log, path, parked = MemoryLog(), tmp_path / "p.db", ParkedRuns()
    one, other = Book(log, 1), Book(log, 2)
    async with Projections.open(path, log, parked=parked) as projections:
        await one.request()
        strange = add_row(log, one.run_id)
        await other.request()
        await projections.reached(await log.head())
        assert [(it.run_id, it.position) for it in parked] == [(one.run_id, strange)]
        assert await library_of(projections) == [other.run_id, one.run_id]
    parked = ParkedRuns()
    async with Projections.open(path, log, parked=parked) as projections:
        assert [(it.run_id, it.position) for it in parked] == [(one.run_id, strange)]
        await other.start(WRITING)
        await projections.reached(await log.head())
        state = state_of(projections, other.run_id)
        assert state is not None and state.status is Status.RUNNING
        assert await differences(path, log) == []
    await rebuild(tmp_path / "again.db", log, silent)
    assert all_rows(tmp_path / "again.db") == all_rows(path)


async def test_a_run_whose_event_can_be_read_again_is_taken_up_where_it_stood(
    tmp_path: Path,
) -> None:
    """The version that can read it applies what was left out, up to the next that it cannot."""
    log, path = MemoryLog(), tmp_path / "p.db"
    one, other = Book(log, 1), Book(log, 2)
    await one.request()
    await other.request()
    await one.start(WRITING)
    await one.write(0)
    last = add_row(log, one.run_id)
    await other.start(WRITING)
    readable = log.events[4]
    log.events[4] = msgspec.structs.replace(readable, type="FromTheFuture")
    parked = ParkedRuns()
    async with Projections.open(path, log, parked=parked):
        assert [it.position for it in parked] == [readable.position]
    log.events[4] = readable
    parked = ParkedRuns()
    async with Projections.open(path, log, parked=parked) as projections:
        assert [it.position for it in parked] == [last]
        state = state_of(projections, one.run_id)
        assert state is not None and state.pages[0].title == "토끼와 호랑이"
        assert await differences(path, log) == []
    del log.events[last - 1 :]
    async with Projections.open(path, log, parked=(parked := ParkedRuns())):
        assert list(parked) == []


KILLED = """
import os, signal, sys, anyio
from pathlib import Path
from storybook.stores.sqlite.log import SqliteLog
from storybook.projections import checkpoints, tables
from storybook.projections.projector import Projections
step, kind = sys.argv[3].split(":")
module = checkpoints if hasattr(checkpoints, step) else tables
real = getattr(module, step)
def write_and_die(db, *args):
    if kind == "after":
        real(db, *args)
    db.execute("PRAGMA cache_spill = 1")
    db.execute("PRAGMA cache_size = 1")  # from now on, changes reach the file before the commit
    db.execute("CREATE TABLE big AS SELECT zeroblob(100000) AS filler")
    os.kill(os.getpid(), signal.SIGKILL)
async def main():
    async with SqliteLog.read_only(Path(sys.argv[1])) as log:
        setattr(module, step, write_and_die)
        async with Projections.open(Path(sys.argv[2]), log):
            pass
anyio.run(main)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(
    "step", ["write_rows:before", "write_rows:after", "write_checkpoint:after"]
)
async def test_a_kill_within_a_transaction_is_rolled_back(tmp_path: Path, step: str) -> None:
    """A process killed with half a transaction in the file leaves what was before it."""
    log_path, path = tmp_path / "log.db", tmp_path / "p.db"
    async with SqliteLog.open(log_path, clock=SystemClock().now) as log:
        book = Book(log)
        await book.request()
        async with Projections.open(path, log) as projections:
            before = all_rows(path)
            await projections.reached(await log.head())
        await book.finish()
        command = [sys.executable, "-c", KILLED, str(log_path), str(path), step]
        killed = await anyio.run_process(command, check=False)
        assert killed.returncode == -9, killed.stderr.decode()
        assert path.with_name("p.db-journal").stat().st_size > 0
        # Whoever looks first rolls it back: a reader, too.
        assert all_rows(path) == before
        async with Projections.open(path, log):
            assert await differences(path, log) == []


# ---------------------------------------------------------------------------- damaged and foreign


async def open_and_check(path: Path, log: MemoryLog) -> None:
    async with Projections.open(path, log) as projections:
        assert projections.position == len(log.events)
        assert state_of(projections, log.events[0].run_id) is not None
        assert await differences(path, log) == []


async def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    """Garbage, an empty file and another program's database all become projections."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    path.write_bytes(b"garbage" * 1_000)
    await open_and_check(path, log)
    path.write_bytes(b"")
    await open_and_check(path, log)
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE runs (x)")
        db.execute("PRAGMA user_version = 1")
    await open_and_check(path, log)


async def test_an_older_format_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another version laid out is not gone on with."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    await open_and_check(path, log)
    with closing(views.connect(path)) as db:
        db.execute("UPDATE library SET title = 'from an old version'")
    monkeypatch.setattr(views, "FORMAT", views.FORMAT + 1)
    await open_and_check(path, log)


async def test_a_torn_file_is_made_anew_after_an_unclean_end(tmp_path: Path) -> None:
    """A power cut may leave pages of two times: the next opening looks, and makes the file anew."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    await open_and_check(path, log)
    with closing(views.connect(path)) as db:
        db.execute("UPDATE file SET clean = 0")
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'library_by_status'"
        ).fetchone()
    torn = bytearray(path.read_bytes())
    torn[(root - 1) * 4096 : root * 4096] = bytes(4096)
    path.write_bytes(torn)
    await open_and_check(path, log)


async def test_a_file_torn_under_a_running_projector_is_made_anew(tmp_path: Path) -> None:
    """The projector that meets the damage replays the log, and who waits is served."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log) as projections:
        with closing(views.connect(path)) as other:
            other.execute("UPDATE checkpoints SET generation = 7")  # so that caches are let go
        size = path.stat().st_size
        path.write_bytes(path.read_bytes()[:4096] + bytes(size - 4096))
        book = Book(log, 99)
        await book.request()
        await projections.reached(await log.head())
        assert await differences(path, log) == []
        assert state_of(projections, book.run_id) is not None
        assert len(await library_of(projections)) == 9


async def test_a_file_is_clean_from_an_orderly_close_to_the_next_write(tmp_path: Path) -> None:
    """Another process that looked in and closed does not vouch for what is written after it."""
    log, path = MemoryLog(), tmp_path / "p.db"

    def is_clean() -> bool:
        with closing(views.connect_known(path, read_only=True)) as db:
            return bool(db.execute("SELECT clean FROM file").fetchone()[0])

    async with Projections.open(path, log) as projections:
        assert not is_clean()
        async with Projections.open(path, log):
            pass
        assert is_clean()
        await Book(log).request()
        await projections.reached(await log.head())
        assert not is_clean()
    assert is_clean()


async def test_a_torn_file_that_seemed_whole_is_made_anew_when_it_is_written(
    tmp_path: Path,
) -> None:
    """Damage that opening does not look for is met while catching up, and mended there."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    await open_and_check(path, log)
    with closing(views.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'library'").fetchone()
    torn = bytearray(path.read_bytes())
    torn[(root - 1) * 4096 : root * 4096] = bytes(4096)
    path.write_bytes(torn)
    await Book(log, 99).request()
    await open_and_check(path, log)


async def test_the_projections_of_another_log_are_made_anew(tmp_path: Path) -> None:
    """A log put back from a backup, or another one of the same length, is noticed by its digest."""
    log, other, path = MemoryLog(), MemoryLog(now=5), tmp_path / "p.db"
    await every_ending(log)
    await open_and_check(path, log)
    await every_ending(other)
    await open_and_check(path, other)
    del other.events[10:]
    await open_and_check(path, other)


async def test_a_file_of_any_version_tells_how_far_it_went(tmp_path: Path) -> None:
    """Also one that had a single checkpoint; a missing or damaged file tells nothing."""
    log, path = MemoryLog(), tmp_path / "p.db"
    assert views.last_checkpoint(path) is None and not path.exists()
    await every_ending(log)
    async with Projections.open(path, log):
        pass
    end = log.events[-1]
    assert views.last_checkpoint(path) == Checkpoint(end.position, end.digest)
    older = tmp_path / "older.db"
    with closing(sqlite3.connect(older)) as db:
        db.execute("CREATE TABLE checkpoint (position, digest, generation)")
        assert views.last_checkpoint(older) is None
        db.execute("INSERT INTO checkpoint VALUES (7, x'ab', 2)")
        db.commit()
    assert views.last_checkpoint(older) == Checkpoint(Position(7), b"\xab", 2)
    path.write_bytes(b"garbage" * 1_000)
    assert views.last_checkpoint(path) is None


async def test_tables_that_were_put_back_are_caught_up(tmp_path: Path) -> None:
    """A checkpoint that stands further back than the projector left it is where it goes on."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log) as projections:
        with closing(views.connect(path)) as other, checkpoints.transaction(other):
            for table in ("run_states", "library", "timings", "artifacts"):
                other.execute(f"DELETE FROM {table}")
            other.execute("UPDATE checkpoints SET position = 0")
        await Book(log, 99).request()
        await projections.reached(await log.head())
        assert await differences(path, log) == []


# ---------------------------------------------------------------------------------------- library


async def test_library_pages_do_not_shift_under_inserts(tmp_path: Path) -> None:
    """Newest first; runs that come while one reads on neither repeat nor hide others."""
    log = MemoryLog()
    async with Projections.open(tmp_path / "p.db", log) as projections:
        for number in range(1, 8):
            await Book(log, number).request()
        await projections.reached(await log.head())
        first = await projections.ask(newest, 3)
        await Book(log, 8).request()
        await projections.reached(await log.head())
        second = await projections.ask(newest, 3, before=first.next)
        third = await projections.ask(newest, 3, before=second.next)
        shown = [book.run_id for page in (first, second, third) for book in page.books]
        assert shown == [run_name(number) for number in (7, 6, 5, 4, 3, 2, 1)]
        assert third.next is None
        exactly = await projections.ask(newest, 8)
        assert exactly.next is None and len(exactly.books) == 8


async def test_the_library_by_status(tmp_path: Path) -> None:
    """Only runs of that status, with their own pages; a line has everything a shelf shows."""
    log = MemoryLog()
    await every_ending(log)
    async with Projections.open(tmp_path / "p.db", log) as projections:
        done = await projections.ask(newest, 2, status=Status.DONE)
        rest = await projections.ask(newest, 9, status=Status.DONE, before=done.next)
        found = [book.run_id for book in (*done.books, *rest.books)]
        assert found == [run_name(number) for number in (7, 6, 5, 4, 1)]
        (failed,) = (await projections.ask(newest, 9, status=Status.FAILED)).books
        assert msgspec.to_builtins(failed) == {
            "position": 3,
            "run_id": run_name(2),
            "title": "토끼와 호랑이",
            "status": "FAILED",
            "stage": "PANEL_2",
            "ready_max_page": 1,
            "ready_max_audio_page": 4,
            "created_at": FIRST_MOMENT,
            "updated_at": FIRST_MOMENT,
            "cover": "cover.png",
            "page_count": 5,
        }


async def test_a_limit_of_nothing_is_refused(tmp_path: Path) -> None:
    """A page has one run at least."""
    async with Projections.open(tmp_path / "p.db", MemoryLog()) as projections:
        with pytest.raises(ValueError, match="1 or more"):
            await projections.ask(newest, 0)


async def test_open_and_ended_runs(tmp_path: Path) -> None:
    """Open runs oldest first; ended ones while they have files, by when they ended."""
    log = MemoryLog()
    start = log.now
    early, late, going, waiting, bare = (Book(log, number) for number in range(1, 6))
    for book in (early, late, going, waiting, bare):
        await book.request(voices=False)
    await going.start(WRITING)
    await bare.cancel()
    log.now = start + 20
    await late.finish()
    log.now = start + 10
    await early.finish()
    async with Projections.open(tmp_path / "p.db", log) as projections:
        assert await projections.ask(open_runs) == [going.run_id, waiting.run_id]
        found = await projections.ask(ended_runs)
        assert [(it.run_id, it.ended_at) for it in found] == [
            (late.run_id, start + 20),
            (early.run_id, start + 10),
        ]
        whole = found[1].file_bytes
        await early.prune(*(picture_of(page) for page in PAGES[1:]))
        await late.prune(*(picture_of(page) for page in PAGES))
        await projections.reached(await log.head())
        (left,) = await projections.ask(ended_runs)
        assert left.run_id == early.run_id and 0 < left.file_bytes < whole


async def test_a_repair_does_not_begin_a_runs_retention_anew(tmp_path: Path) -> None:
    """What counts is when it ended, however the views come to know of it; a retry ends anew."""
    log = MemoryLog()
    start = log.now
    book = Book(log)
    await book.request(voices=False)
    await book.start(WRITING)
    await book.cancel()
    log.now = start + 10
    await book.retry()
    await book.finish()
    for after in (0, 100):
        async with Projections.open(tmp_path / f"{after}.db", log) as projections:
            log.now = start + 50 + after
            await book.remake(picture_of(1))
            await projections.reached(await log.head())
            (found,) = await projections.ask(ended_runs)
            assert (found.run_id, found.ended_at) == (book.run_id, start + 10)
            (line,) = (await projections.ask(newest, 1)).books
            assert (line.updated_at, line.page_count) == (log.now, 5)


async def test_reading_connections_cannot_write(tmp_path: Path) -> None:
    """A question that would change something is refused by SQLite itself."""
    async with Projections.open(tmp_path / "p.db", MemoryLog()) as projections:
        for db in (projections._file.rows_db, projections._file.reads_db):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                db.execute("DELETE FROM library")


# ----------------------------------------------------------------------------------------- folding


async def test_runs_that_fell_out_of_memory_are_read_anew() -> None:
    """With room for one run only, the rows are the same as with room for all."""
    log = MemoryLog()
    await every_ending(log)
    roomy, tight = Folds(log, PROJECTIONS), Folds(log, PROJECTIONS, kept=1)
    for start in range(0, len(log.events), 3):
        batch = log.events[start : start + 3]
        assert await roomy.feed(batch) == await tight.feed(batch)


async def test_a_fold_that_has_seen_more_is_read_anew() -> None:
    """Feeding an old batch again gives the rows as they were then."""
    log = MemoryLog()
    await every_ending(log)
    folds = Folds(log, PROJECTIONS)
    await folds.feed(log.events[:40])
    once = await folds.feed(log.events[40:60])
    await folds.feed(log.events[60:])
    assert await folds.feed(log.events[40:60]) == once


async def test_a_hole_in_a_run_is_told() -> None:
    """A log that lacks an event of a run is refused rather than folded wrongly."""
    log = MemoryLog()
    await Book(log).request()
    hole = msgspec.structs.replace(log.events[-1], version=Version(5))
    with pytest.raises(Exception, match="after version 4, but not that"):
        await Folds(log, PROJECTIONS).feed([hole])
