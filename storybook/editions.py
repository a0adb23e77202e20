"""The editions of a book, as values: what may be asked of one, which there were, how two differ.

An **edition** is a whole book or the way to one. All that is told here comes from a run's events or
from two of its folds; nothing is kept beside them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Final

import msgspec

from storybook.book import (
    COVER_PAGE,
    FIRST_EDITION,
    Page,
    Role,
    TtsConfig,
    Work,
    narration_of,
    picture_of,
)
from storybook.engines import Capabilities, Engine
from storybook.events.catalog import (
    EditionRequested,
    Event,
    PageChange,
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
from storybook.languages.known import language_of, voiced
from storybook.request import InvalidRequest, Loc, RequestFault
from storybook.run import (
    EditionRequest,
    PageEdit,
    Refused,
    Run,
    Status,
    edited,
    request_edition,
)
from storybook.stages.capabilities import narration_faults, painting_faults, rewriting_faults
from storybook.stages.registry import Engines
from storybook.stages.writer.check import PageCheck


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


# ------------------------------------------------------------------------------ what may be asked


async def deciding_edition(
    run: Run | None, asked: EditionRequest, engines: Engines, check: PageCheck
) -> Callable[..., list[Event]]:
    """The decision that changes a book, once it is known to make sense. Raises as
    `accepted_problems`."""
    accepted: list[Problem] = []
    if run is not None and run.shown.is_whole:  # else the decision says why not
        accepted = await accepted_problems(run, asked, engines, check)
        asked = voiced_in(run, asked)
    return partial(
        request_edition,
        asked=asked,
        seed=secrets.randbelow(2**32),
        accepted=accepted,
    )


def voiced_in(run: Run, asked: EditionRequest) -> EditionRequest:
    """The change with the voices of characters by the names that the book's story calls them, too,
    as its first edition has them."""
    tts = voiced(language_of(run.language), run.request, asked.tts)
    return msgspec.structs.replace(asked, tts=tts)


async def accepted_problems(
    run: Run, asked: EditionRequest, engines: Engines, check: PageCheck
) -> list[Problem]:
    """What the safety check has found in texts whose author answers for it. Raises
    `InvalidRequest` for what makes no sense, what the engines cannot do, and texts with
    `forbidden_words`, unless they are accepted."""
    able = (_best(engines, role, run).capabilities for role in _MAKERS)
    if faults := list(edition_faults(run, asked, *able)):
        raise InvalidRequest(faults)
    found = await unsafe_texts(run, asked, check)
    if found and not asked.accept:
        faults = [RequestFault(loc, it.message, "forbidden_words") for loc, it in found]
        raise InvalidRequest(faults)
    return [it for _, it in found]


_MAKERS: Final = (Role.WRITER, Role.ILLUSTRATOR, Role.NARRATOR)


def _best(engines: Engines, role: Role, run: Run) -> Engine:
    """The engine that has made the book, or else the one that would now."""
    candidates = engines.of(role)
    found: Engine = candidates.of(run.engines_of(role)) or candidates.best
    return found


def edition_faults(
    run: Run,
    asked: EditionRequest,
    writer: Capabilities,
    illustrator: Capabilities,
    narrator: Capabilities,
) -> Iterator[RequestFault]:
    """What of a change makes no sense for this book, or is more than these engines can do."""
    seen: set[int] = set()
    for index, edit in enumerate(asked.pages):
        loc: Loc = ("pages", index)
        if not 0 <= edit.page < run.page_count:
            expected = f"expected a page from 0 to {run.page_count - 1}, found {edit.page}"
            yield RequestFault((*loc, "page"), expected, "page_range")
            continue
        if edit.page in seen:
            named = f"page {edit.page} is named twice; say all of it at once"
            yield RequestFault((*loc, "page"), named, "page_twice")
        seen.add(edit.page)
        yield from _edit_faults(edit, run.shown.pages[edit.page], loc)
        if edit.rewrite:
            yield from rewriting_faults(writer, (*loc, "rewrite"))
    yield from painting_faults(asked, illustrator)
    yield from narration_faults(asked.tts, narrator)


def _edit_faults(edit: PageEdit, before: Page, loc: Loc) -> Iterator[RequestFault]:
    if edit.rewrite and edit.is_text:
        both = "expected a wish for the writer or a text, found both"
        yield RequestFault((*loc, "rewrite"), both, "rewrite_and_text")
    if edit.page == COVER_PAGE and (edit.summary is not None or edit.dialogues):
        yield RequestFault((*loc, "summary"), "the cover has a title only", "no_such_text")
    if edit.page != COVER_PAGE and edit.title is not None:
        yield RequestFault((*loc, "title"), "only the cover has a title", "no_such_text")
    after = edited(before, edit)
    text = "title" if edit.page == COVER_PAGE else "summary"
    if not after.text.strip():
        yield RequestFault((*loc, text), "expected a text, found nothing", "empty")
    if not after.image_prompt.strip():
        expected = "expected a description of the picture, found nothing"
        yield RequestFault((*loc, "image_prompt"), expected, "empty")
    for number, line in enumerate(after.dialogues):
        if line.text not in after.text:
            said = "expected a line that stands word for word in the page's summary"
            yield RequestFault((*loc, "dialogues", number, "text"), said, "line_not_in_text")


async def unsafe_texts(
    run: Run, asked: EditionRequest, check: PageCheck
) -> list[tuple[Loc, Problem]]:
    """What the child-safety check finds in the texts that a person gives, and where."""
    found: list[tuple[Loc, Problem]] = []
    for index, edit in enumerate(asked.pages):
        if edit.is_text:
            page = edited(run.shown.pages[edit.page], edit)
            found += [(("pages", index), it) for it in await check.unsafe(page, run.request)]
    return found


# ------------------------------------------------------------------------------- which there were


class EditionSummary(msgspec.Struct, frozen=True):
    """An edition: who asked for it, when (microseconds since 1970) and why, what was to change, and
    what became of it. Of the first one nothing was to change.

    `texts` are the pages whose text a person gave, `files` the names of those it made, and `error`
    is why it failed. `is_shown` is true of the one that readers see, `can_be_shown` of every whole
    one, and of the newest.
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
    )


