"""What the openai engines share: the way to an endpoint, its faults, and what must stay secret."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from storybook.book import Role
from storybook.stages.endpoint import KEY_VARIABLE, Endpoint, Refusal
from storybook.stages.engines import EngineUnavailable, Readiness, WorkFailed

pytestmark = pytest.mark.anyio

URL: Final = "http://speech.example"
KEY: Final = "sk-very-secret-0123456789"

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def endpoint_at(url: str, answer: Answer | None = None, **options: Any) -> Endpoint:
    """An endpoint in the place of a narrator's; with `answer` it is no real one."""
    usual = {
        "key_variable": KEY_VARIABLE,
        "example": "http://127.0.0.1:7788 with `supertonic serve` there",
        "silence_seconds": 5.0,
        "most_bytes": 1 << 20,
        "transport": httpx.MockTransport(answer) if answer else None,
    }
    return Endpoint(Role.NARRATOR, url=url, **(usual | options))


def answering(answer: Answer | httpx.Response, **options: Any) -> Endpoint:
    """An endpoint that answers so."""
    given = answer if callable(answer) else lambda request: answer
    return endpoint_at(URL, given, **options)


async def ask(endpoint: Endpoint) -> bytes:
    """As an engine does."""
    try:
        async with endpoint.open() as client:
            return await endpoint.ask(client, "POST", "/audio/speech", json={})
    except Refusal as refusal:
        raise endpoint.failure(refusal, model="tts-1") from None


async def failure_of(endpoint: Endpoint) -> WorkFailed:
    with pytest.raises(WorkFailed) as failure:
        await ask(endpoint)
    return failure.value


async def mend_of(endpoint: Endpoint) -> str:
    with pytest.raises(EngineUnavailable) as failure:
        await ask(endpoint)
    return failure.value.mend


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://h:1", "http://h:1/v1/audio/speech"),
        (" http://h:1/ ", "http://h:1/v1/audio/speech"),
        ("http://h:1/v1", "http://h:1/v1/audio/speech"),
        ("http://h:1/v1/?k=v", "http://h:1/v1/audio/speech"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai/audio/speech"),
        ("http://me:p%40ss@h:1", "http://h:1/v1/audio/speech"),
    ],
)
async def test_the_url_may_end_as_others_write_it(url: str, asked: str) -> None:
    """With or without the version; a path of its own is kept."""
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
    with pytest.raises(EngineUnavailable, match="supertonic serve"):
        await ask(endpoint_at(url))


async def test_an_endpoint_that_is_not_there_is_not_ready() -> None:
    """Nothing listens on a port that has just been closed; the call says the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint = endpoint_at(f"http://127.0.0.1:{port}")
    readiness = await endpoint.readiness()
    assert not readiness.ready
    assert f"http://127.0.0.1:{port} does not answer" in readiness.why
    assert "Start the server" in readiness.mend
    assert "[narrator] url" in readiness.mend
    assert await mend_of(endpoint) == readiness.mend


async def test_a_server_that_is_silent_is_given_up() -> None:
    """It takes the connection, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        failure = await failure_of(endpoint_at(url, silence_seconds=0.05))
    assert (failure.kind, failure.retryable) == ("timeout", True)


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


async def test_a_server_that_lists_no_models_is_told() -> None:
    """Where the first one would be taken, one must be named."""
    with pytest.raises(EngineUnavailable, match=r"\[narrator\] model"):
        await answering(httpx.Response(200, text="<html>")).models()


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "mend"),
    [
        (307, "refused", False, "[narrator] url"),
        (400, "refused", False, "set a voice"),
        (413, "refused", False, "set a voice"),
        (422, "refused", False, "set a voice"),
        (408, "timeout", True, ""),
        (429, "busy", True, ""),
        (503, "busy", True, ""),
        (500, "endpoint_failed", True, ""),
        (502, "endpoint_failed", True, ""),
    ],
)
async def test_a_refusal_says_whether_trying_again_helps(
    status: int, kind: str, retryable: bool, mend: str
) -> None:
    """And if not, what to do. What the endpoint says of itself is passed on, on one line."""
    endpoint = answering(httpx.Response(status, text="out of\norder"))
    async with endpoint.open() as client:
        with pytest.raises(Refusal) as refusal:
            await endpoint.ask(client, "POST", "/audio/speech")
    failure = endpoint.failure(refusal.value, mend="set a voice")
    assert isinstance(failure, WorkFailed)
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert f"{URL} answers {status}: out of order" in failure.message
    assert mend in failure.message
    assert ("set a voice" in failure.message) == (mend == "set a voice")


