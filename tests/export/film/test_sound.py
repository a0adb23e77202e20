"""A film's sound is as loud as what else is on a phone, whatever the narrator's was."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.export.film.sound import CEILING, LOUDNESS, RATE, Samples, soundtrack
from tests.export.film.probing import FFMPEG, loudness_of
from tests.export.finished import wav

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed"),
]

SECONDS = 12
SIZE = 1_024


def voice(level: float, rate: int = 22_050) -> bytes:
    """Syllables: tones that begin suddenly and fade, with pauses between the sentences."""
    at = np.arange(SECONDS * rate) / rate
    syllable = np.exp(-(at % 0.25) * 9) * np.sin(2 * np.pi * (140 + 40 * np.sin(at)) * at)
    sentence = (at % 3 < 2.2) * (
        syllable + 0.4 * np.sin(2 * np.pi * 1_900 * at) * (at % 0.25 < 0.02)
    )
    file = io.BytesIO()
    samples = (sentence / np.abs(sentence).max() * level).astype(np.float32)
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def whole(recordings: list[tuple[int, bytes]], seconds: int = SECONDS) -> Samples:
    pieces = [*soundtrack(recordings, seconds * RATE, SIZE)]
    assert all(it.size == SIZE for it in pieces)
    return np.concatenate(pieces)


def in_stereo(samples: Samples) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.stack([samples] * 2, axis=1), RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize("level, rate", [(0.02, 22_050), (0.3, 24_000), (1.0, 44_100), (0.9, RATE)])
def test_a_voice_is_as_loud_as_it_should_be(level: float, rate: int) -> None:
    """Softer or louder than that, at any rate; and no peak is above the ceiling, as ffmpeg's meter
    has it."""
    found = loudness_of(in_stereo(whole([(0, voice(level, rate))])))
    assert found.integrated == pytest.approx(LOUDNESS, abs=0.3)
    assert found.peak <= CEILING + 0.3


def test_silence_stays_silent() -> None:
    """Nothing is made louder where there is nothing."""
    assert not whole([(0, wav_of(np.zeros(RATE, np.float32)))]).any()


def test_a_recording_begins_where_it_should() -> None:
    """To the sample, also at another rate; and nothing is heard before or after it."""
    track = np.abs(whole([(RATE, wav(0.5)), (3 * RATE, wav(0.5, RATE))]))
    heard = track > track.max() / 10
    for start in (RATE, 3 * RATE):
        assert not heard[start - RATE // 2 : start - RATE // 200].any()
        assert heard[start : start + RATE // 100].any()
        assert not heard[start + RATE * 11 // 20 : start + RATE].any()


def test_the_track_is_as_long_as_it_should_be() -> None:
    """Filled up to the codec's size, and no longer; what would go on after the end is cut."""
    track = whole([(0, wav(3.0))], seconds=2)
    assert 2 * RATE <= track.size < 2 * RATE + SIZE


def wav_of(samples: Samples) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()
