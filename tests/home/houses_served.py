"""A server at home, in this process, with scripted engines and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import httpx
import msgspec

from storybook.access import Tokens, TokenScope
from storybook.bootstrap import open_application
from storybook.http.home import HomeNetwork
from storybook.http.server import listen, serve
from storybook.settings import Settings
from storybook.stopping import StopRequest
from storybook.stores.sqlite.access import append_access
from tests.engines import Scripted
from tests.home.houses import House, trusting


class ServedHouse(msgspec.Struct):
    """What a test needs of it. `told` counts how often the family was told where it is."""

    house: House
    network: HomeNetwork
    url: str
    token: str
    stop: StopRequest
    told: list[str]

    @property
    def trust_url(self) -> str:
        return f"http://127.0.0.1:{self.network.trust_address.rstrip('/').rsplit(':', 1)[1]}"

    def client(self) -> httpx.AsyncClient:
        """A device that trusts the house."""
        verify = trusting(self.house.identity.authority)
        return httpx.AsyncClient(base_url=self.url, verify=verify, timeout=30)


@asynccontextmanager
async def house_served(folder: Path) -> AsyncIterator[ServedHouse]:
    """It is stopped at the end, as by a signal."""
    house, told = House(folder / "home"), list[str]()
    ready, urls = anyio.Event(), list[str]()

    def is_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    secret, added = Tokens().add("home", TokenScope.CREATE, None, house.clock.now())
    append_access(folder / "access.db", added, house.clock.now())
    with listen("127.0.0.1", 0) as listening, listen("127.0.0.1", 0) as trusting_at:
        network = HomeNetwork(house.identity, [listening], [trusting_at])
        network.tell = lambda: told.append(network.address)
        engines = Scripted().engines
        async with (
            open_application(Settings(), folder, engines=engines, clock=house.clock) as application,
            anyio.create_task_group() as tasks,
        ):
            stop = StopRequest()
            tasks.start_soon(partial(serve, application, listening, is_ready, stop, network))
            with anyio.fail_after(30):
                await ready.wait()
            try:
                yield ServedHouse(house, network, urls[0], secret, stop, told)
            finally:
                stop.ask()
