"""How often one client may ask, and how it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.types import Scope

from storybook.access import Caller, TokenScope
from storybook.book import RunId
from storybook.http.client_limits import policy_of
from storybook.http.requests import client_key
from storybook.settings import Limits
from tests.http.serving import WORDS, serving
from tests.http.sse import following
from tests.http.test_authorization import Guarded

pytestmark = pytest.mark.anyio

RUN = "0" * 32


def asked(method: str, path: str, host: str = "10.0.0.1", caller: Caller | None = None) -> Scope:
    scope: Any = {"method": method, "path": path, "client": (host, 1), "user": caller}
    return scope  # type: ignore[no-any-return]  # what limits look at, and no more


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("POST", "/api/runs", "runs"),
        ("POST", f"/api/runs/{RUN}/retry", "runs"),
        ("POST", f"/api/runs/{RUN}/repair", "runs"),
        ("POST", f"/api/runs/{RUN}/editions", "runs"),
        ("POST", f"/api/runs/{RUN}/editions/1/restore", "runs"),
        ("POST", f"/api/runs/{RUN}/cancel", None),
        ("POST", "/api/stt/field", "speech"),
        ("POST", "/api/session", None),
        ("GET", "/api/runs", "reads"),
        ("HEAD", f"/api/runs/{RUN}/images/cover.png", "reads"),
        ("GET", f"/api/runs/{RUN}/events", "reads"),
        ("GET", "/metrics", None),
        ("GET", "/healthz", None),
        ("DELETE", "/api/session", None),
    ],
)
async def test_what_a_request_is_counted_as(method: str, path: str, policy: str | None) -> None:
    """What makes work, what is heard, and what only looks; not what looks after the server."""
    assert policy_of(asked(method, path)) == policy


async def test_a_client_is_a_token_or_a_household() -> None:
    """Addresses of IPv6 that one household may give itself are one; no name is an address."""
    caller = Caller("10.0.0.1", TokenScope.READ)
    assert client_key(asked("GET", "/", caller=caller)) != client_key(asked("GET", "/"))
    by_link = Caller("10.0.0.1", TokenScope.READ, RunId(RUN))
    assert client_key(asked("GET", "/", caller=by_link)) == client_key(asked("GET", "/"))
    homes = [client_key(asked("GET", "/", host)) for host in ("2001:db8::1", "2001:db8::2:3")]
    assert homes[0] == homes[1] != client_key(asked("GET", "/", "2001:db8:0:1::1"))


async def test_each_post_says_what_is_left(tmp_path: Path) -> None:
    """As the IETF's draft has it: a policy by name, what is left of it, and when there is more.
    Cancelled, refused and repeated requests say it, too, and a repetition takes nothing."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=3)) as site:
        headers = {"Idempotency-Key": "k"}
        for left in ('"runs";r=2;t=20', '"runs";r=2;t=20'):
            answer = await site.client.post("/api/runs", json=WORDS, headers=headers)
            assert answer.headers["ratelimit-policy"] == '"runs";q=3;w=60'
            assert answer.headers["ratelimit"] == left
        answer = await site.client.post("/api/runs", json={})
        assert (answer.status_code, answer.headers["ratelimit"]) == (422, '"runs";r=2;t=20')
        for _ in range(2):
            await site.order()
        refused = await site.client.post("/api/runs", json=WORDS)
        assert refused.status_code == 429
        assert refused.headers["ratelimit"] == f'"runs";r=0;t={refused.headers["retry-after"]}'
        assert "3 runs a minute" in refused.json()["detail"]
        read = await site.client.get("/api/runs")
        assert read.status_code == 200 and "ratelimit" not in read.headers


async def test_whatever_can_be_asked_for_again_and_again_is_counted(tmp_path: Path) -> None:
    """Also where nothing is made: each is written into a log that never forgets."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=4)) as site:
        run_id = await site.finished_book()
        changes = {"base_edition": 1, "pages": [{"page": 1, "revoice": True}]}
        await site.client.post(f"/api/runs/{run_id}/editions", json=changes)
        await site.ended(run_id)
        hero = {"run_id": run_id, "character": "토끼"}
        found = [
            await site.client.post(f"/api/runs/{run_id}/editions/1/restore"),
            await site.client.put("/api/cast/hero", json=hero),
            await site.client.post(f"/api/runs/{run_id}/editions/2/restore"),
            await site.client.put("/api/cast/hero", json=hero),
        ]
        assert [it.status_code for it in found] == [202, 200, 429, 429]
        assert found[2].headers["ratelimit"].startswith('"runs";r=0;')


@pytest.mark.slow
async def test_speech_has_a_limit_of_its_own(tmp_path: Path) -> None:
    """Taken before the body, which is what is dear."""
    async with serving(tmp_path, limits=Limits(speech_per_minute=1)) as site:
        answers = [await site.client.post("/api/stt/field", content=b"") for _ in range(2)]
        assert answers[0].status_code != 429
        assert answers[0].headers["ratelimit-policy"] == '"speech";q=1;w=60'
        assert answers[1].status_code == 429
        await site.order()


@pytest.mark.slow
async def test_who_only_looks_is_limited_too(tmp_path: Path) -> None:
    """But whoever looks after the server; and EventSource, which would give up after a 429, is told
    when to come back."""
    async with serving(tmp_path, limits=Limits(reads_per_minute=2)) as site:
        for _ in range(2):
            assert (await site.client.get("/api/runs")).status_code == 200
        answer = await site.client.get("/api/runs")
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
        assert answer.headers["ratelimit"].startswith('"reads";r=0;t=')
        assert (await site.client.get("/healthz")).status_code == 200
        assert (await site.client.get("/metrics")).status_code == 200
        stream = await site.client.get("/api/events")
        assert (stream.status_code, stream.text) == (200, "retry: 15000\n\n")


@pytest.mark.slow
async def test_tokens_are_counted_each_for_itself(tmp_path: Path) -> None:
    """Whatever address they come from."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=1)) as site:
        guarded = Guarded(site, tmp_path)
        await guarded.book()
        again = await guarded.ask(TokenScope.CREATE, "POST", "/api/runs", json=WORDS)
        other = await guarded.ask(TokenScope.ADMIN, "POST", "/api/runs", json=WORDS)
        assert (again.status_code, other.status_code) == (429, 201)


async def test_one_client_has_not_all_streams(tmp_path: Path) -> None:
    """The next one of its own is told to come back; one that ends makes room."""
    async with serving(tmp_path, limits=Limits(streams_per_client=1)) as site:
        async with following(site.port, "/api/events"), httpx.AsyncClient() as client:
            assert (await client.get(f"{site.url}/api/events")).text == "retry: 15000\n\n"
        while site.app.streams.open:
            await site.client.get("/")
        async with following(site.port, "/api/events") as again:
            assert (await again.next()) is not None
            assert "storybook-resumed-after" in again.headers
