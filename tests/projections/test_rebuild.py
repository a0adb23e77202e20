"""Rebuilding: the same bytes, beside a server, and safe to stop anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import anyio
import pytest
from anyio import to_thread

from storybook.book import WRITING, picture_of
from storybook.clock import SystemClock
from storybook.events.log import EventLog
from storybook.projections import checkpoints, tables, views
from storybook.projections import rebuild as rebuilding
from storybook.projections.projection import TableRows
from storybook.projections.projector import Projections, Step, Written
from storybook.projections.rebuild import RebuildRunning, differences, rebuild
from storybook.projections.registry import PROJECTIONS
from storybook.run import Status
from storybook.stores.sqlite.log import SqliteLog
from tests.projections.histories import Book, all_rows, every_ending, library_of, state_of
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def silent(done: int, head: int) -> None:
    """A progress that nobody watches."""


class Stop(Exception):
    """What a test stops a rebuild with."""


async def finished_book(log: EventLog, number: int) -> Book:
    book = Book(log, number)
    await book.request()
    await book.finish()
    return book


async def grown(log: MemoryLog, whole: MemoryLog, projections: Projections) -> None:
    """Let a log have one more event of another one, and the projector see it."""
    log.add(whole.events[len(log.events)])
    await projections.reached(await log.head())


@pytest.mark.slow
async def test_a_rebuild_gives_the_same_bytes_at_every_prefix(tmp_path: Path) -> None:
    """Following live, event by event, and replaying come to the same rows at every position."""
    whole, log = MemoryLog(), MemoryLog()
    await every_ending(whole)
    live, rebuilt = tmp_path / "live.db", tmp_path / "rebuilt.db"
    async with Projections.open(live, log) as projections:
        while len(log.events) < len(whole.events):
            await grown(log, whole, projections)
            report = await rebuild(rebuilt, log, silent)
            assert report.events == report.position == len(log.events)
            assert all_rows(rebuilt) == all_rows(live), f"at position {len(log.events)}"
    rows = all_rows(live)
    assert {row[2] for row in rows["library"]} == {"DONE", "FAILED", "CANCELLED", "QUEUED"}
    outcomes = {row[11] for row in rows["timings"]}
    assert outcomes == {"waiting", "completed", "failed", "abandoned"}


@pytest.mark.slow
async def test_a_restart_at_any_position_gives_the_same_bytes(tmp_path: Path) -> None:
    """A projector that lost its memory between any two events goes on to the same rows."""
    whole, log = MemoryLog(), MemoryLog()
    await every_ending(whole)
    live, rebuilt = tmp_path / "live.db", tmp_path / "rebuilt.db"
    while len(log.events) < len(whole.events):
        async with Projections.open(live, log) as projections:
            await grown(log, whole, projections)
    await rebuild(rebuilt, whole, silent)
    assert all_rows(rebuilt) == all_rows(live)


async def test_a_rebuild_mends_rows_and_is_told_apart_before(tmp_path: Path) -> None:
    """Changed, missing and surplus rows are each one clear line, and gone after a rebuild."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    await rebuild(path, log, silent)
    assert await differences(path, log) == []
    with closing(views.connect(path)) as db:
        db.execute("UPDATE library SET title = 'X', cover = 'Y' WHERE position = 1")
        db.execute(
            "INSERT INTO timings SELECT 1, run_id, stage, page, 9, role, pages, NULL, "
            "1, NULL, NULL, 'waiting', '' FROM timings WHERE position = 2"
        )
        db.execute("DELETE FROM timings WHERE position = 2")
    run = f"{1:032x}"
    assert await differences(path, log) == [
        f"library: position 1, run_id {run}: differs from a replay in title, cover",
        f"timings: position 1, run_id {run}: a row that a replay does not make",
        f"timings: position 2, run_id {run}: the row is missing",
    ]
    await rebuild(path, log, silent)
    assert await differences(path, log) == []


