"""What is told of whoever has no hands, hair or fingers."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest
from msgspec.structs import replace

from storybook.book import StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.land_bodies import body_of, lacks, on_land
from storybook.composer.storylines import by_name, storylines
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.lexicon import cast
from storybook.lexicon.words import data, find_kind
from tests.composer.storyline_text import ways

BODIES = tomllib.loads(files("storybook.composer").joinpath("bodies.toml").read_text("utf-8"))
PAIRS = {
    "pawed": "강아지, 고양이",
    "furred": "토끼, 곰",
    "hoofed": "송아지, 사슴",
    "feathered": "참새, 까치",
    "smooth": "개구리, 거북이",
    "feelered": "소금쟁이, 개미",
    "crawling": "첫째 애벌레, 둘째 애벌레",
    "legless": "뱀, 달팽이",
    "wheeled": "버스, 트럭",
    "flying": "비행기, 로켓",
    "hairless": "구름, 칫솔",
}


def test_every_animal_has_a_body() -> None:
    """Of the sea, of the land, or with hands as a child has them."""
    handed = {"monkey", "gorilla", "fish", "whale", "dolphin", "shark"}
    animals = {it["en"] for it in data()["kind"] if it["folk"] == "animal"}
    known = {kind for kinds in BODIES["land"].values() for kind in kinds} | {*BODIES["kinds"]}
    assert animals <= known | handed, animals - known - handed
    assert len(PAIRS) == len(BODIES["land"]) == len(BODIES["land_limbs"])


@pytest.mark.parametrize("body", PAIRS)
def test_no_story_tells_of_limbs_that_a_hero_has_not(body: str) -> None:
    """Wherever a sentence is about a hero, and in what a hero says."""
    characters = PAIRS[body]
    heroes = [who.name for who in cast(characters)]
    limbs, names = "|".join(BODIES["land_limbs"][body]), "|".join(heroes)
    wrong = re.compile(
        rf"(?:(?:{names})의 |(?:{names})[은는이가](?:[^.!?\"]*[^가-힣])?(?<!의 ))"
        rf"(?<!한 )({limbs})[은이을를에](?![가-힣])"
    )
    seen = 0
    for line in storylines():
        topic = next(filter(None, line.topics), "하루")
        it = told(line, StoryRequest("현대", "집", characters, topic), 1)
        if it is None:
            continue
        brought = [extra.ko for extra in it.line.extras.values()]
        for page in tell(it, 1)[1:]:
            for sentence in re.findall(r"[^.!?]+", page.summary):
                if not any(who in sentence for who in brought):
                    assert not wrong.search(sentence), (line.name, sentence)
            seen += 1
    assert seen


@pytest.mark.parametrize(
    ("text", "kinds", "told_of"),
    [
        ("{a:는} 손을 흔들었어요.", "강아지", "{a:는} 앞발을 흔들었어요."),
        ("{a:는} {b:의} 손을 잡았어요.", "강아지 아이", "{a:는} {b:의} 손을 잡았어요."),
        (
            "{a:는} 웃고, {pal:은} 손을 흔들었어요.",
            "참새",
            "{a:는} 웃고, {pal:은} 손을 흔들었어요.",
        ),
        ('{b:가} 왔어요. "a:내 손!"', "참새 아이", '{b:가} 왔어요. "a:내 날개!"'),
        ("{a:의} 주먹만 한 입이 딱.", "참새", "{a:의} 주먹만 한 부리가 딱."),
        ("{a:는} 손가락 끝으로 콕.", "개미", "{a:는} 앞다리 끝으로 콕."),
        ("{a:는} 머리카락이 보이도록 섰어요.", "개구리", "{a:는} 머리 꼭대기가 보이도록 섰어요."),
        ("무릎이 젖은 {a:는} 웃었어요.", "개미", "다리가 젖은 {a:는} 웃었어요."),
        (
            "{b:는} 갔어요. 손이 젖은 {a:는} 왔어요.",
            "개미 아이",
            "{b:는} 갔어요. 앞다리가 젖은 {a:는} 왔어요.",
        ),
        (
            "{a:는} 갔어요. 손이 젖은 {b:는} 왔어요.",
            "개미 아이",
            "{a:는} 갔어요. 손이 젖은 {b:는} 왔어요.",
        ),
        (
            "{a:는} 갔어요. {hat} 밑에 손을 넣었지요.",
            "개미",
            "{a:는} 갔어요. {hat} 밑에 앞다리를 넣었지요.",
        ),
        (
            "{b:는} {a:의} 손을 잡고 손을 흔들었어요.",
            "개미 아이",
            "{b:는} {a:의} 앞다리를 잡고 손을 흔들었어요.",
        ),
        ("{b:는} {a:를} 손으로 안았어요.", "개미 아이", "{b:는} {a:를} 손으로 안았어요."),
        (
            "{b:는} {a:의} 젖은 두 손을 보았어요.",
            "개미 아이",
            "{b:는} {a:의} 젖은 두 앞다리를 보았어요.",
        ),
        ("{a:는} 할머니의 손을 떠올렸어요.", "개미", "{a:는} 할머니의 손을 떠올렸어요."),
        (
            "{a:는} {b} 옆에서 손을 흔들었어요.",
            "개미 아이",
            "{a:는} {b} 옆에서 앞다리를 흔들었어요.",
        ),
        ("{a:는} 무릎을 꿇었어요.", "버스", "{a:는} 바퀴를 꿇었어요."),
    ],
)
def test_limbs_are_those_of_whom_is_told(text: str, kinds: str, told_of: str) -> None:
    """By the name that stands before them, or who speaks; with the particle that they want."""
    found = {slot: find_kind(it) for slot, it in zip("ab", kinds.split(), strict=False)}
    assert on_land(text, found, ("pal",)) == told_of


def test_what_cannot_happen_to_a_hero_is_told_of_others() -> None:
    """False teeth need no toilet, and a frog has no hair to wash."""
    assert lacks("쉬를 하다가", find_kind("칫솔")) and lacks("쉬를 하다가", find_kind("버스"))
    assert not lacks("쉬를 하다가", find_kind("강아지")) and not body_of(find_kind("아이"))
    line = by_name()["did-you-see"]
    assert "쉬를" in str(line.page)
    for characters, is_told in (("칫솔, 비누", False), ("토끼, 곰", True)):
        story = StoryRequest("현대", "캠핑장", characters, "별")
        it = told(line, story, 1)
        assert it is not None and it.is_at_home is is_told
        assert (line.name in choice(story, 1).storylines) is is_told


def test_an_animal_that_the_story_brings_along_has_its_body_too() -> None:
    """A small bird's beak falls open beside a lone hero, and a bear's mouth beside a bear."""
    line = next(it for it in storylines() if it.alone is not None and it.alone.ko == "작은 새")
    text = f"{{b:의}} 입이 딱 벌어졌어요. {line.page[3].text[0]}"
    page = replace(line.page[3], text=(text,))
    line = replace(line, page=(*line.page[:3], page))
    for characters, mouth in (("곰", "작은 새의 부리가"), ("곰, 여우", "여우의 입이")):
        it = told(line, StoryRequest("현대", "숲", characters, line.topics[0]), 1)
        assert it is not None and mouth in tell(it, 1)[4].text


def test_nothing_is_lost_of_a_text() -> None:
    """Whoever has hands is told of word for word, in every storyline."""
    kinds = {"a": find_kind("아이"), "b": find_kind("아이")}
    for line in storylines():
        for page in line.page:
            for text in ways(page):
                assert on_land(text, kinds, tuple(line.extras)) == text
