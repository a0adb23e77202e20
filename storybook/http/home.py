"""The house's network: where a server at home is found in it, and what is kept up beside it.

Its certificate is looked at once a minute: another one is made before it ends, and when the router
has given this machine another address. Beside it, over plain HTTP, stands the trust page.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import anyio
from anyio import to_thread

from storybook.clock import Clock, sleep
from storybook.home.identity import HomeIdentity
from storybook.http.bounded_server import BoundedServer, bounded_config
from storybook.http.trust_page import trust_page
from storybook.settings import Limits

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
"""How often the machine's names are looked at: a tablet that finds nobody is tried again later."""
TRUST_PAGE_GRACE_SECONDS: Final = 1
"""What requests for it get when the server stops: they are answered at once, or not at all."""


class HomeNetwork:
    """`listening` serve over TLS as `identity`, all at one port, the first of them for `serve`;
    `trusting` serve the trust page, at another one. `base_path` is where the server's own pages
    begin."""

    def __init__(
        self,
        identity: HomeIdentity,
        listening: Sequence[socket.socket],
        trusting: Sequence[socket.socket],
        base_path: str = "",
    ) -> None:
        self.identity, self.listening = identity, listening[0]
        self.also = tuple(listening[1:])
        self.tell: Callable[[], None] = _tell_nobody
        """Says where all this is, at the start and whenever it may have changed."""
        self._trusting, self._base_path = list(trusting), base_path

    @property
    def address(self) -> str:
        """Where a device finds the server."""
        return self._at(self.identity.names.shown)

    @property
    def local_address(self) -> str:
        """The same by name, which not every device understands."""
        return self._at(self.identity.names.local)

    @property
    def trust_address(self) -> str:
        """Where it finds the trust page."""
        return _url("http", self.identity.names.shown, self._trusting[0])

    def _at(self, host: str) -> str:
        return _url("https", host, self.listening, self._base_path)

    @asynccontextmanager
    async def kept_up(self, clock: Clock, limits: Limits) -> AsyncIterator[None]:
        """Serve the trust page and renew the certificate while the context is open."""
        app = trust_page(lambda: self.identity.authority, lambda: self.address)
        config = bounded_config(
            app, lifespan="off", timeout_graceful_shutdown=TRUST_PAGE_GRACE_SECONDS
        )
        server = BoundedServer(config, limits)
        renewing = anyio.CancelScope()

        async def renew() -> None:
            with renewing:
                await self._renew(clock)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, self._trusting)
            tasks.start_soon(renew)
            yield
            renewing.cancel()
            server.should_exit = True

    async def _renew(self, clock: Clock) -> None:
        while True:
            await sleep(clock, LOOK_SECONDS)
            try:
                why = await to_thread.run_sync(self.identity.renew)
                if why:
                    self.identity.show()
                    logger.info("the server's certificate was made anew: %s", why)
                    self.tell()
            except OSError as error:  # a full disk: the old one may hold for long yet
                logger.warning("the server's certificate is not made anew: %s", error)


def _tell_nobody() -> None:
    """What a network does that nobody has told whom to tell."""


def _url(scheme: str, host: str, at: socket.socket, path: str = "") -> str:
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}:{at.getsockname()[1]}{path}/"
