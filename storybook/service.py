"""The composition root: the one file that knows every part, and builds the service of them."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import secrets
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec

from storybook.book import RunId, StoryRequest, TtsConfig
from storybook.clock import MICROSECONDS, Clock, SystemClock
from storybook.commands import Commands, Decide, TooManyRuns
from storybook.data_folder import DataFolder
from storybook.events.log import EventLog, LogError
from storybook.events.sqlite import SqliteLog
from storybook.projections.projector import Projections, ProjectionsBusy, ProjectionsStopped
from storybook.request import InvalidRequest
from storybook.run import Refused, Run, cancel_run, prune_artifacts, request_run, retry_run
from storybook.settings import Settings, SettingsError
from storybook.stages.artifacts import ArtifactStore
from storybook.stages.choice import Engines, Idling, choose_engines
from storybook.stages.devices import Devices
from storybook.stages.live import LiveProgress
from storybook.stages.runner import Runner
from storybook.stages.writer.check import PageCheck, default_check

logger = logging.getLogger(__name__)

RETENTION_SECONDS: Final = 3_600
"""How often retention looks for runs whose files are due: a file may stay an hour too long."""

CONFIRM_SECONDS: Final = 5.0
"""How long the answer to a command waits for the projections to show what was recorded."""

DAY: Final = 86_400 * MICROSECONDS


class IdempotencyMismatch(Refused):
    """The same idempotency key came with another request."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request; use a new key for a new book"
        )


class Service(msgspec.Struct, frozen=True):
    """The service, running. Everything that a request or a command needs hangs here."""

    settings: Settings
    data: Path
    clock: Clock
    log: EventLog
    commands: Commands
    projections: Projections
    artifacts: ArtifactStore
    live: LiveProgress
    engines: Engines
    check: PageCheck = msgspec.field(default_factory=default_check)
    queueing: anyio.Lock = msgspec.field(default_factory=anyio.Lock)

    async def request_run(
        self,
        request: StoryRequest,
        tts: TtsConfig | None,
        *,
        seed: int | None = None,
        idempotency_key: str = "",
        requested_by: str = "",
        admit: Callable[[], None] | None = None,
    ) -> RunId:
        """Ask for a book; `tts` None leaves it unread. Answered when every reader can see it, or
        some seconds after it was recorded.

        `admit` is called if that is no repetition; whatever it raises refuses the book.

        The run id of a request with an idempotency key follows from the key, so that the log's own
        optimistic lock finds the repetition. Raises `IdempotencyMismatch`, `TooManyRuns`, or
        `InvalidRequest` for words of which no book can be made here.
        """
        run_id = _run_id(idempotency_key, requested_by)
        decide = partial(
            request_run,
            request=request,
            seed=secrets.randbelow(2**32) if seed is None else seed,
            tts=tts,
            idempotency_key=idempotency_key,
            requested_by=requested_by,
        )
        try:
            if idempotency_key:
                before = await self.commands.load(run_id)
                if before is not None:
                    return _same_request(run_id, before, request, tts)
            if admit is not None:
                admit()
            if faults := self.check.request_faults(request):
                raise InvalidRequest(faults)
            async with self.queueing:  # else many at once would all find room for one
                await self._check_queue()
                await self._execute(run_id, decide)
        except Refused:  # somebody used the same key at the same moment
            before = await self.commands.load(run_id)
            if before is None:
                raise
            return _same_request(run_id, before, request, tts)
        return run_id

    async def cancel_run(self, run_id: RunId, by: str = "") -> None:
        """Stop a run. Raises `Refused`."""
        await self._execute(run_id, partial(cancel_run, cancelled_by=by))

    async def retry_run(self, run_id: RunId, by: str = "") -> None:
        """Let a run go on from what is missing. Raises `Refused`."""
        await self._execute(run_id, partial(retry_run, retried_by=by))

    async def prune(self) -> None:
        """Remove the files that retention no longer keeps."""
        days = self.settings.retention.keep_days
        if not days:
            return
        for run_id in await self.projections.ended_before(self.clock.now() - days * DAY):
            try:
                await self._prune_run(run_id)
            except (OSError, LogError, Refused):  # tried again next time; the others go on
                logger.exception("run %s: its old files could not be removed", run_id)

    async def _prune_run(self, run_id: RunId) -> None:
        """Remove, then record: what is left half done is found and finished the next time."""
        run = await self.commands.load(run_id)
        names = [it.name for it in run.artifacts if it.name not in run.pruned] if run else []
        if names:
            await self.artifacts.remove(run_id, names)
            await self._execute(run_id, partial(prune_artifacts, names=names))
            logger.info("run %s: %d files removed by retention", run_id, len(names))

    async def _execute(self, run_id: RunId, decide: Decide) -> None:
        """Record, then wait a while until readers see it. A projection that cannot show it now
        fails nothing: whoever is refused after it was recorded asks again, and gets two."""
        outcome = await self.commands.execute(run_id, decide)
        why = f"not within {CONFIRM_SECONDS:g} s"
        with anyio.move_on_after(CONFIRM_SECONDS):
            try:
                await self.projections.reached(outcome.position)
            except ProjectionsStopped as error:
                why = str(error)
            else:
                return
        logger.warning("run %s: recorded, but readers do not see it yet: %s", run_id, why)

    async def _check_queue(self) -> None:
        limit = self.settings.limits.open_runs
        if len(await self.projections.open_runs()) >= limit:
            raise TooManyRuns(limit, retry_after_seconds=30)


