"""What a process is given to say, and what it may answer instead of sound: whoever asks it needs
no onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from storybook.stages.narrator.kokoro.voices import Voice

RATE: Final = 24_000
"""Samples a second of what is said."""


class LoadingFailed(Exception):
    """The model cannot be loaded; the message says why."""


class SpeakingFailed(Exception):
    """The model could not say it; the message says why."""


class Clause(NamedTuple):
    """What is to be said, with the files in `folder`: the numbers of its signs, the voice, and how
    fast, as the network counts it."""

    folder: Path
    numbers: tuple[int, ...]
    voice: Voice
    speed: float
