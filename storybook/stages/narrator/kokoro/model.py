"""Kokoro in memory: numbers in, sound out. It runs in a process of its own (`speak`).

The network is loaded with one thread: several sentences at once use the cores better than several
threads in one, and each comes out the same, whatever runs beside it.

This module needs onnxruntime: import it where sound is made.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has no type information

from storybook.stages.narrator.audio import Sound, shifted
from storybook.stages.narrator.kokoro.clause import Clause, SpeakingFailed
from storybook.stages.narrator.kokoro.folder import NETWORK, voices_file
from storybook.stages.narrator.kokoro.signs import MOST_SIGNS
from storybook.stages.narrator.kokoro.voices import PACKS, VoiceBlend
from storybook.stages.narrator.loading import LoadingFailed

SLOWEST, FASTEST = 0.5, 2.0
"""The speeds that the network was made for."""
_ERRORS_ONLY: Final = 3
_STYLE: Final = 256
"""Numbers in a style."""


def speak(clause: Clause) -> Sound:
    """Say a clause: float32 samples, mono, `RATE` a second. The same clause gives the same samples.
    The files are loaded by the first one and kept. Raises `LoadingFailed` and `SpeakingFailed`,
    which, unlike what onnxruntime raises, can be sent to another process."""
    model = _loaded(clause.folder)
    try:
        return model.speak(clause)
    except Exception as error:  # memory, a network that does not fit
        raise SpeakingFailed(str(error)) from None


class KokoroModel:
    """The network, and the packs that the voices are made of."""

    def __init__(self, folder: Path) -> None:
        try:
            self._network = _network(folder / NETWORK)
            self._packs = _packs(folder)
        except Exception as error:  # onnxruntime, zipfile and numpy each have their own
            raise LoadingFailed(f"the model in {folder} cannot be loaded: {error}") from None

    def speak(self, clause: Clause) -> Sound:
        shorter = 2 ** (clause.voice.semitones / 12)  # by so much what is played higher
        given = {
            "tokens": np.array([clause.numbers], np.int64),
            "style": self._style(clause.voice, len(clause.numbers) - 2),
            "speed": np.array([min(max(clause.speed / shorter, SLOWEST), FASTEST)], np.float32),
        }
        (sound,) = self._network.run(None, given)
        return shifted(np.asarray(sound, np.float32).ravel(), clause.voice.semitones)

    def _style(self, voice: VoiceBlend, signs: int) -> Sound:
        """The style of a voice for so many signs."""
        length = min(signs, MOST_SIGNS)
        mixed = sum(self._packs[pack][length] * share for pack, share in voice.packs)
        return np.asarray(mixed, np.float32).reshape(1, _STYLE)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> KokoroModel:
    return KokoroModel(folder)


def _network(file: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.use_deterministic_compute = True
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _packs(folder: Path) -> dict[str, Sound]:
    file = voices_file(folder)
    if file is None:
        raise FileNotFoundError("there is no file with voices")
    with np.load(file) as archive:
        return {pack: archive[pack].reshape(-1, _STYLE) for pack in PACKS}
