"""A run's stream as if it were never cut.

The **cursor** is the id of the last `update` that was handed over. Whoever loses the connection
comes back with it: when the stream ends, when nothing comes for `SILENCE_SECONDS`, when nobody
answers or a gateway says so. A server that is there says how long to wait (`retry`); one that is
not is tried with growing waits, for ever: whoever has no patience cancels. It ends with `204`,
which says that there is nothing after the cursor, nor will be; or with what the server refuses.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from typing import Final

import httpx
import msgspec

from storybook.book import RunId
from storybook.client.asking import (
    PASSING,
    Asking,
    raise_if_hopeless,
    raise_if_moved,
    refusal,
    retry_after,
)
from storybook.client.messages import StreamDecoder, StreamMessage
from storybook.events.subscription import RetryPolicy
from storybook.http.progress import RunTakes, RunWaits, StageProgress
from storybook.http.run_state import Progress
from storybook.run import Status

SILENCE_SECONDS: Final = 40.0
"""Nothing for so long means that the connection is dead: more than two keepalives."""
AWAY: Final = RetryPolicy(first=0.5, most=15.0)
"""How long to wait between two tries while the server is not there."""
_STOPPED: Final = 204


class RunUpdate(msgspec.Struct, frozen=True):
    """A change of the run, each told once. `id` is where to come back after; keep it, and you can
    go on from there tomorrow."""

    id: int
    progress: Progress


class RunTold(msgspec.Struct, frozen=True):
    """What is told between the changes, and may be told again: how far a stage is, for which engine
    the run waits, or how long it still takes."""

    live: StageProgress | RunWaits | RunTakes


class StreamReset(msgspec.Struct, frozen=True):
    """The log is an older one than the cursor is of (the server came back from a backup): what was
    shown is void, and the present state follows."""

    head: int


Told = RunUpdate | RunTold | StreamReset


class Following:
    """One run that is followed. `after` is the id after which it goes on, 0 for all that there was;
    without one the first update is the present state."""

    def __init__(
        self, asking: Asking, run_id: RunId, after: int | None, silence: float = SILENCE_SECONDS
    ) -> None:
        self._asking, self._path, self._silence = asking, f"/api/runs/{run_id}/events", silence
        self.cursor = after
        self._tries, self._wait = 0, 0.0
        self._has_ended = self._is_over = False

    async def messages(self) -> AsyncGenerator[Told, None]:
        """Everything that is told until the run has ended.

        Raises `ServerRefuses`, and `NoStorybook` where waiting mends nothing.
        """
        while not self._is_over:
            self._wait = AWAY.wait(self._tries + 1, random.random())
            self._tries += 1  # until something is heard
            try:
                async with aclosing(self._connection()) as told:
                    async for it in told:
                        yield it
            except httpx.TransportError as error:
                raise_if_hopeless(self._asking.url, error)
                self._asking.on_away(str(error))
            if not self._is_over:  # after the end only the 204 is still to come
                is_at_end = self._has_ended and not self._tries
                await self._asking.pause(0 if is_at_end else self._wait)

    async def _connection(self) -> AsyncGenerator[Told, None]:
        headers = {} if self.cursor is None else {"Last-Event-ID": str(self.cursor)}
        timeout = httpx.Timeout(self._silence)
        http, url = self._asking.http, self._asking.address(self._path)
        async with http.stream("GET", url, headers=headers, timeout=timeout) as answer:
            raise_if_moved(self._asking.url, answer)
            if answer.is_error:
                await self._refused(answer)
                return
            self._is_over = answer.status_code == _STOPPED
            decoder = StreamDecoder()
            async for piece in answer.aiter_bytes():
                for message in decoder.feed(piece):
                    for it in self._heard(message):
                        yield it

    async def _refused(self, answer: httpx.Response) -> None:
        """Raises `ServerRefuses` unless it passes."""
        await answer.aread()
        if answer.status_code not in PASSING:
            raise refusal(self._asking.url, answer)
        self._wait = max(self._wait, retry_after(answer))

    def _heard(self, message: StreamMessage) -> Iterator[Told]:
        self._tries = 0
        if message.retry is not None:
            self._wait = message.retry / 1_000
        if message.event == "update" and (update := self._update(message)) is not None:
            yield update
        elif message.event == "reset":
            head: dict[str, int] = msgspec.json.decode(message.data)
            self.cursor, self._has_ended = None, False
            yield StreamReset(head["head"])
        elif message.event == "progress" and (live := _live(message.data)) is not None:
            yield RunTold(live)

    def _update(self, message: StreamMessage) -> RunUpdate | None:
        """The update, unless it was told before."""
        position = int(message.id)
        if self.cursor is not None and position <= self.cursor:
            return None
        progress = msgspec.json.decode(message.data, type=Progress)
        self.cursor = position
        self._has_ended = Status(progress.status).has_ended
        return RunUpdate(position, progress)


def _live(data: str) -> StageProgress | RunWaits | RunTakes | None:
    """What is told between the changes; None for what a later server tells."""
    for decoder in _LIVE:
        with suppress(msgspec.ValidationError):
            return decoder.decode(data)
    return None


_LIVE: Final[tuple[msgspec.json.Decoder[StageProgress | RunWaits | RunTakes], ...]] = (
    msgspec.json.Decoder(StageProgress),
    msgspec.json.Decoder(RunWaits),
    msgspec.json.Decoder(RunTakes),
)
