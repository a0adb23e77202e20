"""The saved characters: those that requests can name, each with the run that it comes from.

A row is one saving; of several under one name the last one counts. Its key is the position of the
event, so that rows go with the run that is forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.book import CastMember, RunId
from storybook.events.catalog import CharacterReleased, CharacterSaved
from storybook.events.log import Position
from storybook.projections.projection import Projection, Put, Remove, RunChange, Table

CHARACTERS: Final = Table(
    "characters",
    {
        "position": "INTEGER NOT NULL",  # of the event that saved it
        "name": "TEXT NOT NULL",
        "run_id": "TEXT NOT NULL",
        "saved_at": "INTEGER NOT NULL",  # microseconds since 1970
        "member": "BLOB NOT NULL",  # a CastMember
    },
    key=("position",),
    indexes={"characters_by_name": "(name, position)"},
)


class SavedCharacters(Projection):
    """A line for each character that is saved."""

    name = "characters"
    version = 1
    tables = (CHARACTERS,)
    handles = frozenset({CharacterSaved, CharacterReleased})

    def remember(self) -> dict[str, Position]:
        """Where each character of the run that is saved was saved last, by name."""
        return {}

    def apply(self, change: RunChange) -> Iterator[Put | Remove]:
        saved: dict[str, Position] = change.memory
        for recorded, event in zip(change.recorded, change.events, strict=True):
            assert isinstance(event, CharacterSaved | CharacterReleased)
            if event.name in saved:
                yield Remove(CHARACTERS, (saved.pop(event.name),))
            if isinstance(event, CharacterSaved):
                saved[event.name] = recorded.position
                member = _encode(event.member)
                at = recorded.recorded_at
                row = (recorded.position, event.name, change.run_id, at, member)
                yield Put(CHARACTERS, row)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(CastMember).decode


# ------------------------------------------------------------------------------------------ reads


class SavedCharacter(msgspec.Struct, frozen=True):
    """A character that requests can name, as it was saved (microseconds since 1970)."""

    name: str
    run_id: RunId
    saved_at: int
    member: CastMember


ALL_SAVED: Final = (
    "SELECT name, run_id, saved_at, member FROM characters WHERE name > ? ORDER BY name, position"
)
SAVED_AS: Final = (
    "SELECT name, run_id, saved_at, member FROM characters WHERE name = ? ORDER BY position"
)


def all_saved(db: sqlite3.Connection) -> list[SavedCharacter]:
    """Every name that a request can use, in order, with the character that it means."""
    return list({it.name: it for it in _read(db, ALL_SAVED, "")}.values())


def saved_as(db: sqlite3.Connection, name: str) -> list[SavedCharacter]:
    """The characters that were saved under a name; the last one is the one that it means."""
    return list(_read(db, SAVED_AS, name))


def _read(db: sqlite3.Connection, sql: str, name: str) -> Iterator[SavedCharacter]:
    for name_, run_id, saved_at, member in db.execute(sql, (name,)):
        yield SavedCharacter(name_, RunId(run_id), saved_at, _decode(member))
