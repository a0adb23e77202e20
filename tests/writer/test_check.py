"""The check that every page goes through: what may stand, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from storybook.book import Dialogue, Page, StoryRequest
from storybook.composer.compose import compose
from storybook.events.catalog import Problem
from storybook.stages.writer.check import PageCheck, check_page, default_check, forbidden_words
from storybook.stages.writer.rules import Rules
from tests.books import book_of

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
RULES = Rules(forbidden_words())
PROMPT = (
    "A wide view of a village deep in a forest, in the Joseon dynasty of old Korea, at sunset. "
    "A curious white rabbit wearing a red scarf, happy, waving. "
    "A timid orange tiger wearing a blue vest, sad, sitting."
)
COVER = Page(0, title="토끼와 호랑이의 봄", image_prompt=PROMPT.replace("wide", "storybook cover"))
FIRST = Page(
    1,
    summary='옛날 깊은 숲속 마을에 토끼가 살았어요. "같이 놀자!" 토끼가 호랑이에게 외쳤어요.',
    dialogues=(Dialogue("토끼", "같이 놀자!"),),
    image_prompt=PROMPT,
)
SECOND = Page(
    2,
    summary="다음 날 아침 호랑이는 개울가에서 반짝이는 돌을 주웠어요.",
    image_prompt=PROMPT.replace("A wide view", "A close meeting"),
)


def kinds(page: Page, standing: Sequence[Page] = (COVER,), rules: Rules = RULES) -> set[str]:
    """What sorts of problems a page has."""
    return {problem.kind for problem in check_page(page, book_of(REQUEST), standing, rules)}


def first(**changes: object) -> Page:
    return msgspec.structs.replace(FIRST, **changes)


def saying(text: str) -> Page:
    """Page 1 with another sentence of narration after its first one."""
    return first(summary=f"옛날 숲속 마을에 토끼가 살았어요. {text}", dialogues=())


def test_a_good_page_may_stand() -> None:
    """Nothing is wrong with it."""
    assert check_page(COVER, book_of(REQUEST), (), RULES) == []
    assert check_page(FIRST, book_of(REQUEST), (COVER,), RULES) == []
    assert check_page(SECOND, book_of(REQUEST), (COVER, FIRST), RULES) == []


@pytest.mark.parametrize(
    "topic", ["우정", "용기", "나눔", "꿈", "DNA의 비밀", "왜 하늘은 파란가요?"]
)
@pytest.mark.slow  # hundreds of pages through every rule
@pytest.mark.parametrize(
    "characters",
    [
        "토끼",
        "호기심 많은 토끼, 겁 많은 호랑이",
        "R2D2와 소녀 하나",
        "Tom the cat, a brave rabbit",
        "곰 세 마리",
        "猫와 토끼",
        "🐰🐻",
        "해마와 도깨비, 토끼 토토, 곰, 여우, 개, 소, 돼지",
    ],
)
def test_the_composers_pages_may_stand(characters: str, topic: str) -> None:
    """Whatever a person asks for."""
    request = StoryRequest("2050년", "NASA 우주센터", characters, topic)
    for seed in range(2):
        pages = compose(request, seed)
        for page in pages:
            assert check_page(page, book_of(request), pages[: page.page], RULES) == [], page


@pytest.mark.parametrize(
    "page",
    [
        first(summary=""),
        first(summary="토끼가 잤어요."),
        first(summary=FIRST.summary + " 토끼가 걸었어요." * 80),
        first(summary=FIRST.summary.removesuffix("외쳤어요.")),
        first(title="제목"),
        first(image_prompt="rabbit, tiger"),
        first(image_prompt=PROMPT + " and a tree" * 300),
        first(dialogues=(Dialogue("토끼", ""),)),
        first(dialogues=(Dialogue("토끼", "같이 놀자!"),) * 5),
        msgspec.structs.replace(COVER, title=""),
        msgspec.structs.replace(COVER, title="토끼와 " * 20),
    ],
    ids=lambda it: it.text[:12],
)
def test_lengths_are_bounded(page: Page) -> None:
    """Nothing empty, nothing endless, nothing that stops in the middle."""
    assert "length" in kinds(page, () if page.page == 0 else (COVER,))


@pytest.mark.parametrize(
    "text",
    [
        "토끼는 朋友를 만났어요.",
        "토끼는 friend를 만났어요.",
        "토끼는 ともだち예요.",
        "토끼는 웃었어요 😀.",
    ],
)
def test_text_is_korean(text: str) -> None:
    """No Chinese characters, which some models slip in, no English and no emoji."""
    assert kinds(saying(text)) == {"language"}


def test_words_of_the_request_may_be_of_another_script() -> None:
    """A name is what the person said it is, in capitals or not."""
    request = StoryRequest("2050년", "NASA 우주센터", "R2D2와 토끼", "우정")
    text = "R2D2와 토끼는 nasa 우주센터에 놀러 갔어요."
    page = Page(1, summary=text, image_prompt="A child and a rabbit at a space centre.")
    assert check_page(page, book_of(request), (), RULES) == []


def test_hardly_any_hangul_is_no_korean() -> None:
    """Even in words of the request."""
    request = StoryRequest("2050년", "a very long english place name", "토끼", "우정")
    page = Page(
        1, summary="토끼 a very long english place name.", image_prompt="A rabbit in some place."
    )
    assert {it.kind for it in check_page(page, book_of(request), (), RULES)} == {"language"}


def test_an_image_prompt_is_plain_english() -> None:
    """What painters are told is ASCII."""
    assert kinds(first(image_prompt=PROMPT + " 토끼.")) == {"language"}


@pytest.mark.parametrize("text", ["토끼는 총을 쏘았어요.", "토끼는 술에 취했어요.", "이 병신아."])
def test_forbidden_words_are_found(text: str) -> None:
    """At the beginning of a word, whatever ending it has."""
    assert kinds(saying(text)) == {"forbidden"}


@pytest.mark.parametrize("text", ["숨죽여 버티던 토끼가 웃었어요.", "감기 몸살인 토끼가 쉬었어요."])
def test_innocent_words_are_not(text: str) -> None:
    """A forbidden word within another one is no such word."""
    assert kinds(saying(text)) == set()


def test_pictures_have_forbidden_words_of_their_own() -> None:
    """English ones, as whole words: a gunny sack is no gun."""
    assert kinds(first(image_prompt=PROMPT + " A Gun lies there.")) == {"forbidden"}
    assert kinds(first(image_prompt=PROMPT + " A gunny sack lies there.")) == set()


def test_the_list_of_words_is_a_file(tmp_path: Path) -> None:
    """An operator's own file takes the place of the package's."""
    file = tmp_path / "words.toml"
    file.write_text('korean = ["개울가"]\nenglish = []\n', encoding="utf-8")
    rules = Rules(forbidden_words(file))
    assert rules.forbidden == {"korean": ("개울가",), "english": ()}
    assert kinds(SECOND, (COVER, FIRST), rules) == {"forbidden"}
    file.write_text('koren = ["개울가"]\n', encoding="utf-8")
    with pytest.raises(ValueError, match="expected lists named korean, english; found koren"):
        forbidden_words.__wrapped__(file)
    for wrong in ("(", "x?"):
        file.write_text(f'korean = ["{wrong}"]\n', encoding="utf-8")
        with pytest.raises(ValueError, match="expected words or regular expressions"):
            forbidden_words.__wrapped__(file)


@pytest.mark.parametrize(
    "text",
    [
        "토끼는 걷고 걷고 걷고 걷고 걷고 걷고 걷고 걸었어요.",
        "호랑이는 개울가에서 돌을 주웠어요. 호랑이는 개울가에서 돌을 주웠어요.",
    ],
)
def test_a_model_that_has_lost_its_thread_is_noticed(text: str) -> None:
    """The same words, or the same sentence, again and again."""
    assert kinds(saying(text)) == {"degenerate"}


@pytest.mark.parametrize(
    "text", ["깡충깡충 깡충깡충, 토끼가 뛰었어요.", "하하하하하! 호랑이가 웃었어요."]
)
def test_sounds_that_repeat_are_the_charm_of_a_picture_book(text: str) -> None:
    """Not every repetition is a loop."""
    assert kinds(saying(text)) == set()


def test_nothing_is_repeated_from_the_page_before() -> None:
    """Neither a sentence nor most of the text; a refrain that is spoken may come again."""
    sentence = "옛날 깊은 숲속 마을에 토끼가 살았어요."
    again = msgspec.structs.replace(SECOND, summary=f"{sentence} {SECOND.summary}")
    assert kinds(again, (COVER, FIRST)) == {"repeated"}
    nearly = FIRST.summary.replace("옛날", "예전").replace("외쳤어요", "속삭였어요")
    assert kinds(msgspec.structs.replace(SECOND, summary=nearly), (COVER, FIRST)) == {"repeated"}
    later = msgspec.structs.replace(SECOND, page=3, summary=f"{sentence} 호랑이가 왔어요.")
    assert kinds(later, (COVER, FIRST, SECOND)) == set()
    spoken = Dialogue("토끼", "같이 놀자, 같이 놀자꾸나!")
    one, two = (
        msgspec.structs.replace(it, summary=f'{it.summary} "{spoken.text}"', dialogues=(spoken,))
        for it in (saying("호랑이도 살았어요."), SECOND)
    )
    assert kinds(two, (COVER, one)) == set()


def test_the_characters_are_those_of_the_request() -> None:
    """Who speaks is one of them and is heard in the text; each page names somebody."""
    fox = first(dialogues=(Dialogue("여우", "같이 놀자!"),))
    unsaid = first(dialogues=(Dialogue("토끼", "안녕!"),))
    nobody = first(summary="옛날 깊은 숲속 마을에 친구들이 살고 있었어요.", dialogues=())
    assert kinds(fox) == kinds(unsaid) == kinds(nobody) == {"characters"}


def test_the_book_names_everybody() -> None:
    """On its last page at the latest."""
    texts = (
        "산속 오두막에 토끼가 혼자 살았어요.",
        "어느 날 토끼는 파란 씨앗을 주웠어요.",
        "하지만 씨앗은 싹이 나지 않아 토끼는 울었어요.",
        "봄비가 내리자 드디어 꽃이 피어 토끼가 웃었어요.",
    )
    alone = [Page(number, summary=it, image_prompt=PROMPT) for number, it in enumerate(texts, 1)]
    cover = msgspec.structs.replace(COVER, title="토끼의 하루")
    assert kinds(alone[2], (cover, *alone[:2])) == set()
    assert kinds(alone[3], (cover, *alone[:3])) == {"characters"}
    assert kinds(alone[3], (COVER, *alone[:3])) == set()


def test_a_picture_shows_every_character_the_same_on_every_page() -> None:
    """All kinds are in the prompt, and no card changes from page to page."""
    assert kinds(first(image_prompt=PROMPT.replace("tiger", "cat"))) == {"picture"}
    changed = msgspec.structs.replace(SECOND, image_prompt=PROMPT.replace("red scarf", "hat"))
    changed = msgspec.structs.replace(
        changed, image_prompt=changed.image_prompt.replace("A wide view", "A close meeting")
    )
    assert kinds(changed, (COVER, FIRST)) == {"picture"}


def test_every_problem_is_said() -> None:
    """Whoever mends a model's prompt wants to know all of them."""
    page = first(summary="friend", dialogues=(Dialogue("여우", "x" * 200),))
    assert kinds(page) == {"length", "language", "degenerate", "characters"}


