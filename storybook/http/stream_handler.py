"""What a stream's subscription hands over reaches its feed when the projections have applied it.

A client that is told of a picture and asks for the run's state at once must find the picture in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from storybook.events.log import Position, Recorded
from storybook.projections.projector import Projections, ProjectionsStopped

Take = Callable[[Sequence[Recorded]], None]
"""Takes events, in order, and never blocks. What it raises has it given the same events again."""


class StreamHandler:
    """The handler of a stream's subscription."""

    def __init__(self, projections: Projections, take: Take) -> None:
        self._projections, self._take = projections, take

    async def handle(self, batch: Sequence[Recorded]) -> None:
        await self.applied(batch[-1].position)
        self._take(batch)

    async def applied(self, position: Position) -> None:
        """Return when the projections have applied a position, or cannot for now: then streams
        tell more than states do, which is better than nothing."""
        with suppress(ProjectionsStopped):
            await self._projections.reached(position)
