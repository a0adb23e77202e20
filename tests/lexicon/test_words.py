"""Finding known words in free text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from storybook.lexicon import (
    find_era,
    find_kind,
    find_place,
    find_props,
    find_season,
    find_traits,
)
from storybook.lexicon.words import DEFAULT_PLACE_EN, data, folk_of

PLACES = """
깊은 숲속 마을 → village
숲속 → forest
바닷속 용궁 → underwater
학교 옆 도서관 → school
산에서 → mountain
한강 → river
서울 → city
부산 앞바다 → sea
달나라 → space
눈 덮인 마을 → snow
할머니 댁 → home
a wide view of a village deep in a forest → village
Mars → space
"""


@pytest.mark.parametrize("line", PLACES.strip().splitlines())
def test_a_place_is_found_in_korean_and_english(line: str) -> None:
    """The head of a phrase decides: the last known word in Korean, the longest in English."""
    text, motif = line.split(" → ")
    assert find_place(text).motif == motif


ERAS = """
조선시대 → ancient
1592년 → ancient
100년 전 → ancient
옛날 옛적 → ancient
현대 → modern
2024 → modern
2050년 → future
100년 후 → future
먼 미래 → future
in the Joseon dynasty → ancient
마법 시대 → modern
"""


@pytest.mark.parametrize("line", ERAS.strip().splitlines())
def test_an_era_is_found_by_word_or_by_year(line: str) -> None:
    """Words and years both tell an era; an unknown one is taken as modern."""
    text, motif = line.split(" → ")
    assert find_era(text).motif == motif


@pytest.mark.parametrize(
    ("text", "motif"),
    [
        ("소녀", "girl"),
        ("미소", "child"),
        ("무지개", "spirit"),
        ("아기양", "sheep"),
        ("호랑이가", "tiger"),
        ("caterpillar", "turtle"),
        ("two bunnies and a bunny", "rabbit"),
        ("개", "dog"),
    ],
)
def test_a_word_of_one_syllable_counts_only_as_a_whole_word(text: str, motif: str) -> None:
    """소 is not found in 소녀, nor 개 in 무지개, nor cat in caterpillar."""
    assert find_kind(text).motif == motif


def test_what_is_found_keeps_the_spelling_of_the_text() -> None:
    """`ko` is the word as it was typed, for an unknown word the text itself."""
    assert find_kind("용감한 북극곰").ko == "북극곰"
    assert find_place("도깨비 시장 너머 어딘가").ko == "시장"
    assert find_place("이상한 곳").ko == "이상한 곳"
    assert find_place("이상한 곳").en == DEFAULT_PLACE_EN


def test_decomposed_hangul_is_found() -> None:
    """Text in the decomposed form is read as usual."""
    assert find_place(unicodedata.normalize("NFD", "숲속")).motif == "forest"


def test_props_are_found_in_the_order_of_the_text() -> None:
    """Each sort of thing is found once, in Korean and in English."""
    assert [prop.motif for prop in find_props("별 아래 꽃 두 송이와 꽃잎")] == ["star", "flower"]
    assert [prop.en for prop in find_props("Nearby: a lantern, a red balloon.")] == [
        "a lantern",
        "a red balloon",
    ]
    assert find_props("배에서 꼬르륵 소리가 났어요") == ()
    assert find_props("강아지도 웃었어요") == ()
    assert [prop.motif for prop in find_props("two torn halves of a flag")] == ["torn_flag"]


def test_traits_become_english_adjectives_and_unknown_ones_drop() -> None:
    """The order of the description is kept."""
    found = find_traits("호기심 많은 작고 얼룩덜룩한 하얀")
    assert found == ("curious", "small", "white")


def test_every_spelling_belongs_to_one_entry() -> None:
    """No spelling stands twice in a table, so no entry is out of reach."""
    for table in ("kind", "place", "era", "prop"):
        spellings = Counter(
            spelling
            for entry in data()[table]
            for spelling in (*entry["ko"], entry["en"], *entry.get("also", ()))
        )
        assert [spelling for spelling, times in spellings.items() if times > 1] == []


def test_every_entry_is_found_by_each_of_its_spellings() -> None:
    """A spelling in the data leads back to its entry's English and motif."""
    finders = {"kind": find_kind, "place": find_place, "era": find_era}
    for table, find in finders.items():
        for entry in data()[table]:
            for spelling in (*entry["ko"], entry["en"], *entry.get("also", ())):
                if not re.search(r"\d", spelling):  # years go by number
                    assert find(spelling).en == entry["en"], spelling


def test_an_english_phrase_leads_back_to_its_place_inside_a_prompt() -> None:
    """What the composer writes into a prompt is found again in it."""
    for entry in data()["place"]:
        sentence = f"A wide view of {entry['en']}, long ago in old Korea, on a bright morning."
        assert find_place(sentence).en == entry["en"]


def test_folk_tells_animals_from_people_and_beings() -> None:
    """An unknown kind counts as a person."""
    assert folk_of(find_kind("토끼")) == "animal"
    assert folk_of(find_kind("공주")) == "person"
    assert folk_of(find_kind("구름")) == "being"
    assert folk_of(find_kind("뽀로로")) == "person"


@pytest.mark.parametrize(
    ("text", "season"),
    [
        ("겨울", "winter"),
        ("눈 덮인 산골", "winter"),
        ("눈이 펑펑", "winter"),
        ("벚꽃 핀 공원", "spring"),
        ("단풍나무 숲", "autumn"),
        ("어느 여름날", "summer"),
        ("추석", "autumn"),
        ("a village in snowy winter", "winter"),
        ("큰눈이 마을", ""),
        ("돌봄 교실", ""),
        ("조선시대", ""),
    ],
)
def test_a_season_is_found_by_its_name_weather_and_feasts(text: str, season: str) -> None:
    """눈 as a word is snow; within another word it is nothing."""
    found = find_season(text)
    assert (found.motif if found else "") == season


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("갈매기", "seagull"),
        ("박쥐", "bat"),
        ("빨간 자동차", "car"),
        ("꼬마 기차", "train"),
        ("만두", "dumpling"),
        ("사과나무", "tree spirit"),
        ("감자", "potato"),
    ],
)
def test_things_and_foods_can_be_characters(text: str, en: str) -> None:
    """A train or a dumpling is no child."""
    assert find_kind(text).en == en


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("A baby dark brown bear", "bear"),
        ("a baby fox", "fox"),
        ("a friend", "child"),
        ("a happy baby", "child"),
    ],
)
def test_a_young_animal_is_an_animal(text: str, en: str) -> None:
    """Baby, kid and friend name a child only where nobody else is named."""
    assert find_kind(text).en == en
