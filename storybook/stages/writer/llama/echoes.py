"""What was written before, as runs of tokens, so that it is not written again.

A weak model goes on with a passage that it has once begun to repeat, with any seed. Here the token
that would go on with a passage of `length` tokens loses some of its score, the more the longer the
passage has been repeated. Names and common phrases are shorter than that. A quote ends a passage:
what JSON repeats, and lists of words that may come again, are never that long.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Final

GROWTH: Final = 1.75
"""How much more a token loses with each token by which the passage is longer."""
MOST: Final = 1_000.0
"""What a token loses at most: below every other one, and still a score to compare."""


class Echoes:
    """The passages that were written, and what would go on with them now."""

    def __init__(self, length: int) -> None:
        self._window: deque[int] = deque(maxlen=length)
        self._next: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        self._repeated = 0

    def write(self, tokens: Iterable[tuple[int, bool]]) -> None:
        """Take what was written: tokens, and whether each ends a passage."""
        for token, ends in tokens:
            expected = self.expected
            self._repeated = self._repeated + 1 if token in expected else 0
            if len(self._window) == self._window.maxlen:
                self._next[tuple(self._window)].add(token)
            self._window.append(token)
            if ends:
                self._window.clear()

    @property
    def expected(self) -> frozenset[int]:
        """The tokens that would go on with a passage that was written before."""
        if len(self._window) < (self._window.maxlen or 0):
            return frozenset()
        return frozenset(self._next.get(tuple(self._window), ()))

    def loss(self, strength: float) -> float:
        """What an expected token is to lose."""
        return float(min(MOST, strength * GROWTH**self._repeated))
