"""The application under uvicorn, and how it stops.

A server with open event streams does not stop by itself: their bodies never end, and uvicorn waits
for them. So a stop is also told to the streams, which end their bodies at once; clients come
back to the next server with the id of what they saw last. The lifespan's end would be too late: it
comes when all connections are closed.
"""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import anyio
import uvicorn

from storybook.application import Application
from storybook.http.app import HttpApp
from storybook.http.bounded_server import BoundedServer, bounded_config
from storybook.http.connections import Connection
from storybook.http.streams import Address, Streams
from storybook.service_manager import tell_watchdog
from storybook.settings import Limits
from storybook.stopping import StopRequest, stop_on_signals
from storybook.system import allow_open_files, is_loopback

if TYPE_CHECKING:  # with it comes what only a server at home needs
    from storybook.http.home import HomeNetwork

logger = logging.getLogger(__name__)

BACKLOG: Final = 4_096
"""Connections that may wait to be accepted: all clients come back at once after a restart."""
GRACE_SECONDS: Final = 10
"""What requests in hand get when the server stops; streams end at once."""
OTHER_FILES: Final = 1_000
"""What is open beside the streams: other requests and the files that they read, databases, engines.
Systems allow 1,024 in all if nobody asks for more."""

RESERVED_FILES: Final = 500
"""What is kept from connections, for all else that is open and what has just been accepted."""
SWITCH_SECONDS: Final = 0.0005
"""How long a busy thread keeps the GIL from others. At Python's 5 ms the log's writer waits that
long for each step that it makes beside a busy event loop: a commit of 100 rows took 285 ms."""
GC_THRESHOLDS: Final = (100_000, 50, 1_000)
"""The default collects the oldest generation while thousands of streams are written to: the slowest
delivery to 5,000 took 350 ms, and 99 ms with these."""


class ServerBroken(Exception):
    """The server has stopped by itself; the message says why."""


def tune_process() -> None:
    """Settings of the interpreter that a server wants, once everything is imported and open."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def url_of(listening: socket.socket, scheme: str = "http") -> str:
    """Where a browser on this machine finds what listens here."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class StorybookServer(BoundedServer):
    """uvicorn, which tells the streams when it stops and lets its caller clean up after it."""

    def __init__(
        self,
        config: uvicorn.Config,
        streams: Streams,
        limits: Limits,
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(config, limits)
        self._streams, self._on_ready = streams, on_ready
        streams.abort = self._abort

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)  # more than asyncio, which accepts as many as wait at once
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.cut()  # it outlasted the grace
        if self.force_exit:  # uvicorn leaves this out then, and tells its own end as an error
            await self.lifespan.shutdown()

    def stop(self) -> None:
        """Stop as after a signal."""
        self._streams.drain()
        self.should_exit = True

    async def heed(self, stop: StopRequest) -> None:
        """Stop when it is asked for, and wait for nobody when it is asked for again."""
        await stop.asked.wait()
        self.stop()
        await stop.hurried.wait()
        self.force_exit = True

    def _abort(self, address: Address) -> None:
        """Cut a client's connection, whatever is still to be sent."""
        for connection in self.server_state.connections:
            if isinstance(connection, Connection) and connection.client == address:
                connection.cut()


async def serve(
    application: Application,
    listening: socket.socket,
    on_ready: Callable[[str], None],
    stop: StopRequest | None = None,
    home: HomeNetwork | None = None,
) -> None:
    """Serve until a stop is asked for; `on_ready` is given the URL when requests can come.

    Without `stop` the signals to this process stop it; they come to the main thread alone. For a
    house `home` says as whom the server shows itself, over TLS. Raises `ServerBroken`.
    """
    if stop is None:
        stop = StopRequest()
        with stop_on_signals(stop):
            await serve(application, listening, on_ready, stop, home)
        return
    files = _allow_files(application.settings.limits.streams)
    app, server = _served(application, listening, on_ready, home)
    server.server_state.most = files - min(RESERVED_FILES, files // 2)
    async with AsyncExitStack() as beside:
        if home is not None:
            await beside.enter_async_context(home.kept_up(application.clock, app.limits))
        await _serve_until(server, stop, [listening, *(home.also if home is not None else ())])
    if app.failure is not None:
        raise ServerBroken(
            f"the server stopped because a part of it died: {app.failure!r}; nothing that was "
            "recorded is lost, start it again"
        ) from app.failure


def _served(
    application: Application,
    listening: socket.socket,
    on_ready: Callable[[str], None],
    home: HomeNetwork | None,
) -> tuple[HttpApp, StorybookServer]:
    if home is None:
        app = HttpApp(application, is_local=is_loopback(listening.getsockname()[0]))
        return app, make_server(app, on_ready=lambda: on_ready(url_of(listening)))
    app = HttpApp(application, own_hosts=home.identity.hosts)
    url = url_of(listening, "https")
    return app, make_server(app, on_ready=lambda: on_ready(url), tls=home.identity.context)


async def _serve_until(
    server: StorybookServer, stop: StopRequest, sockets: Sequence[socket.socket]
) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.heed, stop)
        tasks.start_soon(tell_watchdog)
        await server.serve(sockets=list(sockets))
        tasks.cancel_scope.cancel()


def _allow_files(streams: int) -> int:
    """Let so many streams be open, or as many as may be; returns how many files that makes."""
    wanted = streams + OTHER_FILES
    if (allowed := allow_open_files(wanted)) < wanted:
        logger.warning(
            "only %d files may be open, and %d streams want %d: raise the limit (`ulimit -n`), "
            "or lower streams in [limits]",
            *(allowed, streams, wanted),
        )
    return allowed


def make_server(
    app: HttpApp, on_ready: Callable[[], None], tls: ssl.SSLContext | None = None
) -> StorybookServer:
    """A server for an application, to be run on this event loop; over `tls` if that is given."""
    more: dict[str, Any] = {}
    if tls is not None:
        more["ssl_context_factory"] = lambda *_: tls
    config = bounded_config(
        app.asgi, lifespan="on", timeout_graceful_shutdown=GRACE_SECONDS, **more
    )
    server = StorybookServer(config, app.streams, app.limits, on_ready)
    app.when_broken = server.stop
    return server
