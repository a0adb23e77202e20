"""The program that decodes a recording: bytes on standard input, sound on standard output.

A recording comes from anybody, and what reads it is a million lines of C. So it is read in a
process of its own, which may use so much memory and time and no more, writes no file and leaves
no core dump; if it breaks, only this recording is refused. It starts in some 60 ms.

Nothing here trusts a header: of the demuxers only the one that fits the content is used (so no
playlist leads to another file), of the codecs only those that browsers record with, and what is
counted are the samples that really came out.

Run with `python -P decoder.py DEMUXER`. The answer is a JSON line `{"held", "claimed"}`, seconds
that came out and seconds that the file says it has (null if it does not say), and then 16-bit mono
samples, 16,000 a second. If the recording cannot be used it is `{"fault": KIND, "message"}` alone.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

RATE: Final = 16_000
"""Samples a second, what speech models are trained on."""
MAX_SECONDS: Final = 60.0
"""A spoken answer is one sentence; longer is a recorder that was left running."""
GRACE_SECONDS: Final = 0.5
"""Codecs fill up their last block: a recorder that stops at 60 s holds a little more."""
MIN_SECONDS: Final = 0.05
"""Less is no recording: a few codec blocks at most."""

SAMPLE_RATES: Final = range(8_000, 192_001)
MAX_CHANNELS: Final = 8
MAX_PACKETS: Final = 60_000
"""Opus' shortest packets, 2.5 ms, for twice the longest recording, and room."""
MAX_DAMAGED: Final = 0.05
"""The share of packets that may be damaged: a lost block is no harm to a sentence."""
CODECS: Final = frozenset({"opus", "vorbis", "aac", "mp3", "flac"})
"""Besides PCM: what browsers record with."""
OPENING: Final = {"max_streams": "8", "probesize": "1000000", "enable_drefs": "0"}
"""A recording has one stream, shows what it is at once, and points to no other file."""

MAX_MEMORY_BYTES: Final = 1 << 30
"""Address space: the libraries take 350 MiB of it, a recording at its limits 60 MiB more."""
MAX_CPU_SECONDS: Final = 5
"""A minute of sound takes a tenth of a second, 25 MB of the worst padding known 2.4 s."""
NICENESS: Final = 5
"""Decoders give way to the service itself, which answers everybody."""


class DecoderDied(Exception):
    """Why the recording cannot be used: a short stable word, and a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def decode(recording: bytes, demuxer: str) -> tuple[bytes, float, float | None]:
    """16-bit mono samples, `RATE` a second; the seconds held, and those claimed by the file."""
    import av
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    sound = bytearray()
    try:
        with av.open(
            io.BytesIO(recording), format=demuxer, metadata_errors="ignore", options=OPENING
        ) as container:
            stream = _audio_stream(container)
            claimed = _claimed_seconds(stream, container)
            held = 0.0
            for frame in _frames(container, stream):
                held += _seconds_of(frame)
                if held > MAX_SECONDS + GRACE_SECONDS:
                    raise DecoderDied("too_long", f"it is longer than {MAX_SECONDS:.0f} s")
                frame.pts = None
                for piece in resampler.resample(frame):
                    sound += _samples(piece)
            for piece in resampler.resample(None) if held else ():
                sound += _samples(piece)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise DecoderDied("broken", "it is damaged, or cut off at its beginning") from error
    if held < MIN_SECONDS:
        raise DecoderDied("empty", "there is no sound in it")
    return bytes(sound), held, claimed


def _audio_stream(container: Any) -> Any:
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context is None:
        raise DecoderDied("empty", "there is no sound in it")
    codec = stream.codec_context.codec.canonical_name
    if codec not in CODECS and not codec.startswith("pcm_"):
        raise DecoderDied("codec", f"its sound is coded as {codec}, which browsers do not record")
    return stream


def _claimed_seconds(stream: Any, container: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration is not None else None


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """The sound that can be decoded; a recording of which too much cannot is a fault."""
    from av import InvalidDataError

    damaged = 0
    for count, packet in enumerate(container.demux(stream), start=1):
        if count > MAX_PACKETS:
            raise DecoderDied("broken", "it is cut into more pieces than any recorder makes")
        try:
            yield from packet.decode()
        except InvalidDataError:
            damaged += 1
            if damaged > 1 + count * MAX_DAMAGED:
                raise


def _seconds_of(frame: Any) -> float:
    if frame.sample_rate not in SAMPLE_RATES or frame.layout.nb_channels > MAX_CHANNELS:
        raise DecoderDied(
            "broken",
            f"it has {frame.layout.nb_channels} channels of {frame.sample_rate} samples a second, "
            "which no recorder makes",
        )
    return float(frame.samples / frame.sample_rate)


def _samples(frame: Any) -> bytes:
    # A plane is longer than its samples: it ends at a boundary of memory.
    return bytes(frame.planes[0])[: frame.samples * 2]


def _limit_this_process() -> None:
    try:
        import resource
    except ImportError:  # Windows: the counts above and the caller's clock are the limits there
        return
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # macOS refuses a limit on address space
            continue


def perform(demuxer: str) -> None:
    """Answer one recording."""
    recording = sys.stdin.buffer.read()
    try:
        sound, held, claimed = decode(recording, demuxer)
        head: dict[str, Any] = {"held": held, "claimed": claimed}
    except ImportError as error:
        sound, head = b"", {"fault": "library", "message": str(error)}
    except MemoryError:
        sound, head = b"", {"fault": "broken", "message": "it asks for more memory than any needs"}
    except DecoderDied as fault:
        sound, head = b"", {"fault": fault.kind, "message": fault.message}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + sound)


if __name__ == "__main__":
    _limit_this_process()
    perform(sys.argv[1])
