"""Turns text into glyphs: which one of which face each sign is, and how wide.

The faces are subsets with the characters of the whole book, and no others. Hangul, Latin and hanja
are one glyph a character; a pictograph may be one glyph for several of them (a flag, a family),
joined by the face's own table of ligatures. A **code** is what a glyph is called in the file: each
glyph has one for every text that it stands for, so that exactly that text is found and copied.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec

from storybook.export.fonts import BookFace, faces_for, signs, subset

_MANNERS: Final = frozenset([*range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080)])
"""Variation selectors and tags, which show nothing by themselves."""
_JOINER: Final = "\u200d"


class Glyph(msgspec.Struct, frozen=True):
    """One shape: the face, its code there, and its width in ems."""

    face: BookFace
    code: int
    width: float


class Typeface:
    """One face with the characters that a book needs. Widths are in thousandths of an em."""

    def __init__(self, face: BookFace, text: str) -> None:
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # no type information

        self.face, self.file = face, subset(face, text)
        self.font = TTFont(io.BytesIO(self.file), lazy=True)
        self.codes: dict[tuple[int, str], int] = {}
        """By glyph number and text: its code, counted from 1 in the order of their use."""
        self._cmap: dict[int, str] = self.font.getBestCmap()

    def glyphs(self, sign: str) -> Iterator[Glyph]:
        """What a sign is drawn with. What the face has not is its empty box."""
        for name, text in self._joined(sign):
            number = self.font.getGlyphID(name)
            code = self.codes.setdefault((number, text), len(self.codes) + 1)
            yield Glyph(self.face, code, self.width(number) / 1000)

    def width(self, number: int) -> float:
        """A glyph's advance."""
        advance, _ = self.font["hmtx"][self.font.getGlyphName(number)]
        return self.scaled(advance)

    def scaled(self, length: float) -> float:
        """A length of the face in thousandths of an em."""
        units: int = self.font["head"].unitsPerEm
        return round(length * 1000 / units, 3)

    def _joined(self, sign: str) -> list[tuple[str, str]]:
        """Glyph names, each with the characters that it stands for."""
        left, found = self._shown(sign), list[tuple[str, str]]()
        while left:
            name, count = self._ligature([it for it, _ in left])
            text = "".join(it for _, it in left[:count])
            if count == 1 and text == _JOINER and found:  # it has joined nothing
                found[-1] = found[-1][0], found[-1][1] + text
            else:
                found.append((name, text))
            left = left[count:]
        return found

    def _shown(self, sign: str) -> list[tuple[str, str]]:
        """A glyph for each character, with those after it that only say how it is to look."""
        found: list[tuple[str, str]] = []
        for it in sign:
            if found and ord(it) in _MANNERS:
                found[-1] = found[-1][0], found[-1][1] + it
            else:
                found.append((self._cmap.get(ord(it), ".notdef"), it))
        return found

    def _ligature(self, names: Sequence[str]) -> tuple[str, int]:
        """The glyph that the longest beginning of these is joined to, and how many those are."""
        for parts, joined in self._ligatures.get(names[0], ()):
            if tuple(names[1 : 1 + len(parts)]) == parts:
                return joined, 1 + len(parts)
        return names[0], 1

    @cached_property
    def _ligatures(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """By first glyph: the others of each ligature, the longest first, and what it is."""
        if self.face is not BookFace.EMOJI or "GSUB" not in self.font:
            return {}
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for table in self._ligature_tables():
            for first, ligatures in table.ligatures.items():
                joined = [(tuple(it.Component), it.LigGlyph) for it in ligatures]
                found.setdefault(first, []).extend(joined)
        return {name: sorted(it, key=lambda one: -len(one[0])) for name, it in found.items()}

    def _ligature_tables(self) -> Iterator[Any]:
        for lookup in self.font["GSUB"].table.LookupList.Lookup:
            for table in lookup.SubTable:
                table = getattr(table, "ExtSubTable", table)
                if hasattr(table, "ligatures"):
                    yield table


class Typefaces:
    """All faces that a book needs, by what is to be set in them."""

    def __init__(self, text: str) -> None:
        needed: dict[BookFace, str] = {}
        for run in faces_for(text):
            needed[run.face] = needed.get(run.face, "") + run.text
        self.faces = {it: Typeface(it, needed[it]) for it in BookFace if it in needed}
        self._known: dict[str, tuple[Glyph, ...]] = {}
        self._widths: dict[str, float] = {}

    def glyphs(self, text: str) -> list[Glyph]:
        """The text's glyphs from left to right."""
        return [
            glyph
            for run in faces_for(text)
            for sign in signs(run.text)
            for glyph in self._of_sign(run.face, sign)
        ]

    def width(self, text: str) -> float:
        """How wide it is, in ems."""
        if text not in self._widths:
            self._widths[text] = sum(it.width for it in self.glyphs(text))
        return self._widths[text]

    def _of_sign(self, face: BookFace, sign: str) -> tuple[Glyph, ...]:
        if sign not in self._known:
            self._known[sign] = tuple(self.faces[face].glyphs(sign))
        return self._known[sign]
