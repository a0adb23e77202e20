"""How one of a kind is counted."""

from __future__ import annotations

import pytest

from storybook.lexicon import cast
from storybook.lexicon.people import units
from storybook.lexicon.units import one_of
from storybook.lexicon.words import data


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("토끼", "토끼 한 마리"),
        ("아이", "한 아이"),
        ("구두 한 짝", "구두 한 짝"),
        ("나무", "나무 한 그루"),
        ("소방차", "소방차 한 대"),
        ("구름", "구름 한 조각"),
        ("시계", "시계 하나"),
        ("달님", "달님"),
    ],
)
def test_each_is_counted_by_its_own_unit(text: str, one: str) -> None:
    """No 한 구두, and no animal like a person."""
    assert one_of(cast(text)[0]) == one


def test_units_are_of_kinds_that_there_are() -> None:
    """Each stands in the lexicon, and but once."""
    kinds = [en for listed in units().values() for en in listed]
    assert set(kinds) <= {entry["en"] for entry in data()["kind"]}
    assert len(set(kinds)) == len(kinds)
