"""How long each attempt at a piece of work waited and took, and from it an ETA.

`TimingFold` turns a run's events into one `Timing` for each attempt. What an engine takes is
learnt from its last `RECENT` completed pieces of work: the median of their durations, and how many
of them it had in hand at once (its places).

An ETA is the longest of the ways to the end of the book:

- what is left of the writer's work;
- for pictures and for voices: what is left of each piece; what is left of all, shared by the
  places of their engine; and, while a page is unwritten, the writer's rest and one piece more,
  since the last page's picture and voice can only begin then.

A piece in hand has its usual duration left, less the time it has been worked on, and never less
than nothing. Other runs that want the same engine and waits before another try are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import Any, Final

import msgspec

from storybook.book import Role, RunId, Stage, Work
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
from storybook.run import Failed, InvalidHistory, Run

RECENT: Final = 50
"""How many durations an engine is judged by: enough for a steady median, few enough to follow a
change of model within a few books."""

ROLE_OF: Final[Mapping[Stage, Role]] = {
    stage: Role.ILLUSTRATOR if stage.is_picture else Role.WRITER for stage in Stage
} | {Stage.TTS: Role.NARRATOR}
"""Whose work a stage is."""

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


# --------------------------------------------------------------------------------------------- ETA


class Taken(msgspec.Struct, frozen=True):
    """A completed piece of work: by which engine, and when it began and ended (microseconds)."""

    engine: EngineInfo
    started_at: int
    ended_at: int


class Usual(msgspec.Struct, frozen=True):
    """What an engine usually takes for a piece of work, and how many it does at once."""

    seconds: float
    places: int


def usual(recent: Sequence[Taken]) -> Usual | None:
    """What is usual for the engine that did the first of these; None if there are none.

    Devices are not told apart: endpoints that share the work are one engine with more places.
    """
    if not recent:
        return None
    now = _kind(recent[0].engine)
    same = [taken for taken in recent if _kind(taken.engine) == now]
    seconds = median(taken.ended_at - taken.started_at for taken in same) / MICROSECONDS
    return Usual(seconds, _most_at_once(same))


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


def eta_seconds(
    run: Run, started: Mapping[Work, int], known: Mapping[Role, Usual], now: int
) -> float | None:
    """Seconds until the run's book is whole, by the formula above.

    `started` tells since when the work in hand is worked on and `now` is the present, both in
    microseconds since 1970. None when the run has ended, or when a role still has work to do and
    nothing is known of what it takes.
    """
    if run.status.has_ended:
        return None
    left: dict[Role, list[float]] = {}
    for work in _unfinished(run):
        role = ROLE_OF[work.stage]
        if role not in known:
            return None
        worked = (now - started[work]) / MICROSECONDS if work in started else 0.0
        left.setdefault(role, []).append(max(known[role].seconds - worked, 0.0))
    writing = sum(left.pop(Role.WRITER, []))
    ways = [writing]
    for role, pieces in left.items():
        ways += [max(pieces), sum(pieces) / known[role].places]
        if not run.is_written:
            ways.append(writing + known[role].seconds)
    return max(ways)


def _unfinished(run: Run) -> list[Work]:
    return [
        work
        for work in run.plan
        if not run.is_complete(work) and not isinstance(run.work.get(work), Failed)
    ]


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
    version = 1
    tables = (ATTEMPTS,)
    handles = frozenset(_CHANGES)

    def remember(self) -> TimingFold:
        return TimingFold()

    def apply(self, change: RunChange) -> Iterator[Put]:
        fold: TimingFold = change.memory
        changed = filter(None, map(fold.feed, change.recorded, change.events))
        for timing in {timing.position: timing for timing in changed}.values():
            yield Put(ATTEMPTS, _row(timing))


_TEXTS: Final = {stage: (stage.value, role.value) for stage, role in ROLE_OF.items()}
"""Asking an enum for its value takes as long as all else of a row."""


def _row(timing: Timing) -> tuple[Any, ...]:
    it = timing.stage
    stage, role = _TEXTS[it.stage]
    return (
        timing.position,
        timing.run_id,
        stage,
        it.page,
        it.attempt,
        role,
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
    "SELECT engine, started_at, ended_at FROM timings WHERE role = ? AND outcome = 'completed' "
    f"ORDER BY ended_at DESC, position DESC LIMIT {RECENT}"
)


def usual_of_roles(db: sqlite3.Connection) -> dict[Role, Usual]:
    """What the engine of each role usually takes, of the roles that have completed any work."""
    known: dict[Role, Usual] = {}
    for role in Role:
        found = usual([_taken(row) for row in db.execute(TAKEN, (role.value,))])
        if found is not None:
            known[role] = found
    return known


def _taken(row: tuple[str, int, int]) -> Taken:
    engine, started_at, ended_at = row
    return Taken(_decode_engine(engine), started_at, ended_at)
