"""A log with damaged pages: everything else stays readable, and what is lost is named."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storybook.book import RunId
from storybook.events.catalog import PageWritten
from storybook.events.codec import UNREADABLE, UnreadableEvent
from storybook.events.log import START, CommandId, LogDamaged, Position, Recorded, Version
from storybook.stores.sqlite.damage import Unreadable, look_for_damage, read_around
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import head_of, verify_log
from tests.stores.conformance import A, B, append
from tests.stores.logs import SqliteStore
from tests.stores.pages import INDEX_LEAF, TABLE_LEAF, damage, is_answers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

C = RunId("c" * 32)
LARGE = PageWritten(page=1, attempt=1, summary="옛날 옛적에 " * 4_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of 302 events, closed: A's first 100, C's large one, B's 100, A's other 101."""

    async def write() -> None:
        async with SqliteStore(tmp_path / "log.db").open() as log:
            for version in range(100):
                await append(log, A, version)
            await log.append(C, [LARGE], expected=Version(0), command=CommandId("large"))
            for version in range(100):
                await append(log, B, version)
            for version in range(100, 201):
                await append(log, A, version)

    anyio.run(write)
    return tmp_path / "log.db"


def is_rows(page: bytes) -> bool:
    """A page of B's rows and nobody else's."""
    return page[0] == TABLE_LEAF and B.encode() in page and A.encode() not in page


def is_index(page: bytes) -> bool:
    return page[0] == INDEX_LEAF and b"@" not in page and B.encode() in page


def is_overflow(page: bytes) -> bool:
    """A page in the middle of C's large row: the number of the next one, then text."""
    return page[0] == 0 and "옛적에".encode() in page


def never_stop(took: float) -> bool:
    return False


def lost(path: Path) -> Unreadable:
    """The positions of the rows that are on the damaged page."""
    with closing(sqlite3.connect(path)) as db:

        def read(first: Position, last: Position) -> list[int]:
            sql = "SELECT data FROM events WHERE position >= ? ORDER BY position LIMIT ?"
            return db.execute(sql, (first, last - first + 1)).fetchall()

        (gone,) = (it for it in read_around(read, Position(1), Position(302)) if is_gap(it))
    assert isinstance(gone, Unreadable)
    return gone


def is_gap(part: object) -> bool:
    return isinstance(part, Unreadable)


def test_reading_around_gives_what_is_left() -> None:
    """Rows and holes in order; holes that touch are one."""

    def read(first: Position, last: Position) -> list[int]:
        if {3, 4, 9} & set(range(first, last + 1)):
            raise sqlite3.DatabaseError("torn")
        return list(range(first, last + 1))

    parts = list(read_around(read, Position(1), Position(9)))
    holes = [(it.first, it.last) for it in parts if isinstance(it, Unreadable)]
    assert holes == [(3, 4), (9, 9)]
    assert [n for it in parts if isinstance(it, list) for n in it] == [1, 2, 5, 6, 7, 8]


