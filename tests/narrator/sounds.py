"""Orders to a narrator, and what can be measured of the sound that comes back."""

from __future__ import annotations

import io

import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.engines import Narration, NarrationTask, Narrator, Report, Utterance
from storybook.stages.narrator.audio import LEAD_SECONDS, TAIL_SECONDS, Sound

SENTENCE = "옛날 옛적 깊은 숲속 마을에 호기심 많은 토끼가 살았어요."
SYLLABLES = sum("가" <= char <= "힣" for char in SENTENCE)


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
    """The median fundamental frequency in hertz of the voiced frames, by autocorrelation."""
    length, shortest, longest = 1024, rate // 450, rate // 55
    found = []
    for start in range(0, sound.size - length, length // 2):
        frame = sound[start : start + length]
        if np.sqrt(np.mean(frame**2)) < 0.03:
            continue
        spectrum = np.fft.rfft(frame - frame.mean(), 2 * length)
        similarity = np.fft.irfft(np.abs(spectrum) ** 2)[:length]
        lag = shortest + int(np.argmax(similarity[shortest:longest]))
        if similarity[lag] > 0.4 * similarity[0]:
            found.append(rate / lag)
    return float(np.median(found))
