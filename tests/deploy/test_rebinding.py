"""A page whose name was made to point to this machine (DNS rebinding), in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.browser import CHROMIUM, chromium
from tests.whole.server import WORDS, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to be deceived"),
]

ASK = """async ([method, path, body, headers]) => {
  const answer = await fetch(path, {method, body, headers});
  return [answer.status, (await answer.text()).slice(0, 200)];
}"""


@pytest.mark.parametrize("settings", [{}, {"server_trusted_proxies": "127.0.0.1"}], ids=str)
def test_a_name_that_points_here_reads_and_makes_nothing(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """For the browser it is the page's own host; the server is told the name, also where a header
    that the page made up names another, and refuses."""
    with (
        serving(tmp_path / "data", **settings) as server,
        chromium("--host-resolver-rules=MAP evil.example 127.0.0.1") as browser,
    ):
        page = browser.new_page()
        port = server.url.rsplit(":", 1)[1]
        answer = page.goto(f"http://evil.example:{port}/")
        assert answer is not None and answer.status == 421
        body = '{"era_ko":"x","place_ko":"x","characters_ko":"x","topic_ko":"x"}'
        for method, path, sent in (
            ("GET", "/api/runs", None),
            ("POST", "/api/runs", body),
            ("DELETE", f"/api/runs/{'0' * 32}", None),
            ("GET", "/metrics", None),
        ):
            for headers in ({}, {"X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1"}):
                status, text = page.evaluate(ASK, [method, path, sent, headers])
                assert status == 421 and "trusted_hosts" in text, (method, path, headers)
        assert server.library() == []
        assert server.request(**WORDS)
        page.goto(f"http://localhost:{port}/openapi.json")  # the pages themselves may fetch nothing
        assert page.evaluate(ASK, ["GET", "/api/runs", None, {}])[0] == 200
