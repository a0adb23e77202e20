"""An address as a QR code: for a page, and for a terminal."""

from __future__ import annotations

import io
from typing import Final

import segno

_LEVEL: Final = "m"
"""What may be covered or smeared: 15 %. A screen needs less, a printed one some."""
QUIET: Final = 4
"""Light modules around it, which ISO 18004 asks for."""
_HALVES: Final = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄", (0, 0): " "}
"""Two modules, one above the other, by whether each is light."""


def qr_svg(text: str, title: str) -> str:
    """An SVG without size, which takes the room that it is given, in a page as well as in a file of
    its own; its title is what a screen reader says."""
    drawn = io.BytesIO()
    segno.make_qr(text, error=_LEVEL).save(
        drawn,
        kind="svg",
        xmldecl=False,
        nl=False,
        omitsize=True,
        border=QUIET,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
        title=title,
    )
    return drawn.getvalue().decode().replace("<svg ", '<svg role="img" ', 1)


def qr_lines(text: str) -> list[str]:
    """Lines of blocks, two modules high each. What is light is drawn, since most terminals are
    dark; whoever can say colours says white on black, and it is right on all."""
    rows = [
        [not it for it in row]
        for row in segno.make_qr(text, error=_LEVEL).matrix_iter(border=QUIET)
    ]
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[a, b] for a, b in zip(*pair, strict=True)) for pair in pairs]
