"""Which voices a speech server lists. The protocol has no call for that; some servers have one."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_LISTS: Final = ("voices", "data")
_NAMES: Final = ("id", "voice_id", "name")


def voices_in(content: bytes) -> list[str]:
    """The names in a server's list. Raises ValueError for what is no JSON."""
    told: Any = msgspec.json.decode(content)
    if isinstance(told, dict):
        told = next((told[it] for it in _LISTS if isinstance(told.get(it), list)), [])
    named = (_name(it) for it in told) if isinstance(told, list) else ()
    return [it for it in named if it]


def _name(told: Any) -> str:
    if isinstance(told, dict):
        told = next((told[it] for it in _NAMES if told.get(it)), "")
    return told if isinstance(told, str) else ""
