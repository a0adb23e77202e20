"""What the openai engines share: the way to an endpoint, its faults, and what must stay secret."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

import anyio
import httpx
import pytest

from storybook.book import Role
from storybook.engines import EngineAway, EngineUnavailable, Readiness, WorkFailed
from storybook.stages.endpoint import KEY_VARIABLE, Endpoint
from storybook.stages.openai_api.refusals import Refusal

pytestmark = pytest.mark.anyio

URL: Final = "http://speech.example"
KEY: Final = "sk-very-secret-0123456789"

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def endpoint_at(url: str, answer: Answer | None = None, **options: Any) -> Endpoint:
    """An endpoint in the place of a narrator's; with `answer` it is no real one."""
    usual: dict[str, Any] = {"key_variable": KEY_VARIABLE, "example": "http://127.0.0.1:7788"}
    usual |= {"silence_seconds": 5.0, "most_bytes": 1 << 20}
    transport = httpx.MockTransport(answer) if answer else None
    return Endpoint(Role.NARRATOR, url=url, transport=transport, **(usual | options))


def answering(answer: Answer | httpx.Response, **options: Any) -> Endpoint:
    """An endpoint that answers so."""
    return endpoint_at(URL, answer if callable(answer) else lambda request: answer, **options)


async def ask(endpoint: Endpoint) -> bytes:
    """As an engine does."""
    try:
        async with endpoint.open() as client:
            answer = await endpoint.ask(client, "POST", "/audio/speech", json={})
            return answer.content
    except Refusal as refusal:
        raise endpoint.failure(refusal, model="tts-1", mend="Set a voice") from None


async def failure_of(endpoint: Endpoint) -> tuple[str, bool, str]:
    """Its kind, whether to try again, and all that is told of it."""
    with pytest.raises((EngineUnavailable, WorkFailed)) as raised:
        await ask(endpoint)
    failure = raised.value
    told = f"{failure}\n{failure.__dict__} {failure.__cause__!r}"
    if isinstance(failure, WorkFailed):
        return failure.kind, failure.retryable, told
    return "away" if isinstance(failure, EngineAway) else "unavailable", False, told


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://h:1", "http://h:1/v1/audio/speech"),
        (" http://h:1/ ", "http://h:1/v1/audio/speech"),
        ("http://h:1/v1", "http://h:1/v1/audio/speech"),
        ("http://h:1/v1/?k=v", "http://h:1/v1/audio/speech?k=v"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai/audio/speech"),
        ("http://me:p%40ss@h:1", "http://h:1/v1/audio/speech"),
    ],
)
async def test_the_url_may_end_as_others_write_it(url: str, asked: str) -> None:
    """With or without the version; a path of its own is kept, and a query goes along."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200)

    await ask(endpoint_at(url, answer))
    assert seen == [asked]


@pytest.mark.parametrize(
    "url",
    ["", "speech.example", "ftp://speech.example", "http://", "http://h:port", "me:hush@speech"],
)
async def test_a_url_that_cannot_be_asked_is_said_with_its_mend(url: str) -> None:
    """Nothing is sent anywhere."""
    readiness = await endpoint_at(url).readiness()
    assert not readiness.ready
    assert "[narrator] url" in readiness.mend
    assert "hush" not in readiness.why
    with pytest.raises(EngineUnavailable, match=r"such as http://127\.0\.0\.1:7788"):
        await ask(endpoint_at(url))


async def test_an_endpoint_that_is_not_there_is_not_ready() -> None:
    """Nothing listens on a port that has just been closed; the call says the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    readiness = await endpoint_at(url).readiness()
    assert not readiness.ready
    assert f"{url} does not answer" in readiness.why
    kind, _, told = await failure_of(endpoint_at(url))
    assert kind == "away"
    assert readiness.mend in told
    assert readiness.mend == "Start the server there, or set [narrator] url"


async def test_a_server_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reached, without the proxy that the environment has for the world outside."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        kind, _, told = await failure_of(endpoint_at(url, first_answer_seconds=0.05))
    assert kind == "away"
    assert "within 0.05 s" in told and "set [narrator] first_answer_seconds" in told


async def test_silence_in_the_midst_of_an_answer_has_a_limit_of_its_own() -> None:
    """A model may be loaded for minutes before the first byte, and no longer between two."""

    async def falls_silent() -> Any:
        yield b"one"
        await anyio.sleep_forever()

    endpoint = answering(
        lambda request: httpx.Response(200, content=falls_silent()),
        first_answer_seconds=60,
        silence_seconds=0.05,
    )
    kind, is_retryable, told = await failure_of(endpoint)
    assert (kind, is_retryable) == ("timeout", True)
    assert "0.05 s in the midst" in told and "set [narrator] silence_seconds" in told


