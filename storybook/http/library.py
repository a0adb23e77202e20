"""The library as the API shows it."""

from __future__ import annotations

import msgspec

from storybook.book import RunId, Stage
from storybook.events.log import MAX_POSITION_DIGITS, Position
from storybook.http.addresses import NO_PREFIX, Addresses
from storybook.http.times import iso_time
from storybook.projections.library import Book, BookPage
from storybook.run import Status


class RunSummary(msgspec.Struct, frozen=True):
    """A run's line in the library. Times are ISO 8601 in UTC, milliseconds, with Z."""

    run_id: RunId
    title: str
    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    created_at: str
    updated_at: str
    cover_url: str


class Library(msgspec.Struct, frozen=True):
    """A page of the library, newest first. `next` is the cursor of the page after it, if any."""

    runs: list[RunSummary]
    next: str | None


def library(page: BookPage, addresses: Addresses) -> Library:
    """A page of the library, with addresses."""
    return Library(
        [run_summary(book, addresses) for book in page.books],
        f"r{page.next}" if page.next is not None else None,
    )


def run_summary(book: Book, addresses: Addresses = NO_PREFIX) -> RunSummary:
    """A book's line."""
    return RunSummary(
        book.run_id,
        book.title,
        book.status,
        book.stage,
        book.ready_max_page,
        book.ready_max_audio_page,
        iso_time(book.created_at),
        iso_time(book.updated_at),
        addresses.picture(book.run_id, book.cover),
    )


def position_of(cursor: str) -> Position:
    """The position that a `next` stands for. Raises ValueError."""
    digits = cursor[1:]
    is_cursor = cursor[:1] == "r" and digits.isascii() and digits.isdigit()
    if not is_cursor or len(digits) > MAX_POSITION_DIGITS:
        raise ValueError(f"before is to be the `next` of an earlier answer, found {cursor[:40]!r}")
    return Position(int(digits))
