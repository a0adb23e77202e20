"""Pieces of speech become one narration: evenly loud, unclipped, with exact times."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.stages.narrator.audio import (
    LEAD_SECONDS,
    LOUDNESS,
    PEAK,
    TAIL_SECONDS,
    Sound,
    framed,
    from_pcm16,
    join,
    loudness,
    wav_bytes,
)

RATE = 22_050


def tone(level: float, seconds: float = 0.5, quiet: float = 0.0) -> Sound:
    """A tone of 200 Hz with silence before and after it."""
    time = np.arange(int(RATE * seconds)) / RATE
    silence = np.zeros(int(RATE * quiet))
    sound = level * np.sin(2 * np.pi * 200 * time)
    return np.concatenate([silence, sound, silence]).astype(np.float32)


def part(sound: Sound, start: float, end: float) -> Sound:
    """The samples between two times in seconds."""
    return sound[round(start * RATE) : round(end * RATE)]


def test_pieces_are_parted_by_the_pause_and_their_times_are_exact() -> None:
    """Between two spans there is silence of the length asked for, and sound within each."""
    sound, spans = join([tone(0.3), tone(0.3), tone(0.3)], RATE, [250] * 3)
    assert len(spans) == 3
    for (_, end), (start, _) in pairwise(spans):
        assert start - end == pytest.approx(0.25, abs=1 / RATE)
        assert np.abs(part(sound, end, start)).max() == 0
    for start, end in spans:
        assert loudness(part(sound, start, end), RATE) > LOUDNESS / 2
    assert spans[0][0] == 0
    assert spans[-1][1] == pytest.approx(sound.size / RATE)


def test_no_pause_joins_pieces_directly() -> None:
    """A pause of 0 ms is allowed."""
    _, spans = join([tone(0.3), tone(0.3)], RATE, [0, 0])
    assert spans[0][1] == spans[1][0]


def test_silence_around_speech_is_trimmed() -> None:
    """An engine's own silence does not add to the pause."""
    sound, _ = join([tone(0.3, seconds=0.5, quiet=0.4)], RATE, [250])
    assert sound.size / RATE == pytest.approx(0.5, abs=0.05)


def test_quiet_and_loud_pieces_become_equally_loud() -> None:
    """Whatever level an engine speaks at, the narration has one."""
    sound, spans = join([tone(0.02), tone(0.9)], RATE, [100, 100])
    levels = [loudness(part(sound, *span), RATE) for span in spans]
    assert levels == pytest.approx([LOUDNESS, LOUDNESS], rel=0.05)


def test_pauses_within_a_piece_do_not_make_it_louder() -> None:
    """Loudness is that of the voiced part."""
    with_pause = np.concatenate([tone(0.3), np.zeros(RATE, np.float32), tone(0.3)])
    assert loudness(with_pause, RATE) == pytest.approx(loudness(tone(0.3), RATE), rel=0.05)


def test_nothing_clips() -> None:
    """A peak far above its piece's level is bent below the limit."""
    piece = tone(0.01)
    piece[5000] = 1.0
    sound, _ = join([piece], RATE, [0])
    assert 0.7 < np.abs(sound).max() <= PEAK


def test_pieces_begin_and_end_without_a_click() -> None:
    """A piece cut in mid-wave is faded at both ends."""
    sound, _ = join([np.full(RATE, 0.5, np.float32)], RATE, [0])
    assert sound[0] == 0
    assert abs(sound[-1]) < 0.01
    assert np.abs(np.diff(sound)).max() < 0.01


def test_a_piece_without_sound_takes_no_time() -> None:
    """It has a place among the spans, but no pause of its own."""
    silence = np.zeros(RATE, np.float32)
    sound, spans = join([silence, tone(0.3), np.zeros(0, np.float32), tone(0.3)], RATE, [250] * 4)
    assert [start == end for start, end in spans] == [True, False, True, False]
    assert sound.size / RATE == pytest.approx(1.25, abs=0.05)


def test_a_reading_has_silence_around_it() -> None:
    """A speaker that wakes up swallows nothing, and the times move with the sound."""
    joined = join([tone(0.3), tone(0.3)], RATE, [250, 250])
    sound, spans = framed(joined, RATE)
    lead, tail = round(LEAD_SECONDS * RATE), round(TAIL_SECONDS * RATE)
    assert np.array_equal(sound[lead:-tail], joined.sound)
    assert np.abs(sound[:lead]).max() == 0 and np.abs(sound[-tail:]).max() == 0
    for (start, end), (before, until) in zip(spans, joined.spans, strict=True):
        assert (start, end) == pytest.approx((before + 0.15, until + 0.15), abs=1 / RATE)


def test_nothing_to_speak_is_a_moment_of_silence() -> None:
    """A player gets a file even for a page without words."""
    sound, spans = join([], RATE, [])
    assert spans == ()
    assert sound.size > 0
    assert np.abs(sound).max() == 0


def test_a_wav_file_is_16_bit_mono() -> None:
    """What is written is what was meant, to the last bit."""
    sound = tone(0.5)
    file = io.BytesIO(wav_bytes(sound, RATE))
    facts = soundfile.info(file)
    assert (facts.format, facts.subtype, facts.channels) == ("WAV", "PCM_16", 1)
    assert (facts.samplerate, facts.frames) == (RATE, sound.size)
    file.seek(0)
    read, _ = soundfile.read(file, dtype="float32")
    assert np.abs(read - sound).max() <= 1 / 32768


def test_pcm_becomes_sound() -> None:
    """Full scale is 1, whatever the sign."""
    samples = np.array([0, 16384, -32768], "<i2").tobytes()
    assert from_pcm16(samples).tolist() == [0.0, 0.5, -1.0]
