"""The first sentence of a book: where its heroes are, and when, in words that a book has."""

from __future__ import annotations

import random
import re

import pytest

from storybook.book import StoryRequest
from storybook.composer import request
from storybook.composer.beginnings import Heroes, beginning
from storybook.composer.engine import pages_of
from storybook.composer.setting import setting_of
from storybook.composer.storylines import Storyline, by_name, storylines
from storybook.composer.surroundings import Distance, distance
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.composer.whereabouts import told_place
from storybook.engines import WritingTask

SEEDS = range(12)


def first_sentences(era: str, place: str, characters: str) -> set[str]:
    """Those of a dozen books."""
    story = StoryRequest(era, place, characters, "우정")
    tasks = (WritingTask(story, 5, seed, storyline="two-ends-of-a-thread") for seed in SEEDS)
    return {re.split(r"(?<=[.?]) ", pages_of(it)[1].summary)[0] for it in tasks}


@pytest.mark.parametrize(
    ("era", "place", "where", "does"),
    [
        ("현대", "우리 집 욕실", "어느 집", "살|사는"),
        ("현대", "부엌", "어느 집", "살|사는"),
        ("현대", "따뜻한 이불 속", "어느 집", "살|사는"),
        ("현대", "옷장 앞", "어느 집", "살|사는"),
        ("현대", "아파트 계단", "아파트", "살|사는"),
        ("현대", "시립도서관", "시립도서관 근처", "살|사는"),
        ("현대", "도서관 화장실", "도서관 근처", "살|사는"),
        ("현대", "기차 안", "기차[에를]", "타고"),
        ("현대", "열기구 안", "열기구[에를]", "타고"),
        ("현대", "공항과 비행기 안", "비행기[에를]", "타고"),
        ("현대", "집과 병원", "집과 병원을", "오가며"),
        ("현대", "유치원", "유치원에", "다니|다녀"),
        ("현대", "학교 복도", "학교에", "다니|다녀"),
        ("현대", "보건실", "어느 학교에", "다니|다녀"),
        ("현대", "소아 병동", "소아 병동에서", "지내"),
        ("현대", "할머니 댁", "할머니 댁에서", "지내"),
        ("현대", "운동회", "운동회에", "와 있|왔"),
        ("현대", "가방 안", "가방 안에", "있"),
        ("1988년", "캠핑장", "캠핑장에서", "지내|지냈"),
        ("1988년", "골목길", "골목길에", "살"),
        ("조선시대", "서당", "서당에", "다니|다녔"),
    ],
)
def test_a_story_begins_where_one_lives(era: str, place: str, where: str, does: str) -> None:
    """In the house around a room, near a pool, on the train, or for a while at grandmother's; of
    today no time is named but in one sentence of several."""
    words = request.era_words(era), told_place(place, is_teller=False), Heroes("한 아이")
    begun = {beginning(*words, random.Random(seed)) for seed in range(40)}
    assert all(re.search(where, it) and re.search(does, it) for it in begun), begun
    assert not [it for it in begun if "바로 요즘" in it]
    assert era != "1988년" or all(it.startswith("1988년, ") for it in begun)


AWAY = (
    *("공항과 비행기 안", "동네 식당", "수영장", "아파트 엘리베이터"),
    *("캠핑장", "열기구 안", "병실", "발표회"),
)
CASTS = ("민지와 준호", "민지", "민지, 준호, 엄마, 아빠", "민지와 엄마")


@pytest.mark.parametrize(
    ("number", "line"), [*enumerate(storylines())], ids=lambda it: getattr(it, "name", "")
)
def test_a_beginning_leads_to_where_the_story_is_told(number: int, line: Storyline) -> None:
    """Nobody sits in a plane in the first sentence and on a sledge in the second."""
    place = AWAY[number % len(AWAY)]
    stories = (StoryRequest("현대", place, characters, "하루") for characters in CASTS)
    it = next((it for story in stories if (it := told(line, story, 1)) is not None), None)
    if it is None or distance(line.page[0].place, it.story, it.setting) != Distance.FAR:
        return
    first = re.split(r"(?<=[.?]) ", tell(it, 1)[1].summary)[0]
    assert not re.search("있어요|오늘|타고 가요|지내요", first), first
    assert re.search("[었았왔렸냈탔][어]요", first), first


