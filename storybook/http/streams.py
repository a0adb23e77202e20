"""Open event streams: what each of them costs, when it speaks, and how it ends.

A stream is a cursor into its source, never a queue: a slow client costs and delays nobody but
itself. It has two tasks: the request's own, which waits for the client to leave, and a writer. What
would be a timer for each stream (silence, a client that takes no bytes) is one ticker for all:
timers around each wait cost more than the delivery (measured: 30 to 47 µs against 22).

This is an edge: uvicorn speaks asyncio, and so do these two tasks, a future and all. anyio's scopes
and events around each of them would double what a waiting client occupies.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Final, Protocol

import anyio
from litestar.types import Receive, Scope, Send

from storybook.access import Caller
from storybook.events.log import Position
from storybook.http.requests import as_sent, client_key, method
from storybook.http.responses import NOT_KEPT
from storybook.settings import Limits

logger = logging.getLogger(__name__)

RETRY_MS: Final = 2_000
"""How long EventSource waits before it comes back."""
RETRY_JITTER_MS: Final = 500
"""Spread over this, clients that lost one server do not come back in one instant."""
FULL_RETRY_MS: Final = 15_000
"""When to come back where there are too many streams, or a run is parked. EventSource gives up for
good after a 429 or 503, so it is answered 200."""
TICKS: Final = 8
"""How often the ticker looks within the shorter of the two times that it watches."""
MAX_TICK_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 0.3
"""What clients get to take a stream's last bytes when the server stops; telling 5,000 of them takes
a tenth of a second."""

KEEPALIVE: Final = b"event: keepalive\ndata: {}\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]


def _retry(milliseconds: int) -> bytes:
    return b"retry: %d\n\n" % milliseconds


COME_BACK_LATER: Final = _retry(FULL_RETRY_MS)

Address = tuple[str, int]
"""Host and port of a client: names one connection."""


def frame(kind: bytes, data: bytes, position: Position | None = None) -> bytes:
    """A message. Only a change has a position: an id on anything else would move the client's
    cursor past what it has not seen."""
    id_line = b"" if position is None else b"id: %d\n" % position
    return b"%sevent: %s\ndata: %s\n\n" % (id_line, kind, data)


class Source(Protocol):
    """Where a stream's messages come from, with its cursor."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing can come any more."""
        ...

    async def take(self) -> bytes:
        """What stands after the cursor, which moves past it; empty if there is nothing yet."""
        ...


class Stream:
    """One open stream."""

    __slots__ = (
        "_awake",
        "_send",
        "_source",
        "_streams",
        "_waiter",
        "address",
        "caller",
        "client",
        "has_lost_leave",
        "is_sending",
        "spoke_at",
    )

    def __init__(self, streams: Streams, source: Source, scope: Scope, send: Send) -> None:
        self._streams, self._source, self._send = streams, source, send
        self.address: Address | None = as_sent(scope)["client"]
        self.caller: Caller | None = scope.get("user")
        self.client = client_key(scope)
        self.has_lost_leave = False
        """Whether its client may see no more of it."""
        self.spoke_at = time.monotonic()
        """When the last message was handed to the connection, or is being."""
        self.is_sending = False
        self._waiter: asyncio.Future[None] | None = None
        self._awake = False

    def wake(self) -> None:
        """Let the stream look after its cursor."""
        self._awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def run(self, receive: Receive, followers: set[Stream]) -> None:
        """Write until the source has ended, the client has left, or the server stops.

        Meanwhile the stream is one of its feed's followers, which the feed wakes.
        """
        followers.add(self)
        self._streams.enter(self)
        writer = asyncio.create_task(self._write())
        try:
            while (await receive())["type"] != "http.disconnect":
                pass  # the rest of a request's body
        finally:
            writer.cancel()
            self._streams.leave(self)
            followers.discard(self)

    async def _write(self) -> None:
        try:
            retry = _retry(RETRY_MS + random.randrange(RETRY_JITTER_MS))
            await self._speak(retry + await self._source.take())
            while not (self._streams.draining or self.has_lost_leave):
                self._awake = False
                if chunk := await self._source.take():
                    await self._speak(chunk)
                elif self._source.has_ended:
                    break
                elif self._streams.is_silent(self):
                    await self._speak(KEEPALIVE)
                elif not self._awake:
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        except Exception:
            logger.exception("a stream broke off")
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _speak(self, chunk: bytes) -> None:
        self.is_sending, self.spoke_at = True, time.monotonic()
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self.is_sending = False