async def test_an_endpoint_that_takes_its_time_is_waited_for() -> None:
    """The limit between bytes is none for the first one."""

    async def thinks(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.1)
        return httpx.Response(200, content=b"done")

    transport = httpx.MockTransport(thinks)
    endpoint = Endpoint(
        Role.NARRATOR,
        url=URL,
        key_variable=KEY_VARIABLE,
        example="",
        first_answer_seconds=60,
        silence_seconds=0.05,
        most_bytes=99,
        transport=transport,
    )
    assert await ask(endpoint) == b"done"


@pytest.mark.parametrize(
    ("status", "ready", "told"),
    [
        (200, True, ""),
        (404, True, ""),
        (401, False, "OPENAI_API_KEY"),
        (403, False, "OPENAI_API_KEY"),
        (301, False, "[narrator] url"),
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


async def test_a_server_that_lists_no_models_is_told() -> None:
    """Where the first one would be taken, one must be named."""
    with pytest.raises(EngineUnavailable, match=r"\[narrator\] model"):
        await answering(httpx.Response(200, text="<html>")).models()


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "mend"),
    [
        (307, "unavailable", False, "Set [narrator] url"),
        (400, "refused", False, "Set a voice"),
        (401, "unavailable", False, "Set the environment variable OPENAI_API_KEY"),
        (403, "unavailable", False, "Set the environment variable OPENAI_API_KEY"),
        (404, "unavailable", False, "Set [narrator] url and model"),
        (413, "refused", False, "Set a voice"),
        (422, "refused", False, "Set a voice"),
        (408, "timeout", True, ""),
        (500, "endpoint_failed", True, ""),
        (429, "away", False, "Look into its log"),
        (502, "away", False, "Look into its log"),
        (503, "away", False, "Look into its log"),
        (504, "away", False, "Look into its log"),
    ],
)
async def test_a_refusal_says_whether_trying_again_helps(
    status: int, kind: str, retryable: bool, mend: str
) -> None:
    """And if not, what to do. What the endpoint says is passed on, on one line, but not of keys."""
    found = await failure_of(answering(httpx.Response(status, text="out of\norder")))
    assert found[:2] == (kind, retryable)
    assert f"{URL} answers {status}" in found[2]
    assert f". {mend}" in found[2] if mend else "Set " not in found[2]
    assert ("out of order" in found[2]) == (status not in (401, 403))
    assert ("for the model 'tts-1'" in found[2]) == (status == 404)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "on fire", "code": "x"}},
        {"error": "on fire"},
        {"message": "on fire"},
        {"detail": "on fire"},
    ],
)
async def test_an_explanation_is_found_in_every_usual_shape(body: dict[str, Any]) -> None:
    """OpenAI's, Ollama's, FastAPI's; nothing of the JSON around it is left."""
    *_, told = await failure_of(answering(httpx.Response(500, json=body)))
    assert f"{URL} answers 500: on fire\n" in told


async def test_a_redirect_is_not_followed() -> None:
    """The key goes to nobody else."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "http://elsewhere.example/"})

    await failure_of(answering(answer))
    assert asked == [f"{URL}/v1/audio/speech"]


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
    ],
)
async def test_who_says_nothing_is_away(error: type[httpx.TransportError]) -> None:
    """A port that is closed, and one that something holds for a server that is not up yet."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no")

    kind, _, told = await failure_of(answering(fail))
    assert kind == "away"
    assert f"{URL} does not answer ({error.__name__})" in told


@pytest.mark.parametrize("error", [httpx.ReadError, httpx.RemoteProtocolError])
async def test_an_answer_that_breaks_off_is_tried_again(error: type[httpx.TransportError]) -> None:
    """Somebody was there, and had begun."""

    async def breaks() -> Any:
        yield b"one"
        raise error("no")

    found = await failure_of(answering(lambda request: httpx.Response(200, content=breaks())))
    assert found[:2] == ("connection", True)
    assert URL in found[2]


