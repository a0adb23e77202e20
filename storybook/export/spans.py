"""Where each spoken segment and each line of dialogue stands in a page's text.

A page's text is cut into **paragraphs** (at line breaks, and around what a character says) and
those into **spans**, each with the segment that speaks it. Segments are sought one after the
other; one that is not found word for word (a narrator may read numbers as words) is just not lit
up while it is spoken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from storybook.book import Dialogue, Page, Segment

_QUOTES: Final = {'"': '"', "“": "”", "‘": "’", "'": "'", "「": "」", "『": "』"}
_SENTENCE_END: Final = re.compile(r"[.!?…]+(?=\s|$)")
_SENTENCE_ENDS: Final = tuple('.!?…~"”’」』')


class Span(msgspec.Struct, frozen=True):
    """A stretch of text, the segment that speaks it, and whether a character says it."""

    text: str
    segment: Segment | None
    is_said: bool


class _Mark(msgspec.Struct, frozen=True):
    """Where something stands: from `start` up to, not including, `end`."""

    start: int
    end: int
    segment: Segment | None = None


def paragraphs(
    page: Page, segments: Sequence[Segment], goes_on: re.Pattern[str]
) -> list[list[Span]]:
    """A page's text, in order and whole but for white space around paragraphs. `goes_on` matches,
    in its language, what goes on with a sentence after a quotation."""
    text = page.text
    said = list(_said(text, page.dialogues))
    spoken = list(_spoken(text, segments))
    ranges = pairwise(_breaks(text, said, goes_on))
    cut = [list(_spans(text, start, end, said, spoken)) for start, end in ranges]
    return [spans for spans in cut if spans]


def _said(text: str, dialogues: Sequence[Dialogue]) -> Iterator[_Mark]:
    cursor = 0
    for dialogue in dialogues:
        start = text.find(dialogue.text, cursor)
        if start < 0 or not dialogue.text:
            continue
        cursor = end = start + len(dialogue.text)
        if start and text[end : end + 1] == _QUOTES.get(text[start - 1], "none"):
            start, end = start - 1, end + 1
        yield _Mark(start, end)


def _spoken(text: str, segments: Sequence[Segment]) -> Iterator[_Mark]:
    cursor = 0
    for segment in segments:
        words = [re.escape(word) for word in segment.text.split()]
        found = re.compile(r"\s+".join(words)).search(text, cursor) if words else None
        if found:
            cursor = found.end()
            yield _Mark(found.start(), cursor, segment)


def _breaks(text: str, said: Sequence[_Mark], goes_on: re.Pattern[str]) -> list[int]:
    """Where paragraphs begin, and the text's end."""
    breaks = {0, len(text), *(found.end() for found in re.finditer(r"\n+", text))}
    for mark in said:
        before = text[: mark.start].rstrip()
        if not before or before.endswith(_SENTENCE_ENDS):
            breaks.add(mark.start)
        breaks.add(_end_of_telling(text, mark.end) if goes_on.match(text, mark.end) else mark.end)
    return sorted(breaks)


def _end_of_telling(text: str, start: int) -> int:
    """The end of the sentence that goes on after a quotation."""
    end = _SENTENCE_END.search(text, start)
    return end.end() if end else len(text)


def _spans(
    text: str, start: int, end: int, said: Sequence[_Mark], spoken: Sequence[_Mark]
) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    edges = {edge for mark in (*said, *spoken) for edge in (mark.start, mark.end)}
    inside = [start, *sorted(edge for edge in edges if start < edge < end), end]
    for left, right in pairwise(inside):
        if left < right:
            speaking = next((m.segment for m in spoken if m.start <= left < m.end), None)
            is_said = any(m.start <= left < m.end for m in said)
            yield Span(text[left:right], speaking, is_said)
