"""The storybook program with a painter that takes its time: somebody can look on in the middle."""

from __future__ import annotations

from typing import Any

import anyio

from storybook.cli import main
from storybook.painter.engine import Painter
from tests.engines import tiny_png

SECONDS = 1.5
"""For a picture, beside what it takes."""

_paint = Painter.paint


async def paint_slowly(self: Painter, *asked: Any) -> Any:
    """Paints as ever, a while later; meanwhile it shows what there is so far."""
    task, report, submitted = asked
    await anyio.sleep(SECONDS / 2)
    report(0.5, tiny_png())
    await anyio.sleep(SECONDS / 2)

    def at_the_end(fraction: float, preview: bytes | None = None) -> None:
        if fraction == 1:
            report(fraction, preview)

    return await _paint(self, task, at_the_end, submitted)


if __name__ == "__main__":
    setattr(Painter, "paint", paint_slowly)  # noqa: B010 - mypy lets no method be replaced
    main()
