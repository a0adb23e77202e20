"""What comes next, behind any decision: the work that has become due, or the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

from storybook.book import Work
from storybook.events.catalog import Event, RunCompleted, RunFailed, StageRequested
from storybook.run.evolution import fold
from storybook.run.state import WAITS_FOR, Abandoned, Failed, InHand, Run, Status, Waiting


def followed_up(run: Run | None, events: list[Event]) -> list[Event]:
    """The events, the work that they make due, and the run's end if nothing is left to do."""
    after = fold(events, run)
    assert after is not None  # a fold of at least one event
    due: list[Event] = [
        StageRequested(work.stage, work.page, _last_attempt(after, work) + 1)
        for work in _due(after)
    ]
    return [*events, *(due or _end(after))]


def _due(run: Run) -> Iterator[Work]:
    """Work that nobody has requested yet, or not since the retry, and that need not wait."""
    just_retried = run.status is Status.QUEUED
    for work in run.plan:
        state = run.work.get(work)
        is_open = state is None or (just_retried and isinstance(state, Failed | Abandoned))
        if is_open and all(page < len(run.pages) for page in WAITS_FOR[work]):
            yield work


def _last_attempt(run: Run, work: Work) -> int:
    state = run.work.get(work)
    return 0 if state is None else state.attempt


def _end(run: Run) -> list[Event]:
    states = list(run.work.items())
    if any(isinstance(state, Waiting | InHand) for _, state in states):
        return []
    if all(run.is_complete(work) for work in run.plan):
        return [RunCompleted()]
    for work in sorted(run.work, key=list(WAITS_FOR).index):
        match run.work[work]:
            case Failed(fault=fault):
                return [RunFailed(fault, work.stage, work.page)]
    return []
