"""Writes a film: frames, sound, subtitles and chapters in one file. Runs in a process of its own.

All that an encoder may choose by chance, by the clock or by the number of processors is set, so
that the same film gives the same bytes with the same build of FFmpeg.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import av
import msgspec
import numpy as np
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import PictureType
from av.video.reformatter import Colorspace, VideoReformatter

from storybook.export.film.frames import Filming, Pixels
from storybook.export.film.job import Codec, FilmJob, Track
from storybook.export.film.script import TICKS, Shot
from storybook.export.film.sound import RATE, Samples, soundtrack

_THREADS: Final = 2
"""Of an encoder. Another number could give other bytes."""
_BT709: Final = 1
"""What FFmpeg calls the colours of high definition, their curve and their matrix."""
_LIMITED_RANGE: Final = 1
_MILLISECONDS: Final = Fraction(1, 1_000)
_SAMPLES_PER_TICK: Final = RATE // TICKS
_XMP_BOX: Final = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")
"""By which a box of an MP4 is known as XMP: part 3 of Adobe's specification."""
_ASS_HEADER: Final = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, BackColour, Alignment
Style: Default,Sans,18,&H00FFFFFF,&H80000000,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""From which FFmpeg makes the style of the subtitles in an MP4."""


class _Kind(msgspec.Struct, frozen=True):
    """A codec's parts, as FFmpeg names them and wants them set."""

    container: Mapping[str, str]
    video: str
    video_options: Mapping[str, str]
    audio: str
    audio_rate: int
    subtitles: str


_STEADY: Final = {"crf": "30", "b": "0", "lag-in-frames": "0"}
_KINDS: Final = {
    Codec.H264: _Kind(
        # The index stands at the beginning: a film begins before all of it is there.
        {"movflags": "+faststart", "fflags": "+bitexact"},
        "libx264",
        # Of the presets one of the quickest; a short look ahead takes half of the memory.
        {"preset": "veryfast", "crf": "22", "x264-params": "bframes=0:rc-lookahead=10"},
        "aac",
        128_000,
        "mov_text",
    ),
    Codec.VP9: _Kind(
        {"fflags": "+bitexact"},
        "libvpx-vp9",
        # Without a look ahead its memory is small, and frames may come at any time.
        {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "tile-columns": "1", **_STEADY},
        "libopus",
        96_000,
        "webvtt",
    ),
}


def write_film(job: FilmJob) -> Generator[float, None, None]:
    """Write the file; yields how much of it is done, from 0 to 1. Raises OSError, and LookupError
    where PyAV was built without an encoder."""
    yield 0.0
    kind = _KINDS[job.codec]
    for encoder in (kind.video, kind.audio):
        if encoder not in av.codecs_available:
            raise LookupError(f"the PyAV that is installed has no encoder {encoder}")
    options = {**kind.container}
    try:
        with av.open(job.path, "w", job.codec.value, container_options=options) as file:
            writer = _Writer(file, job)
            for place in range(len(job.shots)):
                yield from writer.write_shot(place)
            writer.finish()
        if job.codec is Codec.H264:
            _append_xmp(Path(job.path), job.xmp)
    except av.FFmpegError as error:  # it cannot be pickled
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, job.path) from None
        raise RuntimeError(str(error)) from None


def _append_xmp(path: Path, xmp: bytes) -> None:
    """A box of its own behind all others: nothing that the index points to moves."""
    content = b"uuid" + _XMP_BOX.bytes + xmp
    with path.open("ab") as file:
        file.write((len(content) + 4).to_bytes(4, "big") + content)


