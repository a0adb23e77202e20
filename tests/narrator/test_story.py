"""A story is told at a bedside: its pace, its pauses, its melody and its voices, as numbers."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import anyio
import numpy as np
import pytest

from storybook.book import CAST, VOICES, Dialogue, Page, Segment, TtsConfig, VoiceDelivery
from storybook.engines import Boundary, Narration, NarrationTask, Utterance
from storybook.request import DEFAULT_PAUSE_MS, DEFAULT_SPEED
from storybook.stages.narrator.audio import Sound, loudness
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.espeak.voices import SOUNDS, VOICES_BEFORE
from storybook.stages.narrator.narration import PAUSES_MS
from storybook.stages.narrator.pitch import median_pitch, pitch_track, semitones
from storybook.stages.narrator.utterances import LAST_PACE, utterances
from storybook.stages.voice_casting import APART
from tests.narrator.sounds import SENTENCE, samples, sound_of, syllables

TOLD = (
    SENTENCE,
    "토끼는 아침마다 연못가를 걸으며 노래를 불렀어요.",
    "같이 놀자!",
    "어디로 갔을까?",
    "나는 네가 참 좋아!",
    "그날 밤 둘은 나란히 누워 별을 보았어요.",
)
STORY = TtsConfig(
    "M1",
    CAST,
    casting={"토끼": "F3", "호랑이": "M4"},
    speed=DEFAULT_SPEED,
    segment_pause_ms=DEFAULT_PAUSE_MS,
    delivery=VoiceDelivery.STORY,
)
PAGE = Page(
    1,
    summary='옛날 옛적에, 숲속 마을에 토끼가 살았어요. 토끼는 심심했어요.\n"호랑이야, 같이 놀래?" '
    '토끼가 물었어요. "좋아!" 호랑이가 웃었어요. 둘은 해가 질 때까지 놀았어요.',
    dialogues=(Dialogue("토끼", "호랑이야, 같이 놀래?"), Dialogue("호랑이", "좋아!")),
)


async def read(task: NarrationTask) -> Narration:
    return await Espeak().narrate(task, lambda fraction: None)


def told_by(voice: str, *texts: str, speed: float = DEFAULT_SPEED) -> NarrationTask:
    """Sentences of a story in one voice, none of them the last one."""
    said = tuple(Utterance(text, "", voice, after=Boundary.SENTENCE) for text in texts)
    return NarrationTask(said, "ko", speed, DEFAULT_PAUSE_MS, 7, VoiceDelivery.STORY)


def page_task(pause_ms: int = DEFAULT_PAUSE_MS, tts: TtsConfig = STORY) -> NarrationTask:
    return NarrationTask(utterances(PAGE, tts), "ko", tts.speed, pause_ms, 7, tts.delivery)


@pytest.fixture(scope="module")
def voices() -> dict[str, Narration]:
    """The same sentences in each of the ten voices."""

    async def all_of_them() -> dict[str, Narration]:
        return {voice: await read(told_by(voice, *TOLD)) for voice in VOICES}

    return anyio.run(all_of_them)


@pytest.fixture(scope="module")
def page() -> Narration:
    """A page with clauses, sentences, a paragraph, and two who speak."""
    return anyio.run(read, page_task())


def pace(segments: tuple[Segment, ...]) -> float:
    """Syllables a second, of what is spoken."""
    seconds = sum(it.end - it.start for it in segments)
    return sum(syllables(it.text) for it in segments) / seconds


def pauses(narration: Narration) -> list[float]:
    return [after.start - before.end for before, after in pairwise(narration.segments)]


# ------------------------------------------------------------------------------------------- pace


def test_a_story_is_read_at_the_pace_of_a_bedside(voices: dict[str, Narration]) -> None:
    """Between 3.5 and 4.5 syllables a second at the usual speed, in every voice."""
    for voice, narration in voices.items():
        assert 3.5 < pace(narration.segments) < 4.5, voice


def test_a_page_has_that_pace_with_its_pauses_too(page: Narration) -> None:
    """From its first syllable to its last, clause by clause and with everybody's pauses."""
    assert 3.0 < syllables(PAGE.summary) / (page.segments[-1].end - page.segments[0].start) < 4.5


