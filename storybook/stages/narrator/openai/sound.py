"""The sound in an answer: a file of any kind that the audio library reads, raw samples, or a file
within JSON."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.engines import WorkFailed
from storybook.stages.openai_api.refusals import is_web_page, refusal_in, refusal_of

if TYPE_CHECKING:
    from storybook.stages.narrator.audio import Sound

LONGEST_SECONDS: Final = 600
"""Of one utterance; what a file holds beyond it is not read."""
RAW_RATE: Final = 24_000
"""Samples a second of raw sound that does not say it: what OpenAI's `pcm` has."""

_BLOCK_FRAMES: Final = 1 << 16
_STREAMED_WAV: Final = re.compile(rb"\A(RIFF.{4}WAVE.{1,4096}?data)\0{4}(?=.)", re.DOTALL)
"""A WAV header that was sent before its length was known, and says 0."""
_STREAMED_LENGTH: Final = b"\\1" + b"\xff" * 4
""""As long as it goes on", as other servers write."""
_RAW_TYPE: Final = re.compile(r"\b(pcm|l16|raw)\b|x-raw")
_FILE_HEADS: Final = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"FORM", b"<", b"{", b"[")
_LEAST_RAW_BYTES: Final = 2_400
"""A twentieth of a second: what is shorter is no utterance, whatever it is."""
_ALIKE: Final = 0.5
"""Of raw sound to itself one sample later: speech has over 0.8, other bytes about nothing."""
_IN_JSON: Final = ("audio", "audio_content", "audioContent", "audio_data", "data", "b64_json")
_IS_ERROR: Final = ("error", "detail", "message")


class Received(NamedTuple):
    """The content of an answer, and of what kind it says that it is."""

    content: bytes
    content_type: str
    is_raw: bool = False
    """Whether raw samples were asked for."""


class Spoken(NamedTuple):
    """Sound and its samples a second; 0 where nothing is spoken."""

    sound: Sound
    rate: int


def sound_in(received: Received, base: str) -> Spoken:
    """The sound of an answer of the server at `base`, mixed to mono. Raises `Refusal` for an error
    that came as a success, and `WorkFailed` for what is no sound."""
    content = _out_of_json(received.content)
    spoken = _of_file(content)
    if spoken is None and _is_raw(content, received):
        spoken = _of_samples(content, received.content_type)
    if spoken is None:
        told = _kind_of(received)
        raise WorkFailed("bad_answer", f"{base} answers {told} and no sound", retryable=False)
    if not spoken.sound.size:
        raise WorkFailed("bad_answer", f"{base} answers a file without sound", retryable=True)
    return spoken


def _out_of_json(content: bytes) -> bytes:
    """The file in a JSON answer; what is none stays as it is. Raises `Refusal` for an error."""
    if content.lstrip()[:1] not in (b"{", b"["):
        return content
    try:
        told: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content
    found = told[0] if isinstance(told, list) and told else told
    if not isinstance(found, dict):
        return content
    if any(found.get(name) for name in _IS_ERROR):
        raise refusal_of(told)
    return _encoded_file(found) or content


def _encoded_file(told: Mapping[str, Any]) -> bytes:
    said = next((it for name in _IN_JSON if isinstance(it := told.get(name), str) and it), "")
    if not said:
        inner = next((it for name in _IN_JSON if isinstance(it := told.get(name), dict)), None)
        return _encoded_file(inner) if inner else b""
    try:
        return base64.b64decode(said.rpartition("base64,")[2], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _of_file(content: bytes) -> Spoken | None:
    """The sound in a file. It is read in blocks, as headers lie about the length."""
    content = _STREAMED_WAV.sub(_STREAMED_LENGTH, content, count=1)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate = int(file.samplerate)
            blocks = [np.zeros(0, np.float32)]
            for _ in range(LONGEST_SECONDS * rate // _BLOCK_FRAMES + 1):
                block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
                blocks.append(block.mean(axis=1))
                if len(block) < _BLOCK_FRAMES:
                    break
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None
    sound: Sound = np.concatenate(blocks).astype(np.float32)
    return Spoken(sound, rate)


def _is_raw(content: bytes, received: Received) -> bool:
    """Whether bytes are raw samples: as was asked for, as they say, or as they look."""
    if len(content) < _LEAST_RAW_BYTES or content.lstrip().startswith(_FILE_HEADS):
        return False
    says_so = received.is_raw or _RAW_TYPE.search(received.content_type)
    return bool(says_so) or _likeness(_samples(content, "<i2")) > _ALIKE


def _of_samples(content: bytes, content_type: str) -> Spoken:
    """16-bit samples. `audio/L16` has the high byte first and hardly any server keeps to it: the
    order in which they sound smoother is theirs."""
    sound = max((_samples(content, order) for order in ("<i2", ">i2")), key=_likeness)
    channels, rate = _said(content_type, "channels", 1), _said(content_type, "rate", RAW_RATE)
    frames = sound[: sound.size // channels * channels].reshape(-1, channels)
    return Spoken(frames.mean(axis=1)[: LONGEST_SECONDS * rate].astype(np.float32), rate)


def _said(content_type: str, name: str, usual: int) -> int:
    found = re.search(rf"\b{name}\s*=\s*(\d+)", content_type)
    return max(1, int(found[1])) if found else usual


def _samples(content: bytes, order: str) -> Sound:
    read = np.frombuffer(content[: len(content) // 2 * 2], order)
    sound: Sound = read.astype(np.float32) / np.float32(32768)
    return sound


def _likeness(sound: Sound) -> float:
    energy = float(np.dot(sound, sound))
    return float(np.dot(sound[1:], sound[:-1])) / energy if energy else 0.0


def _kind_of(received: Received) -> str:
    """What an answer is, in words."""
    content, content_type, _ = received
    if is_web_page(content[:4096].decode(errors="replace")):
        return refusal_in(content).text
    if content.lstrip()[:1] in (b"{", b"["):
        return "JSON"
    return f"{len(content)} bytes" + (f" of {content_type}" if content_type else "")