@asynccontextmanager
async def open_service(
    settings: Settings,
    data: Path,
    *,
    clock: Clock | None = None,
    engines: Engines | None = None,
    check: PageCheck | None = None,
) -> AsyncIterator[Service]:
    """The service on a data folder, working until the context is left.

    `engines` and `check` (what every page goes through before it stands) are those of the settings
    if they are not given. Raises `LogLocked` if another process works on the same folder, and
    `SettingsError` for settings that cannot be used.
    """
    clock = clock or SystemClock()
    check = check or _page_check(settings)
    folder = DataFolder(data)
    await anyio.Path(data).mkdir(parents=True, exist_ok=True)
    async with (
        SqliteLog.open(folder.log, clock=clock.now) as log,
        Projections.open(folder.projections, log) as projections,
    ):
        engines = engines or await choose_engines(settings, data)
        commands = Commands(log)
        artifacts = ArtifactStore(folder.outputs)
        live = LiveProgress()
        service = Service(
            settings, data, clock, log, commands, projections, artifacts, live, engines, check
        )
        runner = Runner(
            log,
            commands,
            engines,
            artifacts,
            live,
            clock=clock,
            limits=settings.limits,
            worker=f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}",
            chance=random.random,
            check=check,
            devices=Devices(settings.devices.roomy, settings.devices.patience_seconds),
        )
        try:
            async with (
                anyio.create_task_group() as tasks,
                runner.running(await projections.open_runs()),
            ):
                tasks.start_soon(_keep_pruning, service)
                for engine in engines.by_role().values():
                    if isinstance(engine, Idling):
                        tasks.start_soon(engine.unload_when_idle)
                yield service
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()


def _page_check(settings: Settings) -> PageCheck:
    words = settings.writer.forbidden_words
    try:
        return default_check(Path(words) if words else None)
    except (OSError, ValueError) as error:
        raise SettingsError(f"settings: forbidden_words in [writer]: {words}: {error}") from error


async def _keep_pruning(service: Service) -> None:
    while True:
        try:
            await service.prune()
        except (ProjectionsBusy, ProjectionsStopped):  # everybody else hears of it too
            logger.exception("retention cannot look for old files")
        await service.clock.sleep_until(service.clock.now() + RETENTION_SECONDS * MICROSECONDS)


def _run_id(idempotency_key: str, requested_by: str) -> RunId:
    if not idempotency_key:
        return RunId(uuid.uuid4().hex)
    name = f"{len(requested_by)}:{requested_by}:{idempotency_key}"
    return RunId(hashlib.sha256(name.encode()).hexdigest()[:32])


def _same_request(run_id: RunId, run: Run, request: StoryRequest, tts: TtsConfig | None) -> RunId:
    if (run.request, run.tts) != (request, tts):
        raise IdempotencyMismatch
    return run_id
