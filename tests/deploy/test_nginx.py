"""Each file of `deploy/nginx`, run: a real nginx before a real server with tokens."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.certificates import Authority
from tests.deploy.nginx import FILES, NGINX, PATIENCE_SECONDS, free_port, nginx
from tests.deploy.paced_program import pace_file
from tests.deploy.stream_clients import (
    CLIENTS,
    CURL,
    NODE,
    Asked,
    Client,
    Update,
    blocks,
    sign_in,
)
from tests.deploy.stream_clients import PATIENCE_SECONDS as CLIENT_SECONDS
from tests.export.browser import CHROMIUM, chromium
from tests.whole.server import WORDS, Server, serving, storybook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx here to put before a server"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to look through nginx"),
    pytest.mark.skipif(NODE is None, reason="no Node here to follow a stream through nginx"),
    pytest.mark.skipif(CURL is None, reason="no curl here to follow a stream through nginx"),
]

PAGE: Final = Path(__file__).parents[1] / "http" / "prototype_page.html"
NAME: Final = "books.lan"
TOLD: Final = {"server_trusted_proxies": "127.0.0.1", "server_trusted_hosts": NAME}
PACED: Final = "tests.deploy.paced_program"
BOOK_MS: Final = 90_000
"""Until a book is made, on a machine that does other things besides."""


class Kind(msgspec.Struct, frozen=True):
    """A file, with what it asks the settings to be, and the address that it makes."""

    name: str
    host: str = NAME
    scheme: str = "http"
    prefix: str = ""
    settings: dict[str, str] = {}
    tells_to_come_back: bool = True
    """Whether a stream's client is, while the server is away; it is answered 502 otherwise."""


KINDS: Final = [
    Kind("plain", "localhost", tells_to_come_back=False),
    Kind("gzip", "localhost", tells_to_come_back=False),
    Kind("port", settings=TOLD),
    Kind("prefix", prefix="/story", settings=TOLD | {"server_base_path": "/story"}),
    Kind("tls", scheme="https", settings=TOLD),
]


class Proxied(msgspec.Struct):
    """A server behind nginx: `url` is where a browser finds it, `inside` how programs here do."""

    kind: Kind
    server: Server
    secret: str
    url: str
    inside: str
    authority: Path

    @classmethod
    def at(cls, kind: Kind, server: Server, port: int, folder: Path, secret: str) -> Proxied:
        after = f":{port}{kind.prefix}"
        url, inside = f"{kind.scheme}://{kind.host}{after}", f"{kind.scheme}://127.0.0.1{after}"
        return cls(kind, server, secret, url, inside, folder / "authority.pem")

    @property
    def headers(self) -> dict[str, str]:
        host = self.url.split("/")[2]
        return {"Authorization": f"Bearer {self.secret}", "Host": host}

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Through nginx, with the token."""
        with httpx.Client(headers=self.headers, verify=False, timeout=PATIENCE_SECONDS) as client:
            return client.request(method, self.inside + path, **options)

    def changes(self, book: str, after: str = "0") -> list[Update]:
        """What the server itself says of a book that has ended."""
        headers = self.headers | {"Last-Event-ID": after}
        text = httpx.get(f"{self.server.url}{book}/events", headers=headers).text
        told = [it for it in blocks(text.split("\n")) if it.event == "update"]
        return [(it.id, it.data) for it in told]

    def asked(self, book: str, client: Client, after: str = "0") -> Asked:
        """A stream for one of the clients."""
        link = self.ask("POST", f"{book}/links").json()["url"].partition("?")[2]
        return Asked(
            *(self.inside, self.url, book, self.secret, link, self.authority),
            *(not self.kind.tells_to_come_back, client.__name__, after),
        )


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


def prepared(folder: Path) -> str:
    """A folder with a certificate, and in its data a token."""
    Authority(folder).server(f"DNS:{NAME},IP:127.0.0.1")
    told = storybook(folder / "data", "token", "add", "all", "--scope", "admin").stdout
    return next(it for it in told.split() if it.startswith("sb_"))


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
        assert link.startswith(f"{proxied.url}{book}?sig=")
        inside = link.replace(proxied.url, proxied.inside)
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


class Following:
    """A client at its work, in a thread of its own."""

    def __init__(self, client: Client, asked: Asked, threads: Executor) -> None:
        self.name, self.seen = asked.client, list[Update]()
        self.ended = threads.submit(self._follow, client, asked)

    def _follow(self, client: Client, asked: Asked) -> None:
        for it in client(asked):
            self.seen.append(it)

    def has_seen(self, page: int) -> bool:
        """Whether it knows of a page's picture. Raises what ended it before its time."""
        if self.ended.done():
            self.ended.result()
        return any(json.loads(data)["ready_max_page"] >= page for _, data in self.seen)


def all_of(clients: list[Following], holds: Callable[[Following], bool]) -> None:
    """Return once something holds for each of them, which nobody announces."""
    deadline = time.monotonic() + CLIENT_SECONDS
    while missing := [it.name for it in clients if not holds(it)]:
        assert time.monotonic() < deadline, missing
        time.sleep(0.02)


@pytest.mark.timeout(400)  # the slowest of nine clients comes back four times
@pytest.mark.parametrize("kind", KINDS, ids=lambda it: it.name)
def test_every_change_comes_once_whatever_is_started_anew(kind: Kind, tmp_path: Path) -> None:
    """Nine clients follow a book while nginx is told to read its files anew and is killed, and the
    server is killed and stopped, until each of them has found nobody there."""
    secret, pace = prepared(tmp_path), pace_file(tmp_path / "data")
    pace.write_text("0")
    settings = {"limits_shutdown_seconds": "0", "server_port": str(free_port()), **kind.settings}
    with ExitStack() as stack:
        first = stack.enter_context(serving(tmp_path / "data", PACED, **settings))
        before = stack.enter_context(nginx(kind.name, first.url, tmp_path, PAGE))
        proxied = Proxied.at(kind, first, before.port, tmp_path, secret)
        threads = stack.enter_context(ThreadPoolExecutor(len(CLIENTS)))
        stack.callback(pace.write_text, "4")  # whatever happens, the book and its clients end
        book = f"/api/runs/{proxied.ask('POST', '/api/runs', json=WORDS).json()['run_id']}"
        clients = [Following(it, proxied.asked(book, it), threads) for it in CLIENTS]

        def is_painted(page: int) -> None:
            pace.write_text(str(page))
            all_of(clients, lambda it: it.has_seen(page))

        def is_away(end: Callable[[], object]) -> None:
            known = len(before.errors.read_text("utf-8"))
            end()
            all_of(clients, lambda it: it.name in before.errors.read_text("utf-8")[known:])
            again = serving(tmp_path / "data", PACED, **settings)
            proxied.server = stack.enter_context(again)

        is_painted(0)
        before.reload()
        is_painted(1)
        before.kill()
        before.start()
        is_painted(2)
        is_away(proxied.server.kill)
        is_painted(3)
        is_away(proxied.server.stop)
        is_painted(4)
        for it in clients:
            it.ended.result(CLIENT_SECONDS)
        told = proxied.changes(book)
        assert json.loads(told[-1][1])["status"] == "DONE"
        for it in clients:
            assert it.seen == told, it.name


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
