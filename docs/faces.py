"""Makes the faces of books to keep, `storybook/export/fonts/*.woff`, from whole ones.

    python docs/faces.py GowunBatang-Regular.ttf NotoSerifCJK-Regular.ttc NotoEmoji-Regular.ttf

The first and the last are those of Google Fonts (npm carries them whole: `@expo-google-fonts/
gowun-batang` 0.4.1 and `@expo-google-fonts/noto-emoji` 0.4.7), the second is that of Debian's
`fonts-noto-cjk`. Nobody needs to run this but who wants another face or a newer one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FONTS: Final = Path(__file__).parents[1] / "storybook" / "export" / "fonts"
KOREAN: Final = 1
"""The Korean face's place in the collection: hanja as Korea writes them."""
CURVE_ERROR: Final = 1.0
"""Thousandths of an em that a quadratic curve may be away from the cubic one."""
NAMES: Final = [0, 1, 2, 3, 4, 5, 6, 13, 14]
"""Copyright, family, style, id, full name, version, PostScript's name, licence and its address."""


def main(book: str, hanja: str, emoji: str) -> None:
    """Write the three files."""
    face = _opened(book)
    known = set(face.getBestCmap())
    _write(_only(face, known, ["kern", "ccmp", "liga"]), "gowun-batang")
    face = _opened(hanja, KOREAN)
    _write(_quadratic(_only(face, _ks_x_1001() - known, [])), "noto-serif-kr")
    face = _opened(emoji)
    _write(_only(face, set(face.getBestCmap()), ["ccmp"]), "noto-emoji")


def _opened(path: str, number: int = -1) -> TTFont:
    return TTFont(path, fontNumber=number, recalcTimestamp=False)


def _ks_x_1001() -> set[int]:
    """The characters of Korea's standard set, among them 4,888 hanja."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xFF) for cell in range(0xA1, 0xFF))
    return {ord(it) for pair in pairs if (it := pair.decode("euc-kr", "ignore"))}


def _only(face: TTFont, characters: set[int], features: list[str]) -> TTFont:
    """The face with these characters alone, without hints and what only vertical text needs."""
    options = subset.Options(
        layout_features=features,
        hinting=False,
        desubroutinize=True,
        name_IDs=NAMES,
        notdef_outline=True,
        recalc_timestamp=False,
    )
    options.drop_tables += ["vhea", "vmtx", "VORG", "STAT", "gasp", "BASE"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(face)
    return face


def _quadratic(face: TTFont) -> TTFont:
    """A face with cubic outlines (CFF) as TrueType, which every PDF and EPUB reader embeds."""
    order, glyphs = face.getGlyphOrder(), face.getGlyphSet()
    face["loca"], outlines = newTable("loca"), newTable("glyf")
    outlines.glyphOrder = order
    outlines.glyphs = {name: _outline(glyphs, name) for name in order}
    face["glyf"] = outlines
    del face["CFF "]
    most = face["maxp"]
    most.tableVersion = 0x00010000
    for name in (
        *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
        *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"),
    ):
        setattr(most, name, 0)
    most.maxZones = 1
    face["post"].formatType = 3.0
    face.sfntVersion = "\0\1\0\0"
    return face


def _outline(glyphs: Any, name: str) -> Any:
    pen = TTGlyphPen(glyphs)
    glyphs[name].draw(Cu2QuPen(pen, CURVE_ERROR, reverse_direction=True))
    return pen.glyph()


def _write(face: TTFont, name: str) -> None:
    face.flavor = "woff"
    path = FONTS / f"{name}.woff"
    face.save(path)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
