"""Each file of `deploy/nginx`, run: a real nginx before a real server with tokens."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from playwright.sync_api import Page

from tests.certificates import Authority
from tests.deploy.nginx import FILES, NGINX, PATIENCE_SECONDS, nginx
from tests.export.browser import CHROMIUM, chromium
from tests.whole.server import WORDS, Server, serving, storybook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx here to put before a server"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to look through nginx"),
]

PAGE: Final = Path(__file__).parents[1] / "http" / "prototype_page.html"
NAME: Final = "books.lan"
TOLD: Final = {"server_trusted_proxies": "127.0.0.1", "server_trusted_hosts": NAME}
BOOK_MS: Final = 90_000
"""Until a book is made, on a machine that does other things besides."""


class Kind(msgspec.Struct, frozen=True):
    """A file, with what it asks the settings to be, and the address that it makes."""

    name: str
    host: str = NAME
    scheme: str = "http"
    prefix: str = ""
    settings: dict[str, str] = {}


KINDS: Final = [
    Kind("plain", "localhost"),
    Kind("gzip", "localhost"),
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

    @property
    def headers(self) -> dict[str, str]:
        host = self.url.split("/")[2]
        return {"Authorization": f"Bearer {self.secret}", "Host": host}

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Through nginx, with the token."""
        with httpx.Client(headers=self.headers, verify=False, timeout=PATIENCE_SECONDS) as client:
            return client.request(method, self.inside + path, **options)


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
    told = storybook(folder / "data", "token", "add", "all", "--scope", "admin").stdout
    secret = next(it for it in told.split() if it.startswith("sb_"))
    authority = Authority(folder)
    authority.server(f"DNS:{NAME},IP:127.0.0.1")
    with (
        serving(folder / "data", **kind.settings) as server,
        nginx(kind.name, server.url, folder, PAGE) as port,
    ):
        after = f":{port}{kind.prefix}"
        url, inside = f"{kind.scheme}://{kind.host}{after}", f"{kind.scheme}://127.0.0.1{after}"
        yield Proxied(kind, server, secret, url, inside, authority.file)


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


def by_curl(proxied: Proxied, url: str, headers: dict[str, str]) -> str:
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["curl", "-sN", "--http1.1", "--cacert", str(proxied.authority), *told, url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def by_curl_http2(proxied: Proxied, url: str, headers: dict[str, str]) -> str:
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["curl", "-sN", "--http2", "--compressed", "-k", *told, url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def by_httpx(proxied: Proxied, url: str, headers: dict[str, str]) -> str:
    return httpx.get(url, headers=headers, verify=False, timeout=60).text


def by_urllib(proxied: Proxied, url: str, headers: dict[str, str]) -> str:
    import ssl

    context = ssl.create_default_context(cafile=str(proxied.authority))
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return str(answer.read().decode())


def by_node(proxied: Proxied, url: str, headers: dict[str, str]) -> str:
    """Node's own `fetch`; it sets no Host."""
    told = {name: value for name, value in headers.items() if name != "Host"}
    script = (
        "const answer = await fetch(process.argv[1], {headers: JSON.parse(process.argv[2])});"
        "for await (const part of answer.body.pipeThrough(new TextDecoderStream()))"
        " process.stdout.write(part);"
    )
    node = shutil.which("node")
    assert node is not None
    command = [node, "--input-type=module", "-e", script, url, json.dumps(told)]
    environ = {"NODE_EXTRA_CA_CERTS": str(proxied.authority)}
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=environ
    )
    return found.stdout


CLIENTS: Final = [by_curl, by_curl_http2, by_httpx, by_urllib, by_node]


def updates(text: str) -> list[tuple[str, str]]:
    """The id and data of each change in a stream."""
    blocks = [
        dict(line.split(": ", 1) for line in it.split("\n")) for it in text.split("\n\n") if it
    ]
    return [(it["id"], it["data"]) for it in blocks if it.get("event") == "update"]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_sees_the_whole_stream(
    proxied: Proxied, book: str, client: Callable[[Proxied, str, dict[str, str]], str]
) -> None:
    """What it gets through nginx is what the server says, from the first message and from the
    midst."""
    headers = proxied.headers | {"Last-Event-ID": "0"}
    direct = httpx.get(f"{proxied.server.url}{book}/events", headers=headers).text
    assert len(updates(direct)) > 5
    url = f"{proxied.inside}{book}/events"
    assert updates(client(proxied, url, headers)) == updates(direct)
    headers["Last-Event-ID"] = updates(direct)[2][0]
    assert updates(client(proxied, url, headers)) == updates(direct)[3:]


# ------------------------------------------------------------------------------- in a browser


BY_EVENT_SOURCE: Final = """url => new Promise((done) => {
  const seen = [];
  const events = new EventSource(url);
  events.addEventListener("update", (it) => seen.push([it.lastEventId, it.data]));
  events.onerror = () => events.readyState === EventSource.CLOSED && done(seen);
})"""
"""All that it gets until it is told, when it comes back, that nothing more comes."""


def signed_in(page: Page, proxied: Proxied) -> None:
    """As a page of the server does it."""
    page.goto(f"{proxied.url}/page.html")
    script = "token => fetch('api/session', {method: 'POST', body: JSON.stringify({token})})"
    assert page.evaluate(f"async token => (await ({script})(token)).status", proxied.secret) == 200
    (cookie,) = page.context.cookies()
    assert cookie["path"] == f"{proxied.kind.prefix}/"
    assert cookie["secure"] is (proxied.kind.scheme == "https")


def test_a_page_written_for_the_first_api_works(proxied: Proxied) -> None:
    """Unchanged, once its reader has signed in: a form, an EventSource, five pictures, five
    sounds."""
    with chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        signed_in(page, proxied)
        page.click("button")
        page.wait_for_function("document.title === 'DONE'", timeout=BOOK_MS)
        page.wait_for_function("[...document.images].every(it => it.complete && it.naturalWidth)")
        page.wait_for_function("[...document.querySelectorAll('audio')].every(it => it.duration)")
        assert page.locator("img").count() == page.locator("audio").count() == 5
        path = page.locator("img").first.get_attribute("src")
        assert path is not None
        stream = f"{path.removeprefix(proxied.kind.prefix).split('/images/')[0]}/events"
        told = httpx.get(
            f"{proxied.server.url}{stream}", headers=proxied.headers | {"Last-Event-ID": "0"}
        ).text
        url = f"{proxied.kind.prefix}{stream}?last_event_id=0"
        seen = page.evaluate(BY_EVENT_SOURCE, url)
        assert [tuple(it) for it in seen] == updates(told)
        assert updates(page.evaluate("async url => (await fetch(url)).text()", url)) == updates(
            told
        )
