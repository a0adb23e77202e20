"""Which runs this version cannot read to their end, found by reading the whole log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from storybook.book import RunId
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.parked import ParkedRun
from storybook.run import Run, read_history

PAGE: Final = 1_000
"""Events read at once."""


async def find_parked(log: EventLog, until: Position) -> dict[RunId, ParkedRun]:
    """Every run that is parked by an event up to a position, in the order of these events."""
    parked: dict[RunId, ParkedRun] = {}
    open_runs: dict[RunId, Run] = {}  # the others are read anew if something comes all the same
    cursor = START
    while cursor < until and (page := await log.read(cursor, PAGE)):
        cursor = page[-1].position
        for run_id, recorded in _by_run(it for it in page if it.position <= until).items():
            if run_id in parked:
                continue
            before = open_runs.pop(run_id, None) or await _before(log, recorded[0])
            history = read_history(recorded, before)
            if history.parked is not None:
                parked[run_id] = history.parked
            elif history.run is not None and not history.run.status.has_ended:
                open_runs[run_id] = history.run
    return dict(sorted(parked.items(), key=lambda it: it[1].position))


def _by_run(page: Iterable[Recorded]) -> dict[RunId, list[Recorded]]:
    runs: dict[RunId, list[Recorded]] = {}
    for recorded in page:
        runs.setdefault(recorded.run_id, []).append(recorded)
    return runs


async def _before(log: EventLog, first: Recorded) -> Run | None:
    """The run before one of its events."""
    if first.version == 1:
        return None
    return read_history(await log.read_run(first.run_id, limit=first.version - 1)).run
