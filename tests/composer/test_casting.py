"""Who plays which part of a storyline, and how a book of theirs begins."""

from __future__ import annotations

import random
import re

import pytest

from storybook.book import StoryRequest
from storybook.composer import request, telling
from storybook.composer.casting import casting
from storybook.composer.choosing import choice
from storybook.composer.storylines import Storyline, by_name, storylines
from storybook.composer.tale import tell, told
from storybook.lexicon import cast

ANY = by_name()["snail-first"]
PEERS = by_name()["rope-has-room"]
ELDER_FIRST = by_name()["shoe-looks-outward"]


def parts(line: Storyline, characters: str) -> tuple[str, str, list[str]]:
    """Hero, second and the others, by name; the second is "" where there is none."""
    who = casting(line, cast(characters))
    assert who is not None
    second = "" if who.second is None else who.name(who.second)
    return who.name(who.hero), second, [who.name(it) for it in who.rest]


@pytest.mark.parametrize(
    ("characters", "hero", "second"),
    [
        ("아빠 꽃게, 엄마 꽃게, 아기 꽃게", "아기 꽃게", "아빠 꽃게"),
        ("선생님, 지우", "지우", "선생님"),
        ("소방관, 토끼", "토끼", "소방관"),
        ("아기 동생, 나", "나", "아기 동생"),
        ("아기 동생, 엄마, 나", "나", "엄마"),
        ("할머니, 할아버지", "할머니", "할아버지"),
        ("사자, 얼룩말", "사자", "얼룩말"),
    ],
)
def test_the_young_one_is_the_hero(characters: str, hero: str, second: str) -> None:
    """It errs, fears and learns; a baby carries no part if there is anybody else."""
    assert parts(ANY, characters)[:2] == (hero, second)


def test_a_story_of_two_children_needs_two() -> None:
    """It is not told of a child and grown-ups."""
    assert casting(PEERS, cast("나, 엄마")) is None
    assert casting(PEERS, cast("나, 엄마, 아기 동생")) is None
    assert parts(PEERS, "나, 엄마, 민지") == ("나", "민지", ["엄마"])


@pytest.mark.parametrize("characters", ["엄마 꽃게, 아기 꽃게", "의사 선생님, 지우", "나, 소방관"])
def test_a_child_speaks_politely_to_whoever_is_grown_up(characters: str) -> None:
    """By what they are, not by their names alone."""
    tale = told(ANY, StoryRequest("현대", "집", characters, "약속"), 1)
    assert tale is not None and tale.speaks_to_elder


@pytest.mark.parametrize(
    ("era", "place", "begins"),
    [
        ("현대", "우리 집 욕실", {"우리 집에 ", "여기는 우리 집이에요."}),
        ("현대", "부엌", {"어느 집에 ", "여기는 어느 집이에요."}),
        ("현대", "수영장", {"수영장 근처에 "}),
        ("현대", "도서관", {"도서관 근처에 "}),
        ("현대", "기차 안", {"기차 안에 한 아이가 타고 "}),
        ("현대", "유치원", {"유치원에 한 아이가 다니고 ", "유치원에 다니는 "}),
        ("현대", "내 방", {"어느 집에 ", "여기는 어느 집이에요."}),
        ("현대", "따뜻한 이불 속", {"어느 집에 ", "여기는 어느 집이에요."}),
        ("현대", "아파트 계단", {"아파트에 ", "여기는 아파트예요."}),
        ("현대", "세탁소", {"세탁소 근처에 "}),
        ("현대", "시립도서관", {"시립도서관 근처에 "}),
        ("현대", "도서관 화장실", {"도서관 근처에 "}),
        ("현대", "아파트 엘리베이터", {"아파트 엘리베이터에 한 아이가 타고 "}),
        ("현대", "학교 복도", {"학교에 한 아이가 다니고 ", "학교에 다니는 "}),
        ("현대", "보건실", {"어느 학교에 한 아이가 다니고 ", "어느 학교에 다니는 "}),
        ("현대", "소아 병동", {"소아 병동에서 한 아이가 지내고 ", "소아 병동에서 지내는 "}),
        ("현대", "할머니 댁", {"할머니 댁에서 한 아이가 지내고 ", "할머니 댁에서 지내는 "}),
        ("1988년", "캠핑장", {"1988년, 캠핑장에서 한 아이가 지내고 있었어요."}),
        ("현대", "운동회", {"운동회에 한 아이가 와 ", "운동회에 온 "}),
        (
            "현대",
            "가방 안",
            {
                "가방 안에 ",
            },
        ),
        (
            "조선시대",
            "서당",
            {
                "조선시대, 서당에 한 아이가 다",
                "옛날 조선시대, 서당에 한 아이가 다",
                "옛날 옛적 조선시대, 서당에 한 아이가 다",
            },
        ),
        ("1988년", "골목길", {"1988년, 골목길에 "}),
        ("현대", "숲속 마을", {"숲속 마을에 ", "여기는 숲속 마을이에요."}),
    ],
)
def test_a_story_begins_where_one_lives(era: str, place: str, begins: set[str]) -> None:
    """In the house around a room, near a pool, on the train, or for a while at grandmother's; of
    today no time is named."""
    words = {"place": place, "home": request.dwelling_words(place), "intro": "한 아이"}
    found = set()
    for seed in range(40):
        begun = request.beginning(request.era_words(era), place, "한 아이", random.Random(seed))
        told_of = re.sub("^(?:바로 )?요즘, ", "", telling.filled(begun, words))
        found |= {it for it in begins if told_of.startswith(it)}
        assert told_of.startswith(tuple(begins)), told_of
    assert found == begins


