"""The check measures what the writer wrote: words that were put in around it count for nothing."""

from __future__ import annotations

import itertools

import pytest

from storybook.book import Dialogue, Page, StoryRequest
from storybook.composer.compose import compose
from storybook.languages.ko import KOREAN
from storybook.lexicon import cast
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.cards import card_faults
from storybook.stages.writer.answer.copied import is_copied
from storybook.stages.writer.answer.instructions import writing_of
from storybook.stages.writer.answer.pages import page_of, sheet_of
from storybook.stages.writer.answer.picture import Picture, Sheet, fallback_sheet, prompt_of
from storybook.stages.writer.check import check_page, forbidden_words
from storybook.stages.writer.rules import Rules
from storybook.stages.writer.wording import told_of
from tests.books import book_of

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
BRIEF = brief_of(REQUEST, 5)
STRICT = Rules(forbidden_words())
SHEET = fallback_sheet(BRIEF, 7)
PICTURE = {
    "time": "at sunset",
    "acts": {"토끼": "happy, waving", "호랑이": "sad, sitting"},
    "scene": "Two friends meet by a small wooden bridge.",
}
GOOD = "토끼는 다리 앞에서 걸음을 멈추었어요. 호랑이가 건너편에서 손을 흔들었어요."
COVER = Page(
    0,
    title="토끼와 호랑이의 봄",
    image_prompt=prompt_of(0, BRIEF, SHEET, Picture("at night", ("happy, waving", "sad, sitting"))),
)


def told(summary: str, *lines: str, scene: str = PICTURE["scene"], number: int = 1) -> Page:  # type: ignore[assignment]
    """Page 1 of a model's answer with a narration and lines, each of the rabbit's."""
    said = {
        "summary": summary,
        "dialogues": [{"character": "토끼", "text": line} for line in lines],
        "picture": PICTURE | {"scene": scene},
    }
    return page_of(number, BRIEF, SHEET, said)


def titled(title: str) -> Page:
    return Page(0, title=title, image_prompt=COVER.image_prompt)


def kinds(page: Page, *standing: Page, request: StoryRequest = REQUEST) -> set[str]:
    before = standing or ((COVER,) if page.page else ())
    return {problem.kind for problem in check_page(page, book_of(request), before, STRICT)}


def test_a_good_page_of_a_model_may_stand() -> None:
    """With lines and without."""
    assert kinds(told(GOOD)) == kinds(told(GOOD, "안녕?", "어서 와!")) == set()


def test_who_says_a_line_is_not_what_the_writer_wrote() -> None:
    """Nor are the quotes; a writer that weaves its lines into the story wrote all but these."""
    page = told(GOOD, "안녕?", "어서 와!")
    assert page.summary.endswith('토끼가 물었어요. "어서 와!" 토끼가 외쳤어요.')
    assert told_of(page, KOREAN).narration == GOOD
    woven = Page(1, summary='토끼가 "안녕?" 하고 물었어요.', dialogues=(Dialogue("토끼", "안녕?"),))
    assert told_of(woven, KOREAN).narration == "토끼가 하고 물었어요."


@pytest.mark.parametrize(
    "summary",
    [
        "100, 2, 3, 4, 5, 6, 7, 8, 9, 10. 11, 12, 13, 14, 40.",
        "…",
        "… … … …",
        "!! ?",
        "",
        "1000, 3233. 2013 2021 2017 2019.",
    ],
)
@pytest.mark.parametrize("lines", [(), ("1111.",), ("안녕?", "어서 와!")])
def test_a_page_that_says_nothing_does_not_pass(summary: str, lines: tuple[str, ...]) -> None:
    """Whatever is said of its lines, and however many lines there are."""
    assert {"length", "characters"} <= kinds(told(summary, *lines))


@pytest.mark.parametrize("line", ["1111.", "…!", "?!", "10, 9, 8!", "One two."])
def test_a_line_has_a_korean_word(line: str) -> None:
    """It is read aloud in a voice."""
    assert "language" in kinds(told(GOOD, line))


def test_a_name_of_the_request_may_be_called() -> None:
    """In its own script."""
    request = StoryRequest("2050년", "우주", "R2D2, 소녀 하나", "용기")
    page = Page(
        1,
        summary='하나는 창밖의 별을 바라보았어요. "R2D2!" 하나가 외쳤어요.',
        dialogues=(Dialogue("하나", "R2D2!"),),
        image_prompt="A wide view of space with a girl and a robot.",
    )
    assert kinds(page, request=request) == set()


