"""Orders to a narrator, and what can be measured of the sound that comes back."""

from __future__ import annotations

import io

import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import Segment
from storybook.engines import Narration, NarrationTask, Narrator, Report, Utterance
from storybook.stages.narrator.audio import LEAD_SECONDS, TAIL_SECONDS, Sound
from storybook.stages.narrator.pitch import median_pitch

SENTENCE = "옛날 옛적 깊은 숲속 마을에 호기심 많은 토끼가 살았어요."


def syllables(text: str) -> int:
    """How many a Korean text has that is all in Hangul."""
    return sum("가" <= char <= "힣" for char in text)


SYLLABLES = syllables(SENTENCE)


def task(*texts: str, voice: str = "M1", lang: str = "ko", speed: float = 1.0) -> NarrationTask:
    """Sentences to be read in one voice."""
    said = tuple(Utterance(text, "", voice) for text in texts)
    return NarrationTask(said, lang, speed, pause_ms=250, seed=7)


async def read(
    narrator: Narrator, what: NarrationTask, report: Report = lambda fraction: None
) -> Narration:
    return await narrator.narrate(what, report)


def spoken(narration: Narration) -> float:
    """Seconds of a narration without the silence around it."""
    return narration.seconds - LEAD_SECONDS - TAIL_SECONDS


def samples(narration: Narration) -> tuple[Sound, int]:
    """The sound, and its samples a second."""
    sound, rate = soundfile.read(io.BytesIO(narration.wav), dtype="float32")
    return sound, rate


def pitch(sound: Sound, rate: int) -> float:
    """The median fundamental in hertz."""
    return median_pitch(sound, rate)


def sound_of(narration: Narration, segment: Segment) -> tuple[Sound, int]:
    """What is heard while a segment is spoken, and its samples a second."""
    sound, rate = samples(narration)
    return sound[round(segment.start * rate) : round(segment.end * rate)], rate
