"""The engines that may do one role, best first, and which of them does it.

A **candidate** is an engine that may. Under `auto` these are all of this package, and the best that
is ready takes each new book; of a name there is one. What the settings ask for goes before what is
merely there: a candidate that is **asked for** and cannot be used is **lacking**, and whoever works
in its place **stands in** for it. That is said wherever engines are told of.

Whether they are ready is known from the last **look**. None is unbuilt by it: a book keeps the
engine that began it, also when another one would be chosen for the next.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

import anyio
import msgspec

from storybook.book import Role
from storybook.engines import Engine, Readiness, Topic, ready_or_raise
from storybook.settings import AUTO

LOOK_SECONDS: Final = 30.0
"""How long a look at one engine may take: a ComfyUI with many nodes needs some seconds to list
them. Whoever has said nothing by then is not ready."""

logger = logging.getLogger(__name__)

EngineT = TypeVar("EngineT", bound=Engine)


class EngineReport(msgspec.Struct, frozen=True):
    """What `GET /api/engines` and `storybook doctor` say of a role.

    `engine` is the one that a new book would get now. `why` and `mend` are of what the settings ask
    for (`configured`) and cannot have, if anything, and else of an engine that is not ready.
    """

    role: Role
    engine: str
    version: str
    model: str
    device: str
    ready: bool
    why: str
    mend: str
    languages: tuple[str, ...]
    """What it writes or speaks; as in the next two, none named means any."""
    voices: tuple[str, ...]
    page_counts: tuple[int, ...]
    styles: tuple[str, ...]
    """In which it paints; of one that paints from words any words are a style."""
    configured: str
    """The engines that the settings ask for, best first, with commas; `auto` if they name none."""
    notes: tuple[str, ...] = ()
    """What has been found out about it, such as what its server does not take."""
    ages: tuple[str, ...] = ()
    """Whom a writer writes for; none named means anybody."""
    rewrites: bool = False
    """Whether a writer can write one page of a finished book anew."""
    translates: bool = False
    """Whether a writer can put the pages of a finished book into another of its languages."""
    topics: tuple[Topic, ...] = ()
    """What a writer by rule has stories about; of one that writes about anything none is named."""


class Candidate(Generic[EngineT]):
    """An engine that may do a role. `asked_by` are the settings that ask for it; of `readiness`
    nothing is known before the first look."""

    def __init__(self, engine: EngineT, asked_by: Sequence[str] = ()) -> None:
        self.engine, self.asked_by = engine, tuple(asked_by)
        self.readiness: Readiness | None = None

    @property
    def name(self) -> str:
        """As it is recorded."""
        return self.engine.info.name

    @property
    def is_ready(self) -> bool:
        return self.readiness is not None and self.readiness.ready

    @property
    def is_lacking(self) -> bool:
        """Whether it is asked for, and cannot be used, or not as the settings want it."""
        it = self.readiness
        return bool(self.asked_by) and it is not None and bool(it.why or not it.ready)

    async def look(self) -> None:
        """See whether it is ready. Raises nothing, whatever an engine of another package does."""
        try:
            with anyio.fail_after(LOOK_SECONDS):
                found = await self.engine.readiness()
        except TimeoutError:
            why = f"it has not said within {LOOK_SECONDS:g} s whether it can work"
            found = Readiness(False, why, "Look into its own log, or restart it")
        except Exception as error:
            logger.exception("%s could not be looked at", self.name)
            found = Readiness(False, f"looking at it failed: {error!r}", "Mend its package")
        if not (found.ready or found.why):
            found = Readiness(False, "it does not say why", found.mend)
        before, self.readiness = self.readiness, found
        if before is not None and self.asked_by:
            self._tell_change(before, found)

    def _tell_change(self, before: Readiness, found: Readiness) -> None:
        if found.why and not before.why:
            can_be = "can be used only in part" if found.ready else "cannot be used"
            logger.warning("%s %s now: %s. %s", self.name, can_be, found.why, found.mend)
        elif before.why and not found.why:
            logger.info("%s can be used again", self.name)


class Candidates(Generic[EngineT]):
    """The candidates for a role, best first; the last one is taken ready or not."""

    def __init__(self, role: Role, candidates: Sequence[Candidate[EngineT]]) -> None:
        self.role, self._all = role, tuple(candidates)
        self._looking = anyio.Lock()
        self._begun = self._done = 0
        """The numbers of the last look that has begun, and of the last one that was done."""

    @classmethod
    def only(cls, role: Role, engine: EngineT) -> Candidates[EngineT]:
        """A role that one engine does, whoever asks."""
        return cls(role, [Candidate(engine)])

    def __iter__(self) -> Iterator[EngineT]:
        return (it.engine for it in self._all)

    # ---------------------------------------------------------------------------------- choosing

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return len(self._all) > 1

    @property
    def best(self) -> EngineT:
        """The engine that a book would get now, as far as the last look knows."""
        return self._best.engine

    @property
    def _best(self) -> Candidate[EngineT]:
        return next((it for it in self._all if it.is_ready), self._all[-1])

    def of(self, names: Sequence[str]) -> EngineT | None:
        """The engine of a book: of those that have begun work of it, by name, the first one that is
        here; None if none is."""
        here = {it.name: it.engine for it in reversed(self._all)}
        return next((here[name] for name in names if name in here), None)

    def ready_one(self, name: str) -> EngineT | None:
        """The engine of a name, if it is here and ready."""
        return next((it.engine for it in self._all if it.name == name and it.is_ready), None)

    def stands_in_for(self, engine: Engine, names: Sequence[str] = ()) -> str:
        """In whose place an engine works, by name; empty if in nobody's: a better one that the
        settings ask for, or the first of `names`, which began the book, if that is here no more."""
        for it in self._all:
            if it.engine is engine:
                break
            if it.asked_by:
                return it.name
        gone = names[0] if names and names[0] not in {it.name for it in self._all} else ""
        return gone if gone != engine.info.name else ""

    # ----------------------------------------------------------------------------------- looking

    @property
    def is_lacking(self) -> bool:
        """Whether something that is asked for cannot be used."""
        return any(it.is_lacking for it in self._all)

    async def look(self) -> None:
        """See which are ready now. Who asks while others look waits for a look that begins later,
        and shares it with all who asked meanwhile."""
        wanted = self._begun + 1
        async with self._looking:
            if self._done >= wanted:
                return
            self._begun += 1
            number = self._begun
            async with anyio.create_task_group() as tasks:
                for it in self._all:
                    tasks.start_soon(it.look)
            self._done = number

    async def ready(self) -> EngineT:
        """The best engine, looked at now. Raises `EngineUnavailable` if it is not ready."""
        await self.look()
        best = self._best
        assert best.readiness is not None
        ready_or_raise(best.name, best.readiness)
        return best.engine

    def report(self) -> EngineReport:
        """What the last look has found."""
        info, can = self.best.info, self.best.capabilities
        why, mend = self._trouble()
        asked_for = ", ".join(it.name for it in self._all if it.asked_by)
        return EngineReport(
            self.role,
            info.name,
            info.version,
            info.model,
            info.device,
            self._best.is_ready,
            why,
            mend,
            can.languages,
            can.voices,
            can.page_counts,
            can.styles,
            asked_for or AUTO,
            self._best.readiness.notes if self._best.readiness is not None else (),
            can.ages,
            can.rewrites,
            can.translates,
            can.topics,
        )

    def _trouble(self) -> tuple[str, str]:
        """Why what is asked for cannot be used, and why the best one is not ready, and the mend."""
        best = self._best
        lacking = [it for it in self._all if it.is_lacking]
        if not best.is_ready and best not in lacking:
            lacking.append(best)
        why, mends = [], []
        for it in lacking:
            found = it.readiness or Readiness(False)
            about = f"{it.name}, asked for by {' and '.join(it.asked_by)}: "
            why.append(found.why if it is best else about + found.why)
            mends.append(found.mend)
        return "; ".join(why), "; ".join(dict.fromkeys(filter(None, mends)))
