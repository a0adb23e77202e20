"""One book in the making: each page's writing, painting and reading aloud, as they stand.

Folded from the run's events, with the fractions that are only known while somebody watches.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from storybook.book import (
    COVER_PAGE,
    WRITING,
    Role,
    RunId,
    Work,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.clock import MICROSECONDS
from storybook.events.catalog import EditionRequested
from storybook.events.log import Position, Recorded
from storybook.events.parked import read_event
from storybook.projections.eta import OpenBook, seconds_left
from storybook.projections.timings import UsualOfRole
from storybook.projections.waiting import WaitingFold, WaitingFor
from storybook.run import Abandoned, Complete, Failed, InHand, Outdated, Run, Waiting


class Sign(enum.Enum):
    """How a piece of work stands."""

    NOT_DUE = "not due"
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    PUT_DOWN = "put down"
    UNWANTED = "unwanted"


class Mark(msgspec.Struct, frozen=True):
    """A sign; `fraction` from 0 to 1 is known of work in hand only, and not of all."""

    sign: Sign
    fraction: float | None = None


class Line(msgspec.Struct, frozen=True):
    """A page's line: its name, its three marks, and the beginning of its text."""

    name: str
    writing: Mark
    painting: Mark
    reading: Mark
    text: str


_SIGNS: Final[Mapping[type, Sign]] = {
    Waiting: Sign.WAITING,
    InHand: Sign.WORKING,
    Complete: Sign.DONE,
    Failed: Sign.FAILED,
    Abandoned: Sign.PUT_DOWN,
    Outdated: Sign.NOT_DUE,
}


class ProgressTable:
    """A run as it is watched, a line for each page.

    `usual` is what each role's engine usually takes.
    """

    def __init__(self, run_id: RunId, usual: Mapping[Role, UsualOfRole]) -> None:
        self.run_id, self._usual = run_id, usual
        self.book, self._waiting = OpenBook(), WaitingFold()
        self.waiting_for: WaitingFor | None = None
        self.fractions: Mapping[Work, float] = {}
        self.asked_at = self.changed_at = 0

    @property
    def position(self) -> Position:
        """That of the last event."""
        return self.book.position

    @property
    def run(self) -> Run:
        return self.book.run

    @property
    def has_ended(self) -> bool:
        return self.book.has_begun and self.run.status.has_ended

    def feed(self, recorded: Recorded) -> None:
        """Take the run's next event."""
        event = read_event(recorded)
        self.book.feed(recorded, event)
        self.waiting_for = self._waiting.feed(self.run, [recorded])
        if isinstance(event, EditionRequested) or not self.asked_at:
            self.asked_at = recorded.recorded_at
        self.changed_at = recorded.recorded_at

    def seconds(self, now: int) -> float:
        """Since the book was asked for, or its newest edition; once it has ended, until then."""
        end = self.changed_at if self.has_ended else now
        return max(end - self.asked_at, 0) / MICROSECONDS

    def seconds_left(self, now: int, earlier: Sequence[ProgressTable] = ()) -> float | None:
        """Until the book is done, behind those that are worked on `earlier`; None while nobody can
        say: so while it waits for an engine."""
        books = [it.book for it in (*earlier, self) if it.book.has_begun]
        return seconds_left(books, self._usual, now)[-1]

    def lines(self) -> list[Line]:
        return [self._line(page) for page in range(self.run.page_count)]

    def _line(self, page: int) -> Line:
        written = self.run.pages[page].text if page < len(self.run.pages) else ""
        return Line(
            "cover" if page == COVER_PAGE else f"page {page}",
            self._writing(page),
            self._mark(picture_of(page)),
            self._reading(page) if self.run.tts is not None else Mark(Sign.UNWANTED),
            " ".join(written.split()),
        )

    def _writing(self, page: int) -> Mark:
        """The writer's work is one for all pages: a page is in hand when those before it stand."""
        standing = len(self.run.pages)
        if page in self.run.rewrites and not self.run.is_complete(rewriting_of(page)):
            return self._mark(rewriting_of(page))
        if page < standing:
            return self._first_open([translation_of(page, it) for it in self.run.translations])
        whole = self._mark(WRITING)
        return whole if page == standing or whole.sign is not Sign.WORKING else Mark(Sign.NOT_DUE)

    def _reading(self, page: int) -> Mark:
        return self._first_open([narration_of(page, it) for it in ("", *self.run.translations)])

    def _first_open(self, works: Sequence[Work]) -> Mark:
        """Of work in several languages, the first that is not done."""
        is_complete = self.run.is_complete
        return next((self._mark(it) for it in works if not is_complete(it)), Mark(Sign.DONE))

    def _mark(self, work: Work) -> Mark:
        state = self.run.work.get(work)
        sign = Sign.NOT_DUE if state is None else _SIGNS[type(state)]
        return Mark(sign, self.fractions.get(work) if sign is Sign.WORKING else None)