@pytest.mark.parametrize(
    ("key", "place", "far"),
    [
        ("hillside", "동네 식당", Distance.FAR),
        ("kitchen", "동네 식당", Distance.AT),
        ("hillside", "캠핑장", Distance.AT),
        ("bedroom", "캠핑장", Distance.FAR),
        ("bedroom", "우리 집", Distance.NEAR),
        ("garden", "놀이터", Distance.AT),
        ("bedroom", "놀이터", Distance.FAR),
        ("hillside", "수영장", Distance.FAR),
        ("hillside", "우주 정거장", Distance.AT),
        ("traincar", "기차 안", Distance.AT),
        ("garden", "비행기", Distance.FAR),
        ("classroom", "초등학교 2학년 교실", Distance.AT),
        ("livingroom", "할머니 댁", Distance.NEAR),
        ("stream", "무대 뒤", Distance.FAR),
        ("stream", "옷장 앞", Distance.NEAR),
        ("stream", "사탕 공작소", Distance.FAR),
    ],
)
def test_a_page_is_so_far_from_the_place(key: str, place: str, far: Distance) -> None:
    """By whether one is there, may be without a word, or has to be led."""
    story = StoryRequest("현대", place, "민지", "하루")
    assert distance(key, story, setting_of(story, is_water=False)) == far


def test_a_first_flight_is_still_to_come() -> None:
    """Who flies for the first time has not been away yet; what weighs is told without a day."""
    line = by_name()["catching-the-wind"]
    for topic, said in (("비행기 처음 타는 날", "전날"), ("여행", "다음 날|길이었")):
        it = told(line, StoryRequest("현대", "비행기 안", "라희와 할머니", topic), 1)
        assert it is not None
        assert all(re.search(said, tell(it, seed)[1].summary) for seed in SEEDS)
    war = told(
        by_name()["bell-for-dinner"], StoryRequest("현대", "기차 안", "소피아, 엄마", "전쟁"), 1
    )
    assert war is not None and "얼마 전의 일" in tell(war, 1)[1].summary


def test_who_belongs_in_a_shop_gets_out_of_it() -> None:
    """Breads and mice live where people only come to."""
    line = by_name()["sea-sparks"]
    for characters, said in (("팥붕어빵과 슈크림붕어빵", "빠져나|몰래"), ("민지와 준호", "다녀왔")):
        it = told(line, StoryRequest("현대", "포장마차", characters, "바다"), 1)
        assert it is not None and re.search(said, tell(it, 1)[1].summary)


def test_books_do_not_all_begin_alike() -> None:
    """A dozen books have half a dozen beginnings, and few are presented like guests."""
    story = StoryRequest("현대", "시골", "민지와 준호", "우정")
    line = by_name()["two-ends-of-a-thread"]
    it = told(line, story, 1)
    assert it is not None
    begun = [re.split(r"(?<=[.?]) ", tell(it, seed)[1].summary)[0] for seed in range(60)]
    assert len({*begun}) >= 7
    assert sum("만나 볼까요" in sentence for sentence in begun) < 15


def test_no_two_clauses_stand_before_a_name() -> None:
    """유치원에 다니는 밥을 천천히 먹는 예준이 is nobody's Korean; lists have no 그리고."""
    for place in ("유치원", "시골", "숲속 마을"):
        for sentence in first_sentences("현대", place, "밥을 천천히 먹는 여섯 살 예준이, 토끼, 곰"):
            assert not re.search("(?:다니는|사는) 밥을", sentence), sentence
            assert "그리고" not in sentence and "토끼, 곰" in sentence


def test_our_house_is_that_of_who_tells() -> None:
    """Anybody else lives in some house."""
    assert all("우리 집" in it for it in first_sentences("현대", "우리집", "나, 엄마"))
    assert all("어느 집" in it for it in first_sentences("현대", "우리 집", "현서, 엄마"))
    assert told_place("우리나라", is_teller=False) == "우리나라"


def test_a_mother_goes_to_no_kindergarten() -> None:
    """She has come there."""
    for sentence in first_sentences("현대", "유치원", "예준이와 엄마"):
        assert not re.search("다니|다녀요", sentence), sentence


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("시골 할머니 방", "시골 할머니 집"),
        ("어린이집 놀이방", "어린이집에"),
        ("중환자실 앞 복도", "중환자실 앞에"),
        ("할머니네 앨범 속", "할머니네 앨범 속에"),
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
