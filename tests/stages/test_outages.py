"""Playbooks of the scheduler when engines are away: given what happened, then this is done."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from storybook.book import WRITING, Work, picture_of
from storybook.events.catalog import (
    AbandonReason,
    EngineInfo,
    Event,
    PageWritten,
    RunRequested,
    StageAbandoned,
    StageDeferred,
    StageRequested,
)
from storybook.events.log import Position
from storybook.run import fold
from storybook.stages.actions import (
    Action,
    AttemptEnded,
    ClockTicked,
    Defer,
    DeviceFreed,
    EngineLooked,
    GiveUp,
    LookAtEngine,
    RunFound,
    Start,
    WaitUntil,
)
from storybook.stages.devices import Unload
from storybook.stages.outages import LOOKS, SURE_SECONDS, Absence
from tests.engines import run_id
from tests.stages.test_scheduling import (
    NOON,
    REQUEST,
    SECOND,
    THEM,
    Playbook,
    completed,
    leased,
    started,
    starts,
)

COVER, PANEL = picture_of(0), picture_of(1)
AWAY = Absence("nobody answers", "Start it")
LIMIT = 60 * 60 * SECOND
FIRST = int(LOOKS.first * SECOND)


def deferred(play: Playbook, work: Work = COVER, engine: EngineInfo | None = None) -> Event:
    return StageDeferred(work.stage, work.page, 1, engine or play.painter.info, AWAY.why)


def of(kind: type, actions: Sequence[Action]) -> list[Action]:
    return [it for it in actions if isinstance(it, kind)]


def away(play: Playbook, work: Work = COVER, absence: Absence = AWAY) -> list[Action]:
    """The painter turns out to be away, over work in hand."""
    told = play.heard(started(work))
    told += play.given(AttemptEnded(leased(work), absence=absence))
    return told + play.heard(deferred(play, work))


def looked(play: Playbook, absence: Absence | None) -> list[Action]:
    return play.given(EngineLooked(play.painter, absence))


def tick(play: Playbook, seconds: float) -> list[Action]:
    play.now += int(seconds * SECOND)
    return play.given(ClockTicked())


def test_an_engine_that_was_away_is_looked_at_before_anything_is_started() -> None:
    """Neither the work that met it nor what waits behind it is begun."""
    play = Playbook()
    play.requested(COVER, PANEL)
    assert away(play) == [WaitUntil(FIRST)]
    assert tick(play, 1) == [LookAtEngine(play.painter)]
    assert play.given() == []


def test_people_are_told_what_is_away_and_how_much_waits() -> None:
    """Why, what mends it and since when; nothing any more once it is back."""
    play = Playbook()
    play.requested(COVER, PANEL)
    assert play.outages.told() == []
    away(play)
    (told,) = play.outages.told()
    assert (told.engine, told.why, told.mend) == (play.painter.info.name, AWAY.why, AWAY.mend)
    assert (told.since, told.waiting) == (NOON, 1)


def test_it_rests_for_longer_each_time() -> None:
    """Up to ten seconds."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    rests = []
    for _ in range(9):
        play.now = max(play.now, FIRST)
        began = play.now
        while not of(LookAtEngine, tick(play, 0.25)):
            pass
        rests.append((play.now - began) / SECOND)
        looked(play, AWAY)
    assert rests == sorted(rests) and rests[-1] == LOOKS.most


def test_one_piece_of_work_tries_whether_it_is_back() -> None:
    """When that is recorded as started, the others follow."""
    play = Playbook()
    play.painter.places = 3
    play.requested(COVER)
    away(play)
    play.heard(StageRequested(PANEL.stage, 1, 1))
    tick(play, 1)
    (trial,) = looked(play, None)
    assert isinstance(trial, Start) and trial.trial == SURE_SECONDS
    assert trial.queued.leased == leased(COVER)
    (other,) = play.heard(started(COVER))
    assert isinstance(other, Start) and other.trial is None


