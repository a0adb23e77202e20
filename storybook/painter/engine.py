"""The engine: pictures are painted in worker processes, so that the event loop stays free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Final

import storybook
from storybook.clock import MICROSECONDS, Clock, SystemClock
from storybook.engines import (
    Capabilities,
    Painting,
    PaintingReport,
    PaintingTask,
    Readiness,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.notifier import Notifier
from storybook.processes import ProcessDied, WorkerProcesses
from storybook.system import usable_cores

MOST_PLACES: Final = 4
"""Pictures painted at once, however many cores there are: each takes up to 300 MiB."""
WATERCOLOR: Final = "watercolor"
"""The one style that it has."""
IDLE_SECONDS: Final = 300
"""How long a worker waits for the next picture: a family that reads asks for another book."""


def _paint(task: PaintingTask) -> bytes:
    """Runs in the worker: only there are numpy and skia imported."""
    from storybook.painter.picture import paint

    return paint(task)


class Painter:
    """The embedded illustrator. It needs no model, no GPU and no server."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.capabilities = Capabilities(styles=(WATERCOLOR,))
        self.info = EngineInfo("painter", storybook.__version__, device="cpu", apart=True)
        self.places = max(1, min(MOST_PLACES, usable_cores()))
        self._workers = WorkerProcesses(_paint, self.places)
        self._clock = clock or SystemClock()
        self._used, self._used_at = Notifier(), 0

    async def readiness(self) -> Readiness:
        """Ready where skia is installed."""
        if find_spec("skia") is None:
            return Readiness(False, "skia is not installed", "pip install skia-python")
        return Readiness(True)

    async def unload(self) -> None:
        """End the workers that have nothing to do."""
        self._workers.let_go()

    async def unload_when_idle(self) -> None:
        """End the workers whenever nothing has been painted for a while. Never returns."""
        idle = IDLE_SECONDS * MICROSECONDS
        while True:
            used = self._used.next
            if not self._workers.are_idle:
                await used.wait()
                continue
            await self._clock.sleep_until(self._used_at + idle)
            if self._clock.monotonic() >= self._used_at + idle:
                self._workers.let_go()

    async def paint(
        self,
        task: PaintingTask,
        report: PaintingReport,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        """Paint one page. Nothing is given away, so `submitted` is never called."""
        report(0.0)
        try:
            png = await self._workers.do(task)
        except ProcessDied as error:
            died = "the painter's process died"
            raise WorkFailed("worker_died", died, retryable=True) from error
        finally:
            self._used_at = self._clock.monotonic()
            self._used.notify()
        report(1.0)
        side = min(task.width, task.height)
        made_from = MadeFrom(
            prompt=task.page.image_prompt, seed=task.seed, version=self.info.version
        )
        return Painting(png, side, side, made_from)
