"""Casting: who speaks in which voice, by what they are."""

from __future__ import annotations

from itertools import combinations

import pytest

from storybook.book import CAST, VOICES, StoryRequest, TtsConfig
from storybook.engines import VoiceSound
from storybook.lexicon import cast
from storybook.stages.narrator.espeak.voices import SOUNDS
from storybook.stages.narrator.pitch import semitones
from storybook.stages.voice_casting import (
    APART,
    cast_voices,
    expectation_of,
    with_casting,
    with_company,
)

PITCHES = {it.name: it.pitch for it in SOUNDS}
CASTS = [
    "할머니, 소녀, 곰, 로봇",
    "호기심 많은 토끼, 겁 많은 호랑이",
    "아빠 곰, 엄마 곰, 아기 곰",
    "엄마, 아빠, 할아버지, 할머니, 형, 동생",
    "토끼, 토끼 토토, 토끼 초롱",
    "왕, 왕비, 공주, 왕자, 마법사",
    "고양이, 강아지, 쥐, 소, 돼지, 닭, 양, 말",
    "용, 구름",
    "민지",
]


def casting(
    people: str,
    narrator: str = "M1",
    settled: dict[str, str] | None = None,
    known: dict[str, str] | None = None,
) -> dict[str, str]:
    """The voices of some people, by a narrator whose voices are a ladder."""
    return cast_voices(cast(people), narrator, SOUNDS, settled, known)


def expected(person: str) -> float:
    (who,) = cast(person)
    return expectation_of(who).pitch


@pytest.mark.parametrize("people", CASTS)
@pytest.mark.parametrize("narrator", ["M1", "F1", "F5"])
def test_any_two_are_three_semitones_apart(people: str, narrator: str) -> None:
    """The narrator among them; up to as many as a book can have."""
    given = casting(people, narrator)
    assert list(given) == [who.name for who in cast(people)]
    for one, other in combinations([narrator, *given.values()], 2):
        assert abs(semitones(PITCHES[one], PITCHES[other])) >= APART, (one, other, given)


def test_a_grandmother_a_girl_a_bear_and_a_robot_sound_as_such() -> None:
    """An old woman, a child, a deep voice, and a flat one between them."""
    sounds = {it.name: it for it in SOUNDS}
    given = {name: sounds[it] for name, it in casting("할머니, 소녀, 곰, 로봇").items()}
    assert (given["할머니"].sex, given["할머니"].age) == ("female", "elder")
    assert (given["소녀"].sex, given["소녀"].age) == ("female", "child")
    assert given["곰"].pitch < given["로봇"].pitch < given["소녀"].pitch
    assert given["곰"] == min(SOUNDS, key=lambda it: it.pitch)
    assert given["로봇"].liveliness < 0.3


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("곰", "토끼"),
        ("토끼", "쥐"),
        ("할아버지", "아빠"),
        ("아빠", "엄마"),
        ("할머니", "엄마"),
        ("엄마", "소녀"),
        ("곰", "아기 곰"),
        ("호랑이", "겁 많은 호랑이"),
        ("커다란 고양이", "작은 고양이"),
        ("늙은 여우", "여우"),
    ],
)
def test_a_wish_follows_kind_age_sex_and_temper(lower: str, higher: str) -> None:
    """By what a child expects, not by chance."""
    assert expected(lower) < expected(higher)


def test_temper_is_heard_in_the_melody() -> None:
    """Who is sleepy speaks flat, who is lively does not."""
    sleepy, plain, lively = (
        expectation_of(who).liveliness
        for said in ("졸린 곰", "곰", "신나는 곰")
        for who in cast(said)
    )
    assert sleepy < plain < lively


def test_what_somebody_asked_for_stays_and_others_go_around_it() -> None:
    """Also a voice that nobody would have chosen; the narrator's own may be meant, too."""
    given = casting("토끼, 호랑이", settled={"호랑이": "F3"})
    assert list(given) == ["토끼"] and given["토끼"] not in ("F3", "M1")
    assert casting("토끼, 호랑이", settled={"토끼": "M1", "호랑이": "M1"}) == {}


def test_whoever_spoke_before_has_the_same_voice_again() -> None:
    """Unless it would be taken for the narrator's, or for that of somebody who was there first."""
    assert casting("토끼, 호랑이", known={"토끼": "F4", "여우": "F1"})["토끼"] == "F4"
    both = casting("토끼, 호랑이", known={"토끼": "F4", "호랑이": "F4"})
    assert both["토끼"] == "F4" != both["호랑이"]
    assert casting("토끼", "F4", known={"토끼": "F4"})["토끼"] != "F4"
    assert casting("토끼", known={"토끼": "X9"}) == casting("토끼")


def test_the_voices_of_other_narrators_are_chosen_by_what_is_known_of_them() -> None:
    """Where nobody has measured them, by sex and each once; where two are as good as one, the
    farthest apart."""
    unmeasured = cast_voices(cast("할머니, 할아버지, 소녀, 토끼"), "M1")
    assert [unmeasured[it][0] for it in ("할머니", "할아버지", "소녀")] == ["F", "M", "F"]
    assert len({"M1", *unmeasured.values()}) == 5 and set(unmeasured.values()) <= set(VOICES)
    close = tuple(
        VoiceSound(name, "female", pitch=pitch)
        for name, pitch in (("M1", 200.0), ("F1", 205.0), ("F2", 215.0), ("F3", 235.0))
    )
    assert cast_voices(cast("토끼"), "M1", close) == {"토끼": "F3"}


