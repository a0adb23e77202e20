"""Subtitles: what is said, or to be read, and when.

A **cue** is what stands on the screen at once: at most two lines. Where a page is read aloud its
times are those of the segments; else the page's time is shared by how long its sentences are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from storybook.export.content import PageText
from storybook.export.film.lines import broken

LINE_WIDTH: Final = 42
"""Of a line, in narrow letters; a letter of Hangul is two. 42 is what broadcasters of Latin letters
have, and 21 of Hangul is what a phone held upright shows without breaking the line anew."""
LINES: Final = 2
LETTERS_A_SECOND: Final = 4.0
"""How fast somebody reads aloud to a child, in syllables of Hangul: the pace of the narrators."""
NARROW: Final = 0.45
"""What a Latin letter or a digit takes of the time of a syllable: English words of five letters,
spoken at some 110 a minute."""
LONGEST_PAUSE: Final = 1.0
"""Seconds. No narrator is silent for longer inside a page: where more lies between two segments,
words were spoken that were not found in the text (numbers, read as words)."""
_CLAUSE_END: Final = re.compile(r"(?<=[,、;:—–.!?…])\s+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])([\"'”’」』]*)\s+")


class Cue(msgspec.Struct, frozen=True):
    """What stands on the screen from `start` to `end`, seconds of the film; newlines part the
    lines."""

    text: str
    start: float
    end: float


def letters(text: str) -> float:
    """How long a text is to read, in syllables of Hangul."""
    return sum(1.0 if _is_wide(it) else NARROW for it in text if not it.isspace())


def reading_seconds(text: str) -> float:
    """How long it takes to read a text aloud."""
    return letters(text) / LETTERS_A_SECOND


def heard_cues(text: PageText, since: float, seconds: float) -> list[Cue]:
    """The cues of a page whose recording, of so many `seconds`, begins with the film's second
    `since`."""
    return [
        cue
        for it in _stretches(text, seconds)
        for cue in spread([it.text], since + it.start, since + it.end)
    ]


def read_cues(text: PageText, start: float, end: float) -> list[Cue]:
    """The cues of a page that is there to be read from `start` to `end`."""
    return spread([it for part in text.plain for it in _sentences(part)], start, end)


def spread(texts: Sequence[str], start: float, end: float) -> list[Cue]:
    """Texts one after the other, each as many cues as it needs, with its share of the time."""
    shown = [it for text in texts for it in screens(text)]
    total = sum(map(letters, shown)) or 1.0
    found, since = list[Cue](), start
    for it in shown:
        until = since + (end - start) * letters(it) / total
        found.append(Cue(it, since, until))
        since = until
    return found


def srt(cues: Iterable[Cue]) -> str:
    """Cues as a SubRip file."""
    return "\n".join(
        f"{number}\n{_srt_time(it.start)} --> {_srt_time(it.end)}\n{it.text}\n"
        for number, it in enumerate(cues, 1)
    )


class _Mark(msgspec.Struct, frozen=True):
    """Where in a page's text a segment stands, and when it is spoken."""

    begin: int
    finish: int
    start: float
    end: float


def _stretches(text: PageText, seconds: float) -> list[Cue]:
    """All the words of a page, each with the times of its segment, seconds of the recording. Words
    that no segment has are spoken between the two beside them, if there is the time."""
    whole, marks = _marked(text)
    at_end = _Mark(len(whole), len(whole), seconds, seconds)
    found: list[Cue] = []
    opening, place, time = "", 0, 0.0
    for mark in (*marks, at_end):
        closing, words, following = _divided(whole[place : mark.begin])
        if words and (not found or mark.start - time > LONGEST_PAUSE):
            found.append(Cue(opening + words, time, mark.start))
        else:
            closing += words
        if found:
            found[-1] = _longer(found[-1], closing)
        if mark is not at_end:
            own = whole[mark.begin : mark.finish]
            found.append(Cue(following + own, mark.start, mark.end))
        place, time = mark.finish, mark.end
    return found


def _marked(text: PageText) -> tuple[str, list[_Mark]]:
    whole, marks, last = "", list[_Mark](), None
    for part in text.paragraphs:
        for span in part:
            begin, whole = len(whole), whole + span.text
            if span.segment is not None:
                if span.segment is last:  # cut in two where somebody begins to speak
                    begin = marks.pop().begin
                marks.append(_Mark(begin, len(whole), span.segment.start, span.segment.end))
                last = span.segment
        whole += "\n"
    return whole, marks


def _divided(between: str) -> tuple[str, str, str]:
    """What stands between two segments: signs that belong to the one before, words of their own,
    and signs that belong to the one behind."""
    if any(map(str.isalnum, between)):
        return "", between, ""
    closing = re.match(r"\S*\s*", between)
    assert closing is not None
    return closing[0], "", between[closing.end() :]


def _longer(cue: Cue, more: str) -> Cue:
    return msgspec.structs.replace(cue, text=cue.text + more)


def _sentences(text: str) -> list[str]:
    return [it for it in _SENTENCE_END.sub(r"\1\n", text).split("\n") if it.strip()]


def screens(text: str) -> list[str]:
    """A text in pieces that fit the screen, in lines: parted at signs where there are some, else
    between words."""
    pieces: list[str] = []
    for clause in _CLAUSE_END.split(text.strip()):
        longer = f"{pieces[-1]} {clause}" if pieces else clause
        if pieces and _fits(longer):
            pieces[-1] = longer
        else:
            pieces.append(clause)
    return ["\n".join(_lines(it)) for piece in pieces for it in _fitting(piece)]


def _fitting(text: str) -> list[str]:
    """The text in as few pieces between words as fit the screen."""
    widths = range(LINES * LINE_WIDTH, LINE_WIDTH, -1)
    cuts = (broken(text, width, _width) for width in widths)
    return next((it for it in cuts if all(map(_fits, it))), broken(text, LINE_WIDTH, _width))


def _fits(text: str) -> bool:
    return len(_lines(text)) <= LINES


def _lines(text: str) -> list[str]:
    return broken(text, LINE_WIDTH, _width)


def _width(text: str) -> int:
    return sum(2 if _is_wide(it) else 1 for it in text)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _srt_time(seconds: float) -> str:
    whole = round(seconds * 1_000)
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1_000:02},{rest % 1_000:03}"
