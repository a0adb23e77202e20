"""The transcriber openai, against a double of the endpoint."""

from __future__ import annotations

import io
import traceback
import wave
from collections.abc import Iterator

import anyio
import pytest

from storybook.engines import EngineUnavailable, Transcriber, Transcript, WorkFailed
from storybook.stages.endpoint import KEY_VARIABLE
from storybook.stages.transcriber.openai.engine import OpenAITranscriber
from tests.openai_api.double import (
    HOLD,
    Double,
    Reply,
    as_reply,
    has_models,
    hearing,
    needs_key,
    refuses,
    serving,
)
from tests.transcriber.conformance import SAID, TranscriberConformance
from tests.transcriber.recordings import encode, noise, spoken

KEY = "sk-very-secret-key-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with serving() as running:
        running.hears = SAID
        yield running


@pytest.fixture
def openai(server: Double) -> OpenAITranscriber:
    return OpenAITranscriber(url=server.url)


class TestConformance(TranscriberConformance):
    """What every transcriber keeps."""

    @pytest.fixture
    def transcriber(self, openai: OpenAITranscriber) -> Transcriber:
        return openai


pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def hear(openai: OpenAITranscriber) -> Transcript:
    return await openai.transcribe(spoken("옛날 조선시대요", "webm"), "ko-KR")


async def test_it_sends_plain_sound_and_says_the_language(
    openai: OpenAITranscriber, server: Double
) -> None:
    """Whatever the browser recorded with, the endpoint gets a WAV file of one channel."""
    await hear(openai)
    [form] = server.asked
    assert (form["language"], form["model"], form["temperature"]) == ("ko", "whisper-1", "0")
    with wave.open(io.BytesIO(form["file"])) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getsampwidth()) == (1, 16_000, 2)
        assert 1 < wav.getnframes() / 16_000 < 3


async def test_noise_is_not_sent(openai: OpenAITranscriber, server: Double) -> None:
    """It would be paid for, and come back as words."""
    await openai.transcribe(encode(noise(3.0, 0.5), "wav"), "ko")
    assert server.asked == []


async def test_the_probabilities_of_the_segments_are_the_confidence(
    openai: OpenAITranscriber, server: Double
) -> None:
    """The same measure as for the engine on this machine."""

    async def confidence(logprob: float, no_speech: float) -> float:
        segment = {"text": SAID, "avg_logprob": logprob, "no_speech_prob": no_speech}
        server.rules = [hearing(as_reply({"text": SAID, "segments": [segment]}))]
        return (await hear(openai)).confidence

    assert await confidence(-0.9, 0.02) < 0.5 < await confidence(-0.1, 0.02)
    assert await confidence(-1.2, 0.8) == 0.0


async def test_an_endpoint_that_gives_text_alone_is_asked_for_that(
    openai: OpenAITranscriber, server: Double
) -> None:
    """GPT-4o's transcribers know no segments; it is found out once."""
    server.rules = [refuses("response_format", "not compatible", value="verbose_json")]
    first, second = await hear(openai), await hear(openai)
    assert first == second
    assert first.text == SAID
    assert 0.3 < first.confidence < 0.7
    formats = [form["response_format"] for form in server.asked]
    assert formats == ["verbose_json", "json", "json"]


async def test_the_key_comes_from_the_environment(
    openai: OpenAITranscriber, server: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the variable that the settings name; the key itself is in no setting."""
    server.rules = [needs_key(KEY)]
    assert not (await openai.readiness()).ready
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert (await openai.readiness()).ready
    assert (await hear(openai)).text == SAID
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("MY_OWN_KEY", KEY)
    other = OpenAITranscriber(url=server.url, key_variable="MY_OWN_KEY")
    assert (await hear(other)).text == SAID


async def test_a_key_that_it_is_answered_with_is_not_told(
    openai: OpenAITranscriber, server: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor anything else of what is no transcription, all the way down the chain of causes."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    content_type = {"Content-Type": "application/json"}
    server.rules = [hearing(Reply(200, [f"key={KEY}".encode()], content_type))]
    with pytest.raises(WorkFailed) as failure:
        await hear(openai)
    assert (failure.value.kind, failure.value.retryable) == ("bad_answer", False)
    assert KEY not in "".join(traceback.format_exception(failure.value))


async def test_a_model_that_the_endpoint_lacks_is_told(server: Double) -> None:
    """With the settings that name it."""
    server.rules = [has_models("whisper-1")]
    with pytest.raises(EngineUnavailable, match="whisper-99") as error:
        await hear(OpenAITranscriber(url=server.url, model="whisper-99"))
    assert "[transcriber] url and model" in error.value.mend


async def test_who_leaves_closes_the_connection(openai: OpenAITranscriber, server: Double) -> None:
    """All places are free at once, although the endpoint has not answered."""
    server.rules = [hearing(Reply(pieces=[HOLD]))]
    async with anyio.create_task_group() as tasks:
        for _ in range(openai.places):
            tasks.start_soon(hear, openai)
        with anyio.fail_after(30):
            while len(server.asked) < openai.places:  # noqa: ASYNC110 - another thread's list
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    server.rules = []
    with anyio.fail_after(30):
        assert (await hear(openai)).text == SAID


async def test_without_a_url_it_says_what_to_set() -> None:
    """So `auto` passes it over."""
    readiness = await OpenAITranscriber(url="").readiness()
    assert not readiness.ready
    assert "[transcriber] url" in readiness.mend
    with pytest.raises(EngineUnavailable, match="no endpoint is set"):
        await hear(OpenAITranscriber(url=""))
