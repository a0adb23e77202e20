"""How far each stage is, for whoever watches now. Nothing here is a fact worth keeping."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from storybook.book import RunId, Work
from storybook.wakeup import Wakeup


class LiveProgress:
    """The fraction done (0 to 1) of all work in hand, and a wake-up when one changes."""

    def __init__(self) -> None:
        # asyncio, since anyio has no way into the loop from a foreign thread that does not wait.
        self._loop = asyncio.get_running_loop()
        self._fractions: defaultdict[RunId, dict[Work, float]] = defaultdict(dict)
        self._version = 0
        self._changed = Wakeup()

    def report(self, run_id: RunId, work: Work, fraction: float) -> None:
        """Say how far a piece of work is. Safe from any thread; returns at once."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, run_id, work, fraction)

    def begin(self, run_id: RunId, work: Work) -> None:
        self._note(run_id, work, 0.0)

    def end(self, run_id: RunId, work: Work) -> None:
        """Forget work that is no longer in hand."""
        self._fractions[run_id].pop(work, None)
        if not self._fractions[run_id]:
            del self._fractions[run_id]
        self._wake()

    def current(self, run_id: RunId) -> dict[Work, float]:
        """The work of a run that is in hand, and how far it is."""
        return dict(self._fractions.get(run_id, {}))

    @property
    def version(self) -> int:
        """Grows with every change of anything."""
        return self._version

    async def wait(self, seen: int) -> int:
        """Return a version newer than `seen`, as soon as there is one."""
        while self._version <= seen:
            await self._changed.next.wait()
        return self._version

    def _note(self, run_id: RunId, work: Work, fraction: float) -> None:
        begins = fraction == 0.0
        if begins or work in self._fractions.get(run_id, {}):  # a late report of ended work is void
            self._fractions[run_id][work] = min(max(fraction, 0.0), 1.0)
            self._wake()

    def _wake(self) -> None:
        self._version += 1
        self._changed.ring()
