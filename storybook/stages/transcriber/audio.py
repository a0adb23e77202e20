"""From a recording to plain sound: the guard that every transcriber has before it.

What comes out is the same for all of them: a `Clip` of 16,000 samples a second, one channel. What
cannot be used raises `InvalidAudio`, in bounded time and memory whatever the file claims: the
container is told by its content (`container`), and the decoder is a process of its own
(`decoder`) that is ended when it takes too long or when nobody waits for it any more. Nothing of a
recording is written to disk, logged, or quoted in an error.

A recording is refused for what it is, never because this machine is busy: a decoder may use so
much of a processor's time, however long that takes to come, and who waits too long for it is told
to come again (`EngineAway`). Large files wait for each other and not before small ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec

from storybook.engines import (
    AudioTooLarge,
    EngineAway,
    EngineUnavailable,
    InvalidAudio,
    Readiness,
    ready_or_raise,
)
from storybook.stages.transcriber.container import (
    KNOWN,
    Container,
    is_cut_off,
    sniff,
    tells_its_length,
)
from storybook.stages.transcriber.decoder import MAX_SECONDS, RATE
from storybook.system import shielded_start, usable_cores

MAX_BYTES: Final = 25 * 1024 * 1024
"""A minute of uncompressed stereo at 48 kHz, and twice that."""
MAX_WALL_SECONDS: Final = 15.0
"""A decoder that still works then does not get its share of the processor: it takes a tenth of a
second for a minute, and is ended by the system when it has used `decoder.MAX_CPU_SECONDS`."""
MAX_WAIT_SECONDS: Final = 15.0
"""How long a recording waits for a decoder; a person does not wait longer for a word."""
RETRY_AFTER_SECONDS: Final = 5.0
"""When it is worth trying again: some fifty recordings later."""
DECODERS: Final = max(2, usable_cores())
"""Small recordings that are decoded at once: each takes up to a core and, at its limits, 100 MB."""
LARGE_BYTES: Final = 4 * 1024 * 1024
"""A minute as browsers record it is under 1 MB, and as plain 16-bit sound at 32 kHz this much. Of
larger files one at a time is decoded: whatever fills them holds up no other."""
_MISSING_SECONDS: Final = 0.2
_MISSING_SHARE: Final = 0.1
"""What may be missing from a file that says how long it is: codecs count their run-in in."""
_PROGRAM: Final = Path(__file__).with_name("decoder.py")


class Clip(msgspec.Struct, frozen=True):
    """Plain sound: 16-bit mono samples (little endian), `RATE` a second."""

    pcm: bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE


def decoder_readiness(engine: str) -> Readiness:
    """Whether recordings can be decoded here at all; `engine` is who asks."""
    if find_spec("av") is None:
        why = f"{engine} decodes recordings with PyAV, which is not installed"
        return Readiness(False, why, "Install it with: pip install av")
    return Readiness(True)


async def decode(engine: str, recording: bytes) -> Clip:
    """The sound of a recording. Raises `InvalidAudio`, `EngineUnavailable` without PyAV, and
    `EngineAway` where this machine has no time for it."""
    ready_or_raise(engine, decoder_readiness(engine))
    container = await anyio.to_thread.run_sync(_examined, recording)
    async with _place(engine, len(recording)):
        answer = await _run_decoder(engine, container, recording)
    line, _, sound = answer.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    match head.get("fault"):
        case None:
            pass
        case "library":
            raise EngineUnavailable(
                engine, f"PyAV cannot be loaded ({head['message']})", "Reinstall it: pip install av"
            )
        case "too_long":
            raise AudioTooLarge(f"the recording is too long: {head['message']}")
        case _:
            raise InvalidAudio(f"the recording cannot be used: {head['message']}")
    if tells_its_length(recording, container):
        _check_whole(head["held"], head["claimed"])
    return Clip(sound)


def _examined(recording: bytes) -> Container:
    """The recording's container; what is no whole recording is refused."""
    if not recording:
        raise InvalidAudio("the audio file is empty")
    if len(recording) > MAX_BYTES:
        raise AudioTooLarge(f"the audio file is over {MAX_BYTES // 1024**2} MB")
    container = sniff(recording)
    if container is None:
        raise InvalidAudio(f"the file is no recording: expected one of {KNOWN}, by its content")
    if is_cut_off(recording, container):
        raise InvalidAudio(
            f"the recording is cut off: its {container.name.lower()} file says that it is larger "
            f"than the {len(recording)} bytes that came; send the whole file"
        )
    return container


def _check_whole(held: float, claimed: float | None) -> None:
    if claimed is None:
        return
    missing = claimed - held
    if not missing <= max(_MISSING_SECONDS, claimed * _MISSING_SHARE):  # also if it is no number
        raise InvalidAudio(
            f"the recording is cut off: it says that it has {claimed:.1f} s of sound, "
            f"and has {held:.1f} s"
        )


class _Places:
    """Decoders at work in one event loop: of small recordings, and of large ones."""

    def __init__(self) -> None:
        self.small = anyio.CapacityLimiter(DECODERS)
        self.large = anyio.CapacityLimiter(1)


_PLACES: Final = anyio.lowlevel.RunVar[_Places]("_PLACES")


@asynccontextmanager
async def _place(engine: str, size: int) -> AsyncGenerator[None]:
    """A decoder's place. Raises `EngineAway` if none becomes free in time."""
    try:
        places = _PLACES.get()
    except LookupError:
        _PLACES.set(places := _Places())
    limiter = places.large if size > LARGE_BYTES else places.small
    with anyio.move_on_after(MAX_WAIT_SECONDS) as waiting:
        await limiter.acquire()
    if waiting.cancelled_caught:
        raise _busy(engine, f"no decoder was free within {MAX_WAIT_SECONDS:g} s")
    try:
        yield
    finally:
        limiter.release()


def _busy(engine: str, why: str) -> EngineAway:
    seconds = RETRY_AFTER_SECONDS
    mend = f"Send the recording again in {seconds:g} s"
    return EngineAway(engine, f"this machine is busy: {why}", mend, retry_after=seconds)


async def _run_decoder(engine: str, container: Container, recording: bytes) -> bytes:
    """What the program answers. It is ended when this is cancelled.

    It is started by `subprocess` (a millisecond) and not by the event loop, whichever that is:
    uvloop forks, and runs Python in the copy before the program. That copy has the models that are
    loaded here, without their threads; if it lets go of one it waits for these for ever, and the
    loop waits for it.
    """
    with shielded_start():
        process = subprocess.Popen(  # noqa: ASYNC220 - see above
            [sys.executable, "-P", str(_PROGRAM), container.value],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    try:
        answer = await anyio.to_thread.run_sync(_talk, process, recording, abandon_on_cancel=True)
    except subprocess.TimeoutExpired as error:
        raise _busy(engine, f"a decoder got no time within {MAX_WALL_SECONDS:g} s") from error
    finally:
        process.kill()  # which ends the thread too
    if process.returncode != 0 or b"\n" not in answer:
        raise _decoder_broke()
    return answer


def _talk(process: subprocess.Popen[bytes], recording: bytes) -> bytes:
    with process:
        try:
            return process.communicate(recording, MAX_WALL_SECONDS)[0]
        finally:
            process.kill()


def _decoder_broke() -> InvalidAudio:
    return InvalidAudio("the recording cannot be used: the decoder breaks on it")


__all__ = ["MAX_BYTES", "MAX_SECONDS", "RATE", "Clip", "decode", "decoder_readiness"]