@pytest.mark.anyio
async def test_a_guard_judges_what_has_passed_the_rules() -> None:
    """It costs time, so that it is not asked about a page that is refused anyway."""
    seen: list[Page] = []

    async def guard(page: Page, request: StoryRequest) -> Sequence[Problem]:
        seen.append(page)
        return [Problem("guard", "too sad")]

    check = PageCheck(RULES, guard)
    assert await check.problems(FIRST, book_of(REQUEST), (COVER,)) == [Problem("guard", "too sad")]
    found = await check.problems(first(title="제목"), book_of(REQUEST), (COVER,))
    assert [problem.kind for problem in found] == ["length"]
    assert seen == [FIRST]
    assert await default_check().problems(FIRST, book_of(REQUEST), (COVER,)) == []


def test_who_is_away_by_the_text_may_be_missing_in_the_picture() -> None:
    """Nobody else may, and somebody must be seen."""
    request = StoryRequest("현대", "숲", "토끼와 곰", "용기")
    text = "곰은 아무리 기다려도 돌아오지 않았어요. 토끼는 혼자 어두운 언덕을 바라보았어요."
    prompt = "A close meeting of a deep forest, in the present day, at night. {}"
    alone = prompt.format("A white rabbit wearing a red scarf, sad, standing.")
    page = Page(2, summary=text, image_prompt=alone)
    assert check_page(page, book_of(request), (), RULES) == []
    together = msgspec.structs.replace(page, summary=text.replace("돌아오지 않았어요", "졸았어요"))
    assert [it.message for it in check_page(together, book_of(request), (), RULES)] == [
        "the picture is without bear"
    ]
    nobody = msgspec.structs.replace(page, image_prompt=prompt.format("The moon shines."))
    assert [it.kind for it in check_page(nobody, book_of(request), (), RULES)] == ["picture"]