def test_voices_are_cast_where_that_is_asked_for() -> None:
    """Once more it comes to the same; a book with voices of another kind has none cast."""
    words = StoryRequest("조선시대", "숲", "토끼, 호랑이", "우정")
    asked = TtsConfig(dialogue_voice=CAST, character_voices={"호랑이": "M2"})
    given = with_casting(asked, words, SOUNDS)
    assert given is not None and list(given.casting) == ["토끼"]
    assert (given.voice_of("호랑이"), given.voice_of("여우")) == ("M2", "M1")
    assert with_casting(given, words, SOUNDS) == given
    for plain in (None, TtsConfig(), TtsConfig(dialogue_voice="F1")):
        assert with_casting(plain, words, SOUNDS) == plain


# ---------------------------------------------------------------------------- the right throats


def with_others(people: str, *company: str) -> dict[str, str]:
    """The voices of a book's cast, and of those whom its story brings along."""
    words = StoryRequest("공룡시대", "숲", people, "똥")
    tts = with_casting(TtsConfig(dialogue_voice=CAST), words, SOUNDS)
    told = with_company(tts, words, company, SOUNDS)
    assert told is not None
    return told.casting


@pytest.mark.parametrize(
    ("people", "company"),
    [
        ("배가 아픈 티라노사우루스", "아빠"),
        ("코끼리", "엄마"),
        ("호랑이", "할아버지"),
        ("곰", "할머니"),
    ],
)
def test_whose_parents_come_along_is_a_child(people: str, company: str) -> None:
    """It has a child's voice, higher than theirs, however large it is."""
    given = with_others(people, company)
    hero = given[next(name for name in given if name != company)]
    assert hero in ("M5", "F3", "F5") and PITCHES[hero] > PITCHES[given[company]]


def test_who_has_neighbours_is_none_by_that() -> None:
    """Nor is one of several, or one who is said to be grown."""
    assert with_others("곰", "앞집 할아버지")["곰"] == "M4"
    assert with_others("곰, 토끼", "엄마")["곰"] == "M4"
    assert PITCHES[with_others("할아버지 곰", "누나")["할아버지 곰"]] < 150


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ("아기 매머드", "아빠 매머드"),
        ("아기 티라노사우루스", "엄마 티라노사우루스"),
        ("아기 쥐", "엄마 쥐"),
        ("아기 곰", "할머니 곰"),
        ("세 살 민준", "엄마"),
    ],
)
def test_no_child_is_deeper_than_its_parent(child: str, parent: str) -> None:
    """And it has a child's voice; whichever is named first."""
    for people in (f"{child}, {parent}", f"{parent}, {child}"):
        given = casting(people)
        who = {name: PITCHES[voice] for name, voice in given.items()}
        young = next(name for name in who if name.split()[-1] in child and name != parent)
        assert who[young] > who[parent] and who[young] >= 262, given


@pytest.mark.parametrize("people", ["나, 형", "형, 나", "나, 엄마, 아빠, 형", "오빠와 여동생"])
def test_an_elder_brother_is_a_boy_and_no_higher_than_the_younger(people: str) -> None:
    """He has the boy's voice, whoever else is there."""
    given = casting(people)
    elder = next(name for name in given if name in ("형", "오빠"))
    assert given[elder] == "M5"
    assert all(PITCHES[given[it]] > PITCHES["M5"] for it in ("나", "여동생") if it in given)


def test_an_elder_sister_is_a_girl() -> None:
    """The younger one is higher; beside a brother who is younger she is still a girl."""
    assert casting("언니랑 나") == {"언니": "F3", "나": "F5"}
    assert casting("누나, 남동생") == {"누나": "F3", "남동생": "M5"}


def test_years_are_heard() -> None:
    """A toddler is higher than a girl of nine; months are years, too."""
    toddler, nine = casting("27개월 아윤이"), casting("아홉 살 가은이")
    assert PITCHES[toddler["아윤이"]] > PITCHES[nine["가은이"]]
    assert expected("네 살 준호") > expected("여덟 살 준호")


@pytest.mark.parametrize(
    ("name", "voice"), [("도은이", "F3"), ("이서", "F3"), ("재인이", "F3"), ("시온이", "M5")]
)
def test_a_name_that_both_have_is_heard_as_whom_it_sounds_like(name: str, voice: str) -> None:
    """A small girl has a girl's voice, though her name does not say that she is one."""
    assert casting(f"여섯 살 {name}")[name] == voice


@pytest.mark.parametrize("people", ["루돌프", "개구리", "캥거루", "코알라, 캥거루, 앵무새", "시계"])
def test_only_a_grandmother_has_a_grandmothers_voice(people: str) -> None:
    """No animal and no thing has it, unless it is one."""
    assert "F4" not in casting(people).values()
    assert casting(f"{people}, 할머니")["할머니"] == "F4"
    assert casting("할머니 여우")["할머니 여우"] == "F4"


def test_things_and_breads_are_no_grown_women() -> None:
    """They sound as children do."""
    assert {*casting("팥붕어빵과 슈크림붕어빵").values()} <= {"M5", "F3", "F5"}


def test_a_voice_that_somebody_asked_for_stays_where_a_parent_comes() -> None:
    """Also a deep one."""
    words = StoryRequest("공룡시대", "숲", "티라노사우루스", "똥")
    asked = TtsConfig(dialogue_voice=CAST, character_voices={"티라노사우루스": "M4"})
    told = with_company(with_casting(asked, words, SOUNDS), words, ["아빠"], SOUNDS)
    assert told is not None and told.voice_of("티라노사우루스") == "M4"
    assert told.voice_of("아빠") not in ("M1", "M4")
