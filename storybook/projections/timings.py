"""How long each attempt at a piece of work waited and took, and what is usual.

`TimingFold` turns a run's events into one `Timing` for each attempt. What an engine takes is
learnt from its last completed pieces of work, of the `RECENT` ones of its role: the median of their
durations, how many of them it had in hand at once (its places), and by how much these slow one
another down. `eta` makes an estimate of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import Any, Final

import msgspec

from storybook.book import WRITING, Role, RunId, Stage, Work
from storybook.clock import MICROSECONDS
from storybook.events.catalog import (
    EngineInfo,
    Event,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
)
from storybook.events.log import Position, Recorded
from storybook.projections.projection import Projection, Put, RunChange, Table
from storybook.run import InvalidHistory, Run

RECENT: Final = 50
"""How many durations an engine is judged by: enough for a steady median, few enough to follow a
change of model within a few books."""
LATELY: Final = 10
"""Of these, those that tell how fast it is now: the pictures of two books. A machine that has other
things to do is slower within minutes."""
FEWEST: Final = 3
"""Pieces of work that tell what is usual apart from chance."""
HALF: Final = 0.5
"""Whether a piece of work was mostly alone, or beside another."""

# ---------------------------------------------------------------------------------------- attempts


class StageTiming(msgspec.Struct):
    """One attempt at a piece of work. Times are microseconds since 1970, None until they come.

    `outcome` is `waiting`, `working`, `completed`, `failed` or `abandoned`; `error` says why for
    the last two. `engine` is known once the work has started; `language` is one that was added to
    the book's own, or empty.
    """

    stage: Stage
    page: int | None
    attempt: int
    requested_at: int
    engine: EngineInfo | None = None
    started_at: int | None = None
    ended_at: int | None = None
    outcome: str = "waiting"
    error: str = ""
    language: str = ""


class Timing(msgspec.Struct):
    """An attempt and where it stands: its run, and the position of the event that requested it."""

    position: Position
    run_id: RunId
    stage: StageTiming


class TimingFold:
    """Folds the events of one run into its attempts; holds those that have not ended."""

    def __init__(self) -> None:
        self.open: dict[Work, Timing] = {}

    @property
    def started(self) -> dict[Work, int]:
        """Since when the work in hand is worked on, microseconds since 1970."""
        return {
            work: timing.stage.started_at
            for work, timing in self.open.items()
            if timing.stage.started_at is not None
        }

    def feed(self, recorded: Recorded, event: Event) -> Timing | None:
        """The attempt that this event began or changed, None if it is not about one. Raises
        `InvalidHistory`."""
        change = _CHANGES.get(type(event))
        try:
            return None if change is None else change(self, recorded, event)
        except KeyError as unknown:
            (work,) = unknown.args
            raise InvalidHistory(f"{work} goes on, but nobody has requested it") from None

    def _requested(self, recorded: Recorded, event: StageRequested) -> Timing:
        stage = StageTiming(
            event.stage,
            event.page,
            event.attempt,
            recorded.recorded_at,
            language=event.language,
        )
        timing = self.open[event.work] = Timing(recorded.position, recorded.run_id, stage)
        return timing

    def _started(self, recorded: Recorded, event: StageStarted) -> Timing:
        timing = self.open[event.work]
        stage = timing.stage
        stage.engine, stage.started_at, stage.outcome = (
            event.engine,
            recorded.recorded_at,
            "working",
        )
        return timing

    def _deferred(self, recorded: Recorded, event: StageDeferred) -> Timing:
        """It waits again; what it was worked on came to nothing."""
        timing = self.open[event.work]
        stage = timing.stage
        stage.engine, stage.started_at, stage.outcome = None, None, "waiting"
        return timing

    def _completed(self, recorded: Recorded, event: StageCompleted) -> Timing | None:
        if event.attempt == 0:  # done in another book, and kept
            return None
        return self._ended(recorded, event.work, "completed", "")

    def _failed(self, recorded: Recorded, event: StageFailed) -> Timing:
        return self._ended(recorded, event.work, "failed", event.fault.message)

    def _abandoned(self, recorded: Recorded, event: StageAbandoned) -> Timing:
        return self._ended(recorded, event.work, "abandoned", event.reason.value)

    def _ended(self, recorded: Recorded, work: Work, outcome: str, error: str) -> Timing:
        timing = self.open.pop(work)
        stage = timing.stage
        stage.ended_at, stage.outcome, stage.error = recorded.recorded_at, outcome, error
        return timing


_CHANGES: Final[Mapping[type[Event], Callable[[TimingFold, Recorded, Any], Timing | None]]] = {
    StageRequested: TimingFold._requested,
    StageStarted: TimingFold._started,
    StageDeferred: TimingFold._deferred,
    StageCompleted: TimingFold._completed,
    StageFailed: TimingFold._failed,
    StageAbandoned: TimingFold._abandoned,
}


# ------------------------------------------------------------------------------------ what is usual


class Taken(msgspec.Struct, frozen=True):
    """A completed piece of work: by which engine, when it began and ended (microseconds), and for
    how many pages it was: the writer's is for all that the book has."""

    engine: EngineInfo
    started_at: int
    ended_at: int
    pages: int = 1

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at) / MICROSECONDS


