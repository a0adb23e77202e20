"""How a finished book is changed: each change is another edition, and what was made stays.

An edition begins with the content of the last whole one. What was asked for decides which work is
outdated; the rest is referred to as it was made. While an edition is in the making, readers see the
one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from storybook.book import COVER_PAGE, FIRST_EDITION, Dialogue, Page, TtsConfig
from storybook.events.catalog import (
    EditionRequested,
    Event,
    PageChange,
    PageTranslated,
    PageWritten,
    Problem,
    RunCompleted,
)
from storybook.run.evolution import fold
from storybook.run.follow_up import followed_up
from storybook.run.refusing import Refused, StaleEdition, check_kept, existing
from storybook.run.state import Run, Status
from storybook.run.writing import page_translated, page_written


class PageEdit(msgspec.Struct, frozen=True):
    """What somebody wants of a page. Text that is None stays as it is; `rewrite` is a wish for the
    writer. A picture that is repainted without a `seed` gets another one by chance. In a `language`
    that was added to the book's own ("" here), a page has a text and a voice and nothing else."""

    page: int
    title: str | None = None
    summary: str | None = None
    dialogues: tuple[Dialogue, ...] | None = None
    image_prompt: str | None = None
    rewrite: str = ""
    repaint: bool = False
    seed: int | None = None
    revoice: bool = False
    language: str = ""

    @property
    def is_text(self) -> bool:
        """Whether a text of the page is given."""
        given = (self.title, self.summary, self.dialogues, self.image_prompt)
        return any(it is not None for it in given)


class EditionRequest(msgspec.Struct, frozen=True):
    """What somebody wants of a finished book, as they saw it in `base_edition`. `accept` overrules
    what the check finds in their own texts. `add_language` is one that it is to be in, too, and
    `added_voices` are what `EditionRequested` has of it."""

    base_edition: int
    pages: tuple[PageEdit, ...] = ()
    tts: TtsConfig | None = None
    style: str | None = None
    note: str = ""
    accept: bool = False
    add_language: str = ""
    added_voices: dict[str, str] = {}


def request_edition(
    run: Run | None,
    asked: EditionRequest,
    *,
    seed: int,
    requested_by: str = "",
    accepted: Iterable[Problem] = (),
    idempotency_key: str = "",
) -> list[Event]:
    """Change a finished book. `seed` is what is repainted by chance gets."""
    run = existing(run)
    base = _base(run)
    if asked.base_edition not in (run.edition, base.edition):
        raise StaleEdition(asked.base_edition, run.edition)
    if asked.add_language and base.added_as(asked.add_language) is not None:
        raise Refused(f"the book is in {asked.add_language!r} already")
    requested = EditionRequested(
        run.edition + 1,
        base.edition,
        tuple(_change(it, seed) for it in asked.pages if _is_change(it)),
        asked.tts,
        asked.style,
        asked.note,
        requested_by=requested_by,
        accepted=tuple(accepted),
        idempotency_key=idempotency_key,
        add_language=asked.add_language,
        added_voices=asked.added_voices,
    )
    before = existing(fold([requested], run))
    changed = followed_up(run, [requested, *_texts(before, asked)])
    if changed == [requested, RunCompleted()]:
        raise Refused("nothing of the book would change")
    check_kept(existing(fold(changed, run)))
    return changed


def restore_edition(
    run: Run | None, edition: int, *, note: str = "", requested_by: str = ""
) -> list[Event]:
    """Give a finished book the content again that it had in an edition. There is nothing to make
    for it."""
    run = existing(run)
    base = _base(run)
    wanted = base if edition == base.edition else run.of_edition(edition)
    if wanted is None or (wanted is run and run.status is not Status.DONE):
        raise Refused(f"the book has no whole edition {edition}")
    if run.status is Status.DONE and _content(wanted) == _content(run):
        raise Refused(f"the book is as it was in edition {edition}")
    requested = EditionRequested(
        run.edition + 1, base.edition, note=note, restores=edition, requested_by=requested_by
    )
    events = followed_up(run, [requested])
    check_kept(existing(fold(events, run)))
    return events


def edited(page: Page, edit: PageEdit) -> Page:
    """The page with the texts that are given for it. Without lines of its own, a new text keeps
    those of the old ones that stand in it."""
    summary = page.summary if edit.summary is None else edit.summary
    lines = page.dialogues if edit.dialogues is None else edit.dialogues
    if edit.dialogues is None and page.page != COVER_PAGE:
        lines = tuple(line for line in lines if line.text in summary)
    return Page(
        page.page,
        page.title if edit.title is None else edit.title,
        summary,
        lines,
        page.image_prompt if edit.image_prompt is None else edit.image_prompt,
        page.scene if edit.image_prompt is None else None,
    )


def _base(run: Run) -> Run:
    """The last whole edition of a book that may be changed now."""
    if not run.status.has_ended:
        made = "the book is" if run.edition == FIRST_EDITION else f"edition {run.edition} is"
        raise Refused(f"{made} {run.status}; wait until it is made, or cancel it")
    if run.status is not Status.DONE and not run.editions:
        raise Refused(f"the book is {run.status}; only a whole one can be changed: retry it")
    return run.shown


def _content(edition: Run) -> tuple[object, ...]:
    """What makes two editions the same book."""
    files = tuple(edition.artifacts)
    told = edition.pages, edition.translations
    return *told, files, edition.tts, edition.style, edition.variations


def _is_change(edit: PageEdit) -> bool:
    return bool(edit.rewrite) or edit.repaint or edit.revoice


def _change(edit: PageEdit, seed: int) -> PageChange:
    chosen = seed if edit.seed is None else edit.seed
    return PageChange(
        edit.page,
        edit.rewrite,
        edit.repaint,
        chosen if edit.repaint else 0,
        edit.revoice,
        edit.language,
    )


def _texts(run: Run, asked: EditionRequest) -> Iterator[PageWritten | PageTranslated]:
    """The pages whose text is given and is another than before, those in the book's own language
    first: what is translated of them would have to be made anew. `run` is as the edition begins."""
    named = [(it.page, it.language) for it in asked.pages]
    if len(set(named)) < len(named):
        raise Refused("each page can be named once in a change, in each language")
    rewritten = {it.page for it in asked.pages if it.rewrite and not it.language}
    for edit in sorted(asked.pages, key=lambda it: (it.language, it.page)):
        if not 0 <= edit.page < run.page_count:
            raise Refused(f"the book has pages 0 to {run.page_count - 1}, no page {edit.page}")
        if edit.is_text and edit.page in rewritten:
            raise Refused(f"page {edit.page} is to be rewritten, or is given: not both")
        if edit.language:
            yield from _translated(run, edit)
            continue
        before = run.pages[edit.page].voiced(run.tts)
        after = edited(before, edit).voiced(run.tts)
        if after != before:
            yield page_written(after, run.tts, attempt=0)


def _translated(run: Run, edit: PageEdit) -> Iterator[PageTranslated]:
    """What is given in an added language."""
    number, language = edit.page, edit.language
    if language not in run.translations:
        raise Refused(f"the book is not in {language!r}, but in {', '.join(run.languages)}")
    if edit.rewrite or edit.repaint or edit.image_prompt is not None:
        raise Refused(f"page {number} has a text and a voice in {language!r}, and nothing else")
    before = (run.page_in(number, language) or Page(number)).voiced(run.tts)
    after = edited(before, edit).voiced(run.tts)
    if edit.is_text and after != before:
        yield page_translated(after, language, run.tts, attempt=0)
