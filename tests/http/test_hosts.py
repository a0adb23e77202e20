"""By which names the server answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storybook.settings import ServerSettings
from storybook.system import is_loopback
from tests.http.serving import WORDS, Site, serving
from tests.http.test_connections import answer_to

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.nip.example", 421),
        ("127.0.0.1@evil.example", 421),
        ("0.0.0.0", 421),
        ("[", 421),
    ],
)
async def test_only_names_of_this_machine_are_answered(site: Site, host: str, status: int) -> None:
    """A page whose name was made to point here reads nothing and makes no book."""
    for method, path in (("GET", "/api/runs"), ("POST", "/api/runs"), ("GET", "/")):
        answer = await site.client.request(
            method, path, json=WORDS, headers={"Host": host, "Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == (201 if method == "POST" and status == 200 else status)
        if status == 421:
            assert "trusted_hosts" in answer.json()["detail"]


@pytest.mark.slow
async def test_trusted_names_are_answered(tmp_path: Path) -> None:
    """A proxy on this machine hands on the name that a browser asked for."""
    server = ServerSettings(trusted_hosts=("Books.example", "[::2]"))
    async with serving(tmp_path, server=server) as site:
        for host, status in (
            ("books.example", 200),
            ("BOOKS.example:443", 200),
            ("[::2]:80", 200),
            ("other.example", 421),
        ):
            answer = await site.client.get("/api/runs", headers={"Host": host})
            assert (host, answer.status_code) == (host, status)


@pytest.mark.parametrize("hosts", ["", "Host: localhost\r\nHost: evil.example\r\n", "Host:\r\n"])
async def test_a_request_names_one_host(site: Site, hosts: str) -> None:
    """Without one, with an empty one, or with two nobody can tell whom it is for."""
    request = f"GET /api/runs HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode()
    head, _, body = (await answer_to(site.port, request)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert "Host" in json.loads(body)["detail"]


@pytest.mark.parametrize("host", ["localhost:99999", "localhost:http", "localhost/x"])
async def test_what_is_no_host_is_refused(site: Site, host: str) -> None:
    """A link would begin with it."""
    answer = await site.client.get("/api/runs", headers={"Host": host})
    assert answer.status_code == 400
    assert "Host" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *((it, True) for it in ("127.0.0.1", "::1", "localhost", "127.9.9.9")),
        *((it, False) for it in ("0.0.0.0", "192.168.1.5", "books.example", "::")),
    ],
)
def test_what_is_loopback(address: str, expected: bool) -> None:
    """What only this machine reaches."""
    assert is_loopback(address) is expected
