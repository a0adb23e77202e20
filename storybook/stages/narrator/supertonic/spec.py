"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import path_of


class SupertonicSettings(msgspec.Struct, frozen=True):
    """`model` is a model's folder, or that in the data folder's `models`; `device` is `cpu` or a
    GPU (`gpu0`)."""

    model: str = ""
    device: str = ""


def build(settings: SupertonicSettings, data: Path) -> Engine:
    from storybook.stages.narrator.supertonic.engine import Supertonic

    return Supertonic(data, path_of(settings.model), settings.device or "cpu")


SUPERTONIC: Final = EngineSpec("supertonic", Role.NARRATOR, SupertonicSettings, build)
