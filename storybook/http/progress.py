"""`GET /api/runs/{run_id}/events`: the changes of one run.

A **feed** holds a run's messages, encoded once, while somebody follows the run. It is folded from
the run's events, so that its messages and their ids are the same for every client, after a restart,
and a year later. It is registered before its events are read: what is appended
meanwhile waits in `_early`, and nothing falls between.

How far a stage is (sampler steps, tokens), for which engine the run waits, and how long it still
takes, is told between the changes, without an id: the newest word replaces the one before, and is
never kept.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import anyio
import msgspec
from litestar.types import Receive, Scope, Send

from storybook.book import RunId, Stage, Work
from storybook.estimates import Estimates
from storybook.events.catalog import RunForgotten
from storybook.events.codec import UnreadableEvent
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.parked import ParkedRuns, parked_at
from storybook.events.subscription import Subscription
from storybook.http.addresses import Addresses
from storybook.http.requests import (
    addresses,
    client_key,
    last_event_id,
)
from storybook.http.responses import to_json
from storybook.http.run_state import AwaitedEngine, awaited, encode_progress
from storybook.http.stream_handler import StreamHandler
from storybook.http.streams import COME_BACK_LATER, Stream, Streams, frame, refuse, stop
from storybook.projections.progress import ProgressFold, RunProgress
from storybook.projections.projector import Projections
from storybook.run import InvalidHistory, NoSuchRun
from storybook.stages.outages import Outages
from storybook.stages.progress import WorkProgress

logger = logging.getLogger(__name__)

ETA_SECONDS: Final = 2.0
"""How often at most a run tells how long it still takes."""
ETA_MOVES: Final = 0.1
"""By which share of what was told last it has to be another, to be told again."""
LIVE_SECONDS: Final = 0.25
"""How often at most a run tells how far its stages are: as quick as an eye follows a bar."""


class StageProgress(msgspec.Struct, frozen=True):
    """How far a stage in hand is; `fraction` is from 0 to 1, `page` null for the writer of a whole
    book. At `preview_url` is what the picture looks like now; each new look has another address.
    `language` is there if the page is made in one that was added to the book's own."""

    stage: Stage
    page: int | None
    fraction: float
    preview_url: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET


class RunWaits(msgspec.Struct, frozen=True):
    """For which engine the run waits from now on, null if for none."""

    waiting_for: AwaitedEngine | None


class RunTakes(msgspec.Struct, frozen=True):
    """How many seconds the run still takes, null if nobody can say."""

    eta_seconds: float | None


