"""How deliveries are kept: nothing is lost, nothing twice, and nobody waits for another."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.events.log import Position
from storybook.stores.deliveries import DeliveriesUnavailable, Delivery, DeliveryStatus
from storybook.stores.sqlite.webhooks import (
    KEPT_DAYS,
    SqliteDeliveries,
    read_deliveries,
    replay_deliveries,
)

pytestmark = pytest.mark.anyio
RUN, OTHER = RunId("a" * 32), RunId("b" * 32)
NOW, LATEST = 1_000, 10_000_000
EVERY = 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webhooks.db"


@pytest.fixture
def kept(path: Path) -> SqliteDeliveries:
    return SqliteDeliveries(path)


def delivery(position: int, run_id: RunId = RUN, url: str = "http://a/", **more: Any) -> Delivery:
    usual: dict[str, Any] = {"since": NOW, "due_at": NOW}
    return Delivery(Position(position), run_id, "page.ready", url, **(usual | more))


def changed_at(path: Path) -> tuple[int, int]:
    """When a file was written, and when files came or went beside it."""
    return path.stat().st_mtime_ns, path.parent.stat().st_mtime_ns


async def due(kept: SqliteDeliveries, now: int = NOW, *besides: str) -> list[int]:
    return [it.position for it in await kept.due(now, LATEST, besides, EVERY)]


async def test_planning_goes_on_where_it_was(kept: SqliteDeliveries) -> None:
    """A new file begins at the log's end; one that goes further than the log (which came back from
    a backup) forgets what lies beyond, whose positions will be given again."""
    assert await kept.begin(Position(40)) == 40
    await kept.plan([delivery(41), delivery(50)], Position(60), NOW)
    assert await kept.begin(Position(70)) == 60
    assert await kept.begin(Position(45)) == 45
    assert await due(kept) == [41]


async def test_what_is_planned_again_stays_as_it_is(kept: SqliteDeliveries, path: Path) -> None:
    """After a crash the same events are handed over again."""
    await kept.plan([delivery(1)], Position(1), NOW)
    taken = msgspec.structs.replace(
        delivery(1), attempts=1, status=DeliveryStatus.DELIVERED, last="answered 200", ended_at=NOW
    )
    await kept.record(delivery(1), taken)
    await kept.plan([delivery(1)], Position(1), NOW)
    assert read_deliveries(path, None, EVERY) == [taken]


async def test_each_address_has_its_turn(kept: SqliteDeliveries) -> None:
    """One at a time for each, what was tried least first, none for those in hand."""
    planned = [
        delivery(1, url="http://a/", attempts=3),
        delivery(2, url="http://a/"),
        delivery(3, url="http://b/", attempts=1),
        delivery(4, url="http://c/"),
        delivery(5, url="http://d/", due_at=NOW + 1),
        delivery(6, url="http://e/", due_at=LATEST + 1),  # asked for by a clock that was wrong
    ]
    await kept.plan(planned, Position(6), NOW)
    assert await due(kept) == [4, 6, 3, 1]
    assert await due(kept, NOW + 1, "http://a/", "http://e/") == [4, 5, 3]


async def test_a_receiver_that_is_gone_ends_the_run_and_no_other(kept: SqliteDeliveries) -> None:
    """What was due, and what is planned later."""
    await kept.plan([delivery(1), delivery(2), delivery(3, OTHER)], Position(3), NOW)
    gone = msgspec.structs.replace(
        delivery(1), attempts=1, status=DeliveryStatus.GONE, ended_at=NOW
    )
    await kept.record(delivery(1), gone)
    await kept.plan([delivery(4), delivery(5, OTHER)], Position(5), NOW)
    assert await due(kept) == [3]
    assert await due(kept, NOW, "http://a/") == []


async def test_a_replay_is_not_undone_by_the_attempt_in_hand(
    kept: SqliteDeliveries, path: Path
) -> None:
    """What was asked for after the attempt began counts."""
    await kept.plan([delivery(1)], Position(1), NOW)
    replay_deliveries(path, [Position(1)], NOW + 5)
    failed = msgspec.structs.replace(delivery(1), attempts=9, status=DeliveryStatus.FAILED)
    await kept.record(delivery(1), failed)
    (after,) = read_deliveries(path, RUN, EVERY)
    assert (after.status, after.attempts, after.since) == (DeliveryStatus.DUE, 0, NOW + 5)


async def test_what_ended_long_ago_is_forgotten(kept: SqliteDeliveries, path: Path) -> None:
    """And what is due never is."""
    old = delivery(1, status=DeliveryStatus.FAILED, ended_at=NOW)
    await kept.plan([old, delivery(2)], Position(2), NOW)
    later = NOW + KEPT_DAYS * 86_400 * MICROSECONDS
    await kept.plan([], Position(3), later)
    assert len(read_deliveries(path, None, EVERY)) == 2
    await kept.plan([], Position(3), later + 1)
    assert [it.position for it in read_deliveries(path, None, EVERY)] == [2]


async def test_a_file_that_is_no_database_says_so(kept: SqliteDeliveries, path: Path) -> None:
    """And one that is not there has none."""
    assert read_deliveries(path, None, EVERY) == []
    await anyio.Path(path).write_bytes(b"nothing of that kind " * 300)
    with pytest.raises(DeliveriesUnavailable, match=r"webhooks\.db"):
        await kept.begin(Position(1))
    with pytest.raises(DeliveriesUnavailable, match=r"webhooks\.db"):
        read_deliveries(path, None, EVERY)


async def test_looking_leaves_no_traces(kept: SqliteDeliveries, path: Path) -> None:
    """A server looks all the time: a disk that sleeps is not woken, and one that wears out is not
    written."""
    await kept.plan([delivery(1)], Position(1), NOW)
    before = changed_at(path)
    assert await due(kept) == [1]
    assert read_deliveries(path, None, EVERY) == [delivery(1)]
    assert changed_at(path) == before


async def test_looking_for_what_is_due_reads_no_more_than_that(
    kept: SqliteDeliveries, path: Path
) -> None:
    """By the index of what is due: what ended is kept for a month."""
    await kept.plan([delivery(1)], Position(1), NOW)
    with closing(sqlite3.connect(path)) as db:
        sql = "EXPLAIN QUERY PLAN SELECT * FROM deliveries WHERE status = 'due' AND due_at <= 5"
        plans = [row[3] for row in db.execute(sql)]
        by_run = "EXPLAIN QUERY PLAN SELECT 1 FROM deliveries WHERE run_id = 'a'"
        plans += [row[3] for row in db.execute(by_run)]
    assert "deliveries_due" in plans[0] and "deliveries_by_run" in plans[1]


async def test_a_forgotten_run_leaves_no_trace(kept: SqliteDeliveries, path: Path) -> None:
    """Who was to be told of it goes from the file's bytes, too; other runs stay."""
    planned = [delivery(41, url="http://secret.example/"), delivery(50, OTHER)]
    await kept.plan(planned, Position(60), NOW)
    await kept.forget(RUN)
    assert await due(kept) == [50]
    assert b"secret.example" not in await anyio.Path(path).read_bytes()