@pytest.mark.parametrize(
    ("status", "mend"),
    [(401, KEY_VARIABLE), (403, KEY_VARIABLE), (404, "[narrator] url and model")],
)
async def test_what_the_operator_mends_makes_it_unavailable(status: int, mend: str) -> None:
    """Trying again would not help, nor would another order."""
    assert mend in await mend_of(answering(httpx.Response(status)))


async def test_a_model_that_is_not_there_is_named() -> None:
    """Whatever the endpoint says of it."""
    with pytest.raises(EngineUnavailable, match="'tts-1': no such model"):
        await ask(answering(httpx.Response(404, json={"error": {"message": "no such model"}})))


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
    failure = await failure_of(answering(httpx.Response(500, json=body)))
    assert failure.message == f"{URL} answers 500: on fire"


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
        (httpx.WriteTimeout, "timeout"),
        (httpx.ReadError, "connection"),
        (httpx.RemoteProtocolError, "connection"),
    ],
)
async def test_a_connection_that_fails_is_tried_again(
    error: type[httpx.TransportError], kind: str
) -> None:
    """The line may be down for a moment."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no")

    failure = await failure_of(answering(fail))
    assert (failure.kind, failure.retryable) == (kind, True)
    assert URL in failure.message


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout])
async def test_who_cannot_connect_is_told_what_to_start(error: type[httpx.TransportError]) -> None:
    """Refused or unanswered, nobody is there."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no")

    assert "Start the server" in await mend_of(answering(fail))


@pytest.mark.parametrize(("status", "kind"), [(200, "bad_answer"), (500, "endpoint_failed")])
async def test_an_answer_without_end_is_not_kept_in_memory(status: int, kind: str) -> None:
    """Reading stops at the limit; an error's text has its own."""
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    failure = await failure_of(answering(lambda request: httpx.Response(status, content=endless())))
    assert (failure.kind, failure.retryable) == (kind, status != 200)
    assert sent < 2 << 20
    assert len(failure.message) < 500


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
    with pytest.raises((EngineUnavailable, WorkFailed)) as failure:
        await ask(endpoint)
    told = "".join(traceback.format_exception(failure.value)) + repr(failure.value.__dict__)
    assert KEY not in told + caplog.text + repr(await endpoint.readiness())
    assert ("is bad" in told) == (status not in (401, 403))
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
    with pytest.raises(EngineUnavailable, match=KEY_VARIABLE) as failure:
        await ask(endpoint)
    assert "secret" not in "".join(traceback.format_exception(failure.value))
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
    with pytest.raises(EngineUnavailable, match=r"user and password in \[narrator\] url") as error:
        await ask(endpoint)
    assert sent == ["Basic bWU6aHVAc2g="]  # me:hu@sh
    assert endpoint.host == "speech.example:8443"
    told = f"{error.value} {endpoint.base} {caplog.text} {await endpoint.readiness()}"
    assert "hu@sh" not in told and "hu%40sh" not in told


async def test_a_server_on_this_machine_is_not_asked_for_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy of the environment is for the world outside; here it would not even answer."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = endpoint_at(f"http://127.0.0.1:{listener.getsockname()[1]}", silence_seconds=0.05)
        assert (await failure_of(endpoint)).kind == "timeout"  # it was reached, and says nothing
