"""How a sentence of a story is said: by its signs, by what hushes it, and heard in its sound."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import Dialogue, Page, TtsConfig, VoiceDelivery
from storybook.engines import Boundary, NarrationTask, Utterance
from storybook.events.catalog import MadeFrom
from storybook.languages.known import language_of
from storybook.stages.narrator.audio import loudness
from storybook.stages.narrator.expression import (
    ASKED,
    CALLED,
    HUSHED,
    PLAIN,
    TRAILING,
    Expression,
    expression_of,
)
from storybook.stages.narrator.narration import PAGE_END_SECONDS, put_together
from storybook.stages.narrator.utterances import utterances

RATE = 22_050
STORY = TtsConfig(delivery=VoiceDelivery.STORY)
KOREAN = language_of("ko").speech.hushed


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("토끼가 왔어요.", PLAIN),
        ("와르르!", CALLED),
        ("어디로 갔을까요?", ASKED),
        ("보일까요……?", ASKED),
        ("조금만 더……", TRAILING),
        ("살금살금, 한 발짝!", HUSHED),
    ],
)
def test_a_sentence_is_said_as_it_ends(text: str, how: Expression) -> None:
    """What is soft stays soft, whatever its sign."""
    assert expression_of(text, KOREAN) == how


def test_who_whispers_is_told_beside_the_line() -> None:
    """A line is hushed by the sentence before or after it; the narrator's own by nothing else."""
    page = Page(
        1,
        summary='"자니?" 토끼가 속삭였어요. 해가 졌어요. "잘 자!" 곰이 외쳤어요.',
        dialogues=(Dialogue("토끼", "자니?"), Dialogue("곰", "잘 자!")),
    )
    said = {it.text: it.gain_db for it in utterances(page, STORY)}
    assert said == {
        "자니?": HUSHED.gain_db,
        "토끼가 속삭였어요.": HUSHED.gain_db,
        "해가 졌어요.": 0,
        "잘 자!": CALLED.gain_db,
        "곰이 외쳤어요.": 0,
    }


def test_a_book_that_is_read_evenly_stays_even() -> None:
    """As those of older versions are."""
    page = Page(1, summary="쉿! 누가 왔을까요?")
    assert {(it.gain_db, it.semitones) for it in utterances(page, TtsConfig())} == {(0.0, 0.0)}


def test_every_language_has_words_that_hush() -> None:
    """English ones, too."""
    english = language_of("en").speech.hushed
    assert expression_of("The rabbit whispered.", english) == HUSHED
    assert expression_of("The rabbit sang.", english) == PLAIN


def test_what_is_soft_is_heard_softer_and_what_is_called_louder_and_higher() -> None:
    """In decibels and in hertz, whichever engine spoke: here one that hums."""
    hum = (0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)
    said = [
        Utterance("하나.", "", "M1", after=Boundary.SENTENCE),
        Utterance("둘!", "", "M1", after=Boundary.SENTENCE, gain_db=2.5, semitones=0.8),
        Utterance("셋.", "", "M1", after=Boundary.SENTENCE, gain_db=-5.0),
    ]
    task = NarrationTask(tuple(said), "ko", 1.05, 250, 7, VoiceDelivery.STORY)
    made = put_together(task, [hum] * 3, RATE, MadeFrom())
    sound, rate = soundfile.read(io.BytesIO(made.wav), dtype="float32")
    parts = [sound[int(it.start * rate) : int(it.end * rate)] for it in made.segments]
    levels = [20 * np.log10(loudness(it, rate)) for it in parts]
    assert levels[1] - levels[0] == pytest.approx(2.5, abs=0.3)
    assert levels[2] - levels[0] == pytest.approx(-5.0, abs=0.3)
    lengths = [it.size for it in parts]
    assert lengths[1] / lengths[0] == pytest.approx(2 ** (-0.8 / 12), rel=0.01)


def test_the_end_of_a_page_is_the_longest_silence() -> None:
    """Its question hangs in the air; one that is read evenly ends as it did."""
    hum = (0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)
    ends = {}
    for after in (Boundary.SENTENCE, None):
        task = NarrationTask((Utterance("끝?", "", "M1", after=after),), "ko", 1.05, 250, 7)
        made = put_together(task, [hum], RATE, MadeFrom())
        ends[after] = made.seconds - made.segments[-1].end
    assert ends[Boundary.SENTENCE] == pytest.approx(PAGE_END_SECONDS, abs=0.01)
    assert ends[None] == pytest.approx(0.3, abs=0.01)
