"""Nine kinds of clients of event streams, as people use them. Each follows a book to its end,
however often its connection is lost: some come back by themselves, the others are made to."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import json
import shutil
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import httpx
import httpx_sse
import msgspec
import requests
import sseclient
from aiohttp_sse_client.client import (  # type: ignore[import-untyped]  # it has no types
    EventSource,
)
from playwright.sync_api import Page

from tests.export.browser import chromium

SCRIPT: Final = Path(__file__).with_suffix(".js").read_text("utf-8")
PATIENCE_SECONDS: Final = 40
"""For the next change of a book, while nginx and the server come and go."""
MOST_SECONDS: Final = 150
"""For all of it: nobody comes back for ever to a server that does not."""
PAUSE_SECONDS: Final = 0.2
"""Until a client comes back that does not know by itself when to."""
ENDED: Final = ("DONE", "FAILED", "CANCELLED")
NODE: Final = shutil.which("node")
CURL: Final = shutil.which("curl")

Update = tuple[str, str]
"""The id and the data of a change."""


class Asked(msgspec.Struct, frozen=True):
    """The stream of a book, and how its clients get in: `inside` is where programs here find the
    server, `outside` where a browser does; `link` lets in those who can send no header;
    `opens_anew` is whether a page has to open another EventSource after a 502."""

    inside: str
    outside: str
    book: str
    secret: str
    link: str
    authority: Path
    opens_anew: bool
    client: str = ""
    after: str = "0"

    @property
    def path(self) -> str:
        """It names the client, for who reads the proxy's log."""
        return f"{self.book}/events?client={self.client}"

    @property
    def url(self) -> str:
        return self.inside + self.path

    @property
    def host(self) -> str:
        return self.outside.split("/")[2]

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def headers(self, after: str) -> dict[str, str]:
        """As a program sends them that calls a name which nobody here resolves."""
        return {**self.token, "Host": self.host, "Last-Event-ID": after}

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


class Message(msgspec.Struct, frozen=True):
    """One block of a stream."""

    event: str
    id: str
    data: str


Connect = Callable[[Asked, str], Generator[Message, None, None]]
"""The messages of one connection, begun after an id."""
Client = Callable[[Asked], Iterator[Update]]
"""The changes of a book until its end."""


def coming_back(connect: Connect) -> Client:
    """A client of one connection, made to come back with the last id that it has seen."""

    @functools.wraps(connect)
    def follow(asked: Asked) -> Iterator[Update]:
        after, until = asked.after, time.monotonic() + MOST_SECONDS
        while time.monotonic() < until:
            try:
                with contextlib.closing(connect(asked, after)) as messages:
                    for it in messages:
                        if it.event != "update":
                            continue
                        yield it.id, it.data
                        after = it.id
                        if json.loads(it.data)["status"] in ENDED:
                            return
            except (OSError, http.client.HTTPException, httpx.HTTPError, aiohttp.ClientError):
                pass  # cut off, refused, or 502
            time.sleep(PAUSE_SECONDS)

    return follow


