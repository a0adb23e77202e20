"""Which text is lit while a segment is spoken."""

from __future__ import annotations

from pathlib import Path

import msgspec

from storybook.book import Page, Segment
from storybook.export.content import PageContent, PageText
from storybook.export.epub.overlays import overlay_of
from storybook.export.spans import paragraphs
from storybook.languages.ko import KOREAN
from storybook.stores.files import FileArtifactStore
from tests.export.epub.books import book_of


def spoken(
    folder: Path, text: str, *segments: tuple[str, float, float]
) -> list[tuple[str, float, float]]:
    """The clips of a page with a text and a recording of 9 seconds."""
    told = tuple(Segment(words, "", "M1", start, end) for words, start, end in segments)
    first = book_of(FileArtifactStore(folder)).pages[1]
    assert first.narration is not None
    page = Page(1, summary=text)
    parts = tuple(map(tuple, paragraphs(page, told, KOREAN.goes_on)))
    narration = msgspec.structs.replace(first.narration, segments=told, seconds=9.0)
    content = PageContent(1, PageText(page, KOREAN, parts), None, narration, "")
    overlay = overlay_of(content)
    return [msgspec.structs.astuple(it) for it in overlay.clips] if overlay else []


def test_a_pause_belongs_to_the_sentence_before_it(tmp_path: Path) -> None:
    """Readers leave out what no clip names."""
    assert spoken(tmp_path, "하나. 둘.", ("하나.", 0.2, 1), ("둘.", 1.5, 3)) == [
        ("s1", 0.2, 1.5),
        ("s2", 1.5, 9.0),
    ]


def test_a_sentence_in_two_paragraphs_is_lit_piece_by_piece(tmp_path: Path) -> None:
    """Each as long as its part of the letters: nothing is heard twice."""
    assert spoken(tmp_path, "하나\n둘셋넷다섯여.", ("하나 둘셋넷다섯여.", 0, 4), ("끝", 4, 5))[
        :2
    ] == [
        ("s1", 0.0, 0.889),
        ("s2", 0.889, 4.0),
    ]


def test_what_does_not_stand_in_the_text_is_heard_and_lights_nothing(tmp_path: Path) -> None:
    """As a number that is read in words: the clip names the whole text, which has no light."""
    assert spoken(tmp_path, "3시예요. 가요.", ("세 시예요.", 0, 2), ("가요.", 2, 4)) == [
        ("text", 0.0, 2.0),
        ("s1", 2.0, 9.0),
    ]


def test_a_silent_recording_has_no_overlay(tmp_path: Path) -> None:
    """Nothing is spoken in it."""
    assert spoken(tmp_path, "하나.") == []
