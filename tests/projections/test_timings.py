"""Queue and work time of each attempt, and what is usual."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from storybook.book import WRITING, Role, Stage, picture_of
from storybook.events.catalog import EngineInfo
from storybook.projections.projector import Projections
from storybook.projections.timings import (
    StageTiming,
    Taken,
    Usual,
    UsualOfRole,
    recent_of_roles,
    usual,
)
from tests.projections.histories import ENGINES, PAINTER, Book, all_rows
from tests.stores.memory_log import FIRST_MOMENT, SECOND, MemoryLog

pytestmark = pytest.mark.anyio

WRITER = EngineInfo("composer", "2.0")


def taken(engine: EngineInfo, start: float, end: float) -> Taken:
    return Taken(engine, int(start * SECOND), int(end * SECOND))


def attempts(path: Path) -> list[StageTiming]:
    """The rows of `timings`, in the order in which the attempts were requested."""
    found = []
    for row in all_rows(path)["timings"]:
        _, _, stage, page, attempt, _, _, engine, *times, outcome, error = row
        info = msgspec.json.decode(str(engine)) if engine else None
        moments = dict(zip(("requested_at", "started_at", "ended_at"), times, strict=True))
        values = dict(stage=stage, page=page, attempt=attempt, engine=info, **moments)
        found.append(msgspec.convert(values | {"outcome": outcome, "error": error}, StageTiming))
    return found


async def test_a_row_tells_how_long_each_attempt_waited_and_worked(tmp_path: Path) -> None:
    """Every attempt by itself, with its engine, its times and how it ended."""
    log = MemoryLog()
    book = Book(log)
    t = FIRST_MOMENT
    async with Projections.open(tmp_path / "p.db", log) as projections:
        await book.request(voices=False)
        log.now = t + 2 * SECOND
        await book.start(WRITING)
        log.now = t + 5 * SECOND
        await book.write(0)
        await book.start(picture_of(0))
        log.now = t + 6 * SECOND
        await book.crash(picture_of(0))
        await book.start(picture_of(0))
        log.now = t + 9 * SECOND
        await book.complete(picture_of(0))
        await projections.reached(await log.head())
    second = SECOND
    assert attempts(tmp_path / "p.db") == [
        StageTiming(Stage.LLM, None, 1, t, ENGINES[Stage.LLM], t + 2 * second, None, "working"),
        StageTiming(
            *(Stage.COVER, 0, 1, t + 5 * second, PAINTER, t + 5 * second, t + 6 * second),
            *("abandoned", "crash"),
        ),
        StageTiming(
            *(Stage.COVER, 0, 2, t + 6 * second, PAINTER, t + 6 * second, t + 9 * second),
            "completed",
        ),
    ]


async def test_a_failed_attempt_tells_why(tmp_path: Path) -> None:
    """The fault's message stands at the attempt."""
    log = MemoryLog()
    book = Book(log)
    async with Projections.open(tmp_path / "p.db", log) as projections:
        await book.request()
        await book.break_down(WRITING)
        await projections.reached(await log.head())
    (attempt,) = attempts(tmp_path / "p.db")
    assert (attempt.outcome, attempt.error) == ("failed", "no paint is left")


# ---------------------------------------------------------------------------------- what is usual


def test_what_is_usual_is_the_median_of_each_engine() -> None:
    """Another engine's times do not count, nor another version's; another device's do; one outlier
    does not matter."""
    other = EngineInfo("comfyui", "1.0")
    elsewhere = EngineInfo("painter", "2.0", device="gpu1")
    recent = [
        taken(PAINTER, 100, 124),
        taken(elsewhere, 70, 90),
        taken(PAINTER, 0, 60),
        taken(other, 0, 1),
        taken(EngineInfo("painter", "1.0"), 0, 2),
    ]
    found = usual(recent)
    assert found is not None
    assert found == UsualOfRole("painter", {"painter": Usual(24.0, 1), "comfyui": Usual(1.0, 1)})
    assert usual([]) is None


def test_what_a_writer_takes_is_for_each_of_its_pages() -> None:
    """A long book takes longer, and its page as long as that of a short one."""
    recent = [Taken(WRITER, 0, 50 * SECOND, 5), Taken(WRITER, 0, 130 * SECOND, 13)]
    assert usual(recent) == UsualOfRole("composer", {"composer": Usual(10.0, 2)})


def test_places_are_what_was_done_at_once() -> None:
    """Three overlap; one that begins as another ends does not overlap it."""
    recent = [taken(PAINTER, *span) for span in ((0, 10), (2, 12), (4, 14), (10, 20), (14, 24))]
    found = usual(recent)
    assert found is not None and found.engines["painter"].places == 3


async def test_the_table_tells_for_how_many_pages_work_is(tmp_path: Path) -> None:
    """The writer's is for all of the book."""
    log = MemoryLog()
    book = Book(log)
    async with Projections.open(tmp_path / "p.db", log) as projections:
        await book.request()
        await book.finish()
        await projections.reached(await log.head())
        recent = await projections.ask(recent_of_roles)
    assert [it.pages for it in recent[Role.WRITER]] == [5]
    assert [it.pages for it in recent[Role.ILLUSTRATOR]] == [1] * 5