class Feed:
    """The messages of one run, and the streams that follow it.

    A feed that is broken off, since its run is parked, tells what it has; then its streams end, and
    their clients are to come back later.
    """

    def __init__(self, run_id: RunId, parked: ParkedRuns, outages: Outages | None = None) -> None:
        self.run_id, self._parked, self._outages = run_id, parked, outages
        self.is_broken_off = False
        self.positions: list[Position] = []
        self.frames: list[bytes] = []
        """The message of each change, beside the position of the event that made it."""
        self.live_version = 0
        self._told: list[tuple[StageProgress, int | None]] = []
        self._live: dict[Addresses, bytes] = {}
        self.waiting_for: AwaitedEngine | None = None
        self.eta: float | None = None
        self.streams: set[Stream] = set()
        self.users = 0
        self.loading = anyio.Lock()
        self._fold = ProgressFold()
        self._seen = START
        self._early: list[Recorded] | None = []
        self._progress: RunProgress | None = None
        self._stages: dict[Work, tuple[StageProgress, int | None]] = {}

    @property
    def is_loaded(self) -> bool:
        return self._early is None

    @property
    def has_ended(self) -> bool:
        """Whether the run has; it may still be retried."""
        return self._progress is not None and self._progress.status.has_ended

    async def load(self, log: EventLog, handler: StreamHandler) -> None:
        """Read what has happened. Raises `NoSuchRun`."""
        events = await log.read_run(self.run_id)
        if not events:
            raise NoSuchRun
        await handler.applied(events[-1].position)
        self._apply([*events, *(self._early or [])])
        self._early = None

    def take(self, recorded: Recorded) -> None:
        """Take an event from the subscription."""
        if self._early is not None:
            self._early.append(recorded)
        elif self._apply([recorded]):
            self._wake()

    def take_live(self, live: WorkProgress) -> None:
        """Take how far the work in hand is now."""
        stages = {
            work: (
                _progress_of(work, fraction),
                preview.number if (preview := live.preview(self.run_id, work)) else None,
            )
            for work, fraction in live.current(self.run_id).items()
        }
        changed = [it for work, it in stages.items() if self._stages.get(work) != it]
        self._stages = stages
        if changed:
            self._told, self._live = changed, {}
            self.live_version += 1
            self._wake()

    def live(self, addresses: Addresses) -> bytes:
        """How far the stages are that have moved, encoded once for all that see the server under
        the same address."""
        if addresses not in self._live:
            told = (_with_look(it, self.run_id, look, addresses) for it, look in self._told)
            self._live[addresses] = b"".join(frame(b"progress", to_json(it)) for it in told)
        return self._live[addresses]

    def take_eta(self, eta: float | None) -> None:
        """Take how many seconds the run still takes; told if that has moved."""
        if self.is_loaded and not self.has_ended and has_moved(self.eta, eta):
            self.eta = eta
            self._wake()

    def look_at_outages(self) -> None:
        """An engine went away or is back: tell it, if the run waits for it."""
        if self.is_loaded and self._is_waiting_changed():
            self._wake()

    def _is_waiting_changed(self) -> bool:
        before, self.waiting_for = self.waiting_for, awaited(self._fold.waiting_for, self._outages)
        return self.waiting_for != before

    def _apply(self, events: list[Recorded]) -> bool:
        """Whether there is anything to tell after these events."""
        before = len(self.frames), self.is_broken_off
        for recorded in events:
            if self.is_broken_off or recorded.position <= self._seen:
                continue
            self._seen = recorded.position
            if (progress := self._folded(recorded)) is not None:
                self._progress = progress
                self.positions.append(recorded.position)
                self.frames.append(frame(b"update", encode_progress(progress), recorded.position))
        is_changed = self._is_waiting_changed()
        return is_changed or (len(self.frames), self.is_broken_off) != before

    def _folded(self, recorded: Recorded) -> RunProgress | None:
        """The progress if this event changed it; one that cannot be read parks the run."""
        if recorded.is_erased or recorded.type == RunForgotten.__name__:
            self.is_broken_off = True  # whoever comes back is told why
            return None
        try:
            if not self._parked.covers(recorded):
                return self._fold.feed(recorded)
        except (UnreadableEvent, InvalidHistory) as error:
            self._parked.park(parked_at(recorded, error))
        self.is_broken_off = True
        return None

    def break_off(self) -> None:
        """Tell nothing more."""
        self.is_broken_off = True
        self._wake()

    def _wake(self) -> None:
        for stream in self.streams:
            stream.wake()


class RunSource:
    """A cursor into a feed: `at` is the number of messages that the client has seen."""

    __slots__ = (
        "_addresses",
        "_at",
        "_eta",
        "_feed",
        "_live_version",
        "_opening",
        "_sent_away",
        "_waiting_for",
    )

    def __init__(self, feed: Feed, at: int, addresses: Addresses, opening: bytes = b"") -> None:
        self._feed, self._at, self._opening = feed, at, opening
        self._addresses = addresses
        self._live_version = feed.live_version
        self._waiting_for: AwaitedEngine | None = None
        self._eta: float | None = None
        self._sent_away = False

    @property
    def has_ended(self) -> bool:
        if self._feed.is_broken_off:
            return self._sent_away
        return self._feed.has_ended and self._at == len(self._feed.frames)

    async def take(self) -> bytes:
        feed = self._feed
        chunk, self._opening = self._opening, b""
        left = len(feed.frames) - self._at
        if left:
            chunk += feed.frames[-1] if left == 1 else b"".join(feed.frames[self._at :])
            self._at = len(feed.frames)
        if self._waiting_for != feed.waiting_for:
            self._waiting_for = feed.waiting_for
            chunk += frame(b"progress", to_json(RunWaits(feed.waiting_for)))
        if self._eta != feed.eta:
            self._eta = feed.eta
            chunk += frame(b"progress", to_json(RunTakes(_rounded(feed.eta))))
        if self._live_version != feed.live_version:
            self._live_version = feed.live_version
            chunk += feed.live(self._addresses)
        if feed.is_broken_off and not self._sent_away:
            self._sent_away = True
            chunk += COME_BACK_LATER
        return chunk


