"""Evening and morning come to the request's place, which so stays in the story."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.hours import Hour, at_the_hour
from storybook.composer.storylines import Storyline, by_name, storylines
from storybook.composer.surroundings import Distance
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell

SUNSET = Hour(3, "sunset", "noon", inside=False, distance=Distance.AT)
INSIDE = Hour(3, "night", "noon", inside=True, distance=Distance.AT)
AWAY = Hour(3, "sunset", "noon", inside=False, distance=Distance.FAR)


@pytest.mark.parametrize(
    ("text", "place", "hour", "told_as"),
    [
        (
            "해가 기울도록 오지 않았어요.",
            "놀이터",
            SUNSET,
            "놀이터 너머로 해가 기울도록 오지 않았어요.",
        ),
        ("쿵! 밤이 되자 곰이 왔어요.", "연못가", SUNSET, "쿵! 연못가에도 밤이 오자 곰이 왔어요."),
        ("밤이 깊었어요. 쿨쿨.", "캠핑장", SUNSET, "캠핑장에도 밤이 깊었어요. 쿨쿨."),
        ("밤이 되었어요.", "거실", INSIDE, "거실에도 밤이 왔어요."),
        ("해가 지고 말았어요.", "기차 안", INSIDE, "기차 창밖으로 해가 지고 말았어요."),
        ("곰은 앉았어요.", "골목", SUNSET, "어느새 골목 너머로 해가 기울었어요. 곰은 앉았어요."),
        ("그런데 곰이 왔어요.", "골목", SUNSET, ""),
        ("해가 기울자 놀이터가 비었어요.", "놀이터", SUNSET, ""),
        ("해가 기울었어요.", "거실", SUNSET, ""),
        ("해가 기울었어요.", "부엌 식탁 밑", SUNSET, ""),
        ("해가 기울었어요.", "동네 식당", AWAY, ""),
        ("해가 기울었어요.", "비행기", SUNSET, ""),
    ],
)
def test_an_hour_comes_at_the_place(text: str, place: str, hour: Hour, told_as: str) -> None:
    """Over it, before its window, or to it; not where the story is elsewhere, nor twice."""
    assert at_the_hour(text, place, hour) == told_as


@pytest.mark.parametrize("line", storylines(), ids=lambda it: it.name)
def test_the_hour_is_that_of_the_picture(line: Storyline) -> None:
    """No page is told as evening whose picture has the noon."""
    story = StoryRequest("현대", "골목", "민지와 준호", "하루")
    it = told(line, story, 1)
    for page in tell(it, 1)[1:] if it is not None else ():
        assert page.scene is not None
        if "어느새 골목 너머로 해가 기울었어요" in page.summary:
            assert page.scene.time == "sunset"
        if "어느새 골목에도 밤이 왔어요" in page.summary:
            assert page.scene.time == "night"


def test_a_later_page_names_the_place() -> None:
    """At grandmother's, at the camp, in the lane."""
    for place, name in (("할머니 댁", "nobody-is-it"), ("캠핑장", "did-you-see")):
        it = told(by_name()[name], StoryRequest("현대", place, "태오와 보리", "하루"), 1)
        it = it or told(by_name()[name], StoryRequest("현대", place, "태오", "하루"), 1)
        assert it is not None
        later = " ".join(page.summary for page in tell(it, 1)[2:])
        assert re.search(f"{place}(?: 너머로|에도)", later), later
