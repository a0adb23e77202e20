"""Engines that are away, and the work that waits for them: what is decided of both. Pure.

An **outage** is an engine's, with all its endpoints. It begins when an attempt finds it away, and
goes on in these phases:

    rests ─(its moment)─► looked at ─(it answers)─► answers ─(work)─► tried ─(it keeps it)─► over
      ▲                       │ away                                    │ away
      └───────────────────────┴─────────────────────────────────────────┘ for longer each time

Meanwhile no work of it is started but one piece, the **trial**: many servers answer a look while
they still turn work away (a model that loads, a quota). The first rest is as long as the engine
asks for, if it does.

Of each run, one piece of work that would have been started is **deferred**, and so is each that was
in hand: an event says what the run waits for. It waits until its **deadline**, on a clock that only
goes on; then the engine is looked at once more, and work that still waits is given up. When the
outage is over, what was deferred waits for its turn like all other work, and has no deadline.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

import msgspec

from storybook.book import RunId, Work
from storybook.clock import MICROSECONDS
from storybook.engines import Engine
from storybook.events.catalog import EngineInfo
from storybook.events.subscription import RetryPolicy
from storybook.notifier import Notifier
from storybook.stages.devices import Wish
from storybook.stores.leases import LeasedWork

LOOKS: Final = RetryPolicy(first=1.0, factor=1.5, most=10.0)
"""How long an engine rests between looks. At most ten seconds, since a child waits for it and a
look costs a server next to nothing."""

MINUTE: Final = 60 * MICROSECONDS
SURE_SECONDS: Final = 2.0
"""How long an engine keeps a trial before that counts as started. Whoever turns work away (a model
that loads, a quota, a proxy without its server) mostly does so at once. Twice as long each time
that the same work was turned away later: a proxy may take a minute to give up."""
MOST_DOUBLINGS: Final = 10
"""Half an hour to be sure: as long as an attempt may take."""

NEVER: Final = -1
"""Before every moment."""

Key = tuple[RunId, Work]


class Absence(msgspec.Struct, frozen=True):
    """How an engine was found away: why, what mends it if it does not pass by itself, and in how
    many seconds it asks to be looked at again."""

    why: str
    mend: str
    retry_after: float | None = None


class Phase(enum.Enum):
    """What is done about an engine that is away."""

    RESTS = enum.auto()
    LOOKED_AT = enum.auto()
    ANSWERS = enum.auto()
    TRIED = enum.auto()


class AwayEngine(msgspec.Struct, frozen=True):
    """An engine that is away, as people are told: why and what mends it, empty if it was not looked
    at yet; since when work waits for it (microseconds since 1970, None if none does), and how
    much."""

    engine: str
    why: str
    mend: str
    since: int | None
    waiting: int


class EngineOutage(msgspec.Struct):
    """An engine that is away. `absence` is what was seen last, None if it was not looked at yet;
    `found_away` how often in a row, the last time at `seen_at`. It rests until `next_look`."""

    engine: Engine
    next_look: int
    absence: Absence | None = None
    found_away: int = 0
    seen_at: int = NEVER
    phase: Phase = Phase.RESTS
    trial: LeasedWork | None = None


class EngineWait(msgspec.Struct):
    """Deferred work: for which engine, since which time of day (microseconds since 1970), and until
    when at most; what waits for its turn alone has no `deadline` any more. `starts` is how often it
    was started since, and nothing came of it."""

    engine: Engine
    since: int
    deadline: int | None
    starts: int = 0


class Outages:
    """All outages as one worker sees them. Work waits for an engine for at most so many minutes;
    `chance` draws a number from 0 to 1. Moments are microseconds on the monotonic clock."""

    def __init__(self, minutes: float, chance: Callable[[], float]) -> None:
        self.limit, self._chance = int(minutes * MINUTE), chance
        self._outages: dict[int, EngineOutage] = {}
        self._waits: dict[Key, EngineWait] = {}
        self._asked: dict[Key, Engine] = {}
        """Work that is to be deferred, and of which the log does not say so yet."""
        self.version = 0
        """Grows whenever an outage begins or is over."""
        self._changed = Notifier()

    async def wait(self, seen: int) -> int:
        """Return a version newer than `seen`, as soon as there is one."""
        while self.version <= seen:
            await self._changed.next.wait()
        return self.version

    def _note(self) -> None:
        self.version += 1
        self._changed.notify()

    def is_away(self, engine: EngineInfo) -> bool:
        """Whether an engine is away as far as is known here."""
        return any(it.engine.info.is_same_as(engine) for it in self._outages.values())

    def told(self) -> list[AwayEngine]:
        """Every engine that is away."""
        return [self._told(it) for it in self._outages.values()]

    def _told(self, it: EngineOutage) -> AwayEngine:
        waits = [wait.since for wait in self._waits.values() if wait.engine is it.engine]
        absence = it.absence or Absence("", "")
        since = min(waits, default=None)
        return AwayEngine(it.engine.info.name, absence.why, absence.mend, since, len(waits))

    # ------------------------------------------------------------------------------ deferred work

    def deferred(self, key: Key, engine: Engine, since: int, left: int, now: int) -> None:
        """Work waits for an engine. One that does so already keeps its time."""
        self._asked.pop(key, None)
        known = self._waits.get(key)
        if known is None or known.deadline is None:
            self._waits[key] = EngineWait(engine, since, now + left)

    def to_be_deferred(self, key: Key, engine: Engine) -> None:
        """The log is to say that work is deferred, and may not do so yet."""
        wait = self._waits.get(key)
        if wait is None or wait.deadline is None:
            self._asked[key] = engine

    def has_waited(self, key: Key) -> bool:
        """Whether work waits for its engine, or did so for an outage that is over."""
        return key in self._waits

    def settled(self, key: Key) -> None:
        """Nothing that was before is to be counted: something came of the work, or it ended."""
        self._waits.pop(key, None)
        self._asked.pop(key, None)

    def forget(self, run_id: RunId) -> None:
        """Nothing of a run is to be counted any more."""
        for key in [key for key in (*self._waits, *self._asked) if key[0] == run_id]:
            self.settled(key)

    # -------------------------------------------------------------------------- what was found out

    def suspect(self, engine: Engine, now: int) -> None:
        """The log says that it was away: look at it before anything is started."""
        if id(engine) not in self._outages:
            self._outages[id(engine)] = EngineOutage(engine, now)
            self._note()

    def met(self, engine: Engine, absence: Absence, now: int) -> None:
        """It is away: an attempt or a look has found it so."""
        self.suspect(engine, now)
        it = self._outages[id(engine)]
        it.absence, it.seen_at, it.trial = absence, now, None
        it.phase, it.found_away = Phase.RESTS, it.found_away + 1
        seconds = LOOKS.wait(it.found_away, self._chance())
        if absence.retry_after is not None:
            seconds = min(max(absence.retry_after, 0.0), self.limit / MICROSECONDS)
        it.next_look = now + int(seconds * MICROSECONDS)

    def looked(self, engine: Engine, absence: Absence | None, now: int) -> None:
        """A look has found it away; or it answers (None), whatever it says: work is to be tried."""
        it = self._outages.get(id(engine))
        if it is None or it.phase is not Phase.LOOKED_AT:
            return
        if absence is not None:
            self.met(engine, absence, now)
        else:
            it.phase = Phase.ANSWERS

    def ended(self, engine: Engine, work: LeasedWork, now: int) -> None:
        """Work has ended otherwise; of the trial, that tells nothing for sure."""
        it = self._outages.get(id(engine))
        if it is not None and it.trial == work:
            it.phase, it.trial, it.next_look = Phase.RESTS, None, now

    def started(self, work: LeasedWork, is_ours: bool, in_hand: Collection[Key]) -> None:
        """Work is recorded as started. If it is the trial, the outage is over. What is `in_hand`
        keeps its deadline, since nothing has come of it yet."""
        key = work.run_id, work.work
        self._asked.pop(key, None)
        if (waited := self._waits.get(key)) is not None:
            waited.starts += 1
        it = next((it for it in self._outages.values() if it.trial == work and is_ours), None)
        if it is None:
            return
        del self._outages[id(it.engine)]
        for other, wait in self._waits.items():
            if wait.engine is it.engine and other not in in_hand:
                wait.deadline = None
        self._note()

    # -------------------------------------------------------------------------- what is to be done

    def to_look_at(self, wishes: Iterable[Wish], now: int) -> list[Engine]:
        """The engines that are to be looked at now, for the work that is due."""
        wanted = {id(engine) for _, engine in wishes}
        due = []
        for it in self._outages.values():
            if id(it.engine) not in wanted:
                self._forget(it, now)
            elif it.phase is Phase.RESTS and self._moment(it) <= now:
                it.phase = Phase.LOOKED_AT
                due.append(it.engine)
        return due

    def _forget(self, it: EngineOutage, now: int) -> None:
        """Nobody waits for it: what was seen is no longer true when somebody does."""
        waiting = [*self._asked.values(), *(wait.engine for wait in self._waits.values())]
        if it.phase is Phase.RESTS and it.engine not in waiting:
            it.absence, it.found_away, it.next_look = None, 0, now

    def to_defer(self, wishes: Iterable[Wish]) -> Iterator[tuple[Wish, Absence, bool]]:
        """The work that is to be deferred, one piece of each run that has none; why, and whether it
        was deferred before for an outage that is over."""
        waiting = {(run, id(engine)) for (run, _), engine in self._asked.items()}
        waiting |= {
            (run, id(it.engine)) for (run, _), it in self._waits.items() if it.deadline is not None
        }
        for queued, engine in wishes:
            it, key = self._outages.get(id(engine)), (queued.run_id, queued.work)
            if it is None or it.absence is None or it.phase in (Phase.ANSWERS, Phase.TRIED):
                continue
            if (queued.run_id, id(engine)) not in waiting:
                waiting.add((queued.run_id, id(engine)))
                self._asked[key] = engine
                yield (queued, engine), it.absence, key in self._waits

    def to_give_up(self, wishes: Iterable[Wish]) -> Iterator[tuple[Wish, EngineWait, Absence]]:
        """The work that has waited for too long, for an engine that was away even then."""
        for queued, engine in wishes:
            it = self._outages.get(id(engine))
            wait = self._waits.get((queued.run_id, queued.work))
            if it is None or it.absence is None or wait is None or wait.deadline is None:
                continue
            if it.phase is Phase.RESTS and it.seen_at >= wait.deadline:
                yield (queued, engine), wait, it.absence

    def passing(self, wishes: Iterable[Wish]) -> Iterator[Wish]:
        """The work that may be started: none of an engine that is away, but one to try it with."""
        tried = set[int]()
        for wish in wishes:
            it = self._outages.get(id(wish[1]))
            if it is None:
                yield wish
            elif it.phase is Phase.ANSWERS and id(wish[1]) not in tried:
                tried.add(id(wish[1]))
                yield wish

    def trial_of(self, wish: Wish) -> float | None:
        """After how many seconds work that is started now counts as started, since it is to try an
        engine that was away; None if it is not."""
        queued, engine = wish
        it = self._outages.get(id(engine))
        if it is None:
            return None
        it.phase, it.trial = Phase.TRIED, queued.leased
        wait = self._waits.get((queued.run_id, queued.work))
        return SURE_SECONDS * 2.0 ** min(wait.starts if wait else 0, MOST_DOUBLINGS)

    def next_moment(self, now: int) -> int | None:
        """When the next engine is to be looked at."""
        resting = (it for it in self._outages.values() if it.phase is Phase.RESTS)
        moments = (self._moment(it) for it in resting)
        return min((moment for moment in moments if moment > now), default=None)

    def _moment(self, it: EngineOutage) -> int:
        """When it is to be looked at: after its rest, and when any work has waited long enough."""
        deadlines = (
            wait.deadline
            for wait in self._waits.values()
            if wait.engine is it.engine and wait.deadline is not None
        )
        return min([it.next_look, *(moment for moment in deadlines if moment > it.seen_at)])
