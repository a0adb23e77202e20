"""Which container a recording is in, and whether all of it is there.

The container is told by the content alone: names and media types are whatever the client says.
Containers nest pieces that say their own size, so a file that was cut off while it was sent ends
inside of a piece. What has no size (a recording made live, which the recorder could not measure)
ends where it ends. Anything stranger than that is left for the decoder to judge.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final


class Container(enum.Enum):
    """The value is libav's name for what reads it."""

    WEBM = "matroska"
    MP4 = "mov"
    OGG = "ogg"
    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"


KNOWN: Final = "wav, webm, ogg, mp4 (m4a), mp3 and flac"

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_MOST_PIECES: Final = 100_000
"""A minute in blocks of 2.5 ms, four times over; after that the walk is given up."""
_WAV_SLACK_BYTES: Final = 64
"""Recorders that write WAV by hand count a header or a padding byte too many."""
_XING_WITHIN: Final = 4_096
"""An MP3's first frame, which has its length if the encoder could count it."""


def sniff(data: bytes) -> Container | None:
    """The container of a recording; None for anything else."""
    if data.startswith(_EBML):
        return Container.WEBM if b"webm" in data[:64] or b"matroska" in data[:64] else None
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return Container.WAV
    if data[4:8] == b"ftyp":
        return Container.MP4
    if data.startswith(b"OggS"):
        return Container.OGG
    if data.startswith(b"fLaC"):
        return Container.FLAC
    return Container.MP3 if data.startswith(b"ID3") or _is_layer_3(data[:4]) else None


def is_cut_off(data: bytes, container: Container) -> bool:
    """Whether the data end inside of a piece that says how long it is."""
    pieces = _PIECES.get(container)
    if pieces is None:
        return False
    slack = _WAV_SLACK_BYTES if container is Container.WAV else 0
    for count, end in enumerate(pieces(data)):
        if end > len(data) + slack:
            return True
        if count > _MOST_PIECES:
            return False
    return False


def tells_its_length(data: bytes, container: Container) -> bool:
    """Whether the length that the decoder reports stands in the file. An MP3 that does not say it
    is guessed from its first frame, far off where the bit rate varies."""
    first = data[:_XING_WITHIN]
    return container is not Container.MP3 or b"Xing" in first or b"Info" in first


def _is_layer_3(head: bytes) -> bool:
    """Whether these four bytes are the header of an MPEG audio frame, layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sample_rate != 3


def _riff_chunks(data: bytes) -> Iterator[int]:
    """Where each chunk ends. A size of nought or of all ones means: up to the end."""
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data" and size in (0, 0xFFFFFFFF):
            return
        at += 8 + size + size % 2
        yield at


def _ogg_pages(data: bytes) -> Iterator[int]:
    """Where each page ends: a header of 27 bytes, a table of sizes, and as much as they say."""
    at = 0
    while data[at : at + 4] == b"OggS":
        table = data[at + 27 : at + 27 + data[at + 26]] if at + 26 < len(data) else b""
        at += 27 + len(table) + sum(table)
        yield at


def _mp4_boxes(data: bytes) -> Iterator[int]:
    """Where each outer box ends. Size 1 is followed by a wider one, 0 means: up to the end."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return
        at += size
        yield at


def _ebml_elements(data: bytes) -> Iterator[int]:
    """Where each element ends. The segment, and what has no size, is entered."""
    at = 0
    while at < len(data):
        id_length = _vint_length(data[at])
        if id_length > 4 or at + id_length >= len(data):
            return
        name, at = data[at : at + id_length], at + id_length
        size_length = _vint_length(data[at])
        if size_length > 8:
            return
        mask = (1 << 7 * size_length) - 1
        size = int.from_bytes(data[at : at + size_length], "big") & mask
        at += size_length
        if size == mask:
            continue
        yield at + size
        if name != _SEGMENT:
            at += size


def _vint_length(first: int) -> int:
    """How many bytes a number of variable length has: one, and one more for each leading zero."""
    return 9 - first.bit_length()


_PIECES: Final = {
    Container.WAV: _riff_chunks,
    Container.OGG: _ogg_pages,
    Container.MP4: _mp4_boxes,
    Container.WEBM: _ebml_elements,
}
