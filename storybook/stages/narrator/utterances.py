"""Cut a page's text into what is spoken: sentence by sentence, each in the voice of who says it.

A dialogue line is looked for in the text, and spoken by its character where it stands; everything
around it is the narrator's. Quotation marks are seen, not heard. A line that does not stand in the
text is spoken after it: a child would rather hear it late than not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from storybook.book import Dialogue, Page, TtsConfig
from storybook.engines import Utterance

_QUOTES: Final = "\"'“”‘’„‟「」『』«»"
_SENTENCE_END: Final = re.compile(rf"(?<=[.!?…])[{_QUOTES})\]]*\s+|[\r\n]+")
_SIGN_ENDS: Final = (re.compile(r"[.!?…;:](?=\s)"), re.compile(r"[,、]"))
_SPACE: Final = re.compile(r"(?=\s)")


def utterances(page: Page, tts: TtsConfig) -> tuple[Utterance, ...]:
    """What is spoken of a page, in order, with the printed text of each piece."""
    text, spoken, end = page.text, [], 0
    placed, missing = _place(page.dialogues, text)
    for start, stop, line in placed:
        spoken += _narration(text[end:start], tts)
        spoken += _speech(line, tts)
        end = stop
    spoken += _narration(text[end:], tts)
    for line in missing:
        spoken += _speech(line, tts)
    return tuple(spoken)


def clauses(text: str, limit: int, breaths: str = "") -> tuple[str, ...]:
    """Cut a text into pieces of at most `limit` characters, at the best places for a breath: signs,
    `breaths` of its language (a regular expression), spaces.

    Nothing but spaces at the cuts is lost. A word longer than the limit is cut as it is.
    """
    pieces = []
    rest = text.strip()
    ends = (*_SIGN_ENDS, *([re.compile(breaths)] if breaths else []), _SPACE)
    while len(rest) > limit:
        cut = _breath(rest, limit, ends)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return (*pieces, rest) if rest else tuple(pieces)


def _breath(text: str, limit: int, places: Sequence[re.Pattern[str]]) -> int:
    """The last good place to cut within the limit. A cut in the first third leaves a stump, so
    that a lesser place further on is better."""
    for ends in places:
        cuts = (match.end() for match in ends.finditer(text, 0, limit + 1))
        cut = max((cut for cut in cuts if cut <= limit), default=0)
        if cut > limit // 3:
            return cut
    return limit


_Placed = tuple[int, int, Dialogue]


def _place(lines: tuple[Dialogue, ...], text: str) -> tuple[list[_Placed], list[Dialogue]]:
    """Find each line in the text: (start, end, line) in reading order, and those not found."""
    placed: list[_Placed] = []
    missing: list[Dialogue] = []
    for line in lines:
        said = _unquoted(line.text)
        after = placed[-1][1] if placed else 0
        free = [at for at in _occurrences(said, text) if not _is_taken(at, len(said), placed)]
        if free:
            at = min(free, key=lambda at: (not _is_quoted(at, text), at < after, at))
            placed.append((at, at + len(said), line))
        elif said:
            missing.append(line)
    return sorted(placed, key=lambda place: place[0]), missing


def _occurrences(said: str, text: str) -> Iterator[int]:
    at = text.find(said) if said else -1
    while at >= 0:
        yield at
        at = text.find(said, at + 1)


def _is_taken(start: int, length: int, placed: list[_Placed]) -> bool:
    return any(start < stop and begin < start + length for begin, stop, _ in placed)


def _is_quoted(at: int, text: str) -> bool:
    return text[:at].rstrip().endswith(tuple(_QUOTES))


def _narration(text: str, tts: TtsConfig) -> list[Utterance]:
    return [Utterance(sentence, "", tts.narrator_voice) for sentence in _sentences(text)]


def _speech(line: Dialogue, tts: TtsConfig) -> list[Utterance]:
    voice = tts.voice_of(line.character)
    return [Utterance(sentence, line.character, voice) for sentence in _sentences(line.text)]


def _sentences(text: str) -> list[str]:
    sentences = (_unquoted(sentence) for sentence in _SENTENCE_END.split(text))
    return [sentence for sentence in sentences if any(char.isalnum() for char in sentence)]


def _unquoted(text: str) -> str:
    """The text without the quotation marks and spaces around it."""
    return text.strip(_QUOTES + " \t\r\n　")
