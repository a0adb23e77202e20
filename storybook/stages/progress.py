"""How far each stage is, for whoever watches now. Nothing here is a fact worth keeping."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final

import msgspec

from storybook.book import RunId, Work
from storybook.notifier import Notifier

MOST_PREVIEW_BYTES: Final = 2 * 1024 * 1024
"""A preview of 512 pixels has some 40 kB; what is larger is somebody's finished picture."""

MAGIC_BYTES: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
"""What a picture begins with, and its media type."""


class Preview(msgspec.Struct, frozen=True):
    """What a picture in hand looks like now. `number` differs from those of earlier ones."""

    number: int
    media_type: str
    content: bytes


class WorkProgress:
    """The fraction done (0 to 1) of all work in hand, the latest preview of what is being painted,
    and a wake-up when one changes."""

    def __init__(self) -> None:
        # asyncio, since anyio has no way into the loop from a foreign thread that does not wait.
        self._loop = asyncio.get_running_loop()
        self._fractions: defaultdict[RunId, dict[Work, float]] = defaultdict(dict)
        self._previews: dict[tuple[RunId, Work], Preview] = {}
        self._version = 0
        self._changed = Notifier()

    def report(
        self, run_id: RunId, work: Work, fraction: float, preview: bytes | None = None
    ) -> None:
        """Say how far a piece of work is, and what it looks like if that is new. Safe from any
        thread; returns at once. A preview that is too large, or no picture, is passed over."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, run_id, work, fraction, preview)

    def begin(self, run_id: RunId, work: Work) -> None:
        self._fractions[run_id][work] = 0.0
        self._wake()

    def end(self, run_id: RunId, work: Work) -> None:
        """Forget work that is no longer in hand."""
        self._previews.pop((run_id, work), None)
        self._fractions[run_id].pop(work, None)
        if not self._fractions[run_id]:
            del self._fractions[run_id]
        self._wake()

    def current(self, run_id: RunId) -> dict[Work, float]:
        """The work of a run that is in hand, and how far it is."""
        return dict(self._fractions.get(run_id, {}))

    def preview(self, run_id: RunId, work: Work) -> Preview | None:
        """The latest preview of work in hand, if it has shown one."""
        return self._previews.get((run_id, work))

    @property
    def version(self) -> int:
        """Grows with every change of anything."""
        return self._version

    async def wait(self, seen: int) -> int:
        """Return a version newer than `seen`, as soon as there is one."""
        while self._version <= seen:
            await self._changed.next.wait()
        return self._version

    def _note(self, run_id: RunId, work: Work, fraction: float, preview: bytes | None) -> None:
        if work not in self._fractions.get(run_id, {}):  # a late report of ended work is void
            return
        self._fractions[run_id][work] = min(max(fraction, 0.0), 1.0)
        self._wake()
        if preview is not None and (media_type := _media_type(preview)) is not None:
            self._previews[run_id, work] = Preview(self._version, media_type, preview)

    def _wake(self) -> None:
        self._version += 1
        self._changed.notify()


def _media_type(preview: bytes) -> str | None:
    """What kind of picture it is; None if it is none that is served."""
    if len(preview) > MOST_PREVIEW_BYTES:
        return None
    return next((it for magic, it in MAGIC_BYTES.items() if preview.startswith(magic)), None)
