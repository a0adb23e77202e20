"""What is known of a character beside its name."""

from __future__ import annotations

import pytest

from storybook.book import FIRST_READING
from storybook.lexicon import cast
from storybook.lexicon.people import sizes_of
from storybook.lexicon.words import data, folk_of, is_thing

KNOWN = """
민지 → girl female child
준호 → boy male child
돌쇠 → boy male child
서연이 → girl female child
하늘이 → child - child
지우 → child - child
뽀로로 → child - child
나 → child - child
다섯 살 여자아이 하늘이 → girl female child
훈장님 → grandfather male elder
선생님 → teacher - adult
남자 간호사 → nurse male adult
소방관 → firefighter - adult
의사 민지 → doctor female adult
엄마 공룡 → dinosaur female adult
아기 공룡 → dinosaur - baby
엄마를 잃은 아기 새 → bird - baby
할머니의 강아지 → dog - child
토끼 할아버지 → rabbit male elder
늙은 나무 → tree spirit - elder
곰 → bear - -
일흔 살 김민수 → man male elder
세 살 민준이 → boy male child
두 살 민준이 → boy male baby
구두 → little shoe - -
물병 → little bottle - -
벽시계 → little clock - -
그림자 → little shadow - -
구름 → cloud - -
곰 인형 → little teddy bear - -
"""


@pytest.mark.parametrize("line", KNOWN.strip().splitlines())
def test_a_character_carries_what_its_words_say(line: str) -> None:
    """A name that only girls have is a girl's; where nobody knows, nothing is claimed."""
    text, expected = line.split(" → ")
    (who,) = cast(text)
    assert f"{who.kind.en} {who.sex or '-'} {who.age_group or '-'}" == expected


def test_sizes_are_facts_of_the_cast() -> None:
    """A mother is as tall as her kind, her baby half of that, and a mouse smaller than both."""
    baby, mother, mouse = cast("아기 공룡, 엄마 공룡, 생쥐")
    assert mother.height == 2 * baby.height > 4 * mouse.height
    child, grown = cast("아이와 엄마")
    assert child.height < grown.height == 1.0


def test_a_thing_is_a_thing_with_a_face() -> None:
    """It is no child, and no animal, and has a colour of its own."""
    for text in ("구두", "물병", "시계", "그림자", "칫솔", "냉장고", "무지개"):
        (who,) = cast(text)
        assert is_thing(who.kind) and folk_of(who.kind) == "being", text


def test_only_things_are_things() -> None:
    """What moves by itself in life needs no face to be somebody."""
    things = [entry for entry in data()["kind"] if entry.get("thing")]
    assert all(entry["folk"] == "being" and entry["en"].startswith("little ") for entry in things)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("구두 한 짝", "짝"),
        ("엄마, 아빠, 나", "엄마 아빠 아이"),
        ("거북이 부부", "거북이 부부"),
        ("노란 우산을 들고 다니는, 하늘이", "우산을 들고 다니는 하늘이"),
    ],
)
def test_a_run_keeps_the_names_of_its_own_reading(text: str, names: str) -> None:
    """What was asked for under the first reading is read by it for ever."""
    assert " ".join(who.name for who in cast(text, FIRST_READING)) == names


@pytest.mark.parametrize(
    ("characters", "sizes"),
    [
        ("토끼", [""]),
        ("토끼, 곰", ["small", "large"]),
        ("코끼리, 생쥐", ["huge", "tiny"]),
        ("엄마 공룡, 아기 공룡", ["large", "small"]),
        ("아이, 할머니", ["small", "large"]),
    ],
)
def test_how_large_somebody_is_beside_the_others(characters: str, sizes: list[str]) -> None:
    """The scene has it for whoever draws; one who is alone, or as tall as the others, has none."""
    everyone = cast(characters)
    assert [*sizes_of(everyone).values()] == sizes


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("나, 형, 사촌누나", "male"),
        ("나와 누나", "male"),
        ("언니와 나", "female"),
        ("나, 큰오빠", "female"),
        ("나와 아빠", ""),
    ],
)
def test_who_tells_is_known_by_what_it_calls_the_elder_ones(text: str, sex: str) -> None:
    """Only a boy says 형 and 누나, only a girl 오빠 and 언니."""
    teller = next(it for it in cast(text) if it.name == "나")
    assert (teller.sex, teller.age_group) == (sex, "child")


@pytest.mark.parametrize(
    ("text", "sexes"),
    [
        ("2학년 형 민서랑 여섯 살 동생 지율이", "male male"),
        ("언니 하율이와 동생 지율이", "female female"),
        ("오빠 지환이와 동생 지우", "male female"),
        ("쌍둥이 자매 하람, 지율", "female female"),
        ("세 형제 봄이, 여름이, 가을이", "male male male"),
        ("고양이 형제 치즈와 까망이", "male male"),
        ("남매 지율이와 하율이", " "),
    ],
)
def test_siblings_tell_of_each_other_what_they_are(text: str, sexes: str) -> None:
    """Who has a 형 is a boy, and two sisters are girls; of 남매 nothing is claimed."""
    assert " ".join(who.sex for who in cast(text)) == sexes


def test_who_is_named_after_a_group_is_of_its_kind() -> None:
    """The second of two cats that are brothers is no child."""
    assert [who.kind.en for who in cast("고양이 형제 치즈와 까망이")] == ["cat", "cat"]
