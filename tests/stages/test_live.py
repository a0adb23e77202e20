"""Progress inside a stage, for live listeners."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from storybook.book import WRITING
from storybook.stages.live import LiveProgress
from tests.engines import run_id

pytestmark = pytest.mark.anyio
RUN = run_id(1)


async def test_a_report_from_a_thread_wakes_who_waits() -> None:
    """Engines report from threads; the listener sees the fraction."""
    live = LiveProgress()
    live.begin(RUN, WRITING)
    seen = live.version
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, live.report, RUN, WRITING, 0.25)
        with anyio.fail_after(5):
            assert await live.wait(seen) > seen
    assert live.current(RUN) == {WRITING: 0.25}


async def test_work_that_has_ended_is_forgotten_and_stays_so() -> None:
    """A late report does not bring ended work back."""
    live = LiveProgress()
    live.begin(RUN, WRITING)
    live.end(RUN, WRITING)
    live.report(RUN, WRITING, 0.9)
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    assert live.current(RUN) == {}


async def test_a_fraction_stays_between_nothing_and_all() -> None:
    """An engine that miscounts does no harm."""
    live = LiveProgress()
    live.begin(RUN, WRITING)
    live.report(RUN, WRITING, 7.0)
    await live.wait(live.version)
    assert live.current(RUN) == {WRITING: 1.0}
