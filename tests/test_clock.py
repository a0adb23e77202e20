"""The machine's clock, which may be set while somebody sleeps by it."""

from __future__ import annotations

import anyio
import pytest

import storybook.clock
from storybook.clock import MICROSECONDS, SystemClock

pytestmark = pytest.mark.anyio


async def test_a_sleeper_wakes_when_its_moment_has_come() -> None:
    """Not before, and at once for a moment that is over."""
    clock = SystemClock()
    moment = clock.now() + MICROSECONDS // 50
    with anyio.fail_after(5):
        await clock.sleep_until(moment)
        assert clock.now() >= moment
        await clock.sleep_until(0)


async def test_a_clock_that_is_set_right_again_wakes_its_sleepers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who sleeps by a clock that went back an hour does not sleep that hour out."""
    monkeypatch.setattr(storybook.clock, "SLICE_SECONDS", 0.01)
    clock = SystemClock()
    hour = 3_600 * MICROSECONDS
    wrong = {"by": -hour}
    true = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: true(self) + wrong["by"])
    moment = clock.now() + hour
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep_until, moment)
            await anyio.sleep(0.02)
            wrong["by"] = 0
