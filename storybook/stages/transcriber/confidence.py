"""From what a model heard to a transcript, and how far it can be trusted.

Whisper is made to write something: given a cough or a fan it writes the end of a video. So what it
knows, what is known of the clip, and what can be seen of the text are multiplied:

    confidence = p × (1 − n) × v × t

`p` is the probability of a token, the geometric mean over all that was heard; `n` the probability
that there is no speech; `v` grows from 0 to 1 with how much voice there is in the clip, in seconds
and as a share. A word in a long pause is still a word, so `v` falls slowly with the share. `t` is
how much of the text looks like something that was said in that time: letters of another script,
broken signs, rows of numbers, and more or fewer syllables than a mouth makes, all count against it.

A model that has lost its way says one thing again and again, and is surer of it than of anything
else: a text that packs too well is a loop, and was not said. Where nothing is left to be said the
text is empty and the confidence 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from storybook.engines import Transcript
from storybook.languages.known import LANGUAGES

SHORTEST_WORD_SECONDS: Final = 0.3
"""숲 takes this long; less voice than that is a click or a breath."""
USUAL_SHARE: Final = 0.25
"""A word or two in a clip of a few seconds; with less voice the clip is mostly something else."""
NO_SPEECH: Final = 0.6
DOUBTFUL_LOGPROB: Final = -1.0
"""Whisper's own thresholds: what is probably no speech, and was written with doubt, was not said
(OpenAI's `transcribe.py`, `no_speech_threshold` and `logprob_threshold`)."""
LOOP_RATIO: Final = 2.4
"""A text that can be packed to less than a 2.4th of its size repeats itself (OpenAI's
`transcribe.py`, `compression_ratio_threshold`)."""
_RUN: Final = re.compile(r"(\S{1,12}?)(?:[\s,.]*\1){5,}")
"""Six times the same: a loop that is too short to be packed well."""
SURELY_NO_SPEECH: Final = 0.9
"""Beyond this, words are made up however sure the model is of them."""
UNKNOWN_LOGPROB: Final = math.log(0.6)
"""For engines that do not tell how sure they are: rather yes than no."""

SCRIPTS: Final = {
    "ko": ("HANGUL",),
    "en": ("LATIN",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "zh": ("CJK",),
}
"""How the names of a language's letters begin in Unicode; of others nothing is foreign."""
MOST_NUMBERS: Final = 2
"""In an answer: "1592년", "10월 3일"; more are a row ("3, 2, 1", "1,500,000,000")."""
MOST_A_SECOND: Final = 14.0
FEWEST_A_SECOND: Final = 1.5
"""Letters or syllables in a second of voice: a child says three to six syllables, English has twice
as many letters."""
AROUND_A_WORD_SECONDS: Final = 0.7
"""The detector leaves 0.2 s on either side of a voice, and short pauses in it."""
_ROW_OF_NUMBERS: Final = 0.3
_OTHER_PACE: Final = 0.5
_NUMBER: Final = re.compile(r"\d+")
_BROKEN: Final = "\ufffd"

NOTHING_HEARD: Final = Transcript("", 0.0)

_NOISE: Final = re.compile(
    r"\[[^\]]*\w\w[^\]]*\]|\([^)]*\w\w[^)]*\)|<[^>]*\w\w[^>]*>|【[^】]*】|（[^）]*\w\w[^）]*）"
    r"|\*[^*]*\w\w[^*]*\*|[♪♫♬♩][^♪♫♬♩]*[♪♫♬♩]|[♪♫♬♩]"
)
"""How a transcriber writes down what is no speech: [BLANK_AUDIO], (음악), *cough*, ♪."""


def without_noise(text: str) -> str:
    """The text without what nobody said; "" if nobody said any of it."""
    words = " ".join(_NOISE.sub(" ", text).split())
    return "" if _phantoms().fullmatch(words.strip(" .!?~")) else words


@cache
def _phantoms() -> re.Pattern[str]:
    """What Whisper writes for noise, learnt from the subtitles of videos; no child asks for it. It
    does so in whatever language."""
    told = (language.hearing.phantoms for language in LANGUAGES.values())
    return re.compile("|".join(filter(None, told)), re.IGNORECASE)


class Heard(msgspec.Struct, frozen=True):
    """A stretch of what a model heard: its text, the mean log-probability of its tokens, and how
    probable it is that it is no speech."""

    text: str
    logprob: float = UNKNOWN_LOGPROB
    no_speech: float = 0.0


def is_loop(text: str) -> bool:
    """Whether a model that lost its way wrote it."""
    written = text.encode()
    return len(written) > LOOP_RATIO * len(zlib.compress(written)) or _RUN.search(text) is not None


def weigh(
    heard: Sequence[Heard], voice_seconds: float, clip_seconds: float, language: str = ""
) -> Transcript:
    """The transcript of a clip that has `voice_seconds` of voice in it, in the language with this
    code (`ko`; "" for any)."""
    said = [it for it in heard if _was_said(it)]
    text = " ".join(without_noise(it.text.replace(_BROKEN, " ")) for it in said)
    if not said or voice_seconds <= 0 or is_loop(text):
        return NOTHING_HEARD
    lengths = [len(it.text) for it in said]
    probability = math.exp(_mean([it.logprob for it in said], lengths))
    speech = 1 - _mean([it.no_speech for it in said], lengths)
    seen = " ".join(it.text for it in said)
    confidence = probability * speech * _voice(voice_seconds, clip_seconds)
    confidence *= _native(seen, language) * _unnumbered(seen) * _spoken_in(seen, voice_seconds)
    return Transcript(text, round(min(1.0, max(0.0, confidence)), 3))


def _was_said(heard: Heard) -> bool:
    is_doubtful = heard.no_speech > NO_SPEECH and heard.logprob < DOUBTFUL_LOGPROB
    is_noise = is_doubtful or heard.no_speech > SURELY_NO_SPEECH
    has_words = any(letter.isalnum() for letter in without_noise(heard.text))
    return has_words and not is_noise and not is_loop(heard.text)


def _voice(seconds: float, of_seconds: float) -> float:
    enough = min(1.0, seconds / SHORTEST_WORD_SECONDS)
    share = min(1.0, seconds / max(of_seconds, seconds) / USUAL_SHARE)
    return enough * (0.5 + 0.5 * share)


def _native(text: str, language: str) -> float:
    """The share of the letters that the language is written with, squared; broken signs are
    letters of no language."""
    scripts = SCRIPTS.get(language, ("",))
    letters = [it for it in text if it.isalpha() or it == _BROKEN]
    native = sum(it != _BROKEN and unicodedata.name(it, "?").startswith(scripts) for it in letters)
    return (native / len(letters)) ** 2 if letters else 1.0


def _unnumbered(text: str) -> float:
    """Less than 1 for a row of numbers: who is asked for a word does not count."""
    return _ROW_OF_NUMBERS if len(_NUMBER.findall(text)) > MOST_NUMBERS else 1.0


def _spoken_in(text: str, seconds: float) -> float:
    """Less than 1 where a mouth would make more or fewer syllables in that time."""
    count = sum(it.isalnum() for it in text)
    fewest = FEWEST_A_SECOND * (seconds - AROUND_A_WORD_SECONDS)
    return 1.0 if fewest <= count <= 1 + MOST_A_SECOND * seconds else _OTHER_PACE


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
