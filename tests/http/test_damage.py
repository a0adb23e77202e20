"""A log with a damaged page: its run is parked there, all others are served, no book is taken."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from storybook.book import RunId
from storybook.events.codec import UNREADABLE
from storybook.projections.rebuild import rebuild
from storybook.stores.sqlite.log import SqliteLog
from tests.http.serving import WORDS, Site, serving
from tests.http.sse import Message, following
from tests.stores.pages import INDEX_LEAF, TABLE_LEAF, damage, damage_all, damage_last

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def two_books(folder: Path) -> tuple[RunId, RunId]:
    """Two finished books; a page with events of the second one alone is damaged since."""
    async with serving(folder) as site:
        whole, torn = await site.finished_book(), await site.finished_book()

    def is_of_torn(page: bytes) -> bool:
        return page[0] == TABLE_LEAF and torn.encode() in page and whole.encode() not in page

    damage(folder / "log.db", is_of_torn)
    return whole, torn


def log_of(site: Site) -> SqliteLog:
    log = site.application.log
    assert isinstance(log, SqliteLog)
    return log


async def get(site: Site, path: str) -> httpx.Response:
    answer = await site.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("keeps_views", [True, False])
async def test_the_run_on_a_damaged_page_is_parked(tmp_path: Path, keeps_views: bool) -> None:
    """With views that have seen its events, and without any; the other run stands as it was."""
    whole, torn = await two_books(tmp_path)
    if not keeps_views:
        (tmp_path / "projections.db").unlink()
    async with serving(tmp_path) as site:
        assert (await get(site, f"/api/runs/{whole}")).json()["status"] == "DONE"
        library = (await get(site, "/api/runs")).json()["runs"]
        assert [it["run_id"] for it in library] == [torn, whole]
        log = (await get(site, f"/api/runs/{torn}/log?limit=1000")).json()["events"]
        assert [it["version"] for it in log] == list(range(1, len(log) + 1))
        lost = [it for it in log if it["type"] == UNREADABLE]
        assert "disk image is malformed" in lost[0]["data"]
        if keeps_views:  # nobody who was asked had to read those rows
            await log_of(site).look_for_damage()
            before = (await get(site, f"/api/runs/{torn}?at={lost[0]['position']}")).json()
        else:
            before = (await get(site, f"/api/runs/{torn}")).json()
        assert before["parked"]["position"] == lost[0]["position"]
        async with following(site.port, f"/api/runs/{torn}/events") as stream:
            assert (await stream.rest())[-1] == Message(retry="15000")
        ready = (await site.client.get("/readyz")).json()["reasons"]
        assert ready[0].startswith(f"{tmp_path}/log.db is damaged")
        assert ready[1].startswith(f"run {torn} is parked: its event {lost[0]['position']}")
        assert ready[1].endswith("put the log back from a backup")


async def test_a_damaged_log_takes_no_books(tmp_path: Path) -> None:
    """As soon as it is known: 503 says what is wrong and what to do."""
    await two_books(tmp_path)
    async with serving(tmp_path) as site:
        await log_of(site).look_for_damage()
        answer = await site.client.post("/api/runs", json=WORDS)
        assert answer.status_code == 503
        assert "no new books are taken" in answer.json()["detail"]
        assert "from a backup" in answer.json()["detail"]


async def test_a_run_in_hand_whose_events_are_lost_keeps_nobody_from_starting(
    tmp_path: Path,
) -> None:
    """The runner parks it, too: nothing is done with it, and commands on it are refused."""
    async with serving(tmp_path, held=True) as site:
        torn, *_, last = [await site.order() for _ in range(12)]
        await site.engines.writer.called(1)

    def begins_torn(page: bytes) -> bool:
        return page[0] == TABLE_LEAF and torn.encode() in page and last.encode() not in page

    damage(tmp_path / "log.db", begins_torn)
    async with serving(tmp_path) as site:
        reasons = (await site.client.get("/readyz")).json()["reasons"]
        assert log_of(site).takes_appends, "its end is whole"
        assert [it for it in reasons if it.startswith(f"run {torn} is parked")]
        assert (await site.client.post(f"/api/runs/{torn}/cancel")).status_code == 503


async def test_a_log_whose_end_is_lost_is_only_read(tmp_path: Path) -> None:
    """Nothing can follow what nobody can read; what was readable is shown, and all else refused."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
    damage_last(tmp_path / "log.db", lambda page: page[0] == TABLE_LEAF)
    async with serving(tmp_path) as site:
        assert not log_of(site).takes_appends
        state = (await get(site, f"/api/runs/{run_id}")).json()
        assert state["status"] == "DONE", "the views had seen it"
        assert (await get(site, state["pages"][0]["image_url"])).content
        for path in ("/api/runs", f"/api/runs/{run_id}/retry"):
            answer = await site.client.post(path, json=WORDS)
            assert answer.status_code == 503
            assert "from a backup" in answer.json()["detail"]
        assert "is damaged" in (await site.client.get("/readyz")).json()["reasons"][0]


async def test_damage_everywhere_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """Rows, index and answers: nobody knows whose the lost events are. What is left is shown."""
    async with serving(tmp_path, held=True) as site:
        runs = [await site.order() for _ in range(12)]
        await site.engines.writer.called(1)

    def begins_runs(page: bytes) -> bool:
        return page[0] == TABLE_LEAF and b"RunRequested" in page and runs[-1].encode() not in page

    damage(tmp_path / "log.db", begins_runs)
    damage_all(tmp_path / "log.db", lambda page: page[0] == INDEX_LEAF)
    (tmp_path / "projections.db").unlink()
    async with serving(tmp_path) as site:
        ready = (await site.client.get("/readyz")).json()
        assert "is damaged" in ready["reasons"][0]
        assert not any("failed" in it for it in ready["reasons"]), ready
        assert (await get(site, "/api/runs")).json()["runs"]


async def test_views_that_were_rebuilt_over_damage_are_no_evidence_against_a_backup(
    tmp_path: Path,
) -> None:
    """They end with an event whose digest nobody could read; the log that has it is taken."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
    path, views = tmp_path / "log.db", tmp_path / "projections.db"
    backup = path.read_bytes()
    damage_last(path, lambda page: page[0] == TABLE_LEAF)
    async with SqliteLog.read_only(path) as log:
        await rebuild(views, log, lambda done, head: None)
    path.write_bytes(backup)
    async with serving(tmp_path) as site:
        state = (await get(site, f"/api/runs/{run_id}")).json()
        assert (state["status"], state["parked"]) == ("DONE", None)


async def test_a_log_that_was_put_back_is_whole_again(tmp_path: Path) -> None:
    """Nothing was recorded of the damage, and what was left out is taken up."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
    backup = (tmp_path / "log.db").read_bytes()
    damage(tmp_path / "log.db", lambda page: page[0] == TABLE_LEAF and run_id.encode() in page)
    (tmp_path / "projections.db").unlink()
    async with serving(tmp_path) as site:
        assert (await get(site, f"/api/runs/{run_id}")).json()["parked"] is not None
    (tmp_path / "log.db").write_bytes(backup)
    async with serving(tmp_path) as site:
        state = (await get(site, f"/api/runs/{run_id}")).json()
        assert (state["status"], state["parked"]) == ("DONE", None)
        assert (await site.client.get("/readyz")).json() == {"ready": True, "reasons": []}
