"""What an engine is ordered to do for a piece of a run's work: told by the run alone, so that the
same order can be given again years later."""

from __future__ import annotations

from storybook.book import TtsConfig, Work
from storybook.engines import PaintingOrder, ReadingOrder
from storybook.run import Run
from storybook.stages.narrator.utterances import utterances


def painting_order(run: Run, work: Work) -> PaintingOrder:
    """To paint a page."""
    assert work.page is not None
    page = run.pages[work.page]
    return PaintingOrder(
        run.request,
        page,
        run.seed,
        submission=run.submissions.get(work),
        page_count=run.page_count,
    )


def reading_order(run: Run, work: Work) -> ReadingOrder:
    """To read a page aloud."""
    assert work.page is not None
    page, tts = run.pages[work.page], run.tts or TtsConfig()
    spoken = utterances(page, tts)
    return ReadingOrder(spoken, tts.lang, tts.speed, tts.segment_pause_ms, run.seed)
