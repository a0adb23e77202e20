"""The topic that is meant by what people type, who type sentences."""

from __future__ import annotations

import pytest

from storybook.lexicon.topics import find_topic, frames, words_in


@pytest.mark.parametrize(
    ("word", "text", "ends"),
    [
        ("밥…안 먹", "밥을 너무 안 먹어요", "밥을 너무 안 먹"),
        ("밥…안 먹", "밥안먹어요", "밥안먹"),
        ("밥…안 먹", "우리 애가 밥을 한 숟가락도 안 먹어요", "우리 애가 밥을 한 숟가락도 안 먹"),
        ("이…닦", "이닦기", "이닦"),
        ("이…닦", "이를 닦기", "이를 닦"),
        ("이…닦", "이도 안 닦아요", "이도 안 닦"),
        ("이…닦", "이를 꼭 닦아야 하나요", "이를 꼭 닦"),
        ("친구…싸웠", "친구랑 어제 싸웠어요", "친구랑 어제 싸웠"),
    ],
)
def test_a_word_with_a_gap_is_found_in_a_sentence(word: str, text: str, ends: str) -> None:
    """With particles, with few other words, and without spaces."""
    assert [*words_in([word], text)] == [(1 + len(ends), len(word))]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("이…닦", "고양이를 닦아요"),
        ("이…닦", "이 책상을 닦아요"),
        ("밥…안 먹", "김밥을 안 먹어요"),
        ("밥…안 먹", "밥그릇은 안 먹어요"),
        ("밥…안 먹", "안 먹어요 밥을"),
        ("친구…싸웠", "친구가 읽은 아주 긴 책에서 호랑이가 싸웠어요"),
    ],
)
def test_a_gap_is_small_and_begins_with_the_whole_of_a_short_word(word: str, text: str) -> None:
    assert [*words_in([word], text)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("밥을 너무 안 먹어요", "편식"),
        ("집에서 뛰면 안 되는 이유", "공공예절"),
        ("자꾸 떼를 써요", "떼쓰기"),
        ("학교 가기 싫대요", "유치원 첫날"),
        ("친구들이 놀려요", "왕따"),
        ("친구랑 놀려고 해요", "우정"),
        ("동생을 때려요", "형제 다툼"),
        ("형이랑 동생이 하루 종일 싸워요", "형제 다툼"),
        ("동생 때문에 샘이 나요", "질투"),
        ("언니 옷을 물려입어서 속상해요", "물려받기"),
        ("천둥 번개 치는 날", "천둥과 큰 소리"),
        ("엄마가 소리 질러서 미안해", "혼난 날"),
        ("엄마한테 미안해요", "사과"),
        ("친구를 때리면 안 돼요", "화"),
        ("주사 맞기 무서워요", "병원"),
        ("벌레가 무서워요", "곤충과 벌레"),
        ("손씻기 싫어하는 아이", "손 씻기"),
        ("약 먹기 싫어요", "병원"),
        ("시금치 먹기 싫어요", "편식"),
        ("별이 보고 싶어요", "우주와 별"),
        ("할머니가 보고 싶어요", "그리움"),
        ("눈사람 만들기", "날씨"),
        ("엄마랑 헤어지기 싫어요", "떨어지기"),
        ("엄마 아빠가 따로 살아요", "이별"),
        ("햄스터가 죽었어요", "죽음"),
        ("친구에게 사과", "사과"),
        ("새해 인사", "명절"),
        ("인사를 안 해요", "부끄러움"),
        ("공룡 친구", "공룡"),
        ("외국에서 온 친구", "다름"),
        ("해외 출장 간 아빠", "그리움"),
        ("혼자 자는 게 무서워요", "잠자기"),
        ("발표하기 무서워요", "부끄러움"),
        ("무서운 공룡", "공룡"),
        ("무서운 꿈을 꿨어요", "무서움"),
        ("동생 때문에 속상해요", "동생"),
        ("친구가 무서워요", "무서움"),
        ("쉬를 바지에 해요", "배변"),
        ("숲속 친구들", "우정"),
        ("사과하는 게 어려워요", "사과"),
        ("횡단보도 건너기", "교통안전"),
        ("마트에서 떼쓰는 건우", "떼쓰기"),
        ("강아지를 갖고 싶어요", "동물 돌보기"),
        ("식당에서 뛰어다녀요", "공공예절"),
        ("눈이 나빠요", "안경"),
        ("코를 파요", "방귀와 몸"),
    ],
)
def test_a_sentence_finds_what_it_is_about(text: str, name: str) -> None:
    found = find_topic(text)
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "text",
    [
        *("사과파이 굽기", "사과를 먹어요", "눈썹", "이야기를 읽어요", "아이가 빠르게 달려요"),
        *("말 타기", "다리를 건너요", "배를 깎아요", "죽을 먹어요", "기가 죽은 아이", "물놀이"),
        *(
            "쉬는 시간",
            "아쉬 놀이",
            "남자야 해병대",
            "잘 자라는 나무",
            "낯선 사람을 따라가면 안 돼요",
        ),
    ],
)
def test_a_word_that_means_something_else_finds_nothing(text: str) -> None:
    """An apple is no apology; and what nobody wrote a story about stays unknown."""
    assert find_topic(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("사고로 아빠를 잃은 아이들", "죽음"),
        ("엄마가 세상을 떠났어요", "죽음"),
        ("강아지를 하늘나라로 보냈어요", "죽음"),
        ("시장에서 엄마를 잃어버렸어요", "길 잃기"),
        ("소아암 병동의 하늘이", "오래 아픈 아이"),
        ("백혈병에 걸린 친구", "오래 아픈 아이"),
        ("오래 아픈 아이에게 힘이 되는 이야기", "오래 아픈 아이"),
        ("수술 받는 날이 무서워요", "오래 아픈 아이"),
        ("아빠가 나랑 안 놀아줘서 속상해", "같이 놀아요"),
        ("친구들이 나랑 안 놀아요", "왕따"),
        ("셋이 놀면 꼭 한 명이 빠져요", "왕따"),
    ],
)
def test_what_is_grave_is_not_taken_for_something_light(text: str, name: str) -> None:
    """Nor the other way round."""
    found = find_topic(text)
    assert found is not None and found.name == name


