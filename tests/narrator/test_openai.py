"""The openai narrator: against a real `supertonic serve`, and against what endpoints get wrong."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.engines import (
    NarrationTask,
    Narrator,
    Utterance,
    WorkFailed,
)
from storybook.stages.narrator.openai.engine import OpenAINarrator
from tests.narrator.conformance import NarratorConformance
from tests.narrator.endpoints import URL, answering, failure_of, speaking, tone, wav
from tests.narrator.served import supertonic_serve
from tests.narrator.sounds import SENTENCE, read, samples, spoken, task
from tests.narrator.tiny_supertonic import RATE, make_model

pytestmark = pytest.mark.anyio

PAGE = (SENTENCE, "안녕, 나랑 놀래?", "토끼가 물었어요.", "그래, 좋아!", "둘은 걸었어요.", "끝.")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Without noise: the server draws it from a state that nobody can seed over HTTP."""
    with supertonic_serve(make_model(tmp_path_factory.mktemp("served") / "m", noise=0)) as url:
        yield url


class TestOpenAI(NarratorConformance):
    """The openai narrator keeps what every narrator keeps."""

    @pytest.fixture
    def narrator(self, served: str) -> Narrator:
        return OpenAINarrator(url=served)


async def test_a_served_model_speaks_at_its_own_rate(served: str) -> None:
    """44.1 kHz, whether the URL has its /v1 or not."""
    for url in (served, f"{served}/v1/"):
        _, rate = samples(await read(OpenAINarrator(url=url), task(SENTENCE)))
        assert rate == RATE


async def test_a_model_that_is_not_served_is_said_for_good(served: str) -> None:
    """The server's own words, and the setting that mends it."""
    failure = await failure_of(OpenAINarrator(url=served, model="supertonic-2"))
    assert (failure.kind, failure.retryable) == ("unknown_model", False)
    assert "this server serves 'supertonic-3'" in failure.message
    assert "[narrator] model" in failure.message


async def test_what_a_code_blames_is_the_kind() -> None:
    """Also where the status alone would mean that the endpoint is not there."""
    for status, code, kind in (
        (404, "model_not_found", "unknown_model"),
        (400, "unknown_voice", "unknown_voice"),
        (400, "unsupported_lang", "unsupported_language"),
        (400, "", "refused"),
    ):
        told = {"error": {"message": "not here", "code": code}}
        failure = await failure_of(answering(httpx.Response(status, json=told)))
        assert (failure.kind, failure.retryable) == (kind, False)
        assert failure.message.endswith("not here. Set [narrator] model and voices to what it has")


async def test_it_is_named_by_endpoint_and_model() -> None:
    """The host is the device, unless it shares one with engines here."""
    info = OpenAINarrator(url="https://me:pass@api.example:8443/v1", model="tts-1").info
    assert (info.name, info.model, info.device) == ("openai", "tts-1", "api.example:8443")
    assert OpenAINarrator(url=URL, device="gpu0").info.device == "gpu0"


async def test_each_utterance_is_a_request_as_openai_has_it() -> None:
    """The field names of the protocol; numbers are words; the language goes along."""
    requests: list[dict[str, Any]] = []
    await read(answering(speaking(requests)), task("토끼는 3살이에요.", voice="F2", speed=1.2))
    assert requests == [
        {
            "model": "supertonic-3",
            "input": "토끼는 세 살이에요.",
            "voice": "F2",
            "response_format": "wav",
            "speed": 1.2,
            "lang": "ko",
        }
    ]


async def test_what_has_no_words_is_not_asked_for() -> None:
    """Nor paid for."""
    requests: list[dict[str, Any]] = []
    narration = await read(answering(speaking(requests)), task("😀", "…"))
    assert requests == []
    assert [it.end - it.start for it in narration.segments] == [0, 0]


async def test_voices_have_the_endpoints_names() -> None:
    """Those that are mapped; the others are sent as they are. Segments keep ours."""
    requests: list[dict[str, Any]] = []
    said = tuple(Utterance("안녕.", "", voice) for voice in ("M1", "F1", "grandma"))
    narrator = answering(speaking(requests), voices={"M1": "onyx", "grandma": "sage"})
    narration = await read(narrator, NarrationTask(said, "ko", 1.0, 0, seed=7))
    assert sorted(request["voice"] for request in requests) == ["F1", "onyx", "sage"]
    assert [segment.voice for segment in narration.segments] == ["M1", "F1", "grandma"]
    assert narration.made_from.voices == ("onyx", "F1", "sage")


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"message": "Unrecognized request argument supplied: lang"}}',
        '{"detail": [{"loc": ["body", "lang"], "msg": "Extra inputs are not permitted"}]}',
    ],
)
async def test_an_endpoint_that_takes_no_language_is_asked_without(text: str) -> None:
    """Once it has refused the field, it is not sent again."""
    fields: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        fields.append("lang" in json.loads(request.content))
        return httpx.Response(400, text=text) if fields[-1] else httpx.Response(200, content=wav())

    narrator = answering(answer)
    for _ in range(2):
        assert spoken(await read(narrator, task(SENTENCE))) == pytest.approx(0.5, abs=0.05)
    assert fields == [True, False, False]
    assert (await read(narrator, task(SENTENCE))).made_from.language == ""


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 48_000])
async def test_any_rate_is_kept(rate: int) -> None:
    """A narration has the rate that the endpoint speaks at."""
    narration = await read(answering(httpx.Response(200, content=wav(rate))), task(SENTENCE))
    _, own = samples(narration)
    assert own == rate
    assert spoken(narration) == pytest.approx(0.5, abs=0.05)


