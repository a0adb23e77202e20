"""Leases: one suite for every implementation, and what is peculiar to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storybook.book import WRITING, narration_of, picture_of
from storybook.clock import MICROSECONDS
from storybook.stores.leases import LEASE_SECONDS, Held, Lease, LeasedWork, Leases, claimed, left
from storybook.stores.sqlite.leases import SqliteLeases
from tests.clocks import ManualClock
from tests.engines import run_id
from tests.stores.memory_leases import MemoryLeases

pytestmark = pytest.mark.anyio
LENGTH = int(LEASE_SECONDS * MICROSECONDS)
TEXT, PICTURE = LeasedWork(run_id(1), WRITING, 1), LeasedWork(run_id(1), picture_of(2), 3)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
def leases(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[Leases]:
    if request.param == "memory":
        yield MemoryLeases(clock.monotonic)
        return
    with closing(SqliteLeases(tmp_path / "leases.db", clock.monotonic)) as leases:
        yield leases


# ---------------------------------------------------------------------------------- the rules


def test_work_goes_to_whoever_asks_first() -> None:
    """And stays there until the lease has run out; its owner may ask again at any time."""
    first = claimed(None, "a", 0, LENGTH)
    assert first == Lease("a", LENGTH)
    assert claimed(first, "b", LENGTH - 1, LENGTH) is first
    assert claimed(first, "a", 5, LENGTH) == Lease("a", LENGTH + 5)
    assert claimed(first, "b", LENGTH, LENGTH) == Lease("b", 2 * LENGTH)


def test_a_lease_from_before_the_machine_was_restarted_is_void() -> None:
    """Its clock has begun again, so that the end lies further away than any lease is long."""
    before = Lease("a", 1_000 * LENGTH)
    assert left(before, 0, LENGTH) == 0
    assert claimed(before, "b", 0, LENGTH) == Lease("b", LENGTH)


# -------------------------------------------------------------------------- every implementation


async def test_claimed_work_is_its_owners(leases: Leases, clock: ManualClock) -> None:
    """Another one is told whose it is, and for how long; other work is free."""
    assert await leases.claim(TEXT, "a") == Held("a", LENGTH)
    clock.advance(10)
    assert await leases.claim(TEXT, "b") == Held("a", LENGTH - 10 * MICROSECONDS)
    assert await leases.claim(PICTURE, "b") == Held("b", LENGTH)
    assert await leases.held() == {
        TEXT: Held("a", LENGTH - 10 * MICROSECONDS),
        PICTURE: Held("b", LENGTH),
    }


async def test_a_page_in_two_languages_is_two_pieces_of_work(leases: Leases) -> None:
    """Each has an owner of its own, and is told as it was claimed."""
    one, other = (LeasedWork(TEXT.run_id, narration_of(1, it), 1) for it in ("", "en"))
    assert await leases.claim(one, "a") == Held("a", LENGTH)
    assert await leases.claim(other, "b") == Held("b", LENGTH)
    assert set(await leases.held()) == {one, other}


async def test_renewed_work_stays(leases: Leases, clock: ManualClock) -> None:
    """Each renewal counts a whole length from its moment on."""
    await leases.claim(TEXT, "a")
    for _ in range(4):
        clock.advance(LEASE_SECONDS * 0.9)
        assert await leases.renew([TEXT], "a") == frozenset()
    assert (await leases.claim(TEXT, "b")).owner == "a"


async def test_work_that_nobody_renews_is_free(leases: Leases, clock: ManualClock) -> None:
    """The next one has it, and who had it finds out."""
    await leases.claim(TEXT, "a")
    await leases.claim(PICTURE, "a")
    clock.advance(LEASE_SECONDS)
    assert {it.left for it in (await leases.held()).values()} == {0}
    assert (await leases.claim(TEXT, "b")).owner == "b"
    assert await leases.renew([TEXT, PICTURE], "a") == {TEXT}
    assert (await leases.held())[PICTURE].owner == "a"


async def test_released_work_is_free_at_once(leases: Leases) -> None:
    """What is another's cannot be released."""
    await leases.claim(TEXT, "a")
    await leases.release([TEXT], "b")
    assert (await leases.claim(TEXT, "b")).owner == "a"
    await leases.release([TEXT, PICTURE], "a")
    assert (await leases.claim(TEXT, "b")).owner == "b"


async def test_of_many_who_claim_at_once_one_has_it(leases: Leases) -> None:
    """All are told the same owner."""
    told = set()

    async def claim(owner: str) -> None:
        told.add((await leases.claim(TEXT, owner)).owner)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(claim, f"w{number}")
    assert len(told) == 1


# ------------------------------------------------------------------------------------- the file


async def test_leases_are_seen_by_other_processes(tmp_path: Path, clock: ManualClock) -> None:
    """What one has claimed another finds."""
    path = tmp_path / "leases.db"
    with (
        closing(SqliteLeases(path, clock.monotonic)) as here,
        closing(SqliteLeases(path, clock.monotonic)) as there,
    ):
        await here.claim(TEXT, "a")
        assert (await there.claim(TEXT, "b")).owner == "a"


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
async def test_a_file_that_is_lost_or_damaged_begins_anew(
    tmp_path: Path, clock: ManualClock, content: bytes | None
) -> None:
    """Leases may be thrown away while they are in use; a renewal brings them back."""
    path = tmp_path / "leases.db"
    with closing(SqliteLeases(path, clock.monotonic)) as leases:
        await leases.claim(TEXT, "a")
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        assert await leases.held() == {}
        assert await leases.renew([TEXT], "a") == frozenset()
        assert (await leases.held())[TEXT].owner == "a"


async def test_a_file_that_is_damaged_while_it_is_open_begins_anew(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Whatever is written into it: leases are no facts worth keeping."""
    path = tmp_path / "leases.db"
    with closing(SqliteLeases(path, clock.monotonic)) as leases:
        await leases.claim(TEXT, "a")
        path.write_bytes(b"no database at all" * 1_000)
        assert await leases.renew([TEXT], "a") == frozenset()
        assert (await leases.held())[TEXT].owner == "a"


OTHER_SHAPE = "CREATE TABLE leases (work TEXT, holder TEXT)"
OTHER_STAGE = "UPDATE leases SET stage = 'TRANSLATION'"


@pytest.mark.parametrize("changes", [["DROP TABLE leases", OTHER_SHAPE], [OTHER_STAGE]])
async def test_a_file_of_another_version_begins_anew(
    tmp_path: Path, clock: ManualClock, changes: list[str]
) -> None:
    """One that was made by a newer storybook, before a rollback: neither its columns nor its stages
    need to be known here."""
    path = tmp_path / "leases.db"
    with closing(SqliteLeases(path, clock.monotonic)) as leases:
        await leases.claim(TEXT, "a")
        with closing(sqlite3.connect(path)) as db, db:
            for change in changes:
                db.execute(change)
        assert await leases.held() == {}
        assert (await leases.claim(TEXT, "b")).owner == "b"
