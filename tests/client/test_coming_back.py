"""A run is followed through cuts, silence, and a server that is killed and started again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import msgspec
import pytest

from storybook.book import RunId
from storybook.client import RunUpdate, StorybookClient
from storybook.http.run_state import Progress
from storybook.run import Status
from storybook.settings import Limits
from tests.client.cutting import cutting
from tests.deploy.paced_program import pace_file
from tests.http.serving import WORDS, Site, serving
from tests.whole.server import Server, follow
from tests.whole.server import serving as in_a_process

pytestmark = pytest.mark.anyio

PACED = "tests.deploy.paced_program"


async def a_moment(seconds: float) -> None:
    """Waits as the client is told to, a hundred times faster."""
    await anyio.sleep(seconds / 100)


async def all_told(client: StorybookClient, run_id: RunId, seen: list[RunUpdate]) -> None:
    async for it in client.follow(run_id, 0):
        if isinstance(it, RunUpdate):
            seen.append(it)


def changes(server: Server, run_id: str) -> list[RunUpdate]:
    """What the server itself says of a book that has ended, to another client."""
    told = follow(server, run_id)
    return [RunUpdate(int(at), msgspec.json.decode(data, type=Progress)) for at, data in told]


async def test_every_update_comes_once_however_often_it_is_cut(site: Site) -> None:
    """Within messages, too, a few hundred bytes after the head of each answer."""
    run_id = await site.finished_book()
    async with StorybookClient(site.url) as client:
        whole: list[RunUpdate] = []
        await all_told(client, run_id, whole)
    async with cutting(site.port) as proxy, StorybookClient(proxy.url, pause=a_moment) as client:
        for proxy.most in (901, 1_003, 1_203):
            before, seen = proxy.accepted, list[RunUpdate]()
            with anyio.fail_after(30):
                await all_told(client, run_id, seen)
            assert seen == whole
            assert proxy.accepted >= before + 2


async def test_silence_is_no_end(tmp_path: Path) -> None:
    """A connection that says nothing for too long is given up, and another one made."""
    limits = Limits(keepalive_seconds=60)
    async with serving(tmp_path, limits=limits, held=True) as site:
        run_id, seen = await site.order(), list[RunUpdate]()
        async with cutting(site.port) as proxy, anyio.create_task_group() as tasks:
            proxy.most = None
            async with StorybookClient(proxy.url, silence=0.1, pause=a_moment) as client:
                tasks.start_soon(all_told, client, run_id, seen)
                with anyio.fail_after(30):
                    while proxy.accepted < 3:  # noqa: ASYNC110 - the proxy sets no event
                        await anyio.sleep(0.01)
                await client.cancel(run_id)
                with anyio.fail_after(30):
                    while not seen or not seen[-1].progress.status.has_ended:  # noqa: ASYNC110
                        await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()
        assert len({it.id for it in seen}) == len(seen)


@pytest.mark.slow
async def test_a_server_that_is_killed_and_started_again_is_followed_on(tmp_path: Path) -> None:
    """Asked for while it is away, too: the book is there once, and each change is told once."""
    pace = pace_file(tmp_path / "data")
    pace.write_text("0")
    start = partial(in_a_process, tmp_path / "data", PACED, limits_shutdown_seconds="0")
    seen: list[RunUpdate] = []

    async def is_painted(page: int) -> None:
        pace.write_text(str(page))
        with anyio.fail_after(60):
            while not any(it.progress.ready_max_page >= page for it in seen):  # noqa: ASYNC110
                await anyio.sleep(0.02)  # another process sets no event

    with start() as first:
        async with (
            cutting(port_of(first)) as proxy,
            StorybookClient(proxy.url, pause=a_moment, patience=60) as client,
            anyio.create_task_group() as tasks,
        ):
            proxy.most = 3_000
            run_id = await client.create(WORDS)
            tasks.start_soon(all_told, client, run_id, seen)
            await is_painted(1)
            first.kill()
            with anyio.fail_after(60):
                accepted = proxy.accepted
                while proxy.accepted < accepted + 2:  # noqa: ASYNC110 - as above
                    await anyio.sleep(0.02)
            with start() as second:
                proxy.port = port_of(second)
                again = await client.create(WORDS, key="again")
                assert await client.create(WORDS, key="again") == again
                await is_painted(4)
                with anyio.fail_after(60):
                    while seen[-1].progress.status is not Status.DONE:  # noqa: ASYNC110
                        await anyio.sleep(0.02)
                assert seen == changes(second, run_id)


def port_of(server: Server) -> int:
    return int(server.url.rsplit(":", 1)[1])
