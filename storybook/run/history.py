"""A run's recorded events, folded as far as they can be read.

This is where the two ways in which a run can be unreadable meet: bytes that are no event that this
version knows, and events that make no run. Both park it at the first such event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from storybook.events.catalog import Event
from storybook.events.codec import UnreadableEvent
from storybook.events.log import Recorded
from storybook.events.parked import ParkedRun, RunParked, parked_at
from storybook.run.draft import InvalidHistory
from storybook.run.evolution import fold
from storybook.run.refusing import ForgottenRun
from storybook.run.state import Run


class History(msgspec.Struct, frozen=True):
    """What recorded events of one run say: the run after the last one that can be read (None if
    that is none), the events up to there, and where the run is parked if there are more."""

    run: Run | None
    readable: Sequence[Recorded]
    parked: ParkedRun | None = None


def read_history(recorded: Sequence[Recorded], run: Run | None = None) -> History:
    """Fold the next events of a run, in order. Raises `ForgottenRun`."""
    if recorded and recorded[0].is_erased:
        raise ForgottenRun
    reading = _Reading(recorded)
    try:
        return History(fold(reading, run), recorded)
    except (UnreadableEvent, InvalidHistory) as error:
        readable = recorded[: reading.index]
        before = fold((it.event for it in readable), run) if readable else run
        return History(before, readable, parked_at(recorded[reading.index], error))


def read_whole(recorded: Sequence[Recorded]) -> Run | None:
    """The run after all of its events, None if there are none. Raises `RunParked` and
    `ForgottenRun`."""
    history = read_history(recorded)
    if history.parked is not None:
        raise RunParked(history.parked)
    return history.run


class _Reading:
    """The events, decoded one by one as they are folded; `index` is that of the last one."""

    def __init__(self, recorded: Sequence[Recorded]) -> None:
        self._recorded, self.index = recorded, 0

    def __iter__(self) -> Iterator[Event]:
        for index, recorded in enumerate(self._recorded):
            self.index = index
            yield recorded.event
