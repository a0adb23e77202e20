"""Cleans the words that a book is made from, the same for every way in.

Line breaks and tabs become spaces, and decomposed Hangul (as macOS sends it) is composed, since
particles are chosen by a syllable's last letter. What then shows nothing, is too long or holds
other control characters is refused, with every fault that is found. Joiners stay: emoji are made
of them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import msgspec

MAX_FIELD_CHARACTERS: Final = 200
"""Four words make a book; more than a sentence each is a mistake."""

SPEED_RANGE: Final = (0.7, 2.0)
"""The narrators' own bounds: outside, speech falls apart."""

_FILLERS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""They show nothing, whatever their category says: fillers of Hangul, the blank of Braille."""
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They show what follows in another order than it is read, on the whole page if left open."""
_BREAKS: Final = re.compile(r"\r\n|[\t\n\v\f\r\x85\u2028\u2029]")


class RequestFault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request: where it is, what it is, and a stable word for it."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


class InvalidRequest(Exception):
    """A request cannot be used; `faults` says all that is wrong with it."""

    def __init__(self, faults: list[RequestFault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, it.loc))}: {it.msg}" for it in faults))
        self.faults = faults


def clean_word(loc: tuple[str | int, ...], text: str) -> str:
    """The text as it is used; `loc` names the field it came in. Raises `InvalidRequest`."""
    clean = unicodedata.normalize("NFC", _BREAKS.sub(" ", text)).strip()
    faults = [RequestFault(loc, message, kind) for message, kind in _wrong(clean)]
    if faults:
        raise InvalidRequest(faults)
    return clean


def _wrong(text: str) -> list[tuple[str, str]]:
    found = []
    if not any(_shows(sign) for sign in text):
        found.append(("expected some text, found only blanks", "string_too_short"))
    if len(text) > MAX_FIELD_CHARACTERS:
        message = f"expected at most {MAX_FIELD_CHARACTERS} characters, found {len(text)}"
        found.append((message, "string_too_long"))
    if controls := {sign for sign in text if _controls(sign)}:
        named = ", ".join(f"U+{ord(sign):04X}" for sign in sorted(controls))
        found.append((f"control characters are not allowed: {named}", "control_character"))
    return found


def _shows(sign: str) -> bool:
    """Whether anything of a sign can be seen where it stands alone."""
    return sign not in _FILLERS and unicodedata.category(sign) not in ("Cf", "Mn", "Zs")


def _controls(sign: str) -> bool:
    return sign in _REORDERING or unicodedata.category(sign) in ("Cc", "Cs")
