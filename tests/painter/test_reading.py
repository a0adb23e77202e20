"""Reading prompts: from the house's own sentences, free English, Korean, and nonsense."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.book import Page, StoryRequest
from storybook.composer.compose import compose
from storybook.lexicon import find_era, find_kind, find_place
from storybook.lexicon.words import data
from storybook.painter import props
from storybook.painter.creatures import clothes, look
from storybook.painter.creatures.plan import plans
from storybook.painter.palette import hexc
from storybook.painter.places.atlas import SETTINGS
from storybook.painter.reading import kind_of, read_scene, vocabulary
from storybook.painter.scene import Emotion, Era, Place, Pose, Scene, Time
from tests.books import PAGES

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
RABBIT = "A curious small white rabbit wearing a red scarf"
TIGER = "A timid orange tiger wearing a blue vest"


def scene(prompt: str, page: int = 1, request: StoryRequest = REQUEST) -> Scene:
    return read_scene(Page(page, image_prompt=prompt), request, 7, 5)


def test_a_prompt_in_the_house_convention_is_read_word_by_word() -> None:
    """Place, era, hour, each character's coat, clothes, emotion and pose, and what is nearby."""
    read = scene(
        "A storybook cover view of a royal palace, in the Joseon dynasty of old Korea, on a "
        f"starlit night. {RABBIT}, smiling, waving. {TIGER}, sad, sitting. "
        "Nearby: a lantern, a red balloon.",
        page=0,
    )
    assert (read.place, read.era, read.time, read.role) == ("palace", "ancient", "night", "cover")
    rabbit, tiger = read.cast
    assert (rabbit.name, rabbit.kind, rabbit.emotion, rabbit.pose) == (
        "토끼",
        "rabbit",
        "happy",
        "waving",
    )
    assert (tiger.kind, tiger.emotion, tiger.pose) == ("tiger", "sad", "sitting")
    assert (rabbit.garment, tiger.garment) == ("scarf", "vest")
    words = vocabulary().colors
    colors = {name: hexc(code) for code, names in words.items() for name in names}
    assert (rabbit.coat, rabbit.cloth) == (colors["white"], colors["red"])
    assert (tiger.coat, tiger.cloth) == (colors["orange"], colors["blue"])
    assert read.props == ("lantern", "balloon")


def test_a_character_is_found_wherever_the_prompt_tells_of_it() -> None:
    """The order of the sentences does not matter, only whom they name."""
    read = scene(f"A wide view of a forest. {TIGER}, brave, running. {RABBIT}, crying, sitting.")
    assert [(a.kind, a.emotion, a.pose) for a in read.cast] == [
        ("rabbit", "sad", "sitting"),
        ("tiger", "brave", "running"),
    ]


def test_two_of_a_kind_are_told_apart_by_their_order() -> None:
    """The first sentence about a bear is about the first bear."""
    bears = StoryRequest("현대", "숲", "큰 곰, 작은 곰", "우정")
    read = scene(
        "A wide view of a forest. A small brown bear wearing a straw hat, happy, waving. "
        "A big white bear wearing a green bow tie, sad, sitting.",
        request=bears,
    )
    assert [(a.garment, a.emotion) for a in read.cast] == [("straw", "happy"), ("bow", "sad")]


def test_free_english_in_one_sentence_is_read() -> None:
    """A prompt as a language model writes it gives place, hour and each coat."""
    read = scene("A white rabbit and a grey tiger play in a snowy land under the moonlight")
    assert (read.place, read.time) == ("snow", "night")
    rabbit, tiger = (actor.coat for actor in read.cast)
    assert rabbit is not None and tiger is not None and sum(rabbit) > sum(tiger)


def test_what_the_prompt_does_not_say_comes_from_the_request() -> None:
    """An empty prompt is painted from the four words and the page's part in the story."""
    read = scene("", page=3)
    assert (read.place, read.era, read.role) == ("village", "ancient", "crisis")
    assert [(a.kind, a.emotion) for a in read.cast] == [("rabbit", "sad"), ("tiger", "sad")]


