"""A wake-up that many tasks wait for.

A wake-up only says 'look': whoever waits takes `next` first, then looks, and waits for what it took
only if there was nothing to see. Whatever comes in between has set it already.
"""

from __future__ import annotations

import anyio


class Wakeup:
    """Rings for everybody who waits at that moment. Used from one event loop."""

    def __init__(self) -> None:
        self.next = anyio.Event()

    def ring(self) -> None:
        """Wake all who wait. A new event each time: one that is set stays set."""
        rung, self.next = self.next, anyio.Event()
        rung.set()
