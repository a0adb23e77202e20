"""The transcriber that asks an OpenAI-compatible endpoint: `POST {url}/v1/audio/transcriptions`.

OpenAI itself, and what speaks like it: speaches (faster-whisper-server), LocalAI, vLLM,
whisper.cpp's server. The recording is decoded here, so that the limits hold and the other side
needs to know no container but WAV; and a clip without a voice is not sent at all.

The key is read from the environment at each call and is in no setting, log or error: an answer
that may quote it (401, 403) is never repeated, any other only without it.
"""

from __future__ import annotations

import io
import os
import wave
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx
import msgspec

import storybook
from storybook.events.catalog import EngineInfo
from storybook.stages.engines import (
    EngineUnavailable,
    Readiness,
    Transcript,
    WorkFailed,
    ready_or_raise,
)
from storybook.stages.transcriber.audio import DECODERS, RATE, Clip, decode, decoder_readiness
from storybook.stages.transcriber.confidence import NOTHING_HEARD, UNKNOWN_LOGPROB, Heard, weigh
from storybook.stages.transcriber.language import language_code

NAME: Final = "openai"
DEFAULT_MODEL: Final = "whisper-1"
KEY_VARIABLE: Final = "OPENAI_API_KEY"
PLACES: Final = 4
"""Requests at once: the other side queues, and a child's answer takes it a second."""

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 60.0
_READINESS_SECONDS: Final = 3.0
_MOST_ANSWER_BYTES: Final = 1 << 20
"""A minute of speech is a kilobyte of text, and some more with the times of its segments."""
_QUOTED: Final = 200
"""Characters of an endpoint's own explanation that are passed on."""


class _Segment(msgspec.Struct):
    text: str = ""
    avg_logprob: float = UNKNOWN_LOGPROB
    no_speech_prob: float = 0.0


class _Answer(msgspec.Struct):
    """What is read of an answer; `segments` are there in `verbose_json` only."""

    text: str = ""
    segments: list[_Segment] | None = None


