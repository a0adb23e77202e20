"""How a sentence of a story is said: louder or softer, higher or lower, quicker or slower.

What it ends with tells it, and words that hush it (`ReadingAloud.hushed`): its own, or those of the
sentences beside what somebody says ("쉿, 자니?" 토끼가 속삭였어요). The steps are small: a voice
stays the voice that it is, and two that speak on a page stay apart.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec


class Expression(msgspec.Struct, frozen=True):
    """Decibels and semitones beside the voice's usual ones; factors of its speed, of its melody,
    and of the silence after it."""

    gain_db: float = 0.0
    semitones: float = 0.0
    pace: float = 1.0
    melody: float = 1.0
    wait: float = 1.0


PLAIN: Final = Expression()
HUSHED: Final = Expression(-5.0, -0.4, 0.93)
CALLED: Final = Expression(2.5, 0.8)
ASKED: Final = Expression(0.0, 0.5)
TRAILING: Final = Expression(-2.0, -0.4, 0.93)
_ENDS: Final = (
    (re.compile(r"!\W*$"), CALLED),
    (re.compile(r"\?\W*$"), ASKED),
    (re.compile(r"(?:…|\.{3})\W*$"), TRAILING),
)


def expression_of(text: str, hushed: str, beside: str = "") -> Expression:
    """How a sentence is said. `hushed` is a regular expression of words that hush it (empty for
    none), and `beside` what is told around it, if somebody in the story says it."""
    if hushed and (re.search(hushed, text) or re.search(hushed, beside)):
        return HUSHED
    return next((how for ends, how in _ENDS if ends.search(text)), PLAIN)
