"""Books composed by rule."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.book import Page, StoryRequest
from storybook.composer.arcs import arc_of, arcs, general_arc, table
from storybook.composer.compose import compose
from storybook.composer.engine import Composer
from storybook.composer.request import clean
from storybook.engines import WritingTask
from storybook.korean.particles import Ending, ending_of
from storybook.lexicon import cast, find_kind, find_props, looks
from storybook.lexicon.absence import away
from storybook.lexicon.words import data

TOPICS = [
    *(
        "우정",
        "용기",
        "정직",
        "나눔",
        "가족",
        "배려",
        "꿈",
        "자연",
        "인내",
        "자신감",
        "모험",
        "다름",
    ),
    *("우주 탐험", "양치질", "질투", "dinosaur", "용서", "감사"),
]
CASTS = [
    "호기심 많은 아이",
    "호기심 많은 토끼, 겁 많은 호랑이",
    "할머니, 손자 민준, 강아지 뭉치",
    "토끼, 곰, 여우, 사슴, 부엉이",
]
PLACES = ["깊은 숲속 마을", "바닷속 용궁", "우주", "학교", "사막", "서울"]
ERAS = ["조선시대", "현대", "2050년", "공룡시대"]
SEEDS = range(4)

QUOTED = re.compile(r'"[^"]*"')
OPEN_ONLY, CLOSED_ONLY = "는|가|를|와|야|랑|예요|였어요", "은|을|과|아|이에요|이었어요"


def requests() -> list[tuple[StoryRequest, int]]:
    """Every topic with every cast and seed; places and eras take turns."""
    return [
        (StoryRequest(ERAS[n % 4], PLACES[n % 6], characters, topic), seed)
        for n, (topic, characters, seed) in enumerate(itertools.product(TOPICS, CASTS, SEEDS))
    ]


def narration(page: Page) -> str:
    """A page's text without its spoken lines."""
    return QUOTED.sub("", page.summary)


def sentences(page: Page) -> int:
    """How many sentences the narrator says on a page."""
    return len(re.findall(r"[.!?](?=\s|$)", re.sub(r"'[^']*'", "", narration(page))))


@pytest.fixture(scope="module")
def books() -> list[tuple[StoryRequest, tuple[Page, ...]]]:
    """A book for each of the requests."""
    return [(request, compose(request, seed)) for request, seed in requests()]


Books = list[tuple[StoryRequest, tuple[Page, ...]]]


@pytest.mark.slow
def test_a_book_has_a_title_and_four_pages_of_text(books: Books) -> None:
    """Page 0 has only a title, pages 1 to 4 only a summary, and all have a prompt."""
    for _, pages in books:
        assert [page.page for page in pages] == [0, 1, 2, 3, 4]
        assert pages[0].title and not pages[0].summary and not pages[0].dialogues
        assert all(not page.title and 40 <= len(page.summary) <= 400 for page in pages[1:])
        assert all(page.image_prompt for page in pages)


@pytest.mark.slow
def test_a_page_has_two_to_four_sentences_and_one_or_two_spoken_lines(books: Books) -> None:
    """A page is as long as a child listens."""
    for _, pages in books:
        for page in pages[1:]:
            assert 2 <= sentences(page) <= 4, page.summary
            assert 1 <= len(page.dialogues) <= 2, page.summary


@pytest.mark.slow
def test_spoken_lines_stand_word_for_word_in_their_page_in_order(books: Books) -> None:
    """Each line is quoted in the summary, and each quotation is a line of someone in the cast."""
    for request, pages in books:
        names = {character.name for character in cast(request.characters)}
        for page in pages[1:]:
            lines = [line.strip('"') for line in QUOTED.findall(page.summary)]
            assert lines == [dialogue.text for dialogue in page.dialogues]
            assert {dialogue.character for dialogue in page.dialogues} <= names
            assert all(dialogue.voice == "" for dialogue in page.dialogues)


@pytest.mark.slow
def test_who_speaks_is_named_by_the_narrator(books: Books) -> None:
    """A child who hears the page knows who says a line."""
    for _, pages in books:
        for page in pages[1:]:
            for dialogue in page.dialogues:
                assert dialogue.character in narration(page), page.summary


@pytest.mark.slow
def test_everyone_takes_part(books: Books) -> None:
    """On every page the first page's whole cast, later the hero and at least one more."""
    for request, pages in books:
        names = [character.name for character in cast(request.characters)]
        assert all(name in pages[1].summary for name in names)
        for page in pages[1:]:
            assert sum(name in page.summary for name in names) >= min(len(names), 2), page.summary


