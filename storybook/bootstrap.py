"""The composition root: the one file that knows every part, and builds the application of them."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from storybook import __version__
from storybook.access import Access
from storybook.application import Application
from storybook.clock import Clock, SystemClock
from storybook.commands import Commands
from storybook.data_folder import DataFolder
from storybook.deriving import finish_sharing
from storybook.estimates import Estimates
from storybook.events.log import EventLog, LogDamaged
from storybook.events.parked import ParkedRuns
from storybook.evidence import EvidenceMissing, look_for_evidence, set_aside
from storybook.export.keeping import KeptCopies, clear_workspace
from storybook.export.making import CopyMakings
from storybook.projections.library import open_runs
from storybook.projections.projector import Projections
from storybook.projections.timings import recent_of_roles
from storybook.repair import Repairs
from storybook.retention import Retention, kept_by
from storybook.settings import Settings, SettingsError
from storybook.stages.devices import Devices
from storybook.stages.engine_places import EnginePlaces
from storybook.stages.handlers import Tools
from storybook.stages.outages import Outages
from storybook.stages.progress import WorkProgress
from storybook.stages.registry import Engines, Idling, choose_engines
from storybook.stages.runner import Runner
from storybook.stages.writer.check import PageCheck, default_check
from storybook.stopping import StopRequest
from storybook.stores.backup.last import last_backup
from storybook.stores.files import FileArtifactStore
from storybook.stores.owners import new_owner
from storybook.stores.sqlite.access import read_access, state_of_access
from storybook.stores.sqlite.holder import WriteLock
from storybook.stores.sqlite.leases import SqliteLeases
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.observer import AppendObserver
from storybook.stores.sqlite.verdict import verdict_of
from storybook.stores.sqlite.webhooks import SqliteDeliveries
from storybook.telemetry.attempts import AttemptHandler, Ended
from storybook.telemetry.lines import log_ended
from storybook.telemetry.metrics import Metrics

logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_application(
    settings: Settings,
    data: Path,
    *,
    clock: Clock | None = None,
    engines: Engines | None = None,
    check: PageCheck | None = None,
    accept_loss: bool = False,
    stop: StopRequest | None = None,
) -> AsyncIterator[Application]:
    """The application on a data folder, working until the context is left.

    `engines` and `check` (what every page goes through before it stands) are those of the settings
    if they are not given; `stop` tells the runner of a stop before the context is left. In a folder
    that cannot be written all that only reads is served, and nothing is worked on. Raises
    `LogLocked` if another process works on the same folder, `SettingsError` for settings that
    cannot be used, and `EvidenceMissing` if the log lacks what the rest of the folder shows;
    `accept_loss` sets that aside instead.
    """
    clock = clock or SystemClock()
    check = check or page_check(settings)
    folder, parked, metrics = DataFolder(data), ParkedRuns(), Metrics()
    may_write = folder.can_be_written
    await to_thread.run_sync(_face_loss, folder, clock, accept_loss)
    await to_thread.run_sync(make_folder, folder)
    async with (
        _open_log(folder.log, clock, may_write, metrics) as log,
        Projections.open(folder.projections, log, keep=may_write, parked=parked) as projections,
    ):
        engines = engines or await choose_engines(settings, data)
        commands = Commands(log)
        artifacts = FileArtifactStore(folder.outputs)
        outages = Outages(settings.limits.outage_minutes, random.random)
        devices = Devices(settings.devices.roomy, settings.devices.patience_seconds)
        repairs = Repairs(
            log,
            commands,
            engines,
            artifacts,
            places=EnginePlaces(devices, clock),
            timeout_seconds=settings.limits.stage_timeout_seconds,
        )
        application = Application(
            settings,
            clock,
            log,
            commands,
            projections,
            artifacts,
            WorkProgress(),
            engines,
            check,
            Retention(
                kept_by(settings.retention, by_default=folder.created_by.exists()),
                log,
                commands,
                projections,
                artifacts,
                clock,
                parked,
            ),
            repairs,
            CopyMakings(log, artifacts, KeptCopies(artifacts, folder.keys, folder.in_hand), clock),
            parked,
            _access(folder),
            [projections.subscription],
            outages=outages if log.takes_appends else None,
            deliveries=SqliteDeliveries(folder.webhooks) if log.takes_appends else None,
            metrics=metrics,
            attempts=AttemptHandler(log, partial(_tell, metrics)) if log.takes_appends else None,
            estimates=await _estimates(log, clock, projections, outages)
            if log.takes_appends
            else None,
            usage=folder.usage,
            verdict=partial(verdict_of, folder.log),
            last_backup=partial(last_backup, folder.last_backup),
        )
        try:
            async with (
                anyio.create_task_group() as tasks,
                _working(application, folder, devices, outages, stop or StopRequest())
                if log.takes_appends
                else nullcontext(),
            ):
                tasks.start_soon(log.look_for_damage)
                tasks.start_soon(application.copies.run)
                yield application
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()


def make_folder(folder: DataFolder) -> None:
    """A data folder where there is none yet, with the version that made it. Raises `OSError`."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if folder.can_be_written and not folder.log.exists():
        folder.created_by.write_text(f"{__version__}\n", encoding="utf-8")


