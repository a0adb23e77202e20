"""The narrator that speaks with Kokoro.

It takes about as long to say something as to hear it. So it works in processes that give way to all
others: the painter's come first, and a page's picture is there before, whatever its voice takes.
Each utterance is said on its own, so that its times are exact; a long one is cut into clauses,
which are joined with a breath.

A language that does not say how it is spelled for Kokoro is read by eSpeak NG: whoever has got this
voice for Korean books is not to lose those in English. The narration says so (`made_from.model`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec

from storybook.book import VoiceDelivery
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
from storybook.languages.known import LANGUAGES, language_of
from storybook.processes import ProcessDied, WorkerProcesses
from storybook.stages.extras import install_extra
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.kokoro.clause import RATE, Clause, SpeakingFailed
from storybook.stages.narrator.kokoro.folder import MODEL, examine, find_model
from storybook.stages.narrator.kokoro.signs import numbers_of
from storybook.stages.narrator.kokoro.voices import SOUNDS, VOICES
from storybook.stages.narrator.loading import LoadingFailed
from storybook.stages.narrator.narration import (
    each,
    languages,
    put_together,
    rising_questions,
    unknown_voice,
)
from storybook.stages.narrator.utterances import clauses
from storybook.system import usable_cores

if TYPE_CHECKING:
    from storybook.stages.narrator.audio import Sound

NAME: Final = "kokoro"
_PACKAGE: Final = "onnxruntime"
MOST_PROCESSES: Final = 4
"""However many cores there are: each takes some 400 MB."""
PACE: Final = 0.79 / 1.05
"""Kokoro's own speed for 1: at a book's usual speed, 1.05, it is 0.79, at which it speaks some 4.5
syllables a second, as one reads to children."""
_BREATH_MS: Final = 120


def _speak(clause: Clause) -> Sound:
    """Runs in the process: only there is onnxruntime imported."""
    from storybook.stages.narrator.kokoro.model import speak

    return speak(clause)


class Kokoro:
    """Reads aloud with the Kokoro model in `model`, or in the usual place (`find_model`). `data` is
    the data folder."""

    places = 2
    """Two pages share the processes, so that those which have nothing left to do for the page
    before begin with the next. The page that came first is served first."""

    def __init__(self, data: Path, model: Path | None = None) -> None:
        self._data, self._configured = data, model and model.expanduser()
        self._processes = WorkerProcesses(
            _speak, min(usable_cores(), MOST_PROCESSES), yield_to_others=True
        )
        self._others = Espeak()

    @property
    def info(self) -> EngineInfo:
        model = MODEL if examine(self._folder).ready else ""
        return EngineInfo(NAME, package_version(_PACKAGE), model, apart=True)

    @property
    def capabilities(self) -> Capabilities:
        """Its own languages, and those of eSpeak NG."""
        others = self._others.capabilities.languages
        known = dict.fromkeys((*_spelled(), *others))
        return Capabilities(tuple(known), tuple(VOICES), sounds=SOUNDS)

    async def readiness(self) -> Readiness:
        """Look for the package and the model's files."""
        if importlib.util.find_spec(_PACKAGE) is None:
            why = f"the package {_PACKAGE} is not installed"
            return Readiness(False, why, f"Install it with: {install_extra(NAME)}")
        return examine(self._folder)

    async def unload(self) -> None:
        """End the processes that have nothing to do, and with them what they have loaded."""
        self._processes.let_go()

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read a page aloud. Raises `EngineUnavailable` if there is no model or it cannot be
        loaded, and `WorkFailed` for a language or a voice that there is not."""
        ready_or_raise(NAME, await self.readiness())
        _check_voices(task)
        language = languages(task.lang)[-1]
        if language not in _spelled():
            narration = await self._others.narrate(task, report)
            made_from = msgspec.structs.replace(narration.made_from, model=self._others.info.name)
            return msgspec.structs.replace(narration, made_from=made_from)

        async def speak(spoken: Utterance) -> Sound:
            return await self._spoken(spoken, language, task.speed_of(spoken))

        pieces = await each(task.utterances, speak, report)
        if task.delivery is VoiceDelivery.EXPRESSIVE:
            pieces = await anyio.to_thread.run_sync(rising_questions, task, pieces, RATE)
        made_from = MadeFrom(language=language, model=MODEL, version=self.info.version)
        return await anyio.to_thread.run_sync(put_together, task, pieces, RATE, made_from)

    @property
    def _folder(self) -> Path:
        return find_model(self._data, self._configured)

    async def _spoken(self, spoken: Utterance, language: str, speed: float) -> Sound:
        """An utterance, clause by clause. When this is cancelled, the process is ended."""
        said = [
            await self._said(numbers, spoken.voice, speed)
            for numbers in _clauses(spoken.text, language)
        ]
        return await anyio.to_thread.run_sync(_with_breaths, said)

    async def _said(self, numbers: tuple[int, ...], voice: str, speed: float) -> Sound:
        clause = Clause(self._folder, numbers, VOICES[voice], speed * PACE)
        try:
            return await self._processes.do(clause)
        except LoadingFailed as error:
            mend = "Remove its files and get them again: `storybook models pull kokoro`"
            raise EngineUnavailable(NAME, str(error), mend) from error
        except ProcessDied as error:
            died = "Kokoro's process died"
            raise WorkFailed("worker_died", died, retryable=True) from error
        except SpeakingFailed as error:
            message = f"Kokoro could not speak: {error}"
            raise WorkFailed("synthesis", message, retryable=True) from error


def _spelled() -> tuple[str, ...]:
    """The languages that say how they are spelled for it."""
    return tuple(tag for tag, it in LANGUAGES.items() if NAME in it.speech.spelled)


def _check_voices(task: NarrationTask) -> None:
    for spoken in task.utterances:
        if spoken.voice not in VOICES:
            raise unknown_voice(spoken.voice, VOICES)


def _clauses(text: str, language: str) -> Iterator[tuple[int, ...]]:
    """What is said of a text at once, piece by piece."""
    speech = language_of(language).speech
    for clause in clauses(speech.given(text), speech.clause, speech.breaths):
        if any(char.isalnum() for char in clause):
            yield numbers_of(speech.spelled[NAME](clause))


def _with_breaths(said: list[Sound]) -> Sound:
    """The clauses of an utterance as one sound."""
    import numpy as np

    from storybook.stages.narrator import audio

    if not said:
        return np.zeros(0, np.float32)
    pauses = [_BREATH_MS] * len(said)
    return said[0] if len(said) == 1 else audio.join(said, RATE, pauses).sound
