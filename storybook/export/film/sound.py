"""A film's sound: all recordings on one track, as loud as what else is on a phone or television.

Loudness is that of EBU R 128 (ITU-R BS.1770), measured by FFmpeg's filter; peaks are limited at
four times the rate, where those between two samples show.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias

import av
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

RATE: Final = 48_000
"""Samples a second: what AAC and Opus both know, and what loudness is defined for."""
LOUDNESS: Final = -16.0
"""LUFS: what podcasts have, and video sites play as it is."""
CEILING: Final = -2.5
"""dBTP of the limited sound. The codecs put up to a decibel on some peaks, and -1 is the most that
a player can be given."""
_NEAR_ENOUGH: Final = 0.2
"""LU."""
_TRIES: Final = 4
"""Limiting takes some loudness away, which the next try puts on."""
_SILENT: Final = -60.0
"""LUFS: below the gate there is nothing to make louder."""
_OVERSAMPLED: Final = 4 * RATE
_PIECE: Final = RATE
"""Samples given to a filter at once."""

Steps: TypeAlias = list[tuple[str, str]]
"""Filters of FFmpeg, by name and arguments."""
Samples: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float32]]"


Recordings: TypeAlias = Sequence[tuple[int, bytes]]
"""Each with the sample at which it begins, one after the other."""


def soundtrack(recordings: Recordings, length: int, size: int) -> Iterator[Samples]:
    """Recordings on one track of `length` samples, mono, in pieces of `size` samples, the last one
    filled up. It is to be heard from two loudspeakers, and its loudness is meant so."""
    gain = _gain_for(recordings, length)
    rest = np.zeros(0, np.float32)
    for piece in _filtered(_track(recordings, length), RATE, _limiter(gain)):
        rest = np.concatenate([rest, piece.to_ndarray()[0]])
        whole = rest.size - rest.size % size
        yield from rest[:whole].reshape(-1, size)
        rest = rest[whole:]
    if rest.size:
        yield np.pad(rest, (0, size - rest.size))


def _gain_for(recordings: Recordings, length: int) -> float:
    """The gain in dB with which they are as loud as they should be, once they are limited."""
    loudness, gain = _loudness(_track(recordings, length), []), 0.0
    if loudness < _SILENT:
        return gain
    for _ in range(_TRIES):
        gain += LOUDNESS - loudness
        loudness = _loudness(_track(recordings, length), _limiter(gain))
        if abs(LOUDNESS - loudness) < _NEAR_ENOUGH:
            break
    return gain


def _loudness(track: Iterable[Samples], steps: Steps) -> float:
    """Integrated, in LUFS, after some filters, when the one channel is heard from both sides."""
    measured = -70.0
    meter = ("ebur128", "metadata=1:dualmono=true")
    for frame in _filtered(track, RATE, [*steps, meter]):
        measured = float(frame.metadata.get("lavfi.r128.I", measured))
    return measured


def _limiter(gain: float) -> Steps:
    """Louder by so many dB, with peaks under the ceiling."""
    ceiling = 10 ** (CEILING / 20)
    return [
        ("volume", f"{gain:.4f}dB:precision=float"),
        ("aresample", str(_OVERSAMPLED)),
        ("alimiter", f"limit={ceiling:.6f}:attack=4:release=80:level=false:latency=true"),
        ("aresample", str(RATE)),
        ("aformat", "sample_fmts=flt"),
    ]


def _track(recordings: Recordings, length: int) -> Iterator[Samples]:
    """All of it, a recording at a time: a long film's sound is never in memory at once."""
    place = 0
    for start, content in recordings:
        yield np.zeros(start - place, np.float32)
        samples = _resampled(content)[: length - start]
        yield samples
        place = start + samples.size
    yield np.zeros(length - place, np.float32)


def _resampled(content: bytes) -> Samples:
    """A recording as mono samples at the film's rate."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    mono: Samples = samples.mean(axis=1)
    steps = [("aresample", str(RATE)), ("aformat", "sample_fmts=flt")]
    return np.concatenate([it.to_ndarray()[0] for it in _filtered([mono], rate, steps)])


def _filtered(track: Iterable[Samples], rate: int, steps: Steps) -> Iterator[av.AudioFrame]:
    """What a chain of FFmpeg's filters makes of mono samples, frame by frame."""
    graph, base, place = av.filter.Graph(), Fraction(1, rate), 0
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono", time_base=base)
    filters = [graph.add(name, arguments) for name, arguments in steps]
    graph.link_nodes(source, *filters, graph.add("abuffersink")).configure()
    for samples in track:
        for start in range(0, samples.size, _PIECE):
            piece = np.ascontiguousarray(samples[None, start : start + _PIECE])
            frame = av.AudioFrame.from_ndarray(piece, "flt", "mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, place, base
            place += piece.size
            graph.push(frame)
            yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