def _after(edition: EditionSummary, at: int, event: object) -> EditionSummary:
    """The edition after one more event."""
    change = msgspec.structs.replace
    match event:
        case StageStarted():
            return change(edition, status=Status.RUNNING)
        case PageWritten(page=page, attempt=0, kept=False):
            return change(edition, texts=(*edition.texts, page))
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
    """How a page differs. What is the same in both is None."""

    page: int
    text: tuple[Words, ...] | None
    image_prompt: tuple[Words, ...] | None
    picture: Files | None
    narration: Files | None


class EditionComparison(msgspec.Struct, frozen=True):
    """How two editions of a book differ; of the pages those that do. `tts` and `style` are those of
    both, or None where they are the same."""

    before: int
    after: int
    pages: tuple[PageComparison, ...]
    tts: tuple[TtsConfig | None, TtsConfig | None] | None
    style: tuple[str, str] | None


def compare(before: Run, after: Run) -> EditionComparison:
    """Two editions of one book, as far as each is made."""
    pages = (_compared(before, after, number) for number in range(before.page_count))
    return EditionComparison(
        before.edition,
        after.edition,
        tuple(it for it in pages if it is not None),
        (before.tts, after.tts) if before.tts != after.tts else None,
        (before.style, after.style) if before.style != after.style else None,
    )


def _compared(before: Run, after: Run, number: int) -> PageComparison | None:
    old, new = _page(before, number), _page(after, number)
    found = PageComparison(
        number,
        words(old.text, new.text) if old.text != new.text else None,
        words(old.image_prompt, new.image_prompt) if old.image_prompt != new.image_prompt else None,
        _files(before, after, picture_of(number)),
        _files(before, after, narration_of(number)),
    )
    return found if found != PageComparison(number, None, None, None, None) else None


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


def _page(run: Run, number: int) -> Page:
    return run.pages[number] if number < len(run.pages) else Page(number)


def _files(before: Run, after: Run, work: Work) -> Files | None:
    names = Files(_name(before, work), _name(after, work))
    return names if names.before != names.after else None


def _name(run: Run, work: Work) -> str:
    made = run.artifact(work)
    return made.name if made is not None else ""
