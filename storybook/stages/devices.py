"""Who may work where.

An engine does as many things at once as it has places. The processor (`cpu`) holds all engines at
once. Any other device (a GPU, an endpoint) belongs to one engine at a time: engines that share it
take turns, each when the one before has nothing in hand.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from storybook.stages.engines import Engine

SHARED_DEVICE: Final = "cpu"


class Devices:
    """The places that are taken now."""

    def __init__(self) -> None:
        self._in_hand: Counter[int] = Counter()
        self._holders: dict[str, Engine] = {}

    def take(self, engine: Engine) -> bool:
        """Take a place for one piece of work; False if there is none now."""
        holder = self._holders.get(engine.info.device)
        is_elsewhere = holder is not None and holder is not engine and self._in_hand[id(holder)]
        if is_elsewhere or self._in_hand[id(engine)] >= engine.places:
            return False
        if engine.info.device != SHARED_DEVICE:
            self._holders[engine.info.device] = engine
        self._in_hand[id(engine)] += 1
        return True

    def release(self, engine: Engine) -> None:
        """Give a place back."""
        self._in_hand[id(engine)] -= 1
