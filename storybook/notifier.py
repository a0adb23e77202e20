"""A notifier that many tasks wait on.

A notification only says 'look': whoever waits takes `next` first, then looks, and waits for what it
took only if there was nothing to see. Whatever comes in between has set it already.
"""

from __future__ import annotations

import anyio


class Notifier:
    """Wakes everybody who waits at that moment. Used from one event loop."""

    def __init__(self) -> None:
        self.next = anyio.Event()

    def notify(self) -> None:
        """Wake all who wait. A new event each time: one that is set stays set."""
        notified, self.next = self.next, anyio.Event()
        notified.set()
