"""The narrator that asks an OpenAI-compatible endpoint for speech.

`supertonic serve`, OpenAINarrator itself, and what speaks like it (openedai-speech, Kokoro-FastAPI,
LocalAI). Each utterance is a request of its own, so that its times are exact, a few of them at
once. Digits are turned into words before they are sent, as most models misread them. Whether the
same task gives the same bytes is up to the endpoint: the protocol has no seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import msgspec

from storybook.book import VOICES, Role
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Narration,
    NarrationTask,
    Readiness,
    Report,
    Utterance,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.languages.known import language_of
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, whole
from storybook.stages.narrator.narration import (
    each,
    languages,
    put_together,
    unknown_voice,
    voices_of,
)
from storybook.stages.narrator.openai.spec import FIRST_ANSWER_SECONDS, SILENCE_SECONDS
from storybook.stages.openai_api.negotiation import Wish
from storybook.stages.openai_api.refusals import Refusal, meaning_of
from storybook.stages.openai_api.voices import voices_in

if TYPE_CHECKING:
    import httpx

    from storybook.stages.narrator.audio import Sound
    from storybook.stages.narrator.openai.sound import Spoken

DEFAULT_MODEL: Final = "supertonic-3"
"""What `supertonic serve` loads if it is not told otherwise; other endpoints need their own."""
_EXAMPLE: Final = "http://127.0.0.1:7788 with `supertonic serve` there"
_MOST_ANSWER_BYTES: Final = 64 << 20
"""Six minutes of 44.1 kHz stereo: far more than a sentence."""
_REQUESTS_AT_ONCE: Final = 4
"""Of one page: enough to hide the way to a far endpoint, few enough for its limits."""
_USUAL_RATE: Final = 24_000
"""Samples a second of a page of which nothing is spoken."""
_PATH: Final = "/audio/speech"
_VOICES: Final = ("/audio/voices", "/voices", "/audio/speech/voices")
"""Where servers list their voices; the protocol has no place for that."""
_MOST_VOICES: Final = 20
"""Names of voices in one message."""
_GLANCE_SECONDS: Final = 3.0
_FORMATS: Final = ("wav", "mp3", "flac", "opus", "pcm")
"""The best first: what is lossless and says its rate."""
_OWN_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_MEND: Final = "Set [narrator] model and voices to what it has"
_KINDS: Final = {
    "unsupported_lang": "unsupported_language",
    "unknown_voice": "unknown_voice",
    "unknown_model": "unknown_model",
    "model_not_loaded": "unknown_model",
    "model_not_found": "unknown_model",
}
"""Kinds by the code in an answer, `supertonic serve`'s and OpenAI's: more exact than a status."""


class OpenAINarrator:
    """Reads aloud through the OpenAI-compatible endpoint at `url`.

    `device` is what the endpoint shares with engines here, if it does (`gpu0`); `key_variable`
    names the environment variable that holds the key, `header` is how it is
    sent. `voices` gives an endpoint's names for ours,
    such as `{"M1": "onyx"}`; others are sent as they are. The limits of silence are `Endpoint`'s.
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
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._endpoint = Endpoint(
            Role.NARRATOR,
            url=url,
            key_variable=key_variable,
            header=header,
            example=_EXAMPLE,
            first_answer_seconds=first_answer_seconds,
            silence_seconds=silence_seconds,
            most_bytes=_MOST_ANSWER_BYTES,
            transport=transport,
        )
        self._model, self._voices = model or DEFAULT_MODEL, voices
        self.capabilities = Capabilities(voices=VOICES)
        device = device or self._endpoint.host or NAME
        self.info = EngineInfo(NAME, model=self._model, device=device, apart=True)

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key."""
        there = await self._endpoint.readiness()
        notes = self._endpoint.terms(_PATH, self._model).told()
        return msgspec.structs.replace(there, notes=notes)

    async def unload(self) -> None:
        """Nothing is held between narrations."""

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read a page aloud. Raises `EngineUnavailable` and `WorkFailed`, as `endpoint` has it.
        Cancelling closes the connections."""
        language = languages(task.lang)[-1]
        self._check_voices(task)
        turns = anyio.CapacityLimiter(_REQUESTS_AT_ONCE)
        async with self._endpoint.open() as client:

            async def speak(spoken: Utterance) -> Spoken:
                async with turns:
                    return await self._speak(client, spoken, language, task.speed_of(spoken))

            spoken = await each(task.utterances, speak, report)
        left_out = self._endpoint.terms(_PATH, self._model).left_out
        made_from = MadeFrom(
            voices=tuple(self._voices.get(voice, voice) for voice in voices_of(task)),
            language="" if "lang" in left_out else language,
            model=self._model,
            unrepeatable="the protocol has no seed",
        )
        return await anyio.to_thread.run_sync(_narration, task, spoken, made_from)

    async def _speak(
        self, client: httpx.AsyncClient, spoken: Utterance, language: str, speed: float
    ) -> Spoken:
        text = language_of(language).speech.given(spoken.text, NAME)
        if not any(char.isalnum() for char in text):
            return await anyio.to_thread.run_sync(_silence)
        voice = self._voices.get(spoken.voice, spoken.voice)
        needed = {"model": self._model, "input": text, "voice": voice}
        wishes = (
            Wish("lang", (language,), also=("language",)),
            Wish("response_format", _FORMATS, also=("format",)),
            Wish("speed", (speed,)),
        )
        try:
            async with self._endpoint.negotiated(client, _PATH, needed, wishes) as answer:
                content_type, content = await whole(answer)
            asked = self._endpoint.terms(_PATH, self._model).fields(wishes)
            is_raw = asked.get("response_format") == "pcm"
            return await anyio.to_thread.run_sync(
                _decoded, content, content_type, is_raw, self._endpoint.base
            )
        except Refusal as refusal:
            raise await self._failure(client, refusal, spoken.voice) from None

    async def _failure(self, client: httpx.AsyncClient, refusal: Refusal, voice: str) -> Exception:
        if refusal.param == "voice" or meaning_of(refusal).kind == "unknown_voice":
            return await self._unknown_voice(client, refusal, voice)
        if kind := _KINDS.get(refusal.code):
            # Not `EngineUnavailable`, also for 404: what the code blames is in the order, and an
            # endpoint that names it works.
            message = f"{self._endpoint.told(refusal)}. {_MEND}"
            return WorkFailed(kind, message, retryable=False)
        return await self._endpoint.explained(refusal, model=self._model, mend=_MEND)

    async def _unknown_voice(
        self, client: httpx.AsyncClient, refusal: Refusal, voice: str
    ) -> WorkFailed:
        """With the voices that there are, and the setting that gives them to ours."""
        has = await self._listed_voices(client)
        names = self._endpoint.hide(", ".join(has[:_MOST_VOICES]))
        listed = f"; its voices are {names}" if has else ""
        mend = f'{_MEND}: [narrator] voices = {{ {voice} = "{has[0]}" }}' if has else _MEND
        message = f"{self._endpoint.told(refusal)}{listed}. {mend}"
        return WorkFailed("unknown_voice", message, retryable=False)

    async def _listed_voices(self, client: httpx.AsyncClient) -> Sequence[str]:
        for path in _VOICES:
            with suppress(Refusal, EngineUnavailable, WorkFailed, ValueError):
                answer = await self._endpoint.ask(client, "GET", path, within=_GLANCE_SECONDS)
                if found := voices_in(answer.content):
                    return found
        return ()

    def _check_voices(self, task: NarrationTask) -> None:
        known = tuple(dict.fromkeys((*VOICES, *self._voices)))
        for spoken in task.utterances:
            if spoken.voice not in known:
                raise unknown_voice(spoken.voice, known)


def _silence() -> Spoken:
    import numpy as np

    from storybook.stages.narrator.openai.sound import Spoken

    return Spoken(np.zeros(0, np.float32), 0)


def _decoded(content: bytes, content_type: str, is_raw: bool, base: str) -> Spoken:
    from storybook.stages.narrator.openai.sound import Received, sound_in

    return sound_in(Received(content, content_type, is_raw), base)


def _narration(task: NarrationTask, spoken: list[Spoken], made_from: MadeFrom) -> Narration:
    """One narration at the highest of the rates that came."""
    rate = max((it.rate for it in spoken), default=0) or _USUAL_RATE
    return put_together(task, [_at_rate(it, rate) for it in spoken], rate, made_from)


def _at_rate(spoken: Spoken, rate: int) -> Sound:
    """The sound at a rate at least as high, by linear interpolation."""
    import numpy as np

    sound, own = spoken
    if own == rate or not sound.size:
        return sound
    places = np.arange(sound.size * rate // own) * (own / rate)
    raised: Sound = np.interp(places, np.arange(sound.size), sound).astype(np.float32)
    return raised
