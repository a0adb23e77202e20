"""A PNG counts if it is whole, of the size asked for, and not one flat colour."""

from __future__ import annotations

import struct
import zlib

import pytest

from storybook.stages.illustrator.comfyui.png import BadPicture, check, texts
from tests.comfyui.double.pictures import SIGNATURE, chunk, encode, flat, noise


def kind_of(png: bytes, width: int = 16, height: int = 8) -> str:
    try:
        check(png, width, height)
    except BadPicture as fault:
        return fault.kind
    return "fine"


@pytest.mark.parametrize("filter", range(5))
def test_pictures_are_fine_and_flat_ones_are_not_under_every_filter(filter: int) -> None:
    """Each filter stores a flat colour in its own way."""
    assert kind_of(encode(noise("x", 16, 8), filter=filter)) == "fine"
    for colour in (b"\0\0\0", b"\xff\xff\xff", b"\x10\x81\xff"):
        assert kind_of(encode(flat(16, 8, colour), filter=filter)) == "flat"


@pytest.mark.parametrize("filter", range(5))
@pytest.mark.parametrize("at", [(0, 0), (0, 15), (7, 0), (7, 15), (3, 4)])
def test_one_pixel_is_something(filter: int, at: tuple[int, int]) -> None:
    """Wherever it is, the first and the last included."""
    rows = [bytearray(row) for row in flat(16, 8)]
    rows[at[0]][3 * at[1]] ^= 1
    assert kind_of(encode([bytes(row) for row in rows], filter=filter)) == "fine"


def test_the_size_is_the_one_asked_for() -> None:
    """The message says what was asked for and what came."""
    png = encode(noise("x", 16, 8))
    with pytest.raises(BadPicture, match="asked for 32 × 8 pixels, got 16 × 8"):
        check(png, 32, 8)


def test_a_cut_or_damaged_file_is_broken() -> None:
    """Cut anywhere, or with any one byte changed."""
    png = encode(noise("x", 16, 8), {"1": {}})
    for at in range(0, len(png), 7):
        assert kind_of(png[:at]) == "broken"
        changed = bytes([png[at] ^ 0x20])
        assert kind_of(png[:at] + changed + png[at + 1 :]) in ("broken", "size")


def header(depth: int = 8, colour: int = 2, lace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 8, depth, colour, 0, 0, lace))


@pytest.mark.parametrize(
    "png",
    [
        b"<html>404</html>",
        SIGNATURE,
        SIGNATURE + chunk(b"IEND", b""),
        SIGNATURE + header() + chunk(b"IEND", b""),
        SIGNATURE + header() + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b""),
        SIGNATURE + header() + chunk(b"IDAT", zlib.compress(b"\0" * 10**6)) + chunk(b"IEND", b""),
        SIGNATURE + header() + chunk(b"IDAT", b"no deflate") + chunk(b"IEND", b""),
        SIGNATURE + header(lace=1) + chunk(b"IEND", b""),
        SIGNATURE + header(depth=1, colour=0) + chunk(b"IEND", b""),
        SIGNATURE + header(colour=5) + chunk(b"IEND", b""),
    ],
)
def test_what_is_no_such_picture_is_broken(png: bytes) -> None:
    """Another file, nothing in it, too little, a bomb, and kinds that nobody saves here."""
    assert kind_of(png) == "broken"


@pytest.mark.slow
def test_a_bomb_is_not_inflated() -> None:
    """A kilobyte that claims a gigabyte: only what was asked for is read of it."""
    deflate = zlib.compressobj()
    bomb = b"".join(deflate.compress(bytes(2**20)) for _ in range(200)) + deflate.flush()
    png = SIGNATURE + header() + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")
    assert kind_of(png) == "broken"


def test_texts_are_read() -> None:
    """The graph that ComfyUI keeps in its files."""
    assert texts(encode(noise("x", 16, 8), {"a": 1})) == {"prompt": '{"a": 1}'}
    assert texts(encode(noise("x", 16, 8))) == {}
