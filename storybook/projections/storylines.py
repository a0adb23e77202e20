"""When each story of a writer by rule was chosen last, so that the next book gets another one."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from storybook.events.catalog import RunRequested
from storybook.projections.projection import Projection, Put, RunChange, Table

STORYLINES: Final = Table(
    "storylines",
    {
        "position": "INTEGER NOT NULL",  # of the event that chose it
        "storyline": "TEXT NOT NULL",
        "topic": "INTEGER NOT NULL",  # a digest of the request's: an index keeps no texts
    },
    key=("position",),
    indexes={
        "storylines_by_name": "(storyline, position)",
        "storylines_by_topic": "(storyline, topic, position)",
    },
)


DIGEST_BYTES: Final = 6
LATELY: Final = 30
"""Books: as many as a family remembers well enough to know a story again."""


class ChosenStorylines(Projection):
    """A line for each book for which a story was chosen."""

    name = "storylines"
    version = 1
    tables = (STORYLINES,)
    handles = frozenset({RunRequested})

    def apply(self, change: RunChange) -> Iterator[Put]:
        run = change.run
        if run.storyline:
            row = change.position, run.storyline, digest_of(run.request.topic)
            yield Put(STORYLINES, row)


def digest_of(topic: str) -> int:
    """Tells the words of a topic from others without holding them."""
    return int.from_bytes(hashlib.sha256(topic.encode()).digest()[:DIGEST_BYTES])


# ------------------------------------------------------------------------------------------ reads

CHOSEN_AT: Final = (
    "SELECT position FROM storylines WHERE storyline = ? ORDER BY position DESC LIMIT 1"
)
LATELY_SINCE: Final = (
    "SELECT position - 1 FROM storylines WHERE position > 0 ORDER BY position DESC LIMIT 1 OFFSET ?"
)
CHOSEN_FOR_AT: Final = (
    "SELECT position FROM storylines WHERE storyline = ? AND topic = ? "
    "ORDER BY position DESC LIMIT 1"
)


def next_storyline(
    db: sqlite3.Connection,
    names: Sequence[str],
    topic: str,
    meant: int = 0,
    unfit: Sequence[int] = (),
) -> str:
    """Which of some stories a request on a topic gets: the one that was chosen for these very words
    never or longest ago. Of those that are alike in this, one of the first `meant`; then one that
    was not chosen lately for any other, or longest ago; then the least `unfit`, if that is said of
    each; then the one chosen never or longest ago, then the first. Empty if there are none."""

    digest, recent = digest_of(topic), _position(db, LATELY_SINCE, LATELY - 1)

    def order(place: int) -> tuple[int, ...]:
        name = names[place]
        for_topic = _position(db, CHOSEN_FOR_AT, name, digest)
        at = _position(db, CHOSEN_AT, name)
        lately = at if at > recent else 0
        ill = unfit[place] if unfit else 0
        return for_topic, place >= meant, lately, ill, at

    return names[min(range(len(names)), key=order)] if names else ""


def _position(db: sqlite3.Connection, query: str, *values: str | int) -> int:
    """Where in the log that was; 0 if never."""
    row = db.execute(query, values).fetchone()
    return row[0] if row is not None else 0
