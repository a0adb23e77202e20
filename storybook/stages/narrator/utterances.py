"""Cut a page's text into what is spoken: sentence by sentence, each in the voice of who says it.

A dialogue line is looked for in the text, and spoken by its character where it stands; everything
around it is the narrator's. Quotation marks are seen, not heard. A line that does not stand in the
text is spoken after it: a child would rather hear it late than not at all.

As a story a sentence is spoken clause by clause, and each piece knows what there is between it and
the next one, and how it is said (`acting`, in older books `expression`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

import msgspec

from storybook.book import Dialogue, Page, TtsConfig, VoiceDelivery
from storybook.engines import Boundary, Utterance
from storybook.languages.known import language_of
from storybook.stages.narrator.acting import SpokenSentence, acted
from storybook.stages.narrator.expression import Expression, expression_of

_QUOTES: Final = "\"'“”‘’„‟「」『』«»"
_SENTENCE_END: Final = re.compile(rf"(?<=[.!?…])[{_QUOTES})\]]*\s+")
_BEGUN_WORD: Final = re.compile(r"(?<!\w)\w{1,2}…+$")
_REST_OF_WORD: Final = re.compile(r"\w{1,2}[.!?…]")
_LINE_BREAK: Final = re.compile(r"[\r\n]+")
_ENDS_LINE: Final = re.compile(rf"[\r\n][\s{_QUOTES}]*$")
_SIGN_ENDS: Final = (re.compile(r"[.!?…;:](?=\s)"), re.compile(r"[,、]"))
_SPACE: Final = re.compile(r"(?=\s)")
_CLAUSE_END: Final = re.compile(rf"[,、;:—–][{_QUOTES})\]]*(?=\s)")
LAST_PACE: Final = 0.9
"""Of a page's last sentence: who listens hears that the page is over."""


def utterances(page: Page, tts: TtsConfig, *, ends_book: bool = False) -> tuple[Utterance, ...]:
    """What is spoken of a page, in order, with the printed text of each piece; `ends_book` where
    the book ends with it."""
    speech = language_of(tts.lang).speech
    is_acted = tts.delivery is VoiceDelivery.EXPRESSIVE
    quoting = speech.quoting if is_acted else ""
    sentences = _sentences_of(page, tts, quoting)
    if tts.delivery is VoiceDelivery.EVEN:
        return tuple(Utterance(it.text, it.speaker, it.voice) for it in sentences)
    if is_acted:
        manners = acted(sentences, speech, ends_book=ends_book)
    else:
        manners = _as_before(sentences, speech.hushed)
    return tuple(
        piece
        for index, (it, how) in enumerate(zip(sentences, manners, strict=True))
        for piece in _expressed(_pieces(it, _boundary(sentences[index : index + 2]), quoting), how)
    )


def _as_before(sentences: Sequence[SpokenSentence], hushed: str) -> list[Expression]:
    """How each sentence of a page is said in a book that is told as a story."""
    found = [
        expression_of(it.text, hushed, _beside(sentences, index))
        for index, it in enumerate(sentences)
    ]
    return [*found[:-1], *(msgspec.structs.replace(it, pace=LAST_PACE) for it in found[-1:])]


def _expressed(pieces: Iterable[Utterance], how: Expression) -> Iterator[Utterance]:
    """Pieces of a sentence as it is said; the silence after it is after the last one."""
    for it in pieces:
        wait = 1.0 if it.after is Boundary.CLAUSE else how.wait
        yield msgspec.structs.replace(
            it,
            pace=how.pace,
            gain_db=how.gain_db,
            semitones=how.semitones,
            melody=how.melody,
            wait=wait,
        )


def _beside(sentences: Sequence[SpokenSentence], index: int) -> str:
    """What is told right before and after a line that somebody says."""
    if not sentences[index].speaker:
        return ""
    around = (*sentences[max(0, index - 1) : index], *sentences[index + 1 : index + 2])
    return " ".join(it.text for it in around if not it.speaker)


def _sentences_of(page: Page, tts: TtsConfig, quoting: str) -> list[SpokenSentence]:
    """The sentences of a page. After `quoting`, a regular expression, what was said goes on."""
    text, end = page.text, 0
    spoken: list[SpokenSentence] = []
    placed, missing = _place(page.dialogues, text)
    told = partial(_spoken, speaker="", voice=tts.narrator_voice, quoting=quoting)
    number = 0
    for start, stop, line in placed:
        number += 1
        spoken += told(text[end:start])
        spoken += _said(line, tts, number)
        end = stop
    spoken += told(text[end:])
    for line in missing:
        number += 1
        spoken += _said(line, tts, number)
    return spoken


def _said(line: Dialogue, tts: TtsConfig, number: int) -> list[SpokenSentence]:
    found = _spoken(line.text, line.character, tts.voice_of(line.character))
    return [msgspec.structs.replace(it, line=number) for it in found]


def _boundary(sentences: Sequence[SpokenSentence]) -> Boundary:
    """What there is after a sentence, given with the one that follows, if one does."""
    here, following = sentences[0], sentences[-1]
    if here.ends_paragraph:
        return Boundary.PARAGRAPH
    if here.speaker == following.speaker:
        return Boundary.SENTENCE
    return Boundary.BEFORE_SPEECH if following.speaker else Boundary.AFTER_SPEECH


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


def _spoken(text: str, speaker: str, voice: str, quoting: str = "") -> list[SpokenSentence]:
    """The sentences of a text. Where nothing but marks is between two line breaks they are one."""
    found: list[SpokenSentence] = []
    for line in _LINE_BREAK.split(text):
        sentences = [_unquoted(it) for it in _cut(line, quoting)]
        said = [it for it in sentences if _has_words(it)]
        found += [SpokenSentence(it, speaker, voice, it is said[-1]) for it in said]
    if found and not _ENDS_LINE.search(text):
        found[-1] = msgspec.structs.replace(found[-1], ends_paragraph=False)
    return found


def _cut(line: str, quoting: str) -> Iterator[str]:
    """The sentences of a line. A word that is drawn out stays one: 반…… 짝! So does what is said
    within a sentence: 이번에는, 잠깐! 하는 소리가 들렸어요."""
    start = 0
    for end in _SENTENCE_END.finditer(line):
        is_drawn_out = _BEGUN_WORD.search(line, start, end.start()) and _REST_OF_WORD.match(
            line, end.end()
        )
        goes_on = quoting and line[end.start() - 1] != "." and re.match(quoting, line[end.end() :])
        if not (is_drawn_out or goes_on):
            yield line[start : end.start()]
            start = end.end()
    yield line[start:]


def _pieces(sentence: SpokenSentence, boundary: Boundary, quoting: str = "") -> Iterator[Utterance]:
    """The clauses of a sentence; the last one has what there is after the sentence."""
    text, start = sentence.text, 0
    ends = _CLAUSE_END
    if quoting:
        ends = re.compile(rf"{_CLAUSE_END.pattern}|[!?…]+[{_QUOTES})\]]*(?=\s+(?:{quoting}))")
    for cut in ends.finditer(text):
        clause = text[start : cut.end()].strip()
        if _has_words(clause) and _has_words(text[cut.end() :]):
            yield Utterance(clause, sentence.speaker, sentence.voice, after=Boundary.CLAUSE)
            start = cut.end()
    yield Utterance(text[start:].strip(), sentence.speaker, sentence.voice, after=boundary)


def _has_words(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _unquoted(text: str) -> str:
    """The text without the quotation marks and spaces around it."""
    return text.strip(_QUOTES + " \t\r\n　")
