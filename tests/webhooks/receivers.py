"""A receiver on loopback: a real HTTP server that keeps what it is sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec

from storybook.notifier import Notifier

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"
VARIABLE = "WEBHOOK_SECRET"


class Sent(msgspec.Struct, frozen=True):
    """A request as it came, its headers by their names in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told


class Receiving:
    """`answers` are the heads of the next answers, after which all is taken; while it `hangs` it
    answers nothing."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answers: list[str] = []
        self.hangs = False
        self.port = 0
        self.accepted = 0
        self.server_names: list[str | None] = []
        self._changed = Notifier()

    def url(self, path: str = "/done", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def until(self, holds: Callable[[list[Sent]], bool]) -> None:
        """Return once it has been sent what is asked for."""
        with anyio.fail_after(60):
            while not holds(self.sent):
                await self._changed.next.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.sent.append(Sent(head[0].split()[1], headers, body))
            self._changed.notify()
            if self.hangs:
                await reader.read()
                return
            answer = self.answers.pop(0) if self.answers else "204 No Content"
            writer.write(f"HTTP/1.1 {answer}\r\nConnection: close\r\n\r\nsecret words".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(
    context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Receiving]:
    """A receiver on a free port."""
    it = Receiving()
    server = await asyncio.start_server(it.serve, host, 0, ssl=context)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
