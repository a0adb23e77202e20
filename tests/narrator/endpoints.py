"""Endpoints that speak in place of a real one: each answers as a test says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, Final

import httpx
import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.engines import WorkFailed
from storybook.stages.narrator.openai.engine import OpenAINarrator
from tests.narrator.sounds import SENTENCE, read, task

URL: Final = "http://speech.example"


def tone(rate: int = 24_000, seconds: float = 0.5, channels: int = 1) -> Any:
    """A tone of 200 Hz, in the first channel only."""
    sound = np.zeros((int(rate * seconds), channels), np.float32)
    sound[:, 0] = 0.3 * np.sin(2 * np.pi * 200 * np.arange(len(sound)) / rate)
    return sound


def wav(rate: int = 24_000, seconds: float = 0.5, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(rate, seconds, channels), rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


Answer = Callable[[httpx.Request], httpx.Response]


def answering(answer: Answer | httpx.Response, **options: Any) -> OpenAINarrator:
    """A narrator whose endpoint answers so."""
    handler = answer if callable(answer) else lambda request: answer
    return OpenAINarrator(url=URL, transport=httpx.MockTransport(handler), **options)


def speaking(requests: list[dict[str, Any]]) -> Answer:
    """Answers each request with a tone, and keeps what was asked."""

    def speak(request: httpx.Request) -> httpx.Response:
        requests.append(json.loads(request.content))
        return httpx.Response(200, content=wav())

    return speak


async def failure_of(narrator: OpenAINarrator) -> WorkFailed:
    with pytest.raises(WorkFailed) as failure:
        await read(narrator, task(SENTENCE))
    return failure.value
