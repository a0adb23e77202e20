"""The questions that the projections answer: one statement each, by an index.

Functions of a connection; who calls them says on which thread.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from storybook.book import Role, RunId, Stage
from storybook.events.catalog import EngineInfo
from storybook.projections.runs import Library, RunSummary, iso_time
from storybook.projections.timings import RECENT, Taken, Usual, usual
from storybook.run import Status

_SUMMARY: Final = (
    "position, run_id, title, status, stage, ready_max_page, ready_max_audio_page, "
    "created_at, updated_at, cover_url"
)

STATE: Final = "SELECT state FROM runs WHERE run_id = ?"
LIBRARY: Final = f"SELECT {_SUMMARY} FROM runs WHERE position < ? ORDER BY position DESC LIMIT ?"
LIBRARY_OF_STATUS: Final = (
    f"SELECT {_SUMMARY} FROM runs WHERE status = ? AND position < ? ORDER BY position DESC LIMIT ?"
)
BEGINNING_WITH: Final = "SELECT run_id FROM runs WHERE run_id >= ? AND run_id < ? LIMIT ?"
OPEN_RUNS: Final = "SELECT run_id FROM runs WHERE status IN ('QUEUED', 'RUNNING') ORDER BY position"
ENDED_BEFORE: Final = "SELECT run_id FROM runs WHERE files_since < ? ORDER BY files_since"
TAKEN: Final = (
    "SELECT engine, started_at, ended_at FROM timings WHERE role = ? AND outcome = 'completed' "
    f"ORDER BY ended_at DESC, position DESC LIMIT {RECENT}"
)

_BEHIND_ALL: Final = (1 << 63) - 1
_BEHIND_ALL_LETTERS: Final = "\U0010ffff"
_decode_engine = msgspec.json.Decoder(EngineInfo).decode


def state(db: sqlite3.Connection, run_id: RunId) -> bytes | None:
    """The run's state as it was encoded, None if there is no such run."""
    row = db.execute(STATE, (run_id,)).fetchone()
    return None if row is None else row[0]


def library(
    db: sqlite3.Connection, status: Status | None, limit: int, before: str | None
) -> Library:
    """A page of the library. The cursor is the position of the last run shown, so that pages do
    not shift when runs are added or change."""
    behind = _BEHIND_ALL if before is None else _position_of(before)
    if limit < 1:
        raise ValueError(f"limit is to be 1 or more, found {limit}")
    # One more than asked for tells whether there is another page.
    if status is None:
        rows = db.execute(LIBRARY, (behind, limit + 1)).fetchall()
    else:
        rows = db.execute(LIBRARY_OF_STATUS, (status.value, behind, limit + 1)).fetchall()
    shown = rows[:limit]
    more = f"r{shown[-1][0]}" if len(rows) > limit else None
    return Library([_summary(row) for row in shown], more)


def _position_of(cursor: str) -> int:
    digits = cursor[1:]
    if not (cursor[:1] == "r" and digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise ValueError(f"before is to be the `next` of an earlier answer, found {cursor[:40]!r}")
    return int(digits)


def _summary(row: tuple[Any, ...]) -> RunSummary:
    _, run_id, title, status, stage, page, audio_page, created_at, updated_at, cover = row
    return RunSummary(
        *(run_id, title, Status(status), Stage(stage), page, audio_page),
        *(iso_time(created_at), iso_time(updated_at), cover),
    )


def beginning_with(db: sqlite3.Connection, prefix: str, limit: int) -> list[RunId]:
    """At most `limit` runs whose id begins like this, in the order of their ids."""
    found = db.execute(BEGINNING_WITH, (prefix, prefix + _BEHIND_ALL_LETTERS, limit))
    return [run_id for (run_id,) in found]


def open_runs(db: sqlite3.Connection) -> list[RunId]:
    """Runs that have not ended, oldest first."""
    return [run_id for (run_id,) in db.execute(OPEN_RUNS)]


def ended_before(db: sqlite3.Connection, moment: int) -> list[RunId]:
    """Runs that ended before a moment (microseconds since 1970) and still have files."""
    return [run_id for (run_id,) in db.execute(ENDED_BEFORE, (moment,))]


def usual_of_roles(db: sqlite3.Connection) -> dict[Role, Usual]:
    """What the engine of each role usually takes, of the roles that have completed any work."""
    known: dict[Role, Usual] = {}
    for role in Role:
        found = usual([_taken(row) for row in db.execute(TAKEN, (role.value,))])
        if found is not None:
            known[role] = found
    return known


def _taken(row: tuple[str, int, int]) -> Taken:
    engine, started_at, ended_at = row
    return Taken(_decode_engine(engine), started_at, ended_at)
