"""How long open books still take.

What is left of them is played through: each engine has as many places as it is known to have, each
piece of work takes what is usual for a page, slower beside others if that is so, and whenever a
place is free the work that comes first takes it, in the order in which the runner starts work:
covers before all else, then the oldest book's pages. So what stands before a book in the queue of
its engines counts.

The writer's pages come one after the other, and a picture or a voice waits for its page's text.
What is in hand has its usual duration left, less the time it has been worked on. Engines that share
a GPU, and take turns there, are played as if each had it for itself.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Final

import msgspec

from storybook.book import COVER_PAGE, WRITING, Role, Work, rewriting_of
from storybook.clock import MICROSECONDS
from storybook.events.catalog import EngineInfo, Event, PageWritten
from storybook.events.log import START, Recorded
from storybook.projections.timings import Timing, TimingFold, Usual, UsualOfRole
from storybook.run import Failed, InHand, Run, Waiting, evolve

INSTANT: Final = 1e-9
"""Seconds: what is less is nothing but rounding."""
LEAST_LEFT: Final = 0.1
"""Of what is usual, for a piece of work that takes longer than that: it is not done yet."""


class OpenBook:
    """A book in the making: its run, and since when its work in hand is worked on (microseconds
    since 1970)."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._timings = TimingFold()
        self._page_at = 0
        self.position = START
        self.turn = START
        """When its turn comes: the position at which it was asked for, or went on."""

    @property
    def run(self) -> Run:
        assert self._run is not None  # nobody asks before its first event
        return self._run

    @property
    def has_begun(self) -> bool:
        """Whether there is any event of it."""
        return self._run is not None

    def feed(self, recorded: Recorded, event: Event) -> Timing | None:
        """Take the run's next event; the attempt that it began or changed. Raises
        `InvalidHistory`."""
        is_new = self._run is None or self._run.status.has_ended
        self._run = evolve(self._run, event)
        if is_new:
            self.turn = recorded.position
        if isinstance(event, PageWritten):
            self._page_at = recorded.recorded_at
        self.position = recorded.position
        return self._timings.feed(recorded, event)

    def worked(self, work: Work, now: int) -> float:
        """For how many seconds it is worked on what is in hand; of the writer's work, on the page
        in hand."""
        since = self._timings.started.get(work, now)
        if work == WRITING:
            since = max(since, self._page_at)
        return max(now - since, 0) / MICROSECONDS


class _Piece(msgspec.Struct, frozen=True):
    """Work that is left: of which book of those that are played, when its turn comes, from when on
    it can be begun, and for how long it is in hand (seconds), None if it is not. `pages` are those
    that a writer's work is for, in order, and the first one of them is in hand."""

    book: int
    rank: tuple[bool, int, int]
    due_in: float
    worked: float | None
    pages: tuple[int, ...]

    def left(self, usual: Usual, pace: float) -> float:
        """Seconds of an engine that does nothing beside it; a writer that has written all pages is
        about to say so."""
        if not self.pages:
            return usual.seconds * LEAST_LEFT
        done = (self.worked or 0.0) * pace
        first = max(usual.seconds - done, usual.seconds * LEAST_LEFT)
        return first + usual.seconds * (len(self.pages) - 1)


_Place = tuple[Role, str]
"""A role and an engine's name: where work queues."""
IsAway = Callable[[EngineInfo], bool]


def seconds_left(
    books: Sequence[OpenBook],
    known: Mapping[Role, UsualOfRole],
    now: int,
    is_away: IsAway = lambda engine: True,
) -> list[float | None]:
    """Seconds until each of these open books is whole, if nothing but they is worked on. `now` is
    microseconds since 1970. None for a book that has ended or will not be whole, where nothing is
    known of what an engine takes that it needs, and while it waits for one that `is_away`: of those
    that its events say were."""
    play = _Play(books, known, now, is_away)
    return [play.end_of(number) for number in range(len(books))]


