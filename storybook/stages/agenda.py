"""The work that waits, and which of it comes next.

Of the work that an engine could take now, page 0 of any run comes first, then the oldest run's
pages in order. So the oldest run is finished first, but no run waits for its first page behind
another run's last ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from storybook.book import COVER_PAGE, RunId, Work


class Ticket(msgspec.Struct, frozen=True):
    """One attempt that waits to be started: not before `not_before`, and `since` when it could be
    (both in microseconds since 1970). `turn` is the position at which its run was requested."""

    run_id: RunId
    work: Work
    attempt: int
    not_before: int
    turn: int
    since: int = 0

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Smaller comes first."""
        page = COVER_PAGE if self.work.page is None else self.work.page
        return page != COVER_PAGE, self.turn, page


class Agenda:
    """All waiting work, at most one attempt at each piece."""

    def __init__(self) -> None:
        self._tickets: dict[tuple[RunId, Work], Ticket] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def put(self, ticket: Ticket) -> None:
        """Note waiting work; an older attempt at the same piece gives way."""
        key = ticket.run_id, ticket.work
        if key not in self._tickets or self._tickets[key].attempt < ticket.attempt:
            self._tickets[key] = ticket

    def drop(self, run_id: RunId, work: Work, attempt: int) -> None:
        """Forget an attempt that no longer waits, and those before it."""
        ticket = self._tickets.get((run_id, work))
        if ticket is not None and ticket.attempt <= attempt:
            del self._tickets[run_id, work]

    def due(self, now: int) -> Iterable[Ticket]:
        """What may be started now, in the order in which it is to be started."""
        ready = (ticket for ticket in self._tickets.values() if ticket.not_before <= now)
        return sorted(ready, key=attrgetter("rank"))

    def next_moment(self, now: int) -> int | None:
        """When the first work becomes due that is not due yet."""
        moments = (ticket.not_before for ticket in self._tickets.values())
        return min((moment for moment in moments if moment > now), default=None)
