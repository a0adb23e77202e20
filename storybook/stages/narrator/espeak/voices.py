"""The ten voices: eSpeak NG has one Korean voice, and variants that change the speaker.

Each voice is a variant with a pitch, a liveliness and a pace of its own, chosen so that any two
differ in median pitch by a tone or so, or else clearly in timbre. `M1`, the usual narrator, is calm
and of middle pitch.
"""

from __future__ import annotations

from typing import Final, NamedTuple

NORMAL_RATE: Final = 170
"""Words a minute, as eSpeak NG counts them, that make about five Korean syllables a second."""
SLOWEST, FASTEST = 80, 450
"""The rates that eSpeak NG takes."""


class Voice(NamedTuple):
    """`variant` is a file of eSpeak NG's `voices/!v`; `pitch` and `liveliness` (the range of the
    melody) are from 0 to 99 with 50 as the variant's own; `pace` is a factor of the rate."""

    variant: str
    pitch: int
    liveliness: int = 50
    pace: float = 1.0

    def rate(self, speed: float) -> int:
        """Words a minute at a speed factor."""
        return round(min(max(NORMAL_RATE * self.pace * speed, SLOWEST), FASTEST))


VOICES: Final = {
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
