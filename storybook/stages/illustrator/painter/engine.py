"""The engine: pictures are painted in worker processes, so that the event loop stays free.

A worker is started by the first picture and kept for the next ones (starting one and importing
numpy and skia takes most of a second). When a piece of work is cancelled its worker is killed:
a picture has no clean half.
"""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Final

import anyio
import anyio.to_process

import storybook
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.stages.engines import Painting, PaintingOrder, Readiness, Report, WorkFailed
from storybook.system import usable_cores

MOST_PLACES: Final = 4
"""Pictures painted at once, however many cores there are: each takes up to 300 MiB."""


class Painter:
    """The embedded illustrator. It needs no model, no GPU and no server."""

    def __init__(self) -> None:
        self.info = EngineInfo(name="painter", version=storybook.__version__, device="cpu")
        self.places = max(1, min(MOST_PLACES, usable_cores()))
        self._limiter: anyio.CapacityLimiter | None = None

    async def readiness(self) -> Readiness:
        """Ready where skia is installed."""
        if find_spec("skia") is None:
            return Readiness(False, "skia is not installed", "pip install skia-python")
        return Readiness(True)

    async def unload(self) -> None:
        """Nothing to let go of: an idle worker ends by itself after five minutes."""

    async def paint(
        self,
        order: PaintingOrder,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        """Paint one page. Nothing is given away, so `submitted` is never called."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self.places)
        report(0.0)
        try:
            png = await anyio.to_process.run_sync(
                _paint, order, cancellable=True, limiter=self._limiter
            )
        except (KeyboardInterrupt, anyio.BrokenWorkerProcess) as error:
            # Ctrl-C reaches a worker that is just starting; any other death looks the same.
            died = "the painter's process died"
            raise WorkFailed("worker_died", died, retryable=True) from error
        report(1.0)
        side = min(order.width, order.height)
        made_from = MadeFrom(prompt=order.page.image_prompt, seed=order.seed)
        return Painting(png, side, side, made_from)


def _paint(order: PaintingOrder) -> bytes:
    """Runs in the worker: only there are numpy and skia imported."""
    # Ctrl-C in a terminal is sent to this process too, but what it stops is decided in the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from storybook.stages.illustrator.painter.picture import paint

    return paint(order)