class Usual(msgspec.Struct, frozen=True):
    """What an engine usually takes for a page by itself, how many pieces of work it does at once,
    and how much longer each takes for every other one beside it, as a share: 0 where each has all
    that it needs, 1 where they share what one could have."""

    seconds: float
    places: int
    drag: float = 0.0


class UsualOfRole(msgspec.Struct, frozen=True):
    """What is usual for each engine of a role, by its name, and the one that worked last."""

    latest: str
    engines: Mapping[str, Usual]

    def of(self, run: Run, role: Role) -> tuple[str, Usual] | None:
        """The engine that does a role's work of a run, as far as one can say, and what is usual for
        it; None if nothing is known of it."""
        names = run.engines_of(role)
        name = names[-1] if names else self.latest
        found = self.engines.get(name)
        return None if found is None else (name, found)


def usual(recent: Sequence[Taken]) -> UsualOfRole | None:
    """What is usual in a role, by its newest completed pieces of work, the last one first; None if
    there are none.

    Devices are not told apart: endpoints that share the work are one engine with more places. Of an
    engine's versions and models the one that worked last counts.
    """
    if not recent:
        return None
    kinds: dict[str, list[Taken]] = {}
    for it in recent:
        of_name = kinds.setdefault(it.engine.name, [])
        if not of_name or _kind(it.engine) == _kind(of_name[0].engine):
            of_name.append(it)
    return UsualOfRole(
        recent[0].engine.name, {name: _usual(taken) for name, taken in kinds.items()}
    )


def _usual(same: Sequence[Taken]) -> Usual:
    each = [(it.seconds / it.pages, _company(it, same)) for it in same]
    drag = _drag(each)
    seconds = median(seconds / (1 + drag * company) for seconds, company in each[:LATELY])
    return Usual(seconds, _most_at_once(same), drag)


def _drag(each: Sequence[tuple[float, float]]) -> float:
    """By pieces of work, how long each took and how many were beside it: those that were mostly
    alone against those that were not; none where there are too few of either."""
    alone = [seconds for seconds, company in each if company < HALF]
    beside = [it for it in each if it[1] >= HALF]
    if min(len(alone), len(beside)) < FEWEST or not (by_itself := median(alone)):
        return 0.0
    drag = median((seconds / by_itself - 1) / company for seconds, company in beside)
    return min(max(drag, 0.0), 1.0)


def _company(it: Taken, all_of_them: Sequence[Taken]) -> float:
    """How many others were in hand beside a piece of work, on average over its time."""
    if it.ended_at <= it.started_at:
        return 0.0
    shared = sum(
        max(min(it.ended_at, other.ended_at) - max(it.started_at, other.started_at), 0)
        for other in all_of_them
    )
    return shared / (it.ended_at - it.started_at) - 1  # all of its own time is in it


def _kind(engine: EngineInfo) -> tuple[str, str, str]:
    return engine.name, engine.version, engine.model


