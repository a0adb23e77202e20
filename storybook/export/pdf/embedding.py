"""Puts the faces of a book into its PDF: outlines, widths, and what each glyph is as text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Pdf, String

from storybook.export.pdf.typefaces import Typeface

_BLOCK: Final = 100
"""Characters that a block of such a table may have, at most."""


def embedded(pdf: Pdf, face: Typeface) -> Any:
    """The face as a font of the file, for text of two bytes a code."""
    name = Name(f"/{_tag(face.file)}+{face.font['name'].getDebugName(6)}")
    codes = sorted(face.codes.items(), key=lambda it: it[1])
    numbers = [number for (number, _), _ in codes]
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([_descendant(pdf, face, name, numbers)]),
            ToUnicode=pdf.make_stream(_to_unicode([text for (_, text), _ in codes])),
        )
    )


def _tag(file: bytes) -> str:
    """Six letters that tell subsets of a face from each other."""
    return "".join(chr(ord("A") + it % 26) for it in hashlib.sha256(file).digest()[:6])


def _descendant(pdf: Pdf, face: Typeface, name: Name, numbers: Sequence[int]) -> Any:
    glyphs = b"".join(it.to_bytes(2, "big") for it in (0, *numbers))
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(
                Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
            ),
            DW=1000,
            W=Array([1, Array([face.width(it) for it in numbers])]),
            CIDToGIDMap=pdf.make_stream(glyphs),
            FontDescriptor=_descriptor(pdf, face, name),
        )
    )


def _descriptor(pdf: Pdf, face: Typeface, name: Name) -> Any:
    head, lines, style = face.font["head"], face.font["hhea"], face.font["OS/2"]
    box = [head.xMin, head.yMin, head.xMax, head.yMax]
    return pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,  # symbolic: its codes are its own
            FontBBox=Array([face.scaled(it) for it in box]),
            ItalicAngle=0,
            Ascent=face.scaled(lines.ascent),
            Descent=face.scaled(lines.descent),
            CapHeight=face.scaled(getattr(style, "sCapHeight", 0) or lines.ascent * 0.7),
            StemV=80,
            FontFile2=pdf.make_stream(face.file, Length1=len(face.file)),
        )
    )


def _to_unicode(texts: Sequence[str]) -> bytes:
    """By code, what is found and copied."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        *_ranges(texts),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
    return "\n".join(lines).encode("ascii")


def _ranges(texts: Sequence[str]) -> Iterator[str]:
    told = enumerate(texts, start=1)
    while some := [*islice(told, _BLOCK)]:
        yield f"{len(some)} beginbfchar"
        for code, text in some:
            yield f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>"
        yield "endbfchar"
