"""Which files are kept, and what becomes of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storybook.book import RunId
from storybook.export.keeping import StoredCopy, stored_copies
from storybook.projections.artifacts import FILES, recorded_file
from storybook.projections.library import EndedRun, ended_runs
from storybook.retention import (
    DAY,
    DEFAULT_KEEP_RUNS,
    Keep,
    copies_due,
    due,
    kept_by,
    room_for_copies,
    unset_notice,
)
from storybook.settings import RetentionSettings
from tests.http.serving import Site, eventually, serving

pytestmark = pytest.mark.anyio
NOW = 100 * DAY


def ended(*ages: int, size: int = 10) -> list[EndedRun]:
    """Runs of so many days ago, the newest first, named by their age."""
    return [EndedRun(RunId(str(age)), NOW - age * DAY, size) for age in ages]


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Keep(), []),
        (Keep(runs=2), ["9", "5", "3"]),
        (Keep(runs=5), []),
        (Keep(days=3), ["9", "5"]),
        (Keep(bytes=30), ["9", "5"]),
        (Keep(bytes=29), ["9", "5", "3"]),
        (Keep(bytes=9), ["9", "5", "3", "2", "1"]),
        (Keep(runs=4, bytes=40, days=2), ["9", "5", "3"]),
    ],
)
def test_what_is_due(keep: Keep, expected: list[str]) -> None:
    """The newest stay, as long as all limits let them; the oldest goes first."""
    assert due(ended(1, 2, 3, 5, 9), keep, NOW) == expected


def copy_of(size: int, put_at: int) -> StoredCopy:
    return StoredCopy(RunId("1"), f"book.{put_at}.html", size, put_at)


def test_copies_go_before_books_do() -> None:
    """They have what the books leave, and the newest of them stay."""
    copies = [copy_of(10, 2), copy_of(10, 3), copy_of(10, 1)]

    def due_of(room: int) -> list[int]:
        return [it.put_at for it in copies_due(copies, room)]

    assert due_of(30) == []
    assert due_of(29) == [1]
    assert due_of(10) == [1, 2]
    assert due_of(0) == [1, 2, 3]
    assert room_for_copies(ended(1, 2), Keep(bytes=25)) == 5
    assert room_for_copies(ended(1, 2), Keep(bytes=15)) == 0


@pytest.mark.slow
async def test_what_is_taken_along_counts_and_goes_first(tmp_path: Path) -> None:
    """The oldest copy is gone, the newer one and both books stay; so does what was pinned."""
    async with serving(tmp_path) as site:
        runs = [await site.finished_book() for _ in range(3)]
        pinned, *others = runs
        await site.client.post(f"/api/runs/{pinned}/pin")
        for run_id in runs:
            assert await status(site, run_id, "/book.html") == 200
        retention, store = site.application.retention, site.application.artifacts
        kept = await site.application.projections.ask(ended_runs)
        (newest,) = await stored_copies(store, others[1])
        retention.keep = Keep(bytes=sum(it.file_bytes for it in kept) + newest.file_bytes)
        await retention.prune()
        assert [bool(await stored_copies(store, it)) for it in runs] == [True, False, True]
        assert "book.html.made" not in await store.names(others[0])
        assert [await removed(site, it) for it in runs] == [[], [], []]
        assert await status(site, others[0], "/book.html") == 200


def test_an_older_folder_keeps_all_until_somebody_says_how_many() -> None:
    """A folder of this version keeps a hundred; 0 is all, everywhere."""
    unset, all_of_them = RetentionSettings(keep_days=3), RetentionSettings(keep_runs=0)
    assert kept_by(unset, by_default=True) == Keep(DEFAULT_KEEP_RUNS, 0, 3)
    assert kept_by(unset, by_default=False) == Keep(0, 0, 3)
    assert kept_by(all_of_them, by_default=True) == Keep()
    assert kept_by(RetentionSettings(keep_runs=7), by_default=False) == Keep(7)


def test_an_older_folder_is_told_what_the_default_would_take() -> None:
    """Unless that is nothing, or somebody has decided."""
    many = ended(*range(DEFAULT_KEEP_RUNS + 3))
    assert "would take those of 3" in unset_notice(many, RetentionSettings(), NOW)
    assert unset_notice(many, RetentionSettings(keep_runs=0), NOW) == ""
    assert unset_notice(many[3:], RetentionSettings(), NOW) == ""


@asynccontextmanager
async def keeping(folder: Path, **settings: int) -> AsyncIterator[Site]:
    async with serving(folder, retention=RetentionSettings(**settings)) as site:
        yield site


async def status(site: Site, run_id: RunId, name: str = "/images/cover.png") -> int:
    return (await site.client.get(f"/api/runs/{run_id}{name}")).status_code


async def removed(site: Site, run_id: RunId) -> list[str]:
    state = (await site.client.get(f"/api/runs/{run_id}")).json()
    assert state["status"] == "DONE"
    names: list[str] = state["removed"]
    return names


@pytest.mark.slow
async def test_a_run_that_ends_takes_the_oldest_ones_files(tmp_path: Path) -> None:
    """Right then, without a restart: 410 from then on, and the state says which are gone."""
    async with keeping(tmp_path, keep_runs=2) as site:
        first, second = await site.finished_book(), await site.finished_book()
        assert (await status(site, first), await removed(site, first)) == (200, [])
        third = await site.finished_book()
        await eventually(lambda: is_pruned(site, first))
        assert not (tmp_path / "outputs" / first).exists()
        names = await removed(site, first)
        assert len(names) == 10 and names[0] == "cover.png"
        assert await status(site, first) == 410
        assert await status(site, first, "/log") == 200
        for run_id in (second, third):
            assert (await status(site, run_id), await removed(site, run_id)) == (200, [])


def is_pruned(site: Site, run_id: RunId) -> bool:
    """Whether the views know that its cover is gone."""
    row = site.application.projections.row(FILES, run_id, 1)
    found = recorded_file(row, "cover.png") if row is not None else None
    return found is not None and found.is_pruned


@pytest.mark.slow
async def test_a_pinned_run_keeps_its_files_and_takes_nobodys_place(tmp_path: Path) -> None:
    """For ever, until it is given back."""
    async with keeping(tmp_path, keep_runs=1) as site:
        pinned = await site.finished_book()
        for _ in range(2):  # the second time changes nothing
            answer = await site.client.post(f"/api/runs/{pinned}/pin")
            assert answer.status_code == 204 and answer.content == b""
        other = await site.finished_book()
        await site.application.retention.prune()
        assert (await status(site, pinned), await status(site, other)) == (200, 200)
        assert (await site.client.delete(f"/api/runs/{pinned}/pin")).status_code == 204
        await site.application.retention.prune()
        assert (await status(site, pinned), await status(site, other)) == (410, 200)
        types = [it.type for it in await site.application.log.read_run(pinned)]
        assert types[-3:] == ["RunPinned", "RunUnpinned", "ArtifactsPruned"]


@pytest.mark.slow
async def test_a_start_takes_what_is_too_many_but_nothing_of_an_older_folder(
    tmp_path: Path,
) -> None:
    """A folder without the mark of this version keeps all until a number is set."""
    async with keeping(tmp_path) as site:
        runs = [await site.finished_book() for _ in range(3)]
        assert site.application.retention.keep == Keep(DEFAULT_KEEP_RUNS)
    (tmp_path / "created-by").unlink()
    async with keeping(tmp_path) as site:
        assert site.application.retention.keep == Keep()
    assert not (tmp_path / "created-by").exists()
    async with keeping(tmp_path, keep_runs=1) as site:
        await eventually(lambda: all(is_pruned(site, it) for it in runs[:2]))
        assert [it.run_id for it in await site.application.projections.ask(ended_runs)] == runs[2:]
