"""The example of a page on another origin, in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.reader.conftest import Opener
from tests.whole.server import serving

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[2] / "examples"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The examples, on a port of their own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=EXAMPLES))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_on_another_origin_makes_a_book_and_shows_it(
    tmp_path: Path, elsewhere: str, opened: Opener
) -> None:
    """With the reader's own client, which it loads from the server."""
    with serving(tmp_path / "data", "tests.cli.program", server_cors_origins=elsewhere) as server:
        page = opened(f"{elsewhere}/another_page.html?server={server.url}")
        expect(page.locator("#now")).to_have_text("DONE", timeout=60_000)
        expect(page.locator("li img")).to_have_count(5)
        expect(page.locator("li p")).to_have_count(4)
        (run,) = server.library()
        expect(page.locator("#title")).to_have_text(run["title"])
