"""What every storyline keeps, as docs/storylines.md tells its author."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import get_args

import pytest

from storybook.book import StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.setting import HERE, StorySetting, Time, places, things
from storybook.composer.storylines import (
    MARK,
    NOBODY,
    REST,
    ROLES,
    SPOKEN,
    A,
    B,
    Cast,
    Storyline,
    StorylinePage,
    by_name,
    storylines,
)
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.korean.slips import slips
from storybook.languages.known import language_of
from storybook.lexicon.absence import away
from storybook.lexicon.scenes import TIMES, verbs
from storybook.lexicon.topics import GAP, find_topic, frames
from storybook.stages.writer.check import check_page, default_check
from tests.composer.storyline_text import (
    all_text,
    free_words,
    is_harmless,
    slots,
    spoken_by,
    tellings,
    ways,
)

ALL = storylines()
NAMED = pytest.mark.parametrize("line", ALL, ids=lambda it: it.name)
FRAMES = {it.name: it for it in frames()}
GENERIC = {"place", "home", "here", "team", "count", "all", "intro", "opening", "a_step"}
PLURAL = re.compile("서로|저마다|모여들|하나둘|차례로|둘러|나란히 서서")
"""What only several do: {rest} may be one."""
CASTS: dict[Cast, tuple[str, ...]] = {
    "one": ("아이", "소방관", "호기심 많은 토끼"),
    "two": ("토끼와 곰", "아이와 할머니", "아빠와 나"),
    "many": ("토끼, 곰, 여우", "엄마, 아빠, 아이", "서연, 민준, 하늘이, 강아지 복실이"),
}
ERAS = ("현대", "조선시대", "1988년", "2050년", "석기시대")


def parts(page: StorylinePage) -> set[str]:
    """The slots of a page's place."""
    if page.place == HERE:
        return set()
    found = places()[page.place].get("parts", {})
    assert isinstance(found, dict)
    return set(found)


def known(line: Storyline, page: StorylinePage) -> set[str]:
    """The names that a page's actions may have."""
    return {*ROLES, *line.extras, *line.things, *parts(page)}


def seen(line: Storyline, page: StorylinePage) -> set[str]:
    """What a page's picture shows."""
    used = {name for it in page.actions for name in (it.actor, it.what, it.whom) if name}
    extras = {key for key in line.extras if key in page.acts}
    return {*used, *page.things, *extras, *parts(page), A, B, REST} - {*page.away}


@NAMED
def test_actions_name_what_is_there(line: Storyline) -> None:
    """Each has a known verb, as many names as that needs, and only names of the scene."""
    for page in line.page:
        for act in page.actions:
            assert act.verb in verbs(), act
            assert {act.actor, act.what} <= known(line, page), (page.place, act)
            assert not act.whom or act.whom in known(line, page), (page.place, act)
            needs = verbs()[act.verb].en
            assert ("{what}" in needs, "{whom}" in needs) == (bool(act.what), bool(act.whom)), act
            assert act.actor not in page.away, act
        assert {*page.things} <= {*line.things, *parts(page)}, page.things
        assert (page.time, page.weather) in TIMES
        assert {*page.acts} <= {*ROLES, *line.extras}


@NAMED
def test_every_slot_names_what_the_picture_shows(line: Storyline) -> None:
    """Or what the page says is not to be seen: said, wished, gone."""
    for page in line.page:
        for text in ways(page):
            told_of = slots(text) - GENERIC
            assert told_of <= known(line, page), told_of - known(line, page)
            hidden = told_of - seen(line, page) - {*page.unseen}
            assert hidden <= {*page.away}, f"{hidden} of {text}"


@NAMED
def test_every_action_is_told_and_nothing_else_is_marked(line: Storyline) -> None:
    """With every cast and in every telling, in a word that means it."""
    for page, size in itertools.product(line.page, line.casts):
        there = {A, *line.extras} | ({B} if size != "one" or line.alone else set())
        there |= {REST} if size == "many" else set()
        acts = [it for it in page.actions if it.actor in there]
        acts = [it for it in acts if {it.what, it.whom} & {B, REST} <= there]
        for text in tellings(page, size):
            marks = MARK.findall(text)
            wanted, marked = Counter(it.verb for it in acts), Counter(verb for verb, _ in marks)
            assert not wanted - marked, f"{size}: untold {wanted - marked} in {text}"
            assert {*marked} <= {*wanted}, f"{size}: {marked - wanted} in {text}"
            for verb, words in marks:
                assert any(stem in words for stem in verbs()[verb].ko), f"[{verb}|{words}]"


@NAMED
def test_free_text_shows_nothing(line: Storyline) -> None:
    """A noun that a picture would have to show is a slot, or stands in `unseen`; what is harmless
    is listed in harmless.toml."""
    for page in line.page:
        unseen = frozenset(page.unseen)
        found = {word for text in ways(page) for word in free_words(text)}
        strange = sorted(word for word in found if not is_harmless(word, unseen))
        assert not strange, f"neither slot nor listed: {' '.join(strange)}"


