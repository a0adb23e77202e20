"""The task that an engine is given for a piece of a run's work: told by the run alone, so that the
same one can be given again years later."""

from __future__ import annotations

from storybook.book import TtsConfig, Work
from storybook.engines import NarrationTask, PaintingTask
from storybook.languages.known import language_of, voiced
from storybook.run import Run
from storybook.stages.narrator.utterances import utterances


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
    )


def narration_task(run: Run, work: Work) -> NarrationTask:
    """To read a page aloud."""
    assert work.page is not None
    page, tts = run.pages[work.page], run.tts or TtsConfig()
    voices = voiced(language_of(run.language), run.request, tts)
    spoken = utterances(page, voices)
    return NarrationTask(spoken, tts.lang, tts.speed, tts.segment_pause_ms, run.seed)
