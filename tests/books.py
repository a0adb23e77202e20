"""The usual book of a test: what a request gets that does not say how long it is to be."""

from __future__ import annotations

from typing import Final

from storybook.book import CAST, StoryRequest, TtsConfig, VoiceDelivery
from storybook.engines import WritingTask
from storybook.new_run import NewRun

PAGES: Final = range(5)
USUAL_TTS: Final = TtsConfig(dialogue_voice=CAST, delivery=VoiceDelivery.EXPRESSIVE)
"""How a book is read aloud whose request says nothing of it, before voices are cast."""
LAST_PAGE: Final = PAGES[-1]


def new_run(
    request: StoryRequest,
    tts: TtsConfig | None = None,
    *,
    page_count: int = len(PAGES),
    language: str = "ko",
    seed: int | None = None,
    style: str = "",
) -> NewRun:
    """What somebody asks for who says no more than the words."""
    return NewRun(request, tts, page_count, language, seed, style=style)


def book_of(request: StoryRequest, page_count: int = len(PAGES)) -> WritingTask:
    """A book that is to be written, to hold a page against."""
    return WritingTask(request, seed=7, attempt=1, page_count=page_count)
