"""A clock that a test moves by hand."""

from __future__ import annotations

from storybook.clock import MICROSECONDS
from storybook.notifier import Notifier


class ManualClock:
    """Stands still until it is advanced; sleepers wake when their moment has come."""

    def __init__(self, start: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._now = start
        self._moved = Notifier()

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * MICROSECONDS)
        self._moved.notify()

    async def sleep_until(self, moment: int) -> None:
        while self._now < moment:
            await self._moved.next.wait()
