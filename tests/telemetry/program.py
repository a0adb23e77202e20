"""The storybook program with an illustrator that quotes, in whatever it says, what it was given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

import storybook.bootstrap
from storybook.cli import main
from storybook.engines import Painting, PaintingTask, Report, WorkFailed
from storybook.events.catalog import Submission
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.doubles import Brush, double_engines


class Parrot(Brush):
    """Fails at page 1 as an engine does, and before that at page 2 as nobody expects."""

    def __init__(self) -> None:
        super().__init__()
        self._is_broken = anyio.Event()

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        quoted = f"not {task.request.topic} of {task.request.characters}: {task.page.summary}"
        if task.page.page == 1:
            await self._is_broken.wait()
            raise WorkFailed("refused", quoted, retryable=False)
        if task.page.page == 2:
            self._is_broken.set()
            raise RuntimeError(quoted) from ValueError(quoted)
        return await super().paint(task, report, submitted)


async def choose(settings: Settings, data: Path) -> Engines:
    return double_engines(illustrator=Parrot())


if __name__ == "__main__":
    vars(storybook.bootstrap)["choose_engines"] = choose
    main()
