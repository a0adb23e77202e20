"""Repair: lost or damaged files of an ended run are made again in place, as its events say.

A **repair** is of one run: its damaged files, and what has become of each. Looking for damage reads
all of the run's files once. Then each file is made again by the engine that made it, or by the best
of its role while that one cannot work, put in its place, and one `ArtifactRemade` is appended.
Nothing else of the run changes, and what retention has removed stays removed.
"""

from __future__ import annotations

import enum
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import anyio
import msgspec

from storybook.book import Artifact, RunId, Stage, Work, split_edition
from storybook.commands import Commands
from storybook.engines import Engine, EngineUnavailable, WorkFailed, ready_or_raise
from storybook.events.catalog import ArtifactRemade, EngineInfo, Event, StageCompleted, StageStarted
from storybook.events.log import EventLog, LogError
from storybook.events.parked import RunParked
from storybook.notifier import Notifier
from storybook.run import Refused, kept_artifacts, read_whole, remake_artifact
from storybook.stages.engine_places import EnginePlaces
from storybook.stages.registry import Engines
from storybook.stages.remaking import make_again
from storybook.stores.artifacts import ArtifactError, ArtifactStore
from storybook.stores.integrity import Integrity

logger = logging.getLogger(__name__)

MOST_REMEMBERED: Final = 100
"""Repairs of which it can be asked what has become of them, those that go on not counted."""


