"""What comes next, after any decision: the work that has become due, or the end of the run.

Once it is certain that a run fails, no attempt is begun any more: what waits is put down, what is
in hand may finish (its page stays readable, and a retry need not make it again), and then the run
fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from storybook.book import Work
from storybook.events.catalog import (
    AbandonReason,
    Event,
    RunCompleted,
    RunFailed,
    StageAbandoned,
    StageRequested,
)
from storybook.run.evolution import fold
from storybook.run.state import Abandoned, Failed, InHand, Outdated, Run, Status, Waiting


def followed_up(run: Run | None, events: list[Event]) -> list[Event]:
    """The events, and what follows from them: the work that they make due, or the run's end."""
    after = fold(events, run)
    assert after is not None  # a fold of at least one event
    return [*events, *(_giving_up(after) if after.is_lost else _going_on(after))]


def _going_on(run: Run) -> list[Event]:
    due: list[Event] = [
        StageRequested(work.stage, work.page, _last_attempt(run, work) + 1, language=work.language)
        for work in _due(run)
    ]
    if not due and all(run.is_complete(work) for work in run.plan):
        return [RunCompleted()]
    return due


def _due(run: Run) -> Iterator[Work]:
    """Work that nobody has requested yet, or not since the retry or in this edition, and that need
    not wait."""
    just_retried = run.status is Status.QUEUED
    for work in run.plan:
        state = run.work.get(work)
        is_open = state is None or isinstance(state, Outdated)
        is_again = just_retried and isinstance(state, Failed | Abandoned)
        if (is_open or is_again) and run.has_text_for(work):
            yield work


def _last_attempt(run: Run, work: Work) -> int:
    state = run.work.get(work)
    return 0 if state is None else state.attempt


def _giving_up(run: Run) -> list[Event]:
    put_down: list[Event] = [
        StageAbandoned(
            work.stage, work.page, state.attempt, AbandonReason.FAILURE, language=work.language
        )
        for work, state in run.work.items()
        if isinstance(state, Waiting)
    ]
    if any(isinstance(state, InHand) for state in run.work.values()):
        return put_down
    return [*put_down, _failure(run)]


def _failure(run: Run) -> RunFailed:
    """Of all that failed, the first in the order of the plan says why."""
    failed = ((work, state) for work in run.plan if isinstance(state := run.work.get(work), Failed))
    work, state = next(failed)
    return RunFailed(state.fault, work.stage, work.page, language=work.language)