def test_an_elder_comes_first_where_the_story_wants_one() -> None:
    """Mother goes to work and not the little brother; without an elder, a peer does."""
    family = casting(ELDER_FIRST, cast("동생, 엄마, 나"))
    friends = casting(ELDER_FIRST, cast("토끼와 곰"))
    assert family is not None and family.name(family.second or 0) == "엄마"
    assert friends is not None and friends.name(friends.second or 0) == "곰"


def test_a_doctor_of_old_korea_is_called_and_looks_as_one() -> None:
    """Whom a story brings along has the words of its time."""
    line = by_name()["all-mouths-but-one"]
    for era, name, looks in (
        ("현대", "의사 선생님", "dentist"),
        ("조선시대", "의원님", "herb doctor"),
    ):
        it = told(line, StoryRequest(era, "숲속 마을", "토끼와 곰", "치과"), 1)
        assert it is not None
        page = tell(it, 1)[1]
        assert name in page.text and looks in page.image_prompt


def test_who_has_no_other_words_is_the_same_in_every_time() -> None:
    """A baby is a baby."""
    line = by_name()["a-pebble-for-each-wait"]
    it = told(line, StoryRequest("조선시대", "집", "토끼", "동생"), 1)
    assert it is not None and it.line.extras == line.extras


def test_who_swims_is_told_of_with_fins() -> None:
    """Where there is no other story, one that wants feet is told of an octopus's arms."""
    story = StoryRequest("현대", "바다", "문어와 물고기", "목욕")
    chosen = choice(story, 1)
    assert chosen.topic_known
    for name in chosen.storylines:
        it = told(by_name()[name], story, 1)
        assert it is not None and not it.is_at_home
        text = " ".join(page.text for page in tell(it, 1))
        assert not re.search(
            r"(?<![가-힣])(?:손|발|팔|무릎|어깨)(?:을|이|은|으로|에|도)(?![가-힣])", text
        )


def test_no_grown_up_loses_a_milk_tooth() -> None:
    """What only a child can live through is told of a child beside a firefighter, not of him."""
    line = by_name()["whistle-in-the-gap"]
    assert line.child and casting(line, cast("소방관")) is None
    assert parts(line, "소방관, 아이")[0] == "아이"


