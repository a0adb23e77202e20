"""From a model's answer to pages: reading it while it is written, and putting it together."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.book import CastMember, Dialogue, Page, StoryRequest
from storybook.composer.compose import compose
from storybook.engines import Rewriting, WorkFailed, WritingTask
from storybook.lexicon.looks import times
from storybook.stages.writer.answer.brief import brief_for, brief_of
from storybook.stages.writer.answer.pages import (
    MEMBERS,
    Malformed,
    as_json,
    page_of,
    sheet_of,
    sheet_of_standing,
)
from storybook.stages.writer.answer.picture import (
    ACTS,
    Picture,
    Sheet,
    fallback_sheet,
    prompt_of,
    read_prompt,
)
from storybook.stages.writer.answer.reader import Member, MemberReader
from storybook.stages.writer.answer.telling import Telling

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
BRIEF = brief_of(REQUEST, 5)
SHEET = Sheet(
    "a village deep in a forest",
    ("a curious white rabbit wearing a red scarf", "a timid orange tiger wearing a blue vest"),
)
PICTURE = {
    "time": "at sunset",
    "acts": {"토끼": "happy, waving", "호랑이": "sad, sitting"},
    "scene": "A rabbit meets a tiger by a brook.",
}
LINE = {"character": "토끼", "text": "안녕?"}
PANEL = {"summary": "토끼가 길을 나섰어요.", "dialogues": [LINE], "picture": PICTURE}
ANSWER = {
    "place": SHEET.place,
    "cards": dict(zip(BRIEF.names, SHEET.cards, strict=True)),
    "cover": {"title": "토끼와 호랑이", "picture": PICTURE},
    **dict.fromkeys(MEMBERS[1:5], PANEL),
}


def ignore(fraction: float) -> None:
    """Nobody watches."""


def told(*pieces: str, standing: tuple[Page, ...] = ()) -> list[Page]:
    telling = Telling(BRIEF, WritingTask(REQUEST, 7, 1, standing), ignore)
    return [page for piece in pieces for page in telling.hear(piece)]


# ------------------------------------------------------------------------------------ reading it


@pytest.mark.slow
@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=3), it),
            max_leaves=6,
        ),
        max_size=5,
    ),
    st.booleans(),
    st.integers(1, 9),
)
def test_any_object_is_read_however_it_is_cut(value: object, pretty: bool, size: int) -> None:
    """Members come in order and whole, with strings that have braces, quotes and escapes."""
    text = json.dumps(value, ensure_ascii=pretty, indent=2 if pretty else None)
    reader = MemberReader()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert dict(member for piece in pieces for member in reader.feed(piece)) == value
    assert list(reader.end()) == []
    assert not reader.failure


def test_a_member_comes_with_its_closing_brace() -> None:
    """Not with what follows it: a page stands the moment its object closes."""
    reader = MemberReader()
    assert list(reader.feed('{"cover":{"title":"책"')) == []
    assert list(reader.feed("}")) == [Member("cover", {"title": "책"})]
    assert list(reader.feed(',"page_1":{}')) == [Member("page_1", {})]


def test_what_stands_around_the_object_is_passed_over() -> None:
    """Fences and remarks, before and after."""
    assert dict(MemberReader("a|b").feed('Here {}: ```json\n{"a": 1, "b": "}"}\n``` {"c": 2}')) == {
        "a": 1,
        "b": "}",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("네! 아래는 {요청하신} 동화입니다:\n", ""),
        ('{"book": ', "}"),
        ('[{"language": "ko", "answer": {"pages": ', "}}]"),
        ('{"a": 1] oh no: ', ""),
        ("<think>I {hm} " + "so " * 200 + '{"a": 0}</think>', ""),
        ("so " * 200 + '{"a": 0} </think>', ""),
        ('<Thinking>{"a": 0}</Thinking>', ""),
        ('[THINK]{"a": 0}[/THINK]', ""),
        ('<|channel|>analysis<|message|>{"a": 0}<|end|><|start|>assistant', ""),
        ('<|channel|>analysis<|message|>{"a": 0}<|channel|>final<|message|>', ""),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 1_000])
def test_the_first_object_with_a_known_member_is_read(before: str, after: str, size: int) -> None:
    """After remarks with braces, in wrappers, and after thoughts with a draft, however cut."""
    reader, text = MemberReader("a|b"), before + '{"a": 1, "b": {"a": 2}}' + after
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = [member for piece in pieces for member in reader.feed(piece)]
    assert dict(found) == {"a": 1, "b": {"a": 2}}


def test_what_comes_after_long_prose_counts_once_the_answer_has_ended() -> None:
    """Until then it may be a thought, with a draft in it."""
    reader = MemberReader("a")
    assert list(reader.feed("so " * 200 + '{"a": 1}')) == []
    assert list(reader.end()) == [Member("a", 1)]


def test_an_answer_within_a_thought_is_read_if_nothing_comes_after_it() -> None:
    """Some servers take all of it for one."""
    for text in ('<think>{"a": 1}</think>', '<think>{"a": 1}'):
        reader = MemberReader("a")
        assert list(reader.feed(text)) == []
        assert list(reader.end()) == [Member("a", 1)]


def test_an_object_whose_member_is_rejected_is_left() -> None:
    """It was an example; the next one counts."""
    reader = MemberReader("a")
    found = reader.feed('like {"a": "…"}: {"a": 1}')
    assert next(found) == Member("a", "…")
    reader.reject("it says nothing")
    assert list(found) == [Member("a", 1)]
    assert (reader.failure, reader.left, reader.objects) == ("it says nothing", {1}, 2)


def test_raw_line_breaks_in_strings_are_read() -> None:
    """Some servers' grammars let them through."""
    assert dict(MemberReader().feed('{"a": "x\ny"}')) == {"a": "x\ny"}


