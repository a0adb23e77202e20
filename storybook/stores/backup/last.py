"""When a data folder was backed up last: a note in it, for whoever looks after it. A backup does
not need it, and none is lost with it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec


class LastBackup(msgspec.Struct, frozen=True):
    """When (microseconds since 1970) and where to; `head` is the log's end in it, as an anchor, and
    `missing` how many files could not be had."""

    made_at: int
    backup: str
    head: str
    missing: int


def note_backup(note: Path, made: LastBackup) -> None:
    """Remember a backup; nothing, where this user may not write."""
    beside = note.with_name(f".{note.name}")
    with contextlib.suppress(OSError):
        beside.write_bytes(msgspec.json.encode(made) + b"\n")
        beside.replace(note)


def last_backup(note: Path) -> LastBackup | None:
    """The last one that is known of; None if there is none, or the note cannot be read."""
    try:
        return msgspec.json.decode(note.read_bytes(), type=LastBackup)
    except (OSError, msgspec.MsgspecError):
        return None
