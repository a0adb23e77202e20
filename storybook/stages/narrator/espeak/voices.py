"""The ten voices: eSpeak NG has one Korean voice, and variants that change the speaker.

Each voice is a variant with a pitch, a liveliness and a pace of its own. Together they are a
ladder: each is 3.3 semitones above the one before, so that any two are told apart, by ear and by
number. `M1`, the usual narrator, is calm and of a man's middle pitch. How pitch, rate and melody
come to their numbers is measured (docs/engines/narrator.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from storybook.book import VOICES as NAMES
from storybook.book import VoiceDelivery
from storybook.engines import VoiceSound

STORY_RATE: Final = 131
"""Words a minute, as eSpeak NG counts them, that make 4.1 Korean syllables a second."""
RATE_BEFORE: Final = 170
"""Those that make about five."""
SLOWEST, FASTEST = 80, 450
"""The rates that eSpeak NG takes."""
LOWEST, HIGHEST = 0, 99
"""The pitches that it takes."""
_OCTAVES_A_STEP: Final = 0.013
"""How far one step of its pitch goes, in the middle of the range."""


class Voice(NamedTuple):
    """`variant` is a file of eSpeak NG's `voices/!v`; `pitch` and `liveliness` (the range of the
    melody) are from 0 to 99 with 50 as the variant's own; `pace` is a factor of the rate. `sound`
    is what comes of it."""

    variant: str
    pitch: int
    liveliness: int = 50
    pace: float = 1.0
    sound: VoiceSound | None = None

    def rate(self, speed: float, normal: int = STORY_RATE) -> int:
        """Words a minute at a speed factor."""
        return round(min(max(normal * self.pace * speed, SLOWEST), FASTEST))

    def range(self, melody: float) -> int:
        """How far its melody goes, at a factor of the usual."""
        return round(min(max(self.liveliness * melody, LOWEST), HIGHEST))

    def pitch_for(self, heard: float, pitch: int) -> int:
        """The pitch with which a sentence whose median was `heard` (hertz), spoken with `pitch`,
        comes out as the voice does: the shorter a sentence is, the more its melody lifts it."""
        if self.sound is None or not heard:
            return pitch
        steps = math.log2(self.sound.pitch / heard) / _OCTAVES_A_STEP
        return round(min(max(pitch + steps, LOWEST), HIGHEST))


def _voice(
    name: str, variant: str, pitch: int, liveliness: int, pace: float, hertz: float, age: str
) -> tuple[str, Voice]:
    sex = "male" if name.startswith("M") else "female"
    sound = VoiceSound(name, sex, age, hertz, (liveliness - 40) / 30)
    return name, Voice(variant, pitch, liveliness, pace, sound)


_LADDER: Final = (
    _voice("M4", "m8", 29, 40, 0.95, 69.0, "adult"),
    _voice("M2", "m1", 43, 42, 0.95, 83.5, "elder"),
    _voice("M1", "m3", 47, 50, 1.0, 101.0, "adult"),
    _voice("M3", "m7", 63, 62, 1.0, 122.2, "adult"),
    _voice("F4", "f1", 33, 42, 0.95, 147.9, "elder"),
    _voice("F2", "f4", 51, 45, 1.0, 178.9, "adult"),
    _voice("F1", "f2", 59, 55, 1.0, 216.5, "adult"),
    _voice("M5", "f5", 72, 58, 1.0, 262.0, "child"),
    _voice("F3", "f3", 89, 62, 1.0, 317.0, "child"),
    _voice("F5", "zac", 57, 62, 1.0, 383.5, "child"),
)
"""By pitch. Boys are as high as girls."""
VOICES: Final[Mapping[str, Voice]] = {name: dict(_LADDER)[name] for name in NAMES}
VOICES_BEFORE: Final[Mapping[str, Voice]] = {
    "M1": Voice("m3", 56),
    "M2": Voice("m1", 46, 40, 0.95),
    "M3": Voice("m7", 63, 65),
    "M4": Voice("m8", 38, 40, 0.92),
    "M5": Voice("m4", 86, 70, 1.05),
    "F1": Voice("f2", 54),
    "F2": Voice("f4", 53, 45, 0.95),
    "F3": Voice("f3", 58, 60),
    "F4": Voice("f1", 46, 40, 0.92),
    "F5": Voice("f5", 73, 75, 1.05),
}
"""Those of books that are spoken evenly, a semitone apart or more."""
SOUNDS: Final = tuple(it.sound for it in VOICES.values() if it.sound is not None)


def voices_for(delivery: VoiceDelivery) -> tuple[Mapping[str, Voice], int]:
    """The voices of a book, and their usual rate."""
    if delivery is VoiceDelivery.EVEN:
        return VOICES_BEFORE, RATE_BEFORE
    return VOICES, STORY_RATE
