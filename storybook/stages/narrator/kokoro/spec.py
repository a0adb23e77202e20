"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import path_of


class KokoroSettings(msgspec.Struct, frozen=True):
    """`model` is a model's folder, or that in the data folder's `models`."""

    model: str = ""


def build(settings: KokoroSettings, data: Path) -> Engine:
    from storybook.stages.narrator.kokoro.engine import Kokoro

    return Kokoro(data, path_of(settings.model))


KOKORO: Final = EngineSpec("kokoro", Role.NARRATOR, KokoroSettings, build)
