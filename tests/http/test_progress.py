"""The progress stream of a run, as its clients see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.book import RunId, picture_of
from storybook.engines import WorkFailed
from storybook.events.log import Position, Recorded
from storybook.events.parked import ParkedRun, ParkedRuns
from storybook.http.progress import Feed
from storybook.projections.progress import progress_of
from storybook.run import fold
from storybook.settings import Limits
from tests.http.serving import Site, eventually, serving
from tests.http.sse import EventStream, Message, following

pytestmark = pytest.mark.anyio

NOBODY = "0" * 32


def path_of(run_id: RunId) -> str:
    return f"/api/runs/{run_id}/events"


async def replay(site: Site, run_id: RunId, after: int | str = 0) -> list[Message]:
    """All changes after a position, of a run that ends."""
    async with following(site.port, path_of(run_id), last_event_id=str(after)) as stream:
        assert stream.status == 200
        return await stream.changes()


async def until(stream: EventStream, **wanted: object) -> Message:
    """The first change with these values."""
    while (message := await stream.change()) is not None:
        assert message.data is not None
        if wanted.items() <= json.loads(message.data).items():
            return message
    raise AssertionError(f"the stream ended without {wanted}")


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose engines wait to be let on."""
    async with serving(tmp_path, held=True) as site:
        yield site


@pytest.mark.slow
async def test_replay_from_the_start_tells_every_change(site: Site) -> None:
    """Each message is the state's progress right after the event that its id names."""
    run_id = await site.finished_book()
    messages = await replay(site, run_id)
    events = await site.application.log.read_run(run_id)
    expected, last = [], None
    for number, recorded in enumerate(events, start=1):
        run = fold(it.event for it in events[:number])
        assert run is not None
        if (progress := progress_of(run)) != last:
            expected.append((str(recorded.position), progress.status, progress.stage))
            last = progress
    found = [(it.id, *map(json.loads(it.data or "").get, ("status", "stage"))) for it in messages]
    assert found == expected
    assert json.loads(messages[-1].data or "") == {
        "status": "DONE",
        "stage": "TTS",
        "ready_max_page": 4,
        "ready_max_audio_page": 4,
    }


@pytest.mark.slow
async def test_without_a_cursor_the_present_state_comes_first(held: Site) -> None:
    """The first message is the last change there was, with the id of the event that made it."""
    run_id = await held.order()
    async with following(held.port, path_of(run_id)) as early:
        running = await until(early, status="RUNNING")
        async with following(held.port, path_of(run_id)) as late:
            retry, first = await late.next(), await late.next()
    assert retry is not None and retry.retry is not None and 2000 <= int(retry.retry) < 2500
    assert first == running


@pytest.mark.slow
async def test_a_cursor_goes_on_right_after_it(site: Site) -> None:
    """From whatever position a client comes back, it gets exactly what it had not seen."""
    run_id = await site.finished_book()
    all_of_them = await replay(site, run_id)
    last = int(all_of_them[-1].id or "")
    for after in range(int(all_of_them[0].id or ""), last):
        expected = [it for it in all_of_them if int(it.id or "") > after]
        assert await replay(site, run_id, after) == expected


async def test_the_head_of_a_stream_is_as_promised(site: Site) -> None:
    """Nothing caches, rewrites, buffers or compresses it, and it says where it began."""
    run_id = await site.finished_book()
    cursor = (await replay(site, run_id))[2].id or ""
    async with following(
        site.port, path_of(run_id), last_event_id=cursor, accept_encoding="gzip"
    ) as stream:
        headers = stream.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["storybook-resumed-after"] == cursor
    assert "content-encoding" not in headers and "connection" not in headers


async def test_resumed_after_is_true_without_a_cursor_too(site: Site) -> None:
    """What follows the position that it names is exactly what is sent."""
    run_id = await site.finished_book()
    async with following(site.port, path_of(run_id)) as stream:
        shown = await stream.changes()
    assert shown == await replay(site, run_id, stream.headers["storybook-resumed-after"])
    assert len(shown) == 1


async def test_head_asks_for_the_headers_only(site: Site) -> None:
    """HEAD answers at once, also for a run that goes on."""
    run_id = await site.finished_book()
    answer = await site.client.head(path_of(run_id))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert not site.app.streams.open


async def test_the_header_wins_over_the_query(site: Site) -> None:
    """EventSource repeats the address that it was opened with; its header is what is new."""
    run_id = await site.finished_book()
    messages = await replay(site, run_id)
    path = f"{path_of(run_id)}?last_event_id={messages[0].id}"
    async with following(site.port, path) as stream:
        assert await stream.changes() == messages[1:]
    async with following(site.port, path, last_event_id=messages[1].id or "") as stream:
        assert await stream.changes() == messages[2:]


async def test_the_end_stops_event_source_for_good(site: Site) -> None:
    """After the last message the body ends; who comes back from there gets 204."""
    run_id = await site.finished_book()
    last = (await replay(site, run_id))[-1]
    async with following(site.port, path_of(run_id), last_event_id=last.id or "") as stream:
        assert stream.status == 204
    async with following(site.port, path_of(run_id)) as stream:
        assert await stream.changes() == [last]


