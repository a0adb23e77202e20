"""Which engine does which role.

Each role has a table of engines by name; `auto` takes the first one of it that is there. A name
that is in no table stops the start and says which names there are.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import msgspec

from storybook.book import Role, Stage
from storybook.events.catalog import EngineInfo
from storybook.settings import Settings, SettingsError
from storybook.stages.engines import (
    Engine,
    EngineUnavailable,
    Illustrator,
    Narrator,
    Readiness,
    Transcriber,
    Transcript,
    Writer,
)

ENGINES: Final[dict[Role, dict[str, str]]] = {
    Role.WRITER: {"composer": "storybook.stages.writer.composer:Composer"},
    Role.ILLUSTRATOR: {"painter": "storybook.stages.illustrator.painter:Painter"},
    Role.NARRATOR: {"espeak": "storybook.stages.narrator.espeak:Espeak"},
    Role.TRANSCRIBER: {"none": "storybook.stages.choice:NoTranscriber"},
}
"""Each role's engines, best first, as `module:class`; imported when chosen."""

AUTO: Final = "auto"


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


class Engines(msgspec.Struct, frozen=True):
    """The engine of each role."""

    writer: Writer
    illustrator: Illustrator
    narrator: Narrator
    transcriber: Transcriber

    def of(self, stage: Stage) -> Engine:
        """The engine that does a stage."""
        match stage:
            case Stage.LLM:
                return self.writer
            case Stage.TTS:
                return self.narrator
            case _:
                return self.illustrator

    def by_role(self) -> dict[Role, Engine]:
        return {role: getattr(self, role.value) for role in Role}

    async def report(self) -> list[EngineReport]:
        """Each role's engine, ready or why not."""
        reports = []
        for role, engine in self.by_role().items():
            it, info = await engine.readiness(), engine.info
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
                )
            )
        return reports

    async def unload(self) -> None:
        """Let go of everything that the engines hold."""
        for engine in self.by_role().values():
            await engine.unload()


def choose_engines(settings: Settings) -> Engines:
    """The engines that the settings name. Raises `SettingsError` for a name that is not known."""
    chosen: dict[str, Any] = {
        role.value: _engine(role, getattr(settings, role.value).engine) for role in Role
    }
    return Engines(**chosen)


def _engine(role: Role, name: str) -> Any:
    table = ENGINES[role]
    if name != AUTO and name not in table:
        known = ", ".join([AUTO, *table])
        raise SettingsError(f"settings: unknown engine {name!r} in [{role}]; known are {known}")
    place = next(iter(table.values())) if name == AUTO else table[name]
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)()


class NoTranscriber:
    """Stands in where no speech-to-text engine is built in: it says so, and what works instead."""

    info = EngineInfo("none")
    places = 1
    _why: Final = "speech to text has no engine in this version"
    _mend: Final = "Send the four words as text to POST /api/runs instead"

    async def readiness(self) -> Readiness:
        return Readiness(False, self._why, self._mend)

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        raise EngineUnavailable("transcriber", self._why, self._mend)

    async def unload(self) -> None:
        return None
