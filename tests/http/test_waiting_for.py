"""A book that waits for an engine: its state and its stream say for which, why and since when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.book import RunId
from storybook.events.catalog import StageDeferred
from storybook.http.run_state import AwaitedEngine, awaited
from storybook.projections.waiting import WaitingFor
from storybook.stages.outages import Absence, Outages
from tests.engines import AWAY, ScriptedIllustrator
from tests.http.serving import Site, serving
from tests.http.sse import Message, following

pytestmark = pytest.mark.anyio


async def state_of(site: Site, run_id: RunId, query: str = "") -> dict[str, Any]:
    state: dict[str, Any] = (await site.client.get(f"/api/runs/{run_id}{query}")).json()
    return state


async def waiting(site: Site, run_id: RunId) -> dict[str, Any]:
    """Its state once it waits for an engine."""
    with anyio.fail_after(30):
        while not (state := await state_of(site, run_id))["waiting_for"]:  # noqa: ASYNC110
            await anyio.sleep(0.01)  # a state sets no event
    return state


async def deferred(site: Site, run_id: RunId) -> list[dict[str, Any]]:
    """Its events that say that it waits, as recorded."""
    events = (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"]
    return [it for it in events if it["type"] == StageDeferred.__name__]


def told(messages: list[Message]) -> list[Any]:
    """What a stream told of waiting."""
    live = [msgspec.json.decode(it.data or "") for it in messages if it.event == "progress"]
    return [it["waiting_for"] for it in live if "waiting_for" in it]


@pytest.mark.slow
async def test_a_book_says_what_it_waits_for_while_it_does(tmp_path: Path) -> None:
    """With the time of the event that says so; the book goes on by itself."""
    async with serving(tmp_path) as site:
        site.engines.illustrator.is_away = True
        run_id = await site.order()
        state = await waiting(site, run_id)
        assert state["status"] == "RUNNING" and state["error"] is None
        event = (await deferred(site, run_id))[0]
        assert state["waiting_for"] == {
            "engine": "scripted-illustrator",
            "since": event["recorded_at"],
            "why": AWAY,
        }
        assert (await state_of(site, run_id, f"?at={event['position']}"))["waiting_for"] is None
        site.engines.illustrator.is_away = False
        state = await site.ended(run_id)
        assert (state["status"], state["waiting_for"]) == ("DONE", None)


@pytest.mark.slow
async def test_the_stream_tells_when_waiting_begins_and_ends(tmp_path: Path) -> None:
    """Without an id and without an update; who comes later is told at once."""
    async with serving(tmp_path) as site:
        site.engines.writer.is_away = True
        run_id = await site.order()
        path = f"/api/runs/{run_id}/events"
        async with following(site.port, path) as first:
            state = await waiting(site, run_id)
            async with following(site.port, path) as second:
                late = [await second.next() for _ in range(3)]
                assert [it.event for it in late if it] == [None, "update", "progress"]
                assert told([it for it in late if it]) == [state["waiting_for"]]
            site.engines.writer.is_away = False
            messages = await first.rest()
    assert told(messages) == [state["waiting_for"], None]
    assert {it.id for it in messages if it.event == "progress"} == {None}
    positions = {int(it["position"]) for it in await deferred_of(tmp_path, run_id)}
    assert positions.isdisjoint(int(it.id) for it in messages if it.id)


async def deferred_of(folder: Path, run_id: RunId) -> list[dict[str, Any]]:
    """The same, after a restart."""
    async with serving(folder) as site:
        return await deferred(site, run_id)


@pytest.mark.slow
async def test_a_book_that_has_not_begun_waits_as_queued(tmp_path: Path) -> None:
    """It says for whom, too; and both are done when the engine is back."""
    async with serving(tmp_path) as site:
        site.engines.writer.is_away = True
        first = await site.order()
        await waiting(site, first)
        second = await site.order()
        state = await waiting(site, second)
        assert (state["status"], state["stage"]) == ("QUEUED", "LLM")
        site.engines.writer.is_away = False
        for run_id in (first, second):
            assert (await site.ended(run_id))["status"] == "DONE"


@pytest.mark.slow
async def test_a_book_waits_on_after_a_restart(tmp_path: Path) -> None:
    """Since when it did before."""
    async with serving(tmp_path) as site:
        site.engines.writer.is_away = True
        run_id = await site.order()
        before = (await waiting(site, run_id))["waiting_for"]
    async with serving(tmp_path, held=True) as site:
        site.engines.writer.is_away = True
        assert (await waiting(site, run_id))["waiting_for"] == before


async def test_a_book_that_waits_only_for_its_turn_waits_for_no_engine() -> None:
    """The log says that it did; that the engine is back, this process knows."""
    engine = ScriptedIllustrator()
    since = WaitingFor(engine.info, 0, AWAY)
    told = AwaitedEngine(engine.info.name, "1970-01-01T00:00:00.000Z", AWAY)
    outages = Outages(60, lambda: 0.0)
    assert awaited(since, outages) is None
    outages.met(engine, Absence(AWAY, "Start it"), 0)
    assert awaited(since, outages) == told
    assert awaited(since, None) == told  # where nothing is worked on nobody knows better
    assert awaited(None, outages) is None
