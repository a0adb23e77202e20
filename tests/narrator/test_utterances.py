"""A page's text is cut into what is spoken, by whom, and in which voice."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storybook.book import Dialogue, Page, TtsConfig, VoiceDelivery
from storybook.engines import Boundary, Utterance
from storybook.languages.ko import KOREAN
from storybook.stages.narrator.utterances import LAST_PACE, clauses, utterances

BREATHS = KOREAN.speech.breaths

TTS = TtsConfig(narrator_voice="M1", dialogue_voice="M2", character_voices={"토끼": "F5"})


def spoken(summary: str, *lines: Dialogue) -> list[tuple[str, str, str]]:
    """(voice, speaker, text) of each utterance of a panel."""
    page = Page(1, summary=summary, dialogues=lines)
    return [(said.voice, said.speaker, said.text) for said in utterances(page, TTS)]


def test_narration_is_cut_into_sentences() -> None:
    """Each sentence is an utterance of its own, in the narrator's voice, as printed."""
    assert spoken("옛날에 토끼가 살았어요. 토끼는 3살이었어요! 정말일까요?") == [
        ("M1", "", "옛날에 토끼가 살았어요."),
        ("M1", "", "토끼는 3살이었어요!"),
        ("M1", "", "정말일까요?"),
    ]


def test_a_line_is_spoken_by_its_character_where_it_stands() -> None:
    """The narrator stops for a line and goes on after it; quotation marks are not heard."""
    line = Dialogue("토끼", "안녕! 나랑 놀래?")
    assert spoken('토끼가 다가왔어요. "안녕! 나랑 놀래?" 하고 물었어요.', line) == [
        ("M1", "", "토끼가 다가왔어요."),
        ("F5", "토끼", "안녕!"),
        ("F5", "토끼", "나랑 놀래?"),
        ("M1", "", "하고 물었어요."),
    ]


def test_a_character_without_a_voice_speaks_in_the_voice_for_dialogue() -> None:
    """Voices fall back as the configuration says."""
    assert spoken('호랑이가 말했어요. "좋아!"', Dialogue("호랑이", "좋아!"))[-1] == (
        "M2",
        "호랑이",
        "좋아!",
    )


@pytest.mark.parametrize("marks", ["“”", "‘’", "「」", "『』", "«»", '""', "''"])
def test_every_kind_of_quotation_mark_is_silent(marks: str) -> None:
    """Korean books use several, around the line in the text, in the list, or in both."""
    quoted = f"{marks[0]}응.{marks[1]}"
    assert spoken(quoted) == [("M1", "", "응.")]
    for line in ("응.", quoted):
        assert spoken(f"{quoted} 그랬어요.", Dialogue("토끼", line)) == [
            ("F5", "토끼", "응."),
            ("M1", "", "그랬어요."),
        ]


def test_the_same_line_twice_is_found_twice() -> None:
    """A repeated line belongs to the place after the one before."""
    lines = (Dialogue("토끼", "그래!"), Dialogue("호랑이", "그래!"))
    said = spoken('"그래!" 토끼가 외쳤어요. "그래!" 호랑이도 외쳤어요.', *lines)
    assert [speaker for _, speaker, _ in said] == ["토끼", "", "호랑이", ""]


def test_lines_in_another_order_than_the_text_are_spoken_where_they_stand() -> None:
    """The order of the list does not matter, the text does."""
    lines = (Dialogue("호랑이", "좋아!"), Dialogue("토끼", "놀자!"))
    said = spoken('"놀자!" 했더니, "좋아!" 했어요.', *lines)
    assert [speaker for _, speaker, _ in said] == ["토끼", "", "호랑이", ""]


def test_a_line_is_looked_for_after_the_one_before() -> None:
    """Where a line stands twice, the list's order tells which place is meant."""
    lines = (Dialogue("토끼", "놀자!"), Dialogue("호랑이", "네!"))
    said = spoken('"네!" 다람쥐가 말했어요. "놀자!" 토끼가 말했어요. "네!"', *lines)
    assert [speaker for _, speaker, _ in said] == ["", "", "토끼", "", "호랑이"]


def test_a_short_line_is_found_in_its_quotes_not_inside_a_word() -> None:
    """네 is in 네모 too."""
    said = spoken('네모난 상자였어요. "네" 토끼가 말했어요.', Dialogue("토끼", "네"))
    assert [text for _, _, text in said] == ["네모난 상자였어요.", "네", "토끼가 말했어요."]


def test_a_line_that_does_not_stand_in_the_text_is_spoken_after_it() -> None:
    """Nothing a character says is lost."""
    said = spoken("토끼가 웃었어요.", Dialogue("토끼", "고마워!"))
    assert said == [("M1", "", "토끼가 웃었어요."), ("F5", "토끼", "고마워!")]


def test_what_has_no_words_is_not_spoken() -> None:
    """Marks, blanks and empty lines make no utterance."""
    assert spoken('"…" \n\n !! 😀 ', Dialogue("토끼", " ")) == []


def test_a_closing_quote_inside_a_sentence_does_not_end_it() -> None:
    """`"그래!"라고 했어요` is one sentence, and a decimal point ends none."""
    assert len(spoken('토끼는 "그래!"라고 3.5초 만에 말했어요.')) == 1


def test_lines_of_text_are_spoken_one_by_one() -> None:
    """A line break ends a sentence even without a full stop."""
    assert [text for _, _, text in spoken("숲 속 친구들\n토끼가 왔어요.")] == [
        "숲 속 친구들",
        "토끼가 왔어요.",
    ]


def test_the_cover_is_its_title() -> None:
    """Page 0 has no summary."""
    page = Page(0, title="토끼와 호랑이", summary="읽지 않아요.")
    assert utterances(page, TTS) == (Utterance("토끼와 호랑이", "", "M1"),)


