"""Pictures in a PDF: every pixel as it was."""

from __future__ import annotations

import zlib

import pytest
import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.pdf.picture import NoPicture, raster_of
from tests.export.pdf.books import plain_png


def test_a_plain_png_is_taken_over() -> None:
    """Its compressed rows, each with its predictor."""
    picture = plain_png(64, 64)
    raster = raster_of(picture)
    assert (raster.width, raster.height, raster.channels) == (64, 64, 3)
    assert raster.has_predictors
    assert raster.content in picture
    assert len(zlib.decompress(raster.content)) == 64 * (1 + 3 * 64)


@pytest.mark.parametrize("format", [skia.kPNG, skia.kWEBP, skia.kJPEG])
def test_any_other_picture_is_decoded(format: object) -> None:
    """What is transparent shows the paper."""
    surface = skia.Surface(8, 4)
    surface.getCanvas().clear(0x00000000 if format != skia.kJPEG else 0xFFFDFAF3)
    raster = raster_of(bytes(surface.makeImageSnapshot().encodeToData(format, 100)))
    assert (raster.width, raster.height, raster.has_predictors) == (8, 4, False)
    assert zlib.decompress(raster.content)[:3] == pytest.approx(b"\xfd\xfa\xf3", abs=1)


@pytest.mark.parametrize("content", [b"", b"none", b"\x89PNG\r\n\x1a\n", plain_png(8, 8)[:40]])
def test_what_is_no_picture_is_told(content: bytes) -> None:
    """Also one that breaks off."""
    with pytest.raises(NoPicture):
        raster_of(content)
