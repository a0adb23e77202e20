"""Whether a PNG is a picture: whole, of the size asked for, and not one flat colour.

It is checked without decoding it: every chunk's checksum, the length of the inflated pixels (which
are inflated with a bound, so that a bomb is only as big as the size asked for), and whether every
row is what a flat colour looks like under the row's filter. Those rows are known exactly: each byte
is stored as its difference to neighbours that are all the same.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA."""

TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf"})

NONE, SUB, UP, AVERAGE, PAETH = range(5)


class BadPicture(Exception):
    """The bytes are no such picture. `kind` is `broken`, `size` or `flat`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def check(png: bytes, width: int, height: int) -> None:
    """Raise `BadPicture` unless this is a whole PNG of so many pixels with something in it."""
    chunks = list(_chunks(png))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise BadPicture("broken", "the PNG has no header")
    wide, high, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if (wide, high) != (width, height):
        raise BadPicture("size", f"asked for {width} × {height} pixels, got {wide} × {high}")
    if depth not in (8, 16) or colour not in CHANNELS or interlaced:
        raise BadPicture("broken", f"a PNG of a kind that is not read (depth {depth}, {colour})")
    pixel = CHANNELS[colour] * depth // 8
    stride = 1 + width * pixel
    rows = _inflate(b"".join(data for kind, data in chunks if kind == b"IDAT"), stride * height)
    if all(row == flat for row, flat in _rows_and_flat(rows, stride, pixel)):
        raise BadPicture("flat", "the picture is one flat colour")


def texts(png: bytes) -> dict[str, str]:
    """The text chunks of a PNG, by keyword. ComfyUI keeps the graph under `prompt`."""
    found = {}
    for kind, data in _chunks(png):
        if kind == b"tEXt":
            keyword, _, text = data.partition(b"\0")
            found[keyword.decode("latin-1")] = text.decode("latin-1")
    return found


def bare(png: bytes) -> bytes:
    """The PNG without its texts: ComfyUI writes the whole graph into it, prompts included."""
    kept = (chunk for chunk in _chunks(png) if chunk[0] not in TEXTS)
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in kept
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise BadPicture("broken", "the file is no PNG; use a Save Image node")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(png):
            raise BadPicture("broken", "the PNG is cut off")
        (length,) = struct.unpack_from(">I", png, at)
        kind, end = png[at + 4 : at + 8], at + 8 + length
        data = png[at + 8 : end]
        if png[end : end + 4] != struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))):
            raise BadPicture("broken", f"the PNG is damaged in its {kind.decode('latin-1')}")
        yield kind, data
        at = end + 4


def _inflate(data: bytes, length: int) -> bytes:
    try:
        pixels = zlib.decompressobj().decompress(data, length + 1)
    except zlib.error as error:
        raise BadPicture("broken", f"the PNG does not decode: {error}") from error
    if len(pixels) != length:
        raise BadPicture("broken", f"the PNG has {len(pixels)} bytes of pixels, not {length}")
    return pixels


def _rows_and_flat(rows: bytes, stride: int, pixel: int) -> Iterator[tuple[bytes, bytes]]:
    """Each row as it is stored, and as it would be if all pixels were the first one."""
    colour = rows[1 : 1 + pixel]
    count = (stride - 1) // pixel
    for at in range(0, len(rows), stride):
        row = rows[at : at + stride]
        yield row, row[:1] + _flat(row[0], colour, count, is_first=at == 0)


def _flat(filter: int, colour: bytes, count: int, *, is_first: bool) -> bytes:
    nothing = bytes(len(colour))
    half = bytes(value - value // 2 for value in colour)
    if filter == NONE:
        return colour * count
    if is_first:
        first, rest = {
            SUB: (colour, nothing),
            UP: (colour, colour),
            AVERAGE: (colour, half),
            PAETH: (colour, nothing),
        }.get(filter, (b"", b""))
    else:
        first, rest = {
            SUB: (colour, nothing),
            UP: (nothing, nothing),
            AVERAGE: (half, nothing),
            PAETH: (nothing, nothing),
        }.get(filter, (b"", b""))
    return first + rest * (count - 1)
