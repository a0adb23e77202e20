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
    """Fails at page 2 as nobody expects, and when that is tried again at page 1 as an engine does:
    by then is told how the first ended."""

    def __init__(self) -> None:
        super().__init__()
        self._tries, self._is_known = 0, anyio.Event()

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        quoted = f"not {task.request.topic} of {task.request.characters}: {task.page.summary}"
        if task.page.page == 1:
            await self._is_known.wait()
            raise WorkFailed("refused", quoted, retryable=False)
        if task.page.page == 2:
            self._tries += 1
            if self._tries > 1:
                self._is_known.set()
            raise RuntimeError(quoted) from ValueError(quoted)
        return await super().paint(task, report, submitted)


async def choose(settings: Settings, data: Path) -> Engines:
    return double_engines(illustrator=Parrot())


if __name__ == "__main__":
    vars(storybook.bootstrap)["choose_engines"] = choose
    main()