def _access(folder: DataFolder) -> Access:
    """Who is let in, as the folder says it now. What cannot be read lets nobody in."""
    access = Access(partial(read_access, folder.access), partial(state_of_access, folder.access))
    access.refresh()
    return access


@asynccontextmanager
async def _working(
    application: Application,
    folder: DataFolder,
    devices: Devices,
    outages: Outages,
    stop: StopRequest,
) -> AsyncIterator[None]:
    """Makes books, mends them and removes old ones."""
    it = application
    await finish_sharing(it.log, it.artifacts)
    await to_thread.run_sync(clear_workspace, folder.in_hand)
    with closing(SqliteLeases(folder.leases, it.clock.monotonic)) as leases:
        runner = Runner(
            it.log,
            it.commands,
            Tools(it.engines, it.artifacts, it.check),
            it.live,
            leases,
            clock=it.clock,
            limits=it.settings.limits,
            owner=new_owner(),
            chance=random.random,
            devices=devices,
            outages=outages,
            stop=stop,
            parked=it.parked,
        )
        open_now = await it.projections.ask(open_runs)
        assert it.attempts is not None and it.estimates is not None
        watching = await it.attempts.take_up(open_now, it.parked)
        estimating = await it.estimates.take_up(open_now, it.parked)
        async with anyio.create_task_group() as tasks, runner.running(open_now) as following:
            it.subscriptions.extend([following, watching, estimating])
            tasks.start_soon(watching.run)
            tasks.start_soon(estimating.run)
            tasks.start_soon(it.forgetting.finish)
            tasks.start_soon(it.retention.run)
            tasks.start_soon(it.repairs.run)
            tasks.start_soon(it.engines.keep_looking, it.clock)
            for _, engine in it.engines.all():
                if isinstance(engine, Idling):
                    tasks.start_soon(engine.unload_when_idle)
            yield
            tasks.cancel_scope.cancel()


async def _estimates(
    log: EventLog, clock: Clock, projections: Projections, outages: Outages
) -> Estimates:
    recent = await projections.ask(recent_of_roles)
    return Estimates(log, clock, recent, outages.is_away)


def _tell(metrics: Metrics, ended: Ended) -> None:
    metrics.ended(ended)
    log_ended(ended)


def _face_loss(folder: DataFolder, clock: Clock, accept_loss: bool) -> None:
    missing = look_for_evidence(folder)
    if missing is None:
        return
    if not accept_loss:
        raise EvidenceMissing(folder, missing)
    with closing(WriteLock(folder.log)):
        aside = set_aside(folder, missing, clock.now())
    logger.warning("accepted: %s; what shows it is in %s", "; ".join(missing.sentences), aside)


@asynccontextmanager
async def _open_log(
    path: Path, clock: Clock, may_write: bool, observer: AppendObserver
) -> AsyncIterator[SqliteLog]:
    """The log for writing; for reading, and without its lock, where nothing can be written, or
    nothing can follow its end, which is damaged."""
    async with AsyncExitStack() as stack:
        if may_write:
            try:
                opening = SqliteLog.open(path, clock=clock.now, observer=observer)
                log = await stack.enter_async_context(opening)
            except LogDamaged as error:
                log = await stack.enter_async_context(SqliteLog.read_only(path, str(error)))
        else:
            log = await stack.enter_async_context(SqliteLog.read_only(path))
        yield log


def page_check(settings: Settings) -> PageCheck:
    """What every page goes through before it stands. Raises `SettingsError`."""
    words = settings.writer.forbidden_words
    try:
        return default_check(Path(words) if words else None)
    except (OSError, ValueError) as error:
        raise SettingsError(f"settings: forbidden_words in [writer]: {words}: {error}") from error
