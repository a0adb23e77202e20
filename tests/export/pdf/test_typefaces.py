"""Text as glyphs: which face, how wide, and what is found and copied."""

from __future__ import annotations

import pytest

from storybook.export.fonts import Face
from storybook.export.pdf.typefaces import Typefaces

TEXT = "토끼 Tom 3 家族 😀👨‍👩‍👧🇰🇷1️⃣👍🏽♥️"


@pytest.fixture(scope="module")
def faces() -> Typefaces:
    return Typefaces(TEXT)


def texts(faces: Typefaces, text: str) -> list[str]:
    """What each glyph of a text is copied as."""
    glyphs = faces.glyphs(text)
    by_code = {
        (face, code): told
        for face, it in faces.faces.items()
        for (_, told), code in it.codes.items()
    }
    return [by_code[it.face, it.code] for it in glyphs]


@pytest.mark.parametrize("sign", ["😀", "👨‍👩‍👧", "🇰🇷", "1️⃣", "👍🏽", "♥️"])
def test_a_pictograph_is_one_glyph(faces: Typefaces, sign: str) -> None:
    """Of however many characters; all of them are copied."""
    assert [it.face for it in faces.glyphs(sign)] == [Face.EMOJI]
    assert texts(faces, sign) == [sign]


def test_each_letter_is_a_glyph(faces: Typefaces) -> None:
    """In the face that has it."""
    assert texts(faces, "토끼 家") == ["토", "끼", " ", "家"]
    assert [it.face.name for it in faces.glyphs("끼家")] == ["BOOK", "HANJA"]


def test_text_is_as_wide_as_its_glyphs(faces: Typefaces) -> None:
    """Hangul is nearly an em wide, an i is not."""
    assert 0.8 < faces.width("토") < 1.05
    assert faces.width("토끼") == pytest.approx(faces.width("토") + faces.width("끼"))
    assert faces.width("m") > faces.width("T") * 0.8


def test_what_no_face_has_is_a_box_and_copied_as_it_is() -> None:
    """And a family that no face has is its members."""
    faces = Typefaces("가\U00012000 👩‍🐰")
    assert texts(faces, "\U00012000") == ["\U00012000"]
    assert "".join(texts(faces, "👩‍🐰")) == "👩‍🐰"
    assert len(texts(faces, "👩‍🐰")) == 2
