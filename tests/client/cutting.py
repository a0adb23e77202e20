"""A proxy that cuts what goes through it, as a network does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteStream, SocketAttribute, SocketStream, TaskGroup

PIECE = 4_096


class CuttingProxy:
    """Hands on to `port`, which may change; each connection is cut after `most` bytes of answers,
    unless that is None. `accepted` is how many there were."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.most: int | None = 1_200
        self.accepted = 0
        self.url = ""

    async def handle(self, client: SocketStream) -> None:
        self.accepted += 1
        async with client:
            try:
                server = await anyio.connect_tcp("127.0.0.1", self.port)
            except OSError:
                return  # nobody is there: the client sees its connection end
            async with server, anyio.create_task_group() as tasks:
                tasks.start_soon(self._pass, client, server, None, tasks)
                await self._pass(server, client, self.most, tasks)

    async def _pass(
        self, source: ByteStream, to: ByteStream, most: int | None, tasks: TaskGroup
    ) -> None:
        passed = 0
        try:
            while most is None or passed < most:
                piece = await source.receive(PIECE)
                piece = piece if most is None else piece[: most - passed]
                await to.send(piece)
                passed += len(piece)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def cutting(port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy before a server, on a free port."""
    proxy = CuttingProxy(port)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    own = listener.listeners[0].extra(SocketAttribute.local_port)
    proxy.url = f"http://127.0.0.1:{own}"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, proxy.handle)
        yield proxy
        tasks.cancel_scope.cancel()
