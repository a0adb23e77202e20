"""Digests, as they are shown to people."""

from __future__ import annotations

from itertools import takewhile
from operator import eq
from typing import Final

SHOWN: Final = 16
"""Hexadecimal digits of a digest that are shown."""


def digests_differ(expected: str, found: str) -> str:
    """What is said of two digests that are not the same: the digits from the first one that
    differs, since those before it would look as if nothing were wrong."""
    same = sum(takewhile(bool, map(eq, expected, found)))
    start = max(min(same, len(expected) - SHOWN), 0)
    where = f" from digit {start + 1} on" if start else ""
    before = "…" if start else ""
    return f"should be {before}{_some(expected, start)}{where}, found {before}{_some(found, start)}"


def _some(digest: str, start: int) -> str:
    return digest[start : start + SHOWN] + ("…" if start + SHOWN < len(digest) else "")
