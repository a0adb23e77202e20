"""A book as every format tells it: pages with text, times, pictures and voices, and its makers.

A **content** is one edition of a book in one language, perhaps with others under it. Whatever a
format needs to know of a book stands in it: no format reads a run. Bytes of pictures and voices
come from the artifact store, by the names in it.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.book import (
    COVER_PAGE,
    Artifact,
    Page,
    Role,
    RunId,
    Segment,
    StoryRequest,
    Work,
    narration_of,
    picture_of,
)
from storybook.events.catalog import (
    EditionRequested,
    EngineInfo,
    Event,
    PageTranslated,
    PageWritten,
    RunRequested,
    StageCompleted,
    StageStarted,
)
from storybook.events.log import Recorded
from storybook.export.quotes import curled
from storybook.export.spans import Span, paragraphs
from storybook.languages.known import language_of
from storybook.languages.language import Language
from storybook.run import NoSuchRun, Run, Status, read_whole

ALL_LANGUAGES: Final = "both"
"""Stands for a language: the text of each is under that of the book's own, whose voice reads."""
_SENTENCE_ENDS: Final = (".", "!", "?", "…")
_FIRST_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s")


class CannotExport(Exception):
    """No book can be made of the run now; the message says why."""


class BookNotWhole(CannotExport):
    """Something is missing that will come, or was never made; the message says what."""


class BookGone(CannotExport):
    """Retention has removed what the book is made of."""


class NoSuchBook(CannotExport):
    """The run has no such edition, or is not in that language."""


class Maker(msgspec.Struct, frozen=True):
    """Who made a book's texts, pictures or voices: an engine in a role, with its model if it has
    one. An engine without a model works by rule."""

    role: Role
    engine: str
    model: str = ""


class PageText(msgspec.Struct, frozen=True):
    """A page's text in a language, in paragraphs of spans: of each its words as they are printed,
    with curled quotation marks, the segment that speaks it (seconds of the page's recording) if
    there is a voice, and whether somebody says it. `narration` is the recording of a text that
    stands under another one, which no span is of."""

    page: Page
    language: Language
    paragraphs: tuple[tuple[Span, ...], ...]
    narration: Artifact | None = None

    @property
    def plain(self) -> tuple[str, ...]:
        """The paragraphs as text."""
        return tuple("".join(span.text for span in it) for it in self.paragraphs)


class PageContent(msgspec.Struct, frozen=True):
    """One page: its text, the same in `others`, its picture and its recording, of which each may be
    missing from a book that is not whole; `described` says what the picture shows."""

    number: int
    text: PageText
    picture: Artifact | None
    narration: Artifact | None
    described: str
    others: tuple[PageText, ...] = ()

    @property
    def is_cover(self) -> bool:
        return self.number == COVER_PAGE


class BookContent(msgspec.Struct, frozen=True):
    """A book: who asked for what, its pages from the cover on, and its makers. `modified` is when
    the last of it was made (microseconds since 1970, UTC). `edition` is the number of the edition
    that was asked for, None for the book as it is shown. `lacks` has what of it is not there: of
    each a word for people and the page."""

    run_id: RunId
    language: Language
    request: StoryRequest
    pages: tuple[PageContent, ...]
    page_count: int
    makers: tuple[Maker, ...] = ()
    modified: int = 0
    edition: int | None = None
    added: str = ""
    is_read_aloud: bool = False
    lacks: tuple[tuple[str, int], ...] = ()

    @property
    def missing(self) -> str:
        """What is not there: `the picture of page 3; the voice of pages 1 and 2`."""
        return _listed(self.lacks)

    def without(self, lost: Collection[str]) -> BookContent:
        """The book without some of its files, by name."""
        pages = tuple(_page_without(it, lost) for it in self.pages)
        lacks = [
            (what, it.number)
            for it in self.pages
            for what, file in _files_of(it)
            if file is not None and file.name in lost
        ]
        return replace(
            self,
            pages=pages,
            is_read_aloud=any(it.narration is not None for it in pages),
            lacks=(*self.lacks, *lacks),
        )

    @property
    def title(self) -> str:
        """Of its cover; the four words stand for it as long as there is none."""
        written = self.pages[COVER_PAGE].text.page.title if self.pages else ""
        return written or self.request.topic

    @property
    def others(self) -> tuple[Language, ...]:
        """The languages whose text is under that of the book's own."""
        return tuple(it.language for it in self.pages[0].others) if self.pages else ()

    @property
    def identifier(self) -> str:
        """A URN that is the same for every copy of this book in this language, or in several,
        edition for edition."""
        tags = "+".join(it.tag for it in (self.language, *self.others))
        name = f"{self.run_id}/{self.edition or ''}/{tags}"
        return uuid.uuid5(_NAMESPACE, name).urn

    @property
    def files(self) -> Iterator[Artifact]:
        """Its pictures and recordings."""
        for page in self.pages:
            yield from (it for it in (page.picture, page.narration) if it is not None)

    @property
    def all_files(self) -> Iterator[Artifact]:
        """These, and the recordings of the texts that stand under its own."""
        yield from self.files
        voices = (it.narration for page in self.pages for it in page.others)
        yield from (it for it in voices if it is not None)

    @property
    def digest(self) -> str:
        """SHA-256 of all that a format is made from: another one, and the book is another."""
        told = [
            (
                it.number,
                it.described,
                it.text.page,
                [(text.page, text.narration) for text in it.others],
            )
            for it in self.pages
        ]
        parts = (self.identifier, self.request, told, [*self.files], self.makers, self.modified)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:storybook:book")


