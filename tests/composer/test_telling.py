"""How names are called, listed and introduced."""

from __future__ import annotations

import pytest

from storybook.composer.telling import called, filled, introduced, listed, spoken
from storybook.lexicon import cast


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("곰", "곰아"),
        ("토끼", "토끼야"),
        ("호랑이", "호랑이야"),
        ("아기 호랑이", "아기 호랑이야"),
        ("민준", "민준아"),
        ("민준이", "민준아"),
        ("하나", "하나야"),
        ("할머니", "할머니"),
        ("공주님", "공주님"),
        ("거북이 부부", "거북이 부부"),
        ("Tom", "Tom"),
        ("R2D2", "R2D2"),
    ],
)
def test_a_name_is_called_as_a_child_calls_it(name: str, call: str) -> None:
    """Friends by 아 and 야, elders and foreign names as they are."""
    assert called(name) == call


def test_names_are_listed_as_in_a_picture_book() -> None:
    """Two by 와, more with 그리고 before the last."""
    assert listed(["토끼"]) == "토끼"
    assert listed(["토끼", "곰"]) == "토끼와 곰"
    assert listed(["곰", "토끼", "여우"]) == "곰과 토끼, 그리고 여우"
    assert listed(["곰", "토끼", "여우", "새"]) == "곰, 토끼, 여우, 그리고 새"


@pytest.mark.parametrize(
    ("text", "introduction"),
    [
        ("토끼", "토끼"),
        ("호기심 많은 토끼 토토", "호기심 많은 토끼 토토"),
        ("토끼 할아버지", "토끼 할아버지"),
        ("뽀로로", "뽀로로"),
        ("귀여운 아기 고양이 나비", "귀여운 아기 고양이 나비"),
        ("32개월 우리 아들 태오", "32개월 된 태오"),
        ("우리 막내 도윤이", "도윤이"),
        ("초1 은우", "초등학교 1학년 은우"),
        ("초등 2학년 한결이", "초등학교 2학년 한결이"),
    ],
)
def test_a_character_is_introduced_with_kind_and_name(text: str, introduction: str) -> None:
    """Description, kind and name stand once each."""
    assert introduced(cast(text)[0]) == introduction


def test_a_slot_takes_its_particle_from_what_fills_it() -> None:
    """Also the last word alone, and a particle on top of another."""
    words = {"a": "곰", "tree": "커다란 참나무"}
    assert filled("{a:는} {tree:로} 가요. {tree_noun:가} 커요.", words) == (
        "곰은 커다란 참나무로 가요. 참나무가 커요."
    )


def test_a_spoken_line_loses_its_mark_and_names_its_speaker() -> None:
    """What is printed has plain quotation marks."""
    text, lines = spoken('곰이 말했어요. "a:안녕?" "b:응!"', {"a": "곰", "b": "새"})
    assert text == '곰이 말했어요. "안녕?" "응!"'
    assert [(line.character, line.text) for line in lines] == [("곰", "안녕?"), ("새", "응!")]


def test_a_girl_called_hana_is_not_taken_for_not_one() -> None:
    """하나도 says that there is none."""
    assert filled("{a:도} 웃었어요.", {"a": "하나"}) == "하나 역시 웃었어요."
    assert filled("{rest:도} 웃었어요.", {"rest": "곰과 하나"}) == "곰과 하나 역시 웃었어요."
    assert filled("{a:도} 웃었어요.", {"a": "하나둘"}) == "하나둘도 웃었어요."