async def test_differences_name_what_is_no_projection(tmp_path: Path) -> None:
    """A missing, a foreign and an overtaken file are told apart in words."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await finished_book(log, 1)
    assert "missing" in (await differences(path, log))[0]
    path.write_bytes(b"no database at all " * 300)
    assert "holds no views of ours" in (await differences(path, log))[0]
    await rebuild(path, log, silent)
    del log.events[5:]
    assert "not in this log" in (await differences(path, log))[0]


async def test_progress_is_told_from_first_to_last(tmp_path: Path) -> None:
    """The bar goes up and ends at the log's head."""
    log, told = MemoryLog(), []
    await finished_book(log, 1)
    await rebuild(tmp_path / "p.db", log, lambda done, head: told.append((done, head)))
    assert told == sorted(told) and told[-1] == (len(log.events), len(log.events))


async def test_events_that_come_during_a_rebuild_are_in_it(tmp_path: Path) -> None:
    """What is appended after the head that a rebuild began with is there before the swap."""
    whole, log, path = MemoryLog(), MemoryLog(), tmp_path / "p.db"
    await finished_book(whole, 1)
    log.events = whole.events[:10]

    def append_rest(done: int, head: int) -> None:
        log.events = whole.events

    report = await rebuild(path, log, append_rest)
    assert report.events == report.position == len(whole.events)
    assert await differences(path, whole) == []


@pytest.mark.parametrize(
    ("module", "step"),
    [
        *((tables, "create"), (tables, "write_rows"), (tables, "swap")),
        (checkpoints, "write_checkpoint"),
    ],
)
async def test_a_rebuild_that_is_stopped_leaves_the_old_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """Whatever step fails, readers see what they saw, and the next rebuild cleans up."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await finished_book(log, 1)
    await rebuild(path, log, silent)
    before = all_rows(path)

    def fail(*_: object) -> None:
        raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(module, step, fail)
        with pytest.raises(Stop):
            await rebuild(path, log, silent)
    assert all_rows(path) == before
    await finished_book(log, 2)
    await rebuild(path, log, silent)
    assert len(all_rows(path)["library"]) == 2
    with closing(views.connect_known(path)) as db:
        assert checkpoints.leftovers(db, PROJECTIONS) == []
        assert checkpoints.read_checkpoints(db)["library"].position == len(log.events)


async def test_only_one_rebuild_at_a_time(tmp_path: Path) -> None:
    """A second rebuild is refused while one works."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await finished_book(log, 1)
    refused = []

    def try_another(done: int, head: int) -> None:
        with pytest.raises(RebuildRunning, match="another process"), rebuilding._alone(path):
            pass
        refused.append(done)

    await rebuild(path, log, try_another)
    assert refused


async def test_a_server_goes_on_while_its_tables_are_swapped(tmp_path: Path) -> None:
    """Events that come during a rebuild are in the swapped tables, and the projector, which finds
    them further than it left them, goes on after them."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await finished_book(log, 1)
    late = Book(log, 2)
    async with Projections.open(path, log) as projections:

        async def append_meanwhile() -> None:
            await late.request()
            await late.finish()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(append_meanwhile)
            await rebuild(path, log, silent)
        await projections.reached(await log.head())
        assert await differences(path, log) == []
        third = await finished_book(log, 3)
        await projections.reached(await log.head())
        assert len(await library_of(projections)) == 3
        state = state_of(projections, third.run_id)
        assert state is not None and state.status is Status.DONE
    assert await differences(path, log) == []


async def test_a_projector_after_the_swap_passes_over_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A swap that lands between reading a batch and writing it, and goes further, is noticed in
    the transaction: nothing older is written over it, and nothing older is answered."""
    log, path = MemoryLog(), tmp_path / "p.db"
    book = Book(log)
    await book.request()
    async with Projections.open(path, log) as projections:
        write = projections._write
        swapped: list[dict[str, list[tuple[object, ...]]]] = []

        async def go_on_and_rebuild() -> None:
            await book.write(0)
            await rebuild(path, log, silent)

        def swap_first(step: Step, rows: TableRows) -> Written:
            if not swapped:
                anyio.from_thread.run(go_on_and_rebuild)
                swapped.append(all_rows(path))
                assert write(step, rows).checkpoints["library"].position == len(log.events)
                assert all_rows(path) == swapped[0]
            return write(step, rows)

        monkeypatch.setattr(projections, "_write", swap_first)
        await book.start(WRITING)
        await projections.reached(await log.head())
        state = state_of(projections, book.run_id)
        assert state is not None and state.pages[0].title == "토끼와 호랑이"
        await book.make(picture_of(0))
        await projections.reached(await log.head())
        state = state_of(projections, book.run_id)
        assert state is not None and state.pages[0].picture == "cover.png"
    assert swapped
    assert await differences(path, log) == []


