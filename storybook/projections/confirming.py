"""Waits until readers see what was recorded, before that is answered."""

from __future__ import annotations

import logging
from typing import Final

import anyio

from storybook.book import RunId
from storybook.events.log import Position
from storybook.projections.projector import Projections, ProjectionsStopped

logger = logging.getLogger(__name__)

CONFIRM_SECONDS: Final = 5.0
"""How long the answer to a command waits for the projections to show what was recorded."""


async def confirm(projections: Projections, run_id: RunId, position: Position) -> None:
    """Wait a while until readers see an event of a run. A projection that cannot show it now fails
    nothing: whoever is refused after it was recorded asks again, and gets two."""
    why = f"not within {CONFIRM_SECONDS:g} s"
    with anyio.move_on_after(CONFIRM_SECONDS):
        try:
            await projections.reached(position)
        except ProjectionsStopped as error:
            why = str(error)
        else:
            return
    logger.warning("run %s: recorded, but readers do not see it yet: %s", run_id, why)
