"""QR codes, read back by another program than writes them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from storybook.qr_code import QUIET, qr_lines, qr_svg

ADDRESSES = [
    "http://192.168.0.10:8444/",
    "https://192.168.0.10:8443/#token=sb_" + "aB3-_" * 9,
    "https://books-pc.local:8443/api/runs/" + "0" * 32 + "?sig=" + "x" * 120,
    "https://[fd00::2]:8443/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_camera_reads_what_was_written(address: str) -> None:
    """On a page, and on a terminal."""
    from tests.cli.qr_reader import in_blocks, in_svg

    assert in_svg(qr_svg(address, "")) == address
    assert in_blocks(qr_lines(address)) == address


def test_a_picture_of_a_code_has_a_title_and_no_size() -> None:
    """It is an image to a screen reader, takes the room that it is given, stands alone as a file,
    and needs no style that a strict policy forbids."""
    svg = qr_svg(ADDRESSES[2], 'A "book" <to read> & 읽기')
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert {"width", "height"}.isdisjoint(root.attrib)
    assert root[0].text == 'A "book" <to read> & 읽기'
    assert "style" not in svg and len(svg) < 8_000


def test_a_code_has_quiet_around_it() -> None:
    """So that what stands beside it is not taken for a part of it."""
    lines = qr_lines(ADDRESSES[0])
    width = len(lines[0])
    assert {len(it) for it in lines} == {width}
    assert lines[: QUIET // 2] == ["█" * width] * (QUIET // 2)
    assert all(it.startswith("█" * QUIET) and it.endswith("█" * QUIET) for it in lines)