@pytest.mark.slow
def test_three_or_more_are_all_named_on_every_page(books: Books) -> None:
    """With up to five characters, nobody is left out of a page."""
    for request, pages in books:
        names = [character.name for character in cast(request.characters)]
        if len(names) > 2:
            for page in pages[2:]:
                assert all(name in page.summary for name in names), page.summary


@pytest.mark.slow
def test_the_text_is_clean(books: Books) -> None:
    """No slot is left open; no space, particle or sentence sign stands twice."""
    for _, pages in books:
        for page in pages:
            assert not re.search(r"[{}+]|\s\s|\s[.,!?]|^\s|\s$", page.text), page.text


@pytest.mark.slow
def test_names_have_the_right_particles_everywhere(books: Books) -> None:
    """No 곰는 and no 토끼은, in any page of any book."""
    for request, pages in books:
        for name in (character.name for character in cast(request.characters)):
            is_closed = ending_of(name) is not Ending.OPEN
            wrong = OPEN_ONLY if is_closed else CLOSED_ONLY
            for page in pages:
                found = re.search(rf"(?<![가-힣]){name}(?:{wrong})(?=[\s.,!?]|$)", page.text)
                assert not found, page.text


@pytest.mark.slow
def test_era_and_place_stand_in_the_first_sentence(books: Books) -> None:
    """The book begins with when and where."""
    for request, pages in books:
        first = pages[1].summary.split(".")[0]
        assert {"현대": "요즘"}.get(request.era, request.era) in first
        assert f"{request.place}에 " in first


@pytest.mark.parametrize(
    ("era", "place", "characters", "first"),
    [
        ("현대", "시장", "토끼와 곰", "요즘, 시장 근처에 토끼와 곰이 살"),
        ("고려", "숲속 마을", "토끼와 곰", "고려 시대, 숲속 마을에 토끼와 곰이 살"),
        ("조선", "산", "토끼", "조선 시대, 산속에 토끼 한 마리가 살"),
        ("조선", "산", "아이", "조선 시대, 산속에 한 아이가 살"),
    ],
)
def test_a_book_begins_as_one_would_say_it(
    era: str, place: str, characters: str, first: str
) -> None:
    """Nobody lives in a market, and nobody says 옛날 고려."""
    for seed in range(4):
        assert first in compose(StoryRequest(era, place, characters, "우정"), seed)[1].summary


def test_no_house_of_today_goes_to_a_neighbour_for_fire() -> None:
    """A storyline of olden times is told of olden times."""
    tales = {
        era: " ".join(
            page.text
            for seed in range(12)
            for page in compose(StoryRequest(era, "마을", "토끼와 곰", "나눔"), seed)
        )
        for era in ("조선시대", "현대", "2050년")
    }
    assert ["불씨" in tale or "등불" in tale for tale in tales.values()] == [True, False, False]


def test_a_description_stands_before_the_name_at_the_first_mention_only() -> None:
    """호기심 많은 introduces the rabbit once."""
    request = StoryRequest("조선시대", "숲", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
    pages = compose(request, 1)
    assert "호기심 많은 토끼와 겁 많은 호랑이가" in pages[1].summary
    assert "".join(page.text for page in pages).count("호기심 많은") == 1


def test_an_unknown_topic_stands_in_the_book() -> None:
    """The word that a person typed is told of, with the right particle."""
    for topic in ("우주 탐험", "양치질", "질투", "dinosaur", "김치"):
        for characters in ("토끼", "토끼와 곰"):
            text = " ".join(
                page.text for page in compose(StoryRequest("현대", "숲", characters, topic), 3)
            )
            assert text.count(topic) >= 2


@pytest.mark.parametrize(
    ("place", "topic", "told"),
    [
        ("a beach", "우정", "바닷가에 "),
        ("beach", "우정", "바닷가에 "),
        ("숲", "it's", "it’s"),
        ("숲", "🌈", "무지개"),
        ("숲", "🌈🌈 그리기", "무지개 그리기"),
    ],
)
def test_english_words_and_emoji_are_told_of(place: str, topic: str, told: str) -> None:
    """An emoji is its word, an apostrophe stays where it was, and a beach is a beach."""
    pages = compose(StoryRequest("현대", place, "토끼와 곰", topic), 3)
    assert told in " ".join(page.text for page in pages)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("우리 집 🏠", "우리 집"),
        ("🏠 우리 집", "우리 집"),
        ("바다🌊", "바다"),
        ("미래 🚀", "미래"),
        ("❤️ 사랑 ❤️", "사랑"),
        ("🌊🌊", "바다"),
        ("숲 🌳🌳 속", "숲 속"),
    ],
)
def test_an_emoji_that_adorns_a_word_adds_nothing(given: str, word: str) -> None:
    """Beside its own word, or after any."""
    assert clean(given, 20) == word


