"""How much voice there is in a clip, told by its sound alone, with no model.

A voice is periodic, 70 to 400 times a second, and it rises and falls with the syllables. Noise has
no period; a hum or a whistle has one and does not fall. So a frame is voiced if it is like itself
one period later, and a clip in which nothing rises above the rest has no voice. This is coarser
than a trained detector, and errs towards voice: it is there to keep silence and noise from being
sent away and paid for.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from storybook.stages.transcriber.audio import RATE, Clip

Values = NDArray[np.floating[Any]]

_FRAME: Final = 1_024
_HOP: Final = 512
"""64 ms every 32 ms: four periods of the deepest voice."""
_LAGS: Final = slice(RATE // 400, RATE // 70)
_LIKENESS: Final = 0.5
"""Of a frame to itself a period later: vowels have 0.6 to 0.95, white noise under 0.3."""
_SILENT: Final = 0.002
"""-54 dBFS: the hiss of a quiet room."""
_RISE: Final = 2.0
"""A syllable is at least twice as loud as what is between syllables."""


def voice_seconds(clip: Clip) -> float:
    """How many seconds of a clip are voiced."""
    sound = np.frombuffer(clip.pcm, "<i2").astype(np.float32) / 32768
    if sound.size < _FRAME:
        return 0.0
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    if not _rises(loudness):
        return 0.0
    voiced = (loudness > _SILENT) & (_likeness(frames) > _LIKENESS)
    return float(np.count_nonzero(voiced) * _HOP / RATE)


def _rises(loudness: Values) -> bool:
    quiet, loud = np.quantile(loudness, (0.1, 0.95))
    return bool(loud > max(quiet * _RISE, _SILENT))


def _likeness(frames: Values) -> Values:
    """How like itself each frame is after one period, at best: the highest peak of the normalised
    autocorrelation after its first fall below nought."""
    spectra = np.fft.rfft(frames, 2 * _FRAME, axis=1)
    similarity = np.fft.irfft(np.abs(spectra) ** 2, axis=1)[:, :_FRAME]
    similarity /= similarity[:, :1] + 1e-9
    # Fewer samples overlap at longer lags; what is alike there counts as much.
    similarity *= _FRAME / (_FRAME - np.arange(_FRAME))
    has_fallen = np.logical_or.accumulate(similarity < 0, axis=1)
    found: Values = np.where(has_fallen, similarity, 0)[:, _LAGS].max(axis=1)
    return found