@pytest.mark.parametrize(
    ("characters", "told_of"),
    [
        ("서연", "서연이"),
        ("민준, 유나", "민준이와 유나"),
        ("김서연", "김서연"),
        ("곰", "곰 한 마리"),
    ],
)
def test_a_child_is_called_as_stories_call_it(characters: str, told_of: str) -> None:
    """서연이는, and never 서연은; who says a line keeps the name that was given."""
    it = told(ANY, StoryRequest("현대", "숲속 마을", characters, "약속"), 2)
    assert it is not None
    pages = tell(it, 2)
    assert told_of in pages[1].text
    assert not re.search(
        "(?:서연|민준)(?:은|을|이 )", " ".join(page.text for page in pages[1:])
    ) or (characters == "김서연")
    speakers = {line.character for page in pages for line in page.dialogues}
    assert speakers <= {one.name for one in it.who.everyone}


def test_what_is_the_heros_own_is_mine_where_i_tell_it() -> None:
    """Outside of what is said, in every story."""
    its_own = re.compile("(?<![가-힣])(?:제|제가|저는|저도)(?![가-힣])")
    for line in storylines():
        it = told(
            line, StoryRequest("현대", "집", "나", next(filter(None, line.topics), "하루")), 1
        )
        for page in tell(it, 1) if it is not None else ():
            assert not its_own.search(re.sub('"[^"]*"', "", page.summary)), page.summary


@pytest.mark.parametrize(
    ("topic", "ill", "well"),
    [
        ("엄마가 수술을 받아요", "엄마", "아빠"),
        ("아빠가 수술을 받아요", "아빠", "엄마"),
        ("엄마와 아빠가 수술을 받아요", "엄마", "아빠"),
    ],
)
def test_whom_a_topic_names_is_whom_the_story_brings_along(topic: str, ill: str, well: str) -> None:
    """The father lies in hospital where he is named, brought along or of the cast."""
    line = by_name()["warm-socks-waiting"]
    lone = told(line, StoryRequest("현대", "집", "아이", topic), 1)
    assert lone is not None and lone.line.extras["sick"].ko == ill
    family = told(line, StoryRequest("현대", "집", "엄마, 아빠, 아이", topic), 1)
    assert family is not None and family.who.second is not None
    assert family.who.name(family.who.extras["sick"]) == ill
    assert family.who.name(family.who.second) == well


# --------------------------------------------------------------------------------- who says what


@pytest.mark.parametrize(
    ("name", "characters", "page", "line", "speaker"),
    [
        ("just-one-wont-matter", "코알라와 캥거루", 4, "하나쯤이야! 혼자 먹으면", "외딴집 할머니"),
        ("gate-that-squeaks", "아이", 4, "아이고, 이 문이", "앞집 할아버지"),
        ("bag-never-off", "아이와 엄마", 3, "혼자 하는 건 안 쳐 줘.", "곱슬머리 짝꿍"),
        ("two-ends-of-a-thread", "토끼와 곰", 4, "들려!", "곰"),
        ("rattle-behind", "토끼와 곰", 4, "우리를 쫓아온 게", "토끼"),
        ("rattle-behind", "토끼와 곰", 4, "도망가면서도 꼭", "곰"),
        ("toys-want-home", "토끼, 곰, 여우", 4, "너희 집은 어디니?", "여우"),
        ("hug-under-the-door", "아이와 엄마", 2, "납작한 건", ""),
    ],
)
def test_a_quotation_is_of_who_says_it(
    name: str, characters: str, page: int, line: str, speaker: str
) -> None:
    """Also of whom the story brings along, and of the others of the cast; what is written
    somewhere is nobody's."""
    it = told(by_name()[name], StoryRequest("현대", "마을", characters, "하루"), 1)
    assert it is not None
    made = tell(it, 1)[page]
    assert f'"{line}' in made.text
    lines = [said.text for said in made.dialogues if said.character == speaker]
    assert any(said.startswith(line) for said in lines) is bool(speaker)


def test_one_of_many_speaks_who_is_named_on_the_page() -> None:
    """Of five others two are named on each page: it is one of them."""
    line, asked = by_name()["king-for-a-birthday"], "토끼, 곰, 여우, 사슴, 다람쥐, 오리, 고양이"
    it = told(line, StoryRequest("현대", "마을", asked, "생일"), 1)
    assert it is not None
    for page in tell(it, 1):
        assert all(said.character in page.text for said in page.dialogues), page.text
