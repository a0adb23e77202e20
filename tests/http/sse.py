"""A client for event streams on a raw socket: it sees whether a body ended or was cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.abc
import h11
import msgspec

PATIENCE_SECONDS = 30.0


class Message(msgspec.Struct, frozen=True):
    """One block of a stream; None stands for a field that it did not have."""

    id: str | None = None
    event: str | None = None
    data: str | None = None
    retry: str | None = None


class EventStream:
    """An open answer. `status` and `headers` are those of its head."""

    def __init__(self, connection: anyio.abc.SocketStream) -> None:
        self.connection = connection
        self.status = 0
        self.headers: dict[str, str] = {}
        self._http = h11.Connection(h11.CLIENT)
        self._unread = b""

    async def ask(self, path: str, headers: dict[str, str], method: str) -> None:
        lines = [("Host", "localhost"), *headers.items()]
        request = self._http.send(h11.Request(method=method, target=path, headers=lines))
        end = self._http.send(h11.EndOfMessage())
        assert request is not None and end is not None
        await self.connection.send(request + end)
        response = await self._event()
        assert isinstance(response, h11.Response)
        self.status = response.status_code
        self.headers = {name.decode(): value.decode() for name, value in response.headers}

    async def next(self) -> Message | None:
        """The next block; None when the body has ended as it should. Raises if it was cut."""
        while b"\n\n" not in self._unread:
            match await self._event():
                case h11.Data(data=data):
                    self._unread += bytes(data)
                case h11.EndOfMessage():
                    assert not self._unread, f"the body ended within a message: {self._unread!r}"
                    return None
        block, _, self._unread = self._unread.partition(b"\n\n")
        return Message(**dict(line.split(": ", 1) for line in block.decode().split("\n")))

    async def change(self) -> Message | None:
        """The next `update`; None at the end."""
        while (message := await self.next()) is not None and message.event != "update":
            pass
        return message

    async def rest(self) -> list[Message]:
        """All blocks until the body's end."""
        found = []
        while (message := await self.next()) is not None:
            found.append(message)
        return found

    async def changes(self) -> list[Message]:
        """All `update` messages until the body's end."""
        return [message for message in await self.rest() if message.event == "update"]

    async def body(self) -> bytes:
        """The whole body of an answer that is no stream."""
        parts = []
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            assert isinstance(event, h11.Data)
            parts.append(bytes(event.data))
        return b"".join(parts)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            with anyio.fail_after(PATIENCE_SECONDS):
                try:
                    self._http.receive_data(await self.connection.receive())
                except anyio.EndOfStream:
                    self._http.receive_data(b"")
        return event


@asynccontextmanager
async def following(
    port: int, path: str, *, method: str = "GET", **headers: str
) -> AsyncIterator[EventStream]:
    """An open stream; header names have underscores. Leaving the context cuts the connection."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with await anyio.connect_tcp("127.0.0.1", port) as connection:
        stream = EventStream(connection)
        await stream.ask(path, named, method)
        yield stream
