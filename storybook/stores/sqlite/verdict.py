"""Looks at the digest chain from a run's first event on, so far as that is quick.

An event that was changed, digest and all, does not fit the one after it, whoever's that is. So the
chain is followed past the run's own events, to the log's end if that is near enough. `storybook
verify` follows it from the log's beginning, and looks at the rest of the log, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from storybook.book import RunId
from storybook.events.log import Position
from storybook.events.verdict import ChainFault, ChainVerdict
from storybook.stores.sqlite.chain import GENESIS
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.damage import log_error
from storybook.stores.sqlite.verify import Anchor, Row, chain_fault, gap_fault, payload_fault

MOST_CHECKED: Final = 20_000
"""Events that are followed: some 200 books, and a fifth of a second."""
NAMED_FAULTS: Final = 20
"""Faults that are told: what comes after them says nothing more of what happened."""

# What others said is not read: the chain covers its digest alone.
_COLUMNS: Final = (
    "position, run_id, version, type, schema, recorded_at, "
    "CASE WHEN run_id = :run THEN data ELSE x'' END AS data, payload_digest, digest"
)
FOLLOWED: Final = (
    f"SELECT {_COLUMNS} FROM events WHERE position >= :first ORDER BY position LIMIT :most"
)
EXTENT: Final = "SELECT min(position), count(*) FROM events WHERE run_id = ?"
BEFORE: Final = (
    "SELECT position, digest FROM events WHERE position < ? ORDER BY position DESC LIMIT 1"
)
END: Final = "SELECT coalesce(max(position), 0) FROM events"


def verdict_of(path: Path, run_id: RunId, most: int = MOST_CHECKED) -> ChainVerdict | None:
    """What the chain says of a run, from at most so many events; None if the log has nothing of it.
    Raises `LogUnavailable`."""
    try:
        with closing(open_reader(path)) as db:
            db.execute("BEGIN")  # one moment for all that is asked
            return _verdict(db, run_id, most)
    except sqlite3.Error as error:
        raise log_error(path, error, f"{path} cannot be read") from error


def _verdict(db: sqlite3.Connection, run_id: RunId, most: int) -> ChainVerdict | None:
    first, count = db.execute(EXTENT, (run_id,)).fetchone()
    if first is None:
        return None
    rows = db.execute(FOLLOWED, {"run": run_id, "first": first, "most": most})
    before = db.execute(BEFORE, (first,)).fetchone() or (0, GENESIS)
    stretch = _Stretch(run_id, *before)
    faults = [ChainFault(*it) for row in rows for it in stretch.follow(Row(*row))]
    return ChainVerdict(
        not faults,
        stretch.events,
        count,
        stretch.checked,
        first,
        stretch.last,
        db.execute(END).fetchone()[0],
        str(Anchor(stretch.last, stretch.digest)),
        faults[:NAMED_FAULTS],
    )


class _Stretch:
    """The chain as far as it was followed: the last event, and how many there were."""

    def __init__(self, run_id: RunId, last: Position, digest: bytes) -> None:
        self._run_id = run_id
        self.last, self.digest = last, digest
        self.events = self.checked = 0

    def follow(self, row: Row) -> Iterator[tuple[Position, str]]:
        """The next event; what is wrong with it."""
        is_ours, position = row.run_id == self._run_id, Position(row.position)
        found = [gap_fault("position", self.last + 1, position), chain_fault(self.digest, row)]
        if is_ours:
            self.events += 1
            found.append(gap_fault("the run's version", self.events, row.version))
            found.append(payload_fault(row) if row.data else "its data is gone")
        self.checked += 1
        self.last, self.digest = position, row.digest
        yield from ((position, it) for it in found if it)
