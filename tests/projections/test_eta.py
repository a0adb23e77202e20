"""How long open books still take, played through with what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from storybook.book import WRITING, Role, narration_of, picture_of
from storybook.projections.eta import LEAST_LEFT, IsAway, OpenBook, seconds_left
from storybook.projections.projector import Projections
from storybook.projections.timings import Taken, Usual, UsualOfRole, usual, usual_of_roles
from storybook.run import PageEdit, defer_stage
from tests.projections.histories import PAINTER, Book
from tests.stores.memory_log import FIRST_MOMENT, SECOND, MemoryLog

pytestmark = pytest.mark.anyio


def known(painter: Usual | None = None) -> dict[Role, UsualOfRole]:
    """What is usual for the engines of the histories: 25 s of text, five pictures of 24 s, five
    voices of 6 s."""
    return {
        Role.WRITER: UsualOfRole("composer", {"composer": Usual(5.0, 1)}),
        Role.ILLUSTRATOR: UsualOfRole("painter", {"painter": painter or Usual(24.0, 1)}),
        Role.NARRATOR: UsualOfRole("espeak", {"espeak": Usual(6.0, 1)}),
    }


async def left(
    *books: Book,
    after: float = 0,
    of: Mapping[Role, UsualOfRole] | None = None,
    is_away: IsAway = lambda engine: True,
) -> list[float | None]:
    """What is said of books so many seconds after the last event."""
    opened = []
    for book in books:
        one = OpenBook()
        for recorded in await book.log.read_run(book.run_id):
            one.feed(recorded, recorded.event)
        opened.append(one)
    log = books[0].log
    assert isinstance(log, MemoryLog)
    now = log.now + int(after * SECOND)
    found = seconds_left(opened, known() if of is None else of, now, is_away)
    return [None if it is None else round(it, 6) for it in found]


async def requested(number: int = 1, log: MemoryLog | None = None, *, voices: bool = True) -> Book:
    book = Book(log if log is not None else MemoryLog(), number)
    await book.request(voices=voices)
    return book


async def test_a_new_book_takes_the_first_page_and_its_pictures() -> None:
    """Painting begins when the cover's text stands, and is the way that counts."""
    assert await left(await requested()) == [5 + 5 * 24.0]


async def test_with_many_places_the_writer_is_the_way_that_counts() -> None:
    """The whole text, then the last page's picture."""
    of = known(painter=Usual(24.0, 5))
    assert await left(await requested(), of=of) == [5 * 5 + 24.0]


async def test_places_are_filled_in_rounds() -> None:
    """Five pictures on two places take three rounds, not two and a half."""
    book = await requested()
    await book.write_all()
    assert await left(book, of=known(painter=Usual(24.0, 2))) == [3 * 24.0]


async def test_places_that_share_what_one_could_have_slow_each_other_down() -> None:
    """Two at once take twice as long as one, and the last one is alone."""
    book = await requested()
    await book.write_all()
    assert await left(book, of=known(painter=Usual(24.0, 2, drag=1.0))) == [5 * 24.0]
    assert await left(book, of=known(painter=Usual(24.0, 2, drag=0.5))) == [36 + 36 + 24.0]


async def test_work_in_hand_has_its_rest_left_and_never_nothing() -> None:
    """20 s of a picture's 24 are done; what takes longer than usual is not done yet."""
    book = await requested()
    await book.write_all()
    for page in range(4):
        await book.make(picture_of(page), narration_of(page))
    await book.make(narration_of(4))
    await book.start(picture_of(4))
    assert await left(book, after=20) == [4.0]
    assert await left(book, after=500) == [round(24 * LEAST_LEFT, 6)]


async def test_the_writer_is_known_by_its_pages() -> None:
    """Two of five stand, the third is written for 3 s of its 5; the painter needs no time here."""
    book = await requested(voices=False)
    await book.start(WRITING)
    await book.write(0, 1)
    of = known(painter=Usual(0.0, 1))
    assert await left(book, after=3, of=of) == [2 + 5 + 5.0]
    await book.write(2, 3, 4)
    assert await left(book, of=of) == [round(5 * LEAST_LEFT, 6)]


async def test_a_book_waits_for_those_before_it() -> None:
    """Covers come first, then the oldest book's pages; who has ended takes no more time."""
    log = MemoryLog()
    first, second = await requested(1, log), await requested(2, log)
    for book in (first, second):
        await book.write_all()
    assert await left(first, second) == [6 * 24.0, 10 * 24.0]
    assert await left(second) == [5 * 24.0]
    await first.cancel()
    assert await left(first, second) == [None, 5 * 24.0]


