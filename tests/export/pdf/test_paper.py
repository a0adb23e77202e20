"""Sheets of paper: which leaf is printed where."""

from __future__ import annotations

import pytest

from storybook.export.pdf.paper import MM, PAPERS, PaperSize, folded, padded, sides


def test_a_leaf_is_printed_on_a_side_of_its_own() -> None:
    """Unless it is folded."""
    assert sides(3, PAPERS[PaperSize.A4]) == [(0,), (1,), (2,)]


def test_a_booklet_of_eight_leaves_is_two_sheets() -> None:
    """Front and back of the outer one, then of the inner one."""
    assert folded(range(8)) == [(7, 0), (1, 6), (5, 2), (3, 4)]


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        (4, [0, 1, 2, 3]),
        (6, [0, None, 1, 2, 3, 4, 5, None]),
        (7, [0, 1, 2, 3, 4, 5, 6, None]),
        (5, [0, None, 1, 2, 3, 4, None, None]),
    ],
)
def test_a_booklet_has_as_many_leaves_as_fold(leaves: int, expected: list[int | None]) -> None:
    """A multiple of four; the first empty one is inside the cover."""
    assert padded(range(leaves)) == expected


@pytest.mark.parametrize("leaves", range(1, 20))
def test_a_folded_booklet_is_read_in_order(leaves: int) -> None:
    """Sheets laid in each other and folded: the right half of each front and the left half of each
    back from the outside in, then what lies behind them on the way out."""
    printed = sides(leaves, PAPERS[PaperSize.BOOKLET])
    fronts, backs = printed[::2], printed[1::2]
    first = [it for front, back in zip(fronts, backs, strict=True) for it in (front[1], back[0])]
    inside_out = [*zip(fronts, backs, strict=True)][::-1]
    second = [it for front, back in inside_out for it in (back[1], front[0])]
    assert [it for it in (*first, *second) if it is not None] == [*range(leaves)]


def test_papers_are_as_large_as_they_are_called() -> None:
    """In millimetres."""
    sizes = {it: (paper.width / MM, paper.height / MM) for it, paper in PAPERS.items()}
    assert {it: (round(w, 6), round(h, 6)) for it, (w, h) in sizes.items()} == {
        PaperSize.A4: (210, 297),
        PaperSize.A5: (148, 210),
        PaperSize.SQUARE: (210, 210),
        PaperSize.BOOKLET: (148.5, 210),
    }
