"""Where spoken segments and dialogue stand in a page's text."""

from __future__ import annotations

import pytest

from storybook.book import Dialogue, Page, Segment, TtsConfig, VoiceDelivery
from storybook.export.spans import paragraphs
from storybook.languages.ko import KOREAN
from storybook.stages.narrator.narration import segments_in
from storybook.stages.narrator.utterances import utterances
from tests.export.finished import STORY, segments_of


def segment(text: str, start: float = 0.0) -> Segment:
    return Segment(text, "", "M1", start, start + 1)


def texts(page: Page) -> list[str]:
    return [
        "".join(span.text for span in spans)
        for spans in paragraphs(page, segments_of(page), KOREAN.goes_on)
    ]


@pytest.mark.parametrize("page", STORY)
def test_nothing_of_the_text_is_lost(page: Page) -> None:
    """Put together again it is the text, but for white space between paragraphs."""
    assert "".join("".join(texts(page)).split()) == "".join(page.text.split())


@pytest.mark.parametrize("page", STORY)
def test_every_segment_finds_its_place(page: Page) -> None:
    """What the narrator speaks can be lit up where it stands."""
    segments = segments_of(page)
    lit = [
        span.segment
        for spans in paragraphs(page, segments, KOREAN.goes_on)
        for span in spans
        if span.segment
    ]
    assert list(dict.fromkeys(lit)) == list(segments)


def test_speech_stands_apart_with_its_quotation_marks() -> None:
    """A quotation begins a paragraph, and keeps the words that tell who said it."""
    assert texts(STORY[2]) == [
        "어느 날 토끼는 호랑이를 만났어요.",
        '"안녕, 나랑 같이 놀래?" 하고 토끼가 물었어요.',
        "호랑이는 꼬리를 말고 작은 목소리로 대답했어요.",
        '"나는 조금 무서워."',
    ]
    said = [
        span.text
        for spans in paragraphs(STORY[2], (), KOREAN.goes_on)
        for span in spans
        if span.is_said
    ]
    assert said == ['"안녕, 나랑 같이 놀래?"', '"나는 조금 무서워."']


def test_speech_inside_a_sentence_stays_in_it() -> None:
    """A quotation in the middle of a sentence doesn't tear it apart."""
    page = Page(
        1, summary="토끼가 “안녕!”이라고 말했어요. 끝.", dialogues=(Dialogue("토끼", "안녕!"),)
    )
    assert texts(page) == ["토끼가 “안녕!”이라고 말했어요.", "끝."]


def test_line_breaks_make_paragraphs() -> None:
    """As the writer set them."""
    assert texts(Page(1, summary="하나.\n둘.\n\n셋.")) == ["하나.", "둘.", "셋."]


def test_the_same_words_twice_are_lit_one_after_the_other() -> None:
    """Segments are sought in order."""
    page = Page(1, summary="하나, 하나!")
    (spans,) = paragraphs(page, (segment("하나", 0), segment("하나", 1)), KOREAN.goes_on)
    assert [(it.text, it.segment.start) for it in spans if it.segment] == [("하나", 0), ("하나", 1)]


def test_words_that_do_not_stand_there_are_not_lit() -> None:
    """A narrator's own reading of a number is heard only."""
    (spans,) = paragraphs(
        Page(1, summary="3시예요. 가요."), (segment("세 시예요."), segment("가요.")), KOREAN.goes_on
    )
    assert [it.text for it in spans if it.segment] == ["가요."]


def test_dialogue_that_does_not_stand_there_changes_nothing() -> None:
    """It may have been cut; the text stays as it is."""
    page = Page(1, summary="하나. 둘.", dialogues=(Dialogue("토끼", "셋"), Dialogue("토끼", "")))
    assert texts(page) == ["하나. 둘."]


def test_a_sentence_that_is_told_in_clauses_is_lit_as_one() -> None:
    """From its first word to its last, whatever stands between its clauses in print."""
    page = Page(1, summary="옛날에,  숲속에 '토끼,' 라는\n아이가 살았어요. 끝.")
    said = utterances(page, TtsConfig(delivery=VoiceDelivery.STORY))
    assert len(said) == 5
    spoken = tuple(segments_in(said, [(it, it + 0.5) for it in range(len(said))]))
    lit = [
        span.segment
        for spans in paragraphs(page, spoken, KOREAN.goes_on)
        for span in spans
        if span.text.strip()
    ]
    assert list(dict.fromkeys(lit)) == list(spoken) and None not in lit
    assert [(it.start, it.end) for it in spoken][-1] == (4, 4.5)
