"""Whoever follows while a run is forgotten, and what stands in its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storybook.events.log import Position
from storybook.stores.artifacts import CannotRemove
from storybook.stores.deliveries import Delivery
from storybook.stores.sqlite.webhooks import SqliteDeliveries
from tests.http.serving import Site, eventually, serving
from tests.http.sse import following
from tests.stores.raw_rows import append_row

pytestmark = pytest.mark.anyio
LOG = "/api/events"


async def test_what_streams_had_ready_of_a_forgotten_run_is_told_to_nobody(site: Site) -> None:
    """Frames are kept for those who are behind: they get what the log still says."""
    async with following(site.port, LOG):
        run_id, other = await site.finished_book(), await site.finished_book()
        feed = site.app.log_stream.feed
        assert any(run_id.encode() in it and b"summary" in it for it in feed.frames)
        answer = await site.client.delete(f"/api/runs/{run_id}")
        assert answer.status_code == 204 and answer.content == b""
        head = await site.application.log.head()
        await eventually(lambda: site.app.log_stream.subscription.position == head)
        assert not any(run_id.encode() in it and b"summary" in it for it in feed.frames)
        async with following(site.port, LOG, last_event_id="0") as late:
            said: dict[int, dict[str, object]] = {}
            while not said or said[max(said)]["type"] != "RunForgotten":
                message = await late.next()
                if message is not None and message.id:
                    said[int(message.id)] = json.loads(message.data or "")
        mine = [it["data"] for it in said.values() if it["run_id"] == run_id]
        assert set(map(str, mine[:-1])) == {"None"}
        assert all(it["data"] for it in said.values() if it["run_id"] == other)


@pytest.mark.slow
async def test_a_run_that_cannot_be_read_can_be_forgotten(tmp_path: Path) -> None:
    """It is parked no more, also in the views, and the server is in order again."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
    append_row(tmp_path / "log.db", run_id)
    async with serving(tmp_path) as site:
        assert site.application.parked.get(run_id) is not None
        assert (await site.client.delete(f"/api/runs/{run_id}")).status_code == 204
        assert site.application.parked.get(run_id) is None
        assert (await site.client.get(f"/api/runs/{run_id}")).status_code == 410
    async with serving(tmp_path) as site:
        assert list(site.application.parked) == []
        assert (await site.client.get(f"/api/runs/{run_id}")).status_code == 410


@pytest.mark.slow
async def test_files_that_cannot_be_removed_go_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has forgotten; whoever asked is told what is left."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()

        async def refuse(_: str) -> None:
            raise CannotRemove("cover.png could not be removed: busy")

        monkeypatch.setattr(site.application.artifacts, "forget", refuse)
        answer = await site.client.delete(f"/api/runs/{run_id}")
        assert answer.status_code == 503 and "busy" in answer.json()["detail"]
        assert (await site.client.get(f"/api/runs/{run_id}/log")).status_code == 410
    assert (tmp_path / "outputs" / run_id / "cover.png").exists()
    async with serving(tmp_path):
        await eventually(lambda: not (tmp_path / "outputs" / run_id).exists())


@pytest.mark.slow
async def test_who_was_to_be_told_is_forgotten_where_nobody_is_told_any_more(
    tmp_path: Path,
) -> None:
    """The settings name no hosts for webhooks any more; their file remembers."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
        url = "http://secret.example/"
        told = Delivery(Position(1), run_id, "run.done", url, since=1, due_at=1)
        await SqliteDeliveries(tmp_path / "webhooks.db").plan([told], Position(1), 1)
        assert (await site.client.delete(f"/api/runs/{run_id}")).status_code == 204
        assert url.encode() not in (tmp_path / "webhooks.db").read_bytes()


async def test_forgetting_what_is_not_there(site: Site) -> None:
    """404, and nothing is recorded."""
    head = await site.application.log.head()
    assert (await site.client.delete(f"/api/runs/{'0' * 32}")).status_code == 404
    assert await site.application.log.head() == head
