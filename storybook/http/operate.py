"""`GET /operate/status`: how the server does, for the page of whoever looks after it.

What is told elsewhere is not told again: engines have `/api/engines`, figures over time `/metrics`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import msgspec
from anyio import to_thread
from litestar import route
from litestar.handlers import HTTPRouteHandler

from storybook import __version__
from storybook.application import Application
from storybook.book import RunId, Stage
from storybook.clock import MICROSECONDS
from storybook.events.log import Position
from storybook.events.parked import ParkedRun
from storybook.events.subscription import Subscription
from storybook.http.requests import READ
from storybook.http.responses import RawResponse, json_response
from storybook.http.streams import Streams
from storybook.http.times import iso_time
from storybook.projections.throughput import Throughput, throughput
from storybook.stages.outages import AwayEngine
from storybook.telemetry.attempts import StageLoad

NAMED_PARKED: Final = 50
"""Parked runs that are named; one cause mostly parks them all."""
STATUS_PATH: Final = "/operate/status"


class AwayState(msgspec.Struct, frozen=True):
    """An engine that is away: why, and what mends it, empty where nobody has looked yet; since when
    work waits for it, null if none does, and how many pieces."""

    engine: str
    why: str
    mend: str
    since: str | None
    waiting: int


class QueueState(msgspec.Struct, frozen=True):
    """What waits of a stage, for how long the first of it might have begun (null if nothing waits),
    and what is in hand."""

    stage: Stage
    waiting: int
    oldest_seconds: float | None
    in_hand: int


class DiskState(msgspec.Struct, frozen=True):
    """Bytes: free where the data folder lies, wanted there by the settings, and of the log."""

    free_bytes: int
    wanted_bytes: int
    log_bytes: int


class FollowerState(msgspec.Struct, frozen=True):
    """What follows the log, and how many events it is behind."""

    name: str
    behind: int


class ParkedState(msgspec.Struct, frozen=True):
    """A run that cannot be read any further, why, and what to do."""

    run_id: RunId
    position: Position
    type: str
    why: str
    mend: str


class BackupState(msgspec.Struct, frozen=True):
    """The last backup: when it was made, how old it is by now, its end of the log, and how many
    files were lost already."""

    made_at: str
    age_seconds: float
    head: str
    missing: int


class OperateStatus(msgspec.Struct, frozen=True):
    """How the server does. `reasons` are those of `/readyz`. `disk` is null where the folder cannot
    be looked at, and `backup` where the data folder knows of none."""

    version: str
    now: str
    reasons: list[str]
    log_end: Position
    takes_work: bool
    open_runs: int
    streams: int
    throughput: Throughput
    queue: list[QueueState]
    away: list[AwayState]
    followers: list[FollowerState]
    disk: DiskState | None
    parked: list[ParkedState]
    parked_runs: int
    backup: BackupState | None


class OperateCalls:
    """The handler. `reasons` says why work cannot be done; `subscriptions` are all that follow the
    log in this process."""

    def __init__(
        self,
        application: Application,
        streams: Streams,
        subscriptions: Sequence[Subscription],
        reasons: Callable[[], AsyncIterator[str]],
    ) -> None:
        self._application, self._streams = application, streams
        self._subscriptions, self._reasons = subscriptions, reasons

    def routes(self) -> list[HTTPRouteHandler]:
        return [route(STATUS_PATH, http_method=READ)(self.status)]

    async def status(self) -> RawResponse:
        return json_response(await self._status())

    async def _status(self) -> OperateStatus:
        it, now = self._application, self._application.clock.now()
        parked = list(it.parked)
        return OperateStatus(
            version=__version__,
            now=iso_time(now),
            reasons=[reason async for reason in self._reasons()],
            log_end=await it.log.head(),
            takes_work=it.attempts is not None,
            open_runs=it.attempts.open_runs if it.attempts is not None else 0,
            streams=len(self._streams.open),
            throughput=await it.projections.ask(throughput, now),
            queue=_queue(it.attempts.loads() if it.attempts is not None else {}, now),
            away=[_away(away) for away in it.outages.told()] if it.outages is not None else [],
            followers=[FollowerState(each.name, await each.lag()) for each in self._subscriptions],
            disk=await to_thread.run_sync(self._disk),
            parked=[_parked(each) for each in parked[:NAMED_PARKED]],
            parked_runs=len(parked),
            backup=await to_thread.run_sync(self._backup, now),
        )

    def _disk(self) -> DiskState | None:
        try:
            usage = self._application.usage()
        except OSError:
            return None
        return DiskState(usage.free, self._application.settings.limits.free_bytes, usage.log)

    def _backup(self, now: int) -> BackupState | None:
        last = self._application.last_backup()
        if last is None:
            return None
        age = max(now - last.made_at, 0) / MICROSECONDS
        return BackupState(iso_time(last.made_at), age, last.head, last.missing)


def _queue(loads: dict[Stage, StageLoad], now: int) -> list[QueueState]:
    """The stages of which there is anything, in their order."""
    return [_of_stage(stage, loads[stage], now) for stage in Stage if stage in loads]


def _of_stage(stage: Stage, load: StageLoad, now: int) -> QueueState:
    since = load.waiting_since
    oldest = None if since is None else max(now - since, 0) / MICROSECONDS
    return QueueState(stage, load.waiting, oldest, load.in_hand)


def _away(it: AwayEngine) -> AwayState:
    since = None if it.since is None else iso_time(it.since)
    return AwayState(it.engine, it.why, it.mend, since, it.waiting)


def _parked(it: ParkedRun) -> ParkedState:
    return ParkedState(it.run_id, it.position, it.type, it.why, it.mend)