def _most_at_once(taken: Sequence[Taken]) -> int:
    # At the same moment an end (-1) sorts before a beginning: they did not overlap.
    moments = sorted([(it.started_at, 1) for it in taken] + [(it.ended_at, -1) for it in taken])
    most = at_once = 0
    for _, change in moments:
        at_once += change
        most = max(most, at_once)
    return max(most, 1)


# -------------------------------------------------------------------------------------- the table

ATTEMPTS: Final = Table(
    "timings",
    {
        "position": "INTEGER NOT NULL",  # of the event that requested it
        "run_id": "TEXT NOT NULL",
        "stage": "TEXT NOT NULL",
        "page": "INTEGER",
        "attempt": "INTEGER NOT NULL",
        "role": "TEXT NOT NULL",  # whose work it is
        "pages": "INTEGER NOT NULL",  # for how many it is
        "engine": "TEXT",  # EngineInfo as JSON, once it has started
        "requested_at": "INTEGER NOT NULL",  # microseconds since 1970, as the next two
        "started_at": "INTEGER",
        "ended_at": "INTEGER",
        "outcome": "TEXT NOT NULL",
        "error": "TEXT NOT NULL",
    },
    key=("position",),
    indexes={"timings_by_role": "(role, ended_at) WHERE outcome = 'completed'"},
)


class Timings(Projection):
    """How long each attempt at a piece of work waited and took."""

    name = "timings"
    version = 2
    tables = (ATTEMPTS,)
    handles = frozenset(_CHANGES)

    def remember(self) -> TimingFold:
        return TimingFold()

    def apply(self, change: RunChange) -> Iterator[Put]:
        fold: TimingFold = change.memory
        changed = filter(None, map(fold.feed, change.recorded, change.events))
        for timing in {timing.position: timing for timing in changed}.values():
            yield Put(ATTEMPTS, _row(timing, change.run))


_TEXTS: Final = {stage: (stage.value, stage.role.value) for stage in Stage}
"""Asking an enum for its value takes as long as all else of a row."""


def pages_of(work: Work, run: Run) -> int:
    """For how many pages a piece of work is."""
    return run.page_count if work == WRITING else 1


def _row(timing: Timing, run: Run) -> tuple[Any, ...]:
    it = timing.stage
    stage, role = _TEXTS[it.stage]
    return (
        timing.position,
        timing.run_id,
        stage,
        it.page,
        it.attempt,
        role,
        pages_of(Work(it.stage, it.page), run),
        None if it.engine is None else _engine_text(it.engine),
        it.requested_at,
        it.started_at,
        it.ended_at,
        it.outcome,
        it.error,
    )


@lru_cache(maxsize=64)  # there are few engines, and one stands in every row
def _engine_text(engine: EngineInfo) -> str:
    return msgspec.json.encode(engine).decode()


_decode_engine = msgspec.json.Decoder(EngineInfo).decode

TAKEN: Final = (
    "SELECT engine, started_at, ended_at, pages FROM timings "
    "WHERE role = ? AND outcome = 'completed' "
    f"ORDER BY ended_at DESC, position DESC LIMIT {RECENT}"
)


def recent_of_roles(db: sqlite3.Connection) -> dict[Role, list[Taken]]:
    """The newest completed pieces of work of each role, the last one first."""
    return {role: [_taken(*row) for row in db.execute(TAKEN, (role.value,))] for role in Role}


def usual_of_roles(db: sqlite3.Connection) -> dict[Role, UsualOfRole]:
    """What is usual in each role that has completed any work."""
    return usual_by_role(recent_of_roles(db))


def usual_by_role(recent: Mapping[Role, Sequence[Taken]]) -> dict[Role, UsualOfRole]:
    """The same of pieces of work that are known, the last one first."""
    found = {role: usual(taken) for role, taken in recent.items()}
    return {role: it for role, it in found.items() if it is not None}


def _taken(engine: str, started_at: int, ended_at: int, pages: int) -> Taken:
    return Taken(_decode_engine(engine), started_at, ended_at, pages)
