"""Speaks the samples by which a voice is chosen: `make voices`.

They are the embedded narrator's own, kept in `storybook/reader/voices/ENGINE/LANGUAGE/`: who makes
a book hears a voice at once, and nothing has to be spoken for it. Of engines whose voices depend
on a model or a server nothing is kept, and the page says that they are heard in the book.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import anyio
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import VoiceDelivery
from storybook.engines import NarrationTask, Utterance
from storybook.request import DEFAULT_PAUSE_MS, DEFAULT_SPEED
from storybook.stages.narrator.espeak.engine import NAME, Espeak
from storybook.stages.narrator.espeak.voices import VOICES

FOLDER: Final = Path(__file__).parents[1] / "storybook" / "reader" / "voices" / NAME
SAID: Final = {
    "ko": "안녕? 내가 이야기를 들려줄게.",
    "en": "Hello! Let me tell you a story.",
}
"""What a voice says, by language."""


async def spoken(voice: str, language: str) -> bytes:
    """The sample of a voice, as MP3, which every browser plays."""
    said = Utterance(SAID[language], "", voice)
    task = NarrationTask((said,), language, DEFAULT_SPEED, DEFAULT_PAUSE_MS, 0, VoiceDelivery.STORY)
    narration = await Espeak().narrate(task, lambda fraction: None)
    sound, rate = soundfile.read(io.BytesIO(narration.wav))
    mp3 = io.BytesIO()
    soundfile.write(mp3, sound, rate, format="MP3", compression_level=0.9)
    return mp3.getvalue()


async def main() -> None:
    for language in SAID:
        folder = FOLDER / language
        folder.mkdir(parents=True, exist_ok=True)
        for voice in VOICES:
            (folder / f"{voice}.mp3").write_bytes(await spoken(voice, language))


if __name__ == "__main__":
    anyio.run(main)
