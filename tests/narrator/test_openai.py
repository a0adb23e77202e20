"""The openai narrator: against a real `supertonic serve`, and against what endpoints get wrong."""

from __future__ import annotations

import base64
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

from storybook.engines import (
    EngineAway,
    NarrationTask,
    Narrator,
    Utterance,
    WorkFailed,
)
from storybook.stages.narrator.openai.engine import OpenAINarrator
from tests.narrator.conformance import NarratorConformance
from tests.narrator.served import supertonic_serve
from tests.narrator.sounds import SENTENCE, read, samples, spoken, task
from tests.narrator.tiny_supertonic import RATE, make_model
from tests.openai_api.double import Asked, Double, Reply, Rule, as_reply, serving, sound, speech

pytestmark = pytest.mark.anyio

URL = "http://speech.example"
PAGE = (SENTENCE, "안녕, 나랑 놀래?", "토끼가 물었어요.", "그래, 좋아!", "둘은 걸었어요.", "끝.")


@pytest.fixture
def server() -> Iterator[Double]:
    """A double that speaks."""
    with serving() as running:
        yield running


def answering(server: Double, rule: Rule, **options: Any) -> OpenAINarrator:
    """A narrator whose endpoint answers so."""
    server.rules = [rule]
    return OpenAINarrator(url=server.url, **options)


def sending(content: bytes) -> Rule:
    """Answers each sentence with this file."""
    return speech(Reply(pieces=[content] if content else []))


async def failure_of(narrator: OpenAINarrator) -> WorkFailed:
    with pytest.raises(WorkFailed) as failure:
        await read(narrator, task(SENTENCE))
    return failure.value


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


@pytest.mark.slow
async def test_what_a_code_blames_is_the_kind(server: Double) -> None:
    """Also where the status alone would mean that the endpoint is not there."""
    for status, code, kind in (
        (404, "model_not_found", "unknown_model"),
        (400, "unknown_voice", "unknown_voice"),
        (400, "unsupported_lang", "unsupported_language"),
        (400, "", "refused"),
    ):
        told = {"error": {"message": "not here", "code": code}}
        failure = await failure_of(answering(server, speech(as_reply(told, status))))
        assert (failure.kind, failure.retryable) == (kind, False)
        assert failure.message.endswith("not here. Set [narrator] model and voices to what it has")


async def test_it_is_named_by_endpoint_and_model() -> None:
    """The host is the device, unless it shares one with engines here."""
    info = OpenAINarrator(url="https://me:pass@api.example:8443/v1", model="tts-1").info
    assert (info.name, info.model, info.device) == ("openai", "tts-1", "api.example:8443")
    assert OpenAINarrator(url=URL, device="gpu0").info.device == "gpu0"


async def test_each_utterance_is_a_request_as_openai_has_it(server: Double) -> None:
    """The field names of the protocol; numbers are words; the language goes along."""
    told = task("토끼는 3살이에요.", voice="F2", speed=1.2)
    await read(OpenAINarrator(url=server.url), told)
    assert server.asked == [
        {
            "model": "supertonic-3",
            "input": "토끼는 세 살이에요.",
            "voice": "F2",
            "response_format": "wav",
            "speed": 1.2,
            "lang": "ko",
        }
    ]


async def test_what_has_no_words_is_not_asked_for(server: Double) -> None:
    """Nor paid for."""
    narration = await read(OpenAINarrator(url=server.url), task("😀", "…"))
    assert server.asked == []
    assert [it.end - it.start for it in narration.segments] == [0, 0]


async def test_voices_have_the_endpoints_names(server: Double) -> None:
    """Those that are mapped; the others are sent as they are. Segments keep ours."""
    said = tuple(Utterance("안녕.", "", voice) for voice in ("M1", "F1", "grandma"))
    narrator = OpenAINarrator(url=server.url, voices={"M1": "onyx", "grandma": "sage"})
    narration = await read(narrator, NarrationTask(said, "ko", 1.0, 0, seed=7))
    assert sorted(request["voice"] for request in server.asked) == ["F1", "onyx", "sage"]
    assert [segment.voice for segment in narration.segments] == ["M1", "F1", "grandma"]
    assert narration.made_from.voices == ("onyx", "F1", "sage")


