"""How far a run is, and which of its events changed that."""

from __future__ import annotations

import msgspec

from storybook.book import Stage
from storybook.events.log import Recorded
from storybook.projections.waiting import WaitingFold, WaitingFor
from storybook.run import Run, Status, evolve


class RunProgress(msgspec.Struct, frozen=True):
    """How far a run is; `error` is why it failed, None unless it did."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    error: str | None


def progress_of(run: Run) -> RunProgress:
    """How far a run is."""
    error = run.fault.message if run.fault is not None else None
    return RunProgress(run.status, run.stage, run.ready_max_page, run.ready_max_audio_page, error)


class ProgressFold:
    """Folds the events of one run, and tells which of them changed its progress. `waiting_for` is
    what the run waits for now."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._waiting = WaitingFold()
        self.waiting_for: WaitingFor | None = None
        self._last: RunProgress | None = None

    def feed(self, recorded: Recorded) -> RunProgress | None:
        """The progress after this event if it changed it, else None."""
        self._run = evolve(self._run, recorded.event)
        self.waiting_for = self._waiting.feed(self._run, [recorded])
        now = progress_of(self._run)
        if now == self._last:
            return None
        self._last = now
        return now