def test_an_emoji_finds_its_arc() -> None:
    """A heart is love, and love is family."""
    request = StoryRequest("현대", "숲", "토끼와 곰", "❤️")
    assert (
        compose(request, 2)[1:] == compose(StoryRequest("현대", "숲", "토끼와 곰", "사랑"), 2)[1:]
    )


def test_a_question_as_a_topic_gets_a_book_that_asks() -> None:
    """A sentence is written down in a book of its own, never made a feast."""
    for seed in range(6):
        request = StoryRequest("현대", "숲", "토끼와 곰", "왜 하늘은 파랄까?")
        assert all("잔치" not in page.text for page in compose(request, seed))


def test_the_hero_is_the_one_whom_the_story_suits() -> None:
    """In a story of courage the timid one finds it, wherever it stands in the list."""
    request = StoryRequest("현대", "숲", "호기심 많은 토끼, 겁 많은 호랑이", "용기")
    for seed in range(4):
        last = compose(request, seed)[4]
        assert last.dialogues[0].character == "호랑이" or "호랑이" in last.summary[:40]


def test_a_child_rather_than_an_elder_is_the_hero() -> None:
    """It is the child who errs and learns, and the mother who helps."""
    for seed in range(4):
        pages = compose(StoryRequest("현대", "마을", "엄마와 아이", "정직"), seed)
        assert "아이" in pages[2].dialogues[0].character


def test_every_line_of_a_hero_is_fit_for_an_elder_too() -> None:
    """Each line is polite in other words, or is known to be said to nobody or somebody small."""
    manners = table("polite")
    lines = {
        line
        for arc in (*arcs(), general_arc())
        for storyline in arc.storyline
        if storyline.cast == "two"
        for scene in storyline.page
        for line in re.findall(r'"a:([^"]*)"', " ".join(itertools.chain(*scene.beats)))
    }
    assert lines == {*manners["spoken"], *manners["as_it_is"]}
    for line in manners["spoken"].values():
        assert re.search(r"요\W*$|지요, 뭐\.$|내일!$|상자예요!$", line), line
        assert not re.search(r"(?<![가-힣])(?:나|내|내가|너|너는|네가|너랑)(?![가-힣])", line)


@pytest.mark.parametrize("elder", ["할머니", "아빠", "토끼 할아버지", "선생님", "임금님"])
def test_a_child_speaks_politely_to_an_elder(elder: str) -> None:
    """No 미안해 to a grandmother, whoever is named first; to a friend it stays as it is."""
    for seed, cast_words in itertools.product(range(12), ("{}, 용감한 아이", "아이와 {}")):
        request = StoryRequest("현대", "마을", cast_words.format(elder), "정직")
        lines = [line for page in compose(request, seed) for line in page.dialogues]
        told = " ".join(line.text for line in lines if line.character == "아이")
        assert "미안해" not in told and "죄송해요" in told
    friends = compose(StoryRequest("현대", "마을", "아이와 곰", "정직"), 1)
    assert "미안해" in friends[4].summary


def test_who_is_away_is_not_in_the_picture() -> None:
    """The one who does not come back is missing in the picture too, in every telling."""
    for topic, storylines in {"용기": 1, "정직": 1, "나눔": 2, "배려": 2}.items():
        lines = [line for line in arc_of(topic).storyline if any(it.away for it in line.page)]
        assert len(lines) == storylines
    missed = 0
    for seed in range(12):
        pages = compose(StoryRequest("조선시대", "숲", "겁 많은 토끼와 곰", "용기"), seed)
        if "돌아오지 않" in pages[2].summary:
            missed += 1
            assert all(" bear " not in pages[n].image_prompt for n in (2, 3))
            assert all(" bear " in pages[n].image_prompt for n in (0, 1, 4))
    assert missed


