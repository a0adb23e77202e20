"""The last events, kept in memory for the tails, and the one notifier that all of them share.

A tail is a cursor and nothing else: no queue that could overflow, nothing to unsubscribe.
"""

from __future__ import annotations

from typing import Final

from storybook.events.log import Position, Recorded
from storybook.notifier import Notifier

KEPT: Final = 4_096
"""How many events are kept at least, and twice as many at most: some 3 to 6 MB. A tail that has
fallen further behind reads rows."""


class Recent:
    """Every event after `floor`, which is in the log's order and has no gaps."""

    def __init__(self, head: Position) -> None:
        self._floor = head
        self._events: list[Recorded] = []
        self.notifier = Notifier()

    @property
    def head(self) -> Position:
        return Position(self._floor + len(self._events))

    def publish(self, events: list[Recorded], head: Position) -> None:
        """Take what was just committed and wake the tails. `head` is the log's end now.

        If something became visible that was never handed over (a COMMIT that seemed to fail),
        start again from the end: tails read rows until they are there.
        """
        if self.head + len(events) == head:
            self._events += events
        else:
            self._floor, self._events = head, []
        if len(self._events) >= 2 * KEPT:  # in one go: a shift for each event would be dear
            gone = len(self._events) - KEPT
            self._floor = Position(self._floor + gone)
            del self._events[:gone]
        self.notifier.notify()

    def after(self, cursor: Position, limit: int) -> list[Recorded] | None:
        """At most `limit` events after a cursor; None if it has fallen behind what is kept."""
        if cursor < self._floor:
            return None
        start = cursor - self._floor
        return self._events[start : start + limit]