def test_the_last_page_of_a_longer_book_is_another() -> None:
    """Who is not named by then is missed there, and not on page 4."""
    alone = first(summary="옛날 깊은 숲속 마을에 토끼가 혼자 살았어요.", dialogues=())
    book = book_of(REQUEST, 7)

    def missed(number: int) -> bool:
        page = msgspec.structs.replace(alone, page=number)
        found = check_page(page, book, (), RULES)
        return any("the book never names 호랑이" in it.message for it in found)

    assert [missed(number) for number in (4, 5, 6)] == [False, False, True]


def test_a_book_is_held_to_its_own_language() -> None:
    """Korean to Hangul, English to English, and one that nobody here knows to nothing but what can
    be read aloud."""

    def passes(summary: str, language: str) -> bool:
        book = msgspec.structs.replace(book_of(REQUEST), language=language)
        found = check_page(first(summary=summary, dialogues=()), book, (COVER,), RULES)
        return "language" not in {it.kind for it in found}

    told = "Once upon a time there was a rabbit, and Rabbit lived in the woods."
    assert passes(told, "en") and passes(told, "en-GB") and not passes(told, "ko")
    assert not passes(f"{told} 토끼가 웃었어요.", "en")
    assert not passes("Es war einmal Rabbit, ein kleines Tier, das lebte tief im Wald.", "en")
    assert passes("Es war einmal 토끼, ein kleines Tier, das lebte tief im Wald.", "de")
    assert not passes(f"{told} \u2588", "de")