class RepairOutcome(enum.StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class DamagedFile(msgspec.Struct):
    """A file that is to be made again: what is wrong with it, which engine made it (None if nobody
    knows any more), and which makes it now. `why` says why that failed; `is_same` whether the new
    bytes are those that were recorded, once it is done."""

    name: str
    stage: Stage
    page: int | None
    damage: str
    made_by: EngineInfo | None
    engine: EngineInfo
    outcome: RepairOutcome = RepairOutcome.WAITING
    why: str = ""
    is_same: bool | None = None
    language: str = ""

    @property
    def work(self) -> Work:
        return Work(self.stage, self.page, self.language)

    @property
    def is_made_by_another(self) -> bool:
        """Whether another engine, version or model makes it now: it will not be the same."""
        return self.made_by is None or _kind(self.made_by) != _kind(self.engine)


class Repair(msgspec.Struct):
    """The damaged files of a run, and how many were looked at."""

    run_id: RunId
    looked_at: int
    files: list[DamagedFile]

    @property
    def has_ended(self) -> bool:
        return all(it.outcome in (RepairOutcome.DONE, RepairOutcome.FAILED) for it in self.files)


Told = Callable[[], None]
"""Called whenever something has become of a file."""


class Repairs:
    """Looks for damage, and mends it. `run` is to be running where repairs are asked for."""

    def __init__(
        self,
        log: EventLog,
        commands: Commands,
        engines: Engines,
        store: ArtifactStore,
        *,
        places: EnginePlaces,
        timeout_seconds: float,
    ) -> None:
        self._log, self._commands, self._engines, self._store = log, commands, engines, store
        self._places, self._timeout_seconds = places, timeout_seconds
        self._repairs: OrderedDict[RunId, Repair] = OrderedDict()
        self._asked: deque[tuple[Repair, str]] = deque()
        self._heard = Notifier()

    async def look(self, run_id: RunId) -> Repair:
        """Which files of a run are damaged. Raises `Refused` unless the run has ended, `RunParked`,
        and `EngineUnavailable` if an engine that is needed cannot work."""
        recorded = await self._log.read_run(run_id)
        run = read_whole(recorded)
        kept = {
            name: it
            for name, it in kept_artifacts(run).items()
            if run is not None and run.of_edition(split_edition(name)[1])  # else nobody shows it
        }
        integrity, makers = Integrity(self._store), makers_of(it.event for it in recorded)
        found = {name: await integrity.damage(run_id, it) for name, (_, it) in kept.items()}
        damaged = {name: damage for name, damage in found.items() if damage}
        if damaged:
            await self._engines.look(*{kept[name][0].stage.role for name in damaged})
        files = [
            self._damaged(*kept[name], damage, makers.get(name)) for name, damage in damaged.items()
        ]
        for engine in {id(it): it for it in map(self._engine_of, files)}.values():
            ready_or_raise(engine.info.name, await engine.readiness())
        return Repair(run_id, len(kept), files)

    async def ask(self, run_id: RunId, by: str) -> Repair:
        """Have a run repaired; what comes of it is told by `of`. Raises what `look` raises,
        `Refused` while the run is being repaired, and `LogError` where the log is only read."""
        self._log.check_takes_appends()
        self._check_idle(run_id)
        repair = await self.look(run_id)
        self._check_idle(run_id)  # somebody else may have asked meanwhile
        self._remember(repair)
        if repair.files:
            self._asked.append((repair, by))
            self._heard.notify()
        return repair

    def of(self, run_id: RunId) -> Repair:
        """The last repair of a run that was asked for, as it stands; if none was, of nothing."""
        return self._repairs.get(run_id) or Repair(run_id, 0, [])

    async def run(self) -> None:
        """Repair what is asked for, one run at a time, until cancelled."""
        while True:
            heard = self._heard.next
            while self._asked:
                await self.mend(*self._asked.popleft())
            await heard.wait()

    async def mend(self, repair: Repair, by: str, told: Told = lambda: None) -> None:
        """Make the files of a repair again, one after the other; one that fails stops no other.

        A full disk is not waited for, as the runner does: the run has ended, whoever asked is told
        what room is missing, and asks again.
        """
        for file in repair.files:
            file.outcome = RepairOutcome.WORKING
            told()
            try:
                await self._mend_file(repair.run_id, file, by)
                file.outcome = RepairOutcome.DONE
            except Exception as error:
                file.outcome, file.why = RepairOutcome.FAILED, self._why(error, repair, file)
            told()

    async def _mend_file(self, run_id: RunId, file: DamagedFile, by: str) -> None:
        run = await self._commands.load(run_id)
        _, recorded = kept_artifacts(run).get(file.name, (None, None))
        of = run.of_edition(split_edition(file.name)[1]) if run is not None else None
        if recorded is None or of is None:
            raise Refused(f"{file.name} has been removed meanwhile, or is of no edition any more")
        engine = self._engine_of(file)
        async with self._places.taken(run_id, file.work, engine):
            with anyio.fail_after(self._timeout_seconds):
                again = await make_again(run_id, of, file.work, engine, self._store)
        remade, made_from = again
        remake = partial(
            remake_artifact,
            work=file.work,
            remade=remade,
            previous=recorded,
            engine=file.engine,
            made_from=made_from,
            damage=file.damage,
            requested_by=by,
        )
        await self._commands.execute(run_id, remake)
        file.is_same = remade.sha256 == recorded.sha256

    def _why(self, error: Exception, repair: Repair, file: DamagedFile) -> str:
        match error:
            case TimeoutError():
                return f"it took longer than {self._timeout_seconds:g} s"
            case ArtifactError() | EngineUnavailable() | LogError() | WorkFailed():
                return str(error)
            case Refused() | RunParked():
                return str(error)
        logger.error("run %s: %s: unexpected error", repair.run_id, file.name, exc_info=error)
        return "internal error; the log of this process has more"

    def _damaged(
        self, work: Work, artifact: Artifact, damage: str, made_by: EngineInfo | None
    ) -> DamagedFile:
        candidates = self._engines.of(work.stage.role)
        engine = candidates.best
        if made_by is not None and (its_maker := candidates.ready_one(made_by.name)) is not None:
            engine = its_maker
        return DamagedFile(
            *(artifact.name, work.stage, work.page, damage, made_by, engine.info),
            language=work.language,
        )

    def _engine_of(self, file: DamagedFile) -> Engine:
        """The engine that was chosen for a file. None that is built ever goes."""
        engine: Engine | None = self._engines.of(file.stage.role).of([file.engine.name])
        assert engine is not None
        return engine

    def _check_idle(self, run_id: RunId) -> None:
        before = self._repairs.get(run_id)
        if before is not None and not before.has_ended:
            raise Refused("the run is being repaired already")

    def _remember(self, repair: Repair) -> None:
        self._repairs[repair.run_id] = repair
        self._repairs.move_to_end(repair.run_id)
        ended = [run_id for run_id, it in self._repairs.items() if it.has_ended]
        for run_id in ended[:-MOST_REMEMBERED]:
            del self._repairs[run_id]


def makers_of(events: Iterable[Event]) -> dict[str, EngineInfo]:
    """Which engine made each finished file of a run, by the run's events."""
    started: dict[tuple[Work, int], EngineInfo] = {}
    makers: dict[str, EngineInfo] = {}
    for event in events:
        match event:
            case StageStarted(attempt=attempt, engine=engine):
                started[event.work, attempt] = engine
            case StageCompleted(artifact=Artifact(name=name), made_by=EngineInfo() as engine):
                makers[name] = engine
            case StageCompleted(attempt=attempt, artifact=Artifact(name=name)):
                if (event.work, attempt) in started:
                    makers[name] = started[event.work, attempt]
            case ArtifactRemade(artifact=Artifact(name=name), engine=engine):
                makers[name] = engine
    return makers


def _kind(engine: EngineInfo) -> tuple[str, str, str]:
    return engine.name, engine.version, engine.model