def book_content(
    run_id: RunId,
    run: Run,
    language: str = "",
    edition: int | None = None,
    makers: Iterable[Maker] = (),
    modified: int = 0,
    *,
    partial: bool = False,
) -> BookContent:
    """A book as it is shown, or as an edition has it, in its own language or in `language`, which
    may be `ALL_LANGUAGES`. With `partial` what there is of one that is not whole. Raises
    `CannotExport`."""
    found = run.shown if edition is None else run.of_edition(edition)
    if found is None:
        raise NoSuchBook(f"the book has no edition {edition}: the newest is {run.edition}")
    added, others = _languages(found, language)
    if not partial:
        _check_whole(found, run.pruned, added)
    numbers = [it for it in range(found.page_count) if found.page_in(it, added) is not None]
    pages = tuple(_page(found, it, added, others, run.pruned) for it in numbers)
    if not pages:
        raise BookNotWhole(f"the run is {found.status}; no page of it is written")
    own = language_of(added or found.language)
    return BookContent(
        run_id,
        own,
        found.request,
        pages,
        found.page_count,
        tuple(makers),
        modified,
        edition,
        added,
        any(it.narration is not None for it in pages),
        _lacks(found, added),
    )


def book_of(
    run_id: RunId,
    recorded: Sequence[Recorded],
    language: str = "",
    edition: int | None = None,
    *,
    partial: bool = False,
) -> BookContent:
    """As `book_content`, of a run's events: those that made the edition say who made it, and when
    the last of it was made. Raises `NoSuchRun`, `ForgottenRun` and `RunParked`, too."""
    run = read_whole(recorded)
    if run is None:
        raise NoSuchRun
    number = edition if edition is not None else run.shown.edition
    events = [(it.recorded_at, it.event) for it in recorded]
    after = (at for at, (_, it) in enumerate(events) if _asks_for_more(it, number))
    made_it = events[: next(after, len(events))]
    modified = max(at for at, it in made_it if isinstance(it, _MAKES))
    makers = makers_of(it for _, it in made_it)
    return book_content(run_id, run, language, edition, makers, modified, partial=partial)


_MAKES: Final = (RunRequested, EditionRequested, PageWritten, PageTranslated, StageCompleted)
"""What changes a book as its readers have it."""


def _asks_for_more(event: Event, edition: int) -> bool:
    return isinstance(event, EditionRequested) and event.edition > edition


def makers_of(events: Iterable[Event]) -> tuple[Maker, ...]:
    """Who made what of a book, by its events: each engine that completed something, by role."""
    started: dict[tuple[Work, int], EngineInfo] = {}
    found: dict[Maker, None] = {}
    for event in events:
        if isinstance(event, StageStarted):
            started[event.work, event.attempt] = event.engine
        elif isinstance(event, StageCompleted):
            engine = event.made_by or started.get((event.work, event.attempt))
            if engine is not None:
                model = (event.made_from.model if event.made_from else "") or engine.model
                found[Maker(event.work.stage.role, engine.name, model)] = None
    return tuple(sorted(found, key=lambda it: [*Role].index(it.role)))


def _languages(run: Run, language: str) -> tuple[str, tuple[str, ...]]:
    """What the book's text is in ("" for its own), and what stands under it."""
    is_all = language == ALL_LANGUAGES
    added = "" if is_all or not language else run.added_as(language)
    if added is None or (is_all and not run.translations):
        raise NoSuchBook(
            f"the book is in {', '.join(run.languages)}: `storybook edit RUN --add-language TAG` "
            "adds another language"
        )
    return added, (*run.translations,) if is_all else ()


def _check_whole(run: Run, pruned: frozenset[str], added: str) -> None:
    if run.status is not Status.DONE:
        raise BookNotWhole(
            f"the run is {run.status}; only a DONE one is a whole book. {_lacking(run, added)}: "
            "`partial` gives what there is"
        )
    works = [it for it in run.plan if it.stage.is_picture or it.language == added]
    files = [found.name for it in works if (found := run.artifact(it)) is not None]
    if any(name in pruned for name in files):
        raise BookGone("retention has removed this book's files")