def test_every_page_has_its_role() -> None:
    """Page numbers give the parts of the story, from cover to resolution."""
    roles = [scene("", page).role for page in PAGES]
    assert roles == ["cover", "wide", "encounter", "crisis", "resolution"]
    longer = [read_scene(Page(page), REQUEST, 7, 7).role for page in range(7)]
    assert longer == ["cover", "wide", "encounter", "wide", "encounter", "crisis", "resolution"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("정글", ("forest", "jungle")),
        ("동굴", ("forest", "cave")),
        ("농장", ("village", "farm")),
        ("시장", ("village", "market")),
        ("도서관", ("home", "library")),
        ("놀이공원", ("city", "fair")),
        ("구름 위", ("mountain", "clouds")),
        ("무인도", ("sea", "palms")),
        ("용궁", ("underwater", "palace")),
        ("깊은 숲속 마을", ("village", "woods")),
    ],
)
def test_a_special_place_is_shown_from_its_own_side(place: str, expected: tuple[str, str]) -> None:
    """A word for a part of a place chooses the landmark that is painted."""
    read = scene("", request=StoryRequest("현대", place, "토끼", "우정"))
    assert (read.place, read.view) == expected


def test_the_whole_cast_is_painted_up_to_six() -> None:
    """Every character of the request is there, whatever the prompt leaves out."""
    names = "토끼, 여우, 곰, 고양이, 개구리, 부엉이, 사자"
    read = scene(f"A forest. {RABBIT}, happy.", request=StoryRequest("현대", "숲", names, "우정"))
    assert [a.kind for a in read.cast] == ["rabbit", "fox", "bear", "cat", "frog", "owl"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.text(max_size=40), st.text(max_size=40), st.integers(0, 4))
def test_no_words_can_make_reading_fail(
    prompt: str, place: str, characters: str, page: int
) -> None:
    """Any text at all becomes a scene of known places, hours, feelings and kinds."""
    read = read_scene(
        Page(page, image_prompt=prompt), StoryRequest(place, place, characters, prompt), 1, 5
    )
    assert read.place in get_args(Place)
    assert read.era in get_args(Era) and read.dress in get_args(Era)
    assert read.time in get_args(Time)
    assert 1 <= len(read.cast) <= 6
    for actor in read.cast:
        assert actor.kind in plans()
        assert actor.emotion in get_args(Emotion) and actor.pose in get_args(Pose)


def test_every_motif_of_the_lexicon_can_be_painted() -> None:
    """What the lexicon calls a kind, a place, an era or a prop, the painter knows."""
    entries = data()
    assert {entry["motif"] for entry in entries["kind"]} <= plans().keys()
    assert {entry["motif"] for entry in entries["place"]} <= SETTINGS.keys()
    assert {entry["motif"] for entry in entries["era"]} <= set(get_args(Era))
    assert {entry["motif"] for entry in entries["prop"]} <= props.PROPS.keys()


def test_a_kind_with_a_plan_of_its_own_is_painted_as_itself() -> None:
    """The English word decides where the painter knows that very animal, else the motif."""
    assert kind_of(find_kind("코끼리")) == "elephant"
    assert kind_of(find_kind("할머니")) == "grandma"
    assert kind_of(find_kind("우주냉동기")) == "child"


def test_the_vocabulary_asks_only_for_what_can_be_painted() -> None:
    """Times, feelings, poses, garments and views in the data file all exist."""
    words = vocabulary()
    assert set(words.garments) <= clothes.GARMENTS | look.OUTFITS
    assert set(words.times) <= set(get_args(Time))
    for view in words.views:
        place, name = view.split()
        assert name in SETTINGS[msgspec.convert(place, Place)].views
    for setting in SETTINGS.values():
        assert set(setting.common) <= setting.views.keys()


