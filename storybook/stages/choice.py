"""Which engine does which role.

Each role has a table of engines by name, best first. `auto` takes the first one that is ready; a
name takes that one, ready or not: it is never replaced in silence, and says itself what it lacks
and what mends it. A name that is in no table stops the start and says which names there are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from storybook.book import Role
from storybook.data_folder import DataFolder
from storybook.engines import Engine, Illustrator, Narrator, Transcriber, Writer
from storybook.request import NewRun, RequestFault
from storybook.settings import Settings, SettingsError
from storybook.stages.capabilities import request_faults

# Engines are imported when they are built: their modules are many, and most are never needed.


def _llama(settings: Settings, data: Path) -> Engine:
    from storybook.stages.writer.llama import Llama, find_model

    it = settings.writer
    model = find_model(data, _path(it.model))
    return Llama(model=model, device=it.device or "cpu", context=it.context)


def _writing_endpoint(settings: Settings, data: Path) -> Engine:
    from storybook.stages.writer.openai import OpenAIWriter

    it = settings.writer
    return OpenAIWriter(
        url=it.url,
        model=it.model,
        device=it.device,
        key_variable=it.key_variable,
        context=it.context,
    )


def _composer(settings: Settings, data: Path) -> Engine:
    from storybook.composer import Composer

    return Composer()


def _comfyui(settings: Settings, data: Path) -> Engine:
    from storybook.stages.illustrator.comfyui import ComfyUI

    it = settings.illustrator
    return ComfyUI(
        urls=it.urls,
        workflow=it.workflow,
        style=it.style,
        nodes=it.nodes,
        device=it.device,
        launch=it.launch,
        launch_folder=it.launch_folder,
    )


def _painter(settings: Settings, data: Path) -> Engine:
    from storybook.painter import Painter

    return Painter()


def _supertonic(settings: Settings, data: Path) -> Engine:
    from storybook.stages.narrator.supertonic import Supertonic

    it = settings.narrator
    return Supertonic(data, _path(it.model), it.device or "cpu")


def _speaking_endpoint(settings: Settings, data: Path) -> Engine:
    from storybook.stages.narrator.openai import OpenAINarrator

    it = settings.narrator
    return OpenAINarrator(
        url=it.url,
        model=it.model,
        device=it.device,
        key_variable=it.key_variable,
        voices=it.voices,
    )


def _espeak(settings: Settings, data: Path) -> Engine:
    from storybook.stages.narrator.espeak import Espeak

    return Espeak()


def _hearing_endpoint(settings: Settings, data: Path) -> Engine:
    from storybook.stages.transcriber.openai import OpenAITranscriber

    it = settings.transcriber
    return OpenAITranscriber(url=it.url, model=it.model, key_variable=it.key_variable)


def _whisper(settings: Settings, data: Path) -> Engine:
    from storybook.stages.transcriber.whisper import Whisper

    it = settings.transcriber
    return Whisper(
        model=it.model or "base",
        models_folder=DataFolder(data).models,
        device=it.device,
        idle_seconds=it.idle_seconds,
    )


Build = Callable[[Settings, Path], Engine]
"""Builds an engine from the settings and the data folder. Costs nothing and cannot fail."""

OPENAI: Final = "openai"
"""The remote alternative of a role: `auto` looks at it only if its `url` is set."""

ENGINES: Final[dict[Role, dict[str, Build]]] = {
    Role.WRITER: {OPENAI: _writing_endpoint, "llama": _llama, "composer": _composer},
    Role.ILLUSTRATOR: {"comfyui": _comfyui, "painter": _painter},
    Role.NARRATOR: {
        OPENAI: _speaking_endpoint,
        "supertonic": _supertonic,
        "espeak": _espeak,
    },
    Role.TRANSCRIBER: {OPENAI: _hearing_endpoint, "whisper": _whisper},
}
"""Each role's engines, best first. The last one of a role is taken ready or not."""

AUTO: Final = "auto"


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
                )
            )
        return reports

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


async def choose_engines(settings: Settings, data: Path) -> Engines:
    """The engines in force. Raises `SettingsError` for a name that no engine has."""
    chosen: dict[str, Any] = {role.value: await _choose(role, settings, data) for role in Role}
    return Engines(**chosen)


async def _choose(role: Role, settings: Settings, data: Path) -> Engine:
    table, wanted = ENGINES[role], getattr(settings, role.value)
    if wanted.engine != AUTO:
        if wanted.engine not in table:
            known = ", ".join([AUTO, *table])
            what = f"unknown engine {wanted.engine!r} in [{role}]"
            raise SettingsError(f"settings: {what}; known are {known}")
        named = table[wanted.engine](settings, data)
        await named.readiness()  # a server tells its version and model only when it is asked
        return named
    *better, last = (name for name in table if name != OPENAI or wanted.url)
    for name in better:
        engine = table[name](settings, data)
        if (await engine.readiness()).ready:
            return engine
    return table[last](settings, data)


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None