@NAMED
def test_things_and_places_are_known(line: Storyline) -> None:
    """Each has its words, and is there in the eras in which the story is told."""
    assert {*line.needs} <= things().keys()
    assert {page.place for page in line.page} - {HERE} <= places().keys()
    assert {*line.eras} <= {*get_args(Time)}
    assert line.object in line.things


@NAMED
def test_a_story_is_written_as_an_author_would(line: Storyline) -> None:
    """One thing whose meaning changes, a refrain that pays off, page-turns, an end that the hero
    brings about."""
    assert all(line.meaning) and line.meaning[0] != line.meaning[1]
    assert line.earned in line.page[3].does and line.earned.startswith("a ")
    for size in line.casts:
        with_refrain = [
            all(line.refrain in MARK.sub(r"\2", text) for text in tellings(page, size))
            for page in line.page
        ]
        assert sum(with_refrain) >= 3 and with_refrain[3], with_refrain
        for page in (line.page[0], line.page[2]):
            for text in tellings(page, size):
                assert re.search(r"(?:\?|!|……)\W*$", text.rstrip()), f"no page-turn: {text[-40:]}"
    uses = sum(line.object in slots(text) for page in line.page for text in ways(page))
    assert uses >= 2, "the object is hardly told of"


@NAMED
def test_it_says_nothing_that_its_topic_never_says(line: Storyline) -> None:
    """And knows its topics, of which a grave one has its own."""
    text = MARK.sub(r"\2", all_text(line))
    for topic in filter(None, line.topics):
        assert not FRAMES[topic].said_never(text), topic
        grave = {it for it in line.topics if it and FRAMES[it].grave}
        assert not grave or grave == {*line.topics} or line.gentle


@NAMED
def test_everybody_is_told_of(line: Storyline) -> None:
    """Those who speak are in the scene; with many, each page has the others, as one or several."""
    for page in line.page:
        for text in ways(page):
            speakers = {*spoken_by(text)}
            assert speakers <= {A, B, REST, NOBODY, *line.extras} - {*page.away}, text
        if "many" in line.casts and REST not in page.away:
            assert all("{rest" in text or "{opening}" in text for text in tellings(page, "many"))
    others = [text for page in line.page for text in ways(page) if "{rest" in text]
    assert not [text for text in others if PLURAL.search(text)]


@NAMED
def test_every_quotation_says_whose_it_is(line: Storyline) -> None:
    """Else the narrator would read what somebody in the story says; `nobody` is for what is written
    somewhere, or comes from one who is not seen."""
    for page in line.page:
        for text in ways(page):
            assert '"' not in SPOKEN.sub("", text), f'a quotation without its "{A}:": {text}'


@NAMED
def test_who_is_away_is_so_by_the_text(line: Storyline) -> None:
    """A picture without somebody is one whose text says that they are elsewhere."""
    for page, size in itertools.product(line.page, line.casts):
        there = {B: size != "one", REST: size == "many"}
        gone = [f"{{{role}" for role in page.away if there.get(role)]
        for text in tellings(page, size):
            assert away(text, gone) == set(gone), text


@pytest.mark.slow
@NAMED
def test_its_books_pass_the_check(line: Storyline) -> None:
    """With every size of cast that it serves, in every era that it is told in, each with others."""
    rules = default_check().rules
    made = 0
    topic = next(filter(None, line.topics), "하루")
    for size, (at, era) in itertools.product(line.casts, enumerate(ERAS)):
        characters = CASTS[size][at % len(CASTS[size])]
        story = StoryRequest(era, "숲속 마을", characters, topic)
        it = told(line, story, 1)
        if it is None:
            continue
        made += 1
        pages = tell(it, 1)
        book = _Book(story)
        for page in pages:
            problems = check_page(page, book, pages[: page.page], rules)
            assert not problems, f"{characters} {era} {page.text} {page.image_prompt}"
            assert page.scene is not None and not page.scene.faults()
            assert page.image_prompt.isascii() and len(page.image_prompt) < 2000
            assert not re.search(r"  |the [,.]", page.image_prompt), page.image_prompt
            assert not re.search(r"[{}\[\]|<>]|  ", page.text), page.text
            assert slips(page.text) == [], page.text
    assert made >= len(line.casts)


class _Book:
    """What a page is checked for."""

    page_count, language, age = 5, "ko", "5-7"

    def __init__(self, request: StoryRequest) -> None:
        self.request = request


def test_names_are_unique() -> None:
    """A run keeps its storyline by its name."""
    names = [line.name for line in ALL]
    assert len(names) == len({*names})
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in names)


