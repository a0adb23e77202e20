"""Asks the application itself, below the server: its body comes in just the pieces that are given,
and its headers are of any bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import anyio
import msgspec

from tests.http.serving import Site

PATIENCE_SECONDS: Final = 20.0
"""A busy machine takes longer than the few milliseconds of an answer."""
Headers = Sequence[tuple[bytes, bytes]]


class Answer(msgspec.Struct):
    """What has come back."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""

    def header(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    site: Site,
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: Headers = (),
    pieces: Sequence[bytes] = (),
    peer: str = "127.0.0.1",
    enough: Callable[[bytes], bool] = lambda _: False,
) -> Answer:
    """The answer to a request of `peer`, who leaves as soon as the body that has come is enough."""
    coming = [{"type": "http.request", "body": it, "more_body": True} for it in pieces]
    coming.append({"type": "http.request", "body": b"", "more_body": False})
    answer, over = Answer(), anyio.Event()

    async def receive() -> Any:
        if coming:
            return coming.pop(0)
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
            return
        answer.body += message["body"]
        if not message.get("more_body") or enough(answer.body):
            over.set()

    named = {name for name, _ in headers}
    host = [] if b"host" in named else [(b"host", b"localhost")]
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [*host, *headers],
        "client": (peer, 1),
        "state": {},
        "server": ("localhost", 80),
    }
    with anyio.fail_after(PATIENCE_SECONDS):
        await site.app.asgi(scope, receive, send)
    return answer
