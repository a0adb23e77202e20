"""What a browser is told about every answer."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from litestar.types import Message, Receive, Scope, Send

from storybook.http.page_safety import page_policy, pages_guarded
from storybook.http.responses import RawResponse
from storybook.settings import ServerSettings
from tests.http.serving import Site, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/", "/docs", "/nowhere", "/api/runs", "/metrics"])
async def test_every_answer_is_what_it_says(site: Site, path: str) -> None:
    """Not guessed at, in nobody's frame, and no other site is told where it was."""
    headers = (await site.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


async def test_a_refusal_at_the_door_says_so_too(site: Site) -> None:
    """Whoever refuses it."""
    headers = (await site.client.get("/", headers={"Host": "evil.example"})).headers
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_docs_may_use_their_own_style_and_nothing_else(site: Site) -> None:
    """By its digest, so that a browser shows it and nothing that was smuggled in."""
    answer = await site.client.get("/docs")
    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


async def test_who_may_show_it_in_a_frame(tmp_path: Path) -> None:
    """Those that the settings name."""
    origin = "https://school.example"
    async with serving(tmp_path, server=ServerSettings(frame_ancestors=(origin,))) as site:
        headers = (await site.client.get("/docs")).headers
    assert headers["content-security-policy"].endswith(f"; frame-ancestors {origin}")
    assert "x-frame-options" not in headers


async def test_a_page_that_says_nothing_may_do_nothing() -> None:
    """Whoever adds a page gets the strict policy unless he gives it one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await RawResponse(b"<p>", media_type=b"text/html; charset=utf-8")(scope, receive, send)

    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    scope: Scope = {"type": "http"}  # type: ignore[assignment]  # all that is looked at
    await pages_guarded(app, ())(scope, None, send)  # type: ignore[arg-type]  # nothing is received
    headers = dict(told[0]["headers"])  # type: ignore[typeddict-item]  # the first is the head
    assert headers[b"content-security-policy"].decode() == (
        page_policy() + "; frame-ancestors 'none'"
    )
