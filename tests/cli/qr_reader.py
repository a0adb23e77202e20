"""Reads QR codes of terminals and of SVG, by a reader that shares nothing with who writes them."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

import numpy as np
import pytest

zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp, which reads QR codes, is not here")

PIXELS: Final = 4
"""Of a module: a camera sees more."""
_HALVES: Final = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}


def decoded(light: list[list[int]]) -> str:
    """What a code of so many rows says, 1 for each light module."""
    image = np.kron(np.array(light, np.uint8) * 255, np.ones((PIXELS, PIXELS), np.uint8))
    (found,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found.text)


def in_blocks(lines: list[str]) -> str:
    """A code that is drawn in lines of blocks."""
    rows: list[list[int]] = []
    for line in lines:
        pairs = [_HALVES[it] for it in line]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return decoded(rows)


def codes_on(screen: str) -> list[str]:
    """All codes on a terminal, in their order. What is no block divides them."""
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", it).rstrip("\r") for it in screen.split("\n")]
    blocks = groupby(lines, lambda it: len(it) > 20 and set(it) <= set(_HALVES))
    return [in_blocks(list(them)) for is_code, them in blocks if is_code]


def in_svg(svg: str) -> str:
    """A code whose dark modules are the horizontal strokes of one path."""
    size = re.search(r'viewBox="0 0 (\d+) \1"', svg)
    path = re.search(r'stroke="#000" d="([^"]+)"', svg)
    assert size is not None and path is not None
    light = [[1] * int(size[1]) for _ in range(int(size[1]))]
    x = y = 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path[1]):
        if step == "h":
            for column in range(int(x), int(x + float(first))):
                light[int(y)][column] = 0
            x += float(first)
        else:
            across, down = float(first), float(second)
            x, y = (across, down) if step == "M" else (x + across, y + down)
    return decoded(light)
