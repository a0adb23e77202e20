"""When each sentence of a page is spoken, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Site

pytestmark = pytest.mark.anyio


async def spans(site: Site, run_id: str, page: int, query: str = "") -> Any:
    answer = await site.client.get(f"/api/runs/{run_id}/spans/{page}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_page_is_told_whole_with_the_times_of_what_is_spoken(site: Site) -> None:
    """As the recording's own event has them; text and order are the page's."""
    run_id = await site.finished_book()
    state = (await site.client.get(f"/api/runs/{run_id}")).json()
    recorded = (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"]
    voices = {
        it["data"]["page"]: it["data"]["artifact"]
        for it in recorded
        if it["type"] == "StageCompleted" and it["data"]["stage"] == "TTS"
    }
    for number, page in enumerate(state["pages"]):
        told = await spans(site, run_id, number)
        parts = [span for part in told["paragraphs"] for span in part]
        written = page["title"] or page["summary"]
        assert "".join(it["text"] for it in parts).replace(" ", "") == written.replace(" ", "")
        times = {(it["start"], it["end"]) for it in parts if it["start"] is not None}
        true = {(it["start"], it["end"]) for it in voices[number]["segments"]}
        assert times and times <= true
        assert told["seconds"] == voices[number]["seconds"]


async def test_a_page_without_a_recording_has_its_text_alone(site: Site) -> None:
    """A book that is not read aloud can be read all the same."""
    run_id = await site.finished_book(tts_enabled=False)
    told = await spans(site, run_id, 1, "?edition=1")
    assert told["seconds"] == 0
    assert {it["start"] for part in told["paragraphs"] for it in part} == {None}


async def test_there_are_spans_of_pages_that_there_are(site: Site) -> None:
    """Others are refused: pages, editions, books."""
    run_id = await site.finished_book()
    for path in (f"{run_id}/spans/5", f"{run_id}/spans/x", f"{run_id}/spans/1?edition=7"):
        assert (await site.client.get(f"/api/runs/{path}")).status_code == 404
    assert (await site.client.get(f"/api/runs/{'0' * 32}/spans/1")).status_code == 404
