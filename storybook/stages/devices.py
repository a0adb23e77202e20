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

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from storybook.clock import MICROSECONDS
from storybook.engines import Engine
from storybook.notifier import Notifier
from storybook.stages.work_queue import QueuedWork

PROCESSOR: Final = "cpu"

Wish = tuple[QueuedWork, Engine]
"""Work that is due, and the engine that does it."""


class Unload(msgspec.Struct, frozen=True):
    """An engine is to let go of a device, before another one starts there."""

    device: str
    engine: Engine


class Devices:
    """The places that are taken now, and the holder of each device."""

    def __init__(self, roomy: Collection[str] = (), patience_seconds: float = 120.0) -> None:
        self._roomy = {PROCESSOR, *roomy}
        self._patience = int(patience_seconds * MICROSECONDS)
        self._in_hand: Counter[int] = Counter()
        self._holders: dict[str, Engine] = {}
        self._held_since: dict[str, int] = {}
        self.changed = Notifier()
        """Notified when a place or a device is given back, whoever had it."""
        self._unloading: set[str] = set()
        self.swaps = 0
        """How often a device has changed hands."""

    def admit(self, wishes: Iterable[Wish], now: int) -> list[Wish | Unload]:
        """Take places for the wishes that can be fulfilled now, in their order. A device that
        changes hands is to be unloaded first; nobody works there until it is `freed`."""
        wishes, admitted = list(wishes), list[Wish | Unload]()
        for queued, engine in wishes:
            if not (self._has_place(engine) and self._may_use_device(engine, wishes, now)):
                continue
            before = self._take_device(engine, now)
            if before is not None:
                admitted.append(Unload(engine.info.device, before))
            else:
                self._in_hand[id(engine)] += 1
                admitted.append((queued, engine))
        return admitted

    def release(self, engine: Engine) -> None:
        """Give a place back."""
        self._in_hand[id(engine)] -= 1
        self.changed.notify()

    def freed(self, device: str) -> None:
        """Whoever held a device before has unloaded."""
        self._unloading.discard(device)
        self.changed.notify()

    def _has_place(self, engine: Engine) -> bool:
        return self._in_hand[id(engine)] < engine.places

    def _may_use_device(self, engine: Engine, wishes: list[Wish], now: int) -> bool:
        device = engine.info.device
        holder = self._holders.get(device)
        if device in self._roomy or holder is None:
            return True
        if device in self._unloading:
            return False
        rivals = [it for it in wishes if it[1].info.device == device and it[1] is not holder]
        turn_began = self._held_since[device]
        is_overdue = any(now - max(queued.due, turn_began) > self._patience for queued, _ in rivals)
        if holder is engine:
            return not is_overdue
        holder_is_idle = self._in_hand[id(holder)] == 0
        holder_has_work = any(it is holder for _, it in wishes)
        return holder_is_idle and (is_overdue or not holder_has_work)

    def _take_device(self, engine: Engine, now: int) -> Engine | None:
        """Hand a device over; returns who is to unload before it can be used."""
        device = engine.info.device
        before = self._holders.get(device)
        if device in self._roomy or before is engine:
            return None
        self._holders[device], self._held_since[device] = engine, now
        if before is not None:
            self._unloading.add(device)
            self.swaps += 1
        return before
