"""How the rest of a larger cast is called: by name once, and together from then on."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.arcs import arc_of, arcs
from storybook.composer.compose import compose
from storybook.composer.others import are_named, in_a_row, together, told_once
from storybook.composer.storylines import by_name, storylines
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.lexicon import cast


def told_of(characters: str, storyline: str = "shop-of-nothing") -> list[str]:
    """The texts of a book's four pages."""
    it = told(by_name()[storyline], StoryRequest("현대", "집", characters, "정리정돈"), 3)
    assert it is not None
    return [page.text for page in tell(it, 3)[1:]]


@pytest.mark.parametrize(
    ("characters", "word"),
    [
        ("토끼, 곰, 아빠, 강아지", "식구들"),
        ("아이, 동생, 엄마, 할머니", "식구들"),
        ("토끼, 곰, 여우, 새", "다른 친구들"),
        ("아이, 할머니, 여우, 새", "친구들"),
        ("곰, 첫째 요정, 둘째 요정, 셋째 요정", "다른 요정들"),
        ("곰, 여우, 둘째 요정, 셋째 요정", "요정들"),
        ("나, 여우, 아랫집 할아버지, 택배 아저씨", "어른들"),
        ("나, 엄마, 아랫집 할아버지, 택배 아저씨", "다른 어른들"),
        ("루돌프, 토끼, 산타 할아버지, 여우, 곰", "나머지 셋"),
    ],
)
def test_the_others_are_called_by_what_they_are(characters: str, word: str) -> None:
    """Those of a family 식구들, peers 친구들, grown-ups 어른들; a group by its noun."""
    hero, second, *rest = cast(characters)
    assert together(rest, [hero, second]) == word


def test_the_others_are_told_by_name_once_a_book() -> None:
    """Beside the first sentence, in which everybody is."""
    pages = told_of("토끼, 곰, 여우, 다람쥐")
    assert " ".join(pages).count("여우") == 2
    assert all("다른 친구들" in text for text in pages[1:])


def test_a_grandmother_and_a_dog_have_no_verb_together() -> None:
    """So they are never told by name in one sentence, nor are more than three."""
    assert not are_named(cast("할머니, 누렁이"))
    assert not are_named(cast("여우, 새, 쥐, 소"))
    assert not are_named(cast("둘째 요정, 셋째 요정"))
    assert are_named(cast("엄마, 아빠")) and are_named(cast("여우, 누렁이"))
    assert "누렁이" not in re.sub("^[^.]*[.]", "", " ".join(told_of("아이, 동생, 할머니, 누렁이")))


def test_a_lone_other_keeps_its_name() -> None:
    """No word is shorter than it."""
    assert all("여우" in text for text in told_of("토끼, 곰, 여우"))


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (["토끼"], "토끼"),
        (["곰", "토끼"], "곰과 토끼"),
        (["곰", "토끼", "여우"], "곰, 토끼, 여우"),
        (["엄마", "나", "형"], "나와 엄마, 형"),
    ],
)
def test_names_stand_in_a_row(names: list[str], row: str) -> None:
    """With no 그리고 before the last; who tells it comes first."""
    assert in_a_row(names) == row


def test_a_group_is_introduced_as_one() -> None:
    """꼬마 요정 셋, and not each of them; of nothing but bears each is named."""
    assert "루돌프와 착한 꼬마 요정 셋" in told_of("루돌프, 착한 꼬마 요정 셋")[0]
    assert "첫째 곰, 둘째 곰, 막내 곰" in told_of("곰 세 마리")[0]


def test_who_is_away_is_said_to_be_at_home_once() -> None:
    """And of others only where they live there."""
    pages = ["집에 있는 {b:는} 웃었어요. 집에 있는 {rest:도} 웃었어요.", "집에 있는 {b:가} 왔어요."]
    assert told_once(pages, are_kin=True) == [
        "집에 있는 {b:는} 웃었어요. {rest_by_name:도} 웃었어요.",
        "{b:가} 왔어요.",
    ]
    only = ["집에 있는 {rest:도} 웃었어요."]
    assert told_once(only, are_kin=True) == ["집에 있는 {rest_by_name:도} 웃었어요."]
    assert told_once(only, are_kin=False) == ["{rest_by_name:도} 웃었어요."]


@pytest.mark.parametrize(
    ("characters", "word"), [("토끼, 곰", "둘 다"), ("토끼", "둘 다"), ("토끼, 곰, 여우", "모두")]
)
def test_two_are_not_everybody(characters: str, word: str) -> None:
    """One alone has somebody beside it."""
    assert f"이번에는 {word} 항아리" in told_of(characters, "nobody-left-to-seek")[3]


def test_whoever_is_alone_has_somebody_beside_where_all_are_told_of() -> None:
    """둘 다 is never one."""
    told_all = [line for line in storylines() if "{all}" in str(line.page)]
    assert told_all
    assert all(line.alone is not None for line in told_all if "one" in line.casts)


def test_an_older_storyline_tells_of_the_others_so_where_it_was_chosen() -> None:
    """By name on the first page alone; where it was not, as it always did."""
    story = StoryRequest("옛날", "숲속", "토끼, 곰, 여우, 다람쥐", "모험")
    for number, line in enumerate(it for it in arc_of("모험").storyline if it.cast == "two"):
        text = " ".join(page.text for page in compose(story, 1, chosen=line)[2:])
        assert "다람쥐" not in text and "다른 친구들" in text, number
    assert all("다람쥐" in page.text for page in compose(story, 1)[1:])


def test_the_others_are_in_no_picture_where_all_of_them_are_away() -> None:
    """Also where the text has one word for them."""
    story = StoryRequest("옛날", "숲속", "토끼, 곰, 여우, 다람쥐", "모험")
    lines = [line for arc in arcs() for line in arc.storyline if line.cast == "two"]
    away = 0
    for line in lines:
        for page, scene in zip(compose(story, 1, chosen=line)[1:], line.page, strict=True):
            if "rest" not in scene.away or "다른 친구들은 집에 남아" not in page.text:
                continue
            assert page.scene is not None
            there = {it.name for it in page.scene.actors}
            assert not there & {"여우", "다람쥐"}, page.text
            away += 1
    assert away
