"""One tail of the log for all feeds, a step behind the projections.

An event is handed over when the projections have applied it: a client that is told of a picture and
asks for the run's state at once must find the picture in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import anyio

from storybook.events.log import START, EventLog, Position, Recorded
from storybook.projections.projector import Projections, ProjectionsStopped

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 1.0
"""How long the tail waits when the log cannot be read; it goes on where it was."""

Listener = Callable[[list[Recorded]], None]
"""Takes a batch of events, in order. Never blocks. What it raises is logged, and the batch is not
repeated: the next one finds it as it was left."""


class Tail:
    """Hands every event to all listeners. `position` is that of the last one handed over."""

    def __init__(self, log: EventLog, projections: Projections) -> None:
        self._log, self._projections = log, projections
        self._listeners: list[Listener] = []
        self.position: Position = START

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begin at the log's end, before the first request can ask for anything."""
        self.position = await self._log.head()

    async def run(self) -> None:
        """Follow the log until cancelled."""
        while True:
            try:
                async for batch in self._log.tail(self.position):
                    await self.caught_up(batch[-1].position)
                    self._hand_over(batch)
            except Exception:  # whatever it is, streams that fall silent for ever are worse
                logger.exception("the log cannot be followed; trying again")
            await anyio.sleep(RETRY_SECONDS)

    async def caught_up(self, position: Position) -> None:
        """Return when the projections have applied a position, or will never."""
        with suppress(ProjectionsStopped):
            await self._projections.reached(position)

    def _hand_over(self, batch: list[Recorded]) -> None:
        self.position = batch[-1].position
        for listener in self._listeners:
            try:
                listener(batch)
            except Exception:
                first, last = batch[0].position, batch[-1].position
                logger.exception("a listener failed at events %d to %d", first, last)
