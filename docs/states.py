"""The states of a run and of its work, found by playing the rules.

Which state follows which, and by what event, stands nowhere as a table: decisions check, and the
fold changes. So many small steps are drawn by chance (the same chance each time), whatever a
decision allows is done, and what changed is noted. `docs.draw` draws it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from storybook.book import WRITING, Artifact, Page, StoryRequest, TtsConfig, Work
from storybook.events.catalog import AbandonReason, Blame, EngineInfo, Event, Fault
from storybook.run import (
    InHand,
    Refused,
    Run,
    abandon_stage,
    cancel_run,
    complete_stage,
    defer_stage,
    evolve,
    fail_stage,
    give_up_waiting,
    request_run,
    retry_run,
    start_stage,
    write_page,
)

RUNS: Final = 200
"""Runs that are played; a third of them show every change there is."""
STEPS: Final = 80
"""Steps of each; a book needs about thirty."""
UNTOLD: Final = "[*]"
"""Before the first event, as Mermaid writes it."""

Step = Callable[[Run | None], list[Event]]


class Change(msgspec.Struct, frozen=True, order=True):
    """A state, the one after it, and the type of the event that made the change."""

    before: str
    after: str
    event: str


def played() -> tuple[list[Change], list[Change]]:
    """The changes of a run's status, and of the state of a piece of its work, sorted."""
    chance = random.Random(0)
    of_runs: set[Change] = set()
    of_work: set[Change] = set()
    for _ in range(RUNS):
        run: Run | None = None
        for _ in range(STEPS):
            try:
                events = _step(run, chance)(run)
            except Refused:
                continue
            for event in events:
                after = evolve(run, event)
                of_runs.update(_status_changed(run, after, event))
                of_work.update(_work_changed(run, after, event))
                run = after
    return sorted(of_runs), sorted(of_work)


def _status_changed(before: Run | None, after: Run, event: Event) -> Iterator[Change]:
    if before is None or before.status is not after.status:
        was = UNTOLD if before is None else before.status.value
        yield Change(was, after.status.value, type(event).__name__)


def _work_changed(before: Run | None, after: Run, event: Event) -> Iterator[Change]:
    for work, state in after.work.items():
        was = before.work.get(work) if before is not None else None
        if was != state:
            name = UNTOLD if was is None else type(was).__name__
            yield Change(name, type(state).__name__, type(event).__name__)


def _step(run: Run | None, chance: random.Random) -> Step:
    """An intention, which the rules may refuse."""
    if run is None:
        tts = chance.choice((None, TtsConfig()))
        return lambda it: request_run(it, StoryRequest("미래", "바다", "고래", "우정"), 1, tts)
    if chance.random() < 0.02:
        return chance.choice((cancel_run, retry_run))
    if run.status.has_ended:
        return retry_run
    in_hand = [work for work, state in run.work.items() if isinstance(state, InHand)]
    if in_hand and chance.random() < 0.7:
        return _go_on(run, chance.choice(in_hand), chance)
    work = chance.choice(list(run.work))
    number, engine = run.work[work].attempt, EngineInfo("double")
    if chance.random() < 0.1:
        return _wait(run, work, engine)
    return lambda it: start_stage(it, work, number, worker="one", engine=engine)


def _wait(run: Run, work: Work, engine: EngineInfo) -> Step:
    """An outage of the engine begins, or has lasted for too long."""
    number, fault = run.work[work].attempt, Fault("double", "…", retryable=False)
    if work in run.deferred:
        return lambda it: give_up_waiting(it, work, number, fault)
    return lambda it: defer_stage(it, work, number, engine, "…")


def _go_on(run: Run, work: Work, chance: random.Random) -> Step:
    """What may become of work in hand: mostly something good."""
    number = run.work[work].attempt
    artifact = None if work == WRITING else Artifact("a.png", "image/png", 1, "0" * 64)
    fault = Fault("double", "…", retryable=chance.random() < 0.8)
    reason = chance.choice((AbandonReason.CRASH, AbandonReason.SHUTDOWN))
    page = Page(len(run.pages), "…", "…", (), "…")
    steps: tuple[tuple[Step, int], ...] = (
        (lambda it: complete_stage(it, work, number, artifact), 12),
        (lambda it: write_page(it, number, page), 12 if work == WRITING else 0),
        (lambda it: fail_stage(it, work, number, fault, now=0, chance=0.0), 1),
        (lambda it: abandon_stage(it, work, number, reason, Blame.SHARED), 1),
    )
    return chance.choices([it for it, _ in steps], [weight for _, weight in steps])[0]
