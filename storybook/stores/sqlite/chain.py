"""The digest chain, which shows every later change of the log.

Each event's digest covers the digest of the event before it, its own columns, and the SHA-256 of
its data rather than the data. So a person's text can be erased (`erasing`), and the chain holds.

`docs/digest-chain.md` has the layout byte by byte, what a chain can show, and what it cannot: for
that, keep a head (position and digest) elsewhere and compare.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

GENESIS: Final = bytes(32)
"""What stands for the digest before the first event."""

_frame = struct.Struct(">QQIqHH").pack
"""Position, version, schema, recorded_at, and the lengths that keep run and type apart."""


def payload_digest(data: bytes) -> bytes:
    """The SHA-256 of an event's data, 32 bytes."""
    return sha256(data).digest()


def chain_digest(
    previous: bytes,
    position: int,
    run_id: str,
    version: int,
    kind: str,
    schema: int,
    recorded_at: int,
    payload: bytes,
) -> bytes:
    """The digest of an event, 32 bytes, from the one before it and its `payload` digest."""
    run, name = run_id.encode(), kind.encode()
    frame = _frame(position, version, schema, recorded_at, len(run), len(name))
    return sha256(previous + frame + run + name + payload).digest()
