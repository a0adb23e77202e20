"""`Retry-After`: in how many seconds a server asks to be asked again."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime


def seconds_of(header: str, now: float | None = None) -> float | None:
    """The seconds in a header, which are a number or a date (seen at `now`, seconds since 1970);
    None if it says nothing that can be read."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000", which is UTC for who wrote it
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - (time.time() if now is None else now), 0.0)