async def test_utterances_of_different_rates_get_the_highest() -> None:
    """Neither becomes longer or higher by it."""
    rates = iter([8_000, 24_000])
    answer = lambda request: httpx.Response(200, content=wav(next(rates)))  # noqa: E731  # short
    narration = await read(answering(answer), task("하나.", "둘."))
    sound, rate = samples(narration)
    assert rate == 24_000
    for segment in narration.segments:
        part = sound[round(segment.start * rate) : round(segment.end * rate)]
        assert part.size / rate == pytest.approx(0.5, abs=0.05)
        peak = np.argmax(np.abs(np.fft.rfft(part))) * rate / part.size
        assert peak == pytest.approx(200, abs=3)


async def test_stereo_becomes_mono() -> None:
    """Both channels are heard, also if one of them is silent."""
    content = wav(channels=2)
    sound, _ = samples(await read(answering(httpx.Response(200, content=content)), task("하나.")))
    assert sound.ndim == 1
    assert np.abs(sound).max() > 0.1


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
async def test_a_wav_that_was_streamed_is_read_to_its_end(length: int) -> None:
    """Its header was sent before the length was known."""
    content = bytearray(wav())
    at = content.index(b"data") + 4
    content[4:8] = content[at : at + 4] = struct.pack("<I", length)
    narration = await read(answering(httpx.Response(200, content=bytes(content))), task("하나."))
    assert spoken(narration) == pytest.approx(0.5, abs=0.05)


async def test_another_sound_format_is_read_too() -> None:
    """Some endpoints send what they have, whatever is asked for."""
    file = io.BytesIO()
    soundfile.write(file, tone(), 24_000, format="FLAC")
    answer = httpx.Response(200, content=file.getvalue())
    assert spoken(await read(answering(answer), task("하나."))) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"audio": ""}', b"RIFF\0\0\0\0WAVE"])
async def test_an_answer_that_is_no_sound_fails_for_good(content: bytes) -> None:
    """A proxy's page, for example."""
    failure = await failure_of(answering(httpx.Response(200, content=content)))
    assert (failure.kind, failure.retryable) == ("bad_answer", False)
    assert URL in failure.message


async def test_silence_without_end_is_no_reading() -> None:
    """A file without a single sample for a sentence may be a hiccup: it is tried again."""
    failure = await failure_of(answering(httpx.Response(200, content=wav(seconds=0))))
    assert (failure.kind, failure.retryable) == ("bad_answer", True)


async def test_the_first_refusal_ends_the_page() -> None:
    """The other sentences are not waited for, and the failure is the refusal's own."""

    async def hang_unless_last(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["input"] == "끝.":
            return httpx.Response(429)
        await anyio.sleep_forever()
        raise AssertionError

    narrator = OpenAINarrator(url=URL, transport=httpx.MockTransport(hang_unless_last))
    with anyio.fail_after(30), pytest.raises(WorkFailed) as failure:
        await read(narrator, task("하나.", "둘.", "끝."))
    assert failure.value.kind == "busy"


async def test_cancelling_leaves_no_request() -> None:
    """The endpoint sees the connections close."""
    ended = 0
    with anyio.fail_after(30), anyio.CancelScope() as scope:

        async def hang(request: httpx.Request) -> httpx.Response:
            nonlocal ended
            try:
                scope.cancel()
                await anyio.sleep_forever()
            finally:
                ended += 1
            raise AssertionError

        await read(OpenAINarrator(url=URL, transport=httpx.MockTransport(hang)), task("하나."))
    assert scope.cancelled_caught
    assert ended == 1


async def test_a_few_requests_are_under_way_at_once() -> None:
    """More than one, so that a far endpoint is not waited for each time, and not all."""
    inside, full = 0, anyio.Event()
    most = 0

    async def count(request: httpx.Request) -> httpx.Response:
        nonlocal inside, most
        inside += 1
        if inside == 4:
            await anyio.wait_all_tasks_blocked()  # whoever else could come would be here now
            full.set()
        await full.wait()
        most = max(most, inside)
        inside -= 1
        return httpx.Response(200, content=wav())

    with anyio.fail_after(30):
        await read(OpenAINarrator(url=URL, transport=httpx.MockTransport(count)), task(*PAGE))
    assert most == 4


def test_building_it_imports_nothing_heavy() -> None:
    """The command line's help must not wait for it."""
    program = (
        "import sys; "
        "from storybook.stages.narrator.openai.engine import OpenAINarrator as Narrator; "
        "Narrator(url='').info;"
        "sys.exit(bool({'numpy', 'soundfile', 'httpx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
