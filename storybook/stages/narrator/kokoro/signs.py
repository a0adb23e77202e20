"""The signs that Kokoro takes, by their numbers.

It has more: these are those that its languages here use. Which text has which signs is told by a
language (`ReadingAloud.spelled`).
"""

from __future__ import annotations

from typing import Final

_PAIRS: Final = (
    ",3 .4 !5 ?6 ʥ19 ʨ21 a43 b44 d46 e47 h50 i51 j52 k53 l54 m55 n56 o57 p58 s61 t62 u63 w65 ɕ77 "
    "ɛ86 ɡ92 ɯ110 ɰ111 ŋ112 ɾ125 ʌ138 ʰ162"
)
NUMBERS: Final = {" ": 16, **{it[0]: int(it[1:]) for it in _PAIRS.split()}}
"""Of Kokoro-82M v1.0, from the vocabulary in its own config.json."""
MOST_SIGNS: Final = 508
"""That it takes at once, less the one before and the one after them; a voice has as many styles."""


def numbers_of(signs: str) -> tuple[int, ...]:
    """The numbers of signs, without those that it does not know, and with the 0 before and after
    them that it wants."""
    known = [NUMBERS[sign] for sign in signs if sign in NUMBERS]
    return (0, *known[:MOST_SIGNS], 0)
