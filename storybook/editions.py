"""The editions of a book, as values: which there were, and how two differ.

An **edition** is a whole book or the way to one. All that is told here comes from a run's events or
from two of its folds; nothing is kept beside them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

import msgspec

from storybook.book import FIRST_EDITION, Page, TtsConfig, Work, narration_of, picture_of
from storybook.events.catalog import (
    EditionRequested,
    PageChange,
    PageTranslated,
    PageWritten,
    Problem,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunRequested,
    RunRetried,
    StageCompleted,
    StageStarted,
)
from storybook.events.log import Recorded
from storybook.run import Refused, Run, Status


class NoSuchLanguage(Refused):
    """The book, or that edition of it, is not in a language."""

    def __init__(self, language: str, of: Run) -> None:
        which = "the book" if of.edition == FIRST_EDITION else f"edition {of.edition} of the book"
        known = ", ".join(of.languages)
        super().__init__(f"{which} is not in {language[:40]!r}; it is in {known}")


class NoSuchEdition(Refused):
    """The book has no such edition, or it was never whole and is given up."""

    def __init__(self, edition: int, newest: int) -> None:
        why = (
            f"it was given up before it was whole, for edition {newest}"
            if FIRST_EDITION <= edition < newest
            else f"the newest is edition {newest}"
        )
        super().__init__(f"the book has no edition {edition}: {why}")


def content_of(run: Run, edition: int) -> Run:
    """The book as it was in an edition; of the newest one, as far as it is made. Raises
    `NoSuchEdition`."""
    found = run.of_edition(edition)
    if found is None:
        raise NoSuchEdition(edition, run.edition)
    return found


def shown_in(run: Run, language: str, edition: int | None = None) -> str:
    """What a language is called in the work of a book, as it is shown or in an edition; "" for its
    own. Raises `NoSuchLanguage` and `NoSuchEdition`."""
    of = run.shown if edition is None else content_of(run, edition)
    found = of.added_as(language)
    if found is None:
        raise NoSuchLanguage(language, of)
    return found


# ------------------------------------------------------------------------------- which there were


class GivenTranslation(msgspec.Struct, frozen=True):
    """A page whose text a person gave in a language that was added to the book's own."""

    page: int
    language: str


class EditionSummary(msgspec.Struct, frozen=True):
    """An edition: who asked for it, when (microseconds since 1970) and why, what was to change, and
    what became of it. Of the first one nothing was to change.

    `texts` are the pages whose text a person gave, `files` the names of those it made, and `error`
    is why it failed. `is_shown` is true of the one that readers see, `can_be_shown` of every whole
    one, and of the newest. `add_language` is the language that was added, if one was, and
    `translations` are what a person gave in one.
    """

    edition: int
    base_edition: int
    requested_at: int
    requested_by: str = ""
    note: str = ""
    restores: int = 0
    pages: tuple[PageChange, ...] = ()
    texts: tuple[int, ...] = ()
    tts: TtsConfig | None = None
    style: str | None = None
    accepted: tuple[Problem, ...] = ()
    status: Status = Status.QUEUED
    ended_at: int | None = None
    files: tuple[str, ...] = ()
    error: str | None = None
    is_shown: bool = False
    can_be_shown: bool = True
    add_language: str = ""
    translations: tuple[GivenTranslation, ...] = ()


def editions_of(recorded: Sequence[Recorded]) -> list[EditionSummary]:
    """The editions of a run by its events, oldest first."""
    found: list[EditionSummary] = []
    for it in recorded:
        event = it.event
        if isinstance(event, RunRequested | EditionRequested):
            found.append(_asked_for(it.recorded_at, event))
        elif found:
            found[-1] = _after(found[-1], it.recorded_at, event)
    whole = [it.edition for it in found if it.status is Status.DONE]
    shown = max(whole, default=FIRST_EDITION)
    return [
        msgspec.structs.replace(
            it,
            is_shown=it.edition == shown,
            can_be_shown=it.edition in whole or it is found[-1],
        )
        for it in found
    ]


def _asked_for(at: int, event: RunRequested | EditionRequested) -> EditionSummary:
    if isinstance(event, RunRequested):
        return EditionSummary(FIRST_EDITION, 0, at, event.requested_by, tts=event.tts)
    return EditionSummary(
        event.edition,
        event.base_edition,
        at,
        event.requested_by,
        event.note,
        event.restores,
        event.pages,
        (),
        event.tts,
        event.style,
        event.accepted,
        add_language=event.add_language,
    )


