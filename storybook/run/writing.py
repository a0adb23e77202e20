"""What may be done with the text of a book while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from storybook.book import (
    WRITING,
    CastMember,
    Page,
    TtsConfig,
    Work,
    rewriting_of,
    translation_of,
)
from storybook.events.catalog import (
    Event,
    MadeFrom,
    PageRefused,
    PageTranslated,
    PageWritten,
    Problem,
    StageCompleted,
)
from storybook.run.follow_up import followed_up
from storybook.run.refusing import Refused, existing, in_hand
from storybook.run.state import Run

EXCERPT_CHARACTERS: Final = 120
"""How much of a refused page is recorded: enough to see why, too little to be the page."""


def write_page(
    run: Run | None, attempt: int, page: Page, cast: Sequence[CastMember] = ()
) -> list[Event]:
    """Let a page stand. Pages come in order; each dialogue gets the voice that it is read in. With
    the cover comes the `cast`, whose looks it has settled."""
    run = existing(run)
    in_hand(run, WRITING, attempt)
    if run.is_written:
        raise Refused(f"the book has {run.page_count} pages; page {page.page} is one too many")
    if page.page != len(run.pages):
        raise Refused(f"page {len(run.pages)} is to be written next, not page {page.page}")
    return followed_up(run, [page_written(page, run.tts, attempt, cast)])


def rewrite_page(
    run: Run | None, attempt: int, page: Page, made_from: MadeFrom | None = None
) -> list[Event]:
    """Let a page of a finished book stand as it was written anew, which ends that work."""
    run = existing(run)
    work = rewriting_of(page.page)
    in_hand(run, work, attempt)
    done = StageCompleted(work.stage, work.page, attempt, made_from=made_from)
    return followed_up(run, [page_written(page, run.tts, attempt), done])


def translate_page(
    run: Run | None, attempt: int, page: Page, language: str, made_from: MadeFrom | None = None
) -> list[Event]:
    """Let a page stand in another language, which ends that work."""
    run = existing(run)
    work = translation_of(page.page, language)
    in_hand(run, work, attempt)
    done = StageCompleted(work.stage, work.page, attempt, None, made_from, language=language)
    return followed_up(run, [page_translated(page, language, run.tts, attempt), done])


def refuse_page(
    run: Run | None, attempt: int, page: Page, problems: Sequence[Problem], work: Work = WRITING
) -> list[Event]:
    """Record that a page did not pass the check, and why. The attempt is then to fail."""
    run = existing(run)
    in_hand(run, work, attempt)
    excerpt, language = page.text[:EXCERPT_CHARACTERS], work.language
    return [PageRefused(page.page, attempt, tuple(problems), excerpt, language=language)]


def page_written(
    page: Page, tts: TtsConfig | None, attempt: int, cast: Sequence[CastMember] = ()
) -> PageWritten:
    """That a page stands. Raises `Refused` unless it has a text and an image prompt."""
    if not page.text.strip() or not page.image_prompt.strip():
        raise Refused(f"page {page.page} has no {'text' if page.image_prompt else 'image prompt'}")
    it = page.voiced(tts)
    text = it.title, it.summary, it.dialogues, it.image_prompt
    return PageWritten(it.page, attempt, *text, tuple(cast), scene=it.scene)


def page_translated(
    page: Page, language: str, tts: TtsConfig | None, attempt: int
) -> PageTranslated:
    """That a page stands in another language. Raises `Refused` unless it has a text."""
    if not page.text.strip():
        raise Refused(f"page {page.page} has no text in {language!r}")
    it = page.voiced(tts)
    return PageTranslated(it.page, language, attempt, it.title, it.summary, it.dialogues)
