"""A server's picture as the book keeps it: a PNG of the size that was asked for.

A PNG that is that already is kept as it is. Any other picture, of another size or format, is
decoded, scaled until it covers the size, and cropped to it around its middle. That holds the GIL
for up to a second, so it is done in a process.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui import png
from storybook.stages.illustrator.comfyui.sizes import PictureSize

KINDS: Final = (png.SIGNATURE, b"\xff\xd8\xff", b"RIFF")
"""How PNG, JPEG and WebP begin."""

FLAT_DIFFERENCE: Final = 2
"""Of 255: by how much the pixels of one flat colour differ after a lossy compression."""


_LYING: Final = 5
"""From this orientation on rows are columns."""
_RIGHT_TO_LEFT: Final = (2, 3, 6, 7)
_BOTTOM_UP: Final = (3, 4, 7, 8)
"""The orientations whose rows, or columns, come the other way round (EXIF 2.32, tag 0x0112)."""


class FittedPicture(msgspec.Struct, frozen=True):
    """PNG bytes of `size`, and the size that it was given in."""

    png: bytes
    size: PictureSize
    given: PictureSize


def whole(content: bytes, wanted: PictureSize | None) -> FittedPicture | None:
    """The picture if it needs no work: a PNG of the size that is wanted, or of any if None is.
    Raises `png.BadPicture`."""
    if not content.startswith(png.SIGNATURE):
        return None
    size = PictureSize(*png.size(content))
    if wanted not in (None, size) or not png.is_plain(content):
        return None
    png.check(content, *size)
    return FittedPicture(png.bare(content), size, size)


def fitted(content: bytes, wanted: PictureSize | None) -> FittedPicture:
    """The picture in a size, or in its own if None is wanted. Raises `png.BadPicture`."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    pixels = _pixels(content)
    given = PictureSize(pixels.shape[1], pixels.shape[0])
    size = wanted or given
    image = skia.Image.fromarray(pixels, colorType=skia.kRGBA_8888_ColorType)
    info = skia.ImageInfo.Make(*size, skia.kRGBA_8888_ColorType, skia.kOpaque_AlphaType)
    surface = skia.Surface.MakeRaster(info)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    canvas.drawImageRect(
        image, _covering(given, size), skia.Rect.MakeWH(*size), _sampling(given, size)
    )
    encoded = surface.makeImageSnapshot().encodeToData(skia.kPNG, 100)
    return FittedPicture(bytes(encoded), size, given)


def upright_size(codec: Any) -> PictureSize:
    """The size of a `skia.Codec`'s picture as it is looked at: a camera says how it was held."""
    width, height = codec.getInfo().width(), codec.getInfo().height()
    return PictureSize(*((height, width) if int(codec.getOrigin()) >= _LYING else (width, height)))


def _pixels(content: bytes) -> Any:
    """Height × width × 4 bytes of RGBA, upright."""
    import numpy as np
    import skia

    if not content.startswith(KINDS):
        raise png.BadPicture("broken", "the file is neither PNG nor JPEG nor WebP")
    try:
        codec = skia.Codec.MakeFromData(content)
    except RuntimeError as error:
        raise png.BadPicture("broken", "the picture is cut off or damaged") from error
    info = codec.getInfo()
    png.check_extent(info.width(), info.height())
    pixels = np.zeros((info.height(), info.width(), 4), np.uint8)
    wanted = info.makeColorType(skia.kRGBA_8888_ColorType).makeAlphaType(skia.kUnpremul_AlphaType)
    if codec.getPixels(wanted, pixels, pixels.strides[0]) != skia.Codec.kSuccess:
        raise png.BadPicture("broken", "the picture is cut off or damaged")
    seen = pixels[..., :3].reshape(-1, 3)
    if (seen.max(axis=0) - seen.min(axis=0)).max() <= FLAT_DIFFERENCE:
        raise png.BadPicture("flat", png.flat_colour(is_black=not seen[0].any()))
    return np.ascontiguousarray(_upright(pixels, int(codec.getOrigin())))


def _upright(pixels: Any, orientation: int) -> Any:
    """The pixels as a picture with an orientation (1 to 8, as EXIF counts) is looked at."""
    if orientation >= _LYING:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in _RIGHT_TO_LEFT:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in _BOTTOM_UP else pixels


def _covering(given: PictureSize, size: PictureSize) -> Any:
    """The part of a picture that has the shape of a size, around the middle."""
    import skia

    scale = max(size.width / given.width, size.height / given.height)
    width, height = size.width / scale, size.height / scale
    left, top = (given.width - width) / 2, (given.height - height) / 2
    return skia.Rect.MakeXYWH(left, top, width, height)


def _sampling(given: PictureSize, size: PictureSize) -> Any:
    """Smooth when it grows; when it shrinks, means of all pixels and not of a few."""
    import skia

    if size.width > given.width or size.height > given.height:
        return skia.SamplingOptions(skia.CubicResampler.Mitchell())
    return skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
