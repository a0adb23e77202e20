"""Time comes in through the door: whoever needs it is handed a clock.

A clock has two sides. `now` is the time of day, which people and events are told; it may be set at
any moment, forwards or back. `monotonic` only goes on, and is what waiting is measured by.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final, Protocol

import anyio

MICROSECONDS: Final = 1_000_000


def utc_text(now: int) -> str:
    """A time of day (microseconds since 1970) for people: `2026-01-31 09:00:00 UTC`."""
    return datetime.fromtimestamp(now // MICROSECONDS, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...

    def monotonic(self) -> int:
        """Microseconds since a moment that nobody knows; never goes back, never jumps."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return when `monotonic()` has reached a moment."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000

    def monotonic(self) -> int:
        return time.monotonic_ns() // 1_000

    async def sleep_until(self, moment: int) -> None:
        # Again, since the loop's timers may be a little early.
        while (left := moment - self.monotonic()) > 0:  # noqa: ASYNC110 - time sets no event
            await anyio.sleep(left / MICROSECONDS)


async def sleep(clock: Clock, seconds: float) -> None:
    """Return when so many seconds have passed on a clock."""
    await clock.sleep_until(clock.monotonic() + int(seconds * MICROSECONDS))