@pytest.mark.anyio
async def test_the_last_sentence_is_slower() -> None:
    """By as much as is said, in the same voice and the same words."""
    said = utterances(Page(1, summary=" ".join([TOLD[1]] * 3)), STORY)
    assert [it.pace for it in said] == [1, 1, LAST_PACE]
    task = NarrationTask(said, "ko", DEFAULT_SPEED, DEFAULT_PAUSE_MS, 7, VoiceDelivery.STORY)
    first, _, last = (it.end - it.start for it in (await read(task)).segments)
    assert first / last == pytest.approx(LAST_PACE, abs=0.04)


# ----------------------------------------------------------------------------------------- pauses


def test_each_boundary_has_its_pause() -> None:
    """A clause the shortest, a paragraph the longest; what a reader waits has bounds."""
    assert sorted(PAUSES_MS, key=lambda it: PAUSES_MS[it]) == [
        Boundary.CLAUSE,
        Boundary.BEFORE_SPEECH,
        Boundary.AFTER_SPEECH,
        Boundary.SENTENCE,
        Boundary.PARAGRAPH,
    ]
    assert set(PAUSES_MS) == set(Boundary)
    assert all(250 <= it <= 900 for it in PAUSES_MS.values())


def test_pauses_are_by_what_they_stand_between(page: Narration) -> None:
    """Between sentences, at a paragraph's end, and before and after what somebody says."""
    after = (
        Boundary.SENTENCE,
        Boundary.PARAGRAPH,
        Boundary.AFTER_SPEECH,
        Boundary.BEFORE_SPEECH,
        Boundary.AFTER_SPEECH,
        Boundary.SENTENCE,
    )
    expected = [PAUSES_MS[it] / 1000 for it in after]
    assert pauses(page) == pytest.approx(expected, abs=0.002)


def test_a_comma_is_heard(page: Narration) -> None:
    """There is silence within the sentence, as long as a clause's pause, and a little of breath."""
    sound, rate = sound_of(page, page.segments[0])
    silent, longest = 0, 0
    for sample in np.abs(sound) < 1e-4:
        silent = silent + 1 if sample else 0
        longest = max(longest, silent)
    assert longest / rate == pytest.approx(PAUSES_MS[Boundary.CLAUSE] / 1000, abs=0.05)


@pytest.mark.anyio
@pytest.mark.parametrize("times", [0, 2])
async def test_pauses_are_multiples_of_what_is_asked_for(page: Narration, times: int) -> None:
    """Twice the usual pause makes each twice as long, and none makes none."""
    other = await read(page_task(times * DEFAULT_PAUSE_MS))
    assert pauses(other) == pytest.approx([times * it for it in pauses(page)], abs=0.003)
    commas = 2  # in the texts of two segments
    longer = (times - 1) * PAUSES_MS[Boundary.CLAUSE] / 1000 * commas
    spoken = sum(it.end - it.start for it in page.segments)
    assert sum(it.end - it.start for it in other.segments) == pytest.approx(
        spoken + longer, abs=0.01
    )


# ----------------------------------------------------------------------------------------- melody


@pytest.mark.parametrize("voice", ["M1", "F3", "M4"])
@pytest.mark.parametrize("said", ["같이 놀래", "너는 누구니", "정말 토끼가 왔어요"])
@pytest.mark.anyio
async def test_a_question_rises_and_a_statement_falls(voice: str, said: str) -> None:
    """Its end is a semitone and more above that of the same words as a statement."""
    narration = await read(told_by(voice, f"{said}.", f"{said}?"))
    falls, rises = (_end(*sound_of(narration, it)) for it in narration.segments)
    assert semitones(rises, falls) > 1


