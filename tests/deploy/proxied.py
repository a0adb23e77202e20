"""A real server with a token behind a real nginx, with each file of `deploy/nginx`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.certificates import Authority
from tests.deploy.nginx import NGINX, PATIENCE_SECONDS
from tests.deploy.stream_clients import CURL, NODE, Asked, Client, Update, blocks
from tests.export.browser import CHROMIUM
from tests.whole.server import Server, storybook

NEEDED: Final = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx here to put before a server"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to look through nginx"),
    pytest.mark.skipif(NODE is None, reason="no Node here to follow a stream through nginx"),
    pytest.mark.skipif(CURL is None, reason="no curl here to follow a stream through nginx"),
]
"""What the tests of a real nginx need."""
PAGE: Final = Path(__file__).parents[1] / "http" / "prototype_page.html"
NAME: Final = "books.lan"
TOLD: Final = {"server_trusted_proxies": "127.0.0.1", "server_trusted_hosts": NAME}


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


def prepared(folder: Path) -> str:
    """A folder with a certificate, and in its data a token."""
    Authority(folder).server(f"DNS:{NAME},IP:127.0.0.1")
    told = storybook(folder / "data", "token", "add", "all", "--scope", "admin").stdout
    return next(it for it in told.split() if it.startswith("sb_"))
