"""Books that are taken in from a file: what becomes an event of an archive, and its files.

An imported book is a run of its own. Its first two events say what was asked for and where it came
from, and what the file has of it follows, as attempt 0, as in a book that is based on another one.
So all that can be done with a book can be done with it.

The same file is the same run, however often it is taken in, and whatever was done with it since.
Only if nothing is left of that to be looked at (it was forgotten, or retention has removed files of
it) the file becomes another one.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from storybook.book import (
    WRITING,
    RunId,
    Work,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.commands import Commands
from storybook.events.catalog import (
    Event,
    PageTranslated,
    PageWritten,
    RunImported,
    RunRequested,
    StageCompleted,
)
from storybook.events.log import Position
from storybook.export.archive.checking import BookArchive
from storybook.export.archive.shapes import ArchivedArtifact, ArchivedBook, ArchivedPage, WrittenBy
from storybook.export.archive.zipping import ArchiveRefused
from storybook.run import ForgottenRun, Refused, import_run
from storybook.stores.artifacts import ArtifactStore

logger = logging.getLogger(__name__)

MOST_TIMES: Final = 1_000
"""That a file is taken in again after what it had become was forgotten."""


class TakenIn(msgspec.Struct, frozen=True):
    """What a file has become: its run, whether that is new, and what a reader must have seen to see
    it."""

    run_id: RunId
    is_new: bool
    position: Position = Position(0)


def book_of(archive: BookArchive) -> ArchivedBook:
    """The book in an archive without faults. Raises `ArchiveRefused`."""
    if archive.book is None or archive.faults:
        raise ArchiveRefused("; ".join(archive.faults))
    return archive.book


def run_id_of(archive: BookArchive, times: int = 0) -> RunId:
    """The run that an archive becomes; another one after it was forgotten so many times."""
    name = f"storybook import:{archive.sha256}:{times}"
    return RunId(hashlib.sha256(name.encode()).hexdigest()[:32])


# ---------------------------------------------------------------------------------------- as events


def request_of(book: ArchivedBook) -> RunRequested:
    """The event that asks for the book, as the file says that it was asked for."""
    return RunRequested(
        book.request,
        book.seed,
        book.tts,
        page_count=book.page_count,
        language=book.language,
        style=book.style,
        characters_asked=book.characters_asked,
        age=book.age,
        variations=book.variations,
        reading=book.reading,
        storyline=book.storyline,
        topic_known=book.topic_known,
    )


def origin_of(archive: BookArchive, by: str) -> RunImported:
    """The event that says where a book came from."""
    book = book_of(archive)
    return RunImported(
        book.run_id,
        book.edition,
        archive.sha256,
        archive.key,
        book.languages,
        book.modified,
        by,
    )


def content_of(book: ArchivedBook) -> list[Event]:
    """The events that give a run what the file has of the book."""
    return list(_content(book))


def _content(book: ArchivedBook) -> Iterator[Event]:
    for page in book.pages:
        yield _written(page, book)
    if len(book.pages) == book.page_count:
        yield _completed(WRITING, book.written or WrittenBy())
    for page in book.pages:
        if page.written is not None:
            yield _completed(rewriting_of(page.page), page.written)
        yield from _made(picture_of(page.page), page.picture)
        yield from _made(narration_of(page.page), page.narration)
        yield from _in_others(page)


def _written(page: ArchivedPage, book: ArchivedBook) -> PageWritten:
    it = page.text
    told = it.title, it.summary, it.dialogues, it.image_prompt
    cast = book.cast if page is book.pages[0] else ()
    return PageWritten(it.page, 0, *told, cast, kept=True, scene=it.scene)


def _in_others(page: ArchivedPage) -> Iterator[Event]:
    number = page.page
    for it in page.others:
        told = it.title, it.summary, it.dialogues
        yield PageTranslated(number, it.language, 0, *told, kept=True)
        if it.written is not None:
            yield _completed(translation_of(number, it.language), it.written)
        yield from _made(narration_of(number, it.language), it.narration)


def _made(work: Work, made: ArchivedArtifact | None) -> Iterator[StageCompleted]:
    if made is not None:
        yield StageCompleted(
            *(work.stage, work.page, 0, made.artifact, made.made_from, made.made_by),
            language=work.language,
        )


def _completed(work: Work, by: WrittenBy) -> StageCompleted:
    return StageCompleted(
        *(work.stage, work.page, 0, None, by.made_from, by.made_by), language=work.language
    )


# ---------------------------------------------------------------------------------------- taking in


async def take_in(
    archive: BookArchive, commands: Commands, store: ArtifactStore, by: str
) -> TakenIn:
    """Make a run of an archive; for one at a time. Its files are there before an event names them.
    Raises `ArchiveRefused`, `CannotKeep`, `LogError`, and `RunParked`."""
    book = book_of(archive)
    for times in range(MOST_TIMES):
        run_id = run_id_of(archive, times)
        try:
            run = await commands.load(run_id)
        except ForgottenRun:
            continue
        if run is None:
            return await _begin(run_id, archive, book, commands, store, by)
        if not any(it.name in run.pruned for it in run.shown.artifacts):
            return TakenIn(run_id, is_new=False)
    raise Refused(f"the file was taken in and given up {MOST_TIMES} times: export it anew")


async def _begin(
    run_id: RunId,
    archive: BookArchive,
    book: ArchivedBook,
    commands: Commands,
    store: ArtifactStore,
    by: str,
) -> TakenIn:
    decide = partial(
        import_run,
        requested=request_of(book),
        imported=origin_of(archive, by),
        content=content_of(book),
    )
    try:
        await store.take_in(run_id)
        for name in book.files:
            content = await anyio.to_thread.run_sync(archive.content, name)
            await store.put(run_id, name, content)
        done = await commands.execute(run_id, decide)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await store.settle_shared(run_id, is_named=False)
        raise
    await store.settle_shared(run_id, is_named=True)
    logger.info("run %s: taken in, edition %d of %s", run_id, book.edition, book.run_id)
    return TakenIn(run_id, True, done.position)