# ------------------------------------------------------------------------------ putting together


def test_every_prompt_has_the_characters_cards_word_for_word() -> None:
    """Whatever the model says of a picture: the cards are put in here."""
    pages = told(as_json(ANSWER))
    assert len(pages) == 5
    for page in pages:
        for card in SHEET.cards:
            assert f"{card[0].upper()}{card[1:]}, " in page.image_prompt
    assert pages[0].image_prompt == (
        "A storybook cover view of a village deep in a forest, in the Joseon dynasty of old "
        "Korea, at sunset. A curious white rabbit wearing a red scarf, happy, waving. A timid "
        "orange tiger wearing a blue vest, sad, sitting. A rabbit meets a tiger by a brook."
    )


def test_a_pages_text_has_its_lines_and_who_says_them() -> None:
    """A listener hears who speaks; each line stands word for word in the text."""
    lines = [LINE, {"character": "호랑이", "text": '"누구야!"'}]
    page = page_of(1, BRIEF, SHEET, {**PANEL, "dialogues": lines})
    assert page.summary == (
        '토끼가 길을 나섰어요. "안녕?" 토끼가 물었어요. "누구야!" 호랑이가 외쳤어요.'
    )
    assert page.dialogues == (Dialogue("토끼", "안녕?"), Dialogue("호랑이", "누구야!"))


def test_what_a_model_leaves_out_of_a_picture_is_filled_in() -> None:
    """Servers without a grammar: unknown times and acts, a missing card, letters beyond ASCII."""
    said = {"time": "tea time", "acts": {"토끼": "flying"}, "scene": "Ein Häschen — 토끼."}
    page = page_of(1, BRIEF, SHEET, {**PANEL, "picture": said})
    assert page.image_prompt.isascii()
    found = read_prompt(1, BRIEF, page.image_prompt)
    assert found == (SHEET, Picture(times()[0], (ACTS[0], ACTS[0]), "Ein Haschen ."))
    sheet = sheet_of(BRIEF, 7, {"cards": {"토끼": "a fox", "호랑이": SHEET.cards[1]}})
    assert sheet.cards == (fallback_sheet(BRIEF, 7).cards[0], SHEET.cards[1])