def blocks(lines: Iterable[str]) -> Iterator[Message]:
    """The messages in the lines of a body; one that was cut off is none."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.rstrip("\r\n").partition(": ")
        if name:
            fields[name] = value
            continue
        yield Message(*(fields.get(it, "") for it in ("event", "id", "data")))
        fields = {}


# ------------------------------------------------------------------------------- programs


@coming_back
def by_curl(asked: Asked, after: str) -> Generator[Message, None, None]:
    """It speaks HTTP/2 where TLS offers it, and asks for gzip."""
    told = [part for name, it in asked.headers(after).items() for part in ("-H", f"{name}: {it}")]
    assert CURL is not None
    options = ["-sN", "--fail", "--compressed", "--cacert", str(asked.authority)]
    yield from blocks(_lines([CURL, *options, *told, asked.url]))


@coming_back
def by_urllib(asked: Asked, after: str) -> Generator[Message, None, None]:
    """Line by line, as the standard library gives them."""
    request = urllib.request.Request(asked.url, headers=asked.headers(after))
    answer = urllib.request.urlopen(request, timeout=PATIENCE_SECONDS, context=asked.context)
    with answer:
        yield from blocks(line.decode() for line in answer)


@coming_back
def by_httpx_sse(asked: Asked, after: str) -> Generator[Message, None, None]:
    with (
        httpx.Client(verify=asked.context, timeout=PATIENCE_SECONDS) as client,
        httpx_sse.connect_sse(client, "GET", asked.url, headers=asked.headers(after)) as source,
    ):
        source.response.raise_for_status()
        for it in source.iter_sse():
            yield Message(it.event, it.id, it.data)


@coming_back
def by_sseclient(asked: Asked, after: str) -> Generator[Message, None, None]:
    """sseclient-py, which reads what `requests` hands on in pieces of 128 bytes."""
    answer = requests.get(
        asked.url,
        headers=asked.headers(after),
        stream=True,
        timeout=PATIENCE_SECONDS,
        verify=str(asked.authority),
    )
    with answer:
        answer.raise_for_status()
        for it in sseclient.SSEClient(iter(answer)).events():
            yield Message(it.event, it.id or "", it.data)


@coming_back
def by_aiohttp_sse_client(asked: Asked, after: str) -> Generator[Message, None, None]:
    """It comes back by itself with the last id as a header, which wins over the address; an answer
    that is no stream, and a body that is cut, end it."""

    async def take(source: EventSource) -> Message | None:
        it = await anext(source, None)
        return None if it is None else Message(it.type, it.last_event_id, it.data)

    async def opened() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=asked.context)
        return aiohttp.ClientSession(connector=connector, raise_for_status=True)

    with asyncio.Runner() as runner:
        session = runner.run(opened())
        source = EventSource(
            f"{asked.url}&last_event_id={after}",
            reconnection_time=timedelta(seconds=PAUSE_SECONDS),
            session=session,
            headers={**asked.token, "Host": asked.host},
        )
        try:
            runner.run(source.connect())
            while (message := runner.run(take(source))) is not None:
                yield message
        finally:
            runner.run(source.close())
            runner.run(session.close())
            runner.run(asyncio.sleep(PAUSE_SECONDS))  # TLS takes its leave, for which nobody waits


# ----------------------------------------------------------------------------- JavaScript


def in_node(asked: Asked, call: str) -> Iterator[Update]:
    """A function of the script, in Node, which sets no Host; its EventSource sends no header."""
    url = f"{asked.url}&{asked.link}" if call == "byEventSource" else asked.url
    told = {"url": url, "after": asked.after, "opensAnew": True}
    told["headers"] = asked.token
    run = f"setTimeout(() => process.exit(1), {MOST_SECONDS * 1_000});"
    run += f"await {call}({json.dumps(told)}, (it) => console.log(JSON.stringify(it)));"
    assert NODE is not None
    command = [NODE, "--experimental-eventsource", "--input-type=module", "-e"]
    environ = {"NODE_EXTRA_CA_CERTS": str(asked.authority), "NODE_NO_WARNINGS": "1"}
    for line in _lines([*command, f"{SCRIPT}\n{run}\nprocess.exit(0);"], environ):
        at, data = json.loads(line)
        yield at, data


def by_node_event_source(asked: Asked) -> Iterator[Update]:
    """Node's own, which is not switched on by itself yet."""
    return in_node(asked, "byEventSource")


def by_node_fetch(asked: Asked) -> Iterator[Update]:
    return in_node(asked, "byFetch")


def in_chromium(asked: Asked, call: str) -> Iterator[Update]:
    """A function of the script, in a page whose reader has signed in."""
    url = asked.outside + asked.path
    told = {"url": url, "after": asked.after, "opensAnew": asked.opens_anew}
    start = f"told => {{ {SCRIPT} {call}(told, (it) => seen.push(it)).then("
    start += "() => { end = 'ended'; }, (why) => { end = String(why); }); }"
    with chromium(f"--host-resolver-rules=MAP {asked.host.split(':')[0]} 127.0.0.1") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1_000)
        sign_in(page, asked.outside, asked.secret)
        page.evaluate("() => { window.seen = []; window.end = ''; }")
        page.evaluate(start, told)
        count, end = 0, ""
        while not end:
            page.wait_for_function("count => seen.length > count || end", arg=count)
            fresh, end = page.evaluate("count => [seen.slice(count), end]", count)
            yield from ((at, data) for at, data in fresh)
            count += len(fresh)
        assert end == "ended", end


def by_chromium_event_source(asked: Asked) -> Iterator[Update]:
    return in_chromium(asked, "byEventSource")


def by_chromium_fetch(asked: Asked) -> Iterator[Update]:
    return in_chromium(asked, "byFetch")


def sign_in(page: Page, outside: str, secret: str) -> None:
    """As a page of the server does it."""
    page.goto(f"{outside}/page.html")
    script = "token => fetch('api/session', {method: 'POST', body: JSON.stringify({token})})"
    assert page.evaluate(f"async token => (await ({script})(token)).status", secret) == 200


def _lines(command: list[str], environ: dict[str, str] | None = None) -> Iterator[str]:
    """What a program prints, line by line as it does; it is ended with whoever reads."""
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert program.stdout is not None
    with program:
        try:
            yield from program.stdout
        finally:
            program.kill()


CLIENTS: Final[tuple[Client, ...]] = (
    *(by_curl, by_urllib, by_httpx_sse, by_sseclient, by_aiohttp_sse_client),
    *(by_node_event_source, by_node_fetch, by_chromium_event_source, by_chromium_fetch),
)
