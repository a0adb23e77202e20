"""How an expressive narrator says each sentence: by what the text says, and what is told of it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import Dialogue, Page, TtsConfig, VoiceDelivery
from storybook.engines import Boundary, NarrationTask, Utterance
from storybook.events.catalog import MadeFrom
from storybook.languages.known import language_of
from storybook.stages.narrator.acting import (
    BEFORE_END_WAIT,
    LEVEL_WAIT,
    SAID_CALLED,
    SAID_HUSHED,
    TURN_WAIT,
)
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.narration import (
    LONGEST_MS,
    PAGE_END_SECONDS,
    SHORTEST_MS,
    pause_ms,
    put_together,
)
from storybook.stages.narrator.pitch import median_pitch, semitones
from storybook.stages.narrator.utterances import utterances
from storybook.stages.voice_casting import APART

ACTED = TtsConfig(casting={"토끼": "F3", "곰": "M3", "나": "M5"}, delivery=VoiceDelivery.EXPRESSIVE)
SPEECH = language_of("ko").speech


def said(text: str, *lines: tuple[str, str], **more: bool) -> dict[str, Utterance]:
    """What is spoken of a page, by its text."""
    page = Page(1, summary=text, dialogues=tuple(Dialogue(*it) for it in lines))
    return {it.text: it for it in utterances(page, ACTED, **more)}


# ---------------------------------------------------------------------------------- who is told of


def test_a_whispered_speech_is_whispered_to_its_end() -> None:
    """Whatever signs its sentences have; so is one that is called."""
    found = said(
        '토끼가 귀에 대고 속삭였어요. "아무도 몰라. 정말 재미있었지!" 해가 졌어요. '
        '"이리 와. 저기 봐." 곰이 큰 소리로 외쳤어요.',
        ("토끼", "아무도 몰라. 정말 재미있었지!"),
        ("곰", "이리 와. 저기 봐."),
    )
    hushed, called = SAID_HUSHED.gain_db, SAID_CALLED.gain_db
    assert found["아무도 몰라."].gain_db == found["정말 재미있었지!"].gain_db == hushed
    assert found["이리 와."].gain_db == found["저기 봐."].gain_db == called


def test_what_is_told_of_another_one_hushes_nobody() -> None:
    """Who complains loudly before somebody whispers is not whispering."""
    found = said(
        '"다 있는데요!" 곰이 토끼에게 소곤거렸어요. "아주 가까이에 있단다."',
        ("토끼", "다 있는데요!"),
        ("곰", "아주 가까이에 있단다."),
    )
    assert found["다 있는데요!"].gain_db > 0 > found["아주 가까이에 있단다."].gain_db


def test_a_name_within_a_word_names_nobody() -> None:
    """나무 is not 나."""
    found = said(
        '"여기야." 나무 뒤에서 토끼가 속삭였어요. "나는 싫어."',
        ("토끼", "여기야."),
        ("나", "나는 싫어."),
    )
    assert found["여기야."].gain_db < 0 == found["나는 싫어."].gain_db


def test_who_tiptoes_beside_a_line_does_not_hush_it() -> None:
    """Only words of saying do."""
    found = said('"안 본다." 고양이가 살금살금 왔어요. 끝이에요.', ("곰", "안 본다."))
    assert found["안 본다."].gain_db == 0


# -------------------------------------------------------------------------------- how it is told


@pytest.mark.parametrize(
    ("text", "is_sound"),
    [
        ("쿵!", True),
        ("또르르, 톡.", True),
        ("달그락, 달그락.", True),
        ("골골골골.", True),
        ("나는 웃었어요.", False),
        ("그다음은 토끼.", False),
        ("나!", False),
    ],
)
def test_a_sound_is_told_from_a_sentence(text: str, is_sound: bool) -> None:
    """It stands out: louder, higher and slower."""
    found = said(f"해가 졌어요. {text} 달이 떴어요.")[text.split(",")[0] + "," * ("," in text)]
    assert (found.gain_db == 1.5 and found.pace < 0.9) is is_sound


def test_what_hangs_in_the_air_is_softer_lower_slower_and_followed_by_a_longer_silence() -> None:
    """Than the sentences around it; a question is higher."""
    found = said("해가 졌어요. 그리고 등 뒤에서…… 무언가 움직였어요. 누구일까요? 밤이 되었어요.")
    plain, trailing = found["무언가 움직였어요."], found["그리고 등 뒤에서……"]
    asked = found["누구일까요?"]
    assert trailing.gain_db < plain.gain_db and trailing.pace < plain.pace
    assert trailing.semitones < plain.semitones - 1 and asked.semitones > plain.semitones + 1.5
    assert pause_ms(trailing, 250) > 1.5 * pause_ms(plain, 250)


def test_a_teller_waits_before_what_turns_the_story() -> None:
    """And before a page's last sentence that asks."""
    found = said("둘은 놀았어요. 그런데 문이 열렸어요. 바람이 불었어요. 누구일까요?")
    assert found["둘은 놀았어요."].wait == found["바람이 불었어요."].wait == BEFORE_END_WAIT
    assert found["그런데 문이 열렸어요."].wait < BEFORE_END_WAIT


