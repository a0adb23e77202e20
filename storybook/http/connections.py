"""One client's connection, with bounds that uvicorn does not set.

uvicorn keeps whatever a client sends as the head of a request, waits for it for ever, and for ever
for a client that takes no bytes. Here a head has a size and a time, and so has what is to be sent.
The server's one ticker looks at the times (`look_at_all`), not a timer for each connection.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from http import HTTPStatus
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from storybook.http.responses import to_json
from storybook.settings import Limits

MAX_HEAD_BYTES: Final = 64 * 1024
"""What a request may have besides its body: browsers and proxies stay below 16 KiB."""
FRAME_BYTES: Final = 6
"""What frames one byte of a body that is sent in the smallest chunks."""


class Connections(ServerState):
    """The server's connections; one more than `most` is closed at once. Were all that a process may
    open connections, no more could be accepted, no file read, and nobody told why."""

    most = sys.maxsize

    def look_at_all(self, limits: Limits) -> None:
        """Cut those whose clients have kept them waiting for too long."""
        now = time.monotonic()
        for connection in list(self.connections):
            if isinstance(connection, Connection):
                connection.look_at(now, limits)


class Connection(HttpToolsProtocol):
    """A connection, which counts what it is sent and knows since when it waits."""

    # Slots: three more entries would double the dict that each of thousands of connections has.
    __slots__ = ("_beside_body", "_idle_since", "_stuck_since")
    _beside_body: int
    """Bytes of this request that are no body: its head, what frames chunks, trailers."""
    _idle_since: float | None
    """When it began to wait for a whole head; None while a request is in hand."""
    _stuck_since: float | None
    """When its client stopped taking bytes."""

    @property
    def has_request(self) -> bool:
        """Whether a request is in hand that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        self._beside_body, self._stuck_since = 0, None
        super().connection_made(transport)
        _send_at_once(transport)
        self._idle_since = time.monotonic()
        assert isinstance(self.server_state, Connections)
        if len(self.connections) > self.server_state.most:
            self.cut()

    def data_received(self, data: bytes) -> None:
        """Take no more than a head may have before looking whether it has ended."""
        while data and not self.transport.is_closing():
            room = MAX_HEAD_BYTES - self._beside_body
            if room <= 0:
                self._refuse(431, f"the head of a request has at most {MAX_HEAD_BYTES} bytes")
                return
            piece, data = data[:room], data[room:]
            self._beside_body += len(piece)
            super().data_received(piece)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._idle_since = None
        if self.scope["method"] != "HEAD":  # its answer has no body that would release the head
            self.cycle.transport = _HeadWithBody(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._beside_body = max(0, self._beside_body - FRAME_BYTES * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._beside_body = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.has_request:  # else one that was sent at once with it
            self._idle_since = time.monotonic()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_since = time.monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck_since = None

    def look_at(self, now: float, limits: Limits) -> None:
        """Cut the connection if its client has kept it waiting for too long."""
        waits = (
            (self._idle_since, limits.request_seconds),
            (self._stuck_since, limits.send_timeout_seconds),
        )
        if any(since is not None and since < now - most for since, most in waits):
            self.cut()

    def cut(self) -> None:
        """Close the connection without sending what its client does not take."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Stop gently, unless the client has not even sent all of what is to be answered."""
        if self.has_request and self.cycle.more_body:
            self.cut()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what is no HTTP, in the shape of all other errors."""
        self._refuse(400, msg)

    def _refuse(self, status: int, detail: str) -> None:
        """Answer outside of the application, and close. In the midst of an answer only close."""
        if self.has_request:
            self.cut()
            return
        body = to_json({"detail": detail})
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        for name, value in (
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ):
            head += b"%s: %s\r\n" % (name, value)
        self.transport.write(b"%s\r\n%s" % (head, body))
        self.transport.close()


class _HeadWithBody(asyncio.Transport):
    """What uvicorn writes one answer to, until its head is sent: with the first of its body, in one
    write. Two are two system calls and two packets, which was a third of the time that a small
    answer took. It is not simpler, since uvicorn offers no place for it; what is not defined here
    raises `NotImplementedError`, should uvicorn ever call it."""

    __slots__ = ("_cycle", "_head", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle, self._transport = cycle, cycle.transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn writes only bytes
        if not self._cycle.response_started:  # "100 Continue": the client waits for it
            self._transport.write(data)
        elif self._head is None:
            self._head = data
        else:
            self._cycle.transport = self._transport
            self._transport.writelines((self._head, data))

    def close(self) -> None:
        if self._head is not None:
            self.write(b"")
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


def _send_at_once(transport: asyncio.Transport) -> None:
    """Let no small write wait until the client has acknowledged the one before, which it delays by
    40 ms: uvicorn writes head and body apart. asyncio does this only where a socket names its
    protocol, which those of `socket.create_server` do not."""
    connection = transport.get_extra_info("socket")
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
