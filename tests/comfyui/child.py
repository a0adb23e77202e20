"""The real service with pictures from a ComfyUI double; as a process, one that a test kills.

`python -m tests.comfyui.child DATA URL` asks for a book, and works on until it is killed.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from storybook.application import Application
from storybook.bootstrap import open_application
from storybook.clock import MICROSECONDS, Clock, SystemClock
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from tests.books import new_run
from tests.comfyui.studio import REQUEST, Studio
from tests.engines import NoTranscriber, ScriptedNarrator, ScriptedWriter

NAP_SECONDS = 0.01
MINUTE = 60 * MICROSECONDS


class Hasty(SystemClock):
    """A clock that is set forward instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0

    def now(self) -> int:
        return super().now() + self._ahead

    def monotonic(self) -> int:
        return super().monotonic() + self._ahead

    async def sleep_until(self, moment: int) -> None:
        await anyio.sleep(NAP_SECONDS)  # whoever waits for an hour must not make it pass at once
        if moment - self.monotonic() < MINUTE:
            self._ahead += max(0, moment - self.monotonic())
        else:
            await anyio.sleep_forever()


@asynccontextmanager
async def serving(
    data: Path, url: str, clock: Clock | None = None, **more: Any
) -> AsyncIterator[Application]:
    """The service, its writer and narrator scripted, its illustrator on the double, with `more` of
    its settings."""
    studio = Studio(urls=(url,), **more)
    engines = Engines(ScriptedWriter(), studio.engine, ScriptedNarrator(), NoTranscriber())
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with open_application(settings, data, clock=clock, engines=engines) as application:
        yield application


async def main(data: Path, url: str) -> None:
    async with serving(data, url) as application:
        await application.request_run(new_run(REQUEST, None))
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2])
