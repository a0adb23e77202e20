"""Runs that cannot be read any further, and where each of them stands.

An event that this version cannot read (its type came with a newer version, its bytes were damaged,
or it does not fit what stands before it) **parks** its run there. Nothing is decided on a parked
run, nothing of it is worked on or removed, and readers see it as it stood before that event. All
other runs go on. Nothing is recorded about it: the log alone says which runs are parked, each start
finds out anew, and a version that can read the event takes the run up where it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import msgspec

from storybook.book import RunId
from storybook.events.catalog import Event, RunForgotten
from storybook.events.codec import UNREADABLE, UnreadableEvent
from storybook.events.log import Position, Recorded

logger = logging.getLogger(__name__)


class ParkedRun(msgspec.Struct, frozen=True):
    """A run, and the first of its events that cannot be read: its position, its type as recorded,
    and why (for people)."""

    run_id: RunId
    position: Position
    type: str
    why: str

    @property
    def what(self) -> str:
        return (
            f"run {self.run_id} is parked: its event {self.position} ({self.type}) cannot be read: "
            f"{self.why}"
        )

    @property
    def mend(self) -> str:
        if self.type == UNREADABLE:
            return "`storybook verify` says what else is lost; put the log back from a backup"
        return (
            "Start the storybook version that recorded it; "
            "`storybook verify` says whether it was changed since"
        )

    def __str__(self) -> str:
        return f"{self.what}. {self.mend}"


class RunParked(Exception):
    """A run cannot be read any further."""

    def __init__(self, parked: ParkedRun) -> None:
        super().__init__(str(parked))
        self.parked = parked


def parked_at(recorded: Recorded, error: Exception) -> ParkedRun:
    """The run of an event that cannot be read, parked there."""
    why = error.why if isinstance(error, UnreadableEvent) else str(error)
    return ParkedRun(recorded.run_id, recorded.position, recorded.type, why)


def read_event(recorded: Recorded) -> Event:
    """The decoded event. Raises `RunParked`."""
    try:
        return recorded.event
    except UnreadableEvent as error:
        raise RunParked(parked_at(recorded, error)) from error


class ParkedRuns:
    """The runs that are parked now: whoever follows the log in this process tells and asks here."""

    def __init__(self) -> None:
        self._runs: dict[RunId, ParkedRun] = {}

    def __iter__(self) -> Iterator[ParkedRun]:
        """In the order of their positions."""
        return iter(sorted(self._runs.values(), key=lambda it: it.position))

    def get(self, run_id: RunId) -> ParkedRun | None:
        return self._runs.get(run_id)

    def park(self, parked: ParkedRun) -> None:
        """Remember it, and say so in the log unless it is known."""
        known = self._runs.get(parked.run_id)
        if known is None or parked.position < known.position:
            self._runs[parked.run_id] = parked
            logger.error("%s", parked)

    def readable(self, batch: list[Recorded]) -> list[Recorded]:
        """The events that are not covered, and not erased."""
        if not self._runs and all(it.data for it in batch):
            return batch
        return [it for it in batch if not (it.is_erased or self.covers(it))]

    def covers(self, recorded: Recorded) -> bool:
        """Whether an event is the one that parked its run, or comes after it. A run that is
        forgotten is parked no more: nothing of it is to be read."""
        if recorded.type == RunForgotten.__name__:
            self._runs.pop(recorded.run_id, None)
        parked = self._runs.get(recorded.run_id)
        return parked is not None and recorded.position >= parked.position
