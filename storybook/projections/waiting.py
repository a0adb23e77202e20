"""For which engine a run waits, and since when.

The fold of a run knows which of its events says so; when that was recorded is remembered here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from storybook.events.catalog import EngineInfo, StageDeferred
from storybook.events.log import Recorded
from storybook.run import Run

_DEFERRED: Final = StageDeferred.__name__


class WaitingFor(msgspec.Struct, frozen=True, array_like=True):
    """An engine that was away, and why; since when is in microseconds since 1970."""

    engine: EngineInfo
    since: int
    why: str


class WaitingFold:
    """Takes a run's events, in order and in batches, with the run after each."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[int, int] = {}
        """When the events that deferred something were recorded, by their version."""

    def feed(self, run: Run, recorded: Iterable[Recorded]) -> WaitingFor | None:
        """What the run waits for after these events."""
        if not run.deferred:  # what was deferred within the batch is over
            return None
        for it in recorded:
            if it.type == _DEFERRED:
                self._times[it.version] = it.recorded_at
        found = run.waiting_for
        if found is None:
            return None
        return WaitingFor(found.engine, self._times[found.version], found.why)


def waiting_for(run: Run, recorded: Iterable[Recorded]) -> WaitingFor | None:
    """What a run waits for after all of its events."""
    return WaitingFold().feed(run, recorded)