async def test_a_book_that_goes_on_has_its_turn_then() -> None:
    """As the runner has it: behind those that were asked for meanwhile."""
    log = MemoryLog()
    first = await requested(1, log)
    await first.write_all()
    await first.cancel()
    second = await requested(2, log)
    await second.write_all()
    await first.retry()
    assert await left(first, second) == [10 * 24.0, 6 * 24.0]


async def test_there_is_none_without_knowledge_or_work() -> None:
    """While a role that is needed is unknown, for a book that has ended, and for one that will not
    be whole."""
    book, lost = await requested(1, voices=False), await requested(2)
    silent = known()
    del silent[Role.NARRATOR]
    assert await left(book, of=silent) == [5 + 5 * 24.0]
    del silent[Role.ILLUSTRATOR]
    assert await left(book, of=silent) == [None]
    await book.finish()
    assert await left(book) == [None]
    await lost.break_down(WRITING)
    assert await left(lost) == [None]


async def test_a_book_that_waits_for_an_engine_has_none() -> None:
    """Until that is back; others are not held up by it."""
    log = MemoryLog()
    book, other = await requested(1, log), await requested(2, log)
    await book.write_all()
    await other.write_all()
    await book.start(picture_of(0))
    await book.do(defer_stage(book.run, picture_of(0), 1, PAINTER, "nobody answers"))
    assert await left(book) == [None]
    assert await left(book, is_away=lambda engine: False) == [5 * 24.0]
    assert (await left(book, other))[1] == 9 * 24.0  # four pages of the first are still to come


async def test_a_page_that_is_written_anew_is_painted_after_that() -> None:
    """A changed book takes what its change takes."""
    book = await requested(voices=False)
    await book.finish()
    await book.edit(PageEdit(2, rewrite="shorter", repaint=True))
    assert await left(book) == [5 + 24.0]


async def test_a_book_is_judged_by_its_own_engine() -> None:
    """Whoever began it goes on with it, also while new books get another one."""
    book = await requested(voices=False)
    await book.write_all()
    await book.make(picture_of(0))
    both = {"painter": Usual(24.0, 1), "comfyui": Usual(2.0, 1)}
    of = known() | {Role.ILLUSTRATOR: UsualOfRole("comfyui", both)}
    assert await left(book, of=of) == [4 * 24.0]
    new = await requested(2, voices=False)
    assert await left(new, of=of) == [5 * 5 + 2.0]


def test_how_much_places_slow_each_other_down_is_learnt() -> None:
    """Four pairs that took 20 s each side by side, four alone that took 12: each other one costs
    two thirds more."""
    moments = [(60 * n, 60 * n + 20) for n in range(4)] * 2
    moments += [(60 * n + 30, 60 * n + 42) for n in range(4)]
    recent = [Taken(PAINTER, start * SECOND, end * SECOND) for start, end in moments]
    found = usual(recent)
    assert found is not None
    learnt = found.engines["painter"]
    assert learnt.seconds == pytest.approx(12.0) and learnt.places == 2
    assert learnt.drag == pytest.approx(2 / 3)


def test_places_of_which_none_was_ever_alone_are_taken_as_they_are() -> None:
    """Nobody can say how fast one would be."""
    recent = [Taken(PAINTER, 0, 20 * SECOND)] * 6
    found = usual(recent)
    assert found is not None and found.engines["painter"] == Usual(20.0, 6)


async def test_an_estimate_is_learnt_from_the_log(tmp_path: Path) -> None:
    """The second book is measured by the first."""
    log = MemoryLog(FIRST_MOMENT)
    first = await requested(1, log)
    await first.start(WRITING)
    log.now += 10 * SECOND
    await first.write(0, 1, 2, 3, 4)
    await first.complete(WRITING)
    for page in range(5):
        for work, seconds in ((picture_of(page), 4), (narration_of(page), 1)):
            await first.start(work)
            log.now += seconds * SECOND
            await first.complete(work)
    second = await requested(2, log)
    async with Projections.open(tmp_path / "p.db", log) as projections:
        await projections.reached(await log.head())
        of = await projections.ask(usual_of_roles)
    assert await left(second, of=of) == [2 + 5 * 4.0]
    await second.write_all()
    await second.start(picture_of(0))
    assert await left(second, of=of, after=3) == [17.0]