def _lacking(run: Run, added: str) -> str:
    """What a book lacks, as a sentence."""
    told = _listed(_lacks(run, added))
    return f"Missing: {told}" if told else "All of its files are there already"


_TEXT, _PICTURE, _VOICE = "text", "picture", "voice"


def _lacks(run: Run, added: str) -> tuple[tuple[str, int], ...]:
    """What was not made, or was removed by retention."""
    texts = [it for it in range(run.page_count) if run.page_in(it, added) is None]
    works = [(it, it.page) for it in run.plan if _kept(run, it, run.pruned) is None]
    pictures = [page for it, page in works if it.stage.is_picture]
    voices = [page for it, page in works if not it.stage.is_picture and it.language == added]
    lists = ((_TEXT, texts), (_PICTURE, pictures), (_VOICE, voices))
    return tuple((what, it) for what, numbers in lists for it in numbers if it is not None)


def _listed(lacks: Collection[tuple[str, int]]) -> str:
    """Each kind once, with its pages."""
    of = {kind: sorted(page for what, page in lacks if what == kind) for kind, _ in lacks}
    return "; ".join(f"the {what} of {_pages(numbers)}" for what, numbers in of.items())


def _pages(numbers: Sequence[int]) -> str:
    """`page 3`, `pages 1, 2 and 4`; the cover is page 0."""
    *most, last = map(str, numbers)
    return f"pages {', '.join(most)} and {last}" if most else f"page {last}"


def _page(
    run: Run, number: int, added: str, others: Sequence[str], pruned: frozenset[str]
) -> PageContent:
    picture = _kept(run, picture_of(number), pruned)
    narration = _kept(run, narration_of(number, added), pruned)
    segments = narration.segments if narration is not None else ()
    page = run.page_in(number, added)
    assert page is not None
    language = language_of(added or run.language)
    return PageContent(
        number,
        PageText(page, language, printed_paragraphs(page, language, segments)),
        picture,
        narration,
        _described(page, language, run.pages[COVER_PAGE].title, named=not added),
        tuple(_under(run, number, it, pruned) for it in others if run.page_in(number, it)),
    )


def _under(run: Run, number: int, added: str, pruned: frozenset[str]) -> PageText:
    """A page in a language that was added. No span says when it is spoken: it is another voice that
    reads."""
    page, language = run.page_in(number, added), language_of(added)
    assert page is not None
    voice = _kept(run, narration_of(number, added), pruned)
    return PageText(page, language, printed_paragraphs(page, language), voice)


def _files_of(page: PageContent) -> Iterator[tuple[str, Artifact | None]]:
    """Each with a word for people."""
    yield from ((_PICTURE, page.picture), (_VOICE, page.narration))
    yield from ((f"{it.language.tag} {_VOICE}", it.narration) for it in page.others)


def _page_without(page: PageContent, lost: Collection[str]) -> PageContent:
    def left(file: Artifact | None) -> Artifact | None:
        return file if file is not None and file.name not in lost else None

    others = tuple(replace(it, narration=left(it.narration)) for it in page.others)
    narration = left(page.narration)
    text = page.text
    if narration is None:  # nothing says any more when a word is spoken
        text = replace(text, paragraphs=printed_paragraphs(text.page, text.language))
    return replace(page, text=text, picture=left(page.picture), narration=narration, others=others)


def _kept(run: Run, work: Work, pruned: frozenset[str]) -> Artifact | None:
    """What a piece of work has made, unless retention has removed it."""
    found = run.artifact(work)
    return found if found is not None and found.name not in pruned else None


def printed_paragraphs(
    page: Page, language: Language, segments: Sequence[Segment] = ()
) -> tuple[tuple[Span, ...], ...]:
    """A page's text as it is printed: see `PageText`."""
    return tuple(map(_printed, paragraphs(page, segments, language.goes_on)))


def _printed(paragraph: Sequence[Span]) -> tuple[Span, ...]:
    shown = curled([it.text for it in paragraph])
    return tuple(
        Span(text, it.segment, it.is_said) for it, text in zip(paragraph, shown, strict=True)
    )


def _described(page: Page, language: Language, title: str, named: bool) -> str:
    """What a picture shows, for whoever does not see it: what is told of it and, where its scene
    has names in the language (`named`), who is in it."""
    words = language.furniture
    first = _FIRST_SENTENCE.split(page.summary.strip(), maxsplit=1)[0]
    told = (
        words.cover_picture.format(title=page.title or title)
        if page.page == COVER_PAGE
        else words.picture.format(page=page.page, told=first)
    )
    seen = [it.name for it in page.scene.actors] if page.scene is not None and named else []
    if not seen:
        return told
    stop = "" if told.endswith(_SENTENCE_ENDS) else "."
    return f"{told}{stop} {words.seen.format(who=', '.join(seen))}"
