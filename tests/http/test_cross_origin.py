"""Pages of other origins, which may not act in the name of whoever looks at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storybook.settings import Limits, ServerSettings
from tests.http.serving import WORDS, Site, serving

pytestmark = pytest.mark.anyio

NOBODY = "0" * 32
POSTS = ["/api/runs", f"/api/runs/{NOBODY}/cancel", f"/api/runs/{NOBODY}/retry", "/api/stt/field"]


@pytest.fixture(scope="module")
async def named(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that is asked by a name of its own."""
    server = ServerSettings(trusted_hosts=("books.example",))
    limits = Limits(runs_per_minute=10_000)
    folder = tmp_path_factory.mktemp("named")
    async with serving(folder, server=server, limits=limits) as running:
        yield running


@pytest.mark.parametrize("path", POSTS)
async def test_a_page_from_elsewhere_changes_nothing(site: Site, path: str) -> None:
    """Whatever it posts, in whatever type, gets 403 and a sentence on what would allow it."""
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        answer = await site.client.post(
            path, content=b"{}", headers={"Origin": "https://evil.example", "Content-Type": kind}
        )
        assert answer.status_code == 403
        assert "cors_origins" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "127.0.0.1:8000", 201),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", 201),
        ("http://books.example", "Books.example:80", 201),
        ("https://books.example", "books.example", 201),
        ("https://books.example:443", "books.example", 201),
        ("http://[::1]:8000", "[::1]:8000", 201),
        ("http://127.0.0.1:3000", "127.0.0.1:8000", 403),
        ("http://localhost:8000", "127.0.0.1:8000", 403),
        ("http://books.example:8000", "books.example", 403),
        ("http://books.example.evil.example", "books.example", 403),
        ("http://evil.example#books.example", "books.example", 403),
        ("null", "127.0.0.1:8000", 403),
        ("", "127.0.0.1:8000", 403),
        ("http://[", "books.example", 403),
        ("http://books.example:x", "books.example", 403),
    ],
)
async def test_whose_page_it_is(named: Site, origin: str | None, host: str, status: int) -> None:
    """A page that this server could have sent names the host that it calls; programs name none."""
    headers = {"Host": host} if origin is None else {"Host": host, "Origin": origin}
    answer = await named.client.post("/api/runs", json=WORDS, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("fetch_site", "origin", "status"),
    [
        ("same-origin", "https://books.example", 201),
        ("none", None, 201),
        ("same-site", "http://127.0.0.1:8000", 403),
        ("cross-site", "http://127.0.0.1:8000", 403),
        ("cross-site", None, 403),
    ],
)
async def test_a_browser_tells_whose_page_it_is(
    site: Site, fetch_site: str, origin: str | None, status: int
) -> None:
    """What it says itself counts, whatever a proxy made of `Host`; only then do names."""
    headers = {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": fetch_site}
    if origin is not None:
        headers["Origin"] = origin
    answer = await site.client.post("/api/runs", json=WORDS, headers=headers)
    assert answer.status_code == status


@pytest.mark.slow
async def test_who_is_named_in_the_settings_may(tmp_path: Path) -> None:
    """A page of an origin in `cors_origins` posts, one of another does not."""
    server = ServerSettings(cors_origins=("https://books.example", "https://*.school.example"))
    async with serving(tmp_path, server=server) as site:
        for origin, status in (
            ("https://books.example", 201),
            ("https://one.school.example", 201),
            ("https://evil.example", 403),
        ):
            answer = await site.client.post("/api/runs", json=WORDS, headers={"Origin": origin})
            assert (origin, answer.status_code) == (origin, status)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"Origin": "https://evil.example"}, "Origin"),
        ({"Access-Control-Request-Method": "TRACE"}, "method"),
        ({"Access-Control-Request-Headers": "x-anything"}, "headers"),
    ],
)
async def test_a_preflight_that_is_refused_is_told_as_every_error(
    tmp_path: Path, asked: dict[str, str], fault: str
) -> None:
    """400 and JSON; one that is allowed has no body."""
    usual = {"Origin": "https://books.example", "Access-Control-Request-Method": "POST"}
    server = ServerSettings(cors_origins=("https://books.example",))
    async with serving(tmp_path, server=server) as site:
        taken = await site.client.options("/api/runs", headers=usual)
        refused = await site.client.options("/api/runs", headers=usual | asked)
    assert (taken.status_code, taken.content) == (204, b"")
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")
    assert fault in refused.json()["detail"] and "cors_origins" in refused.json()["detail"]
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.slow
async def test_looking_is_not_refused(site: Site) -> None:
    """What only reads is kept from other pages by the browser: they get no leave to see it."""
    answer = await site.client.get("/api/runs", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