@pytest.mark.parametrize("cursor", ["-1", "abc", "1.5", "٣", "9" * 30, "1 2"])
async def test_a_bad_cursor_is_refused_before_the_stream(site: Site, cursor: str) -> None:
    """What is no position gets 400 and a sentence, from the query as from the header."""
    run_id = await site.finished_book()
    answer = await site.client.get(path_of(run_id), params={"last_event_id": cursor})
    assert answer.status_code == 400
    assert "position" in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/json"


async def test_nobody_can_follow_a_run_that_is_not_there(site: Site) -> None:
    """An unknown run gets 404, and leaves no feed behind."""
    answer = await site.client.get(path_of(RunId(NOBODY)))
    assert (answer.status_code, answer.json()) == (404, {"detail": "no such run"})
    assert not site.app.progress.feeds


async def test_a_cursor_beyond_the_log_is_reset(site: Site) -> None:
    """The log came back from an older backup: a reset without an id, then the present state."""
    run_id = await site.finished_book()
    last = (await replay(site, run_id))[-1]
    head = await site.application.log.head()
    async with following(site.port, path_of(run_id), last_event_id=str(head + 1)) as stream:
        _, reset, state = await stream.rest()
    assert (reset.event, reset.id, reset.data) == ("reset", None, f'{{"head":{head}}}')
    assert state == last


@pytest.mark.slow
async def test_three_clients_see_the_same_whatever_happens_to_them(tmp_path: Path) -> None:
    """One of them cuts its connection after every message and comes back; no message is lost,
    repeated or different, and a client of a later day sees the same."""
    seen: dict[str, list[Message]] = {"first": [], "second": [], "cutting": []}
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()

        async def follow(name: str) -> None:
            async with following(site.port, path_of(run_id), last_event_id="0") as stream:
                seen[name] = await stream.changes()

        async def follow_cutting() -> None:
            cursor = "0"
            while True:
                async with following(site.port, path_of(run_id), last_event_id=cursor) as stream:
                    if stream.status == 204:
                        return
                    if (message := await stream.change()) is not None:
                        seen["cutting"].append(message)
                        cursor = message.id or ""

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow, "first")
            tasks.start_soon(follow, "second")
            tasks.start_soon(follow_cutting)
            for number in range(5):
                site.engines.writer.let(number)
                await site.engines.illustrator.called(number + 1)
                site.engines.illustrator.let(number)
                await site.engines.narrator.called(number + 1)
                site.engines.narrator.let(number + 1)
    assert len(seen["first"]) > 10
    assert seen["second"] == seen["first"]
    assert seen["cutting"] == seen["first"]
    async with serving(tmp_path) as again:
        assert await replay(again, run_id) == seen["first"]


async def test_a_failed_run_says_why_and_goes_on_when_retried(site: Site) -> None:
    """The last message has the error; a cursor at it, no longer the end, streams on."""
    site.engines.illustrator.script[2] = [WorkFailed("broken", "no paint left", retryable=False)]
    run_id = await site.order()
    assert (await site.ended(run_id))["status"] == "FAILED"
    failed = (await replay(site, run_id))[-1]
    told = json.loads(failed.data or "")
    assert (told["status"], told["error"]) == ("FAILED", "no paint left")
    answer = await site.client.post(f"/api/runs/{run_id}/retry")
    assert answer.status_code == 202
    rest = await replay(site, run_id, failed.id or "")
    assert json.loads(rest[0].data or "")["status"] == "QUEUED"
    assert json.loads(rest[-1].data or "")["status"] == "DONE"
    assert all("error" not in json.loads(it.data or "") for it in rest)


@pytest.mark.slow
async def test_silence_is_broken_by_a_keepalive(tmp_path: Path) -> None:
    """It carries no id, and comes again and again."""
    limits = Limits(keepalive_seconds=0.05)
    async with serving(tmp_path, limits=limits, held=True) as site:
        run_id = await site.order()
        async with following(site.port, path_of(run_id)) as stream:
            await until(stream, status="RUNNING")
            kept: list[Message] = []
            while len(kept) < 3 and (message := await stream.next()) is not None:
                kept += [message] if message.event == "keepalive" else []
    assert kept == [Message(event="keepalive", data="{}")] * 3


@pytest.mark.slow
async def test_stages_tell_how_far_they_are(held: Site) -> None:
    """Progress inside a stage comes without an id, and is in no replay."""
    run_id = await held.order()
    async with following(held.port, path_of(run_id)) as stream:
        await until(stream, status="RUNNING")
        held.engines.writer.let(0)
        await held.engines.illustrator.called(1)
        held.application.live.report(run_id, picture_of(0), 0.12345)
        while (message := await stream.next()) is not None:
            if message.event == "progress" and '"fraction":0.123' in (message.data or ""):
                break
    assert message == Message(event="progress", data='{"stage":"COVER","page":0,"fraction":0.123}')


