"""Moments as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(microseconds: int) -> str:
    """`2026-01-31T09:00:00.000Z` for microseconds since 1970."""
    # Not fromtimestamp: its float is off by a microsecond at today's dates.
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
