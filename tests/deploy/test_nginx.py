"""Each file of `deploy/nginx`, run: a real nginx before a real server with tokens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.deploy.nginx import FILES, PATIENCE_SECONDS, nginx
from tests.deploy.proxied import KINDS, NAME, NEEDED, PAGE, Kind, Proxied, prepared
from tests.deploy.stream_clients import CLIENTS, Client, sign_in
from tests.export.browser import chromium
from tests.whole.server import WORDS, serving, storybook

pytestmark = NEEDED

BOOK_MS: Final = 90_000
"""Until a book is made, on a machine that does other things besides."""


def test_each_file_is_run() -> None:
    """None stands there that no test has tried."""
    assert {it.name for it in KINDS} == {it.stem for it in FILES.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a book, which every server gets a copy of."""
    data = tmp_path_factory.mktemp("made") / "data"
    words = [part for name, it in WORDS.items() for part in (f"--{name.removesuffix('_ko')}", it)]
    assert storybook(data, "make", *words).returncode == 0
    return data


@pytest.fixture(scope="module", params=KINDS, ids=lambda it: it.name)
def proxied(
    request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    """Each of them in turn."""
    kind: Kind = request.param
    folder = tmp_path_factory.mktemp(kind.name)
    shutil.copytree(made, folder / "data")
    secret = prepared(folder)
    with (
        serving(folder / "data", **kind.settings) as server,
        nginx(kind.name, server.url, folder, PAGE) as before,
    ):
        yield Proxied.at(kind, server, before.port, folder, secret)


@pytest.fixture(scope="module")
def book(proxied: Proxied) -> str:
    """The path of a book that is made."""
    return f"/api/runs/{proxied.ask('GET', '/api/runs').json()['runs'][-1]['run_id']}"


def test_nobody_gets_in_without_a_token(proxied: Proxied) -> None:
    """A proxy is no one that sits at this machine."""
    nobody = str("0" * 32)
    for method, path in (
        *(("GET", "/api/runs"), ("POST", "/api/runs"), ("GET", "/metrics")),
        ("DELETE", f"/api/runs/{nobody}"),
    ):
        answer = httpx.request(method, proxied.inside + path, headers={"Host": NAME}, verify=False)
        assert answer.status_code in (401, 421), (method, path)


def test_addresses_are_those_of_the_outside(proxied: Proxied, book: str) -> None:
    """Each leads through nginx to what it names; a link has the scheme and host that were asked."""
    state = proxied.ask("GET", book).json()
    for page in state["pages"]:
        for url in (page["image_url"], page["audio_url"]):
            assert url.startswith(f"{proxied.kind.prefix}/api/runs/")
            path = url.removeprefix(proxied.kind.prefix)
            assert proxied.ask("GET", path).status_code == 200
            part = proxied.ask("GET", path, headers={"Range": "bytes=0-9"})
            assert (part.status_code, len(part.content)) == (206, 10)
    assert proxied.ask("GET", "/docs").status_code == 200
    if proxied.kind.settings:  # else the proxy says nothing of it
        link = proxied.ask("POST", f"{book}/links").json()["url"]
        page = book.replace("/api/runs/", "/books/")
        assert link.startswith(f"{proxied.url}{page}?sig=")
        inside = link.replace(f"{proxied.url}{page}", f"{proxied.inside}{book}")
        host = {"Host": proxied.headers["Host"]}
        assert httpx.get(inside, headers=host, verify=False).json() == state
        log = (proxied.authority.parent / "storybook.log").read_text("utf-8")
        assert f'"GET {proxied.kind.prefix}{book}" 200' in log and "sig=" not in log


def test_json_is_compressed_where_the_file_says_so(proxied: Proxied, book: str) -> None:
    """And nowhere else; a stream never is."""
    is_meant = "gzip on" in (FILES / f"{proxied.kind.name}.conf").read_text("utf-8")
    answer = proxied.ask("GET", book, headers={"Accept-Encoding": "gzip"})
    assert (answer.headers.get("content-encoding") == "gzip") is is_meant
    stream = proxied.ask("GET", f"{book}/events", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in stream.headers


def test_each_message_comes_at_once(proxied: Proxied, book: str) -> None:
    """A stream that never ends, of which nginx keeps nothing back."""
    with (
        httpx.Client(headers=proxied.headers, verify=False, timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", f"{proxied.inside}/api/events") as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines).startswith("retry: ")
        made = proxied.ask("POST", "/api/runs", json=WORDS).json()["run_id"]
        assert any(made in it for it in lines if it.startswith("data: "))
    proxied.ask("POST", f"/api/runs/{made}/cancel")


# ------------------------------------------------------------------------- clients of streams


@pytest.mark.parametrize("client", CLIENTS, ids=lambda it: it.__name__)
def test_every_client_sees_the_whole_stream(proxied: Proxied, book: str, client: Client) -> None:
    """What it gets through nginx is what the server says, from the first message and from the
    midst."""
    told = proxied.changes(book)
    assert len(told) > 5
    assert list(client(proxied.asked(book, client))) == told
    assert list(client(proxied.asked(book, client, told[2][0]))) == told[3:]


# ------------------------------------------------------------------------------- in a browser


def test_a_page_written_for_the_first_api_works(proxied: Proxied) -> None:
    """Unchanged, once its reader has signed in: a form, an EventSource, five pictures, five
    sounds."""
    with chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        sign_in(page, proxied.url, proxied.secret)
        (cookie,) = page.context.cookies()
        assert cookie["path"] == f"{proxied.kind.prefix}/"
        assert cookie["secure"] is (proxied.kind.scheme == "https")
        page.click("button")
        page.wait_for_function("document.title === 'DONE'", timeout=BOOK_MS)
        page.wait_for_function("[...document.images].every(it => it.complete && it.naturalWidth)")
        page.wait_for_function("[...document.querySelectorAll('audio')].every(it => it.duration)")
        assert page.locator("img").count() == page.locator("audio").count() == 5


def test_the_page_of_the_server_itself_is_shown(proxied: Proxied) -> None:
    """Whole, and nothing in it is refused by its own policy."""
    with chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        complaints: list[str] = []
        page.on("console", lambda it: complaints.append(it.text))
        answer = page.goto(f"{proxied.url}/docs")
        assert answer is not None and answer.status == 200
        assert page.locator("code", has_text="/api/runs").count() > 5
        assert complaints == []
