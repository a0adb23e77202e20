"""The transcriber openai, against a double of the endpoint."""

from __future__ import annotations

import io
import logging
import traceback
import wave
from collections.abc import Iterator

import anyio
import pytest

from storybook.stages.engines import EngineUnavailable, Transcriber, Transcript, WorkFailed
from storybook.stages.transcriber import openai as openai_module
from storybook.stages.transcriber.openai import KEY_VARIABLE, OpenAi
from tests.transcriber.conformance import SAID, TranscriberConformance
from tests.transcriber.endpoint import Endpoint, endpoint
from tests.transcriber.recordings import encode, noise, spoken

KEY = "sk-very-secret-key-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    with endpoint(SAID) as running:
        yield running


@pytest.fixture
def openai(server: Endpoint) -> OpenAi:
    return OpenAi(url=server.url)


class TestConformance(TranscriberConformance):
    """What every transcriber keeps."""

    @pytest.fixture
    def transcriber(self, openai: OpenAi) -> Transcriber:
        return openai


pytestmark = pytest.mark.anyio


async def hear(openai: OpenAi) -> Transcript:
    return await openai.transcribe(spoken("옛날 조선시대요", "webm"), "ko-KR")


async def test_it_sends_plain_sound_and_says_the_language(openai: OpenAi, server: Endpoint) -> None:
    """Whatever the browser recorded with, the endpoint gets a WAV file of one channel."""
    await hear(openai)
    [form] = server.asked
    assert (form["language"], form["model"], form["temperature"]) == ("ko", "whisper-1", "0")
    with wave.open(io.BytesIO(form["file"])) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getsampwidth()) == (1, 16_000, 2)
        assert 1 < wav.getnframes() / 16_000 < 3


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
async def test_the_url_may_end_as_others_write_it(server: Endpoint, end: str) -> None:
    """With or without the version."""
    openai = OpenAi(url=server.url + end)
    assert (await hear(openai)).text == SAID
    assert (await openai.readiness()).ready


async def test_noise_is_not_sent(openai: OpenAi, server: Endpoint) -> None:
    """It would be paid for, and come back as words."""
    await openai.transcribe(encode(noise(3.0, 0.5), "wav"), "ko")
    assert server.headers == []


async def test_the_probabilities_of_the_segments_are_the_confidence(
    openai: OpenAi, server: Endpoint
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
    openai: OpenAi, server: Endpoint
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
    openai: OpenAi, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the variable that the settings name; the key itself is in no setting."""
    server.key = KEY
    assert not (await openai.readiness()).ready
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert (await openai.readiness()).ready
    assert (await hear(openai)).text == SAID
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("MY_OWN_KEY", KEY)
    other = OpenAi(url=server.url, key_variable="MY_OWN_KEY")
    assert (await hear(other)).text == SAID


async def test_without_a_key_none_is_sent(openai: OpenAi, server: Endpoint) -> None:
    """Servers at home need none."""
    await hear(openai)
    assert "Authorization" not in server.headers[0]


@pytest.mark.parametrize(
    "answer",
    [
        (401, f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'.encode()),
        (403, KEY.encode()),
        (400, f'{{"error": {{"message": "bad request by {KEY}"}}}}'.encode()),
        (429, f'{{"error": "slow down, {KEY}"}}'.encode()),
        (500, f"<pre>Authorization: Bearer {KEY}</pre>".encode()),
        (200, f"key={KEY}".encode()),
        (302, KEY.encode()),
    ],
)
async def test_the_key_is_in_no_error_and_no_log(
    openai: OpenAi,
    server: Endpoint,
    answer: tuple[int, bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever the other side quotes, and all the way down the chain of causes."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server.answer = answer
    with pytest.raises((EngineUnavailable, WorkFailed)) as failure:
        await hear(openai)
    told = "".join(traceback.format_exception(failure.value))
    assert KEY not in told + caplog.text + repr(failure.value.__dict__)


async def test_a_key_that_is_none_is_not_quoted_either(
    openai: OpenAi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break in it, or Korean letters: the library's own error would show it."""
    for broken in ("sk-secret\r\nX-Other: 1", "열쇠-secret"):
        monkeypatch.setenv(KEY_VARIABLE, broken)
        with pytest.raises(EngineUnavailable, match=KEY_VARIABLE) as failure:
            await hear(openai)
        assert "secret" not in "".join(traceback.format_exception(failure.value))
        assert KEY_VARIABLE in (await openai.readiness()).why


async def test_a_password_in_the_url_is_used_and_not_shown(server: Endpoint) -> None:
    """The engine's name for its device goes into every report."""
    openai = OpenAi(url=server.url.replace("://", "://me:hush@"))
    await hear(openai)
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert "hush" not in repr(openai.info)


@pytest.mark.parametrize(
    ("status", "kind", "is_retryable"),
    [(429, "busy", True), (500, "refused", True), (503, "refused", True), (413, "refused", False)],
)
async def test_an_error_says_whether_to_try_again(
    openai: OpenAi, server: Endpoint, status: int, kind: str, is_retryable: bool
) -> None:
    """And quotes what the endpoint said of it."""
    server.answer = (status, b'{"error": {"message": "the GPU is on fire"}}')
    with pytest.raises(WorkFailed, match="the GPU is on fire") as failure:
        await hear(openai)
    assert (failure.value.kind, failure.value.retryable) == (kind, is_retryable)


async def test_a_model_that_the_endpoint_lacks_is_told(server: Endpoint) -> None:
    """With the settings that name it."""
    with pytest.raises(EngineUnavailable, match="whisper-99") as error:
        await hear(OpenAi(url=server.url, model="whisper-99"))
    assert "[transcriber] url and model" in error.value.mend


async def test_an_endless_answer_is_not_read(openai: OpenAi, server: Endpoint) -> None:
    """A minute of speech is a kilobyte."""
    server.answer = (200, b" " * 3_000_000)
    with pytest.raises(WorkFailed) as failure:
        await hear(openai)
    assert failure.value.kind == "connection"


async def test_an_endpoint_that_hangs_is_given_up(
    openai: OpenAi, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is told, and may try again."""
    monkeypatch.setattr(openai_module, "_ANSWER_SECONDS", 0.2)
    server.hangs.clear()
    with pytest.raises(WorkFailed) as failure:
        await hear(openai)
    assert (failure.value.kind, failure.value.retryable) == ("timeout", True)


async def test_who_leaves_closes_the_connection(openai: OpenAi, server: Endpoint) -> None:
    """All places are free at once, although the endpoint has not answered."""
    server.hangs.clear()
    async with anyio.create_task_group() as tasks:
        for _ in range(openai.places):
            tasks.start_soon(hear, openai)
        with anyio.fail_after(10):
            while len(server.headers) < openai.places:  # noqa: ASYNC110 - another thread's list
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    server.hangs.set()
    with anyio.fail_after(5):
        assert (await hear(openai)).text == SAID


async def test_nobody_at_the_url_is_told_with_the_mend() -> None:
    """Both by readiness and by the call."""
    openai = OpenAi(url="http://127.0.0.1:9")
    readiness = await openai.readiness()
    assert "http://127.0.0.1:9 does not answer" in readiness.why
    with pytest.raises(EngineUnavailable, match="Start the server"):
        await hear(openai)


async def test_without_a_url_it_says_what_to_set() -> None:
    """So `auto` passes it over."""
    readiness = await OpenAi().readiness()
    assert not readiness.ready
    assert "[transcriber] url" in readiness.mend
    with pytest.raises(EngineUnavailable, match="no endpoint is set"):
        await hear(OpenAi())
