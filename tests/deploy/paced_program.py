"""The storybook program with the engines of `tests.cli.doubles`, which paint a page when a test
lets them; to be run in a process of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

import storybook.bootstrap
from storybook.cli import main
from storybook.engines import Painting, PaintingTask, Report
from storybook.events.catalog import Submission
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.doubles import Brush, double_engines

LOOK_SECONDS = 0.02


def pace_file(data: Path) -> Path:
    """Beside a data folder: up to which page may be painted."""
    return data.parent / "pace"


class PacedBrush(Brush):
    """Waits before each page until the file names it, or a later one."""

    def __init__(self, pace: Path) -> None:
        super().__init__()
        self._pace = anyio.Path(pace)

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        while int(await self._pace.read_text() or -1) < task.page.page:  # noqa: ASYNC110 - another process writes it
            await anyio.sleep(LOOK_SECONDS)
        return await super().paint(task, report, submitted)


async def choose(settings: Settings, data: Path) -> Engines:
    return double_engines(illustrator=PacedBrush(pace_file(data)))


if __name__ == "__main__":
    vars(storybook.bootstrap)["choose_engines"] = choose
    main()