class ProgressStreams:
    """The feeds of all runs that somebody follows now: each is made for the first who follows and
    dropped after the last."""

    def __init__(
        self,
        log: EventLog,
        projections: Projections,
        parked: ParkedRuns,
        live: WorkProgress,
        outages: Outages | None,
        streams: Streams,
        estimates: Estimates | None = None,
    ) -> None:
        self._log, self._parked, self._live, self._streams = log, parked, live, streams
        self._outages, self._estimates = outages, estimates
        self.feeds: dict[RunId, Feed] = {}
        self._handler = StreamHandler(projections, self._take)
        self.subscription = Subscription(log, "progress streams", self._handler, after=START)

    async def answer(self, run_id: RunId, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `BadRequest` or `NoSuchRun` before the stream begins."""
        cursor = last_event_id(scope)
        feed = self.feeds.setdefault(run_id, Feed(run_id, self._parked, self._outages))
        feed.users += 1
        try:
            if (stream := await self._begun(feed, cursor, scope, send)) is not None:
                await stream.run(receive, feed.streams)
        finally:
            feed.users -= 1
            if not feed.users:
                del self.feeds[run_id]

    async def _begun(
        self, feed: Feed, cursor: Position | None, scope: Scope, send: Send
    ) -> Stream | None:
        """A stream whose head has been sent; None if the answer is complete."""
        async with feed.loading:
            if not feed.is_loaded:
                await feed.load(self._log, self._handler)
        self._look_at_eta(feed)
        if self._streams.is_full_for(client_key(scope)):
            await refuse(send)
            return None
        head = await self._log.head() if cursor is not None else START
        source, resumed_after = _source(feed, cursor, head, addresses(scope))
        if cursor is not None and source.has_ended:
            await stop(send)
            return None
        return await self._streams.begin(source, resumed_after, scope, send)

    async def follow_live(self) -> None:
        """Hand on how far stages are, at most every `LIVE_SECONDS`, until cancelled."""
        version = 0
        while True:
            version = await self._live.wait(version)
            for feed in self.feeds.values():
                feed.take_live(self._live)
            await anyio.sleep(LIVE_SECONDS)

    async def follow_outages(self) -> None:
        """Hand on that an engine went away or is back, until cancelled."""
        version = 0
        while self._outages is not None:
            version = await self._outages.wait(version)
            for feed in self.feeds.values():
                feed.look_at_outages()

    async def follow_estimates(self) -> None:
        """Hand on how long runs still take, every `ETA_SECONDS`, until cancelled."""
        while self._estimates is not None:
            for feed in self.feeds.values():
                self._look_at_eta(feed)
            await anyio.sleep(ETA_SECONDS)

    def _look_at_eta(self, feed: Feed) -> None:
        if self._estimates is not None:
            feed.take_eta(self._estimates.seconds_left(feed.run_id))

    def _take(self, batch: Sequence[Recorded]) -> None:
        if self.feeds:
            for recorded in batch:
                if (feed := self.feeds.get(recorded.run_id)) is not None:
                    self._tell(feed, recorded)

    def _tell(self, feed: Feed, recorded: Recorded) -> None:
        try:
            feed.take(recorded)
        except Exception:  # the other runs' streams go on
            logger.exception("run %s: its streams are broken off", feed.run_id)
            feed.break_off()


def _progress_of(work: Work, fraction: float) -> StageProgress:
    language = work.language or msgspec.UNSET
    return StageProgress(work.stage, work.page, round(fraction, 3), language=language)


def has_moved(told: float | None, now: float | None) -> bool:
    """Whether an estimate is another than the one that was told."""
    if told is None or now is None:
        return told is not now
    return abs(now - told) > told * ETA_MOVES


def _rounded(eta: float | None) -> float | None:
    return None if eta is None else round(eta, 1)


def _with_look(
    told: StageProgress, run_id: RunId, look: int | None, addresses: Addresses
) -> StageProgress:
    """With the address of the page's latest preview, by its number."""
    if look is None:
        return told
    url = addresses.preview(run_id, told.page, look)
    return msgspec.structs.replace(told, preview_url=url)


def _source(
    feed: Feed, cursor: Position | None, head: Position, named: Addresses
) -> tuple[RunSource, Position]:
    """Where a client begins, and after which position that is.

    One that names no position is shown the present state; so is one whose position lies beyond the
    log's end, after a reset: the log came back from an older backup.
    """
    is_beyond = cursor is not None and cursor > head
    if cursor is None or is_beyond:
        at = max(0, len(feed.frames) - 1)  # none if the run is parked at its first event
        opening = frame(b"reset", b'{"head":%d}' % head) if is_beyond else b""
        return RunSource(feed, at, named, opening), feed.positions[at - 1] if at else START
    return RunSource(feed, bisect_right(feed.positions, cursor), named), cursor
