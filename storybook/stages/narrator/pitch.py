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

LOWEST_HERTZ, HIGHEST_HERTZ = 55, 500
_FRAME_SECONDS: Final = 0.055
"""Three periods of the deepest voice."""
_HOP_SECONDS: Final = 0.0125
_QUIET: Final = 0.15
"""Of the loudest frame: what is quieter is the end of a sound."""
_LIKENESS: Final = 0.5
_NEARLY: Final = 0.88
"""Of the best likeness: an octave lower is as like, and a little more by chance."""


def pitch_track(sound: Sound, rate: int) -> NDArray[np.float64]:
    """The time in seconds and the fundamental in hertz of each voiced frame, one row for each."""
    length, hop = round(rate * _FRAME_SECONDS), round(rate * _HOP_SECONDS)
    if sound.size < length:
        return np.zeros((0, 2))
    frames = np.lib.stride_tricks.sliding_window_view(sound, length)[::hop].astype(np.float64)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    places = np.flatnonzero(levels > max(_QUIET * levels.max(), 1e-4))
    periods = ((place, _period(frames[place], rate)) for place in places)
    found = [(place * hop / rate, 1 / period) for place, period in periods if period]
    return np.array(found).reshape(-1, 2)


def median_pitch(sound: Sound, rate: int) -> float:
    """The median fundamental in hertz, 0 where nothing is voiced."""
    track = pitch_track(sound, rate)
    return float(np.median(track[:, 1])) if len(track) else 0.0


def semitones(one: float, other: float) -> float:
    """How much higher `one` is than `other`, both in hertz."""
    return float(12 * np.log2(one / other))


def _period(frame: NDArray[np.float64], rate: int) -> float:
    """In seconds; 0 for what is not voiced."""
    size = frame.size
    spectrum = np.fft.rfft(frame - frame.mean(), 2 * size)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
    likeness *= size / (size - np.arange(size)) / (likeness[0] + 1e-12)
    shortest, longest = rate // HIGHEST_HERTZ, rate // LOWEST_HERTZ
    within = likeness[shortest : longest + 1]
    best = float(within.max())
    if best < _LIKENESS:
        return 0.0
    middle = within[1:-1]
    is_peak = (middle >= within[:-2]) & (middle >= within[2:]) & (middle > _NEARLY * best)
    peaks = np.flatnonzero(is_peak)
    return (shortest + 1 + int(peaks[0])) / rate if peaks.size else 0.0
