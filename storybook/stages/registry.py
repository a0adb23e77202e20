"""Which engines there are, and which one does which role.

Each role has engines by name: those of this package, best first, and those of other packages, that
entry points of the group `storybook.engines` lead to. `auto` takes the first of this package that
is ready; a name takes that one, ready or not: it is never replaced in silence, and says itself what
it lacks and what mends it. A name that nobody has stops the start and says which names there are.

An entry point is named `ROLE.NAME`, as its table in the settings, and leads to an `EngineSpec`; it
is loaded only if that engine is asked for, and `auto` never does: which of the others it is better
than, nobody can tell. The name of an engine of this package is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from storybook.book import Role
from storybook.composer.spec import COMPOSER
from storybook.engines import (
    Engine,
    EngineSpec,
    Illustrator,
    Narrator,
    Transcriber,
    Tried,
    Writer,
)
from storybook.painter.spec import PAINTER
from storybook.request import NewRun, RequestFault
from storybook.settings import AUTO, Settings, SettingsError
from storybook.stages.capabilities import request_faults
from storybook.stages.illustrator.comfyui.spec import COMFYUI
from storybook.stages.narrator.espeak.spec import ESPEAK
from storybook.stages.narrator.openai.spec import OPENAI_NARRATOR
from storybook.stages.narrator.supertonic.spec import SUPERTONIC
from storybook.stages.transcriber.openai.spec import OPENAI_TRANSCRIBER
from storybook.stages.transcriber.whisper.spec import WHISPER
from storybook.stages.writer.llama.spec import LLAMA
from storybook.stages.writer.openai.spec import OPENAI_WRITER

GROUP: Final = "storybook.engines"
"""The entry points that lead to engines of other packages."""

_BEST_FIRST: Final[tuple[EngineSpec[Any], ...]] = (
    *(OPENAI_WRITER, LLAMA, COMPOSER),
    *(COMFYUI, PAINTER),
    *(OPENAI_NARRATOR, SUPERTONIC, ESPEAK),
    *(OPENAI_TRANSCRIBER, WHISPER),
)

OWN_ENGINES: Final[Mapping[Role, Mapping[str, EngineSpec[Any]]]] = {
    role: {it.name: it for it in _BEST_FIRST if it.role is role} for role in Role
}
"""Each role's engines of this package, best first. The last one of a role is taken ready or not."""

logger = logging.getLogger(__name__)


class EngineReport(msgspec.Struct, frozen=True):
    """What `GET /api/engines` and `storybook doctor` say of a role."""

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
    notes: tuple[str, ...] = ()
    """What has been found out about it, such as what its server does not take."""


class Engines(msgspec.Struct, frozen=True):
    """The engine of each role."""

    writer: Writer
    illustrator: Illustrator
    narrator: Narrator
    transcriber: Transcriber

    def by_role(self) -> dict[Role, Engine]:
        return {role: getattr(self, role.value) for role in Role}

    async def report(self) -> list[EngineReport]:
        """Each role's engine, ready or why not."""
        reports = []
        for role, engine in self.by_role().items():
            it, info, can = await engine.readiness(), engine.info, engine.capabilities
            reports.append(
                EngineReport(
                    role,
                    info.name,
                    info.version,
                    info.model,
                    info.device,
                    it.ready,
                    it.why,
                    it.mend,
                    can.languages,
                    can.voices,
                    can.page_counts,
                    it.notes,
                )
            )
        return reports

    async def try_out(self) -> None:
        """Try those engines that have to be tried to be known."""
        for engine in self.by_role().values():
            if isinstance(engine, Tried):
                await engine.try_out()

    def request_faults(self, asked: NewRun) -> list[RequestFault]:
        """What of a request these engines cannot do."""
        return request_faults(asked, self.writer.capabilities, self.narrator.capabilities)

    async def close(self) -> None:
        """Let go of everything that the engines hold, for good; one that fails stops no other."""
        for role, engine in self.by_role().items():
            try:
                await (engine.aclose() if isinstance(engine, Closing) else engine.unload())
            except Exception:
                logger.exception("the %s did not close", role)


@runtime_checkable
class Closing(Protocol):
    """An engine that has something to end for good, such as a server that it started."""

    async def aclose(self) -> None: ...


@runtime_checkable
class Idling(Protocol):
    """An engine that lets go of its model by itself when nobody has needed it for a while."""

    async def unload_when_idle(self) -> None:
        """Watch for that until it is cancelled."""
        ...


def engine_names(role: Role) -> list[str]:
    """The engines of a role: this package's, best first, and then all others."""
    return [
        *OWN_ENGINES[role],
        *(name for name in _installed(role) if name not in OWN_ENGINES[role]),
    ]


def find_engine(role: Role, name: str) -> EngineSpec[Any]:
    """The engine of that name. Raises `SettingsError` if there is none, or it cannot be loaded."""
    if name in OWN_ENGINES[role]:
        return OWN_ENGINES[role][name]
    if entry := _installed(role).get(name):
        return _loaded(role, name, entry)
    known = ", ".join([AUTO, *engine_names(role)])
    raise SettingsError(f"settings: unknown engine {name!r} in [{role}]; known are {known}")


def _installed(role: Role) -> dict[str, EntryPoint]:
    """The entry points of a role by the engine's name."""
    named = ((it.name.partition("."), it) for it in entry_points(group=GROUP))
    return {name: it for (of, _, name), it in named if of == role}


def _loaded(role: Role, name: str, entry: EntryPoint) -> EngineSpec[Any]:
    what = f"settings: the engine {name!r} of [{role}] cannot be used"
    try:
        spec = entry.load()
    except (Exception, SystemExit) as error:  # somebody else's module: whatever it raises
        mend = "mend or remove the package that it is from"
        raise SettingsError(f"{what}: {entry.value}: {error!r}; {mend}") from error
    match spec:
        case EngineSpec(name=its_name, role=its_role) if (its_role, its_name) == (role, name):
            return spec
    found = f"{entry.value} is {spec!r}"
    raise SettingsError(f"{what}: {found}, and not the EngineSpec of {name!r} as {role}")


async def choose_engines(settings: Settings, data: Path) -> Engines:
    """The engines in force. Raises `SettingsError` for a name that no engine has."""
    chosen: dict[str, Any] = {role.value: await _choose(role, settings, data) for role in Role}
    return Engines(**chosen)


async def _choose(role: Role, settings: Settings, data: Path) -> Engine:
    wanted = getattr(settings, role.value).engine
    if wanted != AUTO:
        named = _build(find_engine(role, wanted), settings, data)
        await named.readiness()  # a server tells its version and model only when it is asked
        return named
    *better, last = OWN_ENGINES[role].values()
    for spec in better:
        engine = _build(spec, settings, data)
        if (await engine.readiness()).ready:
            return engine
    return _build(last, settings, data)


def _build(spec: EngineSpec[Any], settings: Settings, data: Path) -> Engine:
    return spec.build(spec.settings_in(settings), data)
