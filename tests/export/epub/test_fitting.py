"""Letters are as large as fit."""

from __future__ import annotations

from storybook.export.epub.fitting import SMALLEST, Box, FittedText, Letters
from storybook.export.fonts import BookFace, subset

LETTERS = Letters([subset(BookFace.BOOK, "가나다 .,")])
BOX = Box(width=400, height=300, largest=40)


def test_a_short_text_is_as_large_as_may_be() -> None:
    """A line, and several that have room."""
    assert LETTERS.fitting([FittedText("가나다.")], BOX) == 40
    assert LETTERS.fitting([FittedText("가나다 " * 4)], BOX) == 40


def test_the_longer_a_text_the_smaller_its_letters() -> None:
    """Down to a size that readers have to magnify."""
    sizes = [
        LETTERS.fitting([FittedText("가나다 " * count)], BOX) for count in (20, 60, 200, 9_000)
    ]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 4
    assert sizes[-1] == SMALLEST


def test_space_and_smaller_letters_count() -> None:
    """As the style sheet has them."""
    plain, spaced = [FittedText("가나다 " * 30)] * 2, [FittedText("가나다 " * 30, space=2.0)] * 2
    assert LETTERS.fitting(spaced, BOX) < LETTERS.fitting(plain, BOX)
    small = [FittedText("가나다 " * 30), FittedText("가나다 " * 30, scale=0.5)]
    assert LETTERS.fitting(small, BOX) > LETTERS.fitting(plain, BOX)


def test_a_word_that_is_longer_than_a_line_is_broken() -> None:
    """It takes as many lines as it needs."""
    assert LETTERS.fitting([FittedText("가" * 200)], BOX) < LETTERS.fitting(
        [FittedText("가" * 20)], BOX
    )
