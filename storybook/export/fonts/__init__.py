"""The faces that books to keep are set in, which lie beside this file with their licences.

A **face** is a whole typeface: Gowun Batang for a book's words, Noto Serif KR for the hanja (and
kana, Greek and Cyrillic) that it has not, Noto Emoji for pictographs. `faces_for` cuts a text into
runs of one face each, and `subset` makes a small TrueType font of a face with the characters of a
text. All are under the SIL Open Font License, which lets them be embedded; `docs/faces.py` made the
files.
"""

from __future__ import annotations

import enum
import io
import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no type information

_FOLDER: Final = Path(__file__).parent
_SIGN: Final = re.compile(
    r"[\U0001F1E6-\U0001F1FF]{2}"  # two letters of a flag
    r"|\s+"
    r"|.(?:[\uFE00-\uFE0F\U0001F3FB-\U0001F3FF\u20E3\u0300-\u036F\U000E0020-\U000E007F]|\u200D.)*",
    re.DOTALL,
)
_AS_PICTOGRAPH: Final = re.compile("[\ufe0f\u20e3]")
"""Asks for the pictograph of a sign that other faces have too (♥, 1)."""


class BookFace(enum.Enum):
    """A face, by the name of its file; in the order in which they are asked for a character."""

    BOOK = "gowun-batang"
    HANJA = "noto-serif-kr"
    EMOJI = "noto-emoji"

    @property
    def family(self) -> str:
        """What people call it."""
        return _FAMILIES[self]

    @property
    def licence(self) -> str:
        """The text of its licence, with whose it is."""
        return (_FOLDER / f"{self.value}.OFL.txt").read_text("utf-8")


_FAMILIES: Final = {
    BookFace.BOOK: "Gowun Batang",
    BookFace.HANJA: "Noto Serif KR",
    BookFace.EMOJI: "Noto Emoji",
}


class FaceRun(msgspec.Struct, frozen=True):
    """A stretch of text in one face."""

    face: BookFace
    text: str


def faces_for(text: str) -> tuple[FaceRun, ...]:
    """The text in runs, whole and in order. White space is in the book's own face, and so is what
    no face has, for which it shows an empty box."""
    runs = groupby(_faced(text), key=lambda it: it.face)
    return tuple(FaceRun(face, "".join(it.text for it in run)) for face, run in runs)


def signs(text: str) -> Iterator[str]:
    """What is seen as one sign each: a character with what modifies it or is joined to it; or a
    stretch of white space."""
    return (found[0] for found in _SIGN.finditer(text))


def subset(face: BookFace, text: str) -> bytes:
    """A TrueType font of a face with the characters of a text, and no others: the same text, the
    same bytes. About 0.3 s for the book's face."""
    from fontTools import subset as tools  # type: ignore[import-untyped]  # no type information

    options = tools.Options(
        layout_features=["kern", "ccmp", "liga"],
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        recalc_timestamp=False,
    )
    with opened(face) as font:
        subsetter = tools.Subsetter(options)
        subsetter.populate(unicodes=sorted(set(map(ord, text))))
        subsetter.subset(font)
        font.flavor = None
        content = io.BytesIO()
        font.save(content)
    return content.getvalue()


def opened(face: BookFace) -> TTFont:
    """The whole face, for whoever measures it. To be closed."""
    from fontTools.ttLib import TTFont

    return TTFont(_FOLDER / f"{face.value}.woff", recalcTimestamp=False, lazy=True)


@cache
def characters(face: BookFace) -> frozenset[int]:
    """The code points that a face has."""
    with opened(face) as font:
        return frozenset(font.getBestCmap())


def _faced(text: str) -> Iterator[FaceRun]:
    for sign in signs(text):
        yield FaceRun(_face_of(sign), sign)


def _face_of(sign: str) -> BookFace:
    if sign.isspace():
        return BookFace.BOOK
    asked = (BookFace.EMOJI, *BookFace) if _AS_PICTOGRAPH.search(sign) else BookFace
    first = ord(sign[0])
    return next((it for it in asked if first in characters(it)), BookFace.BOOK)
