"""How an expressive narrator says each sentence of a page (`VoiceDelivery.EXPRESSIVE`).

Whoever tells moves most: questions and cries are higher, what hangs in the air is lower, softer and
slower with a longer silence before what comes, sounds stand out, and the voice sinks from a page's
beginning to its end. Those who speak within the story stay as high as their voices are, so that
they are told apart, and are heard by loudness, melody and pace. What somebody says at once is
whispered or called as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import msgspec
from msgspec.structs import replace

from storybook.languages.language import ReadingAloud
from storybook.stages.narrator.expression import Expression

TOLD: Final = Expression(melody=1.2)
TOLD_CALLED: Final = Expression(2.5, 2.0, 1.0, 1.5, 0.95)
TOLD_ASKED: Final = Expression(0.5, 2.4, 0.97, 1.5, 1.3)
TOLD_TRAILING: Final = Expression(-2.5, -1.5, 0.88, 0.8, 1.6)
TOLD_HUSHED: Final = Expression(-5.0, -1.3, 0.9, 0.8, 1.1)
TOLD_SOUND: Final = Expression(1.5, 1.5, 0.88, 1.4, 0.9)
SAID: Final = Expression()
SAID_CALLED: Final = Expression(2.5, 0.0, 1.0, 1.2, 0.95)
SAID_ASKED: Final = Expression(0.0, 0.0, 0.98, 1.15, 1.2)
SAID_TRAILING: Final = Expression(-2.0, 0.0, 0.9, 0.8, 1.4)
SAID_HUSHED: Final = Expression(-5.0, 0.0, 0.9, 0.8, 1.1)
SINKING: Final = 0.9
"""Semitones above the middle where a page begins, and below it where it ends."""
TURN_PACE: Final = 0.88
TURN_WAIT: Final = 1.06
"""Of a page's last sentence that asks or breaks off, and of the silence after it."""
LEVEL_PACE: Final = 0.9
LEVEL_WAIT: Final = 0.75
"""Of one that does not: it leads nowhere, and the page ends sooner."""
END: Final = Expression(-1.5, -0.8, 0.82, 0.9, 1.06)
"""Of a book's last sentence, beside its own: the voice comes to rest."""
BEFORE_END_WAIT: Final = 1.45
"""Before a page's last sentence, and before what turns a story."""
_SHORT, _LONG = 0.85, 1.2
"""Waits after a sentence of no and of `_LONG_SYLLABLES` syllables: who listens has more to see."""
_LONG_SYLLABLES: Final = 30
_CALLED: Final = re.compile(r"!\W*$")
_ASKED: Final = re.compile(r"\?\W*$")
_TRAILING: Final = re.compile(r"(?:…|\.{3})\W*$")


class SpokenSentence(msgspec.Struct, frozen=True):
    """A sentence in one voice, and whether a paragraph ends with it. Those of one line that
    somebody says have its number, from 1; what is told has none."""

    text: str
    speaker: str
    voice: str
    ends_paragraph: bool
    line: int = 0


def acted(
    sentences: Sequence[SpokenSentence], speech: ReadingAloud, *, ends_book: bool = False
) -> list[Expression]:
    """How each sentence of a page is said; `ends_book` where it is the book's last page. What is
    played higher is spoken slower by as much, so that a higher voice is no quicker."""
    found = list(_each(sentences, speech))
    _let_sink(sentences, found)
    for index, it in enumerate(sentences[1:]):
        if re.match(speech.turning, it.text):
            found[index] = replace(found[index], wait=max(found[index].wait, BEFORE_END_WAIT))
    _end(sentences, found, ends_book=ends_book)
    return [replace(it, pace=it.pace / 2 ** (it.semitones / 12)) for it in found]


def _each(sentences: Sequence[SpokenSentence], speech: ReadingAloud) -> Iterator[Expression]:
    start = 0
    for line, group in groupby(sentences, key=lambda it: it.line):
        here = list(group)
        stop = start + len(here)
        if not line:
            yield from (_told(it.text, speech) for it in here)
        else:
            beside = f"{_before(sentences, start, speech)} {_after(sentences, stop, speech)}"
            whole = " ".join(it.text for it in here)
            yield from (_said(it.text, whole, beside, speech) for it in here)
        start = stop


