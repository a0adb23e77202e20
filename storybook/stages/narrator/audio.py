"""Join pieces of speech into one narration. Sound is float32 mono, from -1 to 1.

Engines, voices and sentences differ in loudness and in the silence they leave around speech. So
each piece is trimmed to its speech, brought to one loudness, and faded over a few milliseconds at
both ends, where a cut would click. Loudness is the RMS of what is voiced: a piece with long pauses
in it is not taken for a quiet one. Peaks above the knee are bent, not cut, towards the limit.

This module needs numpy: import it where sound is made, not where an engine is built.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information
from numpy.typing import NDArray

Sound = NDArray[np.float32]

LOUDNESS: Final = 0.1
"""RMS of voiced speech, -20 dBFS: the usual level of spoken books."""
PEAK: Final = 10 ** (-1 / 20)
"""No sample is beyond -1 dBFS, so that nothing clips when a player resamples."""
_KNEE: Final = 0.7
"""Below this level samples stay as they are."""
_FADE_SECONDS: Final = 0.005
_FRAME_SECONDS: Final = 0.02
_VOICED_ABOVE: Final = 0.1
"""A frame is voiced if its RMS is above this part of the loudest frame's (-20 dB)."""
_SOUND_ABOVE: Final = 0.004
"""A frame whose peak is below this part of the piece's peak (-48 dB) is silence."""
_RISE_SECONDS: Final = 0.35
_RISE_SEMITONES: Final = 5.0
"""The last two syllables of a question, and how far its end goes up."""
LEAD_SECONDS: Final = 0.15
TAIL_SECONDS: Final = 0.3
"""Silence before and after a narration: a wireless speaker that wakes up swallows the first
moments, and a player that stops may cut the last ones off."""
_NOTHING_SECONDS: Final = 0.3
"""A page of which nothing can be spoken gets this much silence, as a player needs a file."""


class Joined(NamedTuple):
    """One narration and the (start, end) of each piece in it, in seconds."""

    sound: Sound
    spans: tuple[tuple[float, float], ...]


def from_pcm16(samples: bytes) -> Sound:
    """Sound from 16-bit little-endian mono samples."""
    return np.frombuffer(samples, "<i2").astype(np.float32) * np.float32(1 / 32768)


def join(
    pieces: Sequence[Sound], rate: int, pauses_ms: Sequence[int], gains_db: Sequence[float] = ()
) -> Joined:
    """Put silence between pieces, each trimmed, evenly loud and faded; `pauses_ms` has how much
    there is after each, `gains_db` how many decibels louder than the others each is.

    `rate` is in samples a second. A piece without sound takes no time; of the pauses around it only
    the longest is kept.
    """
    parts: list[Sound] = []
    spans, at, waits_ms = [], 0, 0
    gains = gains_db or [0.0] * len(pieces)
    for piece, pause_ms, gain_db in zip(pieces, pauses_ms, gains, strict=True):
        even = _even(_trimmed(piece, rate), rate) * np.float32(10 ** (gain_db / 20))
        spoken = _faded(_bent(even), rate)
        if spoken.size and parts:
            pause = np.zeros(rate * waits_ms // 1000, np.float32)
            parts.append(pause)
            at += pause.size
        spans.append((at / rate, (at + spoken.size) / rate))
        if spoken.size:
            parts.append(spoken)
            at += spoken.size
        waits_ms = pause_ms if spoken.size else max(waits_ms, pause_ms)
    nothing = np.zeros(int(rate * _NOTHING_SECONDS), np.float32)
    return Joined(np.concatenate(parts) if parts else nothing, tuple(spans))


def framed(joined: Joined, rate: int, tail_seconds: float = TAIL_SECONDS) -> Joined:
    """A narration with silence before and after it; the times of its pieces move with them."""
    lead, tail = round(rate * LEAD_SECONDS), round(rate * tail_seconds)
    shift = lead / rate
    spans = tuple((start + shift, end + shift) for start, end in joined.spans)
    return Joined(np.pad(joined.sound, (lead, tail)), spans)


def shifted(sound: Sound, semitones: float) -> Sound:
    """The sound so many semitones higher, by resampling: it gets shorter by as much, and who speaks
    gets smaller. Spoken at a speed divided by `2 ** (semitones / 12)`, it is as long as before."""
    if semitones == 0 or not sound.size:
        return sound
    factor = 2 ** (semitones / 12)
    places = np.arange(int(sound.size / factor)) * factor
    moved: Sound = np.interp(places, np.arange(sound.size), sound).astype(np.float32)
    return moved


def rising(sound: Sound, rate: int) -> Sound:
    """The sound with its end going up, as a question's does: for a voice that leaves it level."""
    spoken = _trimmed(sound, rate)
    tail = min(int(rate * _RISE_SECONDS), spoken.size)
    if not tail:
        return spoken
    steps = 2 ** (np.linspace(0, _RISE_SEMITONES, tail) / 12)
    places = np.cumsum(steps)
    end = spoken[-tail:]
    bent = np.interp(places[places < tail - 1], np.arange(tail), end)
    return np.concatenate([spoken[:-tail], bent]).astype(np.float32)


def wav_bytes(sound: Sound, rate: int) -> bytes:
    """Encode as a WAV file: 16-bit PCM, mono."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def loudness(sound: Sound, rate: int) -> float:
    """The RMS of the voiced frames, 0 for silence."""
    frames = _frames(sound, rate)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    if not levels.size or levels.max() == 0:
        return 0.0
    voiced = levels[levels > _VOICED_ABOVE * levels.max()]
    return float(np.sqrt(np.mean(voiced**2)))


def _frames(sound: Sound, rate: int) -> Sound:
    """The sound as rows of one frame each, the last one filled up with silence."""
    length = int(rate * _FRAME_SECONDS)
    return np.pad(sound, (0, -sound.size % length)).reshape(-1, length)


def _trimmed(sound: Sound, rate: int) -> Sound:
    """Without the silent frames at both ends."""
    peaks = np.abs(_frames(sound, rate)).max(axis=1, initial=0)
    heard = np.flatnonzero(peaks > _SOUND_ABOVE * peaks.max(initial=0))
    if not heard.size:
        return sound[:0]
    length = int(rate * _FRAME_SECONDS)
    return sound[heard[0] * length : (heard[-1] + 1) * length]


def _even(sound: Sound, rate: int) -> Sound:
    level = loudness(sound, rate)
    return sound if level == 0 else (sound * (LOUDNESS / level)).astype(np.float32)


def _bent(sound: Sound) -> Sound:
    """Bend what is above the knee so that it nears the limit and never passes it."""
    room = PEAK - _KNEE
    above = np.maximum(np.abs(sound) - _KNEE, 0)
    bent = np.sign(sound) * (_KNEE + room * np.tanh(above / room))
    return np.where(above > 0, bent, sound).astype(np.float32)


def _faded(sound: Sound, rate: int) -> Sound:
    length = min(int(rate * _FADE_SECONDS), sound.size // 2)
    if length == 0:
        return sound
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    faded = sound.copy()
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded
