"""The application: what can be done with the service, in one place for every front door.

HTTP and the command line translate what they are asked into these calls, and nothing more.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import partial

import anyio
import msgspec

from storybook.access import Access
from storybook.book import RunId
from storybook.callback_url import is_allowed_host
from storybook.clock import Clock
from storybook.commands import Commands, Decide, TooManyRuns
from storybook.data_folder import Usage
from storybook.events.log import EventLog
from storybook.events.parked import ParkedRuns
from storybook.events.subscription import Subscription
from storybook.forgetting import Forgetting
from storybook.idempotency import check_same_request, run_id_for
from storybook.projections.confirming import confirm
from storybook.projections.library import open_runs
from storybook.projections.projector import Projections
from storybook.repair import Repair, Repairs
from storybook.request import InvalidRequest, NewRun, RequestFault
from storybook.retention import Retention
from storybook.run import Refused, cancel_run, pin_run, request_run, retry_run, unpin_run
from storybook.settings import Settings
from storybook.stages.outages import Outages
from storybook.stages.progress import WorkProgress
from storybook.stages.registry import Engines
from storybook.stages.writer.check import PageCheck
from storybook.stores.artifacts import ArtifactStore
from storybook.stores.deliveries import Deliveries
from storybook.telemetry.attempts import AttemptHandler
from storybook.telemetry.metrics import Metrics

logger = logging.getLogger(__name__)


class Application(msgspec.Struct, frozen=True):
    """The service, running. Everything that a request or a command needs hangs here."""

    settings: Settings
    clock: Clock
    log: EventLog
    commands: Commands
    projections: Projections
    artifacts: ArtifactStore
    live: WorkProgress
    engines: Engines
    check: PageCheck
    retention: Retention
    repairs: Repairs
    parked: ParkedRuns = msgspec.field(default_factory=ParkedRuns)
    access: Access = msgspec.field(default_factory=Access)
    subscriptions: list[Subscription] = msgspec.field(default_factory=list)
    """Those that the service itself follows the log with."""
    outages: Outages | None = None
    """Which engines are away; None where nothing is worked on."""
    deliveries: Deliveries | None = None
    """Webhooks that are to be sent, or were; None where nothing can be written."""
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    attempts: AttemptHandler | None = None
    """What waits and what is in hand; None where nothing is worked on."""
    usage: Callable[[], Usage] = lambda: Usage(0, 0)
    """How much room there is where all is kept. Raises OSError."""
    queueing: anyio.Lock = msgspec.field(default_factory=anyio.Lock)

    async def request_run(
        self,
        asked: NewRun,
        *,
        idempotency_key: str = "",
        requested_by: str = "",
        admit: Callable[[], None] | None = None,
    ) -> RunId:
        """Ask for a book. Answered when every reader can see it, or some seconds after it was
        recorded.

        `admit` is called if that is no repetition; whatever it raises refuses the book.

        A key belongs to who asks; one that was used before there was anybody to name finds its book
        all the same.

        Raises `IdempotencyMismatch`, `TooManyRuns`, or `InvalidRequest` for what no book can be
        made of here: forbidden words, and what the engines in force cannot do.
        """
        run_id = await self._run_id_for(idempotency_key, requested_by)
        decide = partial(
            request_run,
            request=asked.request,
            seed=secrets.randbelow(2**32) if asked.seed is None else asked.seed,
            tts=asked.tts,
            page_count=asked.page_count,
            language=asked.language,
            idempotency_key=idempotency_key,
            requested_by=requested_by,
            callback_url=asked.callback_url,
        )
        try:
            if idempotency_key:
                before = await self.commands.load(run_id)
                if before is not None:
                    check_same_request(before, asked)
                    return run_id
            if admit is not None:
                admit()
            await self._check_feasible(asked)
            async with self.queueing:  # else many at once would all find room for one
                await self._check_queue()
                await self._execute(run_id, decide)
        except Refused:  # somebody used the same key at the same moment
            before = await self.commands.load(run_id)
            if before is None:
                raise
            check_same_request(before, asked)
        return run_id

    async def _run_id_for(self, key: str, requested_by: str) -> RunId:
        nobodys = run_id_for(key, "")
        if key and requested_by and await self.commands.load(nobodys) is not None:
            return nobodys
        return run_id_for(key, requested_by)

    async def _check_feasible(self, asked: NewRun) -> None:
        forbidden = self.check.request_faults(asked.request)
        callback = self._callback_faults(asked.callback_url)
        if faults := [*forbidden, *callback, *await self.engines.request_faults(asked)]:
            raise InvalidRequest(faults)

    def _callback_faults(self, url: str) -> list[RequestFault]:
        allowed = self.settings.webhooks.allowed_hosts
        if not url or is_allowed_host(url, allowed):
            return []
        why = "expected a host that this server may call: [webhooks] allowed_hosts names "
        named = "others" if allowed else "none"
        return [RequestFault(("callback_url",), why + named, "callback_host")]

    async def cancel_run(self, run_id: RunId, by: str = "") -> None:
        """Stop a run. Raises `Refused`."""
        await self._execute(run_id, partial(cancel_run, cancelled_by=by))

    async def retry_run(self, run_id: RunId, by: str = "") -> None:
        """Let a run go on from what is missing. Raises `Refused`."""
        await self._execute(run_id, partial(retry_run, retried_by=by))

    async def pin_run(self, run_id: RunId, by: str = "") -> None:
        """Keep a run's files from retention. Raises `Refused`."""
        async with self.retention.deciding:
            await self._execute(run_id, partial(pin_run, pinned_by=by))

    async def unpin_run(self, run_id: RunId, by: str = "") -> None:
        """Give a run's files back to retention. Raises `Refused`."""
        await self._execute(run_id, partial(unpin_run, unpinned_by=by))

    async def forget_run(self, run_id: RunId, by: str = "") -> None:
        """Erase a run: what its events said, its files, and what is shown of it. Raises
        `NoSuchRun`, `ForgottenRun`, `LogError`, or `CannotRemove`: its files then go at the next
        start."""
        await self.forgetting.forget(run_id, by)

    @property
    def forgetting(self) -> Forgetting:
        return Forgetting(self.commands, self.projections, self.artifacts, self.deliveries)

    async def repair_run(self, run_id: RunId, by: str = "") -> Repair:
        """Have lost or damaged files of an ended run made again; `repairs.of` tells what becomes
        of it. Raises `Refused`, `EngineUnavailable`, or `LogError`."""
        return await self.repairs.ask(run_id, by)

    async def _execute(self, run_id: RunId, decide: Decide) -> None:
        """Record, then wait a while until readers see it. A projection that cannot show it now
        fails nothing: whoever is refused after it was recorded asks again, and gets two."""
        outcome = await self.commands.execute(run_id, decide)
        await confirm(self.projections, run_id, outcome.position)

    async def _check_queue(self) -> None:
        limit = self.settings.limits.open_runs
        if len(await self.projections.ask(open_runs)) >= limit:
            raise TooManyRuns(limit, retry_after_seconds=30)
