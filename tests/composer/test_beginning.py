"""The first sentence of a book: where its heroes are, and when, in words that a book has."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.engine import pages_of
from storybook.engines import WritingTask

SEEDS = range(12)


def first_sentences(era: str, place: str, characters: str) -> set[str]:
    """Those of a dozen books."""
    story = StoryRequest(era, place, characters, "우정")
    tasks = (WritingTask(story, 5, seed, storyline="two-ends-of-a-thread") for seed in SEEDS)
    return {re.split(r"(?<=[.?]) ", pages_of(it)[1].summary)[0] for it in tasks}


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("시골 할머니 방", "시골 할머니 집"),
        ("어린이집 놀이방", "어린이집에"),
        ("중환자실 앞 복도", "중환자실 앞에"),
        ("우리 집 앨범 속", "우리 집 앨범 속에"),
        ("대구 큰아버지 댁", "대구 큰아버지 댁에서"),
        ("베란다", "베란다가 있는 집"),
        ("아빠 치킨집", "아빠 치킨집에"),
        ("발표 시간", "발표 시간에"),
    ],
)
def test_one_is_at_a_place_as_one_can_be(place: str, where: str) -> None:
    """Nobody lives in front of something, in an album or in a lesson."""
    for sentence in first_sentences("현대", place, "민지와 준호"):
        assert where in sentence
        may_live = place in ("베란다", "시골 할머니 방")
        assert may_live or ("살" not in sentence and "사는" not in sentence), sentence


def test_who_tells_a_book_does_not_present_itself() -> None:
    """나와 아빠는 …, and no 만나 볼까요; nor does anybody of whom there is much to say."""
    for sentence in first_sentences("현대", "시골", "나, 아빠"):
        assert "나와 아빠는" in sentence and "만나 볼까요" not in sentence
    long = "노란 멜빵바지를 입고, 솜사탕을 좋아하는 다섯살 윤슬이, 할머니"
    for sentence in first_sentences("현대", "시골", long):
        assert "다섯 살 윤슬이" in sentence and "만나 볼까요" not in sentence


@pytest.mark.parametrize(
    ("era", "begins"),
    [("아무 때나", ("어느 날, ", "언젠가, ")), ("한밤중", ("한밤중, ",)), ("설날", ("설날, ",))],
)
def test_a_time_that_is_no_age_is_told_as_it_is(era: str, begins: tuple[str, ...]) -> None:
    """And not as a tale of it."""
    assert all(it.startswith(begins) for it in first_sentences(era, "시골", "민지와 준호"))


@pytest.mark.parametrize("era", ["현대", "조선시대"])
@pytest.mark.parametrize(
    "place",
    [
        "시골",
        "할머니 집",
        "병실",
        "생일잔치",
        "기차 안",
        "학교",
        "시장",
        "가방 안",
        "욕조",
        "냉동실",
    ],
)
@pytest.mark.parametrize(
    "characters", ["나, 아빠", "노란 멜빵바지를 입고, 솜사탕을 좋아하는 다섯 살 윤슬이"]
)
def test_there_is_a_beginning_for_everybody_everywhere(
    era: str, place: str, characters: str
) -> None:
    """Wherever one lives, stays, visits, rides, learns or just is."""
    assert all(first_sentences(era, place, characters))
