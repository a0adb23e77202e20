"""What every narrator keeps. An engine's tests make a subclass with its own `narrator` fixture."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import VOICES
from storybook.engines import (
    NarrationTask,
    Narrator,
    Readiness,
    Utterance,
    WorkFailed,
)
from storybook.stages.narrator.audio import LEAD_SECONDS, PEAK, TAIL_SECONDS, loudness
from tests.narrator.sounds import SENTENCE, read, samples, task


@pytest.mark.anyio
class NarratorConformance:
    """Subclasses define the fixture `narrator`."""

    @pytest.fixture
    def narrator(self) -> Narrator:
        raise NotImplementedError

    def test_it_names_itself(self, narrator: Narrator) -> None:
        """Events record the engine's name, and on which device it works."""
        assert narrator.info.name
        assert narrator.info.device
        assert narrator.places >= 1

    async def test_it_is_ready(self, narrator: Narrator) -> None:
        """Asked twice it answers the same."""
        assert await narrator.readiness() == await narrator.readiness() == Readiness(True)

    async def test_the_same_task_gives_the_same_bytes(self, narrator: Narrator) -> None:
        """Also after another narration: nothing is carried from one to the next."""
        what = task(SENTENCE, "토끼는 기뻤어요!", voice="F1")
        first = await read(narrator, what)
        await read(narrator, task("다른 문장이에요.", voice="M3"))
        assert await read(narrator, what) == first

    async def test_a_reading_is_a_wav_file(self, narrator: Narrator) -> None:
        """16-bit mono, as long as is said."""
        narration = await read(narrator, task(SENTENCE))
        facts = soundfile.info(io.BytesIO(narration.wav))
        assert (facts.format, facts.subtype, facts.channels) == ("WAV", "PCM_16", 1)
        assert narration.seconds == pytest.approx(facts.frames / facts.samplerate)

    async def test_each_utterance_is_a_segment_with_its_times(self, narrator: Narrator) -> None:
        """A segment keeps the printed text; there is speech within its times, silence between."""
        said = (
            Utterance("토끼는 3살이었어요.", "", "M1"),
            Utterance("안녕, 나랑 놀래?", "토끼", "F5"),
            Utterance("하고 물었어요.", "", "M1"),
        )
        narration = await read(narrator, NarrationTask(said, "ko", 1.0, 400, seed=7))
        sound, rate = samples(narration)
        assert [(s.text, s.speaker, s.voice) for s in narration.segments] == [
            (u.text, u.speaker, u.voice) for u in said
        ]
        for before, after in pairwise(narration.segments):
            assert after.start - before.end == pytest.approx(0.4, abs=0.001)
            gap = sound[round(before.end * rate) : round(after.start * rate)]
            assert np.abs(gap).max() < 0.001
        for segment in narration.segments:
            spoken = sound[round(segment.start * rate) : round(segment.end * rate)]
            assert loudness(spoken, rate) > 0.08
        assert narration.segments[0].start == pytest.approx(LEAD_SECONDS, abs=0.001)
        assert narration.segments[-1].end == pytest.approx(
            narration.seconds - TAIL_SECONDS, abs=0.001
        )
        assert np.abs(sound[: round(0.9 * LEAD_SECONDS * rate)]).max() == 0

    async def test_a_sentence_takes_as_long_among_others_as_alone(self, narrator: Narrator) -> None:
        """Each utterance's sound is its own."""
        alone = await read(narrator, task("토끼가 물었어요."))
        among = await read(narrator, task(SENTENCE, "토끼가 물었어요.", SENTENCE))
        segment = among.segments[1]
        (only,) = alone.segments
        assert segment.end - segment.start == pytest.approx(only.end - only.start, rel=0.1)

    async def test_what_it_was_made_from_is_said(self, narrator: Narrator) -> None:
        """Each voice once, in order of appearance, and the seed."""
        said = tuple(Utterance("안녕하세요.", "", voice) for voice in ("F2", "M1", "F2"))
        narration = await read(narrator, NarrationTask(said, "ko", 1.0, 0, seed=7))
        assert narration.made_from.voices == ("F2", "M1")
        assert narration.made_from.seed == 7
        assert narration.made_from.language == "ko"

    async def test_progress_grows_to_one(self, narrator: Narrator) -> None:
        """The reader's live line moves sentence by sentence."""
        fractions: list[float] = []
        await read(narrator, task("하나.", "둘.", "셋.", "넷."), fractions.append)
        assert fractions == sorted(fractions)
        assert len(set(fractions)) >= 4
        assert fractions[-1] == 1.0

    async def test_every_voice_is_equally_loud_and_none_clips(self, narrator: Narrator) -> None:
        """Within 2 dB of each other, peaks below -1 dBFS."""
        sounds = [samples(await read(narrator, task(SENTENCE, voice=it))) for it in VOICES]
        levels = [loudness(*it) for it in sounds]
        assert max(levels) / min(levels) < 10 ** (2 / 20)
        assert all(np.abs(sound).max() <= PEAK + 1 / 32768 for sound, _ in sounds)

    async def test_speed_changes_the_length(self, narrator: Narrator) -> None:
        """Twice as fast takes about half as long."""
        slow, normal, fast = [
            (await read(narrator, task(SENTENCE, speed=speed))).segments[0].end - LEAD_SECONDS
            for speed in (0.7, 1.0, 2.0)
        ]
        assert slow / normal == pytest.approx(1 / 0.7, rel=0.2)
        assert fast / normal == pytest.approx(1 / 2, rel=0.2)

    async def test_a_page_without_words_is_a_moment_of_silence(self, narrator: Narrator) -> None:
        """A page may have no text; its audio exists all the same."""
        narration = await read(narrator, task())
        assert narration.segments == ()
        assert 0 < narration.seconds < 1

    async def test_what_cannot_be_read_takes_no_time(self, narrator: Narrator) -> None:
        """An utterance of signs alone does not fail."""
        narration = await read(narrator, task("😀", "안녕하세요."))
        assert narration.segments[0].start == narration.segments[0].end
        assert narration.segments[1].end > narration.segments[1].start

    @pytest.mark.parametrize("lang", ["xx", "tlh-klingon", "", "../voices/!v/f1", "한국어"])
    async def test_an_unknown_language_fails_for_good(self, narrator: Narrator, lang: str) -> None:
        """Trying again would not help, and the message names what is known."""
        with pytest.raises(WorkFailed, match="ko") as failure:
            await read(narrator, task(SENTENCE, lang=lang))
        assert failure.value.kind == "unsupported_language"
        assert not failure.value.retryable

    async def test_an_unknown_voice_fails_for_good(self, narrator: Narrator) -> None:
        """The message names the voices there are."""
        with pytest.raises(WorkFailed, match="M1") as failure:
            await read(narrator, task(SENTENCE, voice="X9"))
        assert failure.value.kind == "unknown_voice"
        assert not failure.value.retryable

    async def test_it_works_again_after_it_was_unloaded(self, narrator: Narrator) -> None:
        """Letting go of what it holds loses nothing."""
        await narrator.unload()
        assert (await read(narrator, task(SENTENCE))).seconds > 0
