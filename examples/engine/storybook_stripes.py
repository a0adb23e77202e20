"""An engine of another package: an illustrator that paints plain stripes.

`STRIPES` is what the entry point in `pyproject.toml` leads to. What an engine owes is said in
`storybook.engines`: it keeps the event loop free, stops when it is cancelled, reports how far it
is, and raises `WorkFailed` for what it cannot do.
"""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Awaitable, Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from storybook.book import Role
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
from storybook.settings import Count

VERSION: Final = "1.0"
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class StripesSettings(msgspec.Struct, frozen=True):
    """The table `[illustrator.stripes]`: `colours` as `#rrggbb`, each stripe `width` pixels."""

    colours: tuple[str, ...] = ("#f6d465", "#8fc4e0", "#ef6f52")
    width: Count = 64


class Stripes:
    """Paints upright stripes; the book's seed and the page's prompt say where they begin."""

    places = 1
    capabilities = Capabilities()
    info = EngineInfo("stripes", VERSION, device="cpu")

    def __init__(self, settings: StripesSettings) -> None:
        self._settings = settings

    async def readiness(self) -> Readiness:
        """Ready if the colours are colours."""
        if wrong := [it for it in self._settings.colours if not re.fullmatch("#[0-9a-f]{6}", it)]:
            mend = "Write them as #rrggbb in [illustrator.stripes]"
            return Readiness(False, f"{', '.join(wrong)}: no colours", mend)
        return Readiness(True)

    async def unload(self) -> None:
        """Nothing is held."""

    async def paint(
        self,
        task: PaintingTask,
        report: PaintingReport,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        """Paint one page, in a thread, as deflating a picture takes a while."""
        if (readiness := await self.readiness()) != Readiness(True):
            raise WorkFailed("bad_colours", readiness.why, retryable=False)
        report(0.0)
        png = await anyio.to_thread.run_sync(_png, task, self._settings)
        report(1.0)
        made_from = MadeFrom(prompt=task.page.image_prompt, seed=task.seed, version=VERSION)
        return Painting(png, task.width, task.height, made_from)


def _png(task: PaintingTask, settings: StripesSettings) -> bytes:
    """The stripes as an 8-bit RGB picture; the same for the same task."""
    pattern = b"".join(bytes.fromhex(it[1:]) * settings.width for it in settings.colours)
    begins = 3 * random.Random(f"{task.seed}:{task.page.image_prompt}").randrange(len(pattern) // 3)
    row = bytes(islice(cycle(pattern), begins, begins + 3 * task.width))
    rows = (b"\0" + row) * task.height
    header = struct.pack(">IIBBBBB", task.width, task.height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return SIGNATURE + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def build(settings: StripesSettings, data: Path) -> Engine:
    """What costs time or memory, such as a model, is loaded by the first picture, not here."""
    return Stripes(settings)


STRIPES: Final = EngineSpec("stripes", Role.ILLUSTRATOR, StripesSettings, build)
