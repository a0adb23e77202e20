"""Listens to a model's answer and gives its pages, the moment their objects close.

One `Telling` is one answer, of whatever model. What an answer can get wrong by being cut or being
no JSON of the right form is found here, as a failure after which another attempt, with another
seed, goes on after the pages that stand. An object of which no page was taken may be a draft or an
example: it is left, and a later one counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from storybook.book import Page
from storybook.engines import Report, WorkFailed, WritingTask
from storybook.languages.known import names_in
from storybook.stages.writer.answer.brief import Brief
from storybook.stages.writer.answer.pages import (
    MEMBERS,
    Malformed,
    page_of,
    sheet_of,
    sheet_of_standing,
)
from storybook.stages.writer.answer.picture import Sheet
from storybook.stages.writer.answer.reader import Member, MemberReader

_KEYS: Final = "|".join(("place", "cards", *MEMBERS))
"""What a book's object has, as `MemberReader` looks for it."""
PAGE_CHARACTERS: Final = 600
"""About what a page's object has, to tell how far it is."""


class Telling:
    """The pages of one answer to a task, after those that stand."""

    def __init__(self, brief: Brief, task: WritingTask, report: Report) -> None:
        self._brief, self._task, self._report = brief, task, report
        self._reader = MemberReader(_KEYS)
        self._head: dict[str, Any] = {}
        self._sheet = sheet_of_standing(brief, task.seed, task.standing) if task.standing else None
        self._wanted = brief.wanted(len(task.standing))
        self._next = self._wanted.start
        self._object = 0
        """The object of which pages were taken last, as its reader counts them."""
        self._fraction = 0.0

    @property
    def keys(self) -> set[str]:
        """The members that the answer is to have."""
        return {MEMBERS[number] for number in self._wanted}

    @property
    def is_complete(self) -> bool:
        """Whether every page has been told."""
        return self._next == self._wanted.stop

    @property
    def sheet(self) -> Sheet:
        """What every picture of the book has: as it stands, or as the answer began."""
        if self._sheet is None:
            names = names_in(self._brief.language, self._task.request)
            cards = {names.get(it.name, it.name): it.card for it in self._task.cast if it.card}
            self._sheet = sheet_of(self._brief, self._task.seed, self._head, cards)
        return self._sheet

    def hear(self, text: str) -> Iterator[Page]:
        """Take some of the answer, and give the pages that are whole with it. Raises `WorkFailed`
        of kind `bad_answer`."""
        yield from self._pages(self._reader.feed(text))
        self._tell()

    def rest(self) -> Iterator[Page]:
        """The answer has ended: give the pages of what was held back in doubt. Raises as `hear`."""
        yield from self._pages(self._reader.end())

    def end(self, reason: str) -> None:
        """The answer has ended. Raises `WorkFailed` if pages are missing: `bad_answer` if something
        was no page of a book, else `cut_answer`."""
        if self.is_complete:
            return
        if self._reader.failure:
            raise self._unreadable(self._reader.failure)
        message = f"the model's answer ends before page {self._next} is whole ({reason})"
        raise WorkFailed("cut_answer", message, retryable=True)

    def _pages(self, members: Iterator[Member]) -> Iterator[Page]:
        for member in members:
            try:
                yield from self._page(member)
            except Malformed as error:
                self._reader.reject(str(error))
                self._forget_draft()
        if self._object in self._reader.left:
            raise self._unreadable(self._reader.failure)

    def _forget_draft(self) -> None:
        """What a draft said of all pictures is nothing that they have."""
        self._head = {}
        if not self._task.standing and not self._object:
            self._sheet = None

    def _unreadable(self, why: str) -> WorkFailed:
        message = f"the model's answer cannot be read: {why[:200]}"
        return WorkFailed("bad_answer", message, retryable=True)

    def _page(self, member: Member) -> Iterator[Page]:
        if member.key not in MEMBERS[: self._brief.page_count]:
            self._head[member.key] = member.value
            return
        number = MEMBERS.index(member.key)
        if number not in self._wanted:
            return  # it stands, and is told once more
        if number != self._next:
            raise Malformed(f"expected {MEMBERS[self._next]}, found {member.key}")
        page = page_of(number, self._brief, self.sheet, member.value)
        self._next, self._object = self._next + 1, self._reader.objects
        self._tell()
        yield page

    def _tell(self) -> None:
        """Say how far the book is."""
        begun = min(self._reader.unfinished / PAGE_CHARACTERS, 0.95)
        # What comes before the cover has a length too: a later part never takes progress back.
        if self._brief.only is not None:
            done = self._next + begun - self._wanted.start
        else:
            done = (self._next + begun) / self._brief.page_count
        self._fraction = max(self._fraction, min(1.0, done))
        self._report(self._fraction)
