"""Any history that the run's decisions can make comes to the same rows on every way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storybook.book import picture_of
from storybook.events.catalog import Event
from storybook.projections.library import newest
from storybook.projections.progress import progress_of
from storybook.projections.projector import Projections
from storybook.projections.rebuild import differences, rebuild
from storybook.projections.runs import snapshot_of
from storybook.run import PageEdit, fold, prune_artifacts, restore_edition
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


@pytest.mark.anyio
async def test_editions_come_to_the_same_rows_on_every_way(tmp_path: Path) -> None:
    """Followed event by event, and all at once: those made, given up, restored, removed, mended."""
    log = MemoryLog()
    book = Book(log)
    live, rebuilt = tmp_path / "live.db", tmp_path / "rebuilt.db"

    async def edits() -> None:
        await book.edit(PageEdit(2, repaint=True))
        await book.make(picture_of(2))
        await book.edit(PageEdit(0, title="새 제목"), PageEdit(1, repaint=True))
        await book.make(picture_of(1))
        await book.cancel()  # its title is yet to be read aloud
        await book.edit(PageEdit(3, repaint=True))
        await book.finish()
        await book.do(restore_edition(book.run, 2))
        await book.prune(picture_of(4))
        await book.remake(picture_of(2))
        await book.do(prune_artifacts(book.run, ["panel_3.e4.png", "panel_1.e3.png"]))

    async with Projections.open(live, log) as projections:
        await book.request()
        await book.finish()
        step = book.do

        async def seen(events: list[Event]) -> None:
            await step(events)
            await projections.reached(await log.head())

        book.do = seen  # type: ignore[method-assign]
        await edits()
        assert book.run is not None
        assert state_of(projections, book.run_id) == snapshot_of(book.run)
    await rebuild(rebuilt, log, lambda done, head: None)
    assert all_rows(rebuilt) == all_rows(live)
    rows = {row[1] for row in all_rows(live)["artifacts"]}
    assert rows == {1, 2, 3, 4}
