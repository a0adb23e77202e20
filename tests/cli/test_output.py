"""Durations, ages and sizes, as exact as is useful."""

from __future__ import annotations

import pytest

from storybook.cli.output import age, duration, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "0.00 s"),
        (9.5, "9.50 s"),
        (61.0, "61.0 s"),
        (245, "4 min 05 s"),
        (7_800, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """As exact as is useful."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (7_300, "2 h"), (1e6, "11 d")]
)
def test_ages(seconds: float, text: str) -> None:
    """Roughly how long ago."""
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((0, "0 B"), (999, "999 B"), (1_200, "1.2 KB"), (34_400, "34 KB")),
        *((999_900, "1.0 MB"), (2_345_678, "2.3 MB"), (3_400_000_000, "3.4 GB")),
    ],
)
def test_sizes(count: int, text: str) -> None:
    """In the units that disks are sold by."""
    assert size(count) == text
