"""Puts a picture into a PDF as it is, each pixel of it.

What is inside a PNG is what a PDF knows as Flate with PNG's predictors: it is taken over, unless
the picture has something that PDF has not (transparency, a palette, interlaced rows).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.export.pdf.passages import PAPER

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {0: 1, 2: 3}
"""By PNG's colour type: grey and RGB."""


class NoPicture(Exception):
    """The bytes are no picture that can be read."""


class Raster(msgspec.Struct, frozen=True):
    """Pixels of 8 bits a channel, compressed; `has_predictors` if each row begins with one."""

    width: int
    height: int
    channels: int
    content: bytes
    has_predictors: bool


def raster_of(picture: bytes) -> Raster:
    """A picture, without loss. Raises `NoPicture`."""
    return _as_it_is(picture) or _decoded(picture)


def _as_it_is(png: bytes) -> Raster | None:
    """What a plain PNG has inside; None if it is no such."""
    chunks = [*_chunks(png)]
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or len(chunks[0][1]) != 13:
        return None
    width, height, depth, colours, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    is_plain = depth == 8 and colours in _CHANNELS and not interlaced
    if not is_plain or b"tRNS" in names:
        return None
    content = b"".join(data for name, data in chunks if name == b"IDAT")
    return Raster(width, height, _CHANNELS[colours], content, has_predictors=True)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(_SIGNATURE):
        return
    place = len(_SIGNATURE)
    while place + 8 <= len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        yield name, png[place + 8 : place + 8 + length]
        place += length + 12  # length, name and check sum have four bytes each


def _decoded(picture: bytes) -> Raster:
    """Any picture that skia reads, on the paper."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture))
    if image is None:
        raise NoPicture
    surface = skia.Surface(image.width(), image.height())
    with surface as canvas:
        canvas.clear(skia.Color4f(*PAPER, 1.0))
        canvas.drawImage(image, 0, 0)
    pixels = surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)
    content = zlib.compress(pixels[:, :, :3].tobytes(), 6)
    return Raster(image.width(), image.height(), 3, content, has_predictors=False)
