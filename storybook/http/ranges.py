"""Conditional and partial requests as RFC 9110 has them, as pure functions.

A request for several ranges at once is answered with the whole file (section 14.2 lets a server
ignore `Range`): no audio or video element asks for that, and the multipart form invites abuse.
"""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"bytes=\s*([0-9]*)-([0-9]*)\s*", re.IGNORECASE)

MAX_DIGITS: Final = 19
"""No size of a file has more."""


class Unsatisfiable(Exception):
    """The range lies outside the file."""


def requested_range(text: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last of a `Range` header's only range.

    None for what a server is to ignore: another unit, several ranges, a malformed one. Raises
    `Unsatisfiable`.
    """
    found = _RANGE.fullmatch(text)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - _number(last)), size
    else:
        start, end = _number(first), min(_number(last) + 1, size) if last else size
        if last and _number(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return start, end


def _number(digits: str) -> int:
    """The number, or one beyond every file: Python refuses to read more than 4,300 digits."""
    return int(digits.lstrip("0")[:MAX_DIGITS] or "0")


def matches(etag: str, header: str) -> bool:
    """Whether an `If-None-Match` header names this entity tag (weak comparison)."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def still_fresh(etag: str, header: str | None) -> bool:
    """Whether an `If-Range` header lets a range be sent: absent, or exactly this entity tag.

    A date never does: no Last-Modified is sent that it could repeat.
    """
    return header is None or header.strip() == etag
