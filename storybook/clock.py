"""Time comes in through the door: whoever needs it is handed a clock."""

from __future__ import annotations

import time
from typing import Final, Protocol

import anyio

MICROSECONDS: Final = 1_000_000
SLICE_SECONDS: Final = 1.0
"""How long a sleeper goes without looking at the clock."""


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
        # In slices: the machine's clock may be set meanwhile, and then the moment comes earlier.
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110 - nobody tells when it is set
            await anyio.sleep(min(left / MICROSECONDS, SLICE_SECONDS))
