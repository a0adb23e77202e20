"""In which season a story is told, and for which it is chosen."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.seasons import asked_season, is_in_season, told_seasons
from storybook.composer.storylines import Storyline, by_name, storylines
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell

OF_ONE = {
    "summer": "매미|한여름|무더운 여름밤|반딧불이",
    "winter": "눈이 펑펑|눈사람|함박눈|설날 아침",
    "autumn": "한가위|추석날",
}
"""What nobody tells but in one season."""
OTHERS = {"spring": "4월", "summer": "여름 방학", "autumn": "10월", "winter": "12월"}


@pytest.mark.parametrize(
    ("era", "place", "topic", "season"),
    [
        ("12월", "우리 집", "기다림", "winter"),
        ("11월", "우리 집", "기다림", "autumn"),
        ("현대", "골목", "첫눈", "winter"),
        ("여름 방학", "할머니 댁", "심심해요", "summer"),
        ("현대", "눈썰매장", "용기", "winter"),
        ("조선시대", "부엌", "동지 팥죽", "winter"),
        ("현대", "우리 집", "우정", ""),
        ("현대", "눈이 큰 나라", "안경", ""),
    ],
)
def test_a_request_names_a_season(era: str, place: str, topic: str, season: str) -> None:
    """In its time, its topic or its place, by a month or by what there is in it."""
    assert asked_season(StoryRequest(era, place, "민지", topic)) == season


@pytest.mark.parametrize("line", storylines(), ids=lambda it: it.name)
def test_what_is_told_of_one_season_is_known(line: Storyline) -> None:
    """No story has cicadas without being one of summer."""
    casts = ("민지와 준호", "민지", "민지, 준호, 엄마, 아빠")
    requests = (StoryRequest("현대", "마을", characters, "하루") for characters in casts)
    it = next((it for request in requests if (it := told(line, request, 1)) is not None), None)
    text = " ".join(page.text for page in tell(it, 1)) if it is not None else ""
    for season, words in OF_ONE.items():
        assert not re.search(words, text) or season in told_seasons(line), (season, text)


@pytest.mark.parametrize("season", OTHERS)
@pytest.mark.parametrize("topic", ["우정", "첫걸음", "심심해요", "용기", "환경", "명절"])
def test_a_story_is_chosen_for_no_other_season(season: str, topic: str) -> None:
    """Neither one about the topic nor a general one."""
    for place in ("시골", "놀이터"):
        found = choice(StoryRequest(OTHERS[season], place, "민지와 준호", topic), 1)
        lines = [by_name()[name] for name in found.storylines if name in by_name()]
        assert found.storylines and all(is_in_season(line, season) for line in lines)


def test_first_snow_is_no_summer_tale() -> None:
    """Though both are seasons."""
    found = choice(StoryRequest("겨울", "동네 골목", "길고양이 치즈와 삼색이", "첫눈"), 1)
    assert "after-the-shade" not in found.storylines
