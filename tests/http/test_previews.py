"""What a picture looks like while it is painted, as clients see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from storybook.book import RunId, picture_of
from tests.engines import tiny_png
from tests.http.serving import Site, eventually, serving
from tests.http.sse import EventStream, following

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

JPEG = b"\xff\xd8\xff\xe0 and so on"


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose engines wait to be let on."""
    async with serving(tmp_path, held=True) as site:
        yield site


async def painting(site: Site) -> RunId:
    """A run whose cover is being painted."""
    run_id = await site.order()
    site.engines.writer.let(0)
    with anyio.fail_after(30):
        await site.engines.illustrator.called(1)
    return run_id


async def told(stream: EventStream, fraction: float) -> dict[str, object]:
    """What the stream says of the cover when it is so far."""
    while (message := await stream.next()) is not None:
        if message.event == "progress" and f'"fraction":{fraction}' in (message.data or ""):
            found: dict[str, object] = json.loads(message.data or "")
            return found
    raise AssertionError(f"the stream ended without {fraction}")


async def test_the_stream_says_where_the_latest_preview_is(held: Site) -> None:
    """A stage without one has no such field; each preview has another address, where it is served
    as what it is, and nothing keeps it."""
    run_id = await painting(held)
    seen = []
    async with following(held.port, f"/api/runs/{run_id}/events") as stream:
        report = held.application.live.report
        report(run_id, picture_of(0), 0.1)
        assert await told(stream, 0.1) == {"stage": "COVER", "page": 0, "fraction": 0.1}
        for fraction, picture in ((0.2, JPEG), (0.3, tiny_png())):
            report(run_id, picture_of(0), fraction, picture)
            url = str((await told(stream, fraction))["preview_url"])
            assert url.startswith(f"/api/runs/{run_id}/previews/0?v=")
            answer = await held.client.get(url)
            assert (answer.status_code, answer.content) == (200, picture)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            seen.append((url, answer.headers["content-type"]))
            head = await held.client.head(url)
            assert (head.status_code, head.content) == (200, b"")
    assert [media_type for _, media_type in seen] == ["image/jpeg", "image/png"]
    assert seen[0][0] != seen[1][0]


async def test_a_new_preview_is_told_also_where_the_fraction_stands(held: Site) -> None:
    """It is the picture that has changed."""
    run_id = await painting(held)
    async with following(held.port, f"/api/runs/{run_id}/events") as stream:
        urls = set()
        for picture in (JPEG, tiny_png()):
            held.application.live.report(run_id, picture_of(0), 0.5, picture)
            urls.add((await told(stream, 0.5))["preview_url"])
    assert len(urls) == 2


async def test_there_is_none_before_the_first_and_after_the_last(held: Site) -> None:
    """A painted page has a picture instead; nothing is left of its previews, in memory or on
    disk."""
    run_id = await painting(held)
    path = f"/api/runs/{run_id}/previews/0"
    assert (await held.client.get(path)).status_code == 404
    held.application.live.report(run_id, picture_of(0), 0.5, JPEG)
    await eventually(lambda: held.application.live.preview(run_id, picture_of(0)) is not None)
    assert (await held.client.get(path)).content == JPEG
    held.engines.illustrator.let(0)
    await eventually(lambda: held.application.live.preview(run_id, picture_of(0)) is None)
    answer = await held.client.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize("page", ["1", "5", "-1", "00", "cover.png", "٠", "%2e%2e"])
async def test_there_is_none_of_other_pages(site: Site, page: str) -> None:
    """Whatever is asked for, it is 404 with a sentence."""
    answer = await site.client.get(f"/api/runs/{'0' * 32}/previews/{page}")
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)
