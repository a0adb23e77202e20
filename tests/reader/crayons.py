"""The storybook program with a painter that is done at once, waits, or fails, as a test wants it.

`python -m tests.reader.crayons` has the illustrator `crayons` beside the others. While the file
`hold` lies in its folder it waits before it paints, while `fail` lies there it fails.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

import anyio
import msgspec

from storybook.book import Role
from storybook.cli import main
from storybook.engines import (
    Capabilities,
    Engine,
    EngineSpec,
    Painting,
    PaintingReport,
    PaintingTask,
    Readiness,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.stages.registry import OWN_ENGINES


class CrayonsSettings(msgspec.Struct, frozen=True):
    """The table `[illustrator.crayons]`."""

    folder: str = ""


class Crayons:
    """Fills the page with one colour, which follows from seed, prompt and style."""

    places = 2
    capabilities = Capabilities(styles=("crayon", "ink"))
    info = EngineInfo("crayons", "1", device="cpu")

    def __init__(self, settings: CrayonsSettings) -> None:
        self._folder = Path(settings.folder)

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        """Nothing is held."""

    async def paint(
        self,
        task: PaintingTask,
        report: PaintingReport,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        report(0.25)
        while (self._folder / "hold").exists():  # noqa: ASYNC110 - a test in another process ends it
            await anyio.sleep(0.02)
        if (self._folder / "fail").exists():
            raise WorkFailed("broken", "the crayon broke", retryable=False)
        made_from = MadeFrom(prompt=task.page.image_prompt, seed=task.seed, version="1")
        return Painting(_png(task), task.width, task.height, made_from)


def _png(task: PaintingTask) -> bytes:
    colour = random.Random(f"{task.seed}:{task.page.image_prompt}").randbytes(3)
    rows = (b"\0" + colour * task.width) * task.height
    header = struct.pack(">IIBBBBB", task.width, task.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*it) for it in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def build(settings: CrayonsSettings, data: Path) -> Engine:
    return Crayons(settings)


def with_crayons(folder: Path) -> dict[str, str]:
    """The settings of a server that paints with them."""
    return {"illustrator_engine": "crayons", "illustrator_crayons_folder": str(folder)}


CRAYONS: Final = EngineSpec("crayons", Role.ILLUSTRATOR, CrayonsSettings, build)

if __name__ == "__main__":
    cast(dict[str, Any], OWN_ENGINES[Role.ILLUSTRATOR])["crayons"] = CRAYONS
    main()