def _end(sound: Sound, rate: int) -> float:
    """The pitch of the last moments of voice; a creak is none."""
    heard = pitch_track(sound, rate)[:, 1]
    octave = np.abs(np.log2(heard / np.median(heard))) < 1 / 2
    return float(np.median(heard[octave][-6:]))


# ----------------------------------------------------------------------------------------- voices


def test_any_two_voices_are_three_semitones_apart(voices: dict[str, Narration]) -> None:
    """By their median pitch, over sentences, cries and questions."""
    pitches = {voice: median_pitch(*samples(it)) for voice, it in voices.items()}
    for one, other in combinations(VOICES, 2):
        assert abs(semitones(pitches[one], pitches[other])) >= APART, (one, other, pitches)


def test_a_voice_sounds_as_it_is_described(voices: dict[str, Narration]) -> None:
    """Who chooses among them goes by that: within half a semitone."""
    for sound in SOUNDS:
        heard = median_pitch(*samples(voices[sound.name]))
        assert abs(semitones(heard, sound.pitch)) < 0.5, (sound, heard)


def test_a_short_cry_is_no_higher_than_its_voice(voices: dict[str, Narration]) -> None:
    """Else a bear that cries out would be taken for the man who tells of it."""
    for sound in SOUNDS:
        for segment in voices[sound.name].segments:
            heard = median_pitch(*sound_of(voices[sound.name], segment))
            assert abs(semitones(heard, sound.pitch)) < 1.4, (sound.name, segment.text)


def test_all_are_equally_loud(voices: dict[str, Narration]) -> None:
    """Within 2 dB of each other."""
    levels = [loudness(*samples(it)) for it in voices.values()]
    assert max(levels) / min(levels) < 10 ** (2 / 20)


def test_who_speaks_on_a_page_is_told_apart(page: Narration) -> None:
    """By number, from the page's own sound."""
    by_voice: dict[str, list[float]] = {}
    for it in page.segments:
        by_voice.setdefault(it.voice, []).append(median_pitch(*sound_of(page, it)))
    medians = {voice: float(np.median(found)) for voice, found in by_voice.items()}
    assert set(medians) == {"M1", "F3", "M4"}
    for one, other in combinations(medians.values(), 2):
        assert abs(semitones(one, other)) >= APART


# ------------------------------------------------------------------------------- the printed text


def test_a_segment_is_a_sentence_of_all_its_clauses(page: Narration) -> None:
    """So that a reader lights up what is printed, in one."""
    assert [(it.speaker, it.text) for it in page.segments] == [
        ("", "옛날 옛적에, 숲속 마을에 토끼가 살았어요."),
        ("", "토끼는 심심했어요."),
        ("토끼", "호랑이야, 같이 놀래?"),
        ("", "토끼가 물었어요."),
        ("호랑이", "좋아!"),
        ("", "호랑이가 웃었어요."),
        ("", "둘은 해가 질 때까지 놀았어요."),
    ]


@pytest.mark.anyio
async def test_the_same_story_gives_the_same_bytes(page: Narration) -> None:
    """Also though each piece is heard before it is spoken."""
    assert await read(page_task()) == page


# -------------------------------------------------------------------------- books of older versions


@pytest.mark.anyio
async def test_a_book_of_an_older_version_is_read_as_it_was() -> None:
    """Whole sentences, one pause for all, faster, and in the voices of then."""
    tts = TtsConfig("M1", "", {"토끼": "F3"})
    assert {it.after for it in utterances(PAGE, tts)} == {None}
    assert {it.pace for it in utterances(PAGE, tts)} == {1.0}
    even = await read(page_task(tts=tts))
    assert pauses(even) == pytest.approx([0.25] * 6, abs=0.002)
    assert pace(even.segments) > 5
    heard = median_pitch(*sound_of(even, even.segments[0]))
    assert abs(semitones(heard, 110)) < 1 and VOICES_BEFORE["M1"].pitch == 56
    assert not math.isclose(heard, SOUNDS[0].pitch, rel_tol=0.02)