@pytest.mark.slow
async def test_copies_of_moved_rows_go_too(kept: SqliteDeliveries, path: Path) -> None:
    """SQLite leaves some in what is unused of its pages; chance makes a file that is used as a
    server uses it, and whichever run is forgotten, no byte says who was to be told."""
    chance = random.Random(3)
    planned: dict[int, Delivery] = {}
    for position in range(1, 121):
        run_id = RunId(f"{chance.randrange(12):032x}")
        url = f"http://{run_id}.example/{'x' * chance.randrange(300)}"
        planned[position] = delivery(position, run_id, url)
        await kept.plan([planned[position]], Position(position), NOW)
        before = planned[chance.choice(list(planned))]
        last = "y" * chance.randrange(400)
        after = msgspec.structs.replace(before, attempts=before.attempts + 1, last=last)
        planned[before.position] = after
        await kept.record(before, after)
        if position % 15 == 0:
            await kept.forget(run_id)
            planned = {key: it for key, it in planned.items() if it.run_id != run_id}
            assert f"//{run_id}.example".encode() not in await anyio.Path(path).read_bytes()


async def test_where_nothing_was_planned_nothing_is_made(
    kept: SqliteDeliveries, path: Path
) -> None:
    """Forgetting makes no file."""
    await kept.forget(RUN)
    assert not await anyio.Path(path).exists()