class OpenAi:
    """Hears through an OpenAI-compatible endpoint at `url` (with or without its `/v1`)."""

    places = PLACES

    def __init__(
        self,
        *,
        url: str = "",
        model: str = DEFAULT_MODEL,
        key_variable: str = KEY_VARIABLE,
    ) -> None:
        self._base, self._user = _without_user(url)
        self._model = model
        self._key_variable = key_variable
        self._gives_segments = True
        self._decoding = anyio.CapacityLimiter(DECODERS)
        self._turns = anyio.CapacityLimiter(PLACES)
        self.info = EngineInfo(
            NAME, version=storybook.__version__, model=model, device=self._base or NAME
        )

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key."""
        if not (there := self._is_set_up()).ready:
            return there
        try:
            async with self._client(_READINESS_SECONDS) as client:
                answer = await client.get(f"{self._base}/v1/models")
        except EngineUnavailable as error:
            return Readiness(False, error.why, error.mend)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._no_answer(error)
        return self._key_refused() if answer.status_code in (401, 403) else Readiness(True)

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        """Turn a recording into text. Cancelling closes the connection."""
        code = language_code(language)
        ready_or_raise(NAME, self._is_set_up())
        async with self._decoding:
            clip = await decode(NAME, audio)
        voice = await anyio.to_thread.run_sync(_voice_seconds, clip)
        if not voice:
            return NOTHING_HEARD
        async with self._turns:
            answer = await self._ask(_wav(clip), code)
        return weigh(_heard(answer), voice, clip.seconds)

    async def unload(self) -> None:
        """Nothing is held between calls."""

    async def _ask(self, wav: bytes, language: str) -> _Answer:
        """Ask for segments, and for the text alone where they are not known (GPT-4o's do not)."""
        if self._gives_segments:
            status, body = await self._post(wav, language, "verbose_json")
            if status not in (400, 422):
                return self._read(status, body)
        status, body = await self._post(wav, language, "json")
        answer = self._read(status, body)
        self._gives_segments = False
        return answer

    async def _post(self, wav: bytes, language: str, answer_format: str) -> tuple[int, bytes]:
        form = {
            "model": self._model,
            "language": language,
            "response_format": answer_format,
            "temperature": "0",
        }
        files = {"file": ("speech.wav", wav, "audio/wav")}
        path = f"{self._base}/v1/audio/transcriptions"
        try:
            async with (
                self._client(_ANSWER_SECONDS) as client,
                client.stream("POST", path, data=form, files=files) as answer,
            ):
                return answer.status_code, await _limited(answer)
        except httpx.ReadTimeout as error:
            message = f"{self._base} has not answered within {_ANSWER_SECONDS:.0f} s"
            raise WorkFailed("timeout", message, retryable=True) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            ready_or_raise(NAME, self._no_answer(error))
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"the connection to {self._base} broke ({type(error).__name__})"
            raise WorkFailed("connection", message, retryable=True) from error

    def _read(self, status: int, body: bytes) -> _Answer:
        """The answer. Raises `EngineUnavailable` or `WorkFailed` for one that is an error."""
        if status in (401, 403):
            ready_or_raise(NAME, self._key_refused())
        if status == 404:
            raise EngineUnavailable(
                NAME,
                f"{self._base} knows no /v1/audio/transcriptions, or no model {self._model!r}",
                "Set [transcriber] url and model to what the server has",
            )
        if status != 200:
            is_passing = status == 429 or status >= 500
            message = f"{self._base} answers {status}: {self._explanation(body)}"
            raise WorkFailed("busy" if status == 429 else "refused", message, retryable=is_passing)
        try:
            return msgspec.json.decode(body, type=_Answer)
        except msgspec.DecodeError as error:
            message = f"{self._base} answers something that is no transcription"
            raise WorkFailed("bad_answer", message, retryable=False) from error

    def _explanation(self, body: bytes) -> str:
        """What an error says of itself, shortened, without the key."""
        text = body.decode(errors="replace")
        try:
            told: Any = msgspec.json.decode(body)
            text = str(told["error"]["message"])
        except (msgspec.DecodeError, LookupError, TypeError):
            pass
        key = self._key()
        return (text.replace(key, "…") if key else text)[:_QUOTED]

    def _key(self) -> str:
        """The key, or "". What is none is refused here: httpx would quote it in its error."""
        key = os.environ.get(self._key_variable, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise EngineUnavailable(
                NAME,
                f"{self._key_variable} holds characters that no key has",
                "Set it again, to one line of letters, digits and signs",
            )
        return key

    def _client(self, seconds: float) -> httpx.AsyncClient:
        key = self._key()
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            auth=self._user,
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            follow_redirects=False,  # the key goes to nobody else
        )

    def _is_set_up(self) -> Readiness:
        if not self._base:
            mend = "Set [transcriber] url, such as http://localhost:8080"
            return Readiness(False, "no endpoint is set", mend)
        return decoder_readiness(NAME)

    def _no_answer(self, error: Exception) -> Readiness:
        return Readiness(
            False,
            f"{self._base} does not answer ({type(error).__name__})",
            "Start the server there, or set [transcriber] url",
        )

    def _key_refused(self) -> Readiness:
        have = "the key" if self._key() else "a call without a key"
        return Readiness(
            False,
            f"{self._base} refuses {have}",
            f"Set the environment variable {self._key_variable}",
        )


def _without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """A URL that can be shown, without `/v1` at its end, and the user and password it had."""
    base = url.rstrip("/").removesuffix("/v1").rstrip("/")
    scheme, mark, rest = base.partition("://")
    user, at, host = rest.rpartition("@")
    if not at:
        return base, None
    name, _, password = user.partition(":")
    return f"{scheme}{mark}{host}", (name, password)


async def _limited(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MOST_ANSWER_BYTES:
            raise httpx.DecodingError("the answer is too long")
    return bytes(body)


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