@given(st.lists(st.sampled_from(["토끼가 ", "왔어요. ", '"안녕!" ', "그래", ", ", "… ", "\n"])))
def test_all_words_are_spoken_once_and_in_order(parts: list[str]) -> None:
    """Whatever the text, no word is lost, added or moved."""
    text = "".join(parts)
    said = "".join(part for _, _, part in spoken(text, Dialogue("토끼", "안녕!")))
    words = re.sub(r"[^\w]", "", text)
    late = words if "안녕" in words else words + "안녕"
    assert re.sub(r"[^\w]", "", said) == late


def test_a_short_text_is_one_clause() -> None:
    """What fits is not cut."""
    assert clauses("토끼가 왔어요.", 120, BREATHS) == ("토끼가 왔어요.",)
    assert clauses("  ", 120) == ()


def test_a_long_sentence_is_cut_where_one_breathes() -> None:
    """Before a space that splits a phrase comes a comma, or a connective ending."""
    assert clauses("토끼는 숲으로 달려갔고, 호랑이는 그 뒤를 따라갔어요", 20, BREATHS) == (
        "토끼는 숲으로 달려갔고,",
        "호랑이는 그 뒤를 따라갔어요",
    )
    assert clauses("토끼는 숲으로 달려가고 호랑이는 그 뒤를 따라갔어요", 20, BREATHS) == (
        "토끼는 숲으로 달려가고",
        "호랑이는 그 뒤를 따라갔어요",
    )


def test_a_cut_leaves_no_stump() -> None:
    """A comma after the first word is no place to cut if a better balanced one follows."""
    assert (
        clauses("네, 토끼는 숲으로 달려가고 호랑이는 따라갔어요", 20, BREATHS)[0]
        == "네, 토끼는 숲으로 달려가고"
    )


@given(st.text("가나다 ,.고\n", max_size=300), st.integers(1, 50))
def test_clauses_keep_the_limit_and_every_word(text: str, limit: int) -> None:
    """No clause is empty or longer than the limit, and only spaces at the cuts are lost."""
    pieces = clauses(text, limit, BREATHS)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


# --------------------------------------------------------------------------------------- as a story

STORY = replace(TTS, delivery=VoiceDelivery.STORY)


def told(summary: str, *lines: Dialogue) -> list[tuple[str, str | None]]:
    """Each piece of a story, and what there is between it and the next one."""
    said = utterances(Page(1, summary=summary, dialogues=lines), STORY)
    return [(it.text, it.after) for it in said]


def test_a_sentence_of_a_story_is_told_clause_by_clause() -> None:
    """At its commas, semicolons and dashes, each with the sign that ends it."""
    assert told("옛날에, 숲속에; 토끼가 — 아주 작은 토끼가 살았어요. 끝.") == [
        ("옛날에,", Boundary.CLAUSE),
        ("숲속에;", Boundary.CLAUSE),
        ("토끼가 —", Boundary.CLAUSE),
        ("아주 작은 토끼가 살았어요.", Boundary.SENTENCE),
        ("끝.", Boundary.SENTENCE),
    ]


def test_a_number_is_no_place_for_a_breath() -> None:
    """Nor is a comma with nothing after it, or before it."""
    assert [text for text, _ in told("1,000마리가 왔어요. , 그래,")] == [
        "1,000마리가 왔어요.",
        ", 그래,",
    ]


def test_speech_and_paragraphs_have_boundaries_of_their_own() -> None:
    """Before a line, after it, between two who speak, and where a line of text ends."""
    lines = (Dialogue("토끼", "놀자!"), Dialogue("호랑이", "좋아!"))
    assert told('토끼가 왔어요.\n"놀자!" "좋아!" 둘은 웃었어요. 해가 졌어요.', *lines) == [
        ("토끼가 왔어요.", Boundary.PARAGRAPH),
        ("놀자!", Boundary.BEFORE_SPEECH),
        ("좋아!", Boundary.AFTER_SPEECH),
        ("둘은 웃었어요.", Boundary.SENTENCE),
        ("해가 졌어요.", Boundary.SENTENCE),
    ]


def test_a_word_that_is_drawn_out_is_one() -> None:
    """What a book prints as 반…… 짝! is no two sentences; two short ones are."""
    assert [text for text, _ in told("반…… 짝! 쉿…… 잠깐만. 조금만 더……. 응?")] == [
        "반…… 짝!",
        "쉿……",
        "잠깐만.",
        "조금만 더…….",
        "응?",
    ]


def test_only_the_last_sentence_of_a_page_is_slower() -> None:
    """All of its clauses are."""
    page = Page(1, summary="토끼가 왔어요. 그래서, 둘은 놀았어요.")
    assert [it.pace for it in utterances(page, STORY)] == [1.0, LAST_PACE, LAST_PACE]
    assert utterances(Page(1), STORY) == ()


@given(
    st.lists(st.sampled_from(["토끼가 ", "왔어요. ", '"안녕!" ', "그래", ", ", "— ", "\n", "'"]))
)
def test_a_story_says_what_is_said_evenly(parts: list[str]) -> None:
    """The clauses of each sentence are its words, in order: nothing but spaces at the cuts."""
    page = Page(1, summary="".join(parts), dialogues=(Dialogue("토끼", "안녕!"),))
    whole, sentences = "", []
    for it in utterances(page, STORY):
        whole = f"{whole} {it.text}".strip()
        if it.after is not Boundary.CLAUSE:
            sentences.append((whole, it.speaker, it.voice))
            whole = ""
    even = [(it.text, it.speaker, it.voice) for it in utterances(page, TTS)]
    assert [("".join(text.split()), *who) for text, *who in sentences] == [
        ("".join(text.split()), *who) for text, *who in even
    ]
