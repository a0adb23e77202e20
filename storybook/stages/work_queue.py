"""The work that waits, and which of it comes next.

Of the work that an engine could take now, page 0 of any run comes first, then the oldest run's
pages in order. So the oldest run is finished first, but no run waits for its first page while
another run's last ones are made.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from storybook.book import COVER_PAGE, RunId, Work
from storybook.stores.leases import LeasedWork


class QueuedWork(msgspec.Struct, frozen=True):
    """One attempt that waits to be started: not before `due` (microseconds on the monotonic clock),
    which is also since when it could be. `turn` is the position at which its run was requested;
    `alone`, that nothing else is to run in its process meanwhile."""

    run_id: RunId
    work: Work
    attempt: int
    due: int
    turn: int
    alone: bool = False

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Smaller comes first."""
        page = COVER_PAGE if self.work.page is None else self.work.page
        return page != COVER_PAGE, self.turn, page

    @property
    def leased(self) -> LeasedWork:
        """What a lease of it is for."""
        return LeasedWork(self.run_id, self.work, self.attempt)


class WorkQueue:
    """All waiting work, at most one attempt at each piece."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[RunId, Work], QueuedWork] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, queued: QueuedWork) -> None:
        """Note waiting work; an older attempt at the same piece gives way."""
        key = queued.run_id, queued.work
        if key not in self._waiting or self._waiting[key].attempt < queued.attempt:
            self._waiting[key] = queued

    def drop(self, run_id: RunId, work: Work, attempt: int) -> None:
        """Forget an attempt that no longer waits, and those before it."""
        queued = self._waiting.get((run_id, work))
        if queued is not None and queued.attempt <= attempt:
            del self._waiting[run_id, work]

    def forget(self, run_id: RunId) -> None:
        """Forget all that waits of a run."""
        for key in [key for key in self._waiting if key[0] == run_id]:
            del self._waiting[key]

    def due(self, now: int) -> Iterable[QueuedWork]:
        """What may be started now, in the order in which it is to be started."""
        ready = (queued for queued in self._waiting.values() if queued.due <= now)
        return sorted(ready, key=attrgetter("rank"))

    def next_moment(self, now: int) -> int | None:
        """When the first work becomes due that is not due yet."""
        moments = (queued.due for queued in self._waiting.values())
        return min((moment for moment in moments if moment > now), default=None)
