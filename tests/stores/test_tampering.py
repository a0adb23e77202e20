"""The log is append-only for everybody, and an audit finds what was changed all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storybook.stores.sqlite.verify import Anchor, head_of, verify_log
from tests.stores.conformance import A, B, append, everything
from tests.stores.logs import SqliteStore

pytestmark = pytest.mark.anyio

COLUMNS = "run_id, version, type, schema, recorded_at, data, payload_digest, digest"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log with eight events: A 1-3, B 1, A 4-5, B 2-3; written and closed."""

    async def write() -> None:
        async with SqliteStore(tmp_path / "log.db").open() as log:
            await append(log, A, 0, count=3)
            await append(log, B, 0)
            await append(log, A, 3, count=2)
            await append(log, B, 1, count=2)

    anyio.run(write)
    return tmp_path / "log.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection with SQLite's own defaults, as a stranger would open it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def faults(path: Path) -> list[str]:
    return [str(fault) for fault in verify_log(path)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = x'7b7d' WHERE position = 3",
        "UPDATE OR REPLACE events SET position = 2 WHERE position = 3",
        "DELETE FROM events WHERE position = 8",
        "DELETE FROM events",
        f"INSERT INTO events SELECT 10, {COLUMNS.replace('version', '4')} FROM events"
        " WHERE position = 8",
        f"INSERT INTO events SELECT 9, {COLUMNS.replace('version', '5')} FROM events"
        " WHERE position = 8",
        f"INSERT INTO events SELECT 0, {COLUMNS.replace('version', '4')} FROM events"
        " WHERE position = 8",
        f"INSERT OR REPLACE INTO events SELECT 9, {COLUMNS} FROM events WHERE position = 8",
        f"INSERT OR REPLACE INTO events SELECT position, {COLUMNS} FROM events WHERE position = 8",
        f"INSERT OR IGNORE INTO events SELECT 11, {COLUMNS} FROM events WHERE position = 8",
        "UPDATE commands SET version = 9",
        "DELETE FROM commands",
        "INSERT OR REPLACE INTO commands SELECT command, 'c', 1, 1, 1 FROM commands",
    ],
)
def test_rows_are_only_added(path: Path, db: sqlite3.Connection, statement: str) -> None:
    """No statement changes, removes or replaces a row, or leaves a gap."""
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    assert faults(path) == []
    assert head_of(path).position == 8


def test_the_tables_of_litestream_are_no_change(path: Path, db: sqlite3.Connection) -> None:
    """A server that is replicated by it has two tables more, and every other one is a fault."""
    db.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
    db.execute("CREATE TABLE _litestream_lock (id INTEGER)")
    assert faults(path) == []
    db.execute("CREATE TABLE litestream_notes (id INTEGER)")
    assert faults(path) == ["the schema's table litestream_notes is not what the migrations made"]


def test_an_edited_byte_is_found(path: Path, db: sqlite3.Connection) -> None:
    """Whoever drops the triggers and edits one byte is found out, at the event."""
    (sql,) = db.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
    ).fetchone()
    db.execute("DROP TRIGGER events_never_change")
    edit = "CAST(replace(data, 'TTS', 'LLM') AS BLOB)"
    db.execute(f"UPDATE events SET data = {edit} WHERE position = 5")
    assert len(faults(path)) == 2
    assert faults(path)[0] == "the schema has lost trigger events_never_change"
    db.execute(sql)
    (fault,) = verify_log(path)
    assert fault.position == 5
    assert "its data was changed" in fault.message


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET recorded_at = 7 WHERE position = 5", ["event 5: the chain is broken"]),
        ("UPDATE events SET type = 'RunCompleted' WHERE position = 5", ["event 5: the chain"]),
        (
            "UPDATE events SET digest = zeroblob(32) WHERE position = 5",
            ["event 5: the chain is broken", "event 6: the chain is broken"],
        ),
        (
            "DELETE FROM events WHERE position = 4",
            [
                "event 5: expected position to be 4, found 5",
                "event 5: the chain is broken",
                f"event 7: expected version of run {B} to be 1, found 2",
                f"event 4: command {B}@0 was answered with other events",
            ],
        ),
        (
            "UPDATE commands SET run_id = 'c' WHERE last_position = 4",
            [f"event 4: command {B}@0 was answered with other events"],
        ),
    ],
)
def test_each_change_is_found_where_it_was_made(
    path: Path, db: sqlite3.Connection, change: str, found: list[str]
) -> None:
    """A changed column, a removed row, a new answer: each makes its own fault and no others."""
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(change)
    for _, sql in triggers:
        db.execute(sql)
    assert len(faults(path)) == len(found)
    for fault, beginning in zip(faults(path), found, strict=True):
        assert fault.startswith(beginning)


async def test_a_cut_end_is_found_by_an_anchor(path: Path, db: sqlite3.Connection) -> None:
    """A log that was cut off, or written anew, is not the one whose head was noted down."""
    anchor = Anchor.parse(str(head_of(path)))
    assert list(verify_log(path, anchor=anchor)) == []
    db.executescript(
        "DROP TRIGGER events_never_go; DROP TRIGGER commands_never_go;"
        "DELETE FROM commands WHERE last_position > 6; DELETE FROM events WHERE position > 6;"
    )
    assert any("the log ends at event 6" in str(f) for f in verify_log(path, anchor=anchor))
    async with SqliteStore(path).open() as log:
        await append(log, A, 5, count=2)
    found = [f for f in verify_log(path, anchor=anchor) if f.position == 8]
    assert "another log than the anchor's" in found[0].message


def test_an_anchor_is_checked_when_it_is_read() -> None:
    """A text that is no anchor is refused with what was expected."""
    for text in ("7", "7:ab", "x:" + "ab" * 32):
        with pytest.raises(ValueError, match=r"position|invalid literal"):
            Anchor.parse(text)


def test_a_damaged_file_is_a_fault(path: Path) -> None:
    """Pages that SQLite cannot read are reported, not raised."""
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 3] = bytes(4096)
    path.write_bytes(content)
    assert any("SQLite finds" in fault or "cannot be read" in fault for fault in faults(path))
    path.write_bytes(b"not a database at all, but long enough to be looked at " * 100)
    assert "cannot be read" in faults(path)[0]


async def test_progress_ends_at_the_total(path: Path) -> None:
    """An audit tells how far it is."""
    told: list[tuple[int, int]] = []
    assert list(verify_log(path, lambda done, total: told.append((done, total)))) == []
    assert told == [(8, 8)]
    async with SqliteStore(path).follow() as log:
        assert len(await everything(log)) == 8
