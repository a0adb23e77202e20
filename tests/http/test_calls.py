"""The small calls: health, engines, the API's own description, and who may call from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar.routes import HTTPRoute

from storybook import __version__
from storybook.book import RunId
from storybook.http.calls import CALLS
from storybook.http.calls.call import Call
from storybook.http.openapi import openapi_document
from storybook.settings import Limits, ServerSettings
from tests.http.serving import WORDS, Site, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
async def test_the_server_says_that_it_is_there(site: Site, accept: str) -> None:
    """The health answer is the same for everybody."""
    answer = await site.client.get("/", headers={"Accept": accept})
    assert answer.json() == {"status": "ok", "version": __version__}
    assert (await site.client.head("/")).status_code == 200


async def test_the_engines_are_named(site: Site) -> None:
    """Each role has its engine, ready or with the reason and the mend."""
    engines = (await site.client.get("/api/engines")).json()
    assert list(engines) == ["writer", "illustrator", "narrator", "transcriber"]
    assert engines["writer"]["engine"] == "scripted-writer"
    assert engines["writer"]["ready"] is True
    assert engines["transcriber"]["ready"] is False
    assert engines["transcriber"]["why"] and engines["transcriber"]["mend"]


async def test_the_document_names_every_call_and_no_other(site: Site) -> None:
    """The table that the document is made from is the routes' own."""
    written = {(call.method, call.path) for call in CALLS}
    served = {
        (method, re.sub(r"{(\w+):\w+}", r"{\1}", route.path))
        for route in site.app.litestar.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"HEAD", "OPTIONS"}
    }
    assert written == served


async def test_the_document_is_served(site: Site) -> None:
    """As JSON, whole, with every reference leading somewhere."""
    answer = await site.client.get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"].keys() == openapi_document()["paths"].keys()
    references = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', answer.text))
    assert references and references <= document["components"]["schemas"].keys()


async def test_the_page_needs_nothing_from_elsewhere(site: Site) -> None:
    """It names every call, and loads no script, style, font or picture."""
    answer = await site.client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"https?:|//\w|<script|<link|<img|@import|url\(", answer.text)
    for call in CALLS:
        assert f"<code>{call.path}</code>" in answer.text


@pytest.mark.slow
async def test_pages_from_elsewhere_may_call_where_the_settings_say_so(tmp_path: Path) -> None:
    """They may send and read the headers that streams, keys and ranges need."""
    origin = "https://books.example"
    async with serving(tmp_path, server=ServerSettings(cors_origins=(origin,))) as site:
        preflight = await site.client.options(
            "/api/runs",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,idempotency-key,last-event-id",
            },
        )
        run_id = await site.finished_book()
        stream = await site.client.get(f"/api/runs/{run_id}/events", headers={"Origin": origin})
        error = await site.client.get("/api/runs/none", headers={"Origin": origin})
        stranger = await site.client.get("/", headers={"Origin": "https://evil.example"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == origin
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert "idempotency-key" in allowed and "last-event-id" in allowed
    for answer in (stream, error):
        assert answer.headers["access-control-allow-origin"] == origin
        assert "Storybook-Resumed-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in stranger.headers


async def test_nobody_from_elsewhere_may_call_otherwise(site: Site) -> None:
    """Without a setting there are no CORS headers at all."""
    answer = await site.client.post(
        "/api/runs", json=WORDS, headers={"Origin": "https://a.example"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_every_path_tells_the_methods_that_it_takes(site: Site) -> None:
    """HEAD wherever GET is; OPTIONS and a refusal's Allow name all methods of the path."""
    methods: dict[str, set[str]] = {}
    for call in CALLS:
        taken = {"GET", "HEAD"} if call.method == "GET" else {call.method}
        methods.setdefault(call.path, {"OPTIONS"}).update(taken)
    for path, taken in methods.items():
        url = re.sub(r"{\w+}", "0", path)
        for asked, status in (("OPTIONS", 204), ("PATCH", 405)):
            answer = await site.client.request(asked, url)
            assert answer.status_code == status, (asked, path)
            assert set(answer.headers["allow"].split(", ")) == taken, (asked, path)


VARY: Final = {"date", "x-request-id", "transfer-encoding"}
"""Headers that are another's at the next request, or tell how a body is sent."""
LOOKING: Final = [it for it in CALLS if it.method == "GET"]


@pytest.fixture(scope="module")
async def made(site: Site) -> RunId:
    """A book."""
    return await site.finished_book()


@pytest.mark.parametrize("call", LOOKING, ids=lambda it: it.operation_id)
async def test_head_is_wherever_get_is(site: Site, made: RunId, call: Call) -> None:
    """With the status and the headers of GET, and no body; of files, of streams, of errors."""
    kind = "images" if "images" in call.path else "audio"
    names = {"images": "cover.png", "audio": "page_0.wav"}
    for run_id in (made, RunId("0" * 32)):
        path = call.path.replace("{run_id}", run_id).replace("{filename}", names[kind])
        head = await site.client.head(path)
        async with site.client.stream("GET", path) as got:
            assert head.status_code == got.status_code
            differ = {name for name, _ in kept(head).items() ^ kept(got).items()}
            assert differ <= ({"content-length"} if call.path == "/metrics" else set())
        assert head.content == b""


def kept(answer: httpx.Response) -> dict[str, str]:
    """The headers that two answers share."""
    return {name: it for name, it in answer.headers.items() if name not in VARY}


@pytest.mark.slow
@pytest.mark.parametrize("of_run", [True, False], ids=["run", "log"])
async def test_a_head_of_a_stream_takes_no_place(tmp_path: Path, of_run: bool) -> None:
    """Where there is room for one stream, many heads leave it, and are answered when it is taken
    as a GET is then."""
    async with serving(tmp_path, limits=Limits(streams=1, streams_per_client=1)) as site:
        run_id = await site.finished_book()
        path = f"/api/runs/{run_id}/events" if of_run else "/api/events"
        for _ in range(3):
            head = await site.client.head(path)
            assert head.status_code == 200 and "storybook-resumed-after" in head.headers
        async with site.client.stream("GET", "/api/events") as only:
            assert "storybook-resumed-after" in only.headers
            head, got = await site.client.head(path), await site.client.get(path)
        assert head.status_code == got.status_code == 200
        assert kept(head) == kept(got) and "storybook-resumed-after" not in got.headers


@pytest.mark.slow
async def test_a_bad_cursor_in_the_address_is_told_beside_a_good_one(site: Site) -> None:
    """The header wins, but what stands in the address is looked at too."""
    run_id = await site.finished_book()
    answer = await site.client.get(
        f"/api/runs/{run_id}/events?last_event_id=x", headers={"Last-Event-ID": "1"}
    )
    assert answer.status_code == 400
