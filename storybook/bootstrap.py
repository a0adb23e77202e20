"""The composition root: the one file that knows every part, and builds the application of them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio

from storybook.application import Application
from storybook.clock import Clock, SystemClock
from storybook.commands import Commands
from storybook.data_folder import DataFolder
from storybook.events.parked import ParkedRuns
from storybook.projections.projector import Projections
from storybook.retention import Retention
from storybook.settings import Settings, SettingsError
from storybook.stages.choice import Engines, Idling, choose_engines
from storybook.stages.devices import Devices
from storybook.stages.handlers import Tools
from storybook.stages.progress import WorkProgress
from storybook.stages.runner import Runner
from storybook.stages.writer.check import PageCheck, default_check
from storybook.stopping import StopRequest
from storybook.stores.files import ArtifactStore
from storybook.stores.leases import Leases
from storybook.stores.owners import new_owner
from storybook.stores.sqlite.leases import SqliteLeases
from storybook.stores.sqlite.log import SqliteLog


@asynccontextmanager
async def open_application(
    settings: Settings,
    data: Path,
    *,
    clock: Clock | None = None,
    engines: Engines | None = None,
    check: PageCheck | None = None,
    stop: StopRequest | None = None,
) -> AsyncIterator[Application]:
    """The application on a data folder, working until the context is left.

    `engines` and `check` (what every page goes through before it stands) are those of the settings
    if they are not given; `stop` tells the runner of a stop before the context is left. Raises
    `LogLocked` if another process works on the same folder, and `SettingsError` for settings that
    cannot be used.
    """
    clock = clock or SystemClock()
    check = check or _page_check(settings)
    folder, parked = DataFolder(data), ParkedRuns()
    await anyio.Path(data).mkdir(parents=True, exist_ok=True)
    async with (
        SqliteLog.open(folder.log, clock=clock.now) as log,
        Projections.open(folder.projections, log, parked=parked) as projections,
        _leases(folder, clock) as leases,
    ):
        engines = engines or await choose_engines(settings, data)
        commands = Commands(log)
        artifacts = ArtifactStore(folder.outputs)
        live = WorkProgress()
        retention = Retention(settings.retention, commands, projections, artifacts, clock)
        application = Application(
            settings,
            data,
            clock,
            log,
            commands,
            projections,
            artifacts,
            live,
            engines,
            check,
            retention,
            parked,
        )
        runner = Runner(
            log,
            commands,
            Tools(engines, artifacts, check),
            live,
            leases,
            clock=clock,
            limits=settings.limits,
            owner=new_owner(),
            chance=random.random,
            devices=Devices(settings.devices.roomy, settings.devices.patience_seconds),
            stop=stop or StopRequest(),
            parked=parked,
        )
        try:
            async with (
                anyio.create_task_group() as tasks,
                runner.running(await projections.open_runs()) as following,
            ):
                application.subscriptions.append(following)
                tasks.start_soon(retention.run)
                for engine in engines.by_role().values():
                    if isinstance(engine, Idling):
                        tasks.start_soon(engine.unload_when_idle)
                yield application
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()


@asynccontextmanager
async def _leases(folder: DataFolder, clock: Clock) -> AsyncIterator[Leases]:
    with closing(SqliteLeases(folder.leases, clock.monotonic)) as leases:
        yield leases


def _page_check(settings: Settings) -> PageCheck:
    words = settings.writer.forbidden_words
    try:
        return default_check(Path(words) if words else None)
    except (OSError, ValueError) as error:
        raise SettingsError(f"settings: forbidden_words in [writer]: {words}: {error}") from error
