"""What things are called within the sentences of an image prompt."""

from __future__ import annotations

import pytest

from storybook.lexicon.scenes import noun_of


@pytest.mark.parametrize(
    ("looks", "noun"),
    [
        ("a kind doctor in a white coat", "kind doctor"),
        ("white foam round the mouth", "white foam"),
        ("a round cushion", "round cushion"),
        ("a round name tag with a star", "round name tag"),
    ],
)
def test_a_noun_does_without_what_comes_after_it(looks: str, noun: str) -> None:
    """But a round thing stays round, and is never left without a name."""
    assert noun_of(looks) == noun