def test_who_tries_it_and_is_turned_away_is_put_back() -> None:
    """Nothing was recorded of it; the engine rests for longer."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    tick(play, 1)
    looked(play, None)
    assert play.given(AttemptEnded(leased(COVER), 0, AWAY)) == [
        WaitUntil(play.now + int(1.5 * SECOND))
    ]
    assert tick(play, 1.5) == [LookAtEngine(play.painter)]
    (again,) = looked(play, None)
    assert isinstance(again, Start) and again.trial == SURE_SECONDS


def test_work_that_is_turned_away_after_a_while_counts_as_started_later_each_time() -> None:
    """A proxy that gives up after a minute fills no log; a page that is written ends that."""
    play = Playbook()
    play.requested(WRITING)

    def trial() -> float:
        """How long the writer keeps work until it counts, once it was away again."""
        play.heard(started(WRITING))
        play.given(AttemptEnded(leased(WRITING), absence=AWAY))
        play.heard(deferred(play, WRITING, play.writer.info))
        tick(play, 1)
        (start,) = play.given(EngineLooked(play.writer, None))
        assert isinstance(start, Start) and start.trial is not None
        return start.trial / SURE_SECONDS

    assert [trial() for _ in range(5)] == [1, 2, 4, 8, 16]
    play.heard(started(WRITING), PageWritten(0, 1))
    assert trial() == 1


def test_a_trial_that_tells_nothing_is_followed_by_a_look() -> None:
    """Its run was cancelled; another one tries."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    play.requested(COVER, run=2)
    tick(play, 1)
    looked(play, None)
    play.heard(StageAbandoned(COVER.stage, 0, 1, AbandonReason.CANCEL))
    assert play.given(AttemptEnded(leased(COVER))) == [LookAtEngine(play.painter)]
    (other,) = looked(play, None)
    assert isinstance(other, Start) and other.queued.run_id == run_id(2)


def test_it_is_let_alone_for_as_long_as_it_asks() -> None:
    """But never for longer than anybody waits for it."""
    play = Playbook()
    play.requested(COVER)
    busy = Absence("busy", "Wait", retry_after=120)
    assert away(play, absence=busy) == [WaitUntil(120 * SECOND)]
    tick(play, 120)
    assert looked(play, Absence("busy", "Wait", 1e300)) == [WaitUntil(LIMIT)]


def test_each_run_says_once_that_it_waits() -> None:
    """By the first piece of work that would have been started; one that was in hand has said so."""
    play = Playbook()
    play.requested(COVER, PANEL)
    away(play)
    told = play.requested(COVER, PANEL, run=2)
    assert told == [Defer(leased(COVER, run=2), play.painter.info, AWAY.why, is_new=False)]
    assert play.given() == []
    play.heard(deferred(play), run=2)
    assert of(Defer, [*tick(play, 1), *looked(play, AWAY)]) == []


def test_it_says_so_again_for_another_outage() -> None:
    """It waited for its turn when the engine was back, and now it waits anew."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    play.requested(COVER, run=2)
    play.heard(deferred(play), run=2)
    tick(play, 1)
    looked(play, None)
    play.heard(started(COVER), completed(COVER), StageRequested(PANEL.stage, 1, 1))
    assert starts(play.given(AttemptEnded(leased(COVER)))) == [(run_id(2), COVER)]
    play.heard(started(COVER), run=2)
    play.heard(completed(COVER), run=2)
    play.given(AttemptEnded(leased(COVER, run=2)))
    play.requested(COVER, run=3)
    told = play.given(AttemptEnded(leased(PANEL), absence=AWAY))
    assert of(Defer, told) == [
        Defer(leased(COVER, run=3), play.painter.info, AWAY.why, is_new=False)
    ]


def test_what_was_deferred_and_had_no_turn_is_deferred_anew() -> None:
    """With one place and many books, the engine can go again before each has had its turn."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    play.requested(PANEL, run=2)
    play.heard(deferred(play, PANEL), run=2)
    tick(play, 1)
    looked(play, None)
    play.heard(started(COVER))
    told = play.given(AttemptEnded(leased(COVER), absence=AWAY))
    assert of(Defer, told) == [
        Defer(leased(PANEL, run=2), play.painter.info, AWAY.why, is_new=True)
    ]


def test_who_has_waited_for_too_long_is_given_up_after_one_more_look() -> None:
    """And not while nobody has looked."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    play.now = LIMIT
    assert of(GiveUp, tick(play, 0)) == []
    last = Absence("still nobody", "Start it")
    assert of(GiveUp, looked(play, last)) == [GiveUp(leased(COVER), play.painter.info, NOON, last)]
    assert of(GiveUp, play.given()) == []


def test_an_engine_that_is_back_at_the_last_moment_is_tried() -> None:
    """Late is better than never."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    tick(play, LIMIT / SECOND)
    (trial,) = looked(play, None)
    assert isinstance(trial, Start)


