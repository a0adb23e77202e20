"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from storybook.book import Role
from storybook.engines import Engine, EngineSpec, NoSettings


def build(settings: NoSettings, data: Path) -> Engine:
    from storybook.composer.engine import Composer

    return Composer()


COMPOSER: Final = EngineSpec("composer", Role.WRITER, NoSettings, build)
