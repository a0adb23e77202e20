"""`GET /operate/status` and a run's verdict, as the pages for the curious get them."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.access import TokenScope
from storybook.data_folder import DataFolder
from storybook.stores.backup.last import LastBackup, last_backup, note_backup
from tests.http.serving import Site, serving
from tests.http.test_authorization import Guarded

pytestmark = pytest.mark.anyio


async def test_a_status_tells_what_was_done_and_what_there_is(site: Site) -> None:
    """After a book: its work is counted, and nothing waits any more."""
    await site.finished_book()
    status = (await site.client.get("/operate/status")).json()
    done = {it["role"]: it["last_hour"] for it in status["throughput"]["roles"]}
    assert done["writer"] >= 1 and done["illustrator"] >= 5 and done["narrator"] >= 5
    assert status["throughput"]["books"]["DONE"] >= 1
    assert status["log_end"] == await site.application.log.head()
    assert status["disk"]["free_bytes"] > 0 and status["disk"]["log_bytes"] > 0
    assert (status["takes_work"], status["parked"], status["away"]) == (True, [], [])
    assert {it["name"] for it in status["followers"]} >= {"log streams", "telemetry"}


async def test_a_status_says_how_old_the_last_backup_is(tmp_path: Path) -> None:
    """Of this folder; null before the first."""
    async with serving(tmp_path) as site:
        assert (await site.client.get("/operate/status")).json()["backup"] is None
        now = site.application.clock.now()
        made = LastBackup(now - 60_000_000, "/mnt/backup", "7:ab", 2)
        note_backup(DataFolder(tmp_path).last_backup, made)
        backup = (await site.client.get("/operate/status")).json()["backup"]
    assert 60 <= backup["age_seconds"] < 120
    assert (backup["head"], backup["missing"]) == ("7:ab", 2)


async def test_a_status_is_for_whoever_looks_after_the_server(tmp_path: Path) -> None:
    """With tokens an `admin`, without them this machine alone."""
    async with serving(tmp_path) as site:
        proxied = await site.client.get("/operate/status", headers={"X-Forwarded-For": "9.9.9.9"})
        assert proxied.status_code == 403
        guarded = Guarded(site, tmp_path)
        for scope, status in ((None, 401), (TokenScope.CREATE, 403), (TokenScope.ADMIN, 200)):
            assert (await guarded.ask(scope, "GET", "/operate/status")).status_code == status


def test_a_note_that_cannot_be_read_or_written_is_none(tmp_path: Path) -> None:
    """It is a convenience, and no backup fails for it."""
    note_backup(tmp_path / "nowhere" / "note.json", LastBackup(1, "", "", 0))
    (tmp_path / "note.json").write_text("{")
    assert last_backup(tmp_path / "note.json") is None
    assert last_backup(tmp_path / "nowhere" / "note.json") is None


async def test_a_books_log_is_judged(site: Site) -> None:
    """All of its events were looked at, and nothing is wrong with them."""
    run_id = await site.finished_book()
    verdict = (await site.client.get(f"/api/runs/{run_id}/verdict")).json()
    events = (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"]
    assert verdict["whole"] and verdict["faults"] == []
    assert verdict["events"] == verdict["of"] == len(events)
    assert verdict["first"] == events[0]["position"]
    assert verdict["last"] == verdict["log_end"] >= events[-1]["position"]
    assert (await site.client.get(f"/api/runs/{'0' * 32}/verdict")).status_code == 404
