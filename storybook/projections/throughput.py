"""What is done in what time: the books of each status, and what each role has completed."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from storybook.book import Role
from storybook.clock import MICROSECONDS
from storybook.projections.timings import usual_of_roles
from storybook.run import Status

HOUR: Final = 3_600 * MICROSECONDS
DAY: Final = 24 * HOUR

OF_STATUS: Final = "SELECT count(*) FROM library WHERE status = ?"
DONE_SINCE: Final = (
    "SELECT count(*), count(CASE WHEN ended_at > ? THEN 1 END) FROM timings "
    "WHERE role = ? AND outcome = 'completed' AND ended_at > ?"
)


class RoleThroughput(msgspec.Struct, frozen=True):
    """Pieces of work that a role has completed, in the last hour and the last day. What its
    last engine usually takes for a page is in seconds, and `places` how many it does at once; null
    where it has done none."""

    role: Role
    last_hour: int
    last_day: int
    usual_seconds: float | None
    places: int | None


class Throughput(msgspec.Struct, frozen=True):
    """How many books there are, by their status, and what each role has done."""

    books: dict[Status, int]
    roles: list[RoleThroughput]


def throughput(db: sqlite3.Connection, now: int) -> Throughput:
    """As seen at a time of day (microseconds since 1970)."""
    books = {it: db.execute(OF_STATUS, (it.value,)).fetchone()[0] for it in Status}
    known, roles = usual_of_roles(db), []
    for role in (Role.WRITER, Role.ILLUSTRATOR, Role.NARRATOR):
        day, hour = db.execute(DONE_SINCE, (now - HOUR, role.value, now - DAY)).fetchone()
        of = known.get(role)
        usual = of.engines[of.latest] if of is not None else None
        seconds, places = (usual.seconds, usual.places) if usual is not None else (None, None)
        roles.append(RoleThroughput(role, hour, day, seconds, places))
    return Throughput(books, roles)
