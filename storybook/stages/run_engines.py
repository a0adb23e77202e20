"""Which engine does a run's work: the one that began it.

A book is of one hand: the engine that began a role's work of a run goes on with all of it, also
after a restart, and also while it is away. The log has it, in the run's first `StageStarted` of the
role. Only the first work of a role is given to the best candidate, and for that it waits until the
candidates have been looked at: whoever has come or gone since the last book is known then.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from storybook.book import Role, RunId
from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.engines import Engine
from storybook.events.catalog import EngineInfo, StageStarted
from storybook.events.log import LogError
from storybook.events.parked import RunParked
from storybook.notifier import Notifier
from storybook.run import ForgottenRun, Run
from storybook.stages.registry import LOOK_AGAIN_SECONDS, Engines
from storybook.stages.work_queue import QueuedWork

logger = logging.getLogger(__name__)

OLDEST_LOOK: Final = int(LOOK_AGAIN_SECONDS * MICROSECONDS)
"""Where work has waited for a place for longer than this since the look, it is looked again."""
READ_AGAIN_SECONDS: Final = 1.0
"""How long to wait before a run is read again that the log could not give just now."""

Names = tuple[tuple[Role, str], ...]
"""Engines by name, each with the role that it began, the first one of each first."""
Tell = Callable[[], None]
"""Called when more is known than before: the work that waits can be looked at again."""


class RunEngines:
    """The engines of the runs that go on. It is told what the log says of them; `load` reads a run
    of which it was told nothing, since it had ended and goes on (a retry)."""

    def __init__(
        self, engines: Engines, load: Callable[[RunId], Awaitable[Run | None]], clock: Clock
    ) -> None:
        self._engines, self._load, self._clock = engines, load, clock
        self._names: dict[RunId, Names] = {}
        self._looked_at: dict[Role, int] = {}
        self._to_look: set[Role] = set()
        self._to_read: set[RunId] = set()
        self._asked = Notifier()

    # --------------------------------------------------------------------------- what the log says

    def requested(self, run_id: RunId) -> None:
        """A new run: nobody has begun anything of it."""
        self._names[run_id] = ()

    def found(self, run_id: RunId, run: Run | None) -> None:
        """A run as it stands in the log."""
        self._names[run_id] = run.engines if run is not None else ()

    def started(self, run_id: RunId, event: StageStarted) -> None:
        """Some work of a run has begun."""
        self._begin(run_id, event.stage.role, event.engine.name)

    def ended(self, run_id: RunId) -> None:
        """A run has ended; it is read again should it go on."""
        self._names.pop(run_id, None)

    # ---------------------------------------------------------------------------------- choosing

    def of(self, queued: QueuedWork, now: int) -> Engine | None:
        """The engine that is to do some work that is due; None if that is to be found out first,
        which `watch` does."""
        if queued.run_id not in self._names:
            self._to_read.add(queued.run_id)
            self._asked.notify()
            return None
        role = queued.work.stage.role
        candidates = self._engines.of(role)
        its_own: Engine | None = candidates.of(self.names(queued.run_id, role))
        if its_own is not None:
            return its_own
        looked_at = self._looked_at.get(role)
        is_known = looked_at is not None and looked_at >= max(queued.due, now - OLDEST_LOOK)
        if is_known or not candidates.is_open:
            best: Engine = candidates.best
            return best
        self._to_look.add(role)
        self._asked.notify()
        return None

    def known(self, role: Role, info: EngineInfo) -> Engine | None:
        """The engine that an event speaks of, if it is here."""
        return next((it for it in self._engines.of(role) if it.info.is_same_as(info)), None)

    def taken(self, queued: QueuedWork, engine: Engine) -> None:
        """An engine is to begin some work: the log will say so, and what is asked until then is to
        have the same answer."""
        self._begin(queued.run_id, queued.work.stage.role, engine.info.name)

    def names(self, run_id: RunId, role: Role) -> tuple[str, ...]:
        """The engines that have begun work of a run in a role, by name, the first one first."""
        return tuple(name for of, name in self._names.get(run_id, ()) if of is role)

    def _begin(self, run_id: RunId, role: Role, name: str) -> None:
        names = self._names.get(run_id)
        if names is not None and (role, name) not in names:
            self._names[run_id] = (*names, (role, name))

    # ------------------------------------------------------------------------------- finding out

    async def watch(self, tell: Tell) -> None:
        """Find out what waiting work wants to know. Never returns."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read_runs, tell)
            for role in Role:
                tasks.start_soon(self._look_at, role, tell)

    async def _look_at(self, role: Role, tell: Tell) -> None:
        while True:
            asked = self._asked.next
            if role not in self._to_look:
                await asked.wait()
                continue
            self._to_look.discard(role)
            began = self._clock.monotonic()
            await self._engines.of(role).look()
            self._looked_at[role] = began
            tell()

    async def _read_runs(self, tell: Tell) -> None:
        while True:
            asked = self._asked.next
            if not self._to_read:
                await asked.wait()
                continue
            run_id = self._to_read.pop()
            try:
                self.found(run_id, await self._load(run_id))
            except (ForgottenRun, RunParked):  # whoever begins its work is told so
                self.found(run_id, None)
            except LogError as error:
                logger.warning("run %s cannot be read now: %s", run_id, error)
                self._to_read.add(run_id)
                await sleep(self._clock, READ_AGAIN_SECONDS)
            tell()
