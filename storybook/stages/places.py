"""Places at engines for work that is not the runner's: they are shared with the books in hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storybook.book import RunId, Work
from storybook.clock import Clock
from storybook.stages.agenda import Ticket
from storybook.stages.devices import Devices
from storybook.stages.engines import Engine


class Places:
    """Takes a place as the runner does, and waits for it while books have all of them."""

    def __init__(self, devices: Devices, clock: Clock) -> None:
        self._devices, self._clock = devices, clock

    @asynccontextmanager
    async def taken(self, run_id: RunId, work: Work, engine: Engine) -> AsyncIterator[None]:
        """A place at an engine, whose device has been made free for it, for as long as this is
        open."""
        asked_at = self._clock.now()
        wish = Ticket(run_id, work, 0, asked_at, asked_at, asked_at), engine
        while True:
            changed = self._devices.changed.next
            if self._devices.admit([wish], self._clock.now()):
                break
            await changed.wait()
        try:
            await self._devices.make_room(engine)
            yield
        finally:
            self._devices.release(engine)
