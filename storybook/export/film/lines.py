"""Where the lines of a text are broken: between words, and about as long as each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

Measure = Callable[[str], float]
"""How wide a text is."""

_NARROWINGS: Final = 7
"""How often the width is halved towards the narrowest that needs no further line: to a hundredth
of it."""


def broken(text: str, width: float, measure: Measure) -> list[str]:
    """A text in the fewest lines of at most a width. A word that is wider is cut. Lines about as
    long as each other leave no syllable alone in the last one."""
    lines = _filled(text, width, measure)
    low, high = width / max(1, len(lines)) / 2, width
    for _ in range(_NARROWINGS if len(lines) > 1 else 0):
        middle = (low + high) / 2
        narrower = _filled(text, middle, measure)
        if len(narrower) > len(lines) or _cuts(narrower, text):
            low = middle
        else:
            lines, high = narrower, middle
    return lines


def _filled(text: str, width: float, measure: Measure) -> list[str]:
    lines: list[str] = []
    for word in (piece for it in text.split() for piece in _pieces(it, width, measure)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cuts(lines: list[str], text: str) -> bool:
    """Whether a word was cut in two."""
    return " ".join(lines).split() != text.split()


def _pieces(word: str, width: float, measure: Measure) -> Iterator[str]:
    if measure(word) <= width:
        yield word
        return
    piece = ""
    for letter in word:
        if piece and measure(piece + letter) > width:
            yield piece
            piece = ""
        piece += letter
    yield piece