def test_lexicon_and_painter_agree_on_the_words_of_the_request() -> None:
    """Place and era motifs of Korean words are the ones that the scene shows."""
    read = scene("", request=StoryRequest("미래", "우주", "로봇", "우정"))
    assert (read.place, read.era) == (find_place("우주").motif, find_era("미래").motif)


def test_a_season_is_read_from_the_prompt_or_else_the_request() -> None:
    """The prompt's opening goes first; a place without seasons has none, snow has its own."""
    winter = StoryRequest("겨울", "마을", "토끼", "우정")
    assert scene("A wide view of a village, in autumn.", request=winter).season == "autumn"
    assert scene("A wide view of a village.", request=winter).season == "winter"
    assert scene("A wide view of a village.").season is None
    assert scene("A wide view of a golden desert.", request=winter).season is None
    assert scene("A wide view of a snowy land.").season == "winter"


def test_a_hanok_village_is_old_in_every_era() -> None:
    """Its houses are hanok, and its people are dressed for today."""
    request = StoryRequest("현대", "한옥 마을", "토끼", "우정")
    read = scene("A wide view of a hanok village, in the present day.", request=request)
    assert (read.place, read.era, read.dress) == ("village", "ancient", "modern")


def test_helpers_are_read_from_what_is_nearby() -> None:
    """Animals among the things; a star is a thing."""
    read = scene(f"A wide view of a forest. {RABBIT}, happy. Nearby: a small blue bird, a star.")
    assert [(helper.kind, helper.coat) for helper in read.nearby] == [("bird", hexc("#4c7fbf"))]
    assert read.props == ("star",)


def test_a_coat_of_two_colours_is_one_word() -> None:
    """A black-and-white magpie is not told of in two clauses."""
    request = StoryRequest("현대", "숲", "까치", "우정")
    (magpie,) = scene("A forest. A black-and-white magpie, sad, sitting.", request=request).cast
    assert (magpie.coat, magpie.emotion) == (hexc("#54505c"), "sad")


def test_a_village_by_the_sea_has_houses() -> None:
    """Its view is the one with houses, in English and Korean."""
    assert scene("A wide view of a village by the sea.").view == "village"
    request = StoryRequest("현대", "바닷가 마을", "갈매기", "우정")
    read = scene("", request=request)
    assert (read.place, read.view) == ("sea", "village")


def test_who_is_away_is_not_painted() -> None:
    """One whom the prompt leaves out and the text misses; any other one is always there."""
    request = StoryRequest("현대", "숲", "토끼와 곰", "용기")
    prompt = "A close meeting of a deep forest, at night. A white rabbit wearing a red scarf, sad."
    missing = Page(2, summary="곰은 끝내 돌아오지 않았어요.", image_prompt=prompt)
    there = Page(2, summary="곰은 꾸벅꾸벅 졸았어요.", image_prompt=prompt)
    assert [actor.name for actor in read_scene(missing, request, 1, 5).cast] == ["토끼"]
    assert [actor.name for actor in read_scene(there, request, 1, 5).cast] == ["토끼", "곰"]


def test_a_young_hero_keeps_its_clothes_and_its_company_on_every_page() -> None:
    """Everybody looks the same on every page, and who is away by the text is not painted."""
    request = StoryRequest("겨울", "눈 덮인 산골", "아기 곰, 할머니, 여우, 다람쥐", "가족")
    worn: dict[str, set[tuple[str, object]]] = {}
    casts = []
    for page in compose(request, 21):
        actors = read_scene(page, request, 21, 5).cast
        casts.append([actor.name for actor in actors])
        for actor in actors:
            worn.setdefault(actor.name, set()).add((actor.garment, actor.cloth))
    assert {name: len(looks) for name, looks in worn.items()} == dict.fromkeys(worn, 1)
    assert all(garment for looks in worn.values() for garment, _ in looks)
    assert casts[0] == ["아기 곰", "할머니", "여우", "다람쥐"]
    assert casts[2] == casts[3] == ["아기 곰"]
