"""Which text is lit while a segment is spoken."""

from __future__ import annotations

from pathlib import Path

import msgspec

from storybook.book import Page, Segment
from storybook.engines import Narration
from storybook.events.catalog import MadeFrom
from storybook.export.content import PageContent, PageText
from storybook.export.epub.overlays import end_overlay, overlay_of
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


def test_a_recording_without_times_is_heard_whole(tmp_path: Path) -> None:
    """And lights nothing."""
    assert spoken(tmp_path, "하나.") == [("text", 0.0, 9.0)]


def test_a_line_of_several_sentences_is_lit_by_each_of_them() -> None:
    """And one that is read in other words than it is written in, with the line before it."""
    told = [Segment(it, "", "M1", n, n + 0.5) for n, it in enumerate(("끝.", "하나.", "둘.", "세"))]
    overlay = end_overlay(["끝.", "하나. 둘.", "3"], Narration(b"", 4.0, tuple(told), MadeFrom()))
    assert [it.id for it in overlay.clips] == ["s1", "s2", "s2", "s2"]