# ------------------------------------------------------------------------------- other processes

OTHER_PROCESS = """
import sys, anyio
from pathlib import Path
from types import ModuleType
from storybook.stores.sqlite.log import SqliteLog
from storybook.projections.rebuild import rebuild
async def main():
    def progress(done, head):
        print(done, flush=True)
        if "wait" in sys.argv:
            sys.stdin.readline()
    async with SqliteLog.read_only(Path(sys.argv[1])) as log:
        print("begin", flush=True)
        await rebuild(Path(sys.argv[2]), log, progress)
anyio.run(main)
"""


def other_process(log: Path, path: Path, *how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER_PROCESS, str(log), str(path), *how]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


@pytest.mark.slow
async def test_another_process_rebuilds_beside_a_server(tmp_path: Path) -> None:
    """A server on the real log keeps answering and applying while another process swaps."""
    log_path, path = tmp_path / "log.db", tmp_path / "p.db"
    async with (
        SqliteLog.open(log_path, clock=SystemClock().now) as log,
        Projections.open(path, log) as projections,
    ):
        await finished_book(log, 1)
        with other_process(log_path, path) as process:
            number = 2
            while process.poll() is None:
                book = await finished_book(log, number)
                await projections.reached(await log.head())
                state = state_of(projections, book.run_id)
                assert state is not None and state.status is Status.DONE
                number += 1
            assert process.returncode == 0
        with closing(views.connect_known(path)) as db:
            assert checkpoints.read_checkpoints(db)["library"].generation == 1
        await finished_book(log, number)
        await projections.reached(await log.head())
        assert await differences(path, log) == []


ROWS_OF_A_PRUNED_RUN = """
import anyio
from storybook.book import WRITING, picture_of
from storybook.projections.folding import Folds
from storybook.projections.registry import PROJECTIONS
from tests.projections.histories import Book
from tests.stores.memory_log import MemoryLog
async def main():
    log = MemoryLog()
    book = Book(log)
    await book.request(voices=False)
    await book.finish()
    await book.prune(*map(picture_of, range(5)))
    print(await Folds(log, PROJECTIONS).feed(log.events))
anyio.run(main)
"""


@pytest.mark.slow
def test_every_process_makes_the_same_rows() -> None:
    """Also of what a set has, such as the files that retention has removed: each process has sets
    in an order of its own, and `verify` compares what two of them wrote."""
    command = [sys.executable, "-c", ROWS_OF_A_PRUNED_RUN]
    made = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(made) == 1 and "panel_4.png" in made.pop()


@pytest.mark.slow
async def test_a_killed_rebuild_leaves_the_server_its_tables(tmp_path: Path) -> None:
    """A rebuild that dies between two transactions costs nothing but its own work."""
    log_path, path = tmp_path / "log.db", tmp_path / "p.db"
    async with (
        SqliteLog.open(log_path, clock=SystemClock().now) as log,
        Projections.open(path, log) as projections,
    ):
        await finished_book(log, 1)
        await projections.reached(await log.head())
        before = all_rows(path)
        with other_process(log_path, path, "wait") as process:
            assert process.stdout is not None
            assert await to_thread.run_sync(process.stdout.readline) == "begin\n"
            await to_thread.run_sync(process.stdout.readline)  # the first page is written
            process.kill()
            process.wait()
        assert all_rows(path) == before
        await finished_book(log, 2)
        await projections.reached(await log.head())
        await rebuild(path, log, silent)
        with closing(views.connect_known(path)) as db:
            assert checkpoints.leftovers(db, PROJECTIONS) == []
    assert await differences_of(log_path, path) == []


async def differences_of(log_path: Path, path: Path) -> list[str]:
    async with SqliteLog.read_only(log_path) as log:
        return await differences(path, log)
