"""What the scheduler is told (its inputs), and what it has done (its actions): values, both."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from storybook.book import RunId, Work
from storybook.engines import Engine
from storybook.events.catalog import Blame, EngineInfo, Event
from storybook.events.log import Position
from storybook.run import Run
from storybook.stages.devices import Unload
from storybook.stages.outages import Absence
from storybook.stages.work_queue import QueuedWork
from storybook.stores.leases import Held, LeasedWork

# ---------------------------------------------------------------------------------------- inputs


class RunFound(msgspec.Struct, frozen=True):
    """An open run, as it stands at the start; `turn` is the position at which it was requested,
    `at` the time of day, and `deferred` since when it was what work waits for an engine that is
    away (microseconds since 1970)."""

    run_id: RunId
    turn: Position
    run: Run
    at: int
    deferred: Mapping[Work, int] = {}


class EventHeard(msgspec.Struct, frozen=True):
    """An event of the log, of one of the `HEARD` types. `at` is the time of day (microseconds since
    1970), or when it was recorded if that seems to be later."""

    run_id: RunId
    position: Position
    at: int
    event: Event


class AttemptEnded(msgspec.Struct, frozen=True):
    """An attempt of this worker has ended. `again_in` (microseconds) is None where the log says
    what comes next, and not before which time it is to be taken up again where it does not.
    `absence` is there if its engine was away."""

    work: LeasedWork
    again_in: int | None = None
    absence: Absence | None = None


class EngineLooked(msgspec.Struct, frozen=True):
    """An engine was looked at: it is away, or (None) it answers, whatever it says."""

    engine: Engine
    absence: Absence | None


class DeviceFreed(msgspec.Struct, frozen=True):
    """Whoever was to unload has unloaded."""

    device: str


class LeasesSeen(msgspec.Struct, frozen=True):
    """All leases as they stand, and which of this worker's are somebody else's now."""

    held: Mapping[LeasedWork, Held]
    lost: Collection[LeasedWork] = ()


class OwnersGone(msgspec.Struct, frozen=True):
    """Workers of which the process has ended."""

    owners: Collection[str]


class ClockTicked(msgspec.Struct, frozen=True):
    """A moment has come that was to be waited for."""


class StopAsked(msgspec.Struct, frozen=True):
    """Nothing new is to be started."""


Input = (
    RunFound
    | EventHeard
    | AttemptEnded
    | EngineLooked
    | DeviceFreed
    | LeasesSeen
    | OwnersGone
    | ClockTicked
    | StopAsked
)

# --------------------------------------------------------------------------------------- actions


class Start(msgspec.Struct, frozen=True):
    """Carry out an attempt. It has its place; `AttemptEnded` gives it back. A **trial** is with an
    engine that has been away: it is recorded as started once it was kept for `trial` seconds.
    `has_waited` if the log was heard to say that the work was to wait for its engine."""

    queued: QueuedWork
    engine: Engine
    trial: float | None = None
    has_waited: bool = False


class Stop(msgspec.Struct, frozen=True):
    """Cancel an attempt: it is no longer this worker's."""

    work: LeasedWork


class Abandon(msgspec.Struct, frozen=True):
    """Record that the owner of some work is gone, and how far the work can be to blame for it."""

    work: LeasedWork
    owner: str
    blame: Blame


class LookAtEngine(msgspec.Struct, frozen=True):
    """Look whether an engine that was away answers again."""

    engine: Engine


class Defer(msgspec.Struct, frozen=True):
    """Record that work waits for an engine that is away. `is_new` if it did for an earlier outage
    and is to do so for another one."""

    work: LeasedWork
    engine: EngineInfo
    why: str
    is_new: bool


class GiveUp(msgspec.Struct, frozen=True):
    """Record that work fails: it has waited for its engine `since` (microseconds since 1970), for
    longer than the limits allow. `absence` is what was seen last."""

    work: LeasedWork
    engine: EngineInfo
    since: int
    absence: Absence


class LookAtLeases(msgspec.Struct, frozen=True):
    """Tell what leases there are: one may have run out."""


class WaitUntil(msgspec.Struct, frozen=True):
    """Tell when a moment has come; the one that was waited for before is forgotten."""

    moment: int


Action = Start | Stop | Abandon | Defer | GiveUp | Unload | LookAtEngine | LookAtLeases | WaitUntil
