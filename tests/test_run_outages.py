"""Work that waits for an engine: given events, when it is deferred, then events."""

from __future__ import annotations

from functools import partial

import pytest

from storybook.book import WRITING, Stage, Work, picture_of
from storybook.events.catalog import (
    AbandonReason,
    EngineInfo,
    Event,
    Fault,
    RunFailed,
    StageAbandoned,
    StageDeferred,
    StageFailed,
)
from storybook.run import (
    Deferred,
    Refused,
    StaleAttempt,
    Status,
    Waiting,
    cancel_run,
    defer_stage,
    give_up_waiting,
    retry_run,
    start_stage,
)
from tests.test_run import ENGINE, FINAL, Story, written

WHY = "nobody answers"
COVER, PANEL = picture_of(0), picture_of(1)
TOO_LONG = Fault("engine_away", "for too long", retryable=False)


def defer(
    story: Story, work: Work = WRITING, engine: EngineInfo = ENGINE, *, is_new: bool = False
) -> list[Event]:
    decide = partial(defer_stage, work=work, attempt=1, engine=engine, why=WHY, is_new=is_new)
    return story.do(decide)


def give_up(story: Story, work: Work) -> list[Event]:
    return story.do(partial(give_up_waiting, work=work, attempt=1, fault=TOO_LONG))


def test_work_in_hand_is_deferred_and_the_same_attempt_is_started_again() -> None:
    """Nothing is counted as a failure."""
    story = Story()
    story.start(WRITING)
    assert defer(story) == [StageDeferred(Stage.LLM, None, 1, ENGINE, WHY)]
    assert story.now.work[WRITING] == Waiting(1, 0)
    assert story.now.waiting_for == Deferred(ENGINE, WHY, 4)
    assert story.now.status is Status.RUNNING and not story.now.failures
    story.start(WRITING)
    assert story.now.waiting_for is None


def test_a_run_that_has_not_begun_stays_queued() -> None:
    """Its work is deferred before it is started."""
    story = Story()
    defer(story)
    assert story.now.status is Status.QUEUED and story.now.waiting_for is not None


def test_work_that_waits_is_deferred_once() -> None:
    """Of two workers that say so one is heard; a new outage begins a new time."""
    story = Story()
    defer(story)
    assert defer(story) == []
    assert defer(story, engine=EngineInfo(ENGINE.name, device="elsewhere")) != []
    assert defer(story) != []
    assert defer(story, is_new=True) != []
    assert story.now.waiting_for == Deferred(ENGINE, WHY, 6)


def test_the_outage_goes_on_until_something_comes_of_the_work() -> None:
    """Begun and turned away again is the same one; a page that is written ends it."""
    story = Story()
    story.start(WRITING)
    defer(story)
    story.start(WRITING)
    defer(story)
    assert story.now.deferred[WRITING].version == 4
    story.start(WRITING)
    story.write(0)
    assert story.now.deferred == {}
    defer(story)
    assert story.now.deferred[WRITING].version == story.now.version


def test_who_has_not_heard_of_an_outage_begins_nothing() -> None:
    """Another worker was turned away meanwhile; with another engine there is nothing to hear."""
    story = Story()
    defer(story)
    begin = partial(start_stage, work=WRITING, attempt=1, worker="b", has_waited=False)
    with pytest.raises(StaleAttempt, match="another worker has found it"):
        story.do(partial(begin, engine=ENGINE))
    assert story.do(partial(begin, engine=EngineInfo("other"))) != []


def test_another_engine_is_another_outage() -> None:
    """The settings have changed since."""
    story = Story()
    story.start(WRITING)
    defer(story)
    story.start(WRITING)
    defer(story, engine=EngineInfo("other"))
    assert story.now.deferred[WRITING].version == story.now.version


@pytest.mark.parametrize("how", ["completed", "failed", "abandoned"])
def test_the_end_of_an_attempt_ends_the_outage(how: str) -> None:
    """However it ends."""
    story = written()
    story.start(COVER)
    defer(story, COVER)
    story.start(COVER)
    match how:
        case "completed":
            story.finish(COVER)
        case "failed":
            story.fail(COVER, FINAL)
        case _:
            story.abandon(COVER, 1, AbandonReason.SHUTDOWN)
    assert story.now.deferred == {}


def test_who_has_waited_for_too_long_fails() -> None:
    """The rest is put down; a retry begins anew."""
    story = written()
    defer(story, COVER)
    events = give_up(story, COVER)
    assert events[0] == StageFailed(Stage.COVER, 0, 1, TOO_LONG)
    assert events[-1] == RunFailed(TOO_LONG, Stage.COVER, 0)
    put_down = [it for it in events if isinstance(it, StageAbandoned)]
    assert {it.reason for it in put_down} == {AbandonReason.FAILURE} and len(put_down) == 4
    story.do(retry_run)
    assert story.now.work[COVER] == Waiting(2, 0) and story.now.waiting_for is None


def test_who_waits_for_no_engine_is_not_given_up() -> None:
    """It was started meanwhile, or somebody else gave up first."""
    story = written()
    with pytest.raises(StaleAttempt, match="does not wait for an engine"):
        give_up(story, COVER)
    defer(story, COVER)
    story.start(COVER)
    with pytest.raises(StaleAttempt):
        give_up(story, COVER)


def test_an_attempt_that_was_overtaken_is_not_deferred() -> None:
    """Nor is one of a run that has ended."""
    story = written()
    with pytest.raises(StaleAttempt):
        story.do(partial(defer_stage, work=COVER, attempt=2, engine=ENGINE, why=WHY))
    defer(story, COVER)
    story.do(cancel_run)
    assert story.now.deferred == {} and story.now.waiting_for is None
    with pytest.raises(Refused):
        defer(story, COVER)


def test_a_lost_run_waits_for_nobody() -> None:
    """What was in hand is put down, and the run fails for what had failed."""
    story = written()
    story.start(COVER)
    story.start(PANEL)
    story.fail(COVER, FINAL)
    events = defer(story, PANEL)
    assert [type(it).__name__ for it in events] == ["StageDeferred", "StageAbandoned", "RunFailed"]
    assert story.now.fault == FINAL and story.now.deferred == {}


def test_a_suspect_stays_one() -> None:
    """It is tried alone when its engine is back."""
    story = written()
    for attempt in (1, 2):
        story.start(COVER, attempt)
        story.abandon(COVER, attempt, AbandonReason.CRASH)
    story.start(COVER, 3)
    story.do(partial(defer_stage, work=COVER, attempt=3, engine=ENGINE, why=WHY))
    assert story.now.work[COVER] == Waiting(3, 0, alone=True)