def test_whoever_is_marked_as_away_is_away_by_the_text() -> None:
    """Each way of telling such a page says where the others are."""
    for arc in (*arcs(), general_arc()):
        for scene in itertools.chain(*(line.page for line in arc.storyline)):
            for told in itertools.product(*scene.beats):
                text = " ".join(told)
                names = [f"{{{who}" for who in scene.away]
                assert away(text, names) == set(names), text


def test_the_thing_of_a_story_is_in_its_pictures() -> None:
    """Every thing is one that the painter knows, or a being; a torn flag is torn."""
    for arc in (*arcs(), general_arc()):
        for line in arc.storyline:
            for thing in (line.thing, *(scene.thing or "" for scene in line.page)):
                assert not thing or find_props(thing) or find_kind(thing).ko != thing, thing
    pages = compose(StoryRequest("조선시대", "숲", "토끼와 호랑이", "우정"), 1)
    assert all("flag" in page.image_prompt for page in pages)
    assert "two torn halves of a flag" in pages[2].image_prompt


def test_who_swims_has_no_hands_and_no_legs() -> None:
    """A whale has fins, does not sit, and lives where no pine tree stands."""
    for topic, seed in itertools.product(TOPICS, range(3)):
        for page in compose(StoryRequest("현대", "바다", "고래와 돌고래", topic), seed):
            told = re.sub("손뼉", "", page.text)
            assert not re.search(
                r"(?<![가-힣])(?:손|발|무릎|어깨)(?:을|이|은|에)(?![가-힣])", told
            ), told
            assert "소나무" not in told and "주저앉" not in told
            assert not re.search("sitting|standing|walking|seashore", page.image_prompt)
    on_land = compose(StoryRequest("현대", "숲", "토끼와 곰", "우정"), 2)
    assert "손" in " ".join(page.text for page in on_land)


def test_the_same_request_and_seed_give_the_same_book() -> None:
    """Nothing but the seed decides."""
    request = StoryRequest("조선시대", "숲", "토끼, 곰, 여우", "모험")
    assert compose(request, 7) == compose(request, 7)


@pytest.mark.slow
def test_different_seeds_give_many_different_books() -> None:
    """A topic has dozens of books, for two characters and for one."""
    for characters in ("토끼와 곰", "토끼"):
        request = StoryRequest("조선시대", "숲", characters, "우정")
        texts = {tuple(page.text for page in compose(request, seed)) for seed in range(60)}
        assert len(texts) > 50


def test_every_beat_of_every_storyline_can_be_told_in_three_ways() -> None:
    """Each page of each storyline combines from at least three phrasings."""
    for arc in (*arcs(), general_arc()):
        assert {line.cast for line in arc.storyline} == {"one", "two"}
        for storyline in arc.storyline:
            for scene in storyline.page:
                ways = 1
                for beat in scene.beats:
                    ways *= 1 if beat[0].startswith("+") else len(beat)
                assert ways >= 3, (arc.topic, storyline.titles)


@pytest.mark.parametrize(
    ("topic", "arc"),
    [
        ("우정", "우정"),
        ("친구와의 우정", "우정"),
        ("용기와 우정", "우정"),
        ("용감한 마음", "용기"),
        ("꿈", "꿈"),
        ("꿈을 이루는 법", "꿈"),
        ("꿈틀꿈틀", ""),
        ("friendship", "우정"),
        ("kindergarten", ""),
        ("숲속 탐험", "탐험"),
        ("용서", "용서"),
        ("친구를 용서하기", "용서"),
        ("감사하는 마음", "감사"),
        ("양치질", "습관"),
        ("화", "감정"),
        ("할머니와의 이별", "그리움"),
        ("화산", ""),
        ("김치", ""),
        ("🦖", ""),
    ],
)
def test_a_topic_finds_its_arc(topic: str, arc: str) -> None:
    """Related words count, and of several topics the last; others get the general arc."""
    assert arc_of(topic).topic == arc


@pytest.mark.slow
def test_prompts_follow_the_convention(books: Books) -> None:
    """ASCII; the shot, place, era and time; then each character, the same words on each page."""
    for request, pages in books:
        looks = [
            [
                look
                for it in page.image_prompt.split(". ")
                if " wearing a" in (look := it.split(", ")[0])
            ]
            for page in pages
        ]
        assert all(page.image_prompt.isascii() for page in pages)
        assert len(looks[0]) == len(cast(request.characters))
        for page, shown in zip(pages, looks, strict=True):
            gone = away(page.text, [character.name for character in cast(request.characters)])
            assert len(shown) >= len(looks[0]) - len(gone)
            assert shown == [look for look in looks[0] if look in shown]
        assert pages[0].image_prompt.startswith("A storybook cover view of ")
        assert pages[3].image_prompt.startswith("A dramatic view of ")


