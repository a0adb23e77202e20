"""A Supertonic model in memory: text in, sound out.

The networks are driven by the package's own `supertonic.core.Supertonic`; what is made here is what
it leaves open. It draws its noise from numpy's global state, which one thread at a time could seed;
`_Repeatable` draws it from a generator of the call instead, so that sentences are spoken side by
side and each comes out the same, whatever runs beside it. The networks are loaded with one thread
each, as several sentences at once use the cores better than several threads in one (figures in
docs/engines/narrator.md), and on a GPU if that is asked for.

This module needs supertonic and onnxruntime: import it where sound is made.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has no type information
from numpy.typing import NDArray
from supertonic import loader  # type: ignore[import-untyped]  # it has no type information
from supertonic.core import Style, Supertonic  # type: ignore[import-untyped]  # the same

from storybook.book import VOICES
from storybook.stages.narrator.audio import Sound
from storybook.stages.narrator.loading import LoadingFailed
from storybook.stages.narrator.supertonic.folder import NETWORKS

CPU: Final = "CPUExecutionProvider"
GPU_PROVIDERS: Final = ("CUDAExecutionProvider", "ROCMExecutionProvider")
STEPS: Final = 8
"""Steps of denoising: the package's default; 5 is audibly rougher, 12 hardly better."""
_ERRORS_ONLY: Final = 3
_SEEDS: Final = 1 << 32
"""How many seeds numpy's generator takes."""


class SupertonicModel:
    """A model and its voices. `rate` is in samples a second.

    `gpu` is the number of the GPU that it works on; None: on the processor. Raises
    `LoadingFailed`. `speak` may be called from many threads at once.
    """

    def __init__(self, folder: Path, gpu: int | None = None) -> None:
        try:
            networks = [_network(folder / "onnx" / f"{name}.onnx", gpu) for name in NETWORKS]
            text = loader.load_text_processor(folder)
            self._model = _Repeatable(loader.load_configs(folder), text, *networks)
            self._voices: dict[str, Style] = {
                voice: loader.load_voice_style_from_name(folder, voice) for voice in VOICES
            }
        except LoadingFailed:
            raise
        except Exception as error:  # onnxruntime, json and the package each have their own
            raise LoadingFailed(f"the model in {folder} cannot be loaded: {error}") from error
        self._text = text
        self.rate: int = self._model.sample_rate

    def readable(self, text: str) -> str:
        """The text without what the model has no sign for; empty if nothing that is spoken is left.

        `<` and `>` go too: the model takes its language from a tag around the text.
        """
        _, unknown = self._text.validate_text(text)
        dropped = str.maketrans(dict.fromkeys([*unknown, "<", ">"], " "))
        kept = " ".join(text.translate(dropped).split())
        return kept if any(char.isalnum() for char in kept) else ""

    def speak(self, text: str, voice: str, language: str, speed: float, seed: int) -> Sound:
        """Speak one clause: float32 samples, mono. The same arguments give the same samples."""
        sound: Sound = self._model.speak(text, self._voices[voice], language, speed, seed)
        return sound


class _Repeatable(Supertonic):  # type: ignore[misc]  # the package has no type information
    """The package's model, with the noise of each call from the call's own seed."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._call = threading.local()

    def speak(self, text: str, style: Style, language: str, speed: float, seed: int) -> Sound:
        # numpy never changes what RandomState makes of a seed, so that neither a book's voice
        # changes with a new numpy. It is also what the package draws after `np.random.seed(seed)`.
        self._call.chance = np.random.RandomState(seed % _SEEDS)
        sounds, _ = self([text], style, STEPS, speed, language)
        return np.asarray(sounds[0], np.float32)

    def sample_noisy_latent(
        self, duration: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        latent, mask = super().sample_noisy_latent(duration)
        noise = self._call.chance.standard_normal(latent.shape).astype(np.float32)
        return noise * mask, mask


def gpu_provider() -> str | None:
    """How onnxruntime reaches a GPU in this installation; None if it can't."""
    available = onnxruntime.get_available_providers()
    return next((provider for provider in GPU_PROVIDERS if provider in available), None)


def _network(file: Path, gpu: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.use_deterministic_compute = True
    options.intra_op_num_threads = 1
    if gpu is None:
        return onnxruntime.InferenceSession(file, options, providers=[CPU])
    provider = gpu_provider() or CPU
    providers = [(provider, {"device_id": str(gpu)}), CPU]
    network = onnxruntime.InferenceSession(file, options, providers=providers)
    # If the GPU's libraries do not load, onnxruntime works on the processor and does not say so.
    if provider == CPU or network.get_providers()[0] != provider:
        raise LoadingFailed(f"onnxruntime cannot work on GPU {gpu}: {provider} does not start")
    return network
