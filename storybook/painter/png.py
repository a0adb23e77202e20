"""A PNG writer for one kind of picture, 8-bit RGB, fast and the same every time.

Grain keeps a watercolour from compressing well, so the cheapest settings that help are used: the
Up filter on every row (each byte minus the one above) and the quickest deflate.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP, _RGB8 = 2, (8, 2, 0, 0, 0)


def encode(rgb: NDArray[np.uint8]) -> bytes:
    """PNG bytes of an (height, width, 3) array."""
    height, width, _ = rgb.shape
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _UP
    flat = rgb.reshape(height, -1)
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])  # bytes wrap round, as the filter wants
    header = struct.pack(">IIBBBBB", width, height, *_RGB8)
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(rows.data, 1)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
