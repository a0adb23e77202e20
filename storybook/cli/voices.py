"""Who speaks in which voice, as commands tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from storybook.book import TtsConfig
from storybook.languages.known import language_of, names_in
from storybook.run import Run

NARRATOR = "narrator"


def voices_of(run: Run) -> dict[str, str]:
    """The voice of the narrator and of each character, by the names that the request gives them;
    nothing if the book is not read aloud."""
    tts = run.tts
    if tts is None:
        return {}
    names = names_in(language_of(run.language), run.request)
    return {NARRATOR: tts.narrator_voice, **{it: tts.voice_of(names[it]) for it in names}}


def voice_lines(voices: Mapping[str, str]) -> Iterator[str]:
    """A line for each who speaks."""
    return (f"  {voice}  {name}" for name, voice in voices.items())


def voices_told(tts: TtsConfig) -> str:
    """All in one line; who has a voice of its own is named."""
    named = (f"{name} {voice}" for name, voice in tts.voices.items())
    dialogue = [f"dialogue {tts.dialogue_voice}"] if tts.dialogue_voice and not tts.is_cast else []
    return ", ".join([tts.narrator_voice, *dialogue, *named])
