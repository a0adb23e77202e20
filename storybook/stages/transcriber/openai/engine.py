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
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, whole
from storybook.stages.openai_api.negotiation import Wish
from storybook.stages.openai_api.refusals import Refusal
from storybook.stages.transcriber.audio import RATE, Clip, decode, decoder_readiness
from storybook.stages.transcriber.confidence import NOTHING_HEARD, Heard, weigh
from storybook.stages.transcriber.language import language_code
from storybook.stages.transcriber.openai.answer import NoTranscription, heard_in
from storybook.stages.transcriber.openai.spec import FIRST_ANSWER_SECONDS, SILENCE_SECONDS

DEFAULT_MODEL: Final = "whisper-1"
PLACES: Final = 4
"""Requests at once: the other side queues, and a child's answer takes it a second."""

_EXAMPLE: Final = "http://127.0.0.1:8080"
_PATH: Final = "/audio/transcriptions"
_FORMATS: Final = ("verbose_json", "json", "text")
"""The best first: with segments, text alone (all that GPT-4o's transcribers know), plain."""
_MOST_ANSWER_BYTES: Final = 1 << 20
"""A minute of speech is a kilobyte of text, and some more with the times of its segments."""


class OpenAITranscriber:
    """Hears through the OpenAI-compatible endpoint at `url`; `key_variable` names the environment
    variable that holds the key, `header` is how it is
    sent. It shares no device with the engines that take turns. The limits of
    silence are `Endpoint`'s."""

    places = PLACES
    capabilities = Capabilities()

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        key_variable: str = KEY_VARIABLE,
        header: str = BEARER,
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._endpoint = Endpoint(
            Role.TRANSCRIBER,
            url=url,
            key_variable=key_variable,
            header=header,
            example=_EXAMPLE,
            first_answer_seconds=first_answer_seconds,
            silence_seconds=silence_seconds,
            most_bytes=_MOST_ANSWER_BYTES,
        )
        self._model = model or DEFAULT_MODEL
        self._turns = anyio.CapacityLimiter(PLACES)
        device = self._endpoint.host or NAME
        self.info = EngineInfo(NAME, model=self._model, device=device)

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key, and recordings can be decoded here."""
        there = await self._endpoint.readiness()
        notes = self._endpoint.terms(_PATH, self._model).told()
        found = decoder_readiness(NAME) if there.ready else there
        return msgspec.structs.replace(found, notes=notes)

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        """Turn a recording into text. Cancelling closes the connection."""
        code = language_code(language)
        self._endpoint.check()
        clip = await decode(NAME, audio)
        voice = await anyio.to_thread.run_sync(_voice_seconds, clip)
        if not voice:
            return NOTHING_HEARD
        async with self._turns:
            heard = await self._heard(_wav(clip), code)
        return weigh(heard, voice, clip.seconds, code)

    async def unload(self) -> None:
        """Nothing is held between calls."""

    async def _heard(self, wav: bytes, language: str) -> list[Heard]:
        wishes = (
            Wish("response_format", _FORMATS, also=("verbose_json", "format")),
            Wish("temperature", ("0",)),
            Wish("language", (language,)),
        )
        needed, files = {"model": self._model}, {"file": ("speech.wav", wav, "audio/wav")}
        try:
            async with (
                self._endpoint.open() as client,
                self._endpoint.negotiated(client, _PATH, needed, wishes, files) as answer,
            ):
                content_type, content = await whole(answer)
            return heard_in(content, content_type)
        except Refusal as refusal:
            raise await self._endpoint.explained(refusal, model=self._model) from None
        except NoTranscription as found:
            message = f"{self._endpoint.base} answers {found} and no transcription"
            raise WorkFailed("bad_answer", message, retryable=False) from None


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
