"""The machine's clock: its time of day may be set while somebody waits by it."""

from __future__ import annotations

import anyio
import pytest

from storybook.clock import MICROSECONDS, SystemClock, sleep

pytestmark = pytest.mark.anyio


async def test_a_sleeper_wakes_when_its_moment_has_come() -> None:
    """Not before, and at once for a moment that is over."""
    clock = SystemClock()
    moment = clock.monotonic() + MICROSECONDS // 50
    with anyio.fail_after(30):
        await clock.sleep_until(moment)
        assert clock.monotonic() >= moment
        await clock.sleep_until(0)


async def test_a_time_of_day_that_is_set_moves_no_sleeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sleeps for a moment while the clock goes back an hour does not sleep that hour out."""
    hour = 3_600 * MICROSECONDS
    true = SystemClock.now
    clock = SystemClock()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep, clock, 0.02)
            await anyio.lowlevel.checkpoint()
            monkeypatch.setattr(SystemClock, "now", lambda self: true(self) - hour)
