"""Appends a second through the real log, beside a bare SQLite loop: `python -m bench.append`.

Each appender appends one event of about 300 bytes, waits for the answer, and appends the next.
The bare loop then makes the same rows again (JSON and digests included) and inserts them, in the
same groups, in the same process, into another file with the same schema and PRAGMAs: no thread, no
event loop, no version checked, nobody answered. The ratio says what all of that costs.

With one appender, each append waits for two hops between threads, which is what the last line
measures: on a disk that syncs in 0.1 ms they weigh as much as a third of a commit, on one that
needs 2 ms nothing.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import anyio
import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.book import Artifact, RunId, Stage
from storybook.commands import new_command_id
from storybook.events.catalog import MadeFrom, StageCompleted
from storybook.events.codec import encode
from storybook.events.log import Version
from storybook.stores.sqlite.chain import GENESIS, chain_digest, payload_digest
from storybook.stores.sqlite.connection import open_reader, open_writer
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.migrations import migrate

APPENDS: Final = {1: 1_000, 16: 8_000, 256: 24_000}
"""How many appends are measured at each number of concurrent appenders."""
REACHES: Final = {1: 0.55, 16: 0.8, 256: 0.85}
"""How much of the bare loop is reached at each."""

SWITCH_SECONDS: Final = 0.0005
"""The interpreter's switch interval, as the service sets it."""

EVENT: Final = StageCompleted(
    stage=Stage.PANEL_2,
    page=2,
    attempt=1,
    artifact=Artifact("panel_2.png", "image/png", 1_482_113, "5f" * 32, width=1024, height=1024),
    made_from=MadeFrom(
        prompt="a curious white rabbit and a shy tiger share rice cakes under a pine", seed=20_260
    ),
)


class Rates(msgspec.Struct, frozen=True):
    """What one repetition came to: appends a second, the ratio of the two, the events in one group,
    and how long the slowest one in a hundred took, in milliseconds."""

    log: float
    bare: float
    ratio: float
    group: float
    p99_ms: float


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """Measure in a folder of the disk that matters; the two sides take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        return [it for load in APPENDS.items() for it in _figures(folder, effort, *load)]
    finally:
        sys.setswitchinterval(before)


def _figures(folder: Path, effort: Effort, concurrent: int, count: int) -> Iterator[Figure]:
    count = effort.of(count, concurrent)
    rounds = [_once(folder, concurrent, count) for _ in range(effort.repetitions)]
    columns = zip(*map(msgspec.structs.astuple, rounds), strict=True)
    rates = Rates(*map(statistics.median, columns))
    note = f"{rates.log:,.0f} against {rates.bare:,.0f} a second, {rates.group:.0f} to a commit"
    what = f"durable appends, {concurrent} at once"
    yield Figure(what, rates.ratio, "× a bare loop", REACHES[concurrent], "≥", note)
    if concurrent == 16:
        yield Figure(f"{what}: slowest in a hundred", rates.p99_ms, "ms", 10, "≤")


def _once(folder: Path, concurrent: int, count: int) -> Rates:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        real, bare = Path(scratch, "real.db"), Path(scratch, "bare.db")
        seconds, latencies = anyio.run(_through_the_log, real, concurrent, count)
        groups = _groups_of(real)
        bare_seconds = _bare_loop(bare, groups, concurrent)
    latencies.sort()
    return Rates(
        count / seconds,
        count / bare_seconds,
        bare_seconds / seconds,
        count / len(groups),
        latencies[len(latencies) * 99 // 100] * 1e3,
    )


async def _through_the_log(path: Path, concurrent: int, count: int) -> tuple[float, list[float]]:
    latencies: list[float] = []
    ticks = itertools.count()  # a clock read once a group: the groups can be told from the rows

    async def appender(log: SqliteLog, number: int) -> None:
        run_id = _run_id(number)
        for version in range(count // concurrent):
            began = time.perf_counter()
            await log.append(
                run_id,
                [EVENT],
                expected=Version(version),
                command=new_command_id(),
            )
            latencies.append(time.perf_counter() - began)

    async with SqliteLog.open(path, clock=lambda: next(ticks)) as log:
        began = time.perf_counter()
        async with anyio.create_task_group() as appenders:
            for number in range(concurrent):
                appenders.start_soon(appender, log, number)
        return time.perf_counter() - began, latencies


def _groups_of(path: Path) -> list[int]:
    """How many events each transaction had."""
    db = open_reader(path)
    sql = "SELECT count(*) FROM events GROUP BY recorded_at ORDER BY recorded_at"
    groups = [count for (count,) in db.execute(sql).fetchall()]
    db.close()
    return groups


def _bare_loop(path: Path, groups: list[int], concurrent: int) -> float:
    db = open_writer(path)
    migrate(db, "log")
    position, digest = 0, GENESIS
    began = time.perf_counter()
    for now, count in enumerate(groups):
        events, commands = [], []
        for _ in range(count):
            version, run = divmod(position, concurrent)
            run_id, position, version = _run_id(run), position + 1, version + 1
            kind, data = type(EVENT).__name__, encode(EVENT)
            payload = payload_digest(data)
            digest = chain_digest(digest, position, run_id, version, kind, 1, now, payload)
            events.append((position, run_id, version, kind, 1, now, data, payload, digest))
            commands.append((new_command_id(), run_id, position, position, version))
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)", events)
        db.executemany("INSERT INTO commands VALUES (?,?,?,?,?)", commands)
        db.execute("COMMIT")
    seconds = time.perf_counter() - began
    db.close()
    return seconds


def _run_id(run: int) -> RunId:
    return RunId(f"{run:032x}")


def hop_seconds(hops: int = 2_000) -> float:
    """How long a question to another thread and its answer take."""
    there: SimpleQueue[bool] = SimpleQueue()
    back: SimpleQueue[bool] = SimpleQueue()

    def echo() -> None:
        while there.get():
            back.put(True)

    thread = threading.Thread(target=echo)
    thread.start()
    began = time.perf_counter()
    for _ in range(hops):
        there.put(True)
        back.get()
    seconds = time.perf_counter() - began
    there.put(False)
    thread.join()
    return seconds / hops


def main() -> None:
    print_figures(measured(measure))
    print(f"a hop to a thread and back: {hop_seconds() * 1e6:.0f} µs")


if __name__ == "__main__":
    main()
