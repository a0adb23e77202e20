"""How often somebody may do something: a token bucket for each client."""

from __future__ import annotations

import math
from typing import Final

MANY_CLIENTS: Final = 10_000
"""Buckets that are kept at most, about 2 MB. The full ones say nothing and go first."""


class RateLimit:
    """At most `per_minute` in a burst, and as many a minute in the long run."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: str, now: float) -> int:
        """Take one token; 0 if there was one, else the whole seconds until there is.

        `now` is in seconds of a clock that never goes back.
        """
        tokens = self._tokens(client, now)
        if tokens < 1:
            return self._seconds(1 - tokens)
        self._buckets.pop(client, None)  # the order is that of the last taking
        if len(self._buckets) >= MANY_CLIENTS:
            self._make_room(now)
        self._buckets[client] = (tokens - 1, now)
        return 0

    def left(self, client: str, now: float) -> tuple[int, int]:
        """How many there are to take, and in how many whole seconds there is one more."""
        tokens = self._tokens(client, now)
        if tokens >= self.per_minute:
            return self.per_minute, 0
        return math.floor(tokens), self._seconds(math.floor(tokens) + 1 - tokens)

    def _seconds(self, missing: float) -> int:
        """In how many whole seconds there is what is missing."""
        return max(1, math.ceil(missing * 60 / self.per_minute))

    def _tokens(self, client: str, now: float) -> float:
        tokens, at = self._buckets.get(client, (float(self.per_minute), now))
        return min(float(self.per_minute), tokens + (now - at) * self.per_minute / 60)

    def _make_room(self, now: float) -> None:
        """Forget the full buckets, and if most are not, the oldest: room for many at once, since
        looking through all of them for each newcomer would be dear."""
        kept = [
            (client, bucket)
            for client, bucket in self._buckets.items()
            if self._tokens(client, now) < self.per_minute
        ]
        self._buckets = dict(kept[-MANY_CLIENTS // 2 :])
