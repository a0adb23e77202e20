"""The client against a server that is there, and against one whose answers are lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
import httpx
import pytest

from storybook.book import RunId
from storybook.client import (
    NoStorybook,
    RunTold,
    RunUpdate,
    ServerAway,
    ServerRefuses,
    StorybookClient,
    StreamReset,
)
from storybook.http.progress import RunTakes
from storybook.run import Status
from tests.http.serving import WORDS, Site

pytestmark = pytest.mark.anyio

NOBODY: Final = RunId("0" * 32)


@pytest.fixture
async def client(site: Site) -> AsyncIterator[StorybookClient]:
    async with StorybookClient(site.url) as client:
        yield client


async def updates(client: StorybookClient, run_id: RunId, after: int | None) -> list[RunUpdate]:
    return [it async for it in client.follow(run_id, after) if isinstance(it, RunUpdate)]


async def test_a_book_is_asked_for_followed_and_read(client: StorybookClient, site: Site) -> None:
    """Its changes, its state, its place in the library, its events, and its files."""
    run_id = await client.create(WORDS)
    told = await updates(client, run_id, 0)
    assert told[-1].progress.status is Status.DONE
    assert [it.id for it in told] == sorted({it.id for it in told})
    state = await client.state(run_id)
    assert state.ready_max_page == 4 and state.eta_seconds is None
    earlier = await client.state(run_id, at=told[0].id)
    assert earlier.ready_max_page == -1
    assert (await client.file(state.pages[0].image_url))[:4] == b"\x89PNG"
    page = await client.library(q="우정", status=Status.DONE, limit=1)
    assert [it.run_id for it in page.runs] == [run_id]
    assert (await client.log(run_id, limit=1)).next is not None
    assert (await client.engines()).writer.ready


async def test_a_book_is_changed_and_steered(client: StorybookClient) -> None:
    """An edition, the way back, the cast; cancel, pin, link and the end of it."""
    run_id = await client.create(WORDS)
    await updates(client, run_id, 0)
    asked = {"base_edition": 1, "pages": [{"page": 0, "title": "새 제목"}]}
    assert await client.edit(run_id, asked, key="k") == 2
    await updates(client, run_id, 0)
    assert await client.edit(run_id, asked, key="k") == 2
    assert (await client.compare(run_id, 1, 2)).after == 2
    assert await client.restore(run_id, 1, "as it was") == 3
    assert [it.edition for it in (await client.editions(run_id)).editions] == [1, 2, 3]
    name = (await client.cast(run_id)).cast[0].name
    saved = await client.save_character("우리 토끼 1%", run_id, name)
    assert saved.name in [it.name for it in (await client.saved_characters()).characters]
    await client.release_character(saved.name)
    with pytest.raises(ServerRefuses, match="picture"):
        await client.give_picture(run_id, name, b"no picture")
    await client.pin(run_id)
    await client.unpin(run_id)
    assert not (await client.repair(run_id)).files
    with pytest.raises(ServerRefuses, match="no tokens"):
        await client.link(run_id, 60)
    with pytest.raises(ServerRefuses) as refused:
        await client.cancel(run_id)
    assert refused.value.status == 409
    await client.forget(run_id)
    with pytest.raises(ServerRefuses) as gone:
        await client.state(run_id)
    assert gone.value.status == 410


async def test_speech_is_sent_as_a_form(client: StorybookClient) -> None:
    """With the recording in it, and the language if it is said. Here nobody hears."""
    heard = {"stt_text": "우정이요", "parsed_value": "우정", "confidence": 0.9}
    asked = list[bytes]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.read())
        return httpx.Response(200, json=heard)

    mocked, _ = answering(answer, answer)
    async with mocked:
        found = await mocked.hear(b"RIFF", "topic", "ko-KR")
        await mocked.hear(b"RIFF", "topic")
    assert (found.parsed_value, found.confidence) == ("우정", 0.9)
    assert [b"ko-KR" in it for it in asked] == [True, False]
    assert all(b"RIFF" in it and b"topic" in it for it in asked)
    with pytest.raises(ServerRefuses, match="nobody hears"):
        await client.hear(b"RIFF", "topic", "ko-KR")


async def test_what_is_refused_says_why(client: StorybookClient) -> None:
    """As a text, with each fault beside it; a run that is not there ends a stream, too."""
    with pytest.raises(ServerRefuses, match="era_ko") as refused:
        await client.create({**WORDS, "era_ko": ""})
    assert (refused.value.status, [it.loc for it in refused.value.faults]) == (
        *(422, [("body", "era_ko")]),
    )
    with pytest.raises(ServerRefuses) as unknown:
        await updates(client, NOBODY, None)
    assert unknown.value.status == 404


async def test_a_stream_that_is_at_its_end_ends(client: StorybookClient, site: Site) -> None:
    """204; and a cursor from a log that is gone begins anew with the present state."""
    run_id = await site.finished_book()
    last = (await updates(client, run_id, 0))[-1]
    assert await updates(client, run_id, last.id) == []
    assert await updates(client, run_id, None) == [last]
    told = [it async for it in client.follow(run_id, last.id + 1_000_000)]
    assert isinstance(told[0], StreamReset) and told[1:] == [last]


async def test_how_long_it_takes_is_told_between_the_changes(
    client: StorybookClient, site: Site
) -> None:
    """To who follows, beside how far the stages are."""
    await site.finished_book()
    site.engines.illustrator.held = True
    try:
        run_id = await client.create(WORDS)
        async for it in client.follow(run_id):
            if isinstance(it, RunTold) and isinstance(it.live, RunTakes):
                assert it.live.eta_seconds is not None
                break
    finally:
        site.engines.illustrator.held = False
        await client.cancel(run_id)


# ----------------------------------------------------------------------------- lost and refused

Answer = Callable[[httpx.Request], httpx.Response]


def answering(*answers: Answer | Exception | httpx.Response) -> tuple[StorybookClient, list[str]]:
    """A client whose requests get these answers, one after the other; and their keys."""
    left, keys = list(answers), list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("idempotency-key", ""))
        next_one = left.pop(0)
        if isinstance(next_one, Exception):
            raise next_one
        return next_one if isinstance(next_one, httpx.Response) else next_one(request)

    transport = httpx.MockTransport(answer)
    return StorybookClient("http://books.example", patience=5, transport=transport), keys


CREATED = httpx.Response(201, json={"run_id": NOBODY})
LOST = httpx.ReadError("reset")


async def test_a_book_whose_answer_is_lost_is_asked_for_again_by_its_key() -> None:
    """Also through a gateway that finds nobody, and when there are too many requests."""
    away = httpx.Response(502, text="<html>")
    client, keys = answering(LOST, away, httpx.Response(429, headers={"retry-after": "0"}), CREATED)
    async with client:
        assert await client.create(WORDS) == NOBODY
    assert len(keys) == 4 and len(set(keys)) == 1 and keys[0]


async def test_what_may_not_be_repeated_is_not() -> None:
    """A command whose answer is lost may have been carried out."""
    client, keys = answering(LOST)
    async with client:
        with pytest.raises(ServerAway, match="reset"):
            await client.cancel(NOBODY)
    assert len(keys) == 1


async def test_a_server_that_does_not_come_back_is_told() -> None:
    """When the patience is over."""
    transport = httpx.MockTransport(lambda request: httpx.Response(503, text="no"))
    async with StorybookClient("http://books.example", patience=0, transport=transport) as client:
        with pytest.raises(ServerRefuses, match="503"):
            await client.state(NOBODY)


async def test_the_token_is_shown_to_no_other_server() -> None:
    """An address is of this one, or it is not asked for."""
    asked = list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"png")

    url, transport = "https://books.example/story", httpx.MockTransport(answer)
    async with StorybookClient(url, "sb_x", transport=transport) as client:
        with pytest.raises(ValueError, match=r"books\.example"):
            await client.file("https://elsewhere.example/api/x.png")
        await client.file("/story/api/runs/1/images/cover.png?edition=2")
        await client.file("/api/runs/1/images/cover.png")
    assert [str(it.url) for it in asked] == [
        "https://books.example/story/api/runs/1/images/cover.png?edition=2",
        "https://books.example/story/api/runs/1/images/cover.png",
    ]
    assert asked[0].headers["authorization"] == "Bearer sb_x"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            httpx.Response(308, headers={"Location": "https://b/"}),
            "sends those who ask to https://b/",
        ),
        (httpx.Response(200, html="<h1>Sign in to this hotel</h1>"), "is no storybook server"),
    ],
    ids=["moved", "somebody else"],
)
async def test_who_is_no_storybook_server_is_told_at_once(
    answer: httpx.Response, told: str
) -> None:
    """Another try would be answered likewise, and the token is not taken elsewhere."""
    asked: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer

    transport = httpx.MockTransport(answered)
    async with StorybookClient("http://books.example", "sb_x", transport=transport) as client:
        with pytest.raises(NoStorybook, match=told):
            await client.state(NOBODY)
        if answer.is_redirect:
            with pytest.raises(NoStorybook, match=told):
                await updates(client, NOBODY, 0)
    assert all(it.startswith("http://books.example/") for it in asked)
    assert len(asked) == (2 if answer.is_redirect else 1)


async def test_a_server_without_tls_is_told_at_once(site: Site) -> None:
    """And one whose certificate nobody trusts likewise."""
    away: list[str] = []
    url = site.url.replace("http://", "https://")
    async with StorybookClient(url, on_away=away.append) as client:
        with anyio.fail_after(10), pytest.raises(NoStorybook, match="TLS fails"):
            await client.state(NOBODY)
    assert away == []


async def test_why_another_try_is_needed_is_heard(free_tcp_port: int) -> None:
    """So that a program can say so."""
    away: list[str] = []

    async def no_pause(seconds: float) -> None:
        if len(away) > 2:
            raise EOFError

    url = f"http://127.0.0.1:{free_tcp_port}"
    async with StorybookClient(url, pause=no_pause, on_away=away.append) as client:
        with pytest.raises(EOFError):
            await client.engines()
    assert len(away) == 3 and all(away)
