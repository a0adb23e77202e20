"""Time comes in through the door: whoever needs it is handed a clock."""

from __future__ import annotations

import time
from typing import Protocol

import anyio

MICROSECONDS = 1_000_000


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return when `now()` has reached a moment."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000

    async def sleep_until(self, moment: int) -> None:
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110 - the machine's clock may jump
            await anyio.sleep(left / MICROSECONDS)