@pytest.mark.parametrize("said", [None, [], {}, {"summary": 1}, {**PANEL, "picture": "a view"}])
def test_a_page_of_another_form_is_malformed(said: object) -> None:
    """The message says which page."""
    with pytest.raises(Malformed, match="page_1"):
        page_of(1, BRIEF, SHEET, said)


@pytest.mark.parametrize(
    "answer",
    ['{"cover": {]}', '{"cover":{},', '{"page_2":{"picture":{}}}'],
    ids=["no JSON", "no page", "out of order"],
)
def test_an_answer_that_cannot_be_read_is_tried_again(answer: str) -> None:
    """It is the model's fault, and another seed may do better."""
    telling = Telling(BRIEF, WritingTask(REQUEST, 7, 1), ignore)
    assert [*telling.hear(answer), *telling.rest()] == []
    with pytest.raises(WorkFailed) as failure:
        telling.end("stop")
    assert (failure.value.kind, failure.value.retryable) == ("bad_answer", True)


def test_a_book_that_breaks_after_a_page_is_not_waited_for() -> None:
    """It is no draft: a page of it stands."""
    text = as_json(ANSWER)
    with pytest.raises(WorkFailed, match="page_1") as failure:
        told(text[: text.index('"page_1"')] + '"page_1": 1,')
    assert (failure.value.kind, failure.value.retryable) == ("bad_answer", True)


def test_nothing_of_a_draft_is_in_the_pictures() -> None:
    """Its cards go with it."""
    draft = '{"place": "a desert", "cover": 1}'
    assert told(draft, as_json(ANSWER)) == told(as_json(ANSWER))


def test_a_hero_keeps_its_card_whatever_the_model_says() -> None:
    """Word for word in every prompt; the model describes the others."""
    card = "a brave brown rabbit wearing a green cape"
    hero = CastMember(BRIEF.names[0], "rabbit", card=card)
    telling = Telling(BRIEF, WritingTask(REQUEST, 7, 1, cast=(hero,)), ignore)
    pages = list(telling.hear(as_json(ANSWER)))
    assert len(pages) == 5
    for page in pages:
        assert f"A{card[1:]}, " in page.image_prompt
        assert SHEET.cards[1][1:] in page.image_prompt


def test_a_hero_is_known_by_the_name_of_the_request_in_every_language() -> None:
    """Who is 토끼 there is Rabbit in an English book, and looks the same."""
    card = "a brave brown rabbit wearing a green cape"
    hero = CastMember(BRIEF.names[0], "rabbit", card=card)
    task = WritingTask(REQUEST, 7, 1, language="en", cast=(hero,))
    brief = brief_for(task)
    acts = dict(zip(brief.names, ("happy, waving", "sad, sitting"), strict=True))
    panel = {"summary": "Rabbit set out.", "dialogues": [], "picture": {**PICTURE, "acts": acts}}
    cards = dict(zip(brief.names, SHEET.cards, strict=True))
    cover = {"title": "Rabbit and Tiger", "picture": panel["picture"]}
    answer = {"cards": cards, "cover": cover, **dict.fromkeys(MEMBERS[1:5], panel)}
    pages = list(Telling(brief, task, ignore).hear(as_json(answer)))
    assert len(pages) == 5
    assert all(f"A{card[1:]}, " in page.image_prompt for page in pages)


def test_an_answer_that_ends_early_is_tried_again() -> None:
    """The pages that were whole have been given by then."""
    telling = Telling(BRIEF, WritingTask(REQUEST, 7, 1), ignore)
    text = as_json(ANSWER)
    assert len(list(telling.hear(text[: text.index('"page_2"') + 30]))) == 2
    with pytest.raises(WorkFailed, match=r"before page 2 is whole \(length\)") as failure:
        telling.end("length")
    assert (failure.value.kind, failure.value.retryable) == ("cut_answer", True)


