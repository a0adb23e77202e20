"""The task that an engine is given for a piece of a run's work: told by the run alone, so that the
same one can be given again years later."""

from __future__ import annotations

import msgspec

from storybook.book import Page, TtsConfig, Work, is_same_language
from storybook.engines import NarrationTask, PaintingTask, Rewriting, Translating, WritingTask
from storybook.run import Run
from storybook.stages.narrator.utterances import utterances


def writing_task(run: Run, work: Work, attempt: int) -> WritingTask:
    """To write the pages that are missing, or one page of a finished book anew."""
    rewriting = None
    if work.page is not None:
        rewriting = Rewriting(work.page, run.rewrites[work.page])
    return WritingTask(
        run.request,
        run.seed,
        attempt,
        run.pages,
        run.page_count,
        run.language,
        refusals=len(run.refused),
        refused=tuple(problem.kind for problems in run.refused for problem in problems),
        rewriting=rewriting,
        cast=run.cast,
        age=run.age,
        storyline=run.storyline,
    )


def translating_task(run: Run, page: Page, language: str, attempt: int) -> WritingTask:
    """To put a page into another language."""
    return WritingTask(
        run.request,
        run.seed,
        attempt,
        page_count=run.page_count,
        language=language,
        refusals=len(run.refused),
        refused=tuple(problem.kind for problems in run.refused for problem in problems),
        age=run.age,
        translating=Translating(page, run.language),
    )


def painting_task(run: Run, work: Work) -> PaintingTask:
    """To paint a page."""
    assert work.page is not None
    page = run.pages[work.page]
    return PaintingTask(
        run.request,
        page,
        run.seed,
        submission=run.submissions.get(work),
        page_count=run.page_count,
        variation=run.variations.get(work.page, 0),
        style=run.style,
        cast=run.cast,
    )


def narration_task(run: Run, work: Work) -> NarrationTask:
    """To read a page aloud."""
    assert work.page is not None
    page, tts = run.page_in(work.page, work.language), spoken_as(run, work)
    assert page is not None  # it has its text, or the work would not be due
    spoken = utterances(page, tts, ends_book=work.page == run.page_count - 1)
    pace = tts.speed, tts.segment_pause_ms
    return NarrationTask(spoken, tts.lang, *pace, run.seed, tts.delivery)


def spoken_as(run: Run, work: Work) -> TtsConfig:
    """How a page is read aloud in the language of its work."""
    tts = run.tts or TtsConfig()
    if not work.language or is_same_language(work.language, tts.lang):
        return tts
    return msgspec.structs.replace(tts, lang=work.language)
