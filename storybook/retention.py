"""Retention: the files of old books are removed, and the log says so; the log keeps everything."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from storybook.book import RunId
from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.commands import Commands
from storybook.events.log import LogError
from storybook.events.parked import RunParked
from storybook.projections.library import ended_before
from storybook.projections.projector import Projections, ProjectionsBusy, ProjectionsStopped
from storybook.run import Refused, kept_artifacts, prune_artifacts
from storybook.settings import RetentionSettings
from storybook.stores.artifacts import ArtifactError, ArtifactStore

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 3_600
"""How often retention looks for runs whose files are due: a file may stay an hour too long."""

DAY: Final = 86_400 * MICROSECONDS


class Retention:
    """Removes what the settings no longer keep."""

    def __init__(
        self,
        settings: RetentionSettings,
        commands: Commands,
        projections: Projections,
        artifacts: ArtifactStore,
        clock: Clock,
    ) -> None:
        self._settings, self._commands, self._projections = settings, commands, projections
        self._artifacts, self._clock = artifacts, clock

    async def run(self) -> None:
        """Remove what is due, and look again every hour, until cancelled."""
        while True:
            try:
                await self.prune()
            except (ProjectionsBusy, ProjectionsStopped):  # everybody else hears of it too
                logger.exception("retention cannot look for old files")
            await sleep(self._clock, LOOK_SECONDS)

    async def prune(self) -> None:
        """Remove the files that are no longer kept."""
        days = self._settings.keep_days
        if not days:
            return
        for run_id in await self._projections.ask(ended_before, self._clock.now() - days * DAY):
            try:
                await self._prune_run(run_id)
            except RunParked:  # nobody knows what the events say that cannot be read
                continue
            except (ArtifactError, LogError, Refused):  # tried again next time; the others go on
                logger.exception("run %s: its old files could not be removed", run_id)

    async def _prune_run(self, run_id: RunId) -> None:
        """Remove, then record: what is left half done is found and finished the next time."""
        run = await self._commands.load(run_id)
        if run is None or not run.status.has_ended:
            return  # it was retried since the views were asked: it needs what it has
        names = [it.name for it in kept_artifacts(run).values()]
        if names:
            await self._artifacts.remove(run_id, names)
            await self._commands.execute(run_id, partial(prune_artifacts, names=names))
            logger.info("run %s: %d files removed by retention", run_id, len(names))
