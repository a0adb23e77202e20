"""The voices that characters were cast in, so that they have them in the next book, too.

A row is a character of a book that was cast, or given another voice by an edition; of several for
one name and kind the last one counts. `place` is where the character stands in its book's cast.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from storybook.book import CastMember
from storybook.events.catalog import EditionRequested, PageWritten
from storybook.projections.projection import Erasure, Projection, Put, Remove, RunChange, Table

MOST_CAST: Final = 16
"""More than any book has characters."""

CAST_VOICES: Final = Table(
    "cast_voices",
    {
        "position": "INTEGER NOT NULL",  # of the event that says so
        "place": "INTEGER NOT NULL",
        "name": "TEXT NOT NULL",
        "kind": "TEXT NOT NULL",
        "voice": "TEXT NOT NULL",
    },
    key=("position", "place"),
    indexes={"cast_voices_by_name": "(name, kind, position)"},
)


class CastVoices(Projection):
    """A line for each character of each book in which everybody has a voice of their own."""

    name = "cast_voices"
    version = 1
    tables = (CAST_VOICES,)
    handles = frozenset({PageWritten, EditionRequested})

    def remember(self) -> list[CastMember]:
        """Who is in the book."""
        return []

    def apply(self, change: RunChange) -> Iterator[Put]:
        members: list[CastMember] = change.memory
        tts = change.run.first.tts
        if tts is None or not tts.is_cast:
            return
        for recorded, event in zip(change.recorded, change.events, strict=True):
            if isinstance(event, PageWritten) and event.cast:
                members[:] = event.cast
                voices = [it.voice for it in event.cast]
            elif isinstance(event, EditionRequested) and event.tts is not None:
                voices = [event.tts.voice_of(it.name) for it in members]
            else:
                continue
            for place, (it, voice) in enumerate(zip(members, voices, strict=True)):
                yield Put(CAST_VOICES, (recorded.position, place, it.name, it.kind, voice))

    def forget(self, erasure: Erasure) -> Iterable[Remove]:
        """Whatever was said at the run's events."""
        places = range(MOST_CAST)
        return [Remove(CAST_VOICES, (at, it)) for at in erasure.positions for it in places]


# ------------------------------------------------------------------------------------------ reads


LAST_VOICE: Final = (
    "SELECT voice FROM cast_voices WHERE name = ? AND kind = ? ORDER BY position DESC LIMIT 1"
)


def last_voices(db: sqlite3.Connection, people: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The voices that those of these names and kinds had in the last book, by name."""
    found = ((name, db.execute(LAST_VOICE, (name, kind)).fetchone()) for name, kind in people)
    return {name: row[0] for name, row in found if row is not None}
