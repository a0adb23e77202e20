"""Who may work where.

An engine does as many things at once as it has places. The processor (`cpu`), and any device that
is said to be roomy, holds all its engines at once. Any other device (a GPU) belongs to one engine
at a time, since their models do not fit beside each other: the **holder** keeps it while it has
work that is due, so that models are swapped seldom. But when another engine's work has waited under
it for longer than the patience, the holder starts nothing new, and gives the device up when what it
has in hand is done. So a turn lasts about as long as the patience while both have work, however
long the queue. The old holder unloads before the new one starts.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Final

import anyio

from storybook.clock import MICROSECONDS
from storybook.notifier import Notifier
from storybook.stages.agenda import Ticket
from storybook.stages.engines import Engine

logger = logging.getLogger(__name__)

PROCESSOR: Final = "cpu"

Wish = tuple[Ticket, Engine]
"""Work that is due, and the engine that does it."""


class Devices:
    """The places that are taken now, and the holder of each device."""

    def __init__(self, roomy: Collection[str] = (), patience_seconds: float = 120.0) -> None:
        self._roomy = {PROCESSOR, *roomy}
        self._patience = int(patience_seconds * MICROSECONDS)
        self._in_hand: Counter[int] = Counter()
        self._holders: dict[str, Engine] = {}
        self._held_since: dict[str, int] = {}
        self._to_unload: dict[str, Engine] = {}
        self._swapping: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self.changed = Notifier()
        """Notified when a place is given back, whoever had it."""
        self.swaps = 0
        """How often a device has changed hands."""

    def admit(self, wishes: Iterable[Wish], now: int) -> list[Wish]:
        """Take places for the wishes that can be fulfilled now, in their order."""
        wishes, admitted = list(wishes), []
        for ticket, engine in wishes:
            if self._has_place(engine) and self._may_use_device(engine, wishes, now):
                self._take(engine, now)
                admitted.append((ticket, engine))
        return admitted

    def release(self, engine: Engine) -> None:
        """Give a place back."""
        self._in_hand[id(engine)] -= 1
        self.changed.notify()

    async def make_room(self, engine: Engine) -> None:
        """Unload whoever held the engine's device before. To be awaited before work begins."""
        device = engine.info.device
        async with self._swapping[device]:
            before = self._to_unload.pop(device, None)
            if before is not None:
                try:
                    with anyio.CancelScope(shield=True):  # both models would stay on the device
                        await before.unload()
                except Exception:  # the new one may fit all the same; if not, it fails and says so
                    logger.warning("%s could not be unloaded", before.info.name, exc_info=True)

    def _has_place(self, engine: Engine) -> bool:
        return self._in_hand[id(engine)] < engine.places

    def _may_use_device(self, engine: Engine, wishes: list[Wish], now: int) -> bool:
        device = engine.info.device
        holder = self._holders.get(device)
        if device in self._roomy or holder is None:
            return True
        rivals = [it for it in wishes if it[1].info.device == device and it[1] is not holder]
        turn_began = self._held_since[device]
        is_overdue = any(
            now - max(ticket.since, turn_began) > self._patience for ticket, _ in rivals
        )
        if holder is engine:
            return not is_overdue
        holder_is_idle = self._in_hand[id(holder)] == 0
        holder_has_work = any(it is holder for _, it in wishes)
        return holder_is_idle and (is_overdue or not holder_has_work)

    def _take(self, engine: Engine, now: int) -> None:
        device = engine.info.device
        holder = self._holders.get(device)
        if device not in self._roomy and holder is not engine:
            if holder is not None:
                self._to_unload[device] = holder
                self.swaps += 1
            self._holders[device], self._held_since[device] = engine, now
        self._in_hand[id(engine)] += 1
