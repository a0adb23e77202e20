"""The PNG files that the double saves: noise that follows from what they are made of."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zlib
from typing import Any

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def noise(recipe: str, width: int, height: int) -> list[bytes]:
    """Rows of RGB noise: the same for the same recipe."""
    chance = random.Random(hashlib.sha256(recipe.encode()).digest())
    return [chance.randbytes(3 * width) for _ in range(height)]


def flat(width: int, height: int, colour: bytes = b"\x10\x20\x30") -> list[bytes]:
    """Rows of one colour."""
    return [colour * width] * height


def encode(rows: list[bytes], graph: Any = None, filter: int = 0) -> bytes:
    """A PNG of RGB rows, with a graph in its metadata, every row stored under one filter."""
    stored, above = [], bytes(len(rows[0]))
    for row in rows:
        stored.append(bytes([filter]) + _filtered(filter, row, above))
        above = row
    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header)]
    if graph is not None:
        parts.append(chunk(b"tEXt", b"prompt\0" + json.dumps(graph).encode("ascii")))
    parts += [chunk(b"IDAT", zlib.compress(b"".join(stored), 1)), chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def recoded(png: bytes, kind: str) -> bytes:
    """The same picture as WebP or JPEG."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(png))
    return bytes(image.encodeToData({"webp": skia.kWEBP, "jpeg": skia.kJPEG}[kind], 90))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(filter: int, row: bytes, above: bytes) -> bytes:
    """A row as PNG stores it (PNG specification, section 9)."""
    if filter == 0:
        return row
    stored = bytearray()
    for at, value in enumerate(row):
        left = row[at - 3] if at >= 3 else 0
        corner = above[at - 3] if at >= 3 else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
        stored.append((value - guess[filter]) % 256)
    return bytes(stored)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda it: abs(estimate - it))
