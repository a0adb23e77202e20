"""The last page of a book, read aloud: who made it."""

from __future__ import annotations

from typing import Final

from storybook.book import Page, Segment, TtsConfig, VoiceDelivery
from storybook.engines import EngineUnavailable, Narration, NarrationTask, WorkFailed
from storybook.export.content import BookContent
from storybook.export.credits import credits_of, notice_of

_VOICES: Final = TtsConfig()


def spoken_lines(book: BookContent) -> tuple[str, ...]:
    """What is read: the end, the makers and the notice."""
    told = (book.language.furniture.end, *(it.line for it in credits_of(book)), notice_of(book))
    return tuple(it if it[-1] in ".!?" else f"{it}." for it in told if it)


async def read_credits(book: BookContent) -> Narration | None:
    """The end of a book that is read aloud, in its narrator's voice, by the narrator that every
    installation has; None where that one cannot, as in a language that it does not know."""
    from storybook.stages.narrator.espeak.engine import Espeak
    from storybook.stages.narrator.espeak.voices import VOICES
    from storybook.stages.narrator.utterances import utterances

    voice = _narrator_voice(book)
    tts = TtsConfig(
        narrator_voice=voice if voice in VOICES else _VOICES.narrator_voice,
        lang=book.language.tag,
        delivery=VoiceDelivery.EXPRESSIVE,
    )
    page = Page(len(book.pages), summary="\n".join(spoken_lines(book)))
    task = NarrationTask(
        utterances(page, tts), tts.lang, tts.speed, tts.segment_pause_ms, 0, tts.delivery
    )
    try:
        return await Espeak().narrate(task, lambda fraction: None)
    except (EngineUnavailable, WorkFailed):
        return None


def _narrator_voice(book: BookContent) -> str:
    spoken = (it for page in book.pages if page.narration for it in page.narration.segments)
    of_nobody: Segment | None = next((it for it in spoken if not it.speaker), None)
    return of_nobody.voice if of_nobody is not None else ""