def test_turning_points_are_many_and_storms_few() -> None:
    """At least eight kinds; a storm in at most one of six."""
    turns = Counter(line.turn for line in ALL)
    assert len(turns) >= 8
    assert turns["storm"] <= len(ALL) / 6


def test_one_in_three_is_funny() -> None:
    """And says where."""
    assert sum(bool(line.humour) for line in ALL) >= len(ALL) / 3


def test_every_word_of_a_topic_finds_it() -> None:
    """Its own name first."""
    owners = Counter(word for frame in frames() for word in frame.words)
    assert [word for word, count in owners.items() if count > 1] == []
    for frame in frames():
        assert find_topic(frame.name) is frame
        for word in frame.words:
            found = find_topic(word.replace(GAP, " "))
            assert found is not None, word


def test_a_grave_topic_is_meant_whatever_is_named_after_it() -> None:
    """A day without a grandmother who died gets no tale of one who lives far away."""
    for text, name in (
        ("돌아가신 할머니가 보고 싶은 날", "죽음"),
        ("멀리 사는 할머니가 보고 싶은 날", "그리움"),
    ):
        frame = find_topic(text)
        assert frame is not None and frame.name == name
        chosen = choice(StoryRequest("현대", "숲속 마을", "아이", text), 1)
        told_of = {topic for it in chosen.storylines for topic in by_name()[it].topics}
        assert name in told_of and ("죽음" in told_of) == (name == "죽음")


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("돌아가신 할머니", "죽음"),
        ("할머니가 돌아가셨어요", "죽음"),
        ("친구를 따돌림", "왕따"),
        ("전쟁과 우정", "전쟁"),
        ("보고 싶은 할머니", "그리움"),
        ("가족의 평화로운 추억과 꿈", "꿈"),
        ("그리움", "그리움"),
    ],
)
def test_what_is_grave_is_told_of_before_all_else(topic: str, name: str) -> None:
    """Nobody who asks for a grandmother that has died gets a merry book; nor one who misses a
    living one a sad one."""
    found = find_topic(topic)
    assert found is not None and found.name == name
    stories = choice(StoryRequest("현대", "마을", "아이", topic), 1).storylines
    own = {line.name for line in ALL if name in line.topics}
    assert {*stories} <= own if found.weighs_on(topic) else {*stories} & own


def test_nobody_is_brought_along_who_is_called_as_a_hero() -> None:
    """A story with a grandmother of its own is not told of a grandmother alone, but of a child and
    the grandmother, who plays her."""
    line = by_name()["surely-not"]
    assert told(line, StoryRequest("현대", "마을", "할머니", "할머니"), 1) is None
    it = told(line, StoryRequest("현대", "마을", "아이와 할머니", "할머니"), 1)
    assert it is not None and it.who.name(it.who.extras["granny"]) == "할머니"


@pytest.mark.parametrize("topic", ["죽은 금붕어", "무지개다리를 건넌 강아지", "별이 된 할머니"])
def test_a_death_is_no_merry_story_of_pets_or_stars(topic: str) -> None:
    """Whose words stand beside it."""
    found = find_topic(topic)
    assert found is not None and found.name == "죽음"


def test_who_is_teased_gets_glasses_only_if_they_are_named() -> None:
    """A story of a grave topic's part is told of that part alone."""
    named, other = (
        choice(StoryRequest("현대", "마을", "아이", topic), 1).storylines
        for topic in ("안경 썼다고 친구들이 놀려요", "친구들이 놀려요")
    )
    assert named[0] == "these-are-my-eyes"
    assert other and "these-are-my-eyes" not in other


@pytest.mark.parametrize("time", get_args(Time))
def test_nothing_is_there_before_its_time(time: Time) -> None:
    """No bread in old Korea, no mask in 1988."""
    setting = StorySetting(time)
    for key, words in things().items():
        assert setting.names(words) or words["since"] in ("modern", "retro"), key


@pytest.mark.parametrize(
    ("topic", "characters"),
    [
        ("분수", "아이"),
        ("왜 하늘은 파랄까?", "토끼와 곰"),
        ("지하철 타기", "엄마, 아빠, 나"),
        ("자석", "토끼, 곰, 새"),
    ],
)
def test_an_unknown_topic_gets_a_story_that_does_not_pretend(topic: str, characters: str) -> None:
    """It is said to be unknown, and its word is nowhere in the book."""
    from storybook.composer.engine import pages_of
    from storybook.engines import WritingTask

    story = StoryRequest("현대", "숲속 마을", characters, topic)
    chosen = choice(story, 3)
    assert not chosen.topic_known and chosen.storylines
    for name in chosen.storylines:
        task = WritingTask(story, 3, 1, storyline=name)
        text = " ".join(page.text for page in pages_of(task))
        assert topic not in text


def test_korean_books_alone_are_told() -> None:
    """The storylines are Korean."""
    assert language_of("ko").lengths
