"""The ten voices: five come with the model, the others are made of them.

A **pack** is a voice of the model: a style for each length of what is said. Packs may be mixed, a
style being a list of numbers, and a sound may be played higher or lower, by `SHIFT_AT_MOST` at
most, where a voice still sounds like somebody's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SHIFT_AT_MOST: Final = 4.0
"""Semitones."""


class Voice(NamedTuple):
    """Packs with their shares, which add up to 1; and how much higher it is than they are."""

    packs: tuple[tuple[str, float], ...]
    semitones: float = 0.0


def _pure(pack: str, semitones: float = 0.0) -> Voice:
    return Voice(((pack, 1.0),), semitones)


VOICES: Final = {
    "M1": _pure("jm_kumo"),
    "M2": _pure("jm_kumo", -2.0),
    "M3": _pure("jm_kumo", 3.0),
    "M4": _pure("jm_kumo", -4.0),
    "M5": Voice((("jm_kumo", 0.5), ("jf_nezumi", 0.5))),
    "F1": _pure("jf_alpha"),
    "F2": _pure("jf_gongitsune"),
    "F3": _pure("jf_tebukuro"),
    "F4": _pure("jf_nezumi"),
    "F5": _pure("jf_nezumi", 3.0),
}
PACKS: Final = tuple(dict.fromkeys(pack for it in VOICES.values() for pack, _ in it.packs))
