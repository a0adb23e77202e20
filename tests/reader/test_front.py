"""What the server gives a browser that goes to its address, and everybody else."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from tests.reader.conftest import Opener
from tests.whole.server import Server

pytestmark = pytest.mark.slow
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_gets_the_page_and_others_are_told_that_the_server_is_there(
    server: Server,
) -> None:
    """As clients of before ask it, with any Accept that names no HTML."""
    page = httpx.get(server.url, headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert "'unsafe" not in page.headers["content-security-policy"]
    for accept in ("*/*", "application/json", ""):
        answer = httpx.get(server.url, headers={"Accept": accept})
        assert answer.json()["status"] == "ok"


def test_the_files_are_kept_for_ever_under_the_digest_of_all(server: Server) -> None:
    """A new version is a new address; what an old page asks for is answered, and not kept."""
    page = httpx.get(server.url, headers=HTML).text
    script = re.search(r'src="([^"]+/main\.js)"', page)
    assert script is not None
    answer = httpx.get(f"{server.url}{script[1]}")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    older = httpx.get(f"{server.url}/reader/0000000000000000/main.js")
    assert (older.content, older.headers["cache-control"]) == (answer.content, "no-store")
    for missing in ("../http/app.py", "vendor/SHA256SUMS", "nothing.js", "vendor/lit-html/LICENSE"):
        assert httpx.get(f"{server.url}/reader/x/{missing}").status_code == 404


def test_all_that_a_browser_loads_is_small(server: Server) -> None:
    """Script and style of all screens of a family together, as sent: not those of who looks behind
    a book, or after the server."""
    from storybook.http.reader import reader_files

    sent = sum(
        len(it.compressed or it.content)
        for path, it in reader_files().by_path.items()
        if path.endswith((".js", ".css")) and not re.search(r"\b(behind|operate)[/.]\S*(js|css)", path)
    )
    assert sent < 150_000
    assert gzip.decompress(reader_files().by_path["main.js"].compressed)


def test_an_address_that_means_nothing_leads_back_to_the_shelf(
    server: Server, opened: Opener
) -> None:
    """The page says so in its own words."""
    page = opened(f"{server.url}/books/{'0' * 31}x")
    assert page.get_by_role("heading").inner_text() == "여기에는 아무것도 없어요"
    assert page.get_by_role("link").get_attribute("href") == "/"
