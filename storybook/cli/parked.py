"""Which runs this version cannot read to their end, found by reading the whole log."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from storybook.book import RunId
from storybook.events.codec import UnreadableEvent
from storybook.events.log import START, EventLog, Position
from storybook.events.parked import ParkedRun
from storybook.run import ForgottenRun, InvalidHistory, Run, fold, read_history

PAGE: Final = 2_000
"""Events read at once."""


async def find_parked(log: EventLog, until: Position) -> dict[RunId, ParkedRun]:
    """Every run that is parked by an event up to a position, in the order of these events."""
    parked: dict[RunId, ParkedRun] = {}
    for run_id in await _suspects(log, until):
        recorded = [it for it in await log.read_run(run_id) if it.position <= until]
        with suppress(ForgottenRun):
            if (found := read_history(recorded).parked) is not None:
                parked[run_id] = found
    return dict(sorted(parked.items(), key=lambda it: it[1].position))


async def _suspects(log: EventLog, until: Position) -> set[RunId]:
    """The runs to be looked at more closely: those that make no history, and all that share a page
    with an event that cannot be read."""
    suspects: set[RunId] = set()
    open_runs: dict[RunId, Run] = {}  # a run of which something comes after its end is one, too
    cursor = START
    while cursor < until:
        try:
            page = await log.read_events(cursor, PAGE)
        except UnreadableEvent:
            recorded = await log.read(cursor, PAGE)
            suspects |= {it.run_id for it in recorded}
            cursor = recorded[-1].position
            continue
        if page is None:
            break
        cursor = page.end
        for run_id, events in page.by_run().items():
            try:
                run = fold(events, open_runs.pop(run_id, None))
            except InvalidHistory:
                suspects.add(run_id)
            else:
                if run is not None and not run.status.has_ended:
                    open_runs[run_id] = run
    return suspects
