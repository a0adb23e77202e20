"""The script of a film: what is shown and heard, and when.

A **shot** is a leaf of the book for as long as it is shown: the cover, a page, the end. Its times
are ticks, of which a second has `TICKS`: frames are shown at ticks, and sound begins at one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from storybook.book import Artifact
from storybook.engines import Narration
from storybook.export.content import BookContent, PageContent, PageText
from storybook.export.credits import credits_of, notice_of
from storybook.export.film.subtitles import Cue, heard_cues, read_cues, reading_seconds
from storybook.languages.language import Language

TICKS: Final = 24
"""Frames a second while something moves: those of the cinema, and few enough to be rendered faster
than they are shown."""
TURN: Final = 28
"""Ticks that a page takes to turn."""
LEAD: Final = 12
"""Ticks that somebody looks at a page before it is read aloud."""
REST: Final = 24
"""Ticks after the last word, before the page is turned."""
SHORTEST: Final = 4 * TICKS
"""Ticks that a page without a voice stays, however short its text."""


class FilmLeaf(msgspec.Struct, frozen=True):
    """What is seen: a picture and words beside it, either of which may be missing. `paragraphs` are
    read, `notes` stand small under them. Words that are heard are not shown, but for the title."""

    title: str = ""
    paragraphs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    picture: Artifact | None = None

    @property
    def has_words(self) -> bool:
        return bool(self.title or self.paragraphs or self.notes)


class Shot(msgspec.Struct, frozen=True):
    """A leaf from one tick to another. At the tick `read_at` its `sound` begins, a recording of the
    book or one that was made for the film (WAV); without one its words are read from then on."""

    name: str
    leaf: FilmLeaf
    start: int
    ticks: int
    read_at: int
    sound: Artifact | bytes | None = None

    @property
    def end(self) -> int:
        return self.start + self.ticks


class FilmScript(msgspec.Struct, frozen=True):
    """A film: its shots, and its subtitles in the book's language, then in each other one. The end
    has none: what is heard there is seen."""

    shots: tuple[Shot, ...]
    subtitles: tuple[tuple[Language, tuple[Cue, ...]], ...]

    @property
    def ticks(self) -> int:
        return self.shots[-1].end


def script_of(book: BookContent, credits_read: Narration | None = None) -> FilmScript:
    """A book as a film, whose end is read aloud if there is a reading of it."""
    shots: list[Shot] = []
    for page in book.pages:
        shots.append(_page_shot(book, page, shots[-1].end if shots else 0))
    shots.append(_end_shot(book, shots[-1].end, credits_read))
    return FilmScript(tuple(shots), tuple(_subtitles(book, shots)))


def _page_shot(book: BookContent, page: PageContent, start: int) -> Shot:
    words = book.language.furniture
    panel = words.page.format(page=page.number, pages=book.page_count - 1)
    read_at = start + (TURN if start else 0) + LEAD
    end = read_at + _ticks_of(page) + REST
    name = words.cover if page.is_cover else panel
    return Shot(name, _leaf(book, page), start, end - start, read_at, page.narration)


def _ticks_of(page: PageContent) -> int:
    """How long it takes to listen to a page, or to read it."""
    if page.narration is not None:
        return math.ceil(page.narration.seconds * TICKS)
    seconds = max(reading_seconds(" ".join(it.plain)) for it in (page.text, *page.others))
    return max(SHORTEST, math.ceil(seconds * TICKS))


def _leaf(book: BookContent, page: PageContent) -> FilmLeaf:
    if page.is_cover:
        titles, title = tuple(" ".join(it.plain) for it in page.others), " ".join(page.text.plain)
        return FilmLeaf(title or book.title, titles, (), page.picture)
    is_seen = page.narration is None or page.picture is None
    parts = [part for it in (page.text, *page.others) for part in it.plain] if is_seen else []
    return FilmLeaf("", tuple(parts), (), page.picture)


def _end_shot(book: BookContent, start: int, read: Narration | None) -> Shot:
    request, words = book.request, book.language.furniture
    seeds = (request.era, request.place, request.characters, request.topic)
    notes = tuple(it for it in (*(it.line for it in credits_of(book)), notice_of(book)) if it)
    leaf = FilmLeaf(words.end, (" · ".join(seeds),), notes)
    seconds = read.seconds if read is not None else reading_seconds(notice_of(book))
    ticks = TURN + LEAD + max(SHORTEST, math.ceil(seconds * TICKS)) + REST
    sound = read.wav if read is not None else None
    return Shot(words.end, leaf, start, ticks, start + TURN + LEAD, sound)


def _subtitles(
    book: BookContent, shots: Sequence[Shot]
) -> Iterator[tuple[Language, tuple[Cue, ...]]]:
    for language in (book.language, *book.others):
        cues = [
            cue
            for page, shot in zip(book.pages, shots, strict=False)
            for text in (page.text, *page.others)
            if text.language is language
            for cue in _page_cues(page, shot, text)
        ]
        yield language, tuple(cues)


def _page_cues(page: PageContent, shot: Shot, text: PageText) -> list[Cue]:
    """Of a page in a language: only that of the voice has its times."""
    since = shot.read_at / TICKS
    if page.narration is not None and text is page.text:
        return heard_cues(text, since, page.narration.seconds)
    return read_cues(text, since, (shot.end - REST) / TICKS)
