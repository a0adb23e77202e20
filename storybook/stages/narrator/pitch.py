"""How high a voice is: its fundamental, by autocorrelation.

A voiced sound is like itself one period later, and two, and three: the period is the first lag at
which it is nearly as like itself as it ever is.

This module needs numpy: import it where sound is made, not where an engine is built.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from storybook.stages.narrator.audio import Sound

LOWEST_HERTZ, HIGHEST_HERTZ = 55, 640
HIGHEST_BEFORE: Final = 500
"""As high as was listened for once: the cries of the highest voices are above, and were taken for
what is an octave lower. Books that are told as then are tuned by it."""
_FRAME_SECONDS: Final = 0.055
"""Three periods of the deepest voice."""
_HOP_SECONDS: Final = 0.0125
_QUIET: Final = 0.15
"""Of the loudest frame: what is quieter is the end of a sound."""
_SILENT: Final = 1e-4
_LIKENESS: Final = 0.5
"""Of a frame to itself a period later: vowels have more, noise has less."""
_NEARLY: Final = 0.88
"""Of the best likeness: an octave lower is as like, and a little more by chance."""


def pitch_track(sound: Sound, rate: int, highest: int = HIGHEST_HERTZ) -> NDArray[np.float64]:
    """The time in seconds and the fundamental in hertz of each voiced frame, one row for each."""
    length, hop = round(rate * _FRAME_SECONDS), round(rate * _HOP_SECONDS)
    if sound.size < length:
        return np.zeros((0, 2))
    frames = np.lib.stride_tricks.sliding_window_view(sound, length)[::hop].astype(np.float64)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    loud = np.flatnonzero(levels > max(_QUIET * levels.max(), _SILENT))
    lags = _periods(frames[loud], rate, highest)
    voiced = lags > 0
    return np.column_stack((loud[voiced] * hop / rate, rate / lags[voiced]))


def median_pitch(sound: Sound, rate: int, highest: int = HIGHEST_HERTZ) -> float:
    """The median fundamental in hertz, 0 where nothing is voiced."""
    track = pitch_track(sound, rate, highest)
    return float(np.median(track[:, 1])) if len(track) else 0.0


def semitones(one: float, other: float) -> float:
    """How much higher `one` is than `other`, both in hertz."""
    return float(12 * np.log2(one / other))


def _periods(frames: NDArray[np.float64], rate: int, highest: int) -> NDArray[np.float64]:
    """The period of each frame, in samples; 0 for what is not voiced."""
    size, shortest, longest = frames.shape[1], rate // highest, rate // LOWEST_HERTZ
    points = 1 << (size + longest).bit_length()  # a power of two: quick, and nothing wraps around
    spectra = np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), points, axis=1)
    likeness = np.fft.irfft(np.abs(spectra) ** 2, axis=1)[:, :size]
    # Fewer samples overlap at longer lags; what is alike there counts as much.
    likeness *= size / (size - np.arange(size)) / (likeness[:, :1] + 1e-12)
    within = likeness[:, shortest : longest + 1]
    best = within.max(axis=1, initial=0)
    here, before, after = within[:, 1:-1], within[:, :-2], within[:, 2:]
    is_peak = (here >= before) & (here >= after) & (here > _NEARLY * best[:, None])
    lags = np.where(is_peak.any(axis=1), shortest + 1 + is_peak.argmax(axis=1), 0)
    return np.where(best > _LIKENESS, lags, 0).astype(np.float64)