def test_verify_goes_on_after_a_damaged_page(path: Path) -> None:
    """It names the positions and the run, and still finds a row that was edited after them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (sql,) = db.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
        ).fetchone()
        db.execute("DROP TRIGGER events_never_change")
        db.execute("UPDATE events SET recorded_at = 7 WHERE position = 290")
        db.execute(sql)
    damage(path, is_rows)
    gone = lost(path)
    assert 101 < gone.first < gone.last <= 201
    faults = [str(it) for it in verify_log(path)]
    unreadable = f"events {gone.first} to {gone.last} cannot be read: database disk image is"
    (told,) = (it for it in faults if it.startswith(unreadable))
    assert told.endswith(f"of run {B}")
    assert any(it.startswith("event 290: the chain is broken") for it in faults)
    events = [it for it in faults if it.startswith("event ")]
    assert len(events) == 1, "the rows on both sides of the hole are whole"
    assert any(f"{path} cannot be read any further here" in it for it in faults)


@pytest.mark.parametrize("where", [is_index, is_answers, is_overflow])
def test_verify_goes_on_whatever_is_damaged(path: Path, where: Callable[[bytes], bool]) -> None:
    """Damage in the index or the answers hides no event; a torn large row is one event."""
    damage(path, where)
    seen: list[tuple[int, int]] = []
    faults = [str(it) for it in verify_log(path, lambda *done: seen.append(done))]
    assert faults
    assert seen[-1] == (302, 302)
    about_events = [it for it in faults if it.startswith("event ")]
    if where is is_overflow:
        (torn,) = about_events
        assert torn.startswith("event 101 cannot be read")
    else:
        assert about_events == []


@pytest.mark.parametrize("where", [is_rows, is_index, is_answers, is_overflow])
def test_a_damaged_page_is_found_by_looking(path: Path, where: Callable[[bytes], bool]) -> None:
    """Wherever it is; a log that is whole is read to its end."""
    assert look_for_damage(path, never_stop) == ""
    damage(path, where)
    assert "malformed" in look_for_damage(path, never_stop)


def test_looking_rests_and_can_be_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads by stretches, says how long each took, and ends when it is told to."""
    monkeypatch.setattr("storybook.stores.sqlite.damage.STRETCH", 50)
    took: list[float] = []

    def pause(seconds: float) -> bool:
        took.append(seconds)
        return False

    look_for_damage(path, pause)
    assert len(took) == 3 * (302 // 50 + 1) + 1  # one more for the table, which ends on a null
    damage(path, is_answers)
    assert look_for_damage(path, lambda took: True) == ""


async def test_a_damaged_log_takes_no_new_runs(path: Path) -> None:
    """Once it is known; what is readable stays so, and known runs go on."""
    damage(path, is_rows)
    async with SqliteStore(path).open() as log:
        await append(log, RunId("d"), 0)
        await log.look_for_damage()
        with pytest.raises(LogDamaged, match=r"no new books.*log\.db is damaged.*storybook verify"):
            await append(log, RunId("e"), 0)
        assert len(await log.read_run(A)) == 201
        assert await log.history(C) == [LARGE]
        assert (await append(log, A, 201)).version == 202


async def test_a_read_that_meets_damage_tells_the_log(path: Path) -> None:
    """Nobody has to look for it first."""
    damage(path, is_rows)
    async with SqliteStore(path).open() as log:
        await log.read_run(B)
        with pytest.raises(LogDamaged, match="no new books are taken"):
            await append(log, RunId("d"), 0)


async def test_an_append_that_meets_damage_tells_the_log(path: Path) -> None:
    """The appends that came with it go through; new runs are refused from then on."""
    page = damage(path, is_answers)
    on_it = sorted(re.findall(rb"[a-c]{32}@\d+", page))
    command = on_it[len(on_it) // 2].decode() + "x"
    async with SqliteStore(path).open() as log:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(append, log, A, 201)
            with pytest.raises(LogDamaged, match="storybook verify"):
                await append(log, RunId("d"), 0, command=command)
        with pytest.raises(LogDamaged, match="no new books are taken"):
            await append(log, RunId("e"), 0)
        assert len(await log.read_run(A)) == 202


async def test_lost_events_keep_their_place(path: Path) -> None:
    """Whoever reads through the log, or a run, gets every event; those that are lost decode to
    nothing, and say why."""
    async with SqliteStore(path).follow() as log:
        before = await log.read(START, 1_000)
    damage(path, is_rows)
    gone = lost(path)
    is_lost = set(range(gone.first, gone.last + 1))
    async with SqliteStore(path).follow() as log:
        for limit in (1_000, 7):
            found: list[Recorded] = []
            while page := await log.read(found[-1].position if found else START, limit):
                found += page
            assert [places(it) for it in found] == [places(it) for it in before]
            whole = [it for it in before if it.position not in is_lost]
            assert [it for it in found if it.type != UNREADABLE] == whole
        assert [it for it in found if it.run_id == B] == await log.read_run(B)
        assert await log.read_run(B, Position(gone.first), 3) == found[gone.first : gone.first + 3]
        assert await log.head() == 302
        for lighter in (log.history(B), log.read_events(START, 1_000)):
            with pytest.raises(UnreadableEvent, match="is damaged there: database disk image"):
                await lighter


def places(recorded: Recorded) -> tuple[object, ...]:
    return recorded.position, recorded.run_id, recorded.version


@pytest.mark.parametrize("where", [is_index, is_answers, is_overflow])
async def test_whatever_is_damaged_runs_can_be_read(
    path: Path, where: Callable[[bytes], bool]
) -> None:
    """The index and the answers stand in for each other; of a torn row the event is lost."""
    damage(path, where)
    async with SqliteStore(path).follow() as log:
        assert [it.position for it in await log.read(START, 1_000)] == [*range(1, 303)]
        runs = {run_id: await log.read_run(run_id) for run_id in (A, B, C)}
        assert [len(it) for it in runs.values()] == [201, 100, 1]
        torn = [it for recorded in runs.values() for it in recorded if it.type == UNREADABLE]
        assert [it.run_id for it in torn] == ([C] if where is is_overflow else [])


async def test_events_that_nobody_knows_are_passed_over(path: Path) -> None:
    """Rows, index and answers are damaged: what comes after is read all the same, and the log
    knows that it is damaged."""
    damage(path, is_rows)
    gone = lost(path)
    damage(path, is_index)
    damage(path, is_answers)
    async with SqliteStore(path).follow() as log:
        found = [it.position for it in await log.read(START, 1_000)]
        assert found == [it for it in range(1, 303) if not gone.first <= it <= gone.last]
        assert (await log.read(Position(gone.first - 1), 5))[0].position == gone.last + 1
        assert "is damaged" in log.damage
        with pytest.raises(LogDamaged, match="storybook verify"):
            await log.read_run(B)


@pytest.mark.parametrize(("column", "of_run"), [("type", B), ("run_id", RunId("\\xff"))])
async def test_a_row_whose_text_is_none_is_damage(path: Path, column: str, of_run: RunId) -> None:
    """It stands as far as it can be read; the others are read as before."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER events_never_change")
        db.execute(f"UPDATE events SET {column} = CAST(x'ff' AS TEXT) WHERE position = 150")
    async with SqliteStore(path).follow() as log:
        found = await log.read(START, 1_000)
        assert [it.position for it in found] == [*range(1, 303)]
        assert found[149].run_id == of_run
        assert "Could not decode" in log.damage
        expected = 100 if column == "type" else 99
        assert len(await log.read_run(B)) == expected
        if column == "type":
            with pytest.raises(UnreadableEvent, match="xff"):
                await log.history(B)


async def test_looking_ends_with_who_waits_for_it(path: Path) -> None:
    """A server that stops while its log is looked through does not wait for that."""
    async with SqliteStore(path).open() as log:
        with anyio.move_on_after(0.05):
            await log.look_for_damage()
        assert log.damage == ""


def cut_off(path: Path) -> None:
    """In the middle, at the end of a page."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 4096 // 2 * 4096)


async def test_a_file_that_was_cut_off_says_what_to_do(path: Path) -> None:
    """Nothing of it can be read: that is damage, with its remedy, and no mere outage."""
    cut_off(path)
    with pytest.raises(LogDamaged, match="put the log back from a backup"):
        head_of(path)
    with pytest.raises(LogDamaged, match="put the log back from a backup"):
        async with SqliteLog.read_only(path):
            pass