def _told(text: str, speech: ReadingAloud) -> Expression:
    if speech.hushed and re.search(speech.hushed, text):
        return TOLD_HUSHED
    if re.search(speech.mimetic, text):
        return TOLD_SOUND
    by_sign = ((_TRAILING, TOLD_TRAILING), (_CALLED, TOLD_CALLED), (_ASKED, TOLD_ASKED))
    length = min(sum(map(str.isalnum, text)) / _LONG_SYLLABLES, 1)
    usual = replace(TOLD, wait=_SHORT + (_LONG - _SHORT) * length)
    return next((how for sign, how in by_sign if sign.search(text)), usual)


def _said(text: str, line: str, beside: str, speech: ReadingAloud) -> Expression:
    """A sentence of a line that somebody says; `beside` is what is told of how it is said."""
    if re.search(speech.whispered, beside) or (speech.hushed and re.search(speech.hushed, line)):
        return SAID_HUSHED
    by_sign = ((_TRAILING, SAID_TRAILING), (_CALLED, SAID_CALLED), (_ASKED, SAID_ASKED))
    how = next((how for sign, how in by_sign if sign.search(text)), SAID)
    if re.search(speech.called, beside):
        return replace(SAID_CALLED, wait=how.wait)
    return how


# ------------------------------------------------------------------------- what is told of a line


def _before(sentences: Sequence[SpokenSentence], start: int, speech: ReadingAloud) -> str:
    """What is told right before the line that begins at `start`, if it is of who says that."""
    if start == 0 or sentences[start - 1].line:
        return ""
    return _if_of(sentences, start - 1, sentences[start].speaker, speech)


def _after(sentences: Sequence[SpokenSentence], stop: int, speech: ReadingAloud) -> str:
    if stop == len(sentences) or sentences[stop].line:
        return ""
    return _if_of(sentences, stop, sentences[stop - 1].speaker, speech)


def _if_of(
    sentences: Sequence[SpokenSentence], index: int, speaker: str, speech: ReadingAloud
) -> str:
    """A told sentence, unless it names another one who speaks on the page first: then it tells how
    that one says something."""
    text = sentences[index].text
    names = {it.speaker for it in sentences if it.speaker}
    places = {name: _place(name, text, speech) for name in names}
    named = {name: at for name, at in places.items() if at >= 0}
    return text if not named or min(named, key=lambda it: named[it]) == speaker else ""


def _place(name: str, text: str, speech: ReadingAloud) -> int:
    """Where a name stands as a word of its own, but for a particle; else -1."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?:{speech.particles})?(?!\w)", text)
    return found.start() if found is not None else -1


# ------------------------------------------------------------------------------- over a whole page


def _let_sink(sentences: Sequence[SpokenSentence], found: list[Expression]) -> None:
    """What is told begins higher than it ends, and is in the middle as high as the voice is."""
    told = [index for index, it in enumerate(sentences) if not it.line]
    if len(told) < 2:
        return
    for nth, index in enumerate(told):
        sunk = SINKING * (1 - 2 * nth / (len(told) - 1))
        found[index] = replace(found[index], semitones=found[index].semitones + sunk)
    middle = _middle([(found[at].semitones, len(sentences[at].text)) for at in told])
    for index in told:
        found[index] = replace(found[index], semitones=found[index].semitones - middle)


def _middle(weighed: Sequence[tuple[float, int]]) -> float:
    """The median of some values, each of a weight."""
    half, passed = sum(weight for _, weight in weighed) / 2, 0
    for value, weight in sorted(weighed):
        passed += weight
        if passed >= half:
            return value
    return 0.0


def _end(sentences: Sequence[SpokenSentence], found: list[Expression], *, ends_book: bool) -> None:
    """The last sentence of a page: it leads on, or comes to rest."""
    if not sentences:
        return
    last, text = found[-1], sentences[-1].text
    leads_on = any(sign.search(text) for sign in (_TRAILING, _ASKED, _CALLED))
    lower = 0.0 if sentences[-1].line else END.semitones
    if ends_book:
        gain, moved = last.gain_db + END.gain_db, last.semitones + lower
        found[-1] = Expression(gain, moved, END.pace, END.melody, END.wait)
    elif leads_on:
        found[-1] = replace(last, pace=min(last.pace, TURN_PACE), wait=TURN_WAIT)
    else:
        found[-1] = replace(last, pace=LEVEL_PACE, wait=LEVEL_WAIT)
    if len(found) > 1 and (ends_book or leads_on):
        found[-2] = replace(found[-2], wait=max(found[-2].wait, BEFORE_END_WAIT))
