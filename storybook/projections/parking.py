"""Runs of which the views have left out events, taken up again where that has become possible."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from storybook.events.log import EventLog, Position, Recorded
from storybook.events.parked import ParkedRun, ParkedRuns, RunParked
from storybook.projections import checkpoints, tables, views
from storybook.projections.folding import Folds
from storybook.projections.projection import Projection, TableRows
from storybook.projections.registry import PROJECTIONS


def parked_by_views(path: Path, head: Position) -> list[ParkedRun] | None:
    """The runs that a file of views knows to be parked; None where there is none that has seen
    every event up to `head`."""

    def question(db: sqlite3.Connection) -> list[ParkedRun] | None:
        seen = min(it.position for it in checkpoints.read_checkpoints(db).values())
        return checkpoints.read_parked(db) if seen >= head else None

    try:
        return views.ask(path, PROJECTIONS, question) if path.exists() else None
    except views.ForeignFile:
        return None


async def take_up_parked(
    db: sqlite3.Connection,
    log: EventLog,
    projections: Sequence[Projection],
    parked: ParkedRuns,
) -> None:
    """Try each run again of which events were left out; tell `parked` of those that stay so."""
    for it in checkpoints.read_parked(db):
        left_out = [each for each in await log.read_run(it.run_id) if each.position >= it.position]
        still = await _first_unreadable(log, projections, left_out)
        readable = [each for each in left_out if still is None or each.position < still.position]
        rows = await _missed_rows(log, projections, checkpoints.read_checkpoints(db), readable)
        with checkpoints.transaction(db):
            tables.write_rows(db, rows)
            checkpoints.release_parked(db, it.run_id)
            checkpoints.write_parked(db, [still] if still is not None else [])
        if still is not None:
            parked.park(still)


async def _first_unreadable(
    log: EventLog, projections: Sequence[Projection], events: list[Recorded]
) -> ParkedRun | None:
    try:
        await Folds(log, projections).feed(events)
    except RunParked as error:
        return error.parked
    return None


async def _missed_rows(
    log: EventLog,
    projections: Sequence[Projection],
    checkpoints: dict[str, checkpoints.Checkpoint],
    events: list[Recorded],
) -> TableRows:
    """The rows of each projection up to its checkpoint; it will come to what is after that."""
    rows: TableRows = {}
    positions: set[Position] = {it.position for it in checkpoints.values()}
    for position in positions:
        due = [it for it in projections if checkpoints[it.name].position == position]
        rows |= await Folds(log, due).feed([it for it in events if it.position <= position])
    return rows