def test_a_page_that_is_written_gives_the_writer_its_time_again() -> None:
    """Something has come of the work."""
    play = Playbook()
    play.requested(WRITING)
    play.heard(started(WRITING))
    play.given(AttemptEnded(leased(WRITING), absence=AWAY))
    play.heard(deferred(play, WRITING, play.writer.info))
    tick(play, 1)
    play.given(EngineLooked(play.writer, None))
    play.heard(started(WRITING), PageWritten(0, 1))
    play.now = LIMIT
    play.given(AttemptEnded(leased(WRITING), absence=AWAY))
    assert of(GiveUp, play.heard(deferred(play, WRITING, play.writer.info))) == []


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (NOON + 100 * SECOND, LIMIT - 100 * SECOND),
        (NOON - 86_400 * SECOND, LIMIT),
        (NOON + 86_400 * SECOND, 0),
    ],
    ids=["as it was", "the clock was set back", "set forward"],
)
def test_after_a_restart_the_limit_goes_on_from_the_events_time(at: int, left: int) -> None:
    """The engine is looked at first, and work is tried if it is there, whatever the time."""
    play = Playbook()
    events: list[Event] = [
        RunRequested(REQUEST, 7),
        StageRequested(COVER.stage, 0, 1),
        deferred(play),
    ]
    run = fold(events)
    assert run is not None
    found = RunFound(run_id(1), Position(1), run, at, {COVER: NOON})
    assert of(LookAtEngine, play.given(found)) == [LookAtEngine(play.painter)]
    play.now = max(left - 1, 0)
    assert bool(of(GiveUp, looked(play, AWAY))) == (left == 0)
    if left:
        tick(play, 1)
        assert of(GiveUp, looked(play, AWAY)) or of(GiveUp, [*tick(play, 10), *looked(play, AWAY)])


def test_an_engine_of_yesterday_is_not_looked_at() -> None:
    """Another one does the stage today, and begins at once."""
    play = Playbook()
    events: list[Event] = [
        RunRequested(REQUEST, 7),
        StageRequested(COVER.stage, 0, 1),
        deferred(play, engine=EngineInfo("comfyui", device="http://gone")),
    ]
    run = fold(events)
    assert run is not None
    found = RunFound(run_id(1), Position(1), run, NOON, {COVER: NOON})
    assert starts(play.given(found)) == [(run_id(1), COVER)]


def test_what_another_worker_has_deferred_is_looked_at_here_first() -> None:
    """The same engine may be away for this one, too."""
    play = Playbook()
    play.heard(RunRequested(REQUEST, 7), started(COVER, THEM))
    assert of(LookAtEngine, play.heard(deferred(play))) == [LookAtEngine(play.painter)]
    (trial,) = of(Start, looked(play, None))
    assert isinstance(trial, Start) and trial.trial == SURE_SECONDS


def test_what_another_worker_defers_while_this_one_is_about_to_begin_is_looked_at_first() -> None:
    """Its start is refused, since it has not heard of the outage; and then it does not begin
    again, in whichever order it hears of both."""
    for ends_first in (True, False):
        play = Playbook()
        (start, *_) = play.requested(COVER)
        assert isinstance(start, Start) and not start.has_waited
        ended, told = AttemptEnded(leased(COVER)), [started(COVER, THEM), deferred(play)]
        actions = play.given(ended) if ends_first else []
        actions += [it for event in told for it in play.heard(event)]
        actions += [] if ends_first else play.given(ended)
        assert of(Start, actions) == [] and of(LookAtEngine, actions) != []


def test_other_engines_go_on() -> None:
    """Only the work of the one that is away waits."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    assert starts(play.requested(WRITING, run=2)) == [(run_id(2), WRITING)]


def test_nobody_is_looked_at_for_whom_nothing_waits() -> None:
    """And what was seen then is no reason to say that anything waits later."""
    play = Playbook()
    play.requested(COVER)
    away(play)
    play.heard(StageAbandoned(COVER.stage, 0, 1, AbandonReason.CANCEL))
    assert of(LookAtEngine, tick(play, 60)) == []
    assert play.requested(COVER, run=2) == [LookAtEngine(play.painter)]
    assert of(Defer, looked(play, AWAY)) == [
        Defer(leased(COVER, run=2), play.painter.info, AWAY.why, is_new=False)
    ]


def test_a_device_is_not_taken_for_an_engine_that_is_away() -> None:
    """A model on a shared GPU is not unloaded for it, until it answers."""
    play = Playbook(device="gpu0")
    play.requested(COVER)
    away(play)
    assert of(Unload, play.requested(WRITING, run=2)) == [Unload("gpu0", play.painter)]
    assert starts(play.given(DeviceFreed("gpu0"))) == [(run_id(2), WRITING)]
    play.given(AttemptEnded(leased(WRITING, run=2)))
    tick(play, 1)
    assert of(Unload, looked(play, AWAY)) == []
    tick(play, 2)
    assert of(Unload, looked(play, None)) == [Unload("gpu0", play.writer)]
