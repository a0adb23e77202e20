"""The line that each request has in the server's log."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from tests.http.serving import WORDS, Site, eventually

pytestmark = pytest.mark.anyio


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The members of the lines that tell of requests."""
    return [vars(it) for it in caplog.records if it.name == "storybook.requests"]


async def test_one_line_for_each_request(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Method, path, status and time, for answers and errors alike, and the run that it is about."""
    run_id = "0" * 32
    with caplog.at_level(logging.INFO, "storybook.requests"):
        await site.client.get("/")
        await site.client.get(f"/api/runs/{run_id}")
        made = await site.order()
        await eventually(lambda: len(lines(caplog)) == 3)
    told = [(it["method"], it["path"], it["status"], it["run"]) for it in lines(caplog)]
    assert told == [
        ("GET", "/", 200, ""),
        ("GET", f"/api/runs/{run_id}", 404, run_id),
        ("POST", "/api/runs", 201, made),
    ]
    assert all(it["ms"] >= 0 for it in lines(caplog))


async def test_each_request_has_an_id(site: Site) -> None:
    """One of the server's, or that of a proxy before it, if it is one."""
    first, second = [(await site.client.get("/")).headers["x-request-id"] for _ in range(2)]
    assert first != second
    for given, is_taken in (("proxy-0123456789", True), ("a b", False), ("x" * 65, False)):
        answer = await site.client.get("/", headers={"X-Request-Id": given})
        assert (answer.headers["x-request-id"] == given) is is_taken


async def test_an_answer_that_never_reaches_a_handler_has_one_too(site: Site) -> None:
    """Whoever was refused can say of which request he speaks."""
    answer = await site.client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 421 and answer.headers["x-request-id"]


async def test_nothing_that_a_person_wrote(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Neither bodies nor queries nor headers are in the server's own log."""
    secret = "비밀스러운이름"
    with caplog.at_level(logging.DEBUG):
        await site.client.post(
            "/api/runs", json=WORDS | {"characters_ko": secret}, headers={"Idempotency-Key": "k9"}
        )
        await site.client.get("/api/runs", params={"before": "whisper"})
    written = [f"{vars(it)}" for it in caplog.records if it.name.startswith("storybook")]
    assert written
    assert not [line for line in written if secret in line or "'k9'" in line or "whisper" in line]


async def test_a_path_cannot_forge_a_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Line breaks in a path stay encoded."""
    with caplog.at_level(logging.INFO, "storybook.requests"):
        await site.client.get("/api/runs/%0AGET%20/forged%20200")
    assert lines(caplog)[0]["path"] == "/api/runs/%0AGET%20/forged%20200"


async def test_every_answer_is_counted_by_its_route(site: Site) -> None:
    """By the template, never by the path: what anybody asks for makes no series of its own."""
    async with httpx.AsyncClient(base_url=site.url) as client:
        for path in ("/api/runs/aaa", "/api/runs/bbb", "/nowhere/1", "/nowhere/2"):
            await client.get(path)
        await client.request("PROPFIND", "/")
        text = (await client.get("/metrics")).text
    assert '{method="GET",route="/api/runs/{run_id}",status="404"}' in text
    assert 'method="GET",route="none",status="404"' in text
    assert 'method="other"' in text
    assert "aaa" not in text and "nowhere" not in text and "PROPFIND" not in text