@pytest.mark.parametrize(
    "told",
    [
        {"error": {"message": "Unrecognized request argument supplied: lang"}},
        {"detail": [{"loc": ["body", "lang"], "msg": "Extra inputs are not permitted"}]},
    ],
)
async def test_an_endpoint_that_takes_no_language_is_asked_without(
    told: dict[str, Any], server: Double
) -> None:
    """Once it has refused the field, it is not sent again."""

    def no_language(asked: Asked) -> Reply | None:
        return as_reply(told, 400) if "lang" in asked.body else None

    narrator = answering(server, no_language)
    for _ in range(2):
        assert spoken(await read(narrator, task(SENTENCE))) == pytest.approx(0.5, abs=0.05)
    assert ["lang" in asked for asked in server.asked] == [True, False, False]
    assert (await read(narrator, task(SENTENCE))).made_from.language == ""
    assert (await narrator.readiness()).notes == ("lang is not sent",)


async def test_a_reading_cannot_be_made_the_same_again(server: Double) -> None:
    """The protocol has no seed, and what was made says so."""
    narration = await read(OpenAINarrator(url=server.url), task(SENTENCE))
    assert narration.made_from.unrepeatable == "the protocol has no seed"


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 48_000])
async def test_any_rate_is_kept(rate: int, server: Double) -> None:
    """A narration has the rate that the endpoint speaks at."""
    narration = await read(answering(server, sending(sound(rate=rate))), task(SENTENCE))
    _, own = samples(narration)
    assert own == rate
    assert spoken(narration) == pytest.approx(0.5, abs=0.05)


async def test_utterances_of_different_rates_get_the_highest(server: Double) -> None:
    """Neither becomes longer or higher by it."""
    rates = iter([8_000, 24_000])
    rule: Rule = lambda asked: Reply(pieces=[sound(rate=next(rates))])  # noqa: E731  # short
    narration = await read(answering(server, rule), task("하나.", "둘."))
    heard, rate = samples(narration)
    assert rate == 24_000
    for segment in narration.segments:
        part = heard[round(segment.start * rate) : round(segment.end * rate)]
        assert part.size / rate == pytest.approx(0.5, abs=0.05)
        peak = np.argmax(np.abs(np.fft.rfft(part))) * rate / part.size
        assert peak == pytest.approx(200, abs=3)


async def test_stereo_becomes_mono(server: Double) -> None:
    """Both channels are heard, also if one of them is silent."""
    narrator = answering(server, sending(sound(channels=2)))
    heard, _ = samples(await read(narrator, task("하나.")))
    assert heard.ndim == 1
    assert np.abs(heard).max() > 0.1


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
async def test_a_wav_that_was_streamed_is_read_to_its_end(length: int, server: Double) -> None:
    """Its header was sent before the length was known."""
    content = bytearray(sound())
    at = content.index(b"data") + 4
    content[4:8] = content[at : at + 4] = struct.pack("<I", length)
    narration = await read(answering(server, sending(bytes(content))), task("하나."))
    assert spoken(narration) == pytest.approx(0.5, abs=0.05)


async def test_a_file_within_json_is_read_too(server: Double) -> None:
    """Some endpoints answer so."""
    told = {"audio": "data:audio/wav;base64," + base64.b64encode(sound()).decode()}
    narrator = answering(server, speech(as_reply(told)))
    assert spoken(await read(narrator, task("하나."))) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"audio": ""}', b"RIFF\0\0\0\0WAVE"])
async def test_an_answer_that_is_no_sound_fails_for_good(content: bytes, server: Double) -> None:
    """A proxy's page, for example."""
    failure = await failure_of(answering(server, sending(content)))
    assert (failure.kind, failure.retryable) == ("bad_answer", False)
    assert server.url in failure.message


async def test_silence_without_end_is_no_reading(server: Double) -> None:
    """A file without a single sample for a sentence may be a hiccup: it is tried again."""
    failure = await failure_of(answering(server, sending(sound(seconds=0))))
    assert (failure.kind, failure.retryable) == ("bad_answer", True)


async def test_the_first_refusal_ends_the_page() -> None:
    """The other sentences are not waited for, and the failure is the refusal's own."""

    async def hang_unless_last(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["input"] == "끝.":
            return httpx.Response(429)
        await anyio.sleep_forever()
        raise AssertionError

    narrator = OpenAINarrator(url=URL, transport=httpx.MockTransport(hang_unless_last))
    with anyio.fail_after(30), pytest.raises(EngineAway, match="429"):
        await read(narrator, task("하나.", "둘.", "끝."))


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
        return httpx.Response(200, content=sound())

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
