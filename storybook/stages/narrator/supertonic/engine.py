"""The narrator that speaks with Supertonic.

Each utterance is spoken on its own, so that its times are exact, several of them side by side in
threads (onnxruntime lets go of the GIL). A long one is cut into clauses, spoken one after the other
and joined with a breath: the model drops and slurs words in long Korean sentences. Every clause
draws its noise from the book's seed alone, so that a sentence sounds the same wherever it stands.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from storybook.book import VOICES
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Narration,
    NarrationTask,
    Readiness,
    Report,
    Utterance,
    WorkFailed,
    package_version,
    ready_or_raise,
)
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.languages.known import language_of
from storybook.stages.extras import install_extra
from storybook.stages.narrator.loading import LoadingFailed
from storybook.stages.narrator.narration import each, languages, put_together, unknown_voice
from storybook.stages.narrator.supertonic.folder import (
    LANGUAGES,
    examine,
    find_model,
    model_name,
    no_model,
)
from storybook.stages.narrator.utterances import clauses
from storybook.system import usable_cores

if TYPE_CHECKING:
    from storybook.stages.narrator.audio import Sound
    from storybook.stages.narrator.supertonic.model import SupertonicModel

NAME: Final = "supertonic"
_PACKAGES: Final = ("supertonic", "onnxruntime")
SLOWEST, FASTEST = 0.7, 2.0
"""The speeds that the model takes."""
_BREATH_MS: Final = 120
_DEVICE: Final = re.compile(r"cpu|gpu(\d+)")


class Supertonic:
    """Reads aloud with the Supertonic model in `model`, or where one is found (`find_model`).

    `data` is the data folder. `device` is `cpu` or `gpu0`, `gpu1` …. `threads` sentences are
    spoken at once, on the processor by default as many as it has cores, on a GPU one.
    """

    places = 2
    """Two pages share the threads, so that those which have nothing left to do for the page before
    begin with the next. The page that came first is served first."""

    def __init__(
        self, data: Path, model: Path | None = None, device: str = "cpu", threads: int = 0
    ) -> None:
        self._data, self._configured = data, model and model.expanduser()
        self._device = device
        self._threads = anyio.CapacityLimiter(threads or _threads_for(device))
        self._loading = threading.Lock()
        self._model: SupertonicModel | None = None
        self._name = ""

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(NAME, package_version("supertonic"), self._model_name(), self._device)

    @property
    def capabilities(self) -> Capabilities:
        """What the model speaks; nothing is known of that while none is there."""
        return Capabilities(LANGUAGES.get(self._model_name(), ()), VOICES)

    async def readiness(self) -> Readiness:
        """Look for the packages, the model's files and the device."""
        return await anyio.to_thread.run_sync(self._readiness)

    async def unload(self) -> None:
        """Let go of the model; a clause that is being spoken keeps it until its end."""
        self._model, self._name = None, ""

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read a page aloud. Raises `EngineUnavailable` if there is no model or it cannot be
        loaded, and `WorkFailed` for a language, voice or speed that it has not."""
        model = await anyio.to_thread.run_sync(self._loaded, abandon_on_cancel=True)
        language = self._language(task.lang)
        _check(task)

        async def speak(spoken: Utterance) -> Sound:
            return await self._speak(model, spoken, language, task)

        pieces = await each(task.utterances, speak, report)
        made_from = MadeFrom(language=language, model=self.info.model, version=self.info.version)
        return await anyio.to_thread.run_sync(put_together, task, pieces, model.rate, made_from)

    async def _speak(
        self, model: SupertonicModel, spoken: Utterance, language: str, task: NarrationTask
    ) -> Sound:
        """Speak an utterance clause by clause. When this is cancelled, the clause in hand is
        finished by its thread, unheard, and no other is begun."""
        speed = max(task.speed_of(spoken), SLOWEST)
        sounds = [
            await anyio.to_thread.run_sync(
                _spoken,
                *(model, clause, spoken.voice, language, speed, task.seed),
                abandon_on_cancel=True,
                limiter=self._threads,
            )
            for clause in _clauses(model, spoken.text, language)
        ]
        return _with_breaths(sounds, model.rate)

    def _model_name(self) -> str:
        """Which model is there. It is looked for until it is found: a folder may come later."""
        if not self._name and (folder := self._folder()):
            self._name = model_name(folder)
        return self._name

    def _folder(self) -> Path | None:
        return find_model(self._data, self._configured)

    def _language(self, wanted: str) -> str:
        language, known = languages(wanted)[-1], LANGUAGES[self._model_name()]
        if language not in known:
            message = f"{self._name} does not read {wanted!r}; it reads {', '.join(known)}"
            raise WorkFailed("unsupported_language", message, retryable=False)
        return language

    def _readiness(self) -> Readiness:
        missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            why = f"the package {missing[0]} is not installed"
            return Readiness(False, why, f"Install it with: {install_extra(NAME)}")
        folder = self._folder()
        if folder is None:
            return no_model(self._data, self._configured)
        found = examine(folder)
        return self._device_readiness() if found.ready else found

    def _device_readiness(self) -> Readiness:
        device = _DEVICE.fullmatch(self._device)
        if device is None:
            why = f"there is no device {self._device!r} for it"
            return Readiness(False, why, 'Set [narrator] device to "cpu" or "gpu0"')
        if device[1] is None:
            return Readiness(True)
        from storybook.stages.narrator.supertonic.model import gpu_provider

        if gpu_provider() is None:
            why = "the onnxruntime that is installed works on the processor only"
            mend = 'Install onnxruntime-gpu in its place, or set [narrator] device to "cpu"'
            return Readiness(False, why, mend)
        return Readiness(True)

    def _loaded(self) -> SupertonicModel:
        """The model; the first who needs it loads it, and others wait for it."""
        with self._loading:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> SupertonicModel:
        ready_or_raise(NAME, self._readiness())
        from storybook.stages.narrator.supertonic.model import SupertonicModel

        folder, device = self._folder(), _DEVICE.fullmatch(self._device)
        assert folder and device
        self._name = model_name(folder)
        try:
            return SupertonicModel(folder, None if device[1] is None else int(device[1]))
        except LoadingFailed as error:
            mend = 'Get its files again, or set [narrator] device to "cpu"'
            raise EngineUnavailable(NAME, str(error), mend) from error


def _threads_for(device: str) -> int:
    """How many sentences at once help: one for each core; a GPU works on one at a time."""
    return 1 if device.startswith("gpu") else usable_cores()


def _check(task: NarrationTask) -> None:
    for spoken in task.utterances:
        if spoken.voice not in VOICES:
            raise unknown_voice(spoken.voice, VOICES)
    if not SLOWEST <= task.speed <= FASTEST:
        message = f"a speed of {task.speed} is not from {SLOWEST} to {FASTEST}"
        raise WorkFailed("unsupported_speed", message, retryable=False)


def _clauses(model: SupertonicModel, text: str, language: str) -> tuple[str, ...]:
    """What is given to the model, piece by piece."""
    speech = language_of(language).speech
    return clauses(model.readable(speech.given(text, NAME)), speech.clause, speech.breaths)


def _spoken(
    model: SupertonicModel, clause: str, voice: str, language: str, speed: float, seed: int
) -> Sound:
    try:
        return model.speak(clause, voice, language, speed, seed)
    except Exception as error:  # onnxruntime's own: memory, a network that does not fit
        message = f"Supertonic could not speak {clause!r}: {error}"
        raise WorkFailed("synthesis", message, retryable=True) from error


def _with_breaths(sounds: list[Sound], rate: int) -> Sound:
    """The clauses of an utterance as one sound."""
    import numpy as np

    from storybook.stages.narrator import audio

    if not sounds:
        return np.zeros(0, np.float32)
    if len(sounds) == 1:
        return sounds[0]
    return audio.join(sounds, rate, [_BREATH_MS] * len(sounds)).sound