def test_a_page_that_leads_on_is_followed_by_a_longer_silence_than_a_level_one() -> None:
    """A book's last sentence is slower than any page's, lower and softer."""
    leads, level = (
        [*said(f"해가 졌어요. {last}").values()][-1] for last in ("누구일까요?", "밤이었어요.")
    )
    end = [*said("해가 졌어요. 밤이었어요.", ends_book=True).values()][-1]
    assert (leads.wait, level.wait, end.wait) == (TURN_WAIT, LEVEL_WAIT, TURN_WAIT)
    assert end.pace < level.pace and end.gain_db < 0 and end.semitones < level.semitones
    hum = (0.3 * np.sin(2 * np.pi * 220 * np.arange(22_050) / 22_050)).astype(np.float32)
    for it in (leads, level):
        task = NarrationTask((it,), "ko", 1.05, 250, 7, VoiceDelivery.EXPRESSIVE)
        made = put_together(task, [hum], 22_050, MadeFrom())
        silence = made.seconds - made.segments[-1].end
        assert silence == pytest.approx(PAGE_END_SECONDS * it.wait, abs=0.02)


def test_no_pause_leaves_its_bounds() -> None:
    """Whatever a sentence wants."""
    for after in Boundary:
        for wait in (0.1, 1.0, 5.0):
            it = Utterance("하나.", "", "M1", after=after, wait=wait)
            assert SHORTEST_MS <= pause_ms(it, 250) <= LONGEST_MS


def test_what_is_said_within_a_sentence_does_not_end_it() -> None:
    """It is a clause: 잠깐! 하는 소리가. A book that is told as before is cut as before."""
    text = "아무리 기다려도, 잠깐! 하는 소리가 들리지 않았어요. 하늘! 하나뿐이에요."
    found = utterances(Page(1, summary=text), ACTED)
    after = [(it.text, it.after) for it in found]
    assert after[1] == ("잠깐!", Boundary.CLAUSE)
    assert after[2][0] == "하는 소리가 들리지 않았어요." and after[3][0] == "하늘!"
    before = utterances(Page(1, summary=text), TtsConfig(delivery=VoiceDelivery.STORY))
    assert Boundary.SENTENCE in {it.after for it in before if it.text == "잠깐!"}


def test_a_book_that_is_told_as_before_has_its_one_wait_and_melody() -> None:
    """A recorded run that is read again sounds as it did."""
    page = Page(1, summary="쿵! 그런데…… 누구일까요? 끝이에요.")
    told = utterances(page, TtsConfig(delivery=VoiceDelivery.STORY))
    assert {(it.wait, it.melody) for it in told} == {(1.0, 1.0)}


# ---------------------------------------------------------------------------------- how it is heard


@pytest.mark.anyio
async def test_the_narrator_moves_and_those_who_speak_stay_apart() -> None:
    """Over two semitones from what hangs in the air to a question; a man's voice that is next to
    the narrator's stays three semitones above it."""
    page = Page(
        1,
        summary='곰이 문을 열었어요. "거기 누구야?" 아무도 없었어요. 그런데 등 뒤에서…… '
        '무언가 움직였어요. "이리 나와!" 곰이 외쳤어요. 누구였을까요?',
        dialogues=(Dialogue("곰", "거기 누구야?"), Dialogue("곰", "이리 나와!")),
    )
    spoken = utterances(page, ACTED)
    task = NarrationTask(spoken, "ko", 1.05, 250, 7, ACTED.delivery)
    made = await Espeak().narrate(task, lambda fraction: None)
    sound, rate = soundfile.read(io.BytesIO(made.wav), dtype="float32")
    parts = {
        it.text: (it.speaker, sound[round(it.start * rate) : round(it.end * rate)])
        for it in made.segments
    }
    pitch = {text: median_pitch(part, rate) for text, (_, part) in parts.items()}
    assert semitones(pitch["누구였을까요?"], pitch["그런데 등 뒤에서……"]) > 2
    by_speaker = {
        who: median_pitch(np.concatenate([it for name, it in parts.values() if name == who]), rate)
        for who in ("", "곰")
    }
    assert semitones(by_speaker["곰"], by_speaker[""]) >= APART


@pytest.mark.anyio
async def test_the_highest_voices_cries_are_heard_as_high_as_they_are() -> None:
    """They go above 500 Hz, and were tuned as if they were an octave lower."""
    said = tuple(
        Utterance(text, "", "F5", after=Boundary.SENTENCE, melody=1.2)
        for text in ("먹었다!", "방금 먹었어!", "문이야!")
    )
    task = NarrationTask(said, "ko", 1.05, 250, 7, VoiceDelivery.EXPRESSIVE)
    made = await Espeak().narrate(task, lambda fraction: None)
    sound, rate = soundfile.read(io.BytesIO(made.wav), dtype="float32")
    for it in made.segments:
        heard = median_pitch(sound[round(it.start * rate) : round(it.end * rate)], rate)
        assert abs(semitones(heard, 383.5)) < 0.5, it.text
