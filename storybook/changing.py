"""What may be asked of a finished book: a change that makes no sense for it, or that the engines
cannot make, is refused before anything is recorded, with every fault that is found and its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from storybook.book import COVER_PAGE, Page, Role
from storybook.engines import Capabilities, Engine
from storybook.events.catalog import Event, Problem
from storybook.languages.known import LANGUAGES, language_of, voiced
from storybook.request import InvalidRequest, Loc, RequestFault, any_seed
from storybook.run import EditionRequest, PageEdit, Run, edited, request_edition
from storybook.stages.capabilities import (
    narration_faults,
    painting_faults,
    rewriting_faults,
    translating_faults,
    voice_faults,
)
from storybook.stages.registry import Engines
from storybook.stages.voice_casting import with_casting
from storybook.stages.writer.check import PageCheck


async def deciding_edition(
    run: Run | None, asked: EditionRequest, engines: Engines, check: PageCheck
) -> Callable[..., list[Event]]:
    """The decision that changes a book, once it is known to make sense. Raises as
    `accepted_problems`."""
    accepted: list[Problem] = []
    if run is not None and run.shown.is_whole:  # else the decision says why not
        accepted = await accepted_problems(run, asked, engines, check)
        sounds = _best(engines, Role.NARRATOR, run).capabilities.sounds
        tts = with_casting(asked.tts, run.request, sounds)
        asked = voiced_in(run, msgspec.structs.replace(asked, tts=tts))
    return partial(
        request_edition,
        asked=asked,
        seed=any_seed(),
        accepted=accepted,
    )


def voiced_in(run: Run, asked: EditionRequest) -> EditionRequest:
    """The change with the voices of characters by the names that the book's story calls them, too,
    in each language that it is in or is to be in."""
    tts, before = asked.tts, run.shown.tts
    for tag in filter(None, (*run.shown.languages, asked.add_language)):
        tts = voiced(language_of(tag), run.request, tts)
    added: dict[str, str] = {}
    if asked.add_language and tts is None and before is not None:
        after = voiced(language_of(asked.add_language), run.request, before)
        voices = after.voices if after is not None else {}
        added = {name: it for name, it in voices.items() if name not in before.voices}
    return msgspec.structs.replace(asked, tts=tts, added_voices=added)


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
    yield from _added_faults(run, asked, narrator)
    seen: set[tuple[int, str]] = set()
    for index, edit in enumerate(asked.pages):
        loc: Loc = ("pages", index)
        if not 0 <= edit.page < run.page_count:
            expected = f"expected a page from 0 to {run.page_count - 1}, found {edit.page}"
            yield RequestFault((*loc, "page"), expected, "page_range")
            continue
        if (edit.page, edit.language) in seen:
            named = f"page {edit.page} is named twice; say all of it at once"
            yield RequestFault((*loc, "page"), named, "page_twice")
        seen.add((edit.page, edit.language))
        yield from _edit_faults(edit, _before(run, edit), loc)
        yield from _language_faults(edit, run, asked, loc)
        if edit.rewrite and not edit.language:
            yield from rewriting_faults(writer, (*loc, "rewrite"))
    yield from _translation_faults(run, asked, writer)
    yield from painting_faults(asked, illustrator)
    yield from narration_faults(asked.tts, narrator)


def _before(run: Run, edit: PageEdit) -> Page:
    """The page as it is shown, in the language that is meant."""
    return run.shown.page_in(edit.page, edit.language) or Page(edit.page)


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
    if not after.text.strip() and (edit.is_text or not edit.language):
        yield RequestFault((*loc, text), "expected a text, found nothing", "empty")
    if not after.image_prompt.strip() and not edit.language:
        expected = "expected a description of the picture, found nothing"
        yield RequestFault((*loc, "image_prompt"), expected, "empty")
    for number, line in enumerate(after.dialogues):
        if line.text not in after.text:
            said = "expected a line that stands word for word in the page's summary"
            yield RequestFault((*loc, "dialogues", number, "text"), said, "line_not_in_text")


# ------------------------------------------------------------------------------- in two languages


def _added_faults(
    run: Run, asked: EditionRequest, narrator: Capabilities
) -> Iterator[RequestFault]:
    """What is wrong with the language that is to be added."""
    language, loc = asked.add_language, ("add_language",)
    if not language:
        return
    if run.shown.added_as(language) is not None:
        yield RequestFault(loc, f"the book is in {language!r} already", "language_exists")
    elif language not in LANGUAGES:
        expected = f"expected one of {', '.join(LANGUAGES)}; found {language!r}"
        yield RequestFault(loc, expected, "unknown_language")
    elif asked.tts is not None or run.shown.tts is not None:
        yield from voice_faults(narrator, language, loc)


def _language_faults(
    edit: PageEdit, run: Run, asked: EditionRequest, loc: Loc
) -> Iterator[RequestFault]:
    """What is wrong with a change in a language beside the book's own."""
    if not edit.language:
        return
    if edit.language not in (*run.shown.translations, asked.add_language):
        known = ", ".join(run.shown.languages)
        expected = f"expected a language that the book is in: {known}; found {edit.language!r}"
        yield RequestFault((*loc, "language"), expected, "no_such_language")
    of_all = {
        "rewrite": edit.rewrite,
        "repaint": edit.repaint,
        "image_prompt": edit.image_prompt is not None,
    }
    only = "expected a text or a voice, which are all that a page has in an added language"
    for name in (name for name, is_asked in of_all.items() if is_asked):
        yield RequestFault((*loc, name), only, "not_in_language")
    if edit.is_text and _is_rewritten(edit.page, asked):
        both = "the page is to be written anew, and then translated: give no text for it"
        yield RequestFault((*loc, "language"), both, "rewrite_and_text")


def _is_rewritten(page: int, asked: EditionRequest) -> bool:
    return any(it.page == page and it.rewrite and not it.language for it in asked.pages)


def _translation_faults(
    run: Run, asked: EditionRequest, writer: Capabilities
) -> Iterator[RequestFault]:
    """Whether pages would have to be translated, and the writer cannot. What is given need not."""
    given = {(it.page, it.language) for it in asked.pages if it.is_text and it.language}
    language = asked.add_language
    if language in LANGUAGES and any((it, language) not in given for it in range(run.page_count)):
        yield from translating_faults(writer, language, ("add_language",))
    for index, edit in enumerate(asked.pages):
        if edit.language or not 0 <= edit.page < run.page_count:
            continue
        member = _retold_by(edit, run.shown.pages[edit.page])
        for tag in run.shown.translations if member else ():
            if (edit.page, tag) not in given:
                yield from translating_faults(writer, tag, ("pages", index, member))


def _retold_by(edit: PageEdit, before: Page) -> str:
    """The member of a change by which a page tells something else; empty if it does not."""
    if edit.rewrite:
        return "rewrite"
    after = edited(before, edit)
    if after.text != before.text:
        return "title" if edit.page == COVER_PAGE else "summary"
    return "dialogues" if after.told != before.told else ""


async def unsafe_texts(
    run: Run, asked: EditionRequest, check: PageCheck
) -> list[tuple[Loc, Problem]]:
    """What the child-safety check finds in the texts that a person gives, and where."""
    found: list[tuple[Loc, Problem]] = []
    for index, edit in enumerate(asked.pages):
        if edit.is_text:
            page = edited(_before(run, edit), edit)
            found += [(("pages", index), it) for it in await check.unsafe(page, run.request)]
    return found