class _Writer:
    """An open file. Shots are written one after the other, each with what is heard and read."""

    def __init__(self, file: Any, job: FilmJob) -> None:
        self._file, self._job = file, job
        kind = _KINDS[job.codec]
        self._video = _video_stream(file, kind, job.size)
        self._audio: Any = _audio_stream(file, kind, job.language) if job.recordings else None
        self._subtitles = [
            _subtitle_stream(file, kind, it.language, is_first=not place)
            for place, it in enumerate(job.subtitles)
        ]
        file.metadata.update(job.metadata)
        file.set_chapters([_chapter(number, it) for number, it in enumerate(job.shots, 1)])
        file.start_encoding()
        self._filming, self._reformatter = Filming(job), VideoReformatter()
        self._heard, self._sound = 0, self._soundtrack()

    def write_shot(self, place: int) -> Iterator[float]:
        """Yields how much of the film is written."""
        shot = self._job.shots[place]
        for stream, track in zip(self._subtitles, self._job.subtitles, strict=True):
            self._write_cues(stream, track, shot)
        self._write_sound(shot.end * _SAMPLES_PER_TICK)
        for frame, pixels in self._filming.frames(place):
            picture = self._picture(pixels)
            picture.pts = frame.tick
            if frame.tick == shot.start:  # whoever skips to a chapter need not wait
                picture.pict_type = PictureType.I
            self._file.mux(self._video.encode(picture))
            yield frame.tick / self._job.ticks

    def finish(self) -> None:
        self._file.mux(self._video.encode())
        if self._audio is not None:
            self._file.mux(self._audio.encode())

    def _picture(self, pixels: Pixels) -> av.VideoFrame:
        shown = av.VideoFrame.from_numpy_buffer(pixels, "bgra")
        return self._reformatter.reformat(
            shown,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range="MPEG",
            threads=_THREADS,
        )

    def _soundtrack(self) -> Iterator[Samples]:
        """In frames of the size that the codec has. A film without a voice has no silence."""
        if self._audio is None:
            return iter(())
        starts = [(tick * _SAMPLES_PER_TICK, it) for tick, it in self._job.recordings]
        size = self._audio.codec_context.frame_size
        return soundtrack(starts, self._job.ticks * _SAMPLES_PER_TICK, size)

    def _write_sound(self, until: int) -> None:
        """What is heard before a sample."""
        while self._heard < until and (piece := next(self._sound, None)) is not None:
            frame = av.AudioFrame.from_ndarray(np.stack([piece, piece]), "fltp", "stereo")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = self._heard
            self._file.mux(self._audio.encode(frame))
            self._heard += piece.size

    def _write_cues(self, stream: Any, track: Track, shot: Shot) -> None:
        for cue in track.cues:
            if shot.start <= cue.start * TICKS < shot.end:
                packet = Packet(_cue_bytes(cue.text, self._job.codec))
                packet.stream, packet.time_base = stream, _MILLISECONDS
                packet.pts = packet.dts = round(cue.start * 1_000)
                packet.duration = round(cue.end * 1_000) - packet.pts
                self._file.mux(packet)


def _video_stream(file: Any, kind: _Kind, size: tuple[int, int]) -> Any:
    stream = file.add_stream(kind.video, rate=TICKS, options={**kind.video_options})
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = _THREADS
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED_RANGE
    context.time_base = Fraction(1, TICKS)
    return stream


def _audio_stream(file: Any, kind: _Kind, language: str) -> Any:
    stream = file.add_stream(kind.audio, rate=RATE, layout="stereo", format=_SAMPLES[kind.audio])
    stream.bit_rate = kind.audio_rate
    stream.metadata["language"] = language
    return stream


_SAMPLES: Final = {"aac": "fltp", "libopus": "flt"}


def _subtitle_stream(file: Any, kind: _Kind, language: str, *, is_first: bool) -> Any:
    stream = file.add_stream(kind.subtitles)
    stream.codec_context.subtitle_header = _ASS_HEADER
    stream.codec_context.time_base = _MILLISECONDS
    stream.metadata["language"] = language
    if is_first:  # shown unless somebody puts it off
        stream.disposition = Disposition.default
    return stream


def _cue_bytes(text: str, codec: Codec) -> bytes:
    """A cue as it stands in the file, made by hand: FFmpeg's own encoders take the markup of ASS,
    in which a story's brackets and backslashes would mean something."""
    if codec is Codec.VP9:
        for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(sign, name)
        return text.encode()
    content = text.encode()
    return len(content).to_bytes(2, "big") + content


def _chapter(number: int, shot: Shot) -> Any:
    return {
        "id": number,
        "start": shot.start,
        "end": shot.end,
        "time_base": Fraction(1, TICKS),
        "metadata": {"title": shot.name},
    }
