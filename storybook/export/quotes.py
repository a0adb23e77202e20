"""Straight quotation marks become curled ones where a story is printed, as in the reader's page
(`reader/reading/quotes.js`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_CURLED: Final = {'"': ("“", "”"), "'": ("‘", "’")}
_MARKS: Final = re.compile("[\"']")
_OPENS_AFTER: Final = re.compile(r"[\s(\[{<—“‘\"']")


def curled(pieces: Sequence[str]) -> Iterator[str]:
    """The pieces of a paragraph with their marks curled: each as long as before."""
    whole = "".join(pieces)
    shown = _MARKS.sub(lambda it: _CURLED[it[0]][not _is_opening(whole, it.start())], whole)
    at = 0
    for piece in pieces:
        yield shown[at : at + len(piece)]
        at += len(piece)


def _is_opening(whole: str, at: int) -> bool:
    """Whether something is said from here on: after a space or a bracket, before a letter."""
    before, after = whole[at - 1 : at] or " ", whole[at + 1 : at + 2] or " "
    return bool(_OPENS_AFTER.match(before)) and not after.isspace()
