"""The Whisper model: where it is, on which device it works, and what it hears in a sound.

All of this imports faster-whisper when it is first used, and runs in a thread: CTranslate2 lets
go of the GIL while it computes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from storybook.engines import EngineUnavailable, Readiness, WorkFailed
from storybook.stages.transcriber.audio import RATE, Clip
from storybook.stages.transcriber.confidence import Heard, is_loop
from storybook.system import usable_cores

NAME: Final = "whisper"
Sound = NDArray[np.float32]

_FILES: Final = ("model.bin", "config.json", "tokenizer.json")
"""Without the last, faster-whisper would look for one on the internet."""
_DEVICE: Final = re.compile(r"(?:gpu|cuda):?(\d*)")
_MOST_THREADS: Final = 4
"""More threads do not make a small model quicker."""
_BEAMS: Final = 5
_MOST_TOKENS: Final = 224
"""Of one window of 30 s: half of Whisper's context, as OpenAI's own decoder."""
_TOKENS_A_SECOND: Final = 16
_TOKENS_AT_LEAST: Final = 24
"""A syllable is one to three tokens. More than that is a loop, and would only take its time."""
_AGAINST_LOOPS: Final = {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3}
"""How a clip is heard again of which the model made a loop. Other decoders raise the temperature,
which draws by chance: the same clip would give another text each time."""
_VOICE: Final = {
    "min_speech_duration_ms": 100,  # a click is no word
    "min_silence_duration_ms": 500,
    "speech_pad_ms": 200,  # consonants begin before the voice does
}


_BLOCK: Final = RATE // 50
_SILENT: Final = 0.001
"""-60 dBFS: a microphone that hears nothing, or a file that was filled up with noughts."""
_AROUND_SOUND_SECONDS: Final = 1.0
"""The detector needs to hear how quiet it was before."""


class Device(msgspec.Struct, frozen=True):
    """Where the model works: the name for the project, and CTranslate2's words for it."""

    name: str
    kind: str
    index: int
    compute_type: str


def find_device(wanted: str) -> Device:
    """The device of a setting: `auto`, `cpu`, `gpu0` … Raises `EngineUnavailable`."""
    match = _DEVICE.fullmatch(wanted)
    if match is None and wanted not in ("auto", "cpu", ""):
        raise EngineUnavailable(
            NAME, f"there is no device {wanted!r}", "Set [transcriber] device to auto, cpu or gpu0"
        )
    index = int(match[1] or 0) if match else 0
    gpus = 0 if wanted == "cpu" else _gpu_count()
    if index < gpus:
        return Device(f"gpu{index}", "cuda", index, "float16")
    if match:
        raise EngineUnavailable(
            NAME,
            f"CTranslate2 finds {gpus} CUDA devices, not {wanted}",
            "Install the CUDA libraries it needs, or set [transcriber] device to cpu",
        )
    return Device("cpu", "cpu", 0, "int8")


DOWNLOADED: Final = ("whisper-base", "whisper-small")
"""Folders of models that `storybook models pull` gets."""


def find_folder(model: str, models: Path) -> Path:
    """The folder of a model: a path, or the name of one under `models` (`base`)."""
    places = (models / model, models / f"whisper-{model}", models / f"faster-whisper-{model}")
    named = Path(model).expanduser()
    is_path = named.is_absolute() or len(named.parts) > 1
    if is_path:
        return named
    return next((place for place in places if place.is_dir()), places[1])


def folder_readiness(folder: Path) -> Readiness:
    """Whether a folder has all files of a model."""
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if not missing:
        return Readiness(True)
    why = f"there is no model in {folder}"
    if folder.is_dir():
        why = f"the model in {folder} lacks {', '.join(missing)}"
    mend = (
        f"Put a Whisper model in CTranslate2's format into {folder}, or set [transcriber] model to "
        "base and download that with `storybook models pull whisper-base`"
    )
    if folder.name in DOWNLOADED:
        mend = (
            f"Download it with `storybook models pull {folder.name}`, or set [transcriber] model "
            "to a folder with a Whisper model in CTranslate2's format"
        )
    return Readiness(False, why, mend)


