"""From what a model heard to a transcript, and how far it can be trusted.

Whisper is made to write something: given a cough or a fan it writes the end of a video. So three
things that it knows, or that is known of the clip, are multiplied:

    confidence = p × (1 − n) × v

`p` is the probability of a token, the geometric mean over all that was heard; `n` the probability
that there is no speech; `v` grows from 0 to 1 with how much voice there is in the clip, in seconds
and as a share. A word in a long pause is still a word, so `v` falls slowly with the share. Where
nothing is left to be said the text is empty and the confidence 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from storybook.engines import Transcript

SHORTEST_WORD_SECONDS: Final = 0.3
"""숲 takes this long; less voice than that is a click or a breath."""
USUAL_SHARE: Final = 0.25
"""A word or two in a clip of a few seconds; with less voice the clip is mostly something else."""
NO_SPEECH: Final = 0.6
DOUBTFUL_LOGPROB: Final = -1.0
"""Whisper's own thresholds: what is probably no speech, and was written with doubt, was not said
(OpenAI's `transcribe.py`, `no_speech_threshold` and `logprob_threshold`)."""
SURELY_NO_SPEECH: Final = 0.9
"""Beyond this, words are made up however sure the model is of them."""
UNKNOWN_LOGPROB: Final = math.log(0.6)
"""For engines that do not tell how sure they are: rather yes than no."""

NOTHING_HEARD: Final = Transcript("", 0.0)

_PHANTOMS: Final = re.compile(
    r"(?:시청|구독|봐|들어)\s*(?:해|주|좋아요)?.*(?:감사합니다|부탁드립니다|고맙습니다)"
    r"|구독\s*(?:과|,)?\s*좋아요.*|(?:다음|다음에)\s*(?:영상|시간|비디오)에서?.*(?:만나요|뵙겠습니다)"
    r"|(?:MBC|KBS|SBS|YTN)\s*뉴스.*|한글\s*자막.*|자막\s*(?:제공|by).*|이 영상은.*유료.*"
    r"|thank(?:s| you) for watching.*",
    re.IGNORECASE,
)
"""What Whisper writes for noise, learnt from the subtitles of videos; no child asks for it."""


_NOISE: Final = re.compile(
    r"\[[^\]]*\w\w[^\]]*\]|\([^)]*\w\w[^)]*\)|<[^>]*\w\w[^>]*>|【[^】]*】|\*[^*]*\w\w[^*]*\*|[♪♫♬♩]+"
)
"""How a transcriber writes down what is no speech: [BLANK_AUDIO], (음악), *cough*, ♪."""


def without_noise(text: str) -> str:
    """The text without what nobody said; "" if nobody said any of it."""
    words = " ".join(_NOISE.sub(" ", text).split())
    return "" if _PHANTOMS.fullmatch(words.strip(" .!?~")) else words


class Heard(msgspec.Struct, frozen=True):
    """A stretch of what a model heard: its text, the mean log-probability of its tokens, and how
    probable it is that it is no speech."""

    text: str
    logprob: float = UNKNOWN_LOGPROB
    no_speech: float = 0.0


def weigh(heard: Sequence[Heard], voice_seconds: float, clip_seconds: float) -> Transcript:
    """The transcript of a clip that has `voice_seconds` of voice in it."""
    said = [it for it in heard if _was_said(it)]
    text = " ".join(" ".join(it.text.split()) for it in said)
    if not said or voice_seconds <= 0:
        return NOTHING_HEARD
    lengths = [len(it.text) for it in said]
    probability = math.exp(_mean([it.logprob for it in said], lengths))
    speech = 1 - _mean([it.no_speech for it in said], lengths)
    confidence = probability * speech * _voice(voice_seconds, clip_seconds)
    return Transcript(text, round(min(1.0, max(0.0, confidence)), 3))


def _was_said(heard: Heard) -> bool:
    is_doubtful = heard.no_speech > NO_SPEECH and heard.logprob < DOUBTFUL_LOGPROB
    is_noise = is_doubtful or heard.no_speech > SURELY_NO_SPEECH
    has_words = any(letter.isalnum() for letter in heard.text)
    return has_words and not is_noise and not _PHANTOMS.fullmatch(heard.text.strip(" .!?~"))


def _voice(seconds: float, of_seconds: float) -> float:
    enough = min(1.0, seconds / SHORTEST_WORD_SECONDS)
    share = min(1.0, seconds / max(of_seconds, seconds) / USUAL_SHARE)
    return enough * (0.5 + 0.5 * share)


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
