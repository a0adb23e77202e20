"""What every transcriber keeps. An engine's tests make a subclass with its own `transcriber`."""

from __future__ import annotations

import logging

import anyio
import numpy as np
import pytest

from storybook.engines import (
    AudioTooLarge,
    InvalidAudio,
    Readiness,
    Transcriber,
    Transcript,
    WorkFailed,
)
from tests.transcriber.recordings import encode, noise, recorded, silence, spoken

SAID = "음… 옛날 조선시대요."
"""What the transcribers under test hear in any speech: their models are made for the tests."""


@pytest.mark.anyio
class TranscriberConformance:
    """Subclasses define the fixture `transcriber`."""

    @pytest.fixture
    def transcriber(self) -> Transcriber:
        raise NotImplementedError

    def test_it_names_itself(self, transcriber: Transcriber) -> None:
        """`GET /api/engines` says which engine, model and device it is."""
        assert transcriber.info.name
        assert transcriber.info.model
        assert transcriber.info.device
        assert transcriber.places >= 1

    async def test_it_is_ready(self, transcriber: Transcriber) -> None:
        """Asked twice it answers the same."""
        assert await transcriber.readiness() == await transcriber.readiness() == Readiness(True)

    @pytest.mark.parametrize("name", ["webm", "ogg", "mp4", "wav", "mp3", "flac"])
    async def test_speech_is_heard_in_every_container(
        self, transcriber: Transcriber, name: str
    ) -> None:
        """Whatever the browser records with."""
        transcript = await transcriber.transcribe(spoken("옛날 조선시대요", name), "ko-KR")
        assert transcript.text == SAID
        assert 0.3 < transcript.confidence <= 1

    async def test_the_same_recording_gives_the_same_transcript(
        self, transcriber: Transcriber
    ) -> None:
        """Chance plays no part."""
        recording = spoken("옛날 조선시대요")
        first = await transcriber.transcribe(recording, "ko")
        assert await transcriber.transcribe(recording, "ko") == first

    @pytest.mark.parametrize("loudness", [0.0, 0.01, 0.2, 0.9])
    async def test_silence_and_noise_say_nothing(
        self, transcriber: Transcriber, loudness: float
    ) -> None:
        """No text, and a confidence that no client takes for an answer."""
        recording = encode(noise(2.0, loudness), "wav")
        transcript = await transcriber.transcribe(recording, "ko-KR")
        assert transcript.text == ""
        assert transcript.confidence < 0.3

    async def test_a_word_in_noise_and_long_silence_is_less_certain(
        self, transcriber: Transcriber
    ) -> None:
        """The same word with little around it counts for more."""
        word = spoken("옛날 조선시대요", "wav")
        among = np.concatenate([silence(9.0), np.frombuffer(word[44:], np.int16)])
        alone = await transcriber.transcribe(word, "ko")
        lost = await transcriber.transcribe(encode(among, "wav"), "ko")
        assert lost.text == alone.text
        assert lost.confidence < alone.confidence

    @pytest.mark.parametrize("content", [b"", b"no sound", bytes(3_000)])
    async def test_what_is_no_recording_is_refused(
        self, transcriber: Transcriber, content: bytes
    ) -> None:
        """Before any model is asked."""
        with pytest.raises(InvalidAudio):
            await transcriber.transcribe(content, "ko-KR")

    async def test_half_a_recording_is_refused(self, transcriber: Transcriber) -> None:
        """It was cut off on the way."""
        whole = recorded("mp4")
        with pytest.raises(InvalidAudio):
            await transcriber.transcribe(whole[: len(whole) // 2], "ko-KR")

    async def test_more_than_a_minute_is_refused(self, transcriber: Transcriber) -> None:
        """Counted in seconds that came out, whatever the file says."""
        with pytest.raises(AudioTooLarge, match="60 s"):
            await transcriber.transcribe(encode(silence(62.0, 8_000), "flac", 8_000), "ko-KR")

    @pytest.mark.parametrize("tag", ["", "한국어", "ko_KR.UTF-8", "../ko"])
    async def test_what_is_no_language_is_refused(self, transcriber: Transcriber, tag: str) -> None:
        """The message says what one looks like."""
        with pytest.raises(WorkFailed, match="ko-KR") as failure:
            await transcriber.transcribe(spoken("숲이요"), tag)
        assert failure.value.kind == "unsupported_language"

    async def test_many_at_once_are_all_answered(self, transcriber: Transcriber) -> None:
        """More requests than it has places."""
        answers: list[Transcript] = []

        async def ask() -> None:
            answers.append(await transcriber.transcribe(spoken("숲이요", "wav"), "ko"))

        async with anyio.create_task_group() as tasks:
            for _ in range(transcriber.places + 3):
                tasks.start_soon(ask)
        assert {it.text for it in answers} == {SAID}
        assert len(answers) == transcriber.places + 3

    async def test_who_leaves_frees_the_place(self, transcriber: Transcriber) -> None:
        """At whatever moment the client goes, the next one is served."""
        recording = spoken("숲이요", "wav")
        for moment in (0.0, 0.05, 0.15):
            with anyio.move_on_after(moment):
                await transcriber.transcribe(recording, "ko")
        with anyio.fail_after(30):
            assert (await transcriber.transcribe(recording, "ko")).text == SAID

    async def test_it_works_again_after_it_was_unloaded(self, transcriber: Transcriber) -> None:
        """Letting go of what it holds loses nothing."""
        await transcriber.unload()
        assert (await transcriber.transcribe(spoken("숲이요"), "ko")).text == SAID

    async def test_nothing_that_was_said_is_logged(
        self, transcriber: Transcriber, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither the text nor the sound, at any level."""
        caplog.set_level(logging.DEBUG)
        await transcriber.transcribe(spoken("숲이요"), "ko")
        assert "조선" not in caplog.text
        assert "\\x" not in caplog.text
