"""A subscription: a name, a cursor in the log, and a handler that is given what comes after it.

- It reads after its cursor and sleeps on the log's notifier. The cursor moves when the handler has
  taken a batch, so that a handler sees each event at least once, in order.
- What the log or the handler raises is an **outage**: it is tried again for as long as it takes,
  with the waits of its retry policy. The server's log hears of its begin and its end.
- `RunParked` is no outage: that run is left out from there on (`events.parked`), and the others of
  the batch are handed over again.

The cursor lives as long as the process. A handler that keeps what it made keeps its checkpoint with
it, in one transaction, and says where to begin.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from typing import Final, Protocol

import anyio
import msgspec

from storybook.events.log import EventLog, LogError, Position, Recorded
from storybook.events.parked import ParkedRuns, RunParked
from storybook.notifier import Notifier

logger = logging.getLogger(__name__)

SILENT_SECONDS: Final = 30.0
"""How long events may wait for a subscription before it is called silent. A batch takes
milliseconds; a disk that is asked for too much has held one for ten seconds."""

MOST_DOUBLINGS: Final = 64
"""Beyond it a wait has long reached its most, and a float its end."""


class RetryPolicy(msgspec.Struct, frozen=True):
    """How long to wait between two tries, in seconds.

    The wait begins with `first`, is multiplied by `factor` for each further try, and is never more
    than `most`. Up to the share `jitter` (0 to 1) of it is left to chance, so that those who failed
    together do not try again together.
    """

    first: float = 0.1
    factor: float = 2.0
    most: float = 10.0
    jitter: float = 0.5

    def wait(self, tries: int, chance: float) -> float:
        """The wait after so many failed tries (from 1); `chance` is a number from 0 to 1."""
        grown = self.first * self.factor ** min(tries - 1, MOST_DOUBLINGS)
        return min(grown, self.most) * (1 - self.jitter * chance)


class Outage(msgspec.Struct, frozen=True):
    """The tries in a row that have failed: since when (seconds, any clock), how many, and what the
    last one raised."""

    since: float
    tries: int
    error: Exception


class Handler(Protocol):
    """What a subscription is for."""

    async def handle(self, batch: Sequence[Recorded]) -> Position | None:
        """Take events (at least one), in the log's order.

        Answers None, or the position to go on after, where that is not the batch's last one: tables
        that were put back are filled again, tables that go further are not.

        Reads (`read_event`) before it changes anything, or bears to be given the same batch again:
        that is what follows whatever it raises. `RunParked` leaves that run out.
        """
        ...


class Cursor:
    """Where a subscription stands and how it fares: everything that is decided, without waiting."""

    def __init__(self, after: Position) -> None:
        self.position = after
        """Every event up to here has been taken."""
        self.outage: Outage | None = None
        self._is_moved = False
        self._waiting_since: tuple[Position, float] | None = None

    def move(self, position: Position) -> None:
        """Go on after a position, whatever is being handled now."""
        self.position, self._is_moved = position, True

    def begin(self) -> Position:
        """Where to read from now on."""
        self._is_moved = False
        return self.position

    def take(self, end: Position, elsewhere: Position | None) -> bool:
        """A batch up to `end` was taken. Whether reading goes on right there."""
        if self._is_moved:
            return False
        self.position = end if elsewhere is None else elsewhere
        return elsewhere is None

    def fail(self, error: Exception, now: float) -> Outage:
        """A try has failed."""
        before = self.outage
        since, tries = (before.since, before.tries) if before is not None else (now, 0)
        self.outage = Outage(since, tries + 1, error)
        return self.outage

    def recover(self) -> Outage | None:
        """A try has succeeded; the outage that it ended, if there was one."""
        ended, self.outage = self.outage, None
        return ended

    def waited(self, head: Position, now: float) -> float:
        """How many seconds the event after the cursor is known to wait. Only what an earlier look
        saw waiting is waiting: the event may have come this moment."""
        if self.position >= head:
            self._waiting_since = None
        elif self._waiting_since is None or self._waiting_since[0] != self.position:
            self._waiting_since = self.position, now
        return now - self._waiting_since[1] if self._waiting_since is not None else 0.0


class Subscription:
    """Follows the log for one handler.

    `types` are the event types that the handler is given, None for all. `parked` are the runs that
    are left out; with None the handler is given their events too, as they were recorded, and
    `RunParked` is a failure like any other. `sleep` takes seconds, `now` gives seconds of any clock
    that never goes back, `chance` a number from 0 to 1.
    """

    def __init__(
        self,
        log: EventLog,
        name: str,
        handler: Handler,
        *,
        after: Position,
        parked: ParkedRuns | None = None,
        types: Collection[str] | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._log, self._handler, self._parked, self._types = log, handler, parked, types
        self._retry, self._sleep, self._now, self._chance = retry, sleep, now, chance
        self._cursor = Cursor(after)
        self._waiting = anyio.CancelScope()
        self.changed = Notifier()
        """Notifies of a new position, and of an outage's begin, each try, and end."""
        self._is_running = False

    @property
    def position(self) -> Position:
        """Every event up to here has been taken, or left out."""
        return self._cursor.position

    @property
    def outage(self) -> Outage | None:
        """What keeps it from going on now."""
        return self._cursor.outage

    async def lag(self) -> int:
        """How far the cursor is from the log's end: at most so many events come after it, and
        exactly so many in a log whose positions are dense."""
        return max(0, await self._log.head() - self.position)

    def move(self, position: Position) -> None:
        """Go on after a position from now on: what was made of the later events is lost."""
        self._cursor.move(position)
        self._waiting.cancel()
        self.changed.notify()

    async def trouble(self) -> str | None:
        """Why what this subscription keeps up to date is not, in a sentence; None if it is."""
        outage, now = self.outage, self._now()
        if not self._is_running:
            return f"{self.name}: does not follow the log; restart the server"
        if outage is not None:
            seconds = now - outage.since
            return (
                f"{self.name}: has failed for {seconds:.0f} s after position {self.position} "
                f"({outage.error}); it is tried again"
            )
        seconds = self._cursor.waited(await self._log.head(), now)
        if seconds >= SILENT_SECONDS:
            return f"{self.name}: silent for {seconds:.0f} s after position {self.position}"
        return None

    # ------------------------------------------------------------------------------ following

    async def run(self) -> None:
        """Follow the log until cancelled."""
        self._is_running = True
        try:
            while True:
                try:
                    await self._follow()
                except Exception as error:  # whatever it is: falling silent for ever is worse
                    await self._sleep(self._fail(error))
        finally:
            self._is_running = False

    async def _follow(self) -> None:
        """Hand over what comes, until something fails or the cursor is moved."""
        after = self._cursor.begin()
        if self.outage is not None and not await self._log.read(after, 1):
            self._recover()  # nothing is left to do that could show that it is over
        async with aclosing(self._log.tail(after)) as batches:
            while (batch := await self._next(batches)) is not None:
                elsewhere = await self._hand_over(batch)
                goes_on = self._cursor.take(batch[-1].position, elsewhere)
                self._recover()
                self.changed.notify()
                if not goes_on:
                    return

    async def _next(self, batches: AsyncGenerator[list[Recorded]]) -> list[Recorded] | None:
        """The next batch; None when the cursor was moved while it was waited for."""
        with anyio.CancelScope() as self._waiting:
            return await anext(batches)
        return None

    async def _hand_over(self, batch: list[Recorded]) -> Position | None:
        wanted = self._wanted(batch)
        while wanted:
            try:
                return await self._handler.handle(wanted)
            except RunParked as error:
                if self._parked is None:
                    raise
                self._parked.park(error.parked)
                asked, wanted = len(wanted), self._wanted(batch)
                if len(wanted) == asked:  # it speaks of a run that it was not given
                    raise
        return None

    def _wanted(self, batch: list[Recorded]) -> list[Recorded]:
        types, parked = self._types, self._parked
        if types is not None:
            batch = [it for it in batch if it.type in types]
        return batch if parked is None else parked.readable(batch)

    def _fail(self, error: Exception) -> float:
        """Note a failed try; how many seconds to wait before the next one."""
        outage = self._cursor.fail(error, self._now())
        if outage.tries == 1:
            logger.warning(
                "%s: cannot go on after position %d, trying again: %s",
                *(self.name, self.position, error),
                exc_info=None if isinstance(error, LogError | OSError) else error,
            )
        self.changed.notify()
        return self._retry.wait(outage.tries, self._chance())

    def _recover(self) -> None:
        if (ended := self._cursor.recover()) is not None:
            seconds = self._now() - ended.since
            logger.warning("%s: goes on, after %.1f s (%d tries)", self.name, seconds, ended.tries)
            self.changed.notify()
