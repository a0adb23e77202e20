"""`GET /api/runs/{run_id}/events`: the changes of one run.

A **feed** holds a run's messages, encoded once, while somebody follows the run. It is folded from
the run's events, so that its messages and their ids are the same for every client, after a restart,
and a year later. It is registered with the tail before its events are read: what is appended
meanwhile waits in `_early`, and nothing falls between.

How far a stage is (sampler steps, tokens) is told between the changes, without an id: the newest
word replaces the one before, and is never kept.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from typing import Final

import anyio
import msgspec
from litestar.types import Receive, Scope, Send

from storybook.book import RunId, Stage, Work
from storybook.events.codec import UnreadableEvent
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.http.requests import last_event_id
from storybook.http.streams import Stream, Streams, frame, refuse, stop
from storybook.http.tail import Tail
from storybook.projections.runs import Progress, ProgressFold, to_json
from storybook.run import InvalidHistory, NoSuchRun
from storybook.stages.progress import Preview, WorkProgress

logger = logging.getLogger(__name__)

LIVE_SECONDS: Final = 0.25
"""How often at most a run tells how far its stages are: as quick as an eye follows a bar."""


class StageProgress(msgspec.Struct, frozen=True):
    """How far a stage in hand is; `fraction` is from 0 to 1, `page` null for the writer. Behind
    `preview_url` is what the picture looks like now; each new look has another address."""

    stage: Stage
    page: int | None
    fraction: float
    preview_url: str | msgspec.UnsetType = msgspec.UNSET


class Feed:
    """The messages of one run, and the streams that follow it."""

    def __init__(self, run_id: RunId) -> None:
        self.run_id = run_id
        self.positions: list[Position] = []
        self.frames: list[bytes] = []
        """The message of each change, beside the position of the event that made it."""
        self.live = b""
        self.live_version = 0
        self.streams: set[Stream] = set()
        self.users = 0
        self.loading = anyio.Lock()
        self._fold = ProgressFold()
        self._seen = START
        self._early: list[Recorded] | None = []
        self._progress: Progress | None = None
        self._stages: dict[Work, StageProgress] = {}

    @property
    def is_loaded(self) -> bool:
        return self._early is None

    @property
    def has_ended(self) -> bool:
        """Whether the run has; it may still be retried."""
        return self._progress is not None and self._progress.status.has_ended

    async def load(self, log: EventLog, tail: Tail) -> None:
        """Read what has happened. Raises `NoSuchRun` or `InvalidHistory`."""
        events = await log.read_run(self.run_id)
        if not events:
            raise NoSuchRun
        await tail.caught_up(events[-1].position)
        self._apply([*events, *(self._early or [])])
        if self._progress is None:
            raise InvalidHistory(f"the beginning of run {self.run_id} cannot be read")
        self._early = None

    def take(self, recorded: Recorded) -> None:
        """Take an event from the tail."""
        if self._early is not None:
            self._early.append(recorded)
        elif self._apply([recorded]):
            self._wake()

    def take_live(self, live: WorkProgress) -> None:
        """Take how far the work in hand is now."""
        stages = {
            work: _stage_progress(self.run_id, work, fraction, live.preview(self.run_id, work))
            for work, fraction in live.current(self.run_id).items()
        }
        changed = [it for work, it in stages.items() if self._stages.get(work) != it]
        self._stages = stages
        if changed:
            self.live = b"".join(frame(b"progress", to_json(it)) for it in changed)
            self.live_version += 1
            self._wake()

    def _apply(self, events: list[Recorded]) -> bool:
        before = len(self.frames)
        for recorded in events:
            if recorded.position <= self._seen:
                continue
            self._seen = recorded.position
            if (progress := self._folded(recorded)) is not None:
                self._progress = progress
                self.positions.append(recorded.position)
                self.frames.append(frame(b"update", to_json(progress), recorded.position))
        return len(self.frames) > before

    def _folded(self, recorded: Recorded) -> Progress | None:
        """The progress if this event changed it. One that cannot be read is skipped: it changes
        nothing that this version knows how to tell."""
        try:
            return self._fold.feed(recorded)
        except (UnreadableEvent, InvalidHistory) as error:
            where = (self.run_id, recorded.position)
            logger.error("run %s: the event at position %d is skipped: %s", *where, error)
            return None

    def _wake(self) -> None:
        for stream in self.streams:
            stream.wake()


class RunSource:
    """A cursor into a feed: `at` is the number of messages that the client has seen."""

    __slots__ = ("_at", "_feed", "_live_version", "_opening")

    def __init__(self, feed: Feed, at: int, opening: bytes = b"") -> None:
        self._feed, self._at, self._opening = feed, at, opening
        self._live_version = feed.live_version

    @property
    def has_ended(self) -> bool:
        return self._feed.has_ended and self._at == len(self._feed.frames)

    async def take(self) -> bytes:
        feed = self._feed
        chunk, self._opening = self._opening, b""
        behind = len(feed.frames) - self._at
        if behind:
            chunk += feed.frames[-1] if behind == 1 else b"".join(feed.frames[self._at :])
            self._at = len(feed.frames)
        if self._live_version != feed.live_version:
            self._live_version = feed.live_version
            chunk += feed.live
        return chunk


class ProgressStreams:
    """The feeds of all runs that somebody follows now: each is made for the first who follows and
    dropped behind the last."""

    def __init__(self, log: EventLog, live: WorkProgress, tail: Tail, streams: Streams) -> None:
        self._log, self._live, self._tail, self._streams = log, live, tail, streams
        self.feeds: dict[RunId, Feed] = {}
        tail.listen(self._take)

    async def answer(self, run_id: RunId, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `BadRequest` or `NoSuchRun` before the stream begins."""
        cursor = last_event_id(scope)
        feed = self.feeds.setdefault(run_id, Feed(run_id))
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
                await feed.load(self._log, self._tail)
        if self._streams.is_full:
            await refuse(send)
            return None
        head = await self._log.head() if cursor is not None else START
        source, resumed_after = _source(feed, cursor, head)
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

    def _take(self, batch: list[Recorded]) -> None:
        if self.feeds:
            for recorded in batch:
                if (feed := self.feeds.get(recorded.run_id)) is not None:
                    feed.take(recorded)


def _stage_progress(
    run_id: RunId, work: Work, fraction: float, preview: Preview | None
) -> StageProgress:
    told = StageProgress(work.stage, work.page, round(fraction, 3))
    if preview is None:
        return told
    return msgspec.structs.replace(
        told, preview_url=f"/api/runs/{run_id}/previews/{work.page}?v={preview.number}"
    )


def _source(feed: Feed, cursor: Position | None, head: Position) -> tuple[RunSource, Position]:
    """Where a client begins, and behind which position that is.

    One that names no position is shown the present state; so is one whose position lies beyond the
    log's end, behind a reset: the log came back from an older backup.
    """
    is_beyond = cursor is not None and cursor > head
    if cursor is None or is_beyond:
        at = len(feed.frames) - 1
        opening = frame(b"reset", b'{"head":%d}' % head) if is_beyond else b""
        return RunSource(feed, at, opening), feed.positions[at - 1] if at else START
    return RunSource(feed, bisect_right(feed.positions, cursor)), cursor
