"""Playbooks of the scheduler: given what happened, then this is to be done."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from storybook.book import WRITING, RunId, StoryRequest, Work, picture_of
from storybook.clock import MICROSECONDS
from storybook.events.catalog import (
    AbandonReason,
    Blame,
    EngineInfo,
    Event,
    Fault,
    RunCancelled,
    RunForgotten,
    RunRequested,
    StageAbandoned,
    StageCompleted,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.log import Position
from storybook.run import LONGEST_WAIT_SECONDS, Run, fold
from storybook.stages.actions import (
    Abandon,
    Action,
    AttemptEnded,
    ClockTicked,
    DeviceFreed,
    EventHeard,
    Input,
    LeasesSeen,
    LookAtLeases,
    OwnersGone,
    RunFound,
    Start,
    Stop,
    StopAsked,
    WaitUntil,
)
from storybook.stages.devices import Devices, Unload
from storybook.stages.outages import Outages
from storybook.stages.registry import Engines
from storybook.stages.run_engines import RunEngines
from storybook.stages.scheduling import Scheduler, wait_left
from storybook.stages.work_queue import QueuedWork
from storybook.stores.leases import Held, LeasedWork
from tests.clocks import ManualClock
from tests.engines import NoTranscriber, Scripted, ScriptedIllustrator, ScriptedWriter, run_id

REQUEST = StoryRequest("조선", "숲", "토끼", "우정")
SECOND = MICROSECONDS
NOON = 1_700_000_000 * SECOND
LEASE = 30 * SECOND
US, THEM, OTHERS = "us", "them", "others"
COVER, PANEL = picture_of(0), picture_of(1)
INSIDE, APART = EngineInfo("inside"), EngineInfo("apart", apart=True)


async def no_run(run_id: RunId) -> Run | None:
    raise AssertionError("of every run it is known who does its work")


class Playbook:
    """A scheduler, its clock, and what it has been told; the writer has two places, the painter
    one, which may be on a device that they share or outside of the process."""

    def __init__(self, *, device: str = "cpu", apart: bool = False) -> None:
        self.writer = ScriptedWriter(places=2, device=device)
        self.painter = ScriptedIllustrator(places=1, device=device)
        self.painter.info = EngineInfo("painter", device=device, apart=apart)
        self.now = 0
        narrator = Scripted().narrator
        engines = Engines.only(self.writer, self.painter, narrator, NoTranscriber())
        self.engines = RunEngines(engines, no_run, ManualClock())
        self.outages = outages = Outages(60, lambda: 0.0)
        self.scheduler = Scheduler(US, self.engines, Devices(), outages, LEASE)

    def given(self, *inputs: Input) -> list[Action]:
        return self.scheduler.handle(inputs, self.now)

    def heard(self, *events: Event, run: int = 1) -> list[Action]:
        """What is done once these are in the log."""
        at = NOON + self.now
        return self.given(*(EventHeard(run_id(run), Position(run), at, it) for it in events))

    def requested(self, *works: Work, run: int = 1) -> list[Action]:
        return self.heard(
            RunRequested(REQUEST, 7),
            *(StageRequested(it.stage, it.page, 1) for it in works),
            run=run,
        )


def started(work: Work, owner: str = US, attempt: int = 1, engine: EngineInfo = INSIDE) -> Event:
    return StageStarted(work.stage, work.page, attempt, owner, engine)


def completed(work: Work, attempt: int = 1) -> Event:
    return StageCompleted(work.stage, work.page, attempt)


def leased(work: Work, run: int = 1, attempt: int = 1) -> LeasedWork:
    return LeasedWork(run_id(run), work, attempt)


def starts(actions: Sequence[Action]) -> list[tuple[RunId, Work]]:
    """What is started; nothing else is done."""
    assert all(isinstance(it, Start) for it in actions), actions
    return [(it.queued.run_id, it.queued.work) for it in actions if isinstance(it, Start)]


# ------------------------------------------------------------------------------ one worker


def test_requested_work_is_started_when_its_engine_has_a_place() -> None:
    """The next one follows when the first has ended."""
    play = Playbook()
    assert starts(play.requested(WRITING, COVER, PANEL)) == [
        (run_id(1), WRITING),
        (run_id(1), COVER),
    ]
    assert play.heard(started(WRITING), started(COVER), completed(COVER)) == []
    assert starts(play.given(AttemptEnded(leased(COVER)))) == [(run_id(1), PANEL)]
    assert play.scheduler.in_hand == [leased(WRITING), leased(PANEL)]


def test_work_waits_until_its_time_by_a_clock_that_only_goes_on() -> None:
    """It is started when the alarm has rung, not before."""
    play = Playbook()
    play.requested()
    again = StageRequested(COVER.stage, 0, 2, NOON + 5 * SECOND)
    assert play.heard(again) == [WaitUntil(5 * SECOND)]
    play.now = 5 * SECOND - 1
    assert play.given() == []
    play.now = 5 * SECOND
    assert starts(play.given(ClockTicked())) == [(run_id(1), COVER)]


def test_the_sooner_moment_is_waited_for() -> None:
    """A later one is looked at when the sooner one has come."""
    play = Playbook()
    play.requested()
    assert play.heard(StageRequested(PANEL.stage, 1, 2, NOON + 6 * SECOND)) == [
        WaitUntil(6 * SECOND)
    ]
    assert play.heard(StageRequested(COVER.stage, 0, 2, NOON + 2 * SECOND)) == [
        WaitUntil(2 * SECOND)
    ]
    assert play.heard(StageRequested(WRITING.stage, None, 2, NOON + 4 * SECOND)) == []
    play.now = 2 * SECOND
    started_it, wait = play.given(ClockTicked())
    assert isinstance(started_it, Start)
    assert wait == WaitUntil(4 * SECOND)


@pytest.mark.parametrize(
    ("not_before", "at", "seconds"),
    [
        (NOON + 2 * SECOND, NOON, 2),
        (NOON, NOON + SECOND, 0),
        (NOON, NOON - 86_400 * SECOND, LONGEST_WAIT_SECONDS),
        (NOON, NOON + 86_400 * SECOND, 0),
        (0, NOON, 0),
    ],
    ids=["as asked", "it is over", "the clock was set back", "set forward", "no wait"],
)
def test_no_wait_is_longer_than_the_rules_let_it_be(
    not_before: int, at: int, seconds: float
) -> None:
    """A retry is not held for a day because a clock went back a day, also not across a restart."""
    assert wait_left(not_before, at) == int(seconds * SECOND)
    play = Playbook()
    events: list[Event] = [
        RunRequested(REQUEST, 7),
        StageRequested(COVER.stage, 0, 2, not_before),
    ]
    run = fold(events)
    assert run is not None
    told = play.given(RunFound(run_id(1), Position(1), run, at))
    if seconds:
        assert told == [WaitUntil(int(seconds * SECOND))]
        play.now = int(seconds * SECOND)
        told = play.given(ClockTicked())
    assert starts(told) == [(run_id(1), COVER)]


def test_cancelled_work_is_stopped_and_forgotten() -> None:
    """What is in hand is stopped, what waits is never started."""
    play = Playbook()
    play.requested(COVER, PANEL)
    put_down = [
        StageAbandoned(work.stage, work.page, 1, AbandonReason.CANCEL) for work in (COVER, PANEL)
    ]
    assert play.heard(*put_down, RunCancelled()) == [Stop(leased(COVER))]
    assert play.given(AttemptEnded(leased(COVER))) == []


def test_work_of_a_run_that_was_forgotten_is_stopped_and_waits_no_more() -> None:
    """The events that put it down were erased; other runs go on."""
    play = Playbook()
    play.requested(COVER, PANEL)
    assert play.requested(COVER, run=2) == []
    assert play.heard(RunForgotten()) == [Stop(leased(COVER))]
    assert starts(play.given(AttemptEnded(leased(COVER)))) == [(run_id(2), COVER)]


def test_what_was_broken_rests_and_is_taken_up_again() -> None:
    """Unless its run has ended meanwhile."""
    play = Playbook()
    play.requested(COVER)
    assert play.given(AttemptEnded(leased(COVER), 60 * SECOND)) == [WaitUntil(60 * SECOND)]
    play.now = 60 * SECOND
    assert starts(play.given(ClockTicked())) == [(run_id(1), COVER)]
    play.heard(RunCancelled())
    assert play.given(AttemptEnded(leased(COVER), 60 * SECOND)) == []


def test_nothing_is_started_once_a_stop_was_asked_for() -> None:
    """What is in hand goes on."""
    play = Playbook()
    play.requested(COVER, PANEL)
    assert play.given(StopAsked()) == []
    assert play.given(AttemptEnded(leased(COVER))) == []
    assert play.requested(WRITING, run=2) == []


def test_a_device_that_changes_hands_is_unloaded_before_anything_starts_there() -> None:
    """The writer's model goes before the painter's comes."""
    play = Playbook(device="gpu0")
    assert starts(play.requested(WRITING)) == [(run_id(1), WRITING)]
    assert play.heard(started(WRITING), StageRequested(COVER.stage, 0, 1)) == []
    assert play.given(AttemptEnded(leased(WRITING))) == [Unload("gpu0", play.writer)]
    assert play.given() == []
    assert starts(play.given(DeviceFreed("gpu0"))) == [(run_id(1), COVER)]


# ------------------------------------------------------------------------- several workers


def test_work_that_another_one_has_started_is_left_to_it() -> None:
    """Its lease is watched; when it is complete it is forgotten."""
    play = Playbook()
    assert play.heard(RunRequested(REQUEST, 7), started(COVER, THEM)) == [WaitUntil(LEASE)]
    assert play.scheduler.owners == {THEM}
    assert play.heard(completed(COVER)) == []
    assert play.scheduler.owners == set()


@pytest.mark.parametrize("renewed", [True, False])
def test_work_is_abandoned_when_its_lease_has_run_out(renewed: bool) -> None:
    """Leases are looked at before that: it may have been renewed."""
    play = Playbook()
    play.heard(RunRequested(REQUEST, 7), started(COVER, THEM))
    play.now = LEASE
    assert play.given(ClockTicked()) == [LookAtLeases()]
    held = Held(THEM, 12 * SECOND if renewed else 0)
    told = play.given(LeasesSeen({leased(COVER): held}))
    if renewed:
        assert told == [WaitUntil(LEASE + 12 * SECOND)]
    else:
        assert told == [Abandon(leased(COVER), THEM, Blame.ALONE)]


def test_work_without_a_lease_is_abandoned_after_the_length_of_one() -> None:
    """The file of leases may have been thrown away: its owner has that long to renew."""
    play = Playbook()
    play.heard(RunRequested(REQUEST, 7), started(COVER, THEM))
    play.now = LEASE - 1
    assert play.given(LeasesSeen({})) == []
    play.now = LEASE
    assert play.given(LeasesSeen({})) == [Abandon(leased(COVER), THEM, Blame.ALONE)]
    assert play.given(LeasesSeen({})) == []


def test_work_of_an_owner_that_is_gone_is_abandoned_at_once() -> None:
    """That of others is not."""
    play = Playbook()
    play.heard(RunRequested(REQUEST, 7), started(COVER, THEM), started(PANEL, OTHERS))
    assert play.given(OwnersGone({THEM})) == [Abandon(leased(COVER), THEM, Blame.ALONE)]
    assert play.given(OwnersGone({THEM})) == []


def test_only_what_ran_inside_the_process_that_died_is_suspected() -> None:
    """What was made elsewhere is not; what was not alone is suspected, not convicted."""
    play = Playbook()
    play.heard(
        RunRequested(REQUEST, 7),
        started(WRITING, THEM),
        started(COVER, THEM, engine=APART),
        started(PANEL, OTHERS),
    )
    assert play.given(OwnersGone({THEM, OTHERS})) == [
        Abandon(leased(WRITING), THEM, Blame.ALONE),
        Abandon(leased(COVER), THEM, Blame.NONE),
        Abandon(leased(PANEL), OTHERS, Blame.ALONE),
    ]
    play.heard(started(WRITING, THEM, 2), started(COVER, THEM, 2))
    assert play.given(OwnersGone({THEM})) == [
        Abandon(leased(WRITING, attempt=2), THEM, Blame.SHARED),
        Abandon(leased(COVER, attempt=2), THEM, Blame.SHARED),
    ]


def test_work_of_which_the_lease_is_lost_is_stopped() -> None:
    """Its report would be refused anyway."""
    play = Playbook()
    play.requested(COVER)
    held = {leased(COVER): Held(THEM, LEASE)}
    assert play.given(LeasesSeen(held, lost=[leased(COVER)])) == [Stop(leased(COVER))]


def test_work_that_somebody_else_has_abandoned_is_stopped_before_it_is_started_anew() -> None:
    """The new attempt waits until the old one has let go of its place."""
    play = Playbook()
    play.requested(COVER)
    taken = StageAbandoned(COVER.stage, 0, 1, AbandonReason.CRASH)
    assert play.heard(started(COVER), taken, StageRequested(COVER.stage, 0, 2)) == [
        Stop(leased(COVER))
    ]
    assert starts(play.given(AttemptEnded(leased(COVER)))) == [(run_id(1), COVER)]


def test_a_late_report_of_an_earlier_attempt_stops_nothing() -> None:
    """Only the attempt in hand can be put down."""
    play = Playbook()
    play.requested()
    play.heard(StageRequested(COVER.stage, 0, 2))
    assert play.heard(StageAbandoned(COVER.stage, 0, 1, AbandonReason.CRASH)) == []
    fault = Fault("kind", "why", retryable=True)
    assert play.heard(StageFailed(COVER.stage, 0, 1, fault)) == []


# --------------------------------------------------------------------------- what is suspected


def suspect(work: Work, attempt: int = 2) -> Event:
    return StageRequested(work.stage, work.page, attempt, alone=True)


def test_a_suspect_waits_until_nothing_else_runs_and_nothing_else_is_started() -> None:
    """Then it is tried, and only then the others go on."""
    play = Playbook()
    play.requested(COVER)
    play.requested(run=2)
    assert play.heard(suspect(WRITING)) == []
    assert play.heard(StageRequested(WRITING.stage, None, 1), run=2) == []
    assert starts(play.given(AttemptEnded(leased(COVER)))) == [(run_id(1), WRITING)]
    assert play.heard(StageRequested(COVER.stage, 0, 1), run=2) == []
    both = play.given(AttemptEnded(leased(WRITING, attempt=2)))
    assert starts(both) == [(run_id(2), WRITING), (run_id(2), COVER)]


def test_what_runs_outside_of_the_process_goes_on_beside_a_suspect() -> None:
    """It cannot be what kills it, and is never tried alone itself."""
    play = Playbook(apart=True)
    play.requested(COVER)
    assert starts(play.heard(suspect(WRITING))) == [(run_id(1), WRITING)]
    play.given(AttemptEnded(leased(COVER)))
    play.requested(run=2)
    assert starts(play.heard(suspect(COVER), run=2)) == [(run_id(2), COVER)]


def test_an_open_run_is_taken_up_where_the_log_left_it() -> None:
    """What waits is started, what is in hand is watched, what is complete is left alone."""
    play = Playbook()
    events: list[Event] = [
        RunRequested(REQUEST, 7),
        started(WRITING, THEM),
        completed(COVER),
        StageRequested(PANEL.stage, 1, 3),
    ]
    run = fold(events)
    assert run is not None
    told = play.given(RunFound(run_id(1), Position(5), run, NOON))
    queued = QueuedWork(run_id(1), PANEL, 3, 0, 5)
    assert told == [Start(queued, play.painter), WaitUntil(LEASE)]
