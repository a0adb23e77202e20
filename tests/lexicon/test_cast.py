"""Reading a cast from the text in which a person named it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.lexicon import cast
from storybook.lexicon.cast import MAX_CAST

CASTS = """
토끼 → 토끼
호기심 많은 토끼, 겁 많은 호랑이 → 호기심 많은/토끼, 겁 많은/호랑이
호기심 많은 아이와 말하는 호랑이 → 호기심 많은/아이, 말하는/호랑이
토끼와 거북이 → 토끼, 거북이
토끼와거북이 → 토끼, 거북이
아이하고 강아지랑 고양이 → 아이, 강아지, 고양이
토끼 & 여우 → 토끼, 여우
토끼/여우/곰 → 토끼, 여우, 곰
용감한 기사 그리고 공주 → 용감한/기사, 공주
토끼 곰 여우 → 토끼, 곰, 여우
개, 소, 양, 말 → 개, 소, 양, 말
토끼 토토와 거북이 부부 → 토토, 남편 거북이, 아내 거북이
용감한 소녀 하나 → 용감한/하나
귀여운 아기 고양이 나비와 씩씩한 강아지 뭉치 → 귀여운/나비, 씩씩한/뭉치
고양이 구름이 → 구름이
고양이 나비 → 나비
토토라는 토끼 → 토토
이름이 토토인 용감한 토끼 → 용감한/토토
토끼(토토) → 토토
토토(용감한 토끼) → 용감한/토토
토토: 용감한 토끼 → 용감한/토토
말하는 호랑이 '산군' → 말하는/산군
착하고 용감한 곰 → 착하고 용감한/곰
작고 하얀 강아지와 크고 까만 고양이 → 작고 하얀/강아지, 크고 까만/고양이
아주 큰 곰 → 아주 큰/곰
길 잃은 아기 곰 → 길 잃은/아기 곰
호랑이 탈을 쓴 여우 → 호랑이 탈을 쓴/여우
할머니의 강아지 → 할머니의/강아지
토끼와 함께 사는 곰 → 토끼와 함께 사는/곰
하늘을 나는 꼬마 토끼 → 하늘을 나는/꼬마 토끼
장화 신은 고양이 → 장화 신은/고양이
소풍 가는 오리 가족 → 소풍 가는/아빠 오리, 엄마 오리, 아기 오리
로봇 강아지 → 로봇 강아지
토끼 할아버지 → 토끼 할아버지
사과 요정 → 사과 요정
노랑 병아리와 파랑새 → 노랑 병아리, 파랑새
사랑 많은 할머니 → 사랑 많은/할머니
미소 짓는 아이 → 미소 짓는/아이
치와와 초코 → 초코
달님과 별님 → 달님, 별님
민수하고 지영이 → 민수, 지영이
민준이랑 서연이랑 → 민준, 서연
엄마랑 아빠랑 나랑 → 엄마, 아빠, 나
흥부와 놀부 → 흥부, 놀부
곰 세 마리 → 첫째 곰, 둘째 곰, 막내 곰
아기 돼지 삼형제 → 첫째 아기 돼지, 둘째 아기 돼지, 막내 아기 돼지
곰, 곰 → 첫째 곰, 둘째 곰
큰 곰, 작은 곰 → 큰 곰, 작은 곰
토끼와 거북이 이야기 → 토끼, 거북이
Tom과 R2D2 → Tom, R2D2
a brave rabbit and Tom the cat → 용감한/토끼, Tom
🐰, 🐻 → 토끼, 곰
토끼와 → 토끼
토끼는 호기심이 많다 → 토끼
우리 가족 → 아빠, 엄마, 나
엄마 아빠 동생 → 엄마, 아빠, 동생
해님 달님 → 해님, 달님
주인공: 토끼, 악당: 늑대 → 주인공 토끼, 악당
펭귄 뽀로로와 공룡 크롱 → 뽀로로, 크롱
백설공주와 네 난쟁이 → 백설공주, 첫째 난쟁이, 둘째 난쟁이, 셋째 난쟁이, 넷째 난쟁이
!!! → 친구
우산을 들고 다니는, 비를 좋아하는 하늘이 → 우산을 들고 다니는 비를 좋아하는/하늘이
착한, 용감한 토끼와 작고, 하얀 고양이 → 착한 용감한/토끼, 작고 하얀/고양이
벌레를 무서워하는 민수, 벌레를 좋아하는 지은 → 벌레를 무서워하는/민수, 벌레를 좋아하는/지은
지은, 하은, 민수 → 지은, 하은, 민수
구두 한 짝 → 구두
해달 부부 → 남편 해달, 아내 해달
노부부 → 할아버지, 할머니
여덟 살 누나와 네 살 남동생 → 여덟 살/누나, 네 살/남동생
깨물기 대장 봄이랑 토끼반 선생님 → 깨물기 대장/봄이, 토끼반 선생님
초1 서준이 → 초1/서준이
대장장이가 되고 싶은 분이와 아버지 → 대장장이가 되고 싶은/분이, 아버지
의사가 되고 싶은 토끼 → 의사가 되고 싶은/토끼
소희네 가족 → 소희, 엄마, 아빠
세 친구 민지 지우 서준 → 민지, 지우, 서준
쌍둥이 → 첫째 쌍둥이, 둘째 쌍둥이
쌍둥이 자매 → 쌍둥이 언니, 쌍둥이 동생
토끼 쌍둥이 → 첫째 쌍둥이 토끼, 둘째 쌍둥이 토끼
토끼 남매 → 오빠 토끼, 동생 토끼
다섯 아이들 → 첫째 아이, 둘째 아이, 셋째 아이, 넷째 아이, 다섯째 아이
귀여운 세 친구 → 귀여운/첫째 친구, 둘째 친구, 셋째 친구
강아지 한 마리 → 강아지
고양이 3마리 → 첫째 고양이, 둘째 고양이, 막내 고양이
the three little pigs → 첫째 돼지, 둘째 돼지, 막내 돼지
엄마 아빠와 나 → 엄마, 아빠, 나
나와 내 동생 민서 → 나, 민서
다섯 살 지우와 78세 김영자 할머니 → 다섯 살/지우, 78세/김영자 할머니
토토(용감한 토끼, 다섯 살), 곰 → 용감한 다섯 살/토토, 곰
🐱🐶 → 고양이, 강아지
용감한 🐰 → 용감한/토끼
🐰토끼, 곰 🐻 → 토끼, 곰
🐻 곰과 🐰 토끼 → 곰, 토끼
혼자 남은 작은 로봇 별이 → 혼자 남은 작은/별이
외계인 구름이와 로봇 강아지 → 구름이, 로봇 강아지
쌍둥이 자매 하나, 두나 → 하나, 두나
엄마 아빠와 연년생 남매 준서, 윤서 → 엄마, 아빠, 연년생/준서, 윤서
쌍둥이 남매 하준이 하린이 → 하준이, 하린이
이란성 쌍둥이 도윤 도아 → 이란성/도윤, 도아
고양이 형제 치즈와 까망이 → 치즈, 까망이
우리 가족 네 명하고 강아지 보리 → 아빠, 엄마, 나, 동생, 보리
우리 네 식구 → 아빠, 엄마, 나, 동생
4인 가족과 고양이 → 아빠, 엄마, 아이, 동생, 고양이
소희네 네 식구 → 소희, 엄마, 아빠, 동생
토끼 가족 네 마리 → 아빠 토끼, 엄마 토끼, 첫째 아기 토끼, 둘째 아기 토끼
아이 둘과 엄마 → 첫째 아이, 둘째 아이, 엄마
웰시코기 몽이와 웜뱃 → 몽이, 웜뱃
"""


@pytest.mark.parametrize("line", CASTS.strip().splitlines())
def test_a_cast_is_read_as_a_person_means_it(line: str) -> None:
    """Lists, joining particles, descriptions, given names and counted groups are understood."""
    text, expected = line.split(" → ")
    read = [f"{one.description}/{one.name}" if one.description else one.name for one in cast(text)]
    assert ", ".join(read) == expected


KINDS = """
토끼 토토 → rabbit
꼬마토끼 → rabbit
아기곰 → bear
북극곰 → bear
토끼 할아버지 → rabbit
로봇 강아지 → dog
용감한 소녀 하나 → girl
세종대왕 → prince
고양이 구름이 → cat
아기 별 → spirit
뽀로로 → child
"""


@pytest.mark.parametrize("line", KINDS.strip().splitlines())
def test_a_character_is_painted_as_its_kind(line: str) -> None:
    """The head noun decides the motif; who has no known kind looks like a child."""
    text, motif = line.split(" → ")
    assert [character.kind.motif for character in cast(text)] == [motif]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_cast(text: str) -> None:
    """Whatever is typed, there are one to eight characters with distinct, printable names."""
    characters = cast(text)
    names = [character.name for character in characters]
    assert 1 <= len(names) <= MAX_CAST
    assert len(set(names)) == len(names)
    assert all(name.strip() == name and name and '"' not in name for name in names)


def test_a_crowd_is_cut_to_what_a_book_can_hold() -> None:
    """A long list gives the first eight."""
    names = "토끼, 곰, 여우, 사슴, 소, 양, 개, 말, 닭, 뱀"
    assert [character.name for character in cast(names)][-1] == "말"


def test_a_noun_that_says_what_somebody_is_like_describes_it() -> None:
    """겁쟁이 토끼 is a rabbit, and timid."""
    coward, boy = cast("겁쟁이 토끼와 개구쟁이 소년 민준")
    assert (coward.name, coward.description, coward.kind.en) == ("토끼", "겁쟁이", "rabbit")
    assert (boy.name, boy.description, boy.kind.ko) == ("민준", "개구쟁이", "소년")
    assert cast("겁쟁이")[0].name == "겁쟁이"


@pytest.mark.parametrize("text", ["버튼 1번부터 20번까지", "1번부터 20번까지의 버튼"])
def test_a_range_is_several_and_no_name(text: str) -> None:
    """The first three, each by its number."""
    assert [one.name for one in cast(text)] == ["1번 버튼", "2번 버튼", "3번 버튼"]


def test_cousins_are_several() -> None:
    """With a mouth each."""
    assert len(cast("사촌들과 할머니")) == 4


def test_a_name_is_no_cow_and_a_shopkeeper_no_name() -> None:
    """A particle agrees with its word, many nouns end in 인, and a place is no part of a name."""
    for text, names in (
        ("다섯 살 소이와 낡은 토끼 인형 뚜뚜", ["소이", "뚜뚜"]),
        ("눈이 세 개인 외계인 뽀글이와 주인 아주머니", ["뽀글이", "아주머니"]),
        ("소방관 삼촌과 어린이집 아이들", ["소방관 삼촌", "첫째 아이", "둘째 아이", "셋째 아이"]),
        ("외계인 친구", ["외계인 친구"]),
        ("이름이 토토인 토끼", ["토토"]),
    ):
        assert [it.name for it in cast(text)] == names
    (soi, traveller) = cast("소이와 나그네")
    assert (soi.kind.ko, traveller.kind.en, traveller.age_group) == ("소이", "traveller", "adult")
