"""Who plays which part of a storyline, and how a book of theirs begins."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer import telling
from storybook.composer.casting import casting
from storybook.composer.choosing import choice
from storybook.composer.storylines import Storyline, by_name, storylines
from storybook.composer.tale import Tale, told
from storybook.composer.tale_pages import tell
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


@pytest.mark.parametrize(
    ("characters", "topic", "called"),
    [
        ("아이", "자폐", "한결이"),
        ("아이", "자폐가 있는 오빠", "오빠"),
        ("아이", "자폐가 있는 동생", "동생"),
        ("나, 누나, 엄마", "우리 누나는 자폐가 있어요", "누나"),
    ],
)
def test_whom_a_story_brings_along_is_called_as_the_topic_does(
    characters: str, topic: str, called: str
) -> None:
    """A brother or a sister, elder or younger; by a name where the topic says none."""
    line = by_name()["ten-steps-ahead"]
    it = told(line, StoryRequest("현대", "숲속 마을", characters, topic), 1)
    assert it is not None and _plays(it, "sib") == called


@pytest.mark.parametrize(
    ("characters", "topic", "called"),
    [
        ("아이", "엄마가 재혼했어요", "새아빠"),
        ("아이", "아빠가 재혼해요", "새엄마"),
        ("나, 엄마, 새아빠", "재혼", "새아빠"),
        ("엄마, 아빠, 아이", "재혼", "아빠"),
        ("엄마, 아빠, 아이", "새엄마", "엄마"),
    ],
)
def test_a_father_of_the_cast_stands_in_for_the_new_one(
    characters: str, topic: str, called: str
) -> None:
    """No book has both at one table, where the request has but one."""
    line = by_name()["no-spoon-again"]
    it = told(line, StoryRequest("현대", "숲속 마을", characters, topic), 1)
    assert it is not None and _plays(it, "step") == called


@pytest.mark.parametrize(
    ("topic", "called"),
    [
        ("한부모 가정", "엄마"),
        ("아빠 없는 아이", "엄마"),
        ("엄마 없는 아이", "아빠"),
        ("엄마 없이 아빠랑 살아요", "아빠"),
        ("할머니랑 둘이 살아요", "할머니"),
    ],
)
def test_who_is_named_as_missing_keeps_nobody_company(topic: str, called: str) -> None:
    """A child without a mother lives with another."""
    line = by_name()["whose-window"]
    it = told(line, StoryRequest("현대", "숲속 마을", "아이", topic), 1)
    assert it is not None and it.alone is not None and it.alone.ko == called


def _plays(it: Tale, key: str) -> str:
    """How whom a story brings along is called: one of the cast, or one of its own."""
    place = it.who.extras.get(key)
    return it.line.extras[key].ko if place is None else it.who.name(place)


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


@pytest.mark.parametrize(
    ("topic", "of_the_story"),
    [
        ("형이랑 싸워요", "형"),
        ("언니와 싸웠어요", "언니"),
        ("누나와 다퉈요", "누나"),
        ("동생이랑 싸워요", "동생"),
        ("자꾸 싸워요", "동생"),
    ],
)
def test_a_story_brings_along_whom_of_several_its_topic_names(
    topic: str, of_the_story: str
) -> None:
    """A lone hero quarrels with the one who is named: any brother or sister."""
    it = told(by_name()["ten-strokes-on-the-wall"], StoryRequest("현대", "집", "아이", topic), 1)
    assert it is not None and it.alone is not None and it.alone.ko == of_the_story


@pytest.mark.parametrize(
    ("characters", "younger"),
    [
        ("형, 동생", "동생"),
        ("언니, 나", "나"),
        ("하나, 유나", "하나"),
        ("첫째 토끼, 둘째 토끼, 막내 토끼", "막내 토끼"),
    ],
)
def test_the_younger_gets_the_old_coat(characters: str, younger: str) -> None:
    """Where a story says so; 하나 is not 나."""
    assert parts(by_name()["whose-hole-is-this"], characters)[0] == younger


@pytest.mark.parametrize("characters", ["산타", "산타 할아버지"])
def test_who_is_called_as_one_whom_a_story_brings_along_is_no_hero_beside_them(
    characters: str,
) -> None:
    """No Santa hangs up socks for another; beside a child he is the one who comes."""
    line = by_name()["what-goes-in-a-sock"]
    assert casting(line, cast(characters)) is None
    who = casting(line, cast(f"아이와 {characters}"))
    assert who is not None and who.name(who.extras["santa"]) == characters


@pytest.mark.parametrize(
    ("characters", "mother"),
    [("아기 곰, 엄마 곰, 아빠 곰", "엄마 곰"), ("엄마, 아이", "엄마"), ("아이와 엄마 곰", "")],
)
def test_a_mother_of_ones_own_kind_is_the_one_of_the_story(characters: str, mother: str) -> None:
    """No bear has two mothers; a bear is not the mother of a child."""
    who = casting(by_name()["umbrella-on-the-bed"], cast(characters))
    assert who is not None
    assert (who.name(who.extras["mom"]) if "mom" in who.extras else "") == mother


@pytest.mark.parametrize("characters", ["언니랑 나", "형, 동생, 나", "아빠, 형, 나"])
def test_who_tells_a_book_is_its_hero(characters: str) -> None:
    """And looks on at nobody else's story."""
    assert parts(ANY, characters)[0] == "나"


def test_a_word_that_nobody_knows_is_no_pet_name() -> None:
    """A kind that no list has gets no 이; a name that none has does, and so does who is of age."""
    (kind, name, aged) = cast("쿼랍, 민율, 여섯 살 다울")
    assert [telling.familiar(it) for it in (kind, name, aged)] == ["쿼랍", "민율이", "다울이"]


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
    """Of five others one speaks; of those whom the page names, if it does."""
    line, asked = by_name()["king-for-a-birthday"], "토끼, 곰, 여우, 사슴, 다람쥐, 오리, 고양이"
    it = told(line, StoryRequest("현대", "마을", asked, "생일"), 1)
    assert it is not None
    everyone = asked.split(", ")
    for page in tell(it, 1):
        named = [one for one in everyone if one in page.text]
        for said in page.dialogues:
            assert said.character in (named if len(named) > 2 else everyone), page.text
