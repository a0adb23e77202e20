"""What the log tells of attempts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from storybook.book import WRITING, RunId, Stage, Work
from storybook.clock import MICROSECONDS
from storybook.events.catalog import (
    AbandonReason,
    EngineInfo,
    Event,
    Fault,
    RunFailed,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.parked import ParkedRuns
from storybook.stores.sqlite.log import SqliteLog
from storybook.telemetry.attempts import (
    AttemptFold,
    AttemptHandler,
    Ended,
    EndedAttempt,
    RunOver,
    StageLoad,
)
from tests.http.serving import serving

RUN = RunId("a" * 32)
LLM = Stage.LLM
PAINTED = Work(Stage.COVER, 0)
ENGINE = EngineInfo("pen", "1", "", "cpu")
AWAY = Fault("busy", "조선시대 토끼", retryable=True)


def second(number: float) -> int:
    return int(number * MICROSECONDS)


def played(events: Iterable[tuple[float, Event]]) -> tuple[AttemptFold, list[Ended]]:
    """A fold that was fed with events, each at its second, and what it told."""
    fold = AttemptFold(RUN)
    told = [fold.feed(event, second(at)) for at, event in events]
    return fold, [it for it in told if it is not None]


def test_how_long_it_waited_and_worked() -> None:
    """From when it might have begun, which a wait before another try puts off."""
    fold, told = played(
        [
            (1, StageRequested(LLM, None, 1, not_before=second(5))),
            (7, StageStarted(LLM, None, 1, "me", ENGINE)),
            (10, StageCompleted(LLM, None, 1)),
        ]
    )
    (ended,) = told
    assert isinstance(ended, EndedAttempt)
    assert (ended.engine, ended.outcome, ended.waited, ended.worked) == ("pen", "completed", 2, 3)
    assert not fold.open


def test_a_failure_is_told_by_its_kind() -> None:
    """Its message may quote what a child wrote, and is in nothing that is told."""
    _, told = played(
        [
            (0, StageRequested(LLM, None, 1)),
            (1, StageStarted(LLM, None, 1, "me", ENGINE)),
            (2, StageFailed(LLM, None, 1, AWAY)),
            (3, RunFailed(AWAY, LLM, None)),
        ]
    )
    failed, run = told
    assert isinstance(failed, EndedAttempt) and failed.fault == "busy"
    assert run == RunOver(RUN, "FAILED")
    assert "토끼" not in repr(told)


def test_a_deferred_attempt_waits_again() -> None:
    """What it was worked on counts as an attempt; one that was not begun yet tells nothing."""
    fold, told = played(
        [
            (0, StageRequested(LLM, None, 1)),
            (1, StageStarted(LLM, None, 1, "me", ENGINE)),
            (4, StageDeferred(LLM, None, 1, ENGINE, "away")),
            (5, StageDeferred(LLM, None, 1, ENGINE, "away")),
        ]
    )
    (deferred,) = told
    assert isinstance(deferred, EndedAttempt)
    assert (deferred.outcome, deferred.worked) == ("deferred", 3)
    assert fold.open[WRITING].started is None and fold.open[WRITING].since == second(5)


def test_what_never_began_ends_nothing() -> None:
    """A log that does not fit is for others to complain of."""
    _, told = played([(1, StageAbandoned(LLM, None, 1, AbandonReason.CANCEL))])
    assert told == []


@pytest.mark.slow
@pytest.mark.anyio
async def test_work_that_was_open_before_is_known(tmp_path: Path) -> None:
    """A server that starts knows since when it waits; each stage's load is counted."""
    told: list[Ended] = []
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()
        log = site.application.log
        assert isinstance(log, SqliteLog)
        handler = AttemptHandler(log, told.append)
        before = await log.head()
        subscription = await handler.take_up([run_id], ParkedRuns())
        assert before <= subscription.position <= await log.head()  # work may begin meanwhile
        assert handler.open_runs == 1
        load = handler.loads()[LLM]
        assert (load.waiting, load.in_hand) in ((1, 0), (0, 1))
    assert told == []


def test_the_first_of_those_that_wait() -> None:
    """Nothing waits where all is in hand."""
    fold, _ = played(
        [
            (1, StageRequested(PAINTED.stage, 0, 1)),
            (2, StageStarted(PAINTED.stage, 0, 1, "me", ENGINE)),
        ]
    )
    assert fold.open[PAINTED].started == second(2)
    assert StageLoad() == StageLoad(0, None, 0)
