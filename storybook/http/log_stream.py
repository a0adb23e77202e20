"""`GET /api/events`: the whole log as it grows, every event of every run.

Without `Last-Event-ID` the stream begins at the log's end; `0` asks for everything. `?types=`
names the event types that are wanted. The newest events are held as frames, encoded once, while
somebody follows; whoever is further back reads pages of the log. An event that this version cannot
read is told like all others, as it was recorded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from litestar.types import Receive, Scope, Send

from storybook.events.catalog import EVENT_TYPES, RunForgotten
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.subscription import Subscription
from storybook.http.errors import BadRequest
from storybook.http.log_entries import run_log_entry
from storybook.http.requests import client_key, last_event_id, query
from storybook.http.responses import to_json
from storybook.http.stream_handler import StreamHandler
from storybook.http.streams import Stream, Streams, frame, refuse
from storybook.projections.projector import Projections

KEPT: Final = 1_024
"""Frames that are at least kept once there were as many, about 1 MB."""
PAGE: Final = 256
"""Events that are read at once for a client that is further back."""


def _frame(recorded: Recorded) -> bytes:
    entry = to_json(run_log_entry(recorded))
    name = b" ".join(recorded.type.encode().split())  # a damaged one may have a line break
    return frame(name, entry, recorded.position)


class LogFeed:
    """The frames of every event after `floor`, while anybody follows."""

    def __init__(self) -> None:
        self.floor = START
        self.positions: list[Position] = []
        self.types: list[str] = []
        self.frames: list[bytes] = []
        self.streams: set[Stream] = set()

    def take(self, batch: Sequence[Recorded]) -> None:
        """Take a batch from the subscription; all of it, or nothing if this raises. Frames of a run
        that was forgotten go, and with them all others: whoever lacks them reads the log."""
        if any(it.type == RunForgotten.__name__ for it in batch):
            self._forget(len(self.frames))
        if not self.streams:
            self._forget(len(self.frames))
            self.floor = batch[-1].position
            return
        self.frames += [_frame(it) for it in batch]
        self.positions += [it.position for it in batch]
        self.types += [it.type for it in batch]
        if len(self.frames) >= 2 * KEPT:  # in one go: a shift for each event would be dear
            self._forget(len(self.frames) - KEPT)
        for stream in self.streams:
            stream.wake()

    def _forget(self, count: int) -> None:
        if count:
            self.floor = self.positions[count - 1]
            del self.positions[:count], self.types[:count], self.frames[:count]


class LogSource:
    """A cursor into the log; `types` None wants all."""

    __slots__ = ("_cursor", "_feed", "_log", "_opening", "_types")

    def __init__(
        self,
        log: EventLog,
        feed: LogFeed,
        cursor: Position,
        types: frozenset[str] | None,
        opening: bytes,
    ) -> None:
        self._log, self._feed, self._types = log, feed, types
        self._cursor, self._opening = cursor, opening

    @property
    def has_ended(self) -> bool:
        return False

    async def take(self) -> bytes:
        chunk, self._opening = self._opening, b""
        while not chunk and self._cursor < self._feed.floor:
            chunk = await self._page()
        return chunk or self._newest()

    async def _page(self) -> bytes:
        page = await self._log.read(self._cursor, PAGE)
        self._cursor = page[-1].position if page else self._feed.floor
        return b"".join(_frame(it) for it in page if self._wants(it.type))

    def _newest(self) -> bytes:
        feed = self._feed
        start = bisect_right(feed.positions, self._cursor)
        if start == len(feed.positions):
            return b""
        self._cursor = feed.positions[-1]
        kinds, frames = feed.types[start:], feed.frames[start:]
        return b"".join(it for kind, it in zip(kinds, frames, strict=True) if self._wants(kind))

    def _wants(self, kind: str) -> bool:
        return self._types is None or kind in self._types


class LogStream:
    """The streams that follow the whole log."""

    def __init__(self, log: EventLog, projections: Projections, streams: Streams) -> None:
        self._log, self._streams = log, streams
        self.feed = LogFeed()
        handler = StreamHandler(projections, self.feed.take)
        self.subscription = Subscription(log, "log streams", handler, after=START)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `BadRequest` before the stream begins."""
        asked, types = last_event_id(scope), _types(query(scope).get("types", ""))
        if self._streams.is_full_for(client_key(scope)):
            await refuse(send)
            return
        head = await self._log.head()
        is_beyond = asked is not None and asked > head
        cursor = head if asked is None or is_beyond else asked
        opening = frame(b"reset", b'{"head":%d}' % head) if is_beyond else b""
        source = LogSource(self._log, self.feed, cursor, types, opening)
        if (stream := await self._streams.begin(source, cursor, scope, send)) is not None:
            if not self.feed.streams:
                self.feed.floor = self.subscription.position
            await stream.run(receive, self.feed.streams)


def _types(text: str) -> frozenset[str] | None:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(names - EVENT_TYPES.keys()):
        raise BadRequest(
            f"unknown event types: {', '.join(unknown)[:200]}; known are {', '.join(EVENT_TYPES)}"
        )
    return names or None
