"""A clock that a test moves by hand."""

from __future__ import annotations

from collections import Counter

from storybook.clock import MICROSECONDS
from storybook.notifier import Notifier


class ManualClock:
    """Stands still until it is advanced; sleepers wake when their moment has come. Its time of day
    can be set to another one, which wakes nobody."""

    def __init__(self, start: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._now, self._monotonic = start, 0
        self._moved = Notifier()
        self.sleepers: Counter[int] = Counter()
        """How many sleep until which moment."""

    def now(self) -> int:
        return self._now

    def monotonic(self) -> int:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += int(seconds * MICROSECONDS)
        self._monotonic += int(seconds * MICROSECONDS)
        self._moved.notify()

    def next_moment(self, most: int) -> int:
        """Until when nobody wakes, but at most until a moment."""
        moments = (it for it, sleepers in self.sleepers.items() if sleepers > 0)
        return min([most, *(it for it in moments if it > self._monotonic)])

    def jump(self, seconds: float) -> None:
        """Set the time of day, as an administrator or a time server does."""
        self._now += int(seconds * MICROSECONDS)

    async def sleep_until(self, moment: int) -> None:
        self.sleepers[moment] += 1
        try:
            while self._monotonic < moment:
                await self._moved.next.wait()
        finally:
            self.sleepers[moment] -= 1