@pytest.mark.parametrize(
    "title",
    [
        "10 11",
        "!! ?",
        "우정을 보여 드리겠습니다",
        "1 2 3 4",
        "2013",
        "… …",
        "The Rabbit",
        "제목",
        "그림책 제목",
        "<제목>",
    ],
)
def test_a_title_has_words(title: str) -> None:
    """Of Korean, and its own."""
    assert kinds(titled(title))


@pytest.mark.parametrize(
    "title", ["토끼와 호랑이", "곰!", "100년 동안의 잠", "토끼, 토끼야!", "3월의 눈"]
)
def test_short_titles_and_numbers_with_a_unit_are_titles(title: str) -> None:
    """Nothing is wrong with them."""
    assert kinds(titled(title)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "토끼는 1, 2, 3을 세었어요.",
        "토끼는 10 20 30 하며 뛰었어요.",
        "토끼는 100은 2를 3이 보았어요.",
        "2013년 2014년 2015년 2016년 2017년 토끼.",
    ],
)
def test_numbers_that_count_nothing_do_not_pass(text: str) -> None:
    """More than one in a sentence without a unit, or more numbers than words."""
    assert "numbers" in kinds(told(f"{GOOD} {text}" if "년" not in text else text * 2))


@pytest.mark.parametrize(
    "text",
    [
        "토끼는 사과 3개와 배 2개를 나누었어요.",
        "토끼 2마리와 호랑이 3 마리가 모였어요.",
        "1592년 봄, 토끼는 7살이 되었어요.",
        "토끼는 숫자 7을 좋아했어요.",
        "토끼의 물은 100%, 호랑이의 물은 50% 찼어요.",
        "토끼는 1.5미터를 뛰고 2.5미터를 더 뛰었어요.",
    ],
)
def test_numbers_of_something_do(text: str) -> None:
    """With a unit, after a space or not, or one alone."""
    assert kinds(told(f"{GOOD} {text}")) == set()


def test_numbers_of_the_request_may_be_told() -> None:
    """A child asks for a story of the numbers one and two."""
    request = StoryRequest("지금", "숫자 나라", "토끼, 호랑이", "숫자 1과 2의 우정")
    page = told(f"{GOOD} 토끼는 1과 2를 불렀어요.")
    assert "numbers" not in kinds(page, request=request)


@pytest.mark.parametrize(
    "text",
    [
        "토끼와 호랑이는 친구였어요. 토끼와 호랑이는 친구였어요.",
        "토끼는 친구 친구 친구 친구 친구 친구예요.",
        "토끼 호랑이 토끼 호랑이 토끼 호랑이 토끼 호랑이.",
        "토끼가 웃었어요. 호랑이가 울었어요. 토끼가 웃었어요.",
    ],
)
def test_saying_the_same_again_and_again_is_no_story(text: str) -> None:
    """Sentences, words or a few words in turn."""
    assert "degenerate" in kinds(told(text))


def test_a_line_that_repeats_the_narration_is_no_line() -> None:
    """Both are read aloud, one after the other."""
    assert kinds(told(GOOD, GOOD.partition(". ")[0] + ".")) == {"degenerate"}


def test_a_page_of_long_ago_is_not_told_again() -> None:
    """One sentence may come again, a whole page may not."""
    second = told("호랑이는 노란 꽃을 꺾어 토끼에게 주었어요. 토끼는 깡충깡충 뛰었어요.", number=2)
    assert kinds(told(GOOD, number=3), COVER, told(GOOD), second) >= {"repeated"}


@pytest.mark.parametrize(
    "text",
    [
        "토끼는 갉뭃뷁쒧쨃갂갋 했어요. 괋긇낁낪넦녅 되었어요.",
        "토끼 뛗뭵뺣쀀쁪 씛쏧쓻쫋.",
        "토끼는 생믹으로 수룱 해요! 호랑이는 충벌큵간 자심의 역숙소를 모둜해야 해요.",
    ],
)
def test_syllables_of_no_word_are_no_korean(text: str) -> None:
    """A model that is held to Hangul and knows none writes such."""
    assert "language" in kinds(told(text))