def test_a_described_character_is_painted_as_described() -> None:
    """Known adjectives are translated, in order; the kind is the lexicon's; colours differ."""
    request = StoryRequest("현대", "숲", "호기심 많은 하얀 토끼, 얼룩덜룩한 말하는 토끼", "우정")
    prompt = compose(request, 3)[1].image_prompt
    first, second = prompt.split(". ")[1:3]
    assert first.startswith("A curious white rabbit wearing ")
    assert second.startswith("A talking ")
    colours = [re.findall(r"wearing an? (\w+)", sentence) for sentence in (first, second)]
    assert colours[0] != colours[1]


@pytest.mark.slow
def test_a_look_leads_back_to_its_motif(books: Books) -> None:
    """Whoever reads the prompt through the lexicon finds the same kinds in it."""
    for request, pages in books:
        characters = cast(request.characters)
        sentences = pages[1].image_prompt.split(". ")[1 : len(characters) + 1]
        found = [find_kind(sentence.split(" wearing ")[0]).motif for sentence in sentences]
        assert found == [character.kind.motif for character in characters]


@pytest.mark.parametrize(
    ("era", "place", "topic", "season"),
    [
        ("겨울", "마을", "우정", "in snowy winter"),
        ("현대", "눈 덮인 산골", "우정", "in snowy winter"),
        ("현대", "마을", "첫눈", "in snowy winter"),
        ("봄", "단풍 든 산", "우정", "in spring"),
        ("현대", "마을", "우정", ""),
        ("겨울", "바닷속", "우정", ""),
    ],
)
def test_a_season_that_is_named_stands_in_every_prompt(
    era: str, place: str, topic: str, season: str
) -> None:
    """The era's season goes before the place's, and that before the topic's."""
    for page in compose(StoryRequest(era, place, "토끼와 곰", topic), 2):
        setting = page.image_prompt.split(". ")[0]
        named = re.findall("spring|summer|autumn|winter", setting)
        assert named == season.split()[-1:]
        assert season in setting


def test_a_winter_has_snow_and_not_rain() -> None:
    """Its storm is a snowstorm, in the picture and in the text."""
    for seed in range(6):
        third = compose(StoryRequest("겨울", "마을", "토끼와 곰", "자연"), seed)[3]
        assert "눈보라" in third.summary
        assert "with falling snow" in third.image_prompt


def test_every_animal_and_being_has_a_coat_of_its_own() -> None:
    """Nobody is painted in the colours of another kind."""
    kinds = {kind["en"] for kind in data()["kind"] if kind["folk"] != "person"}
    assert kinds - looks.data()["coats"].keys() == {"mermaid"} & kinds


@pytest.mark.parametrize(
    ("characters", "look"),
    [
        ("갈매기", "A white seagull"),
        ("까치", "A black-and-white magpie"),
        ("북극곰", "A white bear"),
        ("빨간 갈매기", "A red seagull"),
        ("소방관", "A firefighter wearing a red coat"),
        ("빨간 자동차", "A red car,"),
    ],
)
def test_who_has_a_colour_in_life_has_it_in_a_book(characters: str, look: str) -> None:
    """Unless the person says another one."""
    for seed in range(3):
        page = compose(StoryRequest("현대", "마을", characters, "우정"), seed)[1]
        assert page.image_prompt.split(". ")[1].startswith(look)


@pytest.mark.parametrize(
    ("era", "clothes"),
    [("조선시대", "hanbok"), ("중세", "gown"), ("석기시대", "fur tunic"), ("현대", "")],
)
def test_people_are_dressed_in_the_fashion_of_their_era(era: str, clothes: str) -> None:
    """A hanbok belongs to old Korea, not to a castle or a cave."""
    prompt = compose(StoryRequest(era, "성", "공주", "우정"), 1)[1].image_prompt
    assert clothes in prompt
    assert ("hanbok" in prompt) == (clothes == "hanbok")


def test_a_helper_stands_in_the_prompt_of_the_pages_that_tell_of_it() -> None:
    """The small bird is nearby where the text has it, and not where it is gone."""
    for seed in range(12):
        for page in compose(StoryRequest("현대", "숲", "토끼", "자연"), seed)[1:]:
            told = [part for part in page.summary.split(".") if "작은 새" in part]
            gone = any(re.search("없|사라|떠나|보이지 않", part) for part in told)
            assert ("bird" in page.image_prompt) == (bool(told) and not gone), page.summary


