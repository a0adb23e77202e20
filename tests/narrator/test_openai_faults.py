"""What goes wrong with an endpoint: what it refuses, what it answers, and what must stay secret."""

from __future__ import annotations

import json
import logging
import socket
from typing import Any

import anyio
import httpx
import pytest

from storybook.stages.engines import EngineUnavailable, Readiness, WorkFailed
from storybook.stages.narrator import endpoint
from storybook.stages.narrator.openai import OpenAi
from tests.narrator.endpoints import URL, answering, failure_of, wav
from tests.narrator.sounds import SENTENCE, order, read

pytestmark = pytest.mark.anyio

KEY = "sk-very-secret-0123456789"


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


async def test_an_answer_without_end_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit."""
    monkeypatch.setattr(endpoint, "_MOST_ANSWER_BYTES", 1 << 20)
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    failure = await failure_of(answering(lambda request: httpx.Response(200, content=endless())))
    assert not failure.retryable
    assert sent < 2 << 20


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "mend"),
    [
        (400, "refused", False, "[narrator] model and voices"),
        (401, "key_refused", False, "OPENAI_API_KEY"),
        (403, "key_refused", False, "OPENAI_API_KEY"),
        (404, "not_found", False, "[narrator] url and model"),
        (422, "refused", False, "[narrator] model and voices"),
        (307, "refused", False, "[narrator] url"),
        (408, "timeout", True, ""),
        (429, "busy", True, ""),
        (500, "endpoint_failed", True, ""),
        (503, "endpoint_failed", True, ""),
    ],
)
async def test_a_refusal_says_whether_trying_again_helps(
    status: int, kind: str, retryable: bool, mend: str
) -> None:
    """And if not, what to do."""
    failure = await failure_of(answering(httpx.Response(status, text="out of order")))
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert str(status) in failure.message
    assert mend in failure.message
    assert ("out of order" in failure.message) == (status not in (401, 403))


async def test_a_redirect_is_not_followed() -> None:
    """The key goes to nobody else."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "http://elsewhere.example/"})

    await failure_of(answering(answer))
    assert asked == [f"{URL}/v1/audio/speech"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout, "timeout"),
        (httpx.ConnectTimeout, "timeout"),
        (httpx.ConnectError, "connection"),
        (httpx.ReadError, "connection"),
        (httpx.RemoteProtocolError, "connection"),
    ],
)
async def test_a_connection_that_fails_is_tried_again(
    error: type[httpx.TransportError], kind: str
) -> None:
    """The server may be starting, or the line be down for a moment."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no")

    failure = await failure_of(answering(fail))
    assert (failure.kind, failure.retryable) == (kind, True)
    assert URL in failure.message


async def test_the_first_refusal_ends_the_page() -> None:
    """The other sentences are not waited for, and the failure is the refusal's own."""

    async def hang_unless_last(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["input"] == "끝.":
            return httpx.Response(429)
        await anyio.sleep_forever()
        raise AssertionError

    narrator = OpenAi(URL, transport=httpx.MockTransport(hang_unless_last))
    with anyio.fail_after(5), pytest.raises(WorkFailed) as failure:
        await read(narrator, order("하나.", "둘.", "끝."))
    assert failure.value.kind == "busy"


async def test_the_key_is_sent_and_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in an error that quotes it, not in the log, not in the engine's name."""
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    caplog.set_level(logging.DEBUG)
    sent, told = [], []
    for status in (400, 401, 429, 500):

        def quote(request: httpx.Request, status: int = status) -> httpx.Response:
            sent.append(request.headers["Authorization"])
            text = json.dumps({"error": {"message": f"{sent[-1]} is bad"}})
            return httpx.Response(status, text=text)

        narrator = answering(quote)
        failure = await failure_of(narrator)
        told += [failure.message, repr(failure), repr(failure.__cause__)]
        told += [repr(narrator.info), repr(await narrator.readiness())]
    assert set(sent) == {f"Bearer {KEY}"}
    assert KEY not in "\n".join([*told, caplog.text])


async def test_another_variable_can_hold_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two endpoints may need two keys."""
    monkeypatch.setenv("NARRATOR_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    narrator = answering(
        lambda request: httpx.Response(200 if KEY in request.headers["Authorization"] else 401),
        key_variable="NARRATOR_KEY",
    )
    assert await narrator.readiness() == Readiness(True)


async def test_a_key_that_cannot_be_sent_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the HTTP library would quote it."""
    monkeypatch.setenv("OPENAI_API_KEY", "비밀\nsecret")
    seen: list[bool] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append("Authorization" in request.headers)
        return httpx.Response(401)

    failure = await failure_of(answering(look))
    assert seen == [False]
    assert "OPENAI_API_KEY" in failure.message


async def test_a_password_in_the_url_is_sent_and_not_shown() -> None:
    """Some put their endpoint behind one."""
    sent: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("Authorization", ""))
        return httpx.Response(500)

    transport = httpx.MockTransport(refuse)
    narrator = OpenAi("http://me:pass@speech.example", transport=transport)
    failure = await failure_of(narrator)
    assert sent[0].startswith("Basic ")
    assert "pass" not in failure.message + narrator.info.device


@pytest.mark.parametrize(
    "url", ["", "speech.example", "ftp://speech.example", "http://", "http://h:port"]
)
async def test_a_url_that_cannot_be_asked_is_said_with_its_mend(url: str) -> None:
    """Nothing is sent anywhere."""
    readiness = await OpenAi(url).readiness()
    assert not readiness.ready
    assert "[narrator] url" in readiness.mend
    with pytest.raises(EngineUnavailable, match="supertonic serve"):
        await read(OpenAi(url), order(SENTENCE))


async def test_an_endpoint_that_is_not_there_is_not_ready() -> None:
    """Nothing listens on a port that has just been closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    narrator = OpenAi(f"http://127.0.0.1:{port}")
    readiness = await narrator.readiness()
    assert not readiness.ready
    assert "does not answer" in readiness.why
    assert "Start the server" in readiness.mend
    assert (await failure_of(narrator)).retryable


@pytest.mark.parametrize(
    ("status", "ready", "told"),
    [
        (200, True, ""),
        (404, True, ""),
        (401, False, "OPENAI_API_KEY"),
        (403, False, "OPENAI_API_KEY"),
        (503, False, "may still be starting"),
    ],
)
async def test_readiness_is_a_glance(status: int, ready: bool, told: str) -> None:
    """An endpoint that lists no models is ready all the same; one that refuses us is not."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(status)

    readiness = await answering(answer).readiness()
    assert readiness.ready is ready
    assert told in readiness.mend
    assert asked == ["GET /v1/models"]
