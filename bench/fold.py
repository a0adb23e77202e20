"""How fast a log is folded and rebuilt: `python -m bench.fold [REPETITIONS]`.

The floor is the bare row read: the same statement in the same pages, with nothing done to the rows.
The fold reads through the log, decodes every event, and keeps the state of every run. The rebuild
does that and writes the tables too. All three are taken in turn, a round for each repetition.
"""

from __future__ import annotations

import gc
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.book import (
    WRITING,
    Artifact,
    Dialogue,
    Page,
    RunId,
    StoryRequest,
    TtsConfig,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.clock import SystemClock
from storybook.events.catalog import EngineInfo, Event, MadeFrom
from storybook.events.log import NO_RUN, CommandId, Position, Version
from storybook.http.server import tune_process
from storybook.projections.rebuild import PAGE, rebuild
from storybook.run import (
    Run,
    complete_stage,
    fold,
    request_run,
    start_stage,
    write_page,
)
from storybook.stores.sqlite.log import SqliteLog
from tests.books import PAGES

EVENTS: Final = 200_000
AT_ONCE: Final = 32
"""Runs whose events stand between each other in the log."""


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Make a log of about so many events in a folder, and fold it again and again."""
    tune_process()  # as the server does
    events = effort.of(EVENTS)
    bare, fold, rebuilt = anyio.run(_rates, folder, effort.repetitions, events)
    per_second = f"{fold:,.0f} against {bare:,.0f} events/s"
    return [
        Figure(f"fold of {events:,} events", fold / bare, "× the row read", 0.6, "≥", per_second),
        Figure("rebuild", rebuilt, "events/s", 100_000, "≥"),
    ]


async def _rates(folder: Path, repetitions: int, events: int) -> list[float]:
    """Events a second of the bare read, the fold and the rebuild, medians."""
    path = folder / "log.db"
    async with SqliteLog.open(path, clock=SystemClock().now) as log:
        count = await fill(log, events)
        ways: list[Callable[[], Awaitable[object]]] = [
            lambda: anyio.to_thread.run_sync(_read_bare, path),
            lambda: _fold(log),
            lambda: rebuild(folder / "projections.db", log, lambda done, head: None),
        ]
        rounds = [[count / await _seconds(way) for way in ways] for _ in range(repetitions)]
    return [statistics.median(rates) for rates in zip(*rounds, strict=True)]


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    gc.collect()
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _read_bare(path: Path) -> None:
    columns = "position, run_id, version, type, schema, recorded_at, data, digest"
    sql = f"SELECT {columns} FROM events WHERE position > ? ORDER BY position LIMIT {PAGE}"
    with closing(sqlite3.connect(path)) as db:
        after = 0
        while rows := db.execute(sql, (after,)).fetchall():
            after = rows[-1][0]


async def _fold(log: SqliteLog) -> None:
    runs: dict[RunId, Run] = {}
    after = Position(0)
    while (page := await log.read_events(after, PAGE)) is not None:
        for run_id, events in page.by_run().items():
            run = fold(events, runs.get(run_id))
            assert run is not None  # a fold of at least one event
            runs[run_id] = run
        after = page.end


# ------------------------------------------------------------------------------------- the log


async def fill(log: SqliteLog, events: int) -> int:
    book = _book()
    size = sum(map(len, book))
    rounds = max(1, round(events / size / AT_ONCE))

    async def append(number: int) -> None:
        version = NO_RUN
        for step, batch in enumerate(book):
            appended = await log.append(
                RunId(f"{number:032x}"),
                batch,
                expected=Version(version),
                command=CommandId(f"{number}-{step}"),
            )
            version = appended.version

    for first in range(0, rounds * AT_ONCE, AT_ONCE):
        async with anyio.create_task_group() as tasks:
            for number in range(first, first + AT_ONCE):
                tasks.start_soon(append, number)
    return rounds * AT_ONCE * size


def _book() -> list[list[Event]]:
    """The appends of a whole book with voices, about 40 events of real size."""
    batches: list[list[Event]] = []
    run: Run | None = None

    def do(events: list[Event]) -> None:
        nonlocal run
        batches.append(events)
        run = fold(events, run)

    engine = EngineInfo("composer", "2.0")
    do(request_run(None, StoryRequest("조선시대", "숲속", "토끼", "우정"), 7, TtsConfig()))
    do(start_stage(run, WRITING, 1, worker="host-4711-1", engine=engine))
    for number in PAGES:
        do(write_page(run, 1, _page(number)))
        for work in (picture_of(number), narration_of(number)):
            do(start_stage(run, work, 1, worker="host-4711-1", engine=engine))
            artifact = Artifact(artifact_name(work), "image/png", 123_456, "ab" * 32, 1024, 1024)
            do(complete_stage(run, work, 1, artifact, MadeFrom("", 7)))
    do(complete_stage(run, WRITING, 1))
    return batches


def _page(number: int) -> Page:
    prompt = "A wide view of a village deep in a forest, in the Joseon dynasty. " * 2
    if number == 0:
        return Page(0, "토끼와 호랑이의 우정", image_prompt=prompt)
    line = Dialogue("토끼", "호랑이야, 우리 같이 놀자!")
    text = "토끼가 깊은 숲속 마을에서 호랑이를 만났어요. " * 3 + line.text
    return Page(number, "", text, (line,), prompt)


def main() -> None:
    effort = Effort(int(sys.argv[1])) if len(sys.argv) > 1 else FULL
    print_figures(measured(partial(measure, effort=effort)))


if __name__ == "__main__":
    main()
