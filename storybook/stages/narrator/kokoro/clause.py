"""What a process is given to say, and what it may answer instead of sound: whoever asks it needs
no onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from storybook.stages.narrator.kokoro.voices import VoiceBlend

RATE: Final = 24_000
"""Samples a second of what is said."""


class SpeakingFailed(Exception):
    """The model could not say it; the message says why."""


class Clause(NamedTuple):
    """What is to be said, with the files in `folder`: the numbers of its signs, the voice, and how
    fast, as the network counts it."""

    folder: Path
    numbers: tuple[int, ...]
    voice: VoiceBlend
    speed: float
