"""The ten voices: made of the five that come with the model.

A **pack** is a voice of the model: a style for each length of what is said. Packs may be mixed, a
style being a list of numbers, and a sound may be played higher or lower, by `SHIFT_AT_MOST` at
most, where a voice still sounds like somebody's. So the ten are a ladder from 75 to 417 Hz, each
step more than three semitones high: whichever two speak on a page are told apart.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from storybook.engines import VoiceSound

SHIFT_AT_MOST: Final = 4.0
"""Semitones."""


class VoiceBlend(NamedTuple):
    """Packs with their shares, which add up to 1; and how many semitones higher it is than they
    are."""

    packs: tuple[tuple[str, float], ...]
    semitones: float = 0.0


def _mixed(pack: str, other: str, share: float) -> tuple[tuple[str, float], ...]:
    """`share` of the first one, and the rest of the other."""
    return (pack, share), (other, 1 - share)


_MAN: Final = (("jm_kumo", 1.0),)
_HIGH: Final = (("jf_tebukuro", 1.0),)

VOICES: Final = {
    "M1": VoiceBlend(_MAN, 0.3),
    "M2": VoiceBlend(_mixed("jm_kumo", "jf_nezumi", 0.8), -0.5),
    "M3": VoiceBlend(_mixed("jm_kumo", "jf_alpha", 0.65), -1.25),
    "M4": VoiceBlend(_MAN, -3.7),
    "M5": VoiceBlend((("jf_alpha", 1.0),), 1.3),
    "F1": VoiceBlend((("jf_gongitsune", 1.0),), 0.1),
    "F2": VoiceBlend(_mixed("jf_nezumi", "jm_kumo", 0.8), -0.7),
    "F3": VoiceBlend(_HIGH, 0.35),
    "F4": VoiceBlend(_mixed("jf_nezumi", "jm_kumo", 0.55), 0.15),
    "F5": VoiceBlend(_HIGH, 4.0),
}
PACKS: Final = tuple(dict.fromkeys(pack for it in VOICES.values() for pack, _ in it.packs))

SOUNDS: Final = (
    VoiceSound("M1", "male", "adult", 95, 0.4),
    VoiceSound("M2", "male", "elder", 114, 0.4),
    VoiceSound("M3", "male", "adult", 137, 0.6),
    VoiceSound("M4", "male", "adult", 75, 0.4),
    VoiceSound("M5", "male", "child", 288, 0.4),
    VoiceSound("F1", "female", "adult", 239, 0.4),
    VoiceSound("F2", "female", "adult", 199, 0.2),
    VoiceSound("F3", "female", "child", 346, 0.5),
    VoiceSound("F4", "female", "elder", 165, 0.2),
    VoiceSound("F5", "female", "child", 417, 0.5),
)
"""What they sound like: `make bench-voices` measures the pitch anew."""
