"""The task that an engine is given for a piece of a run's work: told by the run alone, so that the
same one can be given again years later."""

from __future__ import annotations

from storybook.book import TtsConfig, Work
from storybook.engines import NarrationTask, PaintingTask, Rewriting, WritingTask
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
    page, tts = run.pages[work.page], run.tts or TtsConfig()
    return NarrationTask(utterances(page, tts), tts.lang, tts.speed, tts.segment_pause_ms, run.seed)
