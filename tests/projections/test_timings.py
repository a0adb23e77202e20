"""Queue and work time of each attempt, and the ETA that is computed from them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from storybook.book import WRITING, Role, Stage, Work, narration_of, picture_of
from storybook.events.catalog import EngineInfo
from storybook.projections import views
from storybook.projections.projector import Projections
from storybook.projections.timings import (
    StageTiming,
    Taken,
    TimingFold,
    Usual,
    eta_seconds,
    usual,
    usual_of_roles,
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
        _, _, stage, page, attempt, _, engine, *times, outcome, error = row
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


# --------------------------------------------------------------------------------------------- ETA


def test_what_is_usual_is_the_median_of_the_latest_engine() -> None:
    """Another engine's times do not count, another device's do; one outlier does not matter."""
    other = EngineInfo("comfyui", "1.0")
    elsewhere = EngineInfo("painter", "2.0", device="gpu1")
    recent = [
        taken(PAINTER, 100, 124),
        taken(elsewhere, 70, 90),
        taken(PAINTER, 0, 60),
        taken(other, 0, 1),
    ]
    assert usual(recent) == Usual(24.0, 1)
    assert usual([]) is None


def test_places_are_what_was_done_at_once() -> None:
    """Three overlap; one that begins as another ends does not overlap it."""
    recent = [taken(PAINTER, *span) for span in ((0, 10), (2, 12), (4, 14), (10, 20), (14, 24))]
    found = usual(recent)
    assert found is not None and found.places == 3


USUAL: dict[Role, Usual] = {
    Role.WRITER: Usual(25.0, 1),
    Role.ILLUSTRATOR: Usual(24.0, 1),
    Role.NARRATOR: Usual(6.0, 1),
}


async def test_the_eta_of_a_new_book_is_its_pictures() -> None:
    """One place: five pictures of 24 s take longer than the text and one picture more."""
    book = Book(MemoryLog())
    await book.request()
    assert book.run is not None
    assert eta_seconds(book.run, {}, USUAL, 0) == 5 * 24.0


async def test_with_many_places_the_writer_is_the_way_that_counts() -> None:
    """Text, then the last page's picture."""
    book = Book(MemoryLog())
    await book.request()
    assert book.run is not None
    many = USUAL | {Role.ILLUSTRATOR: Usual(24.0, 5)}
    assert eta_seconds(book.run, {}, many, 0) == 25.0 + 24.0


async def test_work_in_hand_has_its_rest_left_and_never_less_than_nothing() -> None:
    """20 s of a picture's 24 are done, and a voice has long been due."""
    book = Book(MemoryLog())
    await book.request()
    await book.write_all()
    for page in range(4):
        await book.make(picture_of(page), narration_of(page))
    assert book.run is not None
    await book.start(picture_of(4))
    await book.start(narration_of(4))
    started = {picture_of(4): 80 * SECOND, narration_of(4): 0}
    assert eta_seconds(book.run, started, USUAL, 100 * SECOND) == 4.0
    many = USUAL | {Role.ILLUSTRATOR: Usual(24.0, 5)}
    assert eta_seconds(book.run, started, many, 100 * SECOND) == 4.0
    assert eta_seconds(book.run, started, USUAL, 500 * SECOND) == 0.0


async def test_there_is_no_eta_without_knowledge_or_work() -> None:
    """None while a role that is needed is unknown, and for a book that has ended."""
    book = Book(MemoryLog())
    await book.request(voices=False)
    assert book.run is not None
    silent = {role: USUAL[role] for role in (Role.WRITER, Role.ILLUSTRATOR)}
    assert eta_seconds(book.run, {}, silent, 0) == 120.0
    assert eta_seconds(book.run, {}, {Role.WRITER: Usual(1.0, 1)}, 0) is None
    await book.finish()
    assert eta_seconds(book.run, {}, USUAL, 0) is None


async def test_an_eta_is_learnt_from_the_log(tmp_path: Path) -> None:
    """The second book is measured by the first."""
    log = MemoryLog()
    first, second = Book(log, 1), Book(log, 2)

    async def make(work: Work, seconds: int) -> None:
        await first.start(work)
        log.now += seconds * SECOND
        await first.complete(work)

    async def left(now: int) -> float | None:
        """The second book's ETA, by what the views know."""
        await projections.reached(await log.head())
        with closing(views.connect_known(tmp_path / "p.db", read_only=True)) as db:
            known = usual_of_roles(db)
        timings = TimingFold()
        for it in await log.read_run(second.run_id):
            timings.feed(it, it.event)
        assert second.run is not None
        return eta_seconds(second.run, timings.started, known, now)

    async with Projections.open(tmp_path / "p.db", log) as projections:
        await first.request()
        await first.start(WRITING)
        await first.write(0, 1, 2, 3, 4)
        log.now += 10 * SECOND
        await first.complete(WRITING)
        for page in range(5):
            await make(picture_of(page), 4)
            await make(narration_of(page), 1)
        await second.request()
        assert await left(log.now) == 20.0
        await second.start(WRITING)
        log.now += 3 * SECOND
        assert await left(log.now) == 20.0
        await second.write(0, 1, 2, 3, 4)
        await second.complete(WRITING)
        await second.start(picture_of(0))
        assert await left(log.now + 3 * SECOND) == 17.0