class Streams:
    """All open streams of the server."""

    def __init__(self, limits: Limits, admits: Callable[[Caller | None], bool]) -> None:
        """`admits` tells whether who opened a stream may still see it."""
        self._limits, self._admits = limits, admits
        self.open: set[Stream] = set()
        self._of_clients: dict[str, int] = {}
        self.draining = False
        self.abort: Callable[[Address], None] = _cannot_abort
        """Cuts a client's connection. The server sets it: ASGI has no way to do that."""

    async def begin(
        self, source: Source, resumed_after: Position, scope: Scope, send: Send
    ) -> Stream | None:
        """Send the head of a stream that goes on after a position. None if that was all."""
        resumed = (b"storybook-resumed-after", b"%d" % resumed_after)
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, resumed]})
        if method(scope) == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return None
        return Stream(self, source, scope, send)

    def is_silent(self, stream: Stream) -> bool:
        """Whether it is time for a keepalive."""
        return time.monotonic() - stream.spoke_at >= self._limits.keepalive_seconds

    def drain(self) -> None:
        """End the body of every stream, now and from now on. A client that takes no bytes cannot
        be told: its connection is cut, and it resumes as all others do."""
        self.draining = True
        for stream in self.open:
            stream.wake()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._cut_all)

    def _cut_all(self) -> None:
        for stream in list(self.open):
            self._abort(stream)

    def is_full_for(self, client: str) -> bool:
        """Whether there is no place for one more stream, or none for one more of a client."""
        of_client = self._of_clients.get(client, 0)
        return (
            len(self.open) >= self._limits.streams or of_client >= self._limits.streams_per_client
        )

    def enter(self, stream: Stream) -> None:
        """A stream begins."""
        self.open.add(stream)
        self._of_clients[stream.client] = self._of_clients.get(stream.client, 0) + 1

    def leave(self, stream: Stream) -> None:
        """A stream has ended."""
        self.open.discard(stream)
        self._of_clients[stream.client] -= 1
        if not self._of_clients[stream.client]:
            del self._of_clients[stream.client]

    async def tick(self) -> None:
        """Watch over silence, stuck clients and those that may no longer look, until cancelled."""
        watched = min(self._limits.keepalive_seconds, self._limits.send_timeout_seconds)
        while True:
            await anyio.sleep(min(watched / TICKS, MAX_TICK_SECONDS))
            stuck_since = time.monotonic() - self._limits.send_timeout_seconds
            for stream in list(self.open):
                if stream.is_sending and stream.spoke_at < stuck_since:
                    logger.info("a client takes no bytes; its stream is ended, it may resume")
                    self._abort(stream)
                elif not self._admits(stream.caller):
                    stream.has_lost_leave = True
                    stream.wake()
                elif not stream.is_sending and self.is_silent(stream):
                    stream.wake()

    def _abort(self, stream: Stream) -> None:
        if stream.address is not None:
            self.abort(stream.address)


def _cannot_abort(address: Address) -> None:
    raise RuntimeError("no server has said how connections are cut")


async def refuse(send: Send) -> None:
    """Answer that there are too many streams: come back later."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": COME_BACK_LATER, "more_body": False})


async def stop(send: Send) -> None:
    """Answer that nothing more will come: EventSource does not come back after a 204."""
    await send({"type": "http.response.start", "status": 204, "headers": [NOT_KEPT]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
