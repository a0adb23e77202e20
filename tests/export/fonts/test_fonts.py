"""The faces of books to keep: what they have, how a text is cut for them, and small fonts."""

from __future__ import annotations

import io

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no type information

from storybook.export.fonts import BookFace, characters, faces_for, subset

HANGUL = range(0xAC00, 0xD7A4)


def runs(text: str) -> list[tuple[str, str]]:
    return [(it.face.name, it.text) for it in faces_for(text)]


def test_the_books_face_has_every_hangul_syllable() -> None:
    """Also those that no dictionary has, and what a story is punctuated with."""
    assert characters(BookFace.BOOK).issuperset(HANGUL)
    assert characters(BookFace.BOOK).issuperset(map(ord, "azAZ09…“”‘’「」『』·—–×~♥☆★♪éßñ"))


def test_the_hanja_of_koreas_standard_are_all_there() -> None:
    """KS X 1001 has 4,888, and some kana, Greek and Cyrillic."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xFF) for cell in range(0xA1, 0xFF))
    standard = {ord(it) for pair in pairs if (it := pair.decode("euc-kr", "ignore"))}
    assert len(standard) > 8_000
    assert characters(BookFace.BOOK) | characters(BookFace.HANJA) >= standard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("토끼 Tom 3마리!", [("BOOK", "토끼 Tom 3마리!")]),
        ("우리 家族 이야기", [("BOOK", "우리 "), ("HANJA", "家族"), ("BOOK", " 이야기")]),
        ("안녕 😀!", [("BOOK", "안녕 "), ("EMOJI", "😀"), ("BOOK", "!")]),
        ("♥ ♥️", [("BOOK", "♥ "), ("EMOJI", "♥️")]),
        ("1️⃣등", [("EMOJI", "1️⃣"), ("BOOK", "등")]),
        ("👨‍👩‍👧👍🏽🇰🇷", [("EMOJI", "👨‍👩‍👧👍🏽🇰🇷")]),
        ("가\U00012000나", [("BOOK", "가\U00012000나")]),
    ],
)
def test_a_text_is_cut_into_runs_of_one_face(text: str, expected: list[tuple[str, str]]) -> None:
    """Whatever is seen as one sign stays in one run."""
    assert runs(text) == expected


@pytest.mark.parametrize(
    ("face", "text"),
    [(BookFace.BOOK, "토끼 Tom."), (BookFace.HANJA, "家族"), (BookFace.EMOJI, "😀🇰🇷")],
)
def test_a_subset_has_the_characters_of_its_text_only(face: BookFace, text: str) -> None:
    """It is TrueType, small, under its own name, and may be embedded."""
    content = subset(face, text)
    with TTFont(io.BytesIO(content)) as font:
        assert set(font.getBestCmap()) == set(map(ord, text))
        assert {"glyf", "loca", "cmap", "hmtx"} <= set(font.keys())
        assert face.family.split()[0] in font["name"].getDebugName(1)
        assert font["OS/2"].fsType == 0  # installable embedding
    assert len(content) < 20_000


def test_the_same_text_gives_the_same_font() -> None:
    """Byte for byte, in whatever order its characters stand."""
    assert subset(BookFace.HANJA, "家族") == subset(BookFace.HANJA, "族家家")


@pytest.mark.parametrize("face", BookFace)
def test_every_face_is_there_with_its_licence(face: BookFace) -> None:
    """The SIL Open Font License, with whose the face is."""
    assert "SIL OPEN FONT LICENSE" in face.licence
    assert face.licence.startswith(("Copyright", "©"))
