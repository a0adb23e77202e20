"""The transcriber that hears with Whisper."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread

from storybook.clock import MICROSECONDS, Clock, SystemClock
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Readiness,
    Transcript,
    package_version,
    ready_or_raise,
)
from storybook.events.catalog import EngineInfo
from storybook.notifier import Notifier
from storybook.stages.extras import install_extra
from storybook.stages.transcriber.audio import RATE, decode, decoder_readiness
from storybook.stages.transcriber.confidence import NOTHING_HEARD, weigh
from storybook.stages.transcriber.language import language_code
from storybook.stages.transcriber.whisper.model import (
    NAME,
    Device,
    LoadedWhisper,
    Sound,
    find_device,
    find_folder,
    folder_readiness,
    is_installed,
    voice_of,
)
from storybook.stages.transcriber.whisper.spec import IDLE_SECONDS


class Whisper:
    """Hears with faster-whisper. One model is shared by all requests, which take turns."""

    places = 1
    capabilities = Capabilities()

    def __init__(
        self,
        *,
        model: str = "base",
        models_folder: Path = Path("data/models"),
        device: str = "auto",
        idle_seconds: float = IDLE_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._name, self._folder = model, find_folder(model, models_folder)
        self._wanted_device = device
        self._idle = round(idle_seconds * MICROSECONDS)
        self._clock = clock or SystemClock()
        self._turn = anyio.Lock()
        self._model: LoadedWhisper | None = None
        self._used_at = 0
        self._used = Notifier()

    @cached_property
    def info(self) -> EngineInfo:
        version = package_version("faster-whisper")
        try:
            device = self._device.name if version else "cpu"
        except EngineUnavailable:  # readiness says so
            device = self._wanted_device
        return EngineInfo(NAME, version=version, model=Path(self._name).name, device=device)

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    async def readiness(self) -> Readiness:
        """Whether the packages, the model's files and the device are there."""
        if not is_installed():
            mend = f"Install it with: {install_extra(NAME)}"
            return Readiness(False, "faster-whisper is not installed", mend)
        try:
            await anyio.to_thread.run_sync(lambda: self._device)
        except EngineUnavailable as error:
            return Readiness(False, error.why, error.mend)
        decoder = decoder_readiness(NAME)
        return folder_readiness(self._folder) if decoder.ready else decoder

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        """Turn a recording into text. Who is cancelled gives up the place at once while waiting,
        and at the end of the segment in hand while the model works: it cannot be interrupted."""
        code = language_code(language)
        ready_or_raise(NAME, await self.readiness())
        clip = await decode(NAME, audio)
        voice = await anyio.to_thread.run_sync(voice_of, clip)
        if not voice.size:
            return NOTHING_HEARD
        async with self._turn:
            try:
                return await anyio.to_thread.run_sync(self._hear, voice, clip.seconds, code)
            finally:
                self._used_at = self._clock.monotonic()
                self._used.notify()

    async def unload(self) -> None:
        """Let go of the model, when what it does now is done."""
        async with self._turn:
            self._model = None

    async def unload_when_idle(self) -> None:
        """Let go of the model whenever it has not been used for a while. Never returns."""
        while True:
            used = self._used.next
            if self._model is None:
                await used.wait()
                continue
            await self._clock.sleep_until(self._used_at + self._idle)
            async with self._turn:
                if self._clock.monotonic() >= self._used_at + self._idle:
                    self._model = None

    @cached_property
    def _device(self) -> Device:
        return find_device(self._wanted_device)

    def _hear(self, voice: Sound, seconds: float, language: str) -> Transcript:
        """What is said in the voice of a clip of so many seconds. Runs in a thread, one at a
        time."""
        anyio.from_thread.check_cancelled()
        if self._model is None:
            self._model = LoadedWhisper(self._folder, self._device)
        heard = self._model.hear(voice, language, anyio.from_thread.check_cancelled)
        return weigh(heard, voice.size / RATE, seconds, language)
