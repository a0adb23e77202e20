"""Subtitles: all words, at the times at which they are spoken, in lines that fit."""

from __future__ import annotations

import itertools

import pytest

from storybook.book import Dialogue, Page, Segment
from storybook.export.content import PageText
from storybook.export.film.lines import broken
from storybook.export.film.subtitles import (
    LINE_WIDTH,
    LINES,
    Cue,
    heard_cues,
    letters,
    read_cues,
    screens,
    srt,
)
from storybook.export.spans import paragraphs
from storybook.languages.ko import KOREAN
from tests.export.finished import STORY, segments_of

LONG = (
    "호랑이는 꽃밭을 헤쳐 보고, 마루 밑을 기어 보고, 장독대 뒤를 살펴보고, 하다못해 빈 그릇 "
    "속까지 하나하나 다 들여다보았지만 토끼는 어디에도 없었어요."
)


def text_of(page: Page, *segments: Segment) -> PageText:
    parts = paragraphs(page, segments, KOREAN.goes_on)
    return PageText(page, KOREAN, tuple(map(tuple, parts)))


def said(text: str, start: float, end: float) -> Segment:
    return Segment(text, "", "M1", start, end)


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("page", STORY)
def test_every_word_of_a_page_is_shown_once(page: Page) -> None:
    """In the order of the page, with its signs."""
    cues = heard_cues(text_of(page, *segments_of(page)), 0.0, 2.0)
    assert bare("".join(it.text for it in cues)) == bare(page.text)


def test_a_sentence_is_shown_while_it_is_spoken() -> None:
    """Its segment's times, from where in the film the recording begins."""
    page = Page(1, summary="토끼가 왔어요. 호랑이도 왔어요.")
    text = text_of(page, said("토끼가 왔어요.", 0.2, 1.5), said("호랑이도 왔어요.", 2.0, 3.25))
    assert heard_cues(text, 10.0, 4.0) == [
        Cue("토끼가 왔어요.", 10.2, 11.5),
        Cue("호랑이도 왔어요.", 12.0, 13.25),
    ]


def test_quotation_marks_stay_with_what_is_said() -> None:
    """One that opens is not left at the end of the sentence before."""
    page = Page(
        1,
        summary='토끼를 만났어요. "안녕, 나랑 놀래?" 하고 토끼가 물었어요. "응!"',
        dialogues=(Dialogue("토끼", "안녕, 나랑 놀래?"), Dialogue("호랑이", "응!")),
    )
    spoken = ("토끼를 만났어요.", "안녕, 나랑 놀래?", "하고 토끼가 물었어요.", "응!")
    text = text_of(page, *(said(it, n, n + 0.9) for n, it in enumerate(spoken)))
    assert [it.text for it in heard_cues(text, 0.0, 4.0)] == [
        "토끼를 만났어요.",
        '"안녕, 나랑 놀래?"',
        "하고 토끼가 물었어요.",
        '"응!"',
    ]


def test_words_whose_segment_is_not_found_are_shown_between_the_others() -> None:
    """A narrator read a number as words: it is shown when it is read."""
    page = Page(1, summary="토끼가 왔어요. 3시였어요. 집에 갔어요.")
    text = text_of(page, said("토끼가 왔어요.", 0.0, 1.0), said("집에 갔어요.", 4.0, 5.0))
    assert heard_cues(text, 0.0, 5.0) == [
        Cue("토끼가 왔어요.", 0.0, 1.0),
        Cue("3시였어요.", 1.0, 4.0),
        Cue("집에 갔어요.", 4.0, 5.0),
    ]


def test_words_that_nobody_has_time_to_say_stand_with_those_before() -> None:
    """They are not lost."""
    page = Page(1, summary="토끼가 왔어요 ♪ 또요. 집에 갔어요.")
    text = text_of(page, said("토끼가 왔어요", 0.0, 1.0), said("집에 갔어요.", 1.3, 2.0))
    assert [it.text for it in heard_cues(text, 0.0, 2.0)] == [
        "토끼가 왔어요 ♪ 또요.",
        "집에 갔어요.",
    ]


def test_a_recording_without_segments_is_shared_by_its_sentences() -> None:
    """As by how long they are."""
    cues = heard_cues(text_of(Page(1, summary="하나둘. 하나둘셋넷다여.")), 0.0, 4.0)
    assert bare("".join(it.text for it in cues)) == "하나둘.하나둘셋넷다여."
    assert (cues[0].start, cues[-1].end) == (0.0, 4.0)


def test_what_is_not_read_aloud_is_shown_sentence_by_sentence() -> None:
    """Each for as long as it takes to read, one after the other, until the end."""
    cues = read_cues(text_of(Page(1, summary='하나둘셋. "하나!" 여섯 글자예요')), 2.0, 5.0)
    assert [it.text for it in cues] == ["하나둘셋.", '"하나!"', "여섯 글자예요"]
    assert cues[0].start == 2.0 and cues[-1].end == pytest.approx(5.0)
    assert all(a.end == b.start for a, b in itertools.pairwise(cues))
    assert cues[2].end - cues[2].start > cues[0].end - cues[0].start


@pytest.mark.parametrize("text", [LONG, LONG.replace(",", ""), "가" * 200, "a " * 150, "짧아요."])
def test_a_screen_has_at_most_two_lines(text: str) -> None:
    """Of a width that fits, and nothing of the text is lost."""
    shown = screens(text)
    assert bare("".join(shown)) == bare(text)
    for screen in shown:
        lines = screen.split("\n")
        assert len(lines) <= LINES
        assert all(
            sum(2 if "가" <= it <= "힣" else 1 for it in line) <= LINE_WIDTH for line in lines
        )


def test_a_long_sentence_is_parted_at_its_signs() -> None:
    """Where a reader takes a breath."""
    assert next(it.replace("\n", " ") for it in screens(LONG)).endswith(",")


def test_lines_are_about_as_long_as_each_other() -> None:
    """No word is left alone in the last one, and no further line is made."""
    assert broken("하나 둘둘 셋셋 넷넷 다섯", 13, len) == ["하나 둘둘 셋셋", "넷넷 다섯"]
    assert broken("하나 둘둘", 14, len) == ["하나 둘둘"]
    assert broken("", 14, len) == []
    assert broken("가나다라마바사", 3, len) == ["가나다", "라마바", "사"]


def test_a_latin_letter_is_read_sooner_than_a_syllable() -> None:
    """And spaces take no time."""
    assert letters("토끼 家") == 3.0
    assert letters("rabbit") == pytest.approx(2.7)


def test_subrip_is_numbered_and_timed_in_milliseconds() -> None:
    """With hours, a comma and an empty line after each."""
    cues = [Cue("하나\n둘", 0.5, 61.2346), Cue("셋", 3_600.0, 3_661.0)]
    assert srt(cues) == (
        "1\n00:00:00,500 --> 00:01:01,235\n하나\n둘\n\n2\n01:00:00,000 --> 01:01:01,000\n셋\n"
    )
