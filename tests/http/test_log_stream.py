"""The stream of the whole log."""

from __future__ import annotations

import json

import pytest

from storybook.http import log_stream
from tests.http.serving import Site, eventually
from tests.http.sse import EventStream, Message, following

pytestmark = pytest.mark.anyio

PATH = "/api/events"


async def take(stream: EventStream, count: int) -> list[Message]:
    """So many events, keepalives and the opening aside."""
    found: list[Message] = []
    while len(found) < count:
        message = await stream.next()
        assert message is not None
        found += [message] if message.id is not None else []
    return found


@pytest.mark.slow
async def test_every_event_of_every_run_is_told(site: Site) -> None:
    """From 0 the stream tells the whole log as recorded, each event under its type."""
    await site.finished_book()
    await site.finished_book()
    recorded = await site.application.log.read(0, 10_000)  # type: ignore[arg-type]
    async with following(site.port, PATH, last_event_id="0") as stream:
        found = await take(stream, len(recorded))
    assert [(it.id, it.event) for it in found] == [(str(it.position), it.type) for it in recorded]
    told = json.loads(found[-1].data or "")
    last = recorded[-1]
    assert (told["run_id"], told["version"]) == (last.run_id, last.version)
    assert (told["data"], told["digest"]) == (json.loads(last.data), last.digest.hex())


async def test_without_a_cursor_it_begins_now(site: Site) -> None:
    """Only what comes after is told, and the head of the answer says from where."""
    await site.finished_book()
    head = await site.application.log.head()
    async with following(site.port, PATH) as stream:
        assert stream.headers["storybook-resumed-after"] == str(head)
        run_id = await site.finished_book()
        first = (await take(stream, 1))[0]
    assert (int(first.id or ""), first.event) == (head + 1, "RunRequested")
    assert json.loads(first.data or "")["run_id"] == run_id


async def test_it_never_ends_with_a_run(site: Site) -> None:
    """One stream follows run after run."""
    async with following(site.port, PATH) as stream:
        for _ in range(2):
            run_id = await site.finished_book()
            for _ in await site.application.log.read_run(run_id):
                told = (await take(stream, 1))[0]
            assert told.event == "RunCompleted"


async def test_a_filter_by_type(site: Site) -> None:
    """Only the named types come, old and new, with their own positions."""
    first = await site.finished_book()
    async with following(
        site.port, f"{PATH}?types=RunRequested,RunCompleted&last_event_id=0"
    ) as stream:
        old = [it for it in await site.application.log.read(0, 10_000)  # type: ignore[arg-type]
               if it.type in ("RunRequested", "RunCompleted")]  # fmt: skip
        found = await take(stream, len(old))
        second = await site.finished_book()
        new = await take(stream, 2)
    assert [it.id for it in found] == [str(it.position) for it in old]
    assert [it.event for it in new] == ["RunRequested", "RunCompleted"]
    assert {json.loads(it.data or "")["run_id"] for it in new} == {second} != {first}


async def test_an_unknown_type(site: Site) -> None:
    """400 before the stream, naming those that there are."""
    answer = await site.client.get(f"{PATH}?types=RunRequested,Nonsense")
    assert answer.status_code == 400
    assert "Nonsense" in answer.json()["detail"]
    assert "StageCompleted" in answer.json()["detail"]


async def test_a_bad_cursor(site: Site) -> None:
    """400 before the stream."""
    assert (await site.client.get(PATH, headers={"Last-Event-ID": "x"})).status_code == 400


async def test_a_cursor_beyond_the_log(site: Site) -> None:
    """A reset without an id, and on from the log's end."""
    head = await site.application.log.head()
    async with following(site.port, PATH, last_event_id=str(head + 9)) as stream:
        _, reset = await stream.next(), await stream.next()
        assert reset == Message(event="reset", data=f'{{"head":{head}}}')
        await site.finished_book()
        assert (await take(stream, 1))[0].id == str(head + 1)


async def test_a_client_that_is_further_back_than_what_is_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of the log and the newest frames join without loss or repeat."""
    monkeypatch.setattr(log_stream, "KEPT", 10)
    monkeypatch.setattr(log_stream, "PAGE", 7)
    async with following(site.port, PATH) as first:
        for _ in range(2):
            await site.finished_book()
        head = await site.application.log.head()
        assert site.app.log_stream.feed.floor > 0
        async with following(site.port, PATH, last_event_id="0") as late:
            found = await take(late, head)
        assert [it.id for it in found] == [str(number) for number in range(1, head + 1)]
        await take(first, 1)


@pytest.mark.slow
async def test_nothing_is_kept_for_nobody(site: Site) -> None:
    """Frames are encoded while somebody follows, and dropped with the next event after."""
    feed = site.app.log_stream.feed
    async with following(site.port, PATH) as stream:
        await site.finished_book()
        await take(stream, 1)
        assert feed.frames
    await eventually(lambda: not feed.streams)
    await site.finished_book()
    assert not feed.frames
