"""Erases runs: what their events said, their files, what is shown of them, and what was to be told.

The log goes first; a process that dies after that has the rest removed at the next start.
"""

from __future__ import annotations

import logging

import msgspec

from storybook.book import RunId
from storybook.commands import Commands
from storybook.projections.confirming import confirm
from storybook.projections.forgotten import all_forgotten
from storybook.projections.projector import Projections, ProjectionsBusy
from storybook.stores.artifacts import ArtifactStore, CannotRemove
from storybook.stores.deliveries import Deliveries, DeliveriesUnavailable

logger = logging.getLogger(__name__)


class Forgetting(msgspec.Struct, frozen=True):
    """All places where something of a run may be."""

    commands: Commands
    projections: Projections
    artifacts: ArtifactStore
    deliveries: Deliveries | None
    """None where nothing can be written."""

    async def forget(self, run_id: RunId, by: str) -> None:
        """Erase a run. Raises `NoSuchRun`, `ForgottenRun`, `LogError`, or `CannotRemove`: its files
        then go at the next start."""
        position = await self.commands.forget(run_id, by)
        try:
            await self._forget_deliveries(run_id)
            await self.artifacts.forget(run_id)
        finally:
            await confirm(self.projections, run_id, position)
            await self._forget_moved_rows()

    async def finish(self) -> None:
        """Remove what a process that died while it forgot runs has left of their files."""
        forgotten = await self.projections.ask(all_forgotten)
        if not forgotten:
            return
        await self._forget_deliveries(*forgotten)
        for run_id in forgotten:
            try:
                await self.artifacts.forget(run_id)
            except CannotRemove as error:
                logger.error("run %s was forgotten, and has files left: %s", run_id, error)
        await self._forget_moved_rows()

    async def _forget_deliveries(self, *run_ids: RunId) -> None:
        if self.deliveries is not None:
            try:
                await self.deliveries.forget(*run_ids)
            except DeliveriesUnavailable as error:
                logger.error("webhooks may know of runs that were forgotten: %s", error)

    async def _forget_moved_rows(self) -> None:
        try:
            await self.projections.write_anew()
        except ProjectionsBusy as error:
            logger.error("what was forgotten may have left traces until the next start: %s", error)
