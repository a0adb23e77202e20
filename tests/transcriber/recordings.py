"""Recordings as browsers make them, and sounds to make them of."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import anyio
import av
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information
from numpy.typing import NDArray

from storybook.engines import NarrationTask, Utterance
from storybook.stages.narrator.espeak.engine import Espeak

Samples = NDArray[np.int16]

RATE: Final = 48_000
FORMATS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "webm": ("webm", "libopus", {}),
    "webm live": ("webm", "libopus", {"live": "1"}),
    "ogg": ("ogg", "libopus", {}),
    "mp4": ("mp4", "aac", {}),
    "mp4 in fragments": (
        "mp4",
        "aac",
        {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ),
    "wav": ("wav", "pcm_s16le", {}),
    "mp3": ("mp3", "libmp3lame", {}),
    "flac": ("flac", "flac", {}),
}
"""What browsers and their recorders make: container, codec, and the muxer's options."""


def tone(seconds: float, rate: int = RATE) -> Samples:
    """A tone of 220 Hz."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * 32767 * np.sin(2 * np.pi * 220 * time)).astype(np.int16)


def silence(seconds: float, rate: int = RATE) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


def noise(seconds: float, loudness: float, rate: int = RATE) -> Samples:
    """White noise."""
    rng = np.random.default_rng(7)
    return (rng.standard_normal(round(seconds * rate)) * loudness * 32767 / 4).astype(np.int16)


@cache
def speech(text: str) -> tuple[Samples, int]:
    """Korean, spoken by the embedded narrator, and its samples a second."""

    async def spoken() -> bytes:
        task = NarrationTask((Utterance(text, "", "M1"),), "ko", 1.0, 0, seed=7)
        return (await Espeak().narrate(task, lambda fraction: None)).wav

    with ThreadPoolExecutor(1) as thread:  # where no event loop runs yet
        wav = thread.submit(anyio.run, spoken).result()
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    return samples, rate


def encode(samples: Samples, name: str, rate: int = RATE) -> bytes:
    """A recording in one of `FORMATS`."""
    container, codec, options = FORMATS[name]
    return mux(samples, container, codec, rate, options)


def mux(
    samples: Samples, container: str, codec: str, rate: int, options: dict[str, str] | None = None
) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()


@cache
def recorded(name: str, seconds: float = 2.0) -> bytes:
    """A tone, recorded."""
    return encode(tone(seconds), name)


@cache
def spoken(text: str, name: str = "webm") -> bytes:
    """A sentence, recorded."""
    samples, rate = speech(text)
    positions = np.arange(0, samples.size, rate / RATE)
    resampled = np.interp(positions, np.arange(samples.size), samples)
    return encode(resampled.astype(np.int16), name)