def test_a_funny_sound_is_korean() -> None:
    """A syllable or two that hardly any word has."""
    assert kinds(told(f"{GOOD} 펲펲! 하늘에서 별이 떨어졌어요.")) == set()


def test_english_in_korean_text_is_found_within_words_of_the_request() -> None:
    """That a person wrote Tomato does not make at and to Korean."""
    request = StoryRequest("지금", "Tomato 농장", "토끼, 호랑이", "우정")
    assert kinds(told(f"{GOOD} 토끼는 at 농장에 갔어요."), request=request) >= {"language"}
    assert kinds(told(f"{GOOD} 토끼는 tomato를 보았어요."), request=request) == set()


@pytest.mark.parametrize(
    "text",
    [
        "토끼와 호랑이 숲 마을. 옛날 깊은 숲속 마을의 토끼.",
        "호랑이 허 많은호랑이 허 많은호황이. 토끼는 허 많은.",
        "토끼의 여름날 아침 숲. 호랑이의 높은 산. 토끼가 웃었어요.",
    ],
)
def test_a_narration_is_sentences(text: str) -> None:
    """Most of them have a predicate; a model that knows single words has none."""
    assert "language" in kinds(told(text))


def test_exclamations_are_no_sentences() -> None:
    """They need no predicate, and one sentence without may stand among others."""
    assert kinds(told(f"한 걸음, 그리고 또 한 걸음. 쨍그랑! {GOOD}")) == set()


# ------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize(
    "text",
    [
        "토끼와 호랑이의 우정을 보여 드리겠습니다.",
        "등장인물은 토끼와 호랑이예요.",
        "토끼 이야기를 쓰겠어요.",
        "토끼의 대사도 있다고 합니다, 감정은 하나예요, 동작은 꼴으로 씁니다.",
    ],
)
def test_a_narrator_does_not_speak_of_the_writing(text: str) -> None:
    """An assistant does; characters may offer to do things."""
    assert "copied" in kinds(told(f"{text} {GOOD}"))
    assert kinds(told(GOOD, "제가 도와 드리겠습니다!")) == set()


@pytest.mark.parametrize(
    "copy",
    [
        "…",
        "이야기.",
        "summary",
        "앞 쪽의 문장을 되풀이하지 않습니다.",
        "주제를 설교하지 말고 등장인물의 행동으로 보여 줍니다.",
        "One English sentence.",
        "happy, waving",
    ],
)
def test_words_of_the_question_are_no_answer(copy: str) -> None:
    """The name of what was to be there, an example, or a rule."""
    assert is_copied(copy, KOREAN) or not any(map(str.isalpha, copy))
    assert kinds(told(f"{copy} {GOOD}" if len(copy) > 12 else copy))


@pytest.mark.parametrize(
    "text", [*writing_of(KOREAN).rules.splitlines(), *writing_of(KOREAN).advice.values()]
)
def test_every_sentence_of_the_rules_is_known_as_a_copy(text: str) -> None:
    """But for those with what depends on the book."""
    whole = [it for it in text.split(". ") if "{" not in it and sum(map(str.isalpha, it)) > 9]
    assert all(is_copied(it, KOREAN) for it in whole)


def test_an_ordinary_sentence_is_no_copy() -> None:
    """Short pieces of the rules are words of stories too."""
    assert not any(is_copied(it, KOREAN) for it in GOOD.split(". "))
    assert not is_copied("따뜻하게 끝났어요.", KOREAN)


@pytest.mark.parametrize(
    "scene", ["One English sentence.", "<영어 한 문장>", "...", "a a a a a a a a", "scene"]
)
def test_a_scene_says_what_is_to_be_seen(scene: str) -> None:
    """An example that came back, a placeholder, or one word is no scene."""
    page = told(GOOD)
    prompt = page.image_prompt.replace(str(PICTURE["scene"]), scene)
    found = check_page(
        Page(1, summary=GOOD, image_prompt=prompt), book_of(REQUEST), (COVER,), STRICT
    )
    assert {problem.kind for problem in found} & {"copied", "degenerate", "language"}


# -------------------------------------------------------------------------------------- cards


