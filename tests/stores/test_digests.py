"""Digests that differ are shown where they differ."""

from __future__ import annotations

import pytest

from storybook.stores.digests import digests_differ

EXPECTED = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("same", "message"),
    [
        (0, "should be 0123456789abcdef…, found ffffffffffffffff…"),
        (17, "should be …123456789abcdef0… from digit 18 on, found …ffffffffffffffff…"),
        (63, "should be …0123456789abcdef from digit 49 on, found …0123456789abcde0"),
    ],
)
def test_the_digits_that_differ(same: int, message: str) -> None:
    """Sixteen of them, from the first one that differs; the end shows as the end."""
    found = EXPECTED[:same] + ("f" * (64 - same) if same < 63 else "0")
    assert digests_differ(EXPECTED, found) == message
