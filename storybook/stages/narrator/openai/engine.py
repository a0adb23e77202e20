"""The narrator that asks an OpenAI-compatible endpoint for speech.

`supertonic serve`, OpenAINarrator itself, and what speaks like it (openedai-speech, Kokoro-FastAPI,
LocalAI). Each utterance is a request of its own, so that its times are exact, a few of them at
once. Korean is turned into words before it is sent, as most models misread digits. Whether the same
task gives the same bytes is up to the endpoint: the protocol has no seed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
import anyio.to_thread

from storybook.book import VOICES, Role
from storybook.engines import (
    Capabilities,
    Narration,
    NarrationTask,
    Readiness,
    Report,
    Utterance,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.korean.pronunciation import read_korean
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, Refusal
from storybook.stages.narrator.narration import (
    each,
    languages,
    put_together,
    unknown_voice,
    voices_of,
)

if TYPE_CHECKING:
    import httpx

    from storybook.stages.narrator.audio import Sound

DEFAULT_MODEL: Final = "supertonic-3"
"""What `supertonic serve` loads if it is not told otherwise; other endpoints need their own."""
_EXAMPLE: Final = "http://127.0.0.1:7788 with `supertonic serve` there"
_SILENCE_SECONDS: Final = 120.0
"""For one sentence, which may wait for others on a busy processor."""
_MOST_ANSWER_BYTES: Final = 64 << 20
"""Six minutes of 44.1 kHz stereo: far more than a sentence."""
_REQUESTS_AT_ONCE: Final = 4
"""Of one page: enough to hide the way to a far endpoint, few enough for its limits."""
_LONGEST_SECONDS: Final = 600
"""Of one utterance; what a file holds beyond it is not read."""
_BLOCK_FRAMES: Final = 1 << 16
_USUAL_RATE: Final = 24_000
"""Samples a second of a page of which nothing is spoken."""
_STREAMED_WAV: Final = re.compile(rb"\A(RIFF.{4}WAVE.{1,4096}?data)\0{4}(?=.)", re.DOTALL)
"""A WAV header that was sent before its length was known, and says 0."""
_STREAMED_LENGTH: Final = b"\\1" + b"\xff" * 4
""""As long as it goes on", as other servers write."""
_OWN_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_NOT_KNOWN: Final = "unrecognized|unknown|unexpected|unsupported param|extra|not permitted"
_LANGUAGE_REFUSED: Final = re.compile(
    rf"\blang\b.*(?:{_NOT_KNOWN})|(?:{_NOT_KNOWN}).*\blang\b", re.IGNORECASE | re.DOTALL
)
"""What an endpoint says that takes no field but OpenAI's; `lang` is Supertonic's."""
_MEND: Final = "Set [narrator] model and voices to what it has"
_KINDS: Final = {
    "unsupported_lang": "unsupported_language",
    "unknown_voice": "unknown_voice",
    "unknown_model": "unknown_model",
    "model_not_loaded": "unknown_model",
    "model_not_found": "unknown_model",
}
"""Kinds by the code in an answer, `supertonic serve`'s and OpenAI's: more exact than a status."""


class _Spoken(NamedTuple):
    """The sound of an utterance and its samples a second; 0 if nothing is spoken."""

    sound: Sound
    rate: int


class OpenAINarrator:
    """Reads aloud through the OpenAI-compatible endpoint at `url`.

    `device` is what the endpoint shares with engines here, if it does (`gpu0`); `key_variable`
    names the environment variable that holds the key, `header` is how it is sent. `voices` gives an
    endpoint's names for ours, such as `{"M1": "onyx"}`; others are sent as they are.
    """

    places = 2
    """Two pages at once: while one is put together, the endpoint speaks the next."""

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        device: str = "",
        key_variable: str = KEY_VARIABLE,
        header: str = BEARER,
        voices: Mapping[str, str] = _OWN_NAMES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._endpoint = Endpoint(
            Role.NARRATOR,
            url=url,
            key_variable=key_variable,
            header=header,
            example=_EXAMPLE,
            silence_seconds=_SILENCE_SECONDS,
            most_bytes=_MOST_ANSWER_BYTES,
            transport=transport,
        )
        self._model, self._voices = model or DEFAULT_MODEL, voices
        self._takes_language = True
        self.capabilities = Capabilities(voices=VOICES)
        device = device or self._endpoint.host or NAME
        self.info = EngineInfo(NAME, model=self._model, device=device, apart=True)

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key."""
        return await self._endpoint.readiness()

    async def unload(self) -> None:
        """Nothing is held between narrations."""

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read a page aloud. Raises `EngineUnavailable` and `WorkFailed`, as `endpoint` has it.
        Cancelling closes the connections."""
        language = languages(task.lang)[-1]
        self._check_voices(task)
        turns = anyio.CapacityLimiter(_REQUESTS_AT_ONCE)
        async with self._endpoint.open() as client:

            async def speak(spoken: Utterance) -> _Spoken:
                async with turns:
                    return await self._speak(client, spoken, language, task.speed)

            spoken = await each(task.utterances, speak, report)
        made_from = MadeFrom(
            voices=tuple(self._voices.get(voice, voice) for voice in voices_of(task)),
            language=language if self._takes_language else "",
            model=self._model,
        )
        return await anyio.to_thread.run_sync(_narration, task, spoken, made_from)

    async def _speak(
        self, client: httpx.AsyncClient, spoken: Utterance, language: str, speed: float
    ) -> _Spoken:
        text = read_korean(spoken.text) if language == "ko" else spoken.text
        if not any(char.isalnum() for char in text):
            return await anyio.to_thread.run_sync(_silence)
        request = {
            "model": self._model,
            "input": text,
            "voice": self._voices.get(spoken.voice, spoken.voice),
            "response_format": "wav",
            "speed": speed,
        }
        try:
            content = await self._ask(client, request, language)
        except Refusal as refusal:
            raise self._failure(refusal) from None
        return await anyio.to_thread.run_sync(_decoded, content, self._endpoint.base)

    async def _ask(
        self, client: httpx.AsyncClient, request: dict[str, Any], language: str
    ) -> bytes:
        """The sound file for a request, with the language until an endpoint refuses the field."""
        if self._takes_language:
            try:
                return await self._sound(client, request | {"lang": language})
            except Refusal as refusal:
                if refusal.status not in (400, 422) or not _LANGUAGE_REFUSED.search(refusal.text):
                    raise
            self._takes_language = False
        return await self._sound(client, request)

    async def _sound(self, client: httpx.AsyncClient, request: dict[str, Any]) -> bytes:
        return await self._endpoint.ask(client, "POST", "/audio/speech", json=request)

    def _failure(self, refusal: Refusal) -> Exception:
        if kind := _KINDS.get(refusal.code):
            # Not `EngineUnavailable`, also for 404: what the code blames is in the order, and an
            # endpoint that names it works.
            message = f"{self._endpoint.told(refusal)}. {_MEND}"
            return WorkFailed(kind, message, retryable=False)
        return self._endpoint.failure(refusal, model=self._model, mend=_MEND)

    def _check_voices(self, task: NarrationTask) -> None:
        known = tuple(dict.fromkeys((*VOICES, *self._voices)))
        for spoken in task.utterances:
            if spoken.voice not in known:
                raise unknown_voice(spoken.voice, known)


def _silence() -> _Spoken:
    import numpy as np

    return _Spoken(np.zeros(0, np.float32), 0)


def _decoded(content: bytes, base: str) -> _Spoken:
    """The sound in a file, mixed to mono. It is read in blocks, as headers lie about the length."""
    import numpy as np
    import soundfile  # type: ignore[import-untyped]  # it has no type information

    content = _STREAMED_WAV.sub(_STREAMED_LENGTH, content, count=1)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate = file.samplerate
            blocks = [np.zeros(0, np.float32)]
            for _ in range(_LONGEST_SECONDS * rate // _BLOCK_FRAMES + 1):
                block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
                blocks.append(block.mean(axis=1))
                if len(block) < _BLOCK_FRAMES:
                    break
    except (soundfile.SoundFileError, ValueError, TypeError) as error:
        message = f"{base} answers {len(content)} bytes that are no sound file"
        raise WorkFailed("bad_answer", message, retryable=False) from error
    sound = np.concatenate(blocks)
    if not sound.size:
        raise WorkFailed("bad_answer", f"{base} answers a file without sound", retryable=True)
    return _Spoken(sound, rate)


def _narration(task: NarrationTask, spoken: list[_Spoken], made_from: MadeFrom) -> Narration:
    """One narration at the highest of the rates that came."""
    rate = max((it.rate for it in spoken), default=0) or _USUAL_RATE
    return put_together(task, [_at_rate(it, rate) for it in spoken], rate, made_from)


def _at_rate(spoken: _Spoken, rate: int) -> Sound:
    """The sound at a rate at least as high, by linear interpolation."""
    import numpy as np

    sound, own = spoken
    if own == rate or not sound.size:
        return sound
    places = np.arange(sound.size * rate // own) * (own / rate)
    raised: Sound = np.interp(places, np.arange(sound.size), sound).astype(np.float32)
    return raised
