"""What the digest chain says of one run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storybook.book import RunId
from storybook.stores.sqlite.verdict import verdict_of
from storybook.stores.sqlite.verify import head_of
from tests.stores.conformance import A, B, append
from tests.stores.logs import SqliteStore


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


def changed(path: Path, change: str) -> None:
    """As whoever can write the file can change it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(change)


def test_a_log_as_it_was_written_is_whole(path: Path) -> None:
    """From a run's first event to the log's end, whoever's events these are."""
    for run_id, first, events in ((A, 1, 5), (B, 4, 3)):
        found = verdict_of(path, run_id)
        assert found is not None
        assert found.whole and found.faults == []
        assert (found.first, found.last, found.log_end) == (first, 8, 8)
        assert (found.events, found.of, found.checked) == (events, events, 9 - first)
        assert found.head == str(head_of(path))


def test_the_log_has_nothing_of_an_unknown_run(path: Path) -> None:
    """There is nothing to judge."""
    assert verdict_of(path, RunId("c")) is None


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (
            "UPDATE events SET data = x'7b7d' WHERE position = 5",
            [(5, "its data was changed")],
        ),
        ("UPDATE events SET data = x'' WHERE position = 5", [(5, "its data is gone")]),
        ("UPDATE events SET recorded_at = 7 WHERE position = 5", [(5, "the chain is broken")]),
        (
            "UPDATE events SET digest = zeroblob(32) WHERE position = 6",
            [(6, "the chain is broken"), (7, "the chain is broken")],
        ),
        (
            "DELETE FROM events WHERE position = 5",
            [
                (6, "expected position to be 5"),
                (6, "the chain is broken"),
                (6, "expected the run's version to be 4"),
            ],
        ),
    ],
)
def test_a_change_is_found_at_its_event(
    path: Path, change: str, faults: list[tuple[int, str]]
) -> None:
    """Also one that shows only in another run's event after it."""
    changed(path, change)
    found = verdict_of(path, A)
    assert found is not None and not found.whole
    assert [it.position for it in found.faults] == [position for position, _ in faults]
    for fault, (_, beginning) in zip(found.faults, faults, strict=True):
        assert fault.message.startswith(beginning)


def test_what_was_changed_in_others_is_not_this_runs_fault(path: Path) -> None:
    """Their data is not looked at; their links are, since later ones rest on them."""
    changed(path, "UPDATE events SET data = x'7b7d' WHERE position = 4")
    found = verdict_of(path, A)
    assert found is not None and found.whole


def test_a_long_log_is_followed_as_far_as_is_quick(path: Path) -> None:
    """And it is said how far that was."""
    found = verdict_of(path, A, most=4)
    assert found is not None and found.whole
    assert (found.events, found.of, found.checked) == (3, 5, 4)
    assert (found.last, found.log_end) == (4, 8)
    assert found.head.startswith("4:")
