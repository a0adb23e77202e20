"""How the content of a book changes from edition to edition, as events tell it."""

from __future__ import annotations

from msgspec.structs import replace

from storybook.book import (
    FIRST_EDITION,
    Artifact,
    Page,
    Role,
    TtsConfig,
    Work,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.events.catalog import EditionRequested, PageTranslated
from storybook.run.draft import Draft, InvalidHistory, last_attempt
from storybook.run.state import Complete, Outdated, Run, Status, WorkState, plan_of


def edition_requested(draft: Draft, event: EditionRequested) -> None:
    """The content begins as it was in the last whole edition, or in the one that is restored."""
    if draft.status is Status.DONE:
        draft.editions = (*draft.editions, draft.whole())
    if not draft.editions:
        raise InvalidHistory(f"edition {event.edition} was asked for before there was a whole one")
    if draft.edition == FIRST_EDITION:
        draft.made = draft.files()
    wanted = event.restores or draft.editions[-1].edition
    base = next((it for it in reversed(draft.editions) if it.edition == wanted), None)
    if base is None:
        raise InvalidHistory(f"edition {wanted} is to be the content again, and was never whole")
    draft.edition, draft.status, draft.fault = event.edition, Status.QUEUED, None
    draft.failures, draft.crashes, draft.suspicions = {}, {}, {}
    draft.submissions, draft.deferred, draft.refused = {}, {}, ()
    draft.pages, draft.work = list(base.pages), _standing(base, draft.work)
    draft.tts, draft.style, draft.variations = base.tts, base.style, base.variations
    draft.rewrites, draft.translations = {}, base.translations
    _change(draft, event)


def _standing(base: Run, now: dict[Work, WorkState]) -> dict[Work, WorkState]:
    """All work with what it has made in an edition. Attempts go on counting: what was begun for
    another edition is never taken for this one's."""
    standing: dict[Work, WorkState] = {}
    for work in now:
        attempt, was = last_attempt(now, work), base.work.get(work)
        if not isinstance(was, Complete):
            standing[work] = Outdated(attempt)
        else:
            standing[work] = was if was.attempt == attempt else Complete(attempt, was.artifact)
    return standing


def _change(draft: Draft, event: EditionRequested) -> None:
    """Let all be made anew that is asked for; new texts, which follow, ask for more themselves."""
    if event.add_language:
        draft.translations = {**draft.translations, event.add_language: {}}
    if event.tts is not None:
        _set_voices(draft, event.tts)
    if event.added_voices and draft.tts is not None:
        voices = {**draft.tts.character_voices, **event.added_voices}
        draft.tts = replace(draft.tts, character_voices=voices)
    if event.style is not None:
        draft.style = event.style
    redone = {Role.ILLUSTRATOR: event.style is not None, Role.NARRATOR: event.tts is not None}
    for work in plan_of(draft.run.page_count, draft.tts is not None, (*draft.translations,)):
        if redone.get(work.stage.role):
            draft.outdate(work)
    for it in event.pages:
        if it.rewrite:
            draft.rewrites = {**draft.rewrites, it.page: it.rewrite}
            draft.outdate(rewriting_of(it.page))
        if it.repaint:
            draft.variations = {**draft.variations, it.page: it.seed}
        if it.rewrite or it.repaint:
            draft.outdate(picture_of(it.page))
        if it.revoice and draft.tts is not None:
            draft.outdate(narration_of(it.page, it.language))


def _set_voices(draft: Draft, tts: TtsConfig) -> None:
    draft.tts = tts
    draft.pages = [page.voiced(tts) for page in draft.pages]
    draft.translations = {
        language: {number: page.voiced(tts) for number, page in pages.items()}
        for language, pages in draft.translations.items()
    }


def replace_page(draft: Draft, page: Page) -> None:
    """Only what shows another text is outdated: a voice reads it, a picture is of its prompt, and
    it is told in other languages."""
    before, draft.pages[page.page] = draft.pages[page.page], page
    if draft.tts is not None and _read_of(before) != _read_of(page):
        draft.outdate(narration_of(page.page))
    if before.image_prompt != page.image_prompt:
        draft.outdate(picture_of(page.page))
    if before.told != page.told:
        for language in draft.translations:
            draft.outdate(translation_of(page.page, language))


def page_translated(draft: Draft, event: PageTranslated) -> None:
    """What a person gave is not translated once more."""
    pages, number, language = draft.translations.get(event.language), event.page, event.language
    if pages is None:
        raise InvalidHistory(f"page {number} was translated, and the book is not in {language!r}")
    page = Page(number, event.title, event.summary, event.dialogues)
    before = pages.get(number)
    draft.translations = {**draft.translations, language: {**pages, number: page}}
    if event.attempt == 0:
        work = translation_of(number, language)
        draft.work[work] = Complete(last_attempt(draft.work, work), None)
    if draft.tts is not None and (before is None or _read_of(before) != _read_of(page)):
        draft.outdate(narration_of(number, language))
    draft.refused = ()


def _read_of(page: Page) -> tuple[object, ...]:
    return page.text, page.dialogues


def put_in_place(draft: Draft, work: Work, remade: Artifact) -> None:
    """A file was made again: it is that of every edition which has a file of its name."""
    draft.work = _with_remade(draft.work, work, remade)
    if draft.edition != FIRST_EDITION:
        draft.made = {**draft.made, remade.name: (work, remade)}
        draft.editions = tuple(_remade_in(it, work, remade) for it in draft.editions)


def _remade_in(edition: Run, work: Work, remade: Artifact) -> Run:
    after = _with_remade(edition.work, work, remade)
    return edition if after is edition.work else replace(edition, work=after)


def _with_remade(work: dict[Work, WorkState], of: Work, remade: Artifact) -> dict[Work, WorkState]:
    """The work stays done, as often as it was tried, if it is this file that it has made."""
    state = work.get(of)
    if isinstance(state, Complete) and state.artifact and state.artifact.name == remade.name:
        return {**work, of: Complete(state.attempt, remade)}
    return work
