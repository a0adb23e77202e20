"""Places at engines for work that is not the runner's: they are shared with the books in hand; and
what else is done with an engine between two pieces of work."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from storybook.book import RunId, Work
from storybook.clock import Clock
from storybook.engines import Engine
from storybook.events.log import Position
from storybook.stages.devices import Devices, Unload
from storybook.stages.outages import Absence
from storybook.stages.work_queue import QueuedWork

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
"""How long an engine that was away may take to be looked at: a ComfyUI that lists all its nodes has
taken 15."""


class EnginePlaces:
    """Takes a place as the runner does, and waits for it while books have all of them."""

    def __init__(self, devices: Devices, clock: Clock) -> None:
        self._devices, self._clock = devices, clock

    @asynccontextmanager
    async def taken(self, run_id: RunId, work: Work, engine: Engine) -> AsyncIterator[None]:
        """A place at an engine, whose device has been made free for it, for as long as this is
        open."""
        wish = QueuedWork(run_id, work, 0, self._clock.monotonic(), Position(0)), engine
        while True:
            changed = self._devices.changed.next
            match self._devices.admit([wish], self._clock.monotonic()):
                case [Unload() as first]:
                    try:
                        await unload(first)
                    finally:
                        self._devices.freed(first.device)
                case []:
                    await changed.wait()
                case _:
                    break
        try:
            yield
        finally:
            self._devices.release(engine)


async def unload(it: Unload) -> None:
    """Let an engine let go of its device, to the end also if this is cancelled: both models would
    stay there. Whether it could or not, the next one is tried."""
    try:
        with anyio.CancelScope(shield=True):
            await it.engine.unload()
    except Exception:  # the new one may fit all the same; if not, it fails and says so
        logger.warning("%s could not be unloaded", it.engine.info.name, exc_info=True)


async def look_at(engine: Engine) -> Absence | None:
    """Whether an engine that was away is so still. One that answers and cannot work is not: the
    work that is tried next is told what there is to mend."""
    mend = "Look into its log; it may still be starting"
    try:
        with anyio.fail_after(LOOK_SECONDS):
            found = await engine.readiness()
    except TimeoutError:
        return Absence(f"it could not be looked at within {LOOK_SECONDS:g} s", mend)
    except Exception as error:  # it is not to fail; whatever it is, the work finds out
        logger.warning("%s could not be looked at", engine.info.name, exc_info=error)
        return None
    return Absence(found.why, found.mend) if found.away else None
