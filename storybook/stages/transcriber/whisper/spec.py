"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.data_folder import DataFolder
from storybook.engines import Engine, EngineSpec
from storybook.settings import Seconds

IDLE_SECONDS: Final = 300.0
"""A model that nobody has spoken to for so long gives its memory back: 150 MB for `base`, which
is loaded again in a second."""


class WhisperSettings(msgspec.Struct, frozen=True):
    """`model` is a Whisper model's name or folder; `device` is `auto`, `cpu` or a GPU. A model that
    nobody needs is unloaded after `idle_seconds`."""

    model: str = ""
    device: str = "auto"
    idle_seconds: Seconds = IDLE_SECONDS


def build(settings: WhisperSettings, data: Path) -> Engine:
    from storybook.stages.transcriber.whisper.engine import Whisper

    return Whisper(
        model=settings.model or "base",
        models_folder=DataFolder(data).models,
        device=settings.device,
        idle_seconds=settings.idle_seconds,
    )


WHISPER: Final = EngineSpec("whisper", Role.TRANSCRIBER, WhisperSettings, build)
