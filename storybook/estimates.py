"""How long every open book still takes, for whoever asks now.

`Estimates` is the handler of a subscription: it keeps what the log says of open books, and the
newest pieces of work that engines have completed. What is left is played through
(`projections.eta`) when somebody asks, for all books at once and a few times a second at most,
however many ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from storybook.book import Role, RunId, Work
from storybook.clock import MICROSECONDS, Clock
from storybook.events.catalog import Event, RunForgotten, RunRequested, StageRequested
from storybook.events.log import EventLog, LogError, Position, Recorded
from storybook.events.parked import ParkedRuns, RunParked, parked_at, read_event
from storybook.events.subscription import Subscription
from storybook.projections.eta import IsAway, OpenBook, seconds_left
from storybook.projections.timings import RECENT, Taken, Timing, pages_of, usual_by_role
from storybook.run import InvalidHistory

NAME: Final = "estimates"
"""Of its subscription."""
OLDEST: Final = 250_000
"""How old an answer may be, in microseconds: a hundred books are played through in a few
milliseconds."""


class Estimates:
    """`recent` are the newest completed pieces of work of each role, the last one first; `is_away`
    tells of an engine whether it is away now."""

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        recent: Mapping[Role, Sequence[Taken]],
        is_away: IsAway,
    ) -> None:
        self._log, self._clock, self._is_away = log, clock, is_away
        self._recent = {role: deque(recent.get(role, ()), RECENT) for role in Role}
        self._books: dict[RunId, OpenBook] = {}
        self._done_at: dict[RunId, float | None] = {}
        self._played_at: int | None = None

    async def take_up(self, open_runs: Iterable[RunId], parked: ParkedRuns) -> Subscription:
        """Know what is open already; what follows the log for this handler from there on."""
        head = await self._log.head()
        for run_id in open_runs:
            await self._load(run_id, head)
        return Subscription(self._log, NAME, self, after=head, parked=parked)

    async def handle(self, batch: Sequence[Recorded]) -> None:
        for recorded, event in [(it, read_event(it)) for it in batch]:
            if isinstance(event, RunForgotten):
                self._close(recorded.run_id)
                continue
            book = await self._book_of(recorded, event)
            if book is None or recorded.position <= book.position:
                continue
            self._feed(book, recorded, event)
            if book.run.status.has_ended:
                self._close(recorded.run_id)

    def seconds_left(self, run_id: RunId) -> float | None:
        """Seconds until a run's book is whole; None if it has ended, or nobody can say."""
        if run_id not in self._books:
            return None
        now = self._clock.monotonic()
        age = OLDEST if self._played_at is None else now - self._played_at
        if age >= OLDEST or run_id not in self._done_at:
            self._play(now)
        done_at = self._done_at[run_id]
        return None if done_at is None else max(done_at - now, 0) / MICROSECONDS

    def _play(self, now: int) -> None:
        known = usual_by_role({role: list(taken) for role, taken in self._recent.items()})
        books = list(self._books.values())
        left = seconds_left(books, known, self._clock.now(), self._is_away)
        ends = [None if it is None else now + it * MICROSECONDS for it in left]
        self._done_at = dict(zip(self._books, ends, strict=True))
        self._played_at = now

    # ------------------------------------------------------------------------- what the log says

    async def _book_of(self, recorded: Recorded, event: Event) -> OpenBook | None:
        """The book of an event, if that is open: one that had ended goes on with its work."""
        run_id = recorded.run_id
        if isinstance(event, RunRequested):
            return self._books.setdefault(run_id, OpenBook())
        if run_id not in self._books and isinstance(event, StageRequested):
            await self._load(run_id, Position(recorded.position - 1))
        return self._books.get(run_id)

    async def _load(self, run_id: RunId, until: Position) -> None:
        """A run as it stood at a position, if it can be read: an estimate is not worth more."""
        book = OpenBook()
        with suppress(LogError, RunParked, InvalidHistory):
            for recorded in await self._log.read_run(run_id):
                if recorded.position <= until:
                    book.feed(recorded, read_event(recorded))
            if book.has_begun:
                self._books[run_id] = book

    def _feed(self, book: OpenBook, recorded: Recorded, event: Event) -> None:
        try:
            timing = book.feed(recorded, event)
        except InvalidHistory as error:
            self._close(recorded.run_id)
            raise RunParked(parked_at(recorded, error)) from error
        if timing is not None and timing.stage.outcome == "completed":
            self._learn(book, timing)

    def _learn(self, book: OpenBook, timing: Timing) -> None:
        it = timing.stage
        if it.engine is None or it.started_at is None or it.ended_at is None:
            return
        pages = pages_of(Work(it.stage, it.page), book.run)
        taken = Taken(it.engine, it.started_at, it.ended_at, pages)
        self._recent[it.stage.role].appendleft(taken)

    def _close(self, run_id: RunId) -> None:
        self._books.pop(run_id, None)
        self._done_at.pop(run_id, None)
