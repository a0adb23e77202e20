"""The making of copies that are asked for, each once however many wait for it.

Whoever asks for a copy of a format that is soon made waits for it. A long one is begun, and whoever
asks is told how far it is, until it is there. A few are made at a time, the others wait in the
order in which they were asked for. What has failed is told to all who ask within some seconds;
after that it is tried again.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import anyio
import msgspec

from storybook.book import RunId
from storybook.clock import MICROSECONDS, Clock
from storybook.events.log import EventLog
from storybook.export.content import CannotExport, book_of
from storybook.export.encoding import picture_processes
from storybook.export.formats import BadChoice, BookFormat, CannotTakeAlong
from storybook.export.keeping import BookCopy, KeptCopies, KeptCopy
from storybook.export.media import Encode, SmallMedia
from storybook.notifier import Notifier
from storybook.run import ForgottenRun
from storybook.stores.artifacts import ArtifactError, ArtifactStore, CannotRemove

logger = logging.getLogger(__name__)

LONG_AT_ONCE: Final = 2
"""Films: each takes a core and some 400 MB."""
SHORT_AT_ONCE: Final = 2
"""All others: as many as cores that a small machine has; each takes a second or two."""
MOST_WAITING: Final = 32
"""Copies that wait or are being made: a house asks for a few, and who asks for all of a library's
films is told to come back."""
FAILURE_SECONDS: Final = 6.0
"""For how long a failure is told: several times as long as between two questions how far it is."""
LINGER_SECONDS: Final = 20.0
"""For how long processes that make pictures small wait for more: their start takes most of a
second."""
MOST_MEDIA: Final = 4
"""Books whose small pictures and voices are kept for the next format, some 2 MB each."""


class CopyFailed(Exception):
    """A copy could not be made, for a reason that nobody foresaw."""


class TooManyCopies(Exception):
    """As many copies wait or are being made as may."""

    retry_after_seconds = 30

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_WAITING} books are being made ready to be taken along or wait for it, which is "
            f"the limit; try again in {self.retry_after_seconds} s"
        )


class CopyOrder(msgspec.Struct, frozen=True):
    """What is asked for: a run's book in a format, with its choice ("" for the usual one), in a
    language ("" for its own), as an edition has it (None as it is shown); with `partial` also what
    there is of a book that is not whole."""

    run_id: RunId
    format: BookFormat
    choice: str = ""
    language: str = ""
    edition: int | None = None
    partial: bool = False


class CopyProgress(msgspec.Struct, frozen=True):
    """How far a copy is, from 0 to 1, and how many have to end before it is begun."""

    fraction: float
    waiting: int


class _Work:
    """A copy that is to be made, for all who wait for it."""

    def __init__(self, order: CopyOrder, copy: BookCopy) -> None:
        self.order, self.copy = order, copy
        self.fraction, self.has_begun = 0.0, False
        self.made: KeptCopy | None = None
        self.error: Exception | None = None
        self.ended = anyio.Event()
        self.scope = anyio.CancelScope()

    @property
    def is_long(self) -> bool:
        return self.copy.format.is_long

    def told(self, fraction: float) -> None:
        self.fraction = max(self.fraction, min(fraction, 1.0))

    def outcome(self) -> KeptCopy:
        if self.error is not None:
            raise self.error
        assert self.made is not None
        return self.made


class CopyMakings:
    """Has copies made. `run` is to be running where they are asked for."""

    def __init__(
        self,
        log: EventLog,
        store: ArtifactStore,
        copies: KeptCopies,
        clock: Clock,
        pictures: Callable[[], AbstractAsyncContextManager[Encode]] = picture_processes,
    ) -> None:
        self._log, self._store, self._copies = log, store, copies
        self._clock, self._pictures = clock, pictures
        self._works: dict[tuple[RunId, str, str], _Work] = {}
        self._failed: dict[tuple[RunId, str, str], tuple[int, Exception]] = {}
        """What has failed, and until when that is told."""
        self._media: OrderedDict[RunId, SmallMedia] = OrderedDict()
        self._queued: list[_Work] = []
        self._heard = Notifier()
        self._long = anyio.CapacityLimiter(LONG_AT_ONCE)
        self._short = anyio.CapacityLimiter(SHORT_AT_ONCE)

    async def copy_of(self, order: CopyOrder) -> BookCopy:
        """What an order comes to now. Raises `CannotExport`, `BadChoice`, `NoSuchRun`,
        `ForgottenRun`, `RunParked`, and as `KeptCopies.wanted`."""
        choice = order.format.chosen(order.choice)
        recorded = await self._log.read_run(order.run_id)
        book = book_of(order.run_id, recorded, order.language, order.edition, partial=order.partial)
        return await self._copies.wanted(
            book, order.format, choice, tuple(recorded), partial=order.partial
        )

    async def ask(self, order: CopyOrder) -> tuple[BookCopy, KeptCopy | CopyProgress]:
        """The copy as it is kept, made first if need be; or, if that takes long, how far it is.
        Raises as `copy_of`, `CannotTakeAlong`, `ArtifactError`, `CopyFailed`, `TooManyCopies`."""
        copy = await self.copy_of(order)
        kept = await self._copies.find(copy)
        if kept is not None:
            return copy, kept
        work = self._work_for(order, copy)
        if not work.is_long:
            await work.ended.wait()
        if work.ended.is_set():
            return copy, work.outcome()
        return copy, CopyProgress(round(work.fraction, 3), self._before(work))

    def stop(self, run_id: RunId) -> None:
        """End what is being made of a run, which was forgotten."""
        self._media.pop(run_id, None)
        for work in self._works.values():
            if work.copy.book.run_id == run_id:
                work.error = ForgottenRun()
                work.scope.cancel()

    async def run(self) -> None:
        """Make what is asked for, until cancelled. The processes for pictures are there as long as
        there is something to do, and a little longer."""
        while True:
            heard = self._heard.next
            if not self._queued:
                await heard.wait()
            async with self._pictures() as picture, anyio.create_task_group() as tasks:
                is_idle = False
                while not is_idle:
                    heard = self._heard.next
                    while self._queued:
                        tasks.start_soon(self._do, self._queued.pop(0), picture)
                    with anyio.move_on_after(
                        LINGER_SECONDS if not self._works else float("inf")
                    ) as scope:
                        await heard.wait()
                    is_idle = scope.cancelled_caught and not self._works
            self._media.clear()

    def _work_for(self, order: CopyOrder, copy: BookCopy) -> _Work:
        """Who makes it already, or a new making. Raises what it has failed with a moment ago."""
        key = copy.book.run_id, copy.name, copy.made_from
        copy.format.check_ready()
        self._forget_failures()
        if key in self._failed:
            raise self._failed[key][1]
        work = self._works.get(key)
        if work is None:
            if len(self._works) >= MOST_WAITING:
                raise TooManyCopies
            work = self._works[key] = _Work(order, copy)
            self._queued.append(work)
            self._heard.notify()
        return work

    def _forget_failures(self) -> None:
        now = self._clock.monotonic()
        self._failed = {key: it for key, it in self._failed.items() if now < it[0]}

    def _before(self, work: _Work) -> int:
        """How many have to end before a long making is begun."""
        if work.has_begun:
            return 0
        others = [it for it in self._works.values() if it.is_long]
        return max(0, others.index(work) + 1 - LONG_AT_ONCE)

    async def _do(self, work: _Work, picture: Encode) -> None:
        key = next(key for key, it in self._works.items() if it is work)
        try:
            with work.scope:
                async with self._long if work.is_long else self._short:
                    work.has_begun = True
                    work.made = await self._made(work, picture)
        except Exception as error:
            work.error = self._told(work, error)
            if work.is_long:  # nobody waits for it just now
                until = self._clock.monotonic() + int(FAILURE_SECONDS * MICROSECONDS)
                self._failed[key] = until, work.error
        finally:
            if work.made is None and work.error is None:
                work.error = CopyFailed("the server stops; ask again when it is back")
            del self._works[key]
            work.ended.set()
            self._heard.notify()

    async def _made(self, work: _Work, picture: Encode) -> KeptCopy:
        """Make it, and look again: what has changed meanwhile is not kept, since retention, or
        whoever forgets the run, may have been there already."""
        run_id = work.copy.book.run_id
        media = self._media.setdefault(run_id, SmallMedia(self._store, picture))
        self._media.move_to_end(run_id)
        if len(self._media) > MOST_MEDIA:
            self._media.popitem(last=False)
        made = await self._copies.make(work.copy, media, work.told)
        try:
            if (await self.copy_of(work.order)).made_from != work.copy.made_from:
                raise CannotExport("the book was changed while it was made ready; ask again")
        except Exception:
            await self._remove(work.copy)
            raise
        return made

    async def _remove(self, copy: BookCopy) -> None:
        try:
            await self._copies.remove(copy)
        except CannotRemove as error:
            logger.error("run %s: %s", copy.book.run_id, error)

    def _told(self, work: _Work, error: Exception) -> Exception:
        """An error as those are told it who wait."""
        if isinstance(error, ArtifactError | BadChoice | CannotExport | CannotTakeAlong):
            return error
        if isinstance(error, ForgottenRun):
            return error
        copy = work.copy
        logger.error("run %s: %s not made", copy.book.run_id, copy.name, exc_info=error)
        return CopyFailed(
            f"{copy.format.name} could not be made: {type(error).__name__}; the server's log has "
            "more, and another try is made when it is asked for again"
        )