class LoadedWhisper:
    """A Whisper model, loaded. Raises `EngineUnavailable` if it cannot be."""

    def __init__(self, folder: Path, device: Device) -> None:
        from faster_whisper import WhisperModel  # type: ignore[import-untyped]  # it has no types

        try:
            self._model: Any = WhisperModel(
                str(folder),
                device=device.kind,
                device_index=device.index,
                compute_type=device.compute_type,
                cpu_threads=min(_MOST_THREADS, usable_cores()),
                local_files_only=True,
            )
        # CTranslate2 raises RuntimeError for files and devices, tokenizers a bare Exception.
        except Exception as error:
            why = f"the model in {folder} cannot be loaded on {device.name} ({error})"
            mend = "Download the model again, or use another"
            raise EngineUnavailable(NAME, why, mend) from error

    def hear(self, sound: Sound, language: str, between: Callable[[], None]) -> list[Heard]:
        """What is said in a sound; `between` is called between its segments, and may raise."""
        self._check_language(language)
        heard = self._heard(sound, language, between)
        if any(is_loop(it.text) for it in heard):
            heard = self._heard(sound, language, between, **_AGAINST_LOOPS)
        return heard

    def _heard(
        self, sound: Sound, language: str, between: Callable[[], None], **options: float
    ) -> list[Heard]:
        tokens = _TOKENS_AT_LEAST + round(_TOKENS_A_SECOND * sound.size / RATE)
        heard = []
        try:
            segments, _ = self._model.transcribe(
                sound,
                language=language,
                beam_size=_BEAMS,
                temperature=0.0,  # the same clip gives the same text
                condition_on_previous_text=False,
                max_new_tokens=min(_MOST_TOKENS, tokens),
                **options,
            )
            for it in segments:
                between()
                heard.append(Heard(it.text, it.avg_logprob, it.no_speech_prob))
        except RuntimeError as error:
            kind = "out_of_memory" if "out of memory" in str(error) else "engine_failed"
            raise WorkFailed(kind, f"Whisper failed: {error}", retryable=True) from error
        return heard

    def _check_language(self, language: str) -> None:
        known = self._model.supported_languages
        if language not in known:
            some = "en alone" if known == ["en"] else f"ko, en and {len(known) - 2} more"
            message = f"this model does not know the language {language!r}; it knows {some}"
            raise WorkFailed("unsupported_language", message, retryable=False)


def voice_of(clip: Clip) -> Sound:
    """What of a clip is voice, by Silero's detector, joined; it may be empty. Long silence is cut
    before, which costs the detector a second for a minute."""
    from faster_whisper.vad import (  # type: ignore[import-untyped]  # it has no types
        VadOptions,
        get_speech_timestamps,
    )

    sound = _without_silence(np.frombuffer(clip.pcm, "<i2").astype(np.float32) / np.float32(32768))
    if not sound.size:
        return sound
    spans = get_speech_timestamps(sound, VadOptions(**_VOICE), RATE)
    pieces: list[Sound] = [sound[span["start"] : span["end"]] for span in spans]
    return np.concatenate(pieces) if pieces else sound[:0]


def _without_silence(sound: Sound) -> Sound:
    """The sound without what is further than `_AROUND_SOUND_SECONDS` from anything that can be
    heard."""
    if sound.size < _BLOCK:
        return sound[:0]
    blocks = sound[: sound.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    is_heard = np.abs(blocks).max(axis=1, initial=0) > _SILENT
    around = np.ones(2 * round(_AROUND_SOUND_SECONDS * RATE / _BLOCK) + 1)
    is_near = np.convolve(is_heard, around)[around.size // 2 :][: is_heard.size] > 0
    kept: Sound = blocks[is_near].reshape(-1)
    return kept


def is_installed() -> bool:
    return find_spec("faster_whisper") is not None and find_spec("ctranslate2") is not None


def _gpu_count() -> int:
    if not is_installed():
        return 0
    import ctranslate2  # type: ignore[import-untyped]  # it has no types

    return int(ctranslate2.get_cuda_device_count())
