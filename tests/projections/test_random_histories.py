"""Any history that the run's decisions can make comes to the same rows on every way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storybook.projections.library import newest
from storybook.projections.progress import progress_of
from storybook.projections.projector import Projections
from storybook.projections.rebuild import differences, rebuild
from storybook.projections.runs import snapshot_of
from storybook.run import fold
from tests.projections.histories import Book, all_rows, choices, state_of
from tests.stores.memory_log import MemoryLog

STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 10_000), st.integers(0, 3)), max_size=60
)
"""Which of three runs, which of its choices, and how many seconds pass before it."""


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, restart=st.integers(0, 60))
def test_the_projection_is_the_fold_of_any_history(
    steps: list[tuple[int, int, int]], restart: int
) -> None:
    """Live with a restart in between, rebuilt, and folded from the log: the same states."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(play_and_compare, Path(folder), steps, restart)


async def play_and_compare(folder: Path, steps: list[tuple[int, int, int]], restart: int) -> None:
    log = MemoryLog()
    books = [Book(log, number) for number in range(3)]
    live, rebuilt = folder / "live.db", folder / "rebuilt.db"
    for part in (steps[:restart], steps[restart:]):
        async with Projections.open(live, log) as projections:
            for which, choice, seconds in part:
                log.now += seconds * 1_000_000
                await play(books[which], choice)
            await projections.reached(await log.head())
            for book in books:
                run = fold([it.event for it in await log.read_run(book.run_id)])
                due = None if run is None else snapshot_of(run)
                assert state_of(projections, book.run_id) == due
            for summary in (await projections.ask(newest, 9)).books:
                (book,) = (book for book in books if book.run_id == summary.run_id)
                assert book.run is not None
                progress = progress_of(book.run)
                assert (summary.status, summary.stage) == (progress.status, progress.stage)
    await rebuild(rebuilt, log, lambda done, head: None)
    assert all_rows(rebuilt) == all_rows(live)
    assert await differences(live, log) == []


async def play(book: Book, choice: int) -> None:
    possible = choices(book.run)
    if possible:
        decide = possible[choice % len(possible)]
        await book.do(decide())
