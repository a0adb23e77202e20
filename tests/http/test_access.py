"""The access log."""

from __future__ import annotations

import logging
import re

import pytest

from tests.http.serving import WORDS, Site

pytestmark = pytest.mark.anyio

LINE = re.compile(r"(GET|POST) (\S+) (\d{3}) \d+\.\d ms")


async def test_one_line_for_each_request(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Method, path, status and time, for answers and errors alike."""
    with caplog.at_level(logging.INFO, "storybook.access"):
        await site.client.get("/")
        await site.client.get("/api/runs/none")
    lines = [it.getMessage() for it in caplog.records if it.name == "storybook.access"]
    found = [match.groups() for line in lines if (match := LINE.fullmatch(line))]
    assert found == [("GET", "/", "200"), ("GET", "/api/runs/none", "404")]


async def test_nothing_that_a_person_wrote(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Neither bodies nor queries nor headers are in the server's own log."""
    secret = "비밀스러운이름"
    with caplog.at_level(logging.DEBUG):
        await site.client.post(
            "/api/runs", json=WORDS | {"characters_ko": secret}, headers={"Idempotency-Key": "k9"}
        )
        await site.client.get("/api/runs", params={"before": "whisper"})
    written = [it.getMessage() for it in caplog.records if it.name.startswith("storybook")]
    assert written
    assert not [line for line in written if secret in line or "k9" in line or "whisper" in line]


async def test_a_path_cannot_forge_a_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Line breaks in a path stay encoded."""
    with caplog.at_level(logging.INFO, "storybook.access"):
        await site.client.get("/api/runs/%0AGET%20/forged%20200")
    line = next(it.getMessage() for it in caplog.records if it.name == "storybook.access")
    assert "\n" not in line and "%0A" in line
