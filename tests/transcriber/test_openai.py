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
from tests.transcriber.conformance import SAID, TranscriberConformance
from tests.transcriber.endpoint import Endpoint, endpoint
from tests.transcriber.recordings import encode, noise, spoken

KEY = "sk-very-secret-key-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with endpoint(SAID) as running:
        yield running


@pytest.fixture
def openai(server: Endpoint) -> OpenAITranscriber:
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
    openai: OpenAITranscriber, server: Endpoint
) -> None:
    """Whatever the browser recorded with, the endpoint gets a WAV file of one channel."""
    await hear(openai)
    [form] = server.asked
    assert (form["language"], form["model"], form["temperature"]) == ("ko", "whisper-1", "0")
    with wave.open(io.BytesIO(form["file"])) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getsampwidth()) == (1, 16_000, 2)
        assert 1 < wav.getnframes() / 16_000 < 3


async def test_noise_is_not_sent(openai: OpenAITranscriber, server: Endpoint) -> None:
    """It would be paid for, and come back as words."""
    await openai.transcribe(encode(noise(3.0, 0.5), "wav"), "ko")
    assert server.headers == []


async def test_the_probabilities_of_the_segments_are_the_confidence(
    openai: OpenAITranscriber, server: Endpoint
) -> None:
    """The same measure as for the engine on this machine."""
    sure = await hear(openai)
    server.logprob = -0.9
    unsure = await hear(openai)
    server.no_speech = 0.8
    assert unsure.confidence < 0.5 < sure.confidence
    server.logprob = -1.2
    assert await hear(openai) == Transcript("", 0.0)


async def test_an_endpoint_that_gives_text_alone_is_asked_for_that(
    openai: OpenAITranscriber, server: Endpoint
) -> None:
    """GPT-4o's transcribers know no segments; it is found out once."""
    server.knows_segments = False
    first, second = await hear(openai), await hear(openai)
    assert first == second
    assert first.text == SAID
    assert 0.3 < first.confidence < 0.7
    formats = [form["response_format"] for form in server.asked]
    assert formats == ["verbose_json", "json", "json"]


async def test_the_key_comes_from_the_environment(
    openai: OpenAITranscriber, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the variable that the settings name; the key itself is in no setting."""
    server.key = KEY
    assert not (await openai.readiness()).ready
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert (await openai.readiness()).ready
    assert (await hear(openai)).text == SAID
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("MY_OWN_KEY", KEY)
    other = OpenAITranscriber(url=server.url, key_variable="MY_OWN_KEY")
    assert (await hear(other)).text == SAID


async def test_a_key_that_it_is_answered_with_is_not_told(
    openai: OpenAITranscriber, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor anything else of what is no transcription, all the way down the chain of causes."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server.answer = (200, f"key={KEY}".encode())
    with pytest.raises(WorkFailed) as failure:
        await hear(openai)
    assert (failure.value.kind, failure.value.retryable) == ("bad_answer", False)
    assert KEY not in "".join(traceback.format_exception(failure.value))


async def test_a_model_that_the_endpoint_lacks_is_told(server: Endpoint) -> None:
    """With the settings that name it."""
    with pytest.raises(EngineUnavailable, match="whisper-99") as error:
        await hear(OpenAITranscriber(url=server.url, model="whisper-99"))
    assert "[transcriber] url and model" in error.value.mend


async def test_who_leaves_closes_the_connection(
    openai: OpenAITranscriber, server: Endpoint
) -> None:
    """All places are free at once, although the endpoint has not answered."""
    server.hangs.clear()
    async with anyio.create_task_group() as tasks:
        for _ in range(openai.places):
            tasks.start_soon(hear, openai)
        with anyio.fail_after(30):
            while len(server.headers) < openai.places:  # noqa: ASYNC110 - another thread's list
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    server.hangs.set()
    with anyio.fail_after(30):
        assert (await hear(openai)).text == SAID


async def test_without_a_url_it_says_what_to_set() -> None:
    """So `auto` passes it over."""
    readiness = await OpenAITranscriber(url="").readiness()
    assert not readiness.ready
    assert "[transcriber] url" in readiness.mend
    with pytest.raises(EngineUnavailable, match="no endpoint is set"):
        await hear(OpenAITranscriber(url=""))