def test_two_of_a_kind_move_in_two_ways() -> None:
    """No 총총 … 총총 in one sentence."""
    request = StoryRequest("현대", "숲", "민준이와 서연이", "수학")
    text = " ".join(page.text for seed in range(20) for page in compose(request, seed))
    assert "민준이는 총총, 서연이는 사뿐사뿐" in text


GOLDEN_TITLE = "토끼와 호랑이의 알록달록 깃발"
GOLDEN_PAGES = [
    "옛날 조선시대, 깊은 숲속 마을에 호기심 많은 토끼와 겁 많은 호랑이가 살고 있었어요. "
    "커다란 느티나무 아래 비밀 놀이터에서, 둘은 알록달록한 깃발을 만들었어요. 토끼는 "
    '해님을 그리고, 호랑이는 그 옆에 달님을 그렸어요. 토끼가 활짝 웃으며 말했어요. "해님 '
    '옆에는 달님이 있어야지!"',
    '그런데 깃발을 서로 먼저 들겠다고 하다가 그만 다투고 말았어요. "내가 먼저야!" '
    '"아니야, 내가 먼저야!" 힘껏 당기던 깃발은 찌이익 찢어졌고, 토끼의 손에는 해님만, '
    "호랑이의 손에는 달님만 남았어요.",
    "밤이 되자 거센 바람이 휘잉 불고, 사방이 캄캄해졌어요. 토끼는 해님 조각을 "
    "만지작거리며 잠을 이루지 못했어요. 멀리 호랑이의 방에도 작은 불이 켜져 있었어요. "
    '"혼자 있는 달님이 꼭 나 같아."',
    "이른 아침, 토끼와 호랑이는 커다란 느티나무 아래에서 딱 마주쳤어요. 둘 다 반쪽 "
    '깃발을 품에 꼭 안고 있었지요. "미안해. 네가 먼저 들어." "나도 미안해. 우리 같이 '
    '들자!" 한 땀 한 땀 꿰맨 깃발을 둘이 함께 높이 들자, 해님과 달님이 나란히 펄럭였어요.',
]
GOLDEN_PROMPT = (
    "A close meeting of a village deep in a forest, in the Joseon dynasty of old Korea, "
    "on a sunny day. A curious gray rabbit wearing a yellow neckerchief, surprised, "
    "standing. A timid golden striped tiger wearing a pink hanbok vest, surprised, "
    "standing. Nearby: two torn halves of a flag."
)


def test_a_golden_book() -> None:
    """This request and seed give exactly this book."""
    request = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
    pages = compose(request, 1)
    assert pages[0].title == GOLDEN_TITLE
    assert [page.summary for page in pages[1:]] == GOLDEN_PAGES
    assert pages[2].image_prompt == GOLDEN_PROMPT


anything = st.text(min_size=1, max_size=200)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(era=anything, place=anything, characters=anything, topic=anything, seed=st.integers(0))
def test_any_words_give_a_well_formed_book(
    era: str, place: str, characters: str, topic: str, seed: int
) -> None:
    """Whatever is typed, the pages keep their lengths and their lines stay well-formed."""
    request = StoryRequest(era, place, characters, topic)
    pages = compose(request, seed)
    assert len(pages) == 5
    assert 0 < len(pages[0].title) <= 80
    text = " ".join(page.text for page in pages)
    assert all(character.name in text for character in cast(characters))
    for page in pages:
        assert page.image_prompt.isascii()
        assert not re.search(r"[{}]|  ", page.text)
    for page in pages[1:]:
        assert 40 <= len(page.summary) <= 400
        lines = [line.strip('"') for line in QUOTED.findall(page.summary)]
        assert lines == [dialogue.text for dialogue in page.dialogues]


@pytest.mark.anyio
async def test_the_engine_writes_what_is_missing_and_reports() -> None:
    """Pages that stand are not written again; the fraction grows to one."""
    request = StoryRequest("조선시대", "숲", "토끼와 곰", "우정")
    composer = Composer()
    assert (await composer.readiness()).ready
    whole = compose(request, 5)
    task = WritingTask(request, 5, attempt=2, standing=whole[:2])
    fractions: list[float] = []
    written = [page async for page in composer.write(task, fractions.append)]
    assert tuple(written) == whole[2:]
    assert fractions == [0.6, 0.8, 1.0]
    await composer.unload()
