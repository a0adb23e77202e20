"""Who was to be told of a run is forgotten with it, whatever the settings say by then."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from storybook.book import RunId, StoryRequest
from storybook.commands import Commands
from storybook.events.log import START, Position
from storybook.notifier import Notifier
from storybook.run import cancel_run, request_run
from storybook.stores.deliveries import DeliveriesUnavailable, Delivery
from storybook.stores.sqlite.webhooks import SqliteDeliveries, read_deliveries
from storybook.webhooks.notices import HEARD
from storybook.webhooks.planner import Planner
from tests.http.serving import eventually, serving
from tests.stores.memory_log import MemoryLog
from tests.webhooks.conftest import LOCAL

pytestmark = pytest.mark.anyio
RUN = RunId("a" * 32)
NOBODY = "http://127.0.0.1:9/hushed"
"""Who is to be told, and cannot be reached."""


def is_known(folder: Path) -> bool:
    """Whether a byte of the file says who was to be told."""
    return b"/hushed" in (folder / "webhooks.db").read_bytes()


async def planned_for(folder: Path) -> RunId:
    """A run of which somebody was to be told; its server has stopped."""
    async with serving(folder, webhooks=LOCAL) as site:
        run_id = await site.finished_book(callback_url=NOBODY)
        await eventually(lambda: bool(read_deliveries(folder / "webhooks.db", run_id, 1)))
    assert is_known(folder)
    return run_id


@pytest.mark.slow
async def test_webhooks_are_off(tmp_path: Path) -> None:
    """Nothing is sent any more, and what was to be sent goes all the same."""
    run_id = await planned_for(tmp_path)
    async with serving(tmp_path) as site:
        assert (await site.client.delete(f"/api/runs/{run_id}")).status_code == 204
        assert not is_known(tmp_path)
    assert read_deliveries(tmp_path / "webhooks.db", None, 9) == []


@pytest.mark.slow
async def test_the_next_start_finishes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file could not be written meanwhile, or the process died."""
    run_id = await planned_for(tmp_path)

    async def refuse(*_: object) -> None:
        raise DeliveriesUnavailable("busy")

    async with serving(tmp_path) as site:
        with monkeypatch.context() as patched:
            patched.setattr(SqliteDeliveries, "forget", refuse)
            assert (await site.client.delete(f"/api/runs/{run_id}")).status_code == 204
    assert is_known(tmp_path)
    async with serving(tmp_path):
        await eventually(lambda: not is_known(tmp_path))


class ForgottenMeanwhile(SqliteDeliveries):
    """The run is forgotten after the planner has looked at it, and before that is kept."""

    def __init__(self, path: Path, log: MemoryLog) -> None:
        super().__init__(path)
        self._log = log

    async def plan(self, planned: Sequence[Delivery], cursor: Position, now: int) -> None:
        if planned:
            await Commands(self._log).forget(RUN)
            await self.forget(RUN)
        await super().plan(planned, cursor, now)


async def test_what_is_planned_meanwhile_goes_too(tmp_path: Path) -> None:
    """The planner hears that the run was forgotten right after it has planned."""
    log = MemoryLog()
    words = StoryRequest("옛날", "숲속", "토끼", "우정")
    request = partial(request_run, request=words, seed=7, tts=None, callback_url=NOBODY)
    await Commands(log).execute(RUN, request)
    await Commands(log).execute(RUN, cancel_run)
    planner = Planner(log, ForgottenMeanwhile(tmp_path / "webhooks.db", log), lambda: 1, Notifier())
    told = [it for it in await log.read(START, 100) if it.type in HEARD]
    await planner.handle(told)
    assert is_known(tmp_path)
    await planner.handle([it for it in await log.read(START, 100) if it.type in HEARD][:1])
    later = [it for it in await log.read(told[-1].position, 100) if it.type in HEARD]
    await planner.handle(later)
    assert not is_known(tmp_path)
