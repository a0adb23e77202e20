"""The transcriber that asks an OpenAI-compatible endpoint: `POST {url}/v1/audio/transcriptions`.

OpenAITranscriber itself, and what speaks like it: speaches (faster-whisper-server), LocalAI, vLLM,
whisper.cpp's server. The recording is decoded here, so that the limits hold and the other side
needs to know no container but WAV; and a clip without a voice is not sent at all.
"""

from __future__ import annotations

import io
import wave
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from storybook.book import Role
from storybook.engines import Capabilities, Readiness, Transcript, WorkFailed
from storybook.events.catalog import EngineInfo
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, Refusal
from storybook.stages.transcriber.audio import DECODERS, RATE, Clip, decode, decoder_readiness
from storybook.stages.transcriber.confidence import NOTHING_HEARD, UNKNOWN_LOGPROB, Heard, weigh
from storybook.stages.transcriber.language import language_code

DEFAULT_MODEL: Final = "whisper-1"
PLACES: Final = 4
"""Requests at once: the other side queues, and a child's answer takes it a second."""

_EXAMPLE: Final = "http://127.0.0.1:8080"
_SILENCE_SECONDS: Final = 60.0
_MOST_ANSWER_BYTES: Final = 1 << 20
"""A minute of speech is a kilobyte of text, and some more with the times of its segments."""


class _Segment(msgspec.Struct):
    text: str = ""
    avg_logprob: float = UNKNOWN_LOGPROB
    no_speech_prob: float = 0.0


class _Answer(msgspec.Struct):
    """What is read of an answer; `segments` are there in `verbose_json` only."""

    text: str = ""
    segments: list[_Segment] | None = None


class OpenAITranscriber:
    """Hears through the OpenAI-compatible endpoint at `url`; `key_variable` names the environment
    variable that holds the key, `header` is how it is sent. It shares no device with the engines
    that take turns."""

    places = PLACES
    capabilities = Capabilities()

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        key_variable: str = KEY_VARIABLE,
        header: str = BEARER,
    ) -> None:
        self._endpoint = Endpoint(
            Role.TRANSCRIBER,
            url=url,
            key_variable=key_variable,
            header=header,
            example=_EXAMPLE,
            silence_seconds=_SILENCE_SECONDS,
            most_bytes=_MOST_ANSWER_BYTES,
        )
        self._model = model or DEFAULT_MODEL
        self._gives_segments = True
        self._decoding = anyio.CapacityLimiter(DECODERS)
        self._turns = anyio.CapacityLimiter(PLACES)
        device = self._endpoint.host or NAME
        self.info = EngineInfo(NAME, model=self._model, device=device)

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key, and recordings can be decoded here."""
        there = await self._endpoint.readiness()
        return decoder_readiness(NAME) if there.ready else there

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        """Turn a recording into text. Cancelling closes the connection."""
        code = language_code(language)
        self._endpoint.check()
        async with self._decoding:
            clip = await decode(NAME, audio)
        voice = await anyio.to_thread.run_sync(_voice_seconds, clip)
        if not voice:
            return NOTHING_HEARD
        async with self._turns:
            answer = await self._transcription(_wav(clip), code)
        return weigh(_heard(answer), voice, clip.seconds)

    async def unload(self) -> None:
        """Nothing is held between calls."""

    async def _transcription(self, wav: bytes, language: str) -> _Answer:
        """Ask for segments, and for the text alone where they are not known (GPT-4o's do not)."""
        try:
            if self._gives_segments:
                try:
                    return await self._ask(wav, language, "verbose_json")
                except Refusal as refusal:
                    if refusal.status not in (400, 422):
                        raise
            answer = await self._ask(wav, language, "json")
        except Refusal as refusal:
            raise self._endpoint.failure(refusal, model=self._model) from None
        self._gives_segments = False
        return answer

    async def _ask(self, wav: bytes, language: str, answer_format: str) -> _Answer:
        form = {
            "model": self._model,
            "language": language,
            "response_format": answer_format,
            "temperature": "0",
        }
        files = {"file": ("speech.wav", wav, "audio/wav")}
        path = "/audio/transcriptions"
        async with self._endpoint.open() as client:
            content = await self._endpoint.ask(client, "POST", path, data=form, files=files)
        try:
            return msgspec.json.decode(content, type=_Answer)
        except msgspec.DecodeError as error:
            message = f"{self._endpoint.base} answers something that is no transcription"
            raise WorkFailed("bad_answer", message, retryable=False) from error


def _heard(answer: _Answer) -> list[Heard]:
    if answer.segments:
        return [Heard(it.text, it.avg_logprob, it.no_speech_prob) for it in answer.segments]
    return [Heard(answer.text)]


def _voice_seconds(clip: Clip) -> float:
    from storybook.stages.transcriber.voice import voice_seconds

    return voice_seconds(clip)


def _wav(clip: Clip) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(clip.pcm)
    return file.getvalue()
