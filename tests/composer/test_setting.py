"""Where a book is told: the realm of a request's place, and what belongs there."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.realms import OUTDOORS, realm_of, realms
from storybook.composer.setting import place, places, setting_of
from storybook.composer.storylines import by_name
from storybook.composer.tale import told


@pytest.mark.parametrize(
    ("text", "realm"),
    [
        ("화성", "space"),
        ("우주선 안", "space"),
        ("바다 속", "water"),
        ("바닷가", "seaside"),
        ("하늘나라", "sky"),
        ("김치냉장고 안", "tiny"),
        ("배꼽 속", "body"),
        ("아파트 엘리베이터", "tiny"),
        ("경복궁", "palace"),
        ("아파트 놀이터", "park"),
        ("마트 장난감 코너", "town"),
        ("딸기 농장", "farm"),
        ("깊은 숲속", "woods"),
        ("숲속 마을", ""),
        ("우리 집", ""),
    ],
)
def test_a_place_is_in_the_realm_of_its_last_words(text: str, realm: str) -> None:
    """A village is in none."""
    assert realm_of(text)[0] == realm


@pytest.mark.parametrize("name", realms())
def test_a_realm_has_what_it_says(name: str) -> None:
    """Its patterns are patterns, its places and parts are those of storylines."""
    realm = realms()[name]
    parts = {part for key in OUTDOORS for part in dict(places()[key].get("parts", {}))}  # type: ignore[call-overload]
    assert {*realm.parts} <= parts and {*realm.places} <= {*OUTDOORS}
    assert {*realm.lacks} <= places().keys()
    assert all(re.compile(it) for it in realm.strange)


@pytest.mark.parametrize(
    ("text", "ko", "tree"),
    [
        ("화성", "온실 뜰", "온실 나무"),
        ("놀이터", "놀이터", "나무"),
        ("필통 속", "필통 속", "기둥"),
    ],
)
def test_a_garden_is_what_the_realm_has(text: str, ko: str, tree: str) -> None:
    """Or the request's own place, in the text and in the picture."""
    story = StoryRequest("현대", text, "지우와 로봇", "분수")
    found = place("garden", story, setting_of(story, is_water=False), text, "a meadow")
    assert (found.ko, found.parts["tree"]) == (ko, tree)
    assert found.place.looks != "a meadow"


@pytest.mark.parametrize(
    "text", ["화성", "바다 속", "하늘나라", "필통 속", "배꼽 속", "경복궁", "마트", "놀이터", "숲"]
)
def test_nothing_in_a_general_story_is_strange_where_it_is_told(text: str) -> None:
    """No brook on Mars, no rain in a pencil case; and there are several to choose from."""
    story = StoryRequest("현대", text, "민지와 지우", "분수")
    names = choice(story, 1).storylines
    tales = [told(by_name()[name], story, 1) for name in names]
    assert len(names) >= 8
    assert not any(it is None or it.strangers for it in tales)


def test_a_street_of_today_is_none_in_old_korea() -> None:
    """There is no block of flats to stand before."""
    story = StoryRequest("조선 시대", "병원", "민지와 지우", "분수")
    assert setting_of(story, is_water=False).realm == ""
