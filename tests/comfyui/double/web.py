"""A small HTTP and websocket server that a test can break at will.

It speaks just enough HTTP/1.1 for a client that is under test (bodies with a length, connections
that are kept), and leaves the websocket protocol to `websockets`. What no real server library
offers is here: every connection can be cut without a word.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import anyio
import anyio.abc
from anyio.streams.tls import TLSListener
from websockets.exceptions import InvalidState
from websockets.frames import Opcode
from websockets.server import ServerProtocol

CUT = (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError)


class Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Websocket:
    """One open websocket, from the server's side."""

    def __init__(self, stream: anyio.abc.ByteStream, protocol: ServerProtocol) -> None:
        self._stream, self._protocol = stream, protocol
        self.received: list[str] = []
        self.is_half_open = False
        """The other side is gone without a word: nothing that it is sent is answered."""
        self._turn = anyio.Lock()

    async def send(self, message: str | bytes) -> None:
        """Send a message; one that nobody takes any more is dropped."""
        with suppress(InvalidState, *CUT):
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
            await self._flush()

    async def cut(self) -> None:
        """Cut the connection: the client sees no closing frame."""
        await anyio.aclose_forcefully(self._stream)

    async def read(self) -> None:
        """Take in what the client sends until it closes."""
        while True:
            for event in self._protocol.events_received():
                if getattr(event, "opcode", None) is Opcode.TEXT:
                    self.received.append(bytes(event.data).decode())  # type: ignore[union-attr]  # a frame
            if self.is_half_open:
                await anyio.sleep_forever()
            with suppress(*CUT):
                await self._flush()
            if self._protocol.close_expected():
                return
            try:
                self._protocol.receive_data(await self._stream.receive())
            except CUT:
                return

    async def _flush(self) -> None:
        async with self._turn:
            for data in self._protocol.data_to_send():
                if data:
                    await self._stream.send(data)


Answer = Callable[[Request], Awaitable[Response]]
Welcome = Callable[[Request, Websocket], Awaitable[None]]


class WebServer:
    """Listens on a free port of the loopback, and on the same one again after a restart.

    `answer` answers requests; `welcome` has each websocket for as long as it is open. With `tls`,
    a server's certificate, it speaks nothing but TLS.
    """

    def __init__(self, answer: Answer, welcome: Welcome, tls: ssl.SSLContext | None = None) -> None:
        self._answer, self._welcome, self._tls = answer, welcome, tls
        self._streams: set[anyio.abc.ByteStream] = set()
        self._listening = anyio.CancelScope()
        self._closed = anyio.Event()
        self.port = 0

    async def start(self, tasks: anyio.abc.TaskGroup) -> None:
        """Begin to listen."""
        listener: anyio.abc.Listener[Any] = await anyio.create_tcp_listener(
            local_host="127.0.0.1", local_port=self.port, reuse_port=False
        )
        self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        if self._tls is not None:
            listener = TLSListener(listener, self._tls, standard_compatible=False)
        self._listening, self._closed = anyio.CancelScope(), anyio.Event()
        tasks.start_soon(self._listen, listener, self._listening, self._closed)

    async def stop(self) -> None:
        """Stop listening, and cut every connection."""
        self._listening.cancel()
        for stream in list(self._streams):
            await anyio.aclose_forcefully(stream)
        await self._closed.wait()

    async def _listen(
        self,
        listener: anyio.abc.Listener[Any],
        scope: anyio.CancelScope,
        closed: anyio.Event,
    ) -> None:
        with scope:
            await listener.serve(self._serve)
        with anyio.CancelScope(shield=True):
            await listener.aclose()
        closed.set()

    async def _serve(self, stream: anyio.abc.ByteStream) -> None:
        self._streams.add(stream)
        try:
            async with stream:
                await self._converse(stream)
        except CUT:
            pass
        finally:
            self._streams.discard(stream)

    async def _converse(self, stream: anyio.abc.ByteStream) -> None:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                data += await stream.receive()
            head, _, rest = data.partition(b"\r\n\r\n")
            request = _request(head)
            if request.headers.get("upgrade", "").lower() == "websocket":
                await self._upgrade(stream, request, data)
                return
            length = int(request.headers.get("content-length", "0"))
            while len(rest) < length:
                rest += await stream.receive()
            body, data = rest[:length], rest[length:]
            response = await self._answer(request._replace(body=body))
            await stream.send(_encoded(response, has_body=request.method != "HEAD"))

    async def _upgrade(self, stream: anyio.abc.ByteStream, request: Request, data: bytes) -> None:
        refusal = await self._answer(request)
        if refusal.status != 101:
            await stream.send(_encoded(refusal, has_body=True))
            return
        protocol = ServerProtocol(max_size=None)
        protocol.receive_data(data)
        (opening,) = protocol.events_received()
        protocol.send_response(protocol.accept(opening))  # type: ignore[arg-type]  # it is a request
        await self._welcome(request, Websocket(stream, protocol))


def _request(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, b"")


def _encoded(response: Response, *, has_body: bool) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    head = (
        f"HTTP/1.1 {response.status} X\r\ncontent-type: {response.content_type}\r\n"
        f"{more}content-length: {len(response.body)}\r\n\r\n"
    )
    return head.encode() + (response.body if has_body else b"")