class _Play:
    """One play of what is left."""

    def __init__(
        self,
        books: Sequence[OpenBook],
        known: Mapping[Role, UsualOfRole],
        now: int,
        is_away: IsAway,
    ) -> None:
        self._books, self._known, self._now, self._is_away = books, known, now, is_away
        self._ends = [0.0] * len(books)
        self._unknown: set[int] = set()
        self._text_at: dict[tuple[int, int], float] = {}
        self._play([*self._writing()])
        self._play([*self._making()])

    def end_of(self, number: int) -> float | None:
        run = self._books[number].run
        is_open = not (run.status.has_ended or run.is_lost)
        return self._ends[number] if is_open and number not in self._unknown else None

    # ----------------------------------------------------------------------------------- pieces

    def _writing(self) -> Iterator[tuple[_Place, Usual, _Piece]]:
        """A piece for each book that is not written: all its missing pages."""
        for number, book in enumerate(self._books):
            works = [it for it in _left(book.run) if it.stage.role is Role.WRITER]
            if not works or (found := self._usual(number, works[0])) is None:
                continue
            name, usual = found
            pages = _pages_of(book.run, works)
            rank = (False, book.turn, COVER_PAGE)
            yield (Role.WRITER, name), usual, self._piece(number, works[0], rank, pages)

    def _making(self) -> Iterator[tuple[_Place, Usual, _Piece]]:
        """The pictures and the voices; of pages of which nobody can say when they are written,
        none."""
        for number, book in enumerate(self._books):
            for work in _left(book.run):
                if work.page is None or work.stage.role is Role.WRITER:
                    continue
                has_text = book.run.has_text_for(work)
                text_at = 0.0 if has_text else self._text_at.get((number, work.page))
                if text_at is None or (found := self._usual(number, work)) is None:
                    continue
                name, usual = found
                rank = (work.page != COVER_PAGE, book.turn, work.page)
                piece = self._piece(number, work, rank, (work.page,), text_at)
                yield (work.stage.role, name), usual, piece

    def _piece(
        self,
        number: int,
        work: Work,
        rank: tuple[bool, int, int],
        pages: tuple[int, ...],
        text_at: float = 0.0,
    ) -> _Piece:
        book = self._books[number]
        worked = book.worked(work, self._now) if _is_in_hand(book.run, work) else None
        return _Piece(number, rank, max(self._due_in(book, work), text_at), worked, pages)

    def _usual(self, number: int, work: Work) -> tuple[str, Usual] | None:
        """Who is to do a piece of work, and what is usual; None if nobody knows, or now nobody
        does."""
        role, run = work.stage.role, self._books[number].run
        deferred, of_role = run.deferred.get(work), self._known.get(role)
        is_held_up = (
            deferred is not None
            and isinstance(run.work.get(work), Waiting)
            and self._is_away(deferred.engine)
        )
        found = of_role.of(run, role) if of_role is not None and not is_held_up else None
        if found is None:
            self._unknown.add(number)
        return found

    def _due_in(self, book: OpenBook, work: Work) -> float:
        state = book.run.work.get(work)
        not_before = state.not_before if isinstance(state, Waiting) else 0
        return max(not_before - self._now, 0) / MICROSECONDS

    # ----------------------------------------------------------------------------------- playing

    def _play(self, pieces: Sequence[tuple[_Place, Usual, _Piece]]) -> None:
        queues: defaultdict[_Place, list[_Piece]] = defaultdict(list)
        usual_of: dict[_Place, Usual] = {}
        for place, usual, piece in pieces:
            queues[place].append(piece)
            usual_of[place] = usual
        for place, queue in queues.items():
            for piece, end in _played(queue, usual_of[place]):
                self._note(piece, end, usual_of[place])

    def _note(self, piece: _Piece, end: float, usual: Usual) -> None:
        self._ends[piece.book] = max(self._ends[piece.book], end)
        for after, page in enumerate(reversed(piece.pages)):
            self._text_at[piece.book, page] = end - after * usual.seconds


def _played(pieces: Sequence[_Piece], usual: Usual) -> Iterator[tuple[_Piece, float]]:
    """When each is done: whenever a place is free, the first in order takes it."""
    in_hand = [it for it in pieces if it.worked is not None]
    pace = _pace(usual, len(in_hand))
    left = {number: it.left(usual, pace) for number, it in enumerate(in_hand)}
    waiting = sorted((it for it in pieces if it.worked is None), key=lambda it: it.due_in)
    all_of_them = [*in_hand, *waiting]
    due, begun = list[tuple[tuple[bool, int, int], int]](), len(in_hand)
    at = 0.0
    while left or due or begun < len(all_of_them):
        while begun < len(all_of_them) and all_of_them[begun].due_in <= at:
            heapq.heappush(due, (all_of_them[begun].rank, begun))
            begun += 1
        while due and len(left) < usual.places:
            _, number = heapq.heappop(due)
            left[number] = all_of_them[number].left(usual, 1.0)
        pace = _pace(usual, len(left))
        next_done = at + min(left.values()) / pace if left else inf
        next_due = all_of_them[begun].due_in if begun < len(all_of_them) else inf
        passed, at = (min(next_done, next_due) - at) * pace, min(next_done, next_due)
        for number, was in list(left.items()):
            left[number] = was - passed
            if left[number] <= INSTANT:
                del left[number]
                yield all_of_them[number], at


def _pace(usual: Usual, in_hand: int) -> float:
    """How fast each of so many goes on, 1 if it is alone."""
    return 1 / (1 + usual.drag * max(in_hand - 1, 0))


def _left(run: Run) -> list[Work]:
    """The work that is still to be done; once the run has lost something, only what is in hand."""
    works = [it for it in run.plan if not run.is_complete(it)]
    if run.status.has_ended:
        return []
    if run.is_lost:
        return [it for it in works if _is_in_hand(run, it)]
    return [it for it in works if not isinstance(run.work.get(it), Failed)]


def _is_in_hand(run: Run, work: Work) -> bool:
    return isinstance(run.work.get(work), InHand)


def _pages_of(run: Run, works: Sequence[Work]) -> tuple[int, ...]:
    """The pages that the writer's work left is for."""
    if WRITING in works:
        return tuple(range(len(run.pages), run.page_count))
    return tuple(page for page in sorted(run.rewrites) if rewriting_of(page) in works)
