"""A run under random commands, failures, crashes and cancels: what must hold whatever happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storybook.book import FEWEST_PAGES, MOST_PAGES, WRITING, TtsConfig, Work
from storybook.events.catalog import AbandonReason, EngineInfo, Event, Fault, StageRequested
from storybook.run import (
    Complete,
    Failed,
    InHand,
    Refused,
    Run,
    StaleAttempt,
    Status,
    Waiting,
    abandon_stage,
    cancel_run,
    complete_stage,
    defer_stage,
    fail_stage,
    fold,
    give_up_waiting,
    kept_artifacts,
    remake_artifact,
    request_run,
    retry_run,
    start_stage,
    write_page,
)
from tests.test_run import REQUEST, artifact, page

ENGINE = EngineInfo("test")


class RunMachine(RuleBasedStateMachine):
    """Plays the client, the workers and the misfortunes of one run."""

    run: Run
    events: list[Event]

    @initialize(tts=st.booleans(), page_count=st.integers(FEWEST_PAGES, MOST_PAGES))
    def request(self, tts: bool, page_count: int) -> None:
        config = TtsConfig() if tts else None
        self.events = request_run(None, REQUEST, 7, config, page_count=page_count)
        run = fold(self.events)
        assert run is not None
        self.run, self.before = run, run

    def _do(self, decide: Callable[[Run | None], list[Event]]) -> None:
        self.before = self.run
        new = decide(self.run)
        self._check_stale(decide)
        self.events += new
        run = fold(new, self.run)
        assert run is not None
        self.run = run

    def _check_stale(self, decide: Callable[[Run | None], list[Event]]) -> None:
        """A decision that was carried out once is refused if it comes again, or nothing follows
        from it, unless it is a page or a failure of a later attempt; the fence is the attempt, so
        ask with the later state."""
        new = decide(self.run)
        after = fold(new, self.run)
        try:
            again = decide(after)
        except Refused:
            return
        if not again:
            return
        raise AssertionError(f"the same intention twice was accepted: {new}")

    def _pick(self, data: st.DataObject, *shapes: type) -> tuple[Work, Any]:
        found = [(w, s) for w, s in self.run.work.items() if isinstance(s, shapes)]
        return data.draw(st.sampled_from(found))

    def _has(self, *shapes: type) -> bool:
        return any(isinstance(state, shapes) for state in self.run.work.values())

    @precondition(lambda self: self._has(Waiting))
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        work, state = self._pick(data, Waiting)
        self._do(partial(start_stage, work=work, attempt=state.attempt, worker="w", engine=ENGINE))

    @precondition(lambda self: isinstance(self.run.work.get(WRITING), InHand))
    @rule()
    def write_next(self) -> None:
        attempt, number = self.run.work[WRITING].attempt, len(self.run.pages)
        if number < self.run.page_count:
            self._do(lambda run: write_page(run, attempt, page(number)))
        else:
            self._do(lambda run: complete_stage(run, WRITING, attempt))

    @precondition(lambda self: self._has(InHand))
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        work, state = self._pick(data, InHand)
        if work == WRITING:
            self.write_next()
        else:
            made = artifact(work)
            self._do(lambda run: complete_stage(run, work, state.attempt, made))

    @precondition(lambda self: self._has(InHand))
    @rule(data=st.data(), retryable=st.booleans(), chance=st.floats(0, 1))
    def fail(self, data: st.DataObject, retryable: bool, chance: float) -> None:
        work, state = self._pick(data, InHand)
        fault = Fault("test", "it broke", retryable)
        self._do(
            partial(fail_stage, work=work, attempt=state.attempt, fault=fault, now=0, chance=chance)
        )

    @precondition(lambda self: self._has(InHand))
    @rule(reason=st.sampled_from([AbandonReason.CRASH, AbandonReason.SHUTDOWN]))
    def lose_the_process(self, reason: AbandonReason) -> None:
        for work, state in list(self.run.work.items()):
            if isinstance(state, InHand):
                attempt = state.attempt
                self._do(partial(abandon_stage, work=work, attempt=attempt, reason=reason))

    @precondition(lambda self: self._has(Waiting, InHand))
    @rule(data=st.data(), engine=st.sampled_from([ENGINE, EngineInfo("other")]))
    def meet_an_outage(self, data: st.DataObject, engine: EngineInfo) -> None:
        work, state = self._pick(data, Waiting, InHand)
        attempt = state.attempt
        self._do(partial(defer_stage, work=work, attempt=attempt, engine=engine, why="away"))

    @precondition(lambda self: self.run.waiting_for is not None)
    @rule(data=st.data())
    def wait_for_too_long(self, data: st.DataObject) -> None:
        waiting = [it for it in self.run.deferred if isinstance(self.run.work[it], Waiting)]
        work = data.draw(st.sampled_from(waiting))
        attempt, fault = self.run.work[work].attempt, Fault("engine_away", "too long", False)
        self._do(partial(give_up_waiting, work=work, attempt=attempt, fault=fault))

    @precondition(lambda self: not self.run.status.has_ended)
    @rule()
    def cancel(self) -> None:
        self._do(cancel_run)

    @precondition(lambda self: self.run.status in (Status.FAILED, Status.CANCELLED))
    @rule()
    def retry(self) -> None:
        self._do(retry_run)

    @precondition(lambda self: self.run.status.has_ended and any(self.run.artifacts))
    @rule(data=st.data())
    def lose_a_file(self, data: st.DataObject) -> None:
        """It is made again, with other bytes; all else stays."""
        work, before = data.draw(st.sampled_from(list(kept_artifacts(self.run).items())))
        digest = hashlib.sha256(before.sha256.encode()).hexdigest()
        remade = msgspec.structs.replace(before, sha256=digest)
        remake = partial(remake_artifact, work=work, remade=remade, previous=before, engine=ENGINE)
        self._do(remake)
        assert self.run.artifact(work) == remade
        self.before = self.run  # a repair is the one way in which what is ready changes

    @rule(data=st.data(), attempt=st.integers(1, 20))
    def report_late(self, data: st.DataObject, attempt: int) -> None:
        """An attempt that is not in hand has no say."""
        work = data.draw(st.sampled_from(list(self.run.plan)))
        state = self.run.work.get(work)
        if isinstance(state, InHand) and state.attempt == attempt:
            return
        try:
            complete_stage(self.run, work, attempt, None)
        except StaleAttempt:
            return
        raise AssertionError(f"{work} attempt {attempt} was accepted: {state}")

    @invariant()
    def only_what_waits_or_is_in_hand_is_deferred(self) -> None:
        """An outage ends with the attempt, and an ended run waits for nobody."""
        for work, deferred in self.run.deferred.items():
            assert isinstance(self.run.work[work], Waiting | InHand)
            assert 1 < deferred.version <= self.run.version

    @invariant()
    def ends_when_nothing_is_left(self) -> None:
        """Exactly the runs with nothing waiting and nothing in hand have ended."""
        assert self.run.status.has_ended != self._has(Waiting, InHand)

    @invariant()
    def a_lost_run_begins_nothing(self) -> None:
        """Once something has failed for good, nothing waits to be begun."""
        assert not (self._has(Failed) and self._has(Waiting))

    @invariant()
    def done_means_everything(self) -> None:
        everything = all(self.run.is_complete(work) for work in self.run.plan)
        assert (self.run.status is Status.DONE) == everything

    @invariant()
    def failed_says_why(self) -> None:
        assert (self.run.fault is not None) == (self.run.status is Status.FAILED)

    @invariant()
    def no_work_is_requested_twice(self) -> None:
        """Attempts at one piece of work are requested as 1, 2, 3 …"""
        attempts: dict[Work, int] = {}
        for event in self.events:
            if isinstance(event, StageRequested):
                assert event.attempt == attempts.get(event.work, 0) + 1
                attempts[event.work] = event.attempt

    @invariant()
    def what_is_ready_stays_ready(self) -> None:
        assert self.before.ready_max_page <= self.run.ready_max_page
        assert self.before.ready_max_audio_page <= self.run.ready_max_audio_page
        for work, state in self.before.work.items():
            if isinstance(state, Complete):
                assert self.run.work[work] == state

    @invariant()
    def every_prefix_is_a_state(self) -> None:
        """Each prefix of the events folds, with a stage and pages that the API can show."""
        run: Run | None = None
        for event in self.events:
            run = fold([event], run)
            assert run is not None
            assert run.stage in {work.stage for work in run.plan} or run.tts is None
            assert -1 <= run.ready_max_page < run.page_count
            assert len(run.pages) <= run.page_count
        assert run == self.run


TestRunMachine = RunMachine.TestCase
TestRunMachine.pytestmark = [pytest.mark.slow]  # type: ignore[attr-defined]  # pytest reads it
TestRunMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
