"""The digest of an event is fixed for ever: logs that exist must verify."""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Any

import pytest

from storybook.stores.sqlite.chain import GENESIS, chain_digest, payload_digest

COLUMNS: dict[str, Any] = {
    "position": 7,
    "run_id": "0f" * 16,
    "version": 3,
    "kind": "RunCompleted",
    "schema": 1,
    "recorded_at": 1_786_000_000_000_000,
    "payload": sha256(b'{"type":"RunCompleted"}').digest(),
}


def test_the_framing() -> None:
    """The digest is the SHA-256 of what the module says, byte by byte."""
    run, name = b"0f" * 16, b"RunCompleted"
    frame = struct.pack(">QQIqHH", 7, 3, 1, 1_786_000_000_000_000, len(run), len(name))
    payload = sha256(b'{"type":"RunCompleted"}').digest()
    assert payload_digest(b'{"type":"RunCompleted"}') == payload
    expected = sha256(bytes(32) + frame + run + name + payload).digest()
    assert chain_digest(GENESIS, **COLUMNS) == expected


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_counts(column: str) -> None:
    """A change of any column, or of the event before, changes the digest."""
    value = COLUMNS[column]
    other = value + 1 if isinstance(value, int) else value[:-1] + value[:1]
    changed = chain_digest(GENESIS, **(COLUMNS | {column: other}))
    assert changed != chain_digest(GENESIS, **COLUMNS)
    assert chain_digest(b"\1" * 32, **COLUMNS) != chain_digest(GENESIS, **COLUMNS)


def test_run_and_type_cannot_trade_letters() -> None:
    """Where the run ends and the type begins is part of the digest."""
    one = chain_digest(GENESIS, **(COLUMNS | {"run_id": "ab", "kind": "c"}))
    other = chain_digest(GENESIS, **(COLUMNS | {"run_id": "a", "kind": "bc"}))
    assert one != other
