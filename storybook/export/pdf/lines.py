"""Breaks a paragraph into lines as Korean wants it: between words, never within one that fits.

Of all ways to break with the fewest lines, the one is taken whose lines are the most even and whose
last line is no **widow**, a single syllable ("요."). A word that is wider than a line is cut
between signs, before no closing and after no opening punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from storybook.export.fonts import signs

Width = Callable[[str], float]
"""How wide a text is set, in whatever unit a line's width has."""

_CLOSING: Final = ".,!?…;:~)]}>”’」』》〉、。·%"
_OPENING: Final = "([{<“‘「『《〈"
_KEPT: Final = "\u00a0\u202f\u2007"
"""Spaces that no line ends at."""
_BREAK: Final = re.compile(rf"[^\S{_KEPT}]+")
_BEFORE_CLOSING: Final = re.compile(rf"\s+(?=[{re.escape(_CLOSING)}]+(?:\s|$))")
_AFTER_OPENING: Final = re.compile(rf"((?:^|\s)[{re.escape(_OPENING)}]+)\s+")
_WIDOW: Final = 1_000.0
"""Worse than any unevenness, which is at most 1 a line."""
_SHORT: Final = 0.4
"""Of a line: a last one that is shorter looks forgotten, the shorter the more."""


class _Piece(msgspec.Struct, frozen=True):
    """What stays together, how wide it is, and what stands before it unless it begins a line: a
    space, or nothing within a word that is cut."""

    text: str
    width: float
    gap: str


class _Best(msgspec.Struct, frozen=True, order=True):
    """How good it is to end a line at a place: the fewer lines the better, then the more even.
    `start` is where that line begins."""

    lines: int
    badness: float
    start: int


def lines_of(text: str, width: float, measure: Width) -> list[str]:
    """A paragraph's lines, none wider than `width` unless a single sign is."""
    pieces = [it for word in _words(text) for it in _pieces(word, width, measure)]
    best = _best(pieces, width, measure(" "))
    lines, end = [], len(pieces)
    while end:
        start = best[end].start
        lines.append(_line(pieces[start:end]))
        end = start
    return lines[::-1]


def _words(text: str) -> list[str]:
    """Its words, each with the punctuation that belongs to it, also after or before a space."""
    kept = _AFTER_OPENING.sub(rf"\1{_KEPT[0]}", _BEFORE_CLOSING.sub(_KEPT[0], text.strip()))
    return [it for it in _BREAK.split(kept) if it]


def _pieces(word: str, width: float, measure: Width) -> Iterator[_Piece]:
    wide = measure(word)
    if wide <= width:
        yield _Piece(word, wide, " ")
        return
    for number, part in enumerate(_cut(word)):
        yield _Piece(part, measure(part), "" if number else " ")


def _cut(word: str) -> Iterator[str]:
    """A word's signs, each with the punctuation that must not be parted from it."""
    part = ""
    for sign in signs(word):
        if part and sign not in _CLOSING and part[-1] not in _OPENING:
            yield part
            part = ""
        part += sign
    yield part


def _best(pieces: Sequence[_Piece], width: float, space: float) -> list[_Best]:
    """By how many pieces are set: the best way to do so."""
    best = [_Best(0, 0.0, 0)]
    for end in range(1, len(pieces) + 1):
        best.append(min(_ways(best, pieces[:end], width, space, is_last=end == len(pieces))))
    return best


def _ways(
    best: Sequence[_Best], pieces: Sequence[_Piece], width: float, space: float, is_last: bool
) -> Iterator[_Best]:
    """Every way to set the last of the pieces, in a line that begins anywhere before."""
    wide = 0.0
    for start in range(len(pieces) - 1, -1, -1):
        piece = pieces[start]
        if start < len(pieces) - 1:
            wide += space * len(pieces[start + 1].gap)
        wide += piece.width
        if wide > width and start < len(pieces) - 1:
            return
        before, fill = best[start], wide / width
        badness = _ending(pieces[start:], fill, start == 0) if is_last else (1 - fill) ** 2
        yield _Best(before.lines + 1, before.badness + badness, start)


def _ending(pieces: Sequence[_Piece], fill: float, is_only: bool) -> float:
    """How bad these pieces are as a last line; the only line is never bad."""
    if is_only:
        return 0.0
    is_widow = sum(map(str.isalnum, _line(pieces))) <= 1
    return _WIDOW if is_widow else max(0.0, 1 - fill / _SHORT) ** 2


def _line(pieces: Sequence[_Piece]) -> str:
    text = "".join(it.gap * bool(number) + it.text for number, it in enumerate(pieces))
    return re.sub(rf"[{_KEPT}]", " ", text)