@pytest.mark.parametrize(("status", "kind"), [(200, "bad_answer"), (500, "endpoint_failed")])
async def test_an_answer_without_end_is_not_kept_in_memory(status: int, kind: str) -> None:
    """Reading stops at the limit; an error's text has its own."""
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    found = await failure_of(answering(lambda request: httpx.Response(status, content=endless())))
    assert found[:2] == (kind, status != 200)
    assert sent < 2 << 20


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500])
async def test_the_key_is_sent_and_told_to_nobody(
    status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in an error that quotes it, not down the chain of causes, not in the log."""
    monkeypatch.setenv(KEY_VARIABLE, f" {KEY}\n")
    caplog.set_level(logging.DEBUG)
    sent: list[str] = []

    def quote(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"])
        return httpx.Response(status, text=json.dumps({"error": {"message": f"{KEY} is bad"}}))

    endpoint = answering(quote)
    *_, told = await failure_of(endpoint)
    assert KEY not in told + caplog.text + repr(await endpoint.readiness())
    assert set(sent) == {f"Bearer {KEY}"}


async def test_the_key_is_read_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the variable that is named; without a key none is sent, as servers at home need none."""
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization", ""))
        return httpx.Response(200)

    monkeypatch.setenv(KEY_VARIABLE, "another")
    endpoint = answering(look, key_variable="NARRATOR_KEY")
    await ask(endpoint)
    monkeypatch.setenv("NARRATOR_KEY", KEY)
    assert await endpoint.readiness() == Readiness(True)
    assert seen == ["", f"Bearer {KEY}"]


@pytest.mark.parametrize("broken", ["sk-secret\r\nX-Other: 1", "열쇠-secret"])
async def test_a_key_that_is_none_is_not_quoted_either(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break in it, or Korean letters: the library's own error would show it."""
    monkeypatch.setenv(KEY_VARIABLE, broken)
    endpoint = answering(httpx.Response(200))
    kind, _, told = await failure_of(endpoint)
    assert kind == "unavailable"
    assert "secret" not in told
    assert KEY_VARIABLE in (await endpoint.readiness()).why


async def test_a_password_in_the_url_is_sent_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Some put their endpoint behind one. It goes instead of the key."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    caplog.set_level(logging.DEBUG)
    sent: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"])
        return httpx.Response(401)

    endpoint = endpoint_at("http://me:hu%40sh@speech.example:8443/v1", refuse)
    *_, told = await failure_of(endpoint)
    assert "Set the user and password in [narrator] url" in told
    assert sent == ["Basic bWU6aHVAc2g="]  # me:hu@sh
    assert endpoint.host == "speech.example:8443"
    told += f"{endpoint.base} {caplog.text} {await endpoint.readiness()}"
    assert "hu@sh" not in told and "hu%40sh" not in told


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}, "", 0.0),
        ({"Retry-After": "Fri, 31 Dec 2100 00:00:00 GMT"}, "", 3_600.0),
        ({"Retry-After-Ms": "1500"}, "", 1.5),
        ({}, "Rate limit reached. Please try again in 1m3.5s.", 63.5),
        ({}, "Too many requests, retry after 7 seconds", 7.0),
        ({}, "Try again in 2 minutes", 120.0),
        ({"Retry-After": "soon"}, "", None),
        ({}, "", None),
    ],
)
async def test_an_endpoint_says_when_it_is_to_be_asked_again(
    header: dict[str, str], body: str, seconds: float | None
) -> None:
    """In seconds, as a date, or in words."""
    with pytest.raises(EngineAway) as away:
        await ask(answering(httpx.Response(429, headers=header, text=body)))
    assert away.value.retry_after == seconds


async def test_a_redirect_says_where_to() -> None:
    """As a URL that can be set, without what might be secret in it."""
    place = "https://me:hush@ai.example/proxy/v1/audio/speech?token=hush"
    *_, told = await failure_of(answering(httpx.Response(301, headers={"Location": place})))
    assert "Set [narrator] url to https://ai.example/proxy/v1" in told
    assert "hush" not in told


async def test_a_model_that_is_not_there_is_told_with_those_that_are() -> None:
    """As many as a message holds."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"data": [{"id": f"m{it}"} for it in range(20)]})
        return httpx.Response(404, json={"error": {"message": "model 'x' not found"}})

    endpoint = answering(answer)
    async with endpoint.open() as client:
        with pytest.raises(Refusal) as refusal:
            await endpoint.ask(client, "POST", "/audio/speech", json={})
    told = str(await endpoint.explained(refusal.value, model="x"))
    assert "model 'x' not found; it lists m0, m1" in told
    assert "m11 and 8 more. Set [narrator] url and model" in told
