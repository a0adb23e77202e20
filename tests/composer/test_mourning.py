"""Who has died is mourned, and lives in no picture of the book."""

from __future__ import annotations

import pytest

from storybook.book import StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.mourning import mourned
from storybook.composer.storylines import by_name
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.lexicon import characters_of


def request(characters: str, topic: str) -> StoryRequest:
    return StoryRequest("현대", "우리 집", characters, topic)


@pytest.mark.parametrize(
    ("characters", "topic", "called"),
    [
        ("늙은 강아지 초코와 시우", "강아지가 무지개다리를 건넜어요", "초코"),
        ("시우와 강아지 초코", "초코가 죽었어요", "초코"),
        ("시우와 강아지 초코", "무지개다리", "초코"),
        ("나, 엄마, 아빠, 외할머니", "할머니가 돌아가셨어요", "외할머니"),
        ("나, 엄마, 할머니", "엄마가 돌아가신 할머니를 그리워해요", "할머니"),
        ("할아버지와 남매", "사고로 아빠를 잃은 아이들", "아빠"),
    ],
)
def test_the_dead_are_in_no_picture(characters: str, topic: str, called: str) -> None:
    """Nor do they say anything, whichever story is told; but the book names them."""
    story = request(characters, topic)
    gone = mourned(story, characters_of(story))
    assert gone is not None and gone.called == called
    for name in choice(story, 1).storylines:
        it = told(by_name()[name], story, 1)
        assert it is not None
        pages = tell(it, 1)
        scenes = [page.scene for page in pages if page.scene is not None]
        assert called not in {actor.name for scene in scenes for actor in scene.actors}
        assert called not in {line.character for page in pages for line in page.dialogues}
        assert called in pages[1].summary


def test_a_living_dog_is_not_the_dead_one() -> None:
    """Where nobody says that it has died."""
    assert "old-dogs-ball" not in choice(request("시우와 강아지 초코", "죽음"), 1).storylines
    story = request("시우와 강아지 초코", "할머니가 돌아가셨어요")
    assert mourned(story, characters_of(story)).called == "할머니"  # type: ignore[union-attr]


def test_nobody_is_consoled_by_the_dead() -> None:
    """A lone child whose mother has died is not told so by a mother."""
    for topic in ("엄마가 세상을 떠났어요", "할아버지가 돌아가셨어요"):
        story = request("아이", topic)
        for name in choice(story, 1).storylines:
            it = told(by_name()[name], story, 1)
            assert it is not None and it.alone is not None and it.alone.ko not in topic


def test_where_nobody_died_nobody_is_mourned() -> None:
    story = request("시우와 강아지 초코", "강아지")
    assert mourned(story, characters_of(story)) is None


def test_what_the_characters_bear_counts_whatever_the_topic() -> None:
    """No merry family story for those who have lost a father; no contagion in a ward."""
    lost = choice(request("할아버지와 아빠를 잃은 남매", "용기"), 1)
    assert {"over-and-under", "knock-on-the-tree"} == {*lost.storylines}
    ward = StoryRequest("현대", "소아암 병동", "다섯 살 하늘이", "병원")
    assert {*choice(ward, 1).storylines} == {
        *("flat-hug", "light-on-the-ceiling", "pole-that-follows"),
    }
    sky = StoryRequest("먼 옛날", "하늘나라", "해님, 달님", "나눔")
    assert "over-and-under" not in choice(sky, 1).storylines
