"""A real service in a real server on a free port, with scripted engines."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from storybook.application import Application
from storybook.book import Artifact, Role, RunId
from storybook.bootstrap import open_application
from storybook.engines import Engine
from storybook.http.app import HttpApp
from storybook.http.media import Media
from storybook.http.server import StorybookServer, listen, make_server, url_of
from storybook.settings import Limits, Settings
from storybook.stages.candidates import Candidates
from tests.engines import Scripted

WORDS = {
    "era_ko": "조선시대",
    "place_ko": "깊은 숲속 마을",
    "characters_ko": "토끼, 호랑이",
    "topic_ko": "우정",
}
"""A body that asks for a book."""


class Site(msgspec.Struct):
    """What a test needs of the running server."""

    application: Application
    app: HttpApp
    server: StorybookServer
    engines: Scripted
    url: str
    client: httpx.AsyncClient

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    async def order(self, **fields: Any) -> RunId:
        """Ask for a book over HTTP."""
        answer = await self.client.post("/api/runs", json=WORDS | fields)
        assert answer.status_code == 201, answer.text
        return RunId(answer.json()["run_id"])

    async def ended(self, run_id: RunId) -> dict[str, Any]:
        """The run's state once it has ended."""
        async with self.client.stream("GET", f"/api/runs/{run_id}/events") as answer:
            await answer.aread()
        state: dict[str, Any] = (await self.client.get(f"/api/runs/{run_id}")).json()
        return state

    async def finished_book(self, **fields: Any) -> RunId:
        """A run that is DONE."""
        run_id = await self.order(**fields)
        state = await self.ended(run_id)
        assert state["status"] == "DONE", state
        return run_id


async def enlarge_cover(
    site: Site, run_id: RunId, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give a book another cover, of which its events seem to speak."""
    path = site.application.artifacts.location(run_id, "cover.png")
    await anyio.Path(path).write_bytes(content)
    cover = Artifact("cover.png", "image/png", len(content), hashlib.sha256(content).hexdigest())

    def recorded(*_: object) -> Artifact:
        return cover

    monkeypatch.setattr(Media, "_recorded", recorded)


@contextmanager
def playing(site: Site, **engines: Engine) -> Iterator[None]:
    """The site, with other engines in the roles that are named."""
    cast = site.application.engines
    before = {role: getattr(cast, role) for role in engines}
    for role, engine in engines.items():
        msgspec.structs.force_setattr(cast, role, Candidates.only(Role(role), engine))
    try:
        yield
    finally:
        for role, candidates in before.items():
            msgspec.structs.force_setattr(cast, role, candidates)


async def eventually(holds: Callable[[], bool]) -> None:
    """Return once something holds that nobody announces."""
    with anyio.fail_after(30):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.005)


@asynccontextmanager
async def serving(
    folder: Path, *, limits: Limits | None = None, held: bool = False, **settings: Any
) -> AsyncIterator[Site]:
    """A site on a data folder; it stops as after a signal when the context is left.

    It lives in a task of its own: if the service breaks down, it is reported at the end rather
    than by cancelling whatever test (or fixture) happens to be running.
    """
    chosen = Settings(limits=limits or Limits(), **settings)
    entered: asyncio.Future[Site] = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()

    async def live() -> None:
        try:
            async with _site(folder, chosen, held) as site:
                entered.set_result(site)
                await leave.wait()
        except BaseException as error:
            if not entered.done():
                entered.set_exception(error)
            raise

    living = asyncio.create_task(live())
    try:
        yield await entered
    finally:
        leave.set()
        await living


@asynccontextmanager
async def _site(folder: Path, settings: Settings, held: bool) -> AsyncIterator[Site]:
    engines = Scripted(held=held)
    ready = anyio.Event()
    with listen("127.0.0.1", 0) as listening:
        url = url_of(listening)
        async with (
            open_application(settings, folder, engines=engines.engines) as application,
            httpx.AsyncClient(base_url=url, timeout=30) as client,
            anyio.create_task_group() as tasks,
        ):
            app = HttpApp(application)
            server = make_server(app, on_ready=ready.set)

            async def run() -> None:
                with anyio.CancelScope(shield=True):  # only `stop` lets it close its sockets
                    await server.serve(sockets=[listening])

            tasks.start_soon(run)
            try:
                await ready.wait()
                yield Site(application, app, server, engines, url, client)
            finally:
                server.stop()