@pytest.mark.parametrize("text", ["청자 만들기", "암사자", "집에 돌아가는 길"])
def test_a_frame_does_not_claim_its_neighbours(text: str) -> None:
    """A fart is no potty training, clay no drawing, a lioness no illness."""
    assert find_topic(text) is None


def test_what_happens_meanwhile_is_no_topic() -> None:
    """Unless it is grave, or nothing else is said."""
    for text, name in (
        ("할아버지 낮잠 자는 사이에 틀니가 달아났다", "사라진 것을 찾아서"),
        ("엄마가 설거지하는 동안 동생이랑 놀기", "동생"),
        ("낮잠 자는 동안", "잠자기"),
        ("할머니가 돌아가신 동안 나는 몰랐어요", "죽음"),
    ):
        found = find_topic(text)
        assert (found and found.name) == name, text


def test_whose_mother_is_ill_is_not_ill() -> None:
    """A topic gives way to the one that says whose it is; none does so in a circle."""
    for text, name in (
        ("엄마가 암 치료를 받으면서 머리카락이 빠졌어요", "아픈 어른"),
        ("아빠가 백혈병으로 수술했어요", "아픈 어른"),
        ("암에 걸린 아이", "오래 아픈 아이"),
    ):
        found = find_topic(text)
        assert found is not None and found.name == name, text
    yielding = {frame.name for frame in frames() if frame.gives_way_to}
    for frame in frames():
        assert {*frame.gives_way_to} <= {it.name for it in frames()} - yielding