@pytest.mark.slow
async def test_progress_is_told_a_few_times_a_second_at_most(held: Site) -> None:
    """A hundred steps in a blink are one or two messages, and the last of them is true."""
    run_id = await held.order()
    async with following(held.port, path_of(run_id)) as stream:
        await until(stream, status="RUNNING")
        held.engines.writer.let(0)
        await held.engines.illustrator.called(1)
        for step in range(1, 101):
            held.application.live.report(run_id, picture_of(0), step / 100)
        told = 0
        while (message := await stream.next()) is not None:
            if message.event == "progress" and '"COVER"' in (message.data or ""):
                told += 1
                if '"fraction":1.0' in (message.data or ""):
                    break
    assert told <= 4


@pytest.mark.slow
async def test_a_stream_too_many_is_told_to_come_back_later(tmp_path: Path) -> None:
    """EventSource gives up after an error status, so it is a 200 that ends."""
    async with serving(tmp_path, limits=Limits(streams=1), held=True) as site:
        run_id = await site.order()
        async with (
            following(site.port, path_of(run_id)) as first,
            following(site.port, path_of(run_id)) as second,
        ):
            assert await first.change() is not None
            assert second.status == 200
            assert await second.rest() == [Message(retry="15000")]


@pytest.mark.slow
async def test_a_feed_lives_as_long_as_somebody_follows(held: Site) -> None:
    """All followers of a run share one feed, and nothing of it stays after the last."""
    run_id = await held.order()
    feeds = held.app.progress.feeds
    async with following(held.port, path_of(run_id)) as first:
        await first.change()
        async with following(held.port, path_of(run_id)) as second:
            await second.change()
            assert [len(feed.streams) for feed in feeds.values()] == [2]
    await eventually(lambda: not feeds and not held.app.streams.open)


@pytest.mark.slow
async def test_what_is_appended_while_a_feed_loads_is_not_lost(held: Site) -> None:
    """An event between registering with the tail and reading the run comes once, not never and
    not twice."""
    run_id = await held.order()
    log = held.application.log
    read_run = log.read_run

    async def read_slowly(*_: object) -> list[Recorded]:
        log.read_run = read_run  # type: ignore[method-assign]  # only the feed's reading is slow
        events = await read_run(run_id)
        await held.application.cancel_run(run_id)
        return events

    log.read_run = read_slowly  # type: ignore[method-assign, assignment]
    async with following(held.port, path_of(run_id), last_event_id="0") as stream:
        changes = await stream.changes()
    assert changes == await replay(held, run_id)
    assert "CANCELLED" in (changes[-1].data or "")


class Past:
    """What a feed loads from: a log that holds these events, and projections that have applied
    them."""

    def __init__(self, events: list[Recorded]) -> None:
        self._events = events

    async def read_run(self, _: RunId) -> list[Recorded]:
        return self._events

    async def applied(self, _: Position) -> None:
        pass


async def load(feed: Feed, events: list[Recorded]) -> None:
    past: Any = Past(events)
    await feed.load(past, past)


@pytest.mark.parametrize("loaded", [3, 99])
async def test_an_event_that_cannot_be_read_breaks_the_feed_off(site: Site, loaded: int) -> None:
    """What comes before it is told, nothing after it; the run is known to be parked there."""
    run_id = await site.finished_book()
    events = await site.application.log.read_run(run_id)
    events[4] = msgspec.structs.replace(events[4], type="FromTheFuture")
    parked = ParkedRuns()
    feed = Feed(run_id, parked)
    await load(feed, events[:loaded])
    for recorded in events[loaded:]:
        feed.take(recorded)
    assert feed.is_broken_off
    assert feed.positions[-1] < events[4].position
    assert [(it.run_id, it.position) for it in parked] == [(run_id, events[4].position)]


async def test_who_parks_a_run_breaks_its_feed_off(site: Site) -> None:
    """Also where the feed could read on: a stream tells no more than the state."""
    run_id = await site.finished_book()
    events = await site.application.log.read_run(run_id)
    parked = ParkedRuns()
    parked.park(ParkedRun(run_id, events[4].position, events[4].type, "the projections cannot"))
    feed = Feed(run_id, parked)
    await load(feed, events)
    assert feed.is_broken_off
    assert feed.positions[-1] < events[4].position


@pytest.mark.slow
async def test_a_fault_in_one_feed_breaks_off_that_one(
    held: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its clients are to come back; who follows another run is told on."""
    broken, other = await held.order(), await held.order()
    async with (
        following(held.port, path_of(broken)) as first,
        following(held.port, path_of(other)) as second,
    ):
        assert await first.change() is not None
        assert await second.change() is not None

        def fail(_: Recorded) -> None:
            raise RuntimeError("it cannot take this")

        monkeypatch.setattr(held.app.progress.feeds[broken], "take", fail)
        await held.application.cancel_run(broken)
        await held.application.cancel_run(other)
        assert (await first.rest())[-1] == Message(retry="15000")
        assert "CANCELLED" in ((await second.changes())[-1].data or "")
    assert "its streams are broken off" in caplog.text
