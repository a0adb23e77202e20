"""A server that is killed while it tells of a book: nothing is lost, repetitions are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread

from tests.webhooks.receivers import VARIABLE, Receiving, Sent
from tests.whole.server import Server

pytestmark = pytest.mark.anyio
SETTINGS = {
    "webhooks_allowed_hosts": "127.0.0.1",
    "webhooks_secret_variable": VARIABLE,
    "webhooks_private_addresses": "true",
}
KILLS = 2


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Server]:
    """A server that is killed at the end."""
    server = await to_thread.run_sync(partial(Server, data, "storybook", None, **SETTINGS))
    try:
        yield server
    finally:
        server.kill()
        server.log.close()


def has_come(count: int, sent: list[Sent]) -> bool:
    return len(sent) >= count


@pytest.mark.slow
async def test_a_crash_loses_no_notice(tmp_path: Path, receiver: Receiving) -> None:
    """It is killed while a notice is sent to a receiver that has it and has not answered. In the
    end every notice has come, each time with its id and body. Takes the time of three starts."""
    data, run_id = tmp_path / "data", ""
    receiver.hangs = True
    for _ in range(KILLS):
        async with running(data) as server:
            if not run_id:
                ask = partial(server.request, callback_url=receiver.url(), tts_enabled=False)
                run_id = await to_thread.run_sync(ask)
            more = len(receiver.sent) + 1
            await receiver.until(partial(has_come, more))
    receiver.hangs = False
    async with running(data):
        await receiver.until(lambda sent: len({it.id for it in sent}) == 6)
    bodies = defaultdict(set)
    for sent in receiver.sent:
        bodies[sent.id].add(sent.body)
    assert all(len(it) == 1 for it in bodies.values())
    assert len(receiver.sent) > len(bodies), "none was sent twice: it was not killed in time"
    kinds = sorted(sent.told["type"] for sent in {it.id: it for it in receiver.sent}.values())
    assert kinds == ["page.ready"] * 5 + ["run.done"]
