"""Casting: who speaks in which voice, by what they are."""

from __future__ import annotations

from itertools import combinations

import pytest

from storybook.book import CAST, VOICES, StoryRequest, TtsConfig
from storybook.engines import VoiceSound
from storybook.lexicon import cast
from storybook.stages.narrator.espeak.voices import SOUNDS
from storybook.stages.narrator.pitch import semitones
from storybook.stages.voice_casting import APART, cast_voices, expectation_of, with_casting

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


def casting(people: str, narrator: str = "M1", **more: dict[str, str]) -> dict[str, str]:
    """The voices of some people, by a narrator whose voices are a ladder."""
    return cast_voices(cast(people), narrator, SOUNDS, **more)


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
