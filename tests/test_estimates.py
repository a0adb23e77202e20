"""What is known of open books, and said of them, while the log grows."""

from __future__ import annotations

import pytest

from storybook.book import Role, Stage, picture_of
from storybook.estimates import OLDEST, Estimates
from storybook.events.parked import ParkedRuns
from storybook.projections.timings import Taken
from tests.clocks import ManualClock
from tests.projections.histories import ENGINES, PAINTER, Book
from tests.stores.memory_log import SECOND, MemoryLog

pytestmark = pytest.mark.anyio

LEARNT = {
    Role.WRITER: [Taken(ENGINES[Stage.LLM], 0, 5 * SECOND, 5)],
    Role.ILLUSTRATOR: [Taken(PAINTER, 0, 24 * SECOND)],
}
"""One picture after the other, of 24 s each, and a page of text in a second."""


class Told:
    """Estimates, told of a log by hand; its clock and the log's are one."""

    def __init__(self, log: MemoryLog, learnt: dict[Role, list[Taken]]) -> None:
        self.log, self.clock = log, ManualClock(log.now)
        self.estimates = Estimates(log, self.clock, learnt, lambda engine: True)
        self._seen = 0

    async def take_up(self, *books: Book) -> None:
        await self.estimates.take_up([it.run_id for it in books], ParkedRuns())
        self._seen = len(self.log.events)

    async def tell(self) -> None:
        """Hand over what is new."""
        new = self.log.events[self._seen :]
        self._seen = len(self.log.events)
        await self.estimates.handle(new)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.log.now += int(seconds * SECOND)


async def test_a_book_is_known_from_its_request_to_its_end() -> None:
    """A second of text, then five pictures; nothing is said of one that is done."""
    log = MemoryLog()
    told, book = Told(log, LEARNT), Book(log)
    assert told.estimates.seconds_left(book.run_id) is None
    await book.request(voices=False)
    await told.tell()
    assert told.estimates.seconds_left(book.run_id) == 1 + 5 * 24
    await book.finish()
    await told.tell()
    assert told.estimates.seconds_left(book.run_id) is None


async def test_between_two_looks_the_time_runs_down() -> None:
    """What was found a moment ago is told less the moment; then it is looked anew."""
    log = MemoryLog()
    told, book = Told(log, LEARNT), Book(log)
    await book.request(voices=False)
    await told.tell()
    told.estimates.seconds_left(book.run_id)
    moment = OLDEST / SECOND / 2
    told.pass_time(moment)
    assert told.estimates.seconds_left(book.run_id) == 121 - moment
    told.pass_time(moment)
    assert told.estimates.seconds_left(book.run_id) == 121  # nobody has begun


async def test_what_engines_take_is_learnt_on_the_way() -> None:
    """The second book is as quick as the first one turns out to be."""
    log = MemoryLog()
    told, first, second = Told(log, {}), Book(log, 1), Book(log, 2)
    await first.request(voices=False)
    await second.request(voices=False)
    await told.tell()
    assert told.estimates.seconds_left(second.run_id) is None
    await first.write_all()
    for page in range(5):
        await first.start(picture_of(page))
        told.pass_time(2)
        await first.complete(picture_of(page))
    await told.tell()
    assert told.estimates.seconds_left(second.run_id) == 5 * 2


async def test_a_book_that_stood_open_at_the_start_is_known() -> None:
    """As it stood then; what is told twice counts once."""
    log = MemoryLog()
    book = Book(log)
    await book.request(voices=False)
    await book.write_all()
    await book.make(picture_of(0))
    told = Told(log, LEARNT)
    await told.take_up(book)
    assert told.estimates.seconds_left(book.run_id) == 4 * 24
    await told.estimates.handle(log.events)
    assert told.estimates.seconds_left(book.run_id) == 4 * 24


async def test_a_book_that_goes_on_is_known_again() -> None:
    """It had ended, and is read from the log."""
    log = MemoryLog()
    told, book = Told(log, LEARNT), Book(log)
    await book.request(voices=False)
    await book.write_all()
    await book.cancel()
    await told.take_up()
    await book.retry()
    await told.tell()
    assert told.estimates.seconds_left(book.run_id) == 5 * 24
