"""A server's picture, made the PNG that a book keeps."""

from __future__ import annotations

import struct

import pytest

from storybook.stages.illustrator.comfyui import png
from storybook.stages.illustrator.comfyui.fitting import fitted, whole
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from storybook.stages.reference_pictures import as_reference
from tests.comfyui.double import pictures

RED, BLUE, GREEN = b"\xff\x00\x00", b"\x00\x00\xff", b"\x00\xff\x00"


def stripes(*widths: tuple[bytes, int], height: int) -> bytes:
    """A PNG of upright stripes."""
    return pictures.encode([b"".join(colour * width for colour, width in widths)] * height)


def pixel(content: bytes, x: int, y: int) -> tuple[int, ...]:
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(content))
    return tuple(int(it) for it in image.toarray(colorType=skia.kRGBA_8888_ColorType)[y, x, :3])


def test_a_png_of_the_size_is_kept_as_it_is() -> None:
    """Without the graph that the server writes into it; of any size if none is wanted."""
    content = pictures.encode(pictures.noise("a", 16, 8), {"1": {}})
    for wanted in (PictureSize(16, 8), None):
        kept = whole(content, wanted)
        assert kept is not None and kept.png == png.bare(content)
        assert kept.size == kept.given == (16, 8)
    assert whole(content, PictureSize(8, 8)) is None


def test_a_wide_picture_loses_its_sides_and_nothing_is_stretched() -> None:
    """It covers the size around its middle."""
    content = stripes((RED, 16), (GREEN, 32), (BLUE, 16), height=32)
    made = fitted(content, PictureSize(32, 32))
    assert (png.size(made.png), made.given) == ((32, 32), (64, 32))
    assert {pixel(made.png, x, 16) for x in (1, 16, 30)} == {(0, 255, 0)}


def test_a_high_picture_loses_its_ends() -> None:
    """The other way round, and larger than it was."""
    rows = [RED * 16] * 16 + [GREEN * 16, BLUE * 16] * 8 + [RED * 16] * 16
    made = fitted(pictures.encode(rows), PictureSize(64, 64))
    png.check(made.png, 64, 64)
    assert all(pixel(made.png, 32, y)[0] < 100 for y in (6, 32, 58))


@pytest.mark.parametrize("kind", ["webp", "jpeg"])
def test_other_formats_are_read(kind: str) -> None:
    """In their own size if none is wanted."""
    content = pictures.recoded(pictures.encode(pictures.noise("a", 32, 16)), kind)
    assert whole(content, None) is None
    made = fitted(content, None)
    png.check(made.png, 32, 16)


@pytest.mark.parametrize("kind", ["webp", "jpeg", "png"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_cut_off_picture_is_broken(kind: str, share: float) -> None:
    """Not a grey half of one."""
    content = pictures.encode(pictures.noise("a", 32, 16))
    content = content if kind == "png" else pictures.recoded(content, kind)
    with pytest.raises(png.BadPicture) as fault:
        fitted(content[: int(len(content) * share)], PictureSize(8, 8))
    assert fault.value.kind == "broken"


@pytest.mark.parametrize("content", [b"", b"<html>", b"GIF89a" + bytes(40), b"RIFF" + bytes(40)])
def test_what_is_no_picture_is_broken(content: bytes) -> None:
    """Never another exception."""
    with pytest.raises(png.BadPicture) as fault:
        fitted(content, None)
    assert fault.value.kind == "broken"


def test_a_flat_picture_is_told_with_its_causes() -> None:
    """Also after a lossy compression, and black by its name."""
    black = pictures.recoded(pictures.encode(pictures.flat(64, 48, b"\0\0\0")), "jpeg")
    with pytest.raises(png.BadPicture, match=r"\(black\).*half precision") as fault:
        fitted(black, None)
    assert fault.value.kind == "flat"


def test_a_picture_that_says_it_is_huge_is_not_decoded() -> None:
    """The header alone decides."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [pictures.chunk(b"IHDR", header), pictures.chunk(b"IEND", b"")]
    content = pictures.SIGNATURE + b"".join(parts)
    with pytest.raises(png.BadPicture, match="60000 × 60000") as fault:
        whole(content, None)
    assert fault.value.kind == "size"


def held(orientation: int) -> bytes:
    """A JPEG of 32 × 16 pixels, red, green, blue and white in its corners, from a camera that says
    how it was held."""
    rows = [RED * 16 + GREEN * 16] * 8 + [BLUE * 16 + b"\xff\xff\xff" * 16] * 8
    jpeg = pictures.recoded(pictures.encode(rows), "jpeg")
    tag = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01" + tag + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize(
    ("orientation", "top"),
    [(1, "rg"), (2, "gr"), (3, "wb"), (4, "bw"), (5, "rb"), (6, "br"), (7, "wg"), (8, "gw")],
)
def test_a_photograph_stands_upright(orientation: int, top: str) -> None:
    """As its camera was held: what says so goes with all else that a camera writes."""
    content = held(orientation)
    for kept in (fitted(content, None).png, as_reference(content)):
        width, height = png.size(kept)
        assert (width, height) == ((32, 16) if orientation < 5 else (16, 32))
        corners = [pixel(kept, x, 2) for x in (2, width - 3)]
        near = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255), "w": (255, 255, 255)}
        for found, wanted in zip(corners, top, strict=True):
            assert max(abs(a - b) for a, b in zip(found, near[wanted], strict=True)) < 40


def test_a_picture_of_nothing_is_told_to_who_gave_it() -> None:
    """Nobody who gives a picture has a VAE."""
    with pytest.raises(png.BadPicture, match="shows nothing") as told:
        as_reference(pictures.encode(pictures.flat(16, 16)))
    assert "VAE" not in str(told.value)