@pytest.mark.parametrize(
    "card",
    [
        "A lion wearing golden tiger wearing a golden lion",
        "a timid orange tiger tiger wearing a blue vest",
        "a timid orange cat wearing a blue vest",
        "a tiger and a lion wearing a blue vest",
        "a rabbit tiger wearing a blue vest",
        "a timid tiger wearing",
        "a timid tiger wearing a",
        "a timid tiger wearing a golden lion",
        "a big big tiger wearing a blue vest",
        "a tiger wearing a vest wearing a hat",
    ],
)
def test_a_card_names_one_kind_once(card: str) -> None:
    """It goes into every picture. Such a card is replaced as the answer is read, and refused where
    it stands in a prompt all the same."""
    tiger = cast(REQUEST.characters)[1]
    assert list(card_faults(tiger, card))
    rabbit, drawn = SHEET.cards
    sheet = sheet_of(BRIEF, 7, {"cards": {"토끼": rabbit, "호랑이": card}})
    assert sheet.cards == (rabbit, drawn)
    prompt = prompt_of(
        1, BRIEF, Sheet(SHEET.place, (rabbit, card)), Picture("at night", ("x, y", "z, u"))
    )
    found = check_page(Page(1, summary=GOOD, image_prompt=prompt), book_of(REQUEST), (), STRICT)
    assert {problem.kind for problem in found} == {"picture"}


@pytest.mark.parametrize(
    "card",
    [
        "a timid orange tiger wearing a blue vest",
        "an old tiger wearing an orange scarf and an orange hat",
        "a brave tiger with a long tail wearing a hat with cat-ear tips",
        "a striped tiger wearing a pair of butterfly wings",
    ],
)
def test_a_card_may_be_a_writers_own(card: str) -> None:
    """Colours may come twice, and clothes may look like anything."""
    assert list(card_faults(cast(REQUEST.characters)[1], card)) == []


def test_a_scene_does_not_describe_a_character_once_more() -> None:
    """What a model copies from the card is taken out; who it is stays."""
    rabbit, _ = SHEET.cards
    page = told(GOOD, scene=f"{rabbit[0].upper()}{rabbit[1:]} stands by a brook.")
    assert page.image_prompt.endswith("The rabbit stands by a brook.")
    assert kinds(page) == set()


def test_a_model_that_chooses_no_acts_is_noticed() -> None:
    """On the fourth page on which everybody does but the one thing of an example."""
    acts = ("happy, waving", "happy, waving")
    texts = (
        "토끼는 아침 일찍 숲길을 나섰어요. 호랑이는 쿨쿨 자고 있었어요.",
        "갑자기 소나기가 쏟아져 토끼가 나무 밑으로 뛰었어요.",
        "호랑이는 커다란 연잎 우산을 토끼에게 씌워 주었어요.",
    )
    pages = [
        Page(
            number,
            title=text if number == 0 else "",
            summary=text if number else "",
            image_prompt=prompt_of(
                number, BRIEF, SHEET, Picture("at night", acts, f"Scene {number} by the brook.")
            ),
        )
        for number, text in enumerate((COVER.title, *texts))
    ]
    assert kinds(pages[2], *pages[:2]) == set()
    assert kinds(pages[3], *pages[:3]) == {"repeated"}


def test_a_picture_is_not_shown_twice() -> None:
    """The same acts, time and scene on two pages in a row; a cover may show what page 1 does."""
    second = told("호랑이는 노란 꽃을 꺾어 토끼에게 주었어요.", number=2)
    assert kinds(told(GOOD), titled("봄날의 토끼")) == set()
    assert kinds(second, COVER, told(GOOD)) == {"repeated"}


# ----------------------------------------------------------------------------------- composer


@pytest.mark.slow
def test_the_composers_books_may_stand() -> None:
    """Of animals, persons and things, with names of other scripts and numbers."""
    eras = ("조선시대", "2050년")
    places = ("NASA 우주센터", "바닷속")
    casts = (
        "토끼",
        "개구리 왕자, 공주",
        "로봇 3호, 별",
        "해마와 도깨비, 곰, 여우, 개",
        "소방차, 구름",
    )
    topics = ("우정", "숫자 1과 2의 사랑")
    requests = [StoryRequest(*it) for it in itertools.product(eras, places, casts, topics)]
    for seed, request in enumerate(requests):
        pages = compose(request, seed)
        for page in pages:
            assert check_page(page, book_of(request), pages[: page.page], STRICT) == [], page
