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


MOST_PIXELS: Final = 64 * 1024 * 1024
"""The largest picture that is taken, 8192 × 8192: decoded it has 256 MiB."""

FLAT_CAUSES: Final = (
    "a VAE that overflows at half precision gives black (start ComfyUI with --fp32-vae, or use a "
    "VAE that was mended for fp16); a VAE that is not the model's, a sampler with no steps or no "
    "denoising, or a safety filter give one colour"
)


class BadPicture(Exception):
    """The bytes are no such picture. `kind` is `broken`, `size` or `flat`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)  # both, so that it comes out of a process as it went in
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return self.message


def size(png: bytes) -> tuple[int, int]:
    """Width and height as the header has them. Raises `BadPicture`."""
    width, height, *_ = _header(png)
    check_extent(width, height)
    return width, height


def check_extent(width: int, height: int) -> None:
    """Raise `BadPicture` if a picture is too large to be decoded."""
    if width * height > MOST_PIXELS:
        said = f"the picture has {width} × {height} pixels, and at most {MOST_PIXELS} are taken"
        raise BadPicture("size", said)


def is_plain(png: bytes) -> bool:
    """Whether a PNG is of the kind that `check` reads: 8 or 16 bits a value, not interlaced."""
    _, _, depth, colour, _, _, interlaced = _header(png)
    return depth in (8, 16) and colour in CHANNELS and not interlaced


def flat_colour(*, is_black: bool) -> str:
    """What is said of a flat picture."""
    return f"the picture is one flat colour{' (black)' if is_black else ''}: {FLAT_CAUSES}"


def check(png: bytes, width: int, height: int) -> None:
    """Raise `BadPicture` unless this is a whole PNG of so many pixels with something in it."""
    wide, high, depth, colour, *_ = _header(png)
    if (wide, high) != (width, height):
        raise BadPicture("size", f"asked for {width} × {height} pixels, got {wide} × {high}")
    if not is_plain(png):
        raise BadPicture("broken", f"a PNG of a kind that is not read (depth {depth}, {colour})")
    pixel = CHANNELS[colour] * depth // 8
    stride = 1 + width * pixel
    data = b"".join(data for kind, data in _chunks(png) if kind == b"IDAT")
    rows = _inflate(data, stride * height)
    if all(row == flat for row, flat in _rows_and_flat(rows, stride, pixel)):
        raise BadPicture("flat", flat_colour(is_black=not any(rows[1 : 1 + pixel])))


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


def _header(png: bytes) -> tuple[int, ...]:
    kind, data = next(_chunks(png))
    if kind != b"IHDR" or len(data) != 13:
        raise BadPicture("broken", "the PNG has no header")
    header: tuple[int, ...] = struct.unpack(">IIBBBBB", data)
    return header


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
