"""How long a book still takes: in its state, and on its stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from storybook.book import RunId
from storybook.http.progress import has_moved
from storybook.http.run_state import RenderedStates
from storybook.projections.runs import encode_snapshot, snapshot_of
from tests.http.serving import Site, eventually, serving
from tests.http.sse import following
from tests.projections.histories import Book
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio


async def eta_of(site: Site, run_id: RunId, query: str = "") -> Any:
    return (await site.client.get(f"/api/runs/{run_id}{query}")).json()["eta_seconds"]


async def test_the_state_tells_how_long_a_book_takes_once_that_is_known(tmp_path: Path) -> None:
    """Nobody knows it of the first one; of the next ones the longer, the more stand before it."""
    async with serving(tmp_path) as site:
        first = await site.finished_book()
        assert await eta_of(site, first) is None
        site.engines.illustrator.held = True
        second, third = await site.order(), await site.order()
        await eventually(lambda: site.application.seconds_left(third) is not None)
        before, behind = await eta_of(site, second), await eta_of(site, third)
        assert 0 <= before <= behind
        events = (await site.client.get(f"/api/runs/{second}/log")).json()["events"]
        assert await eta_of(site, second, f"?at={events[0]['position']}") is None
        assert await eta_of(site, second, "?edition=1") is None
        await site.client.post(f"/api/runs/{second}/cancel")
        assert await eta_of(site, second) is None
        await site.client.post(f"/api/runs/{second}/retry")
        await eventually(lambda: site.application.seconds_left(second) is not None)
        assert await eta_of(site, second) is not None
        await site.client.delete(f"/api/runs/{third}")
        assert site.application.seconds_left(third) is None


async def test_it_is_known_after_a_restart(tmp_path: Path) -> None:
    """From what the views have kept."""
    async with serving(tmp_path) as site:
        await site.finished_book()
        site.engines.illustrator.held = True
        run_id = await site.order()
    async with serving(tmp_path, held=True) as site:
        assert await eta_of(site, run_id) is not None


async def test_there_is_none_while_an_engine_is_away(tmp_path: Path) -> None:
    """In the state beside what it waits for."""
    async with serving(tmp_path) as site:
        await site.finished_book()
        site.engines.illustrator.is_away = True
        run_id = await site.order()
        path = f"/api/runs/{run_id}"
        while not (state := (await site.client.get(path)).json())["waiting_for"]:
            pass
        assert state["eta_seconds"] is None
        site.engines.illustrator.is_away = False
        assert (await site.ended(run_id))["status"] == "DONE"


async def test_the_stream_tells_it_without_an_id(tmp_path: Path) -> None:
    """At once to who comes, beside the present state."""
    async with serving(tmp_path) as site:
        await site.finished_book()
        site.engines.illustrator.held = True
        run_id = await site.order()
        await eventually(lambda: site.application.seconds_left(run_id) is not None)
        async with following(site.port, f"/api/runs/{run_id}/events") as stream:
            messages = [await stream.next() for _ in range(3)]
        (told,) = [it for it in messages if it is not None and it.event == "progress"]
        assert told.id is None
        assert list(msgspec.json.decode(told.data or "")) == ["eta_seconds"]


def test_it_is_told_again_when_it_has_moved_by_a_tenth() -> None:
    """Or has come to be known, or is no longer."""
    assert not has_moved(100.0, 91.0)
    assert has_moved(100.0, 89.0) and has_moved(100.0, 111.0)
    assert has_moved(None, 5.0) and has_moved(5.0, None)
    assert not has_moved(None, None)


async def test_a_state_is_rendered_once_whatever_it_takes() -> None:
    """Only the number is put in, wherever it stands, and whatever the texts say."""
    book = Book(MemoryLog())
    await book.request()
    await book.write_all()
    assert book.run is not None
    states = RenderedStates(None)
    row = encode_snapshot(snapshot_of(book.run))
    plain = states.body(book.run_id, row)
    assert states.body(book.run_id, row) is plain
    with_eta = msgspec.json.decode(states.body(book.run_id, row, eta=14.04))
    assert with_eta == msgspec.json.decode(plain) | {"eta_seconds": 14.0}
    assert states.body(book.run_id, row) is plain