def _after(edition: EditionSummary, at: int, event: object) -> EditionSummary:
    """The edition after one more event."""
    change = msgspec.structs.replace
    match event:
        case StageStarted():
            return change(edition, status=Status.RUNNING)
        case PageWritten(page=page, attempt=0, kept=False):
            return change(edition, texts=(*edition.texts, page))
        case PageTranslated(page=page, language=language, attempt=0):
            given = GivenTranslation(page, language)
            return change(edition, translations=(*edition.translations, given))
        case StageCompleted(attempt=attempt, artifact=made) if made is not None and attempt:
            return change(edition, files=(*edition.files, made.name))
        case RunCompleted():
            return change(edition, status=Status.DONE, ended_at=at)
        case RunFailed(fault=fault):
            return change(edition, status=Status.FAILED, ended_at=at, error=fault.message)
        case RunCancelled():
            return change(edition, status=Status.CANCELLED, ended_at=at)
        case RunRetried():
            return change(edition, status=Status.QUEUED, ended_at=None, error=None)
    return edition


# ----------------------------------------------------------------------------------- how two differ

_WORDS: Final = re.compile(r"\s+|\S+")


class Words(msgspec.Struct, frozen=True):
    """A stretch of a text: `same`, `removed` or `added`."""

    kind: str
    text: str


class Files(msgspec.Struct, frozen=True):
    """A file of either edition by its name; empty where there is none."""

    before: str
    after: str


class PageComparison(msgspec.Struct, frozen=True):
    """How a page differs, in the book's own language or an added one, which `language` then names.
    What is the same in both is None."""

    page: int
    text: tuple[Words, ...] | None
    image_prompt: tuple[Words, ...] | None
    picture: Files | None
    narration: Files | None
    language: str = ""


class EditionComparison(msgspec.Struct, frozen=True):
    """How two editions of a book differ; of the pages those that do, each in every language in
    which it does. `tts`, `style` and `languages` are those of both, or None where they are the
    same."""

    before: int
    after: int
    pages: tuple[PageComparison, ...]
    tts: tuple[TtsConfig | None, TtsConfig | None] | None
    style: tuple[str, str] | None
    languages: tuple[tuple[str, ...], tuple[str, ...]] | None = None


def compare(before: Run, after: Run) -> EditionComparison:
    """Two editions of one book, as far as each is made."""
    added = dict.fromkeys((*before.translations, *after.translations))
    pages = (
        _compared(before, after, number, language)
        for number in range(before.page_count)
        for language in ("", *added)
    )
    return EditionComparison(
        before.edition,
        after.edition,
        tuple(it for it in pages if it is not None),
        (before.tts, after.tts) if before.tts != after.tts else None,
        (before.style, after.style) if before.style != after.style else None,
        (before.languages, after.languages) if before.languages != after.languages else None,
    )


def _compared(before: Run, after: Run, number: int, language: str) -> PageComparison | None:
    old, new = (run.page_in(number, language) or Page(number) for run in (before, after))
    found = PageComparison(
        number,
        words(old.text, new.text) if old.text != new.text else None,
        words(old.image_prompt, new.image_prompt) if old.image_prompt != new.image_prompt else None,
        None if language else _files(before, after, picture_of(number)),
        _files(before, after, narration_of(number, language)),
        language,
    )
    is_same = found == PageComparison(number, None, None, None, None, language)
    return None if is_same else found


def words(before: str, after: str) -> tuple[Words, ...]:
    """What became of a text, word by word: all `same` and `removed` together are the text before,
    all `same` and `added` the one after. Words that a long text is full of (over 1 %) begin no
    stretch that is the same: a thousand signs of one word over and over would take seconds."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found: list[Words] = []
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if old[a:b] == new[c:d]:
            found.append(Words("same", "".join(old[a:b])))
            continue
        found += [Words("removed", "".join(old[a:b]))] if b > a else []
        found += [Words("added", "".join(new[c:d]))] if d > c else []
    return tuple(found)


def _files(before: Run, after: Run, work: Work) -> Files | None:
    names = Files(_name(before, work), _name(after, work))
    return names if names.before != names.after else None


def _name(run: Run, work: Work) -> str:
    made = run.artifact(work)
    return made.name if made is not None else ""