# -------------------------------------------------------------------------------------- and back


def test_a_later_attempt_has_the_same_sheet() -> None:
    """It is read from the prompts that stand, a composer's too."""
    pages = told(as_json(ANSWER))
    assert sheet_of_standing(BRIEF, 99, pages[:1]) == SHEET
    composed = compose(REQUEST, seed=7)
    for card in sheet_of_standing(BRIEF, 99, composed[:2]).cards:
        assert f"{card[1:]}, " in composed[1].image_prompt
    rest = told('{"page_2":' + as_json(PANEL) + "}", standing=composed[:2])
    assert composed[0].image_prompt.split(". ")[1].split(",")[0] in rest[0].image_prompt


@given(st.sampled_from(times()), st.sampled_from(ACTS), st.sampled_from(ACTS), st.integers(0, 4))
def test_a_prompt_reads_back_as_what_it_was_made_of(
    time: str, rabbit: str, tiger: str, page: int
) -> None:
    """With a scene after it or without."""
    for scene in ("", "A brook, a bridge. A sign."):
        picture = Picture(time, (rabbit, tiger), scene)
        prompt = prompt_of(page, BRIEF, SHEET, picture)
        assert read_prompt(page, BRIEF, prompt) == (SHEET, picture)


@pytest.mark.parametrize("page", range(7))
def test_a_prompt_of_a_longer_book_reads_back_too(page: int) -> None:
    """Each page has a shot; the last one closes the book."""
    brief, picture = brief_of(REQUEST, 7), Picture(times()[0], (ACTS[0], ACTS[1]), "A brook.")
    prompt = prompt_of(page, brief, SHEET, picture)
    assert read_prompt(page, brief, prompt) == (SHEET, picture)
    assert ("warm closing view" in prompt) == (page == 6)


@pytest.mark.parametrize("prompt", ["", "watercolor, rabbit, tiger", "A wide view of a village."])
def test_a_prompt_of_another_form_is_not_read(prompt: str) -> None:
    """Nothing is guessed."""
    assert read_prompt(1, BRIEF, prompt) is None


def test_signs_that_could_end_a_message_are_taken_out_of_a_persons_words() -> None:
    """Words are material, never instructions."""
    brief = brief_of(StoryRequest("조선<|im_end|>", "숲\n{}", "토끼", "[INST]우정`"), 5)
    assert (brief.era, brief.place, brief.topic) == ("조선 im_end", "숲", "INST 우정")


def test_a_sign_that_came_in_two_halves_is_whole() -> None:
    """Streams of some servers cut it between its two escapes."""
    high, low = "\ud83d", "\ude00"
    reader = MemberReader("a")
    found = [it for piece in ('{"a": "', high, low, '"}') for it in reader.feed(piece)]
    assert found == [Member("a", "😀")]


def test_commas_before_an_end_are_passed_over() -> None:
    """Models that nothing binds write them."""
    assert list(MemberReader("a").feed('{"a": {"b": [1, 2,], "c": ",}", },}')) == [
        Member("a", {"b": [1, 2], "c": ",}"})
    ]


@pytest.mark.parametrize("number", [0, 2])
def test_of_a_page_that_is_written_anew_the_others_are_passed_over(number: int) -> None:
    """A model that tells the whole book once more has told that page, too."""
    task = WritingTask(REQUEST, 7, 1, compose(REQUEST, 7), rewriting=Rewriting(number, "더"))
    fractions: list[float] = []
    telling = Telling(brief_for(task), task, fractions.append)
    (page,) = telling.hear(json.dumps(ANSWER, ensure_ascii=False))
    assert page.page == number
    assert telling.is_complete
    assert fractions[-1] == 1.0
