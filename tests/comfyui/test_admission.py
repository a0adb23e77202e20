"""A ComfyUI that asks who is there, as behind a proxy: over HTTP, websocket and TLS."""

from __future__ import annotations

import base64
import json
import logging
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.abc
import msgspec
import pytest

from storybook.engines import EngineUnavailable, WorkFailed
from storybook.events.catalog import Submission
from storybook.run import Status
from storybook.stages.illustrator.comfyui import png
from storybook.stages.illustrator.comfyui.spec import ComfyUISettings
from tests.books import new_run
from tests.certificates import Authority
from tests.comfyui.child import serving
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.web import Request, Response
from tests.comfyui.studio import REQUEST, Studio, task
from tests.comfyui.test_adopting import ended

pytestmark = pytest.mark.anyio

KEY: Final = "very-secret-0123456789"
PAIR: Final = f"me:{KEY}"
BASIC: Final = "Basic " + base64.b64encode(PAIR.encode()).decode()
VARIABLE: Final = "PAINTER_KEY"
DOCUMENT: Final = Path(__file__).parents[2] / "docs/comfyui.md"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def asks_for(name: str, value: str, status: int = 401) -> Callable[[Request], Response | None]:
    """A gate that lets in who sends this header with every request."""

    def gate(request: Request) -> Response | None:
        if request.headers.get(name.lower()) == value:
            return None
        return Response(status, f"not {request.headers}".encode(), headers={"WWW-Authenticate": ""})

    return gate


def asks_for_token(request: Request) -> Response | None:
    return None if request.query.get("token") == KEY else Response(401)


def with_user(url: str) -> str:
    return url.replace("://", f"://me:{KEY}@")


BEARER: Final = asks_for("Authorization", f"Bearer {KEY}")

WAYS: Final[dict[str, tuple[Any, dict[str, str], str, str]]] = {
    "bearer": (BEARER, {"key_variable": VARIABLE}, KEY, "{url}"),
    "basic": (
        asks_for("Authorization", BASIC),
        {"key_variable": VARIABLE, "header": "basic"},
        PAIR,
        "{url}",
    ),
    "named header": (
        asks_for("X-API-Key", KEY),
        {"key_variable": VARIABLE, "header": "X-API-Key"},
        KEY,
        "{url}",
    ),
    "password in the address": (asks_for("Authorization", BASIC), {}, "", "{user}/"),
    "token in the address": (asks_for_token, {}, "", f"{{url}}/?token={KEY}"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_it_paints_and_listens_where_it_is_asked_who_it_is(
    way: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In each usual way, for HTTP and websocket; and the secret is neither told nor logged."""
    caplog.set_level(logging.DEBUG)
    gate, settings, key, address = WAYS[way]
    monkeypatch.setenv(VARIABLE, key)
    async with ComfyDouble().serving() as double:
        double.gate = gate
        urls = (address.format(url=double.url, user=with_user(double.url)),)
        studio = Studio(urls=urls, **settings)
        painting = await studio.paint()
        readiness = await studio.engine.readiness()
        assert len(double.connections) == 1
    png.check(painting.png, 64, 48)
    assert len(set(studio.reports)) > 2, "the websocket told of steps"
    assert readiness.ready
    assert studio.submissions[0].endpoint == studio.engine.info.device == double.url
    ours = (it for it in caplog.records if it.name != "websockets.server")  # the double's
    logged = "\n".join(it.getMessage() for it in ours)
    assert double.url in logged
    assert KEY not in logged and BASIC.removeprefix("Basic ") not in logged


@pytest.mark.parametrize(
    ("settings", "status", "why", "mend"),
    [
        ({"key_variable": VARIABLE}, 401, "it refuses the key", "PAINTER_KEY to a key"),
        ({"key_variable": VARIABLE}, 403, "it forbids this with the key", "PAINTER_KEY to a key"),
        ({}, 401, "it takes no call without a key", "Set [illustrator] key_variable to"),
        ({"key_variable": "NOT_SET"}, 401, "it takes no call without a key", "NOT_SET to a key"),
    ],
)
async def test_a_refused_key_is_called_that(
    settings: dict[str, str],
    status: int,
    why: str,
    mend: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By whoever looks and by the work, with what to set; the server's words may have the key."""
    async with ComfyDouble().serving() as double:
        double.gate = asks_for("Authorization", "Bearer another", status)
        studio = Studio(double, patience=0.1, **settings)
        readiness = await studio.engine.readiness()
        with pytest.raises(EngineUnavailable) as raised:
            await studio.paint()
    assert not readiness.ready
    for told in (readiness, raised.value):
        assert f"{double.url}: it answers {status}: {why}" in told.why
        assert mend in told.mend
    assert KEY not in f"{readiness} {raised.value} {caplog.text}"


async def test_a_key_that_is_mended_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read at each use; nothing has to be started again."""
    monkeypatch.setenv(VARIABLE, "another")
    async with ComfyDouble().serving() as double:
        double.gate = BEARER
        studio = Studio(double, key_variable=VARIABLE, patience=0.1)
        with pytest.raises(EngineUnavailable):
            await studio.paint()
        monkeypatch.setenv(VARIABLE, KEY)
        await studio.paint()


async def test_a_redirect_takes_the_key_nowhere() -> None:
    """Neither by HTTP nor by websocket, whose library would take a header along."""
    async with ComfyDouble().serving() as elsewhere, ComfyDouble().serving() as double:
        settings = {"key_variable": VARIABLE, "header": "X-API-Key"}
        studio = Studio(double, patience=0.1, **settings)

        def moved(request: Request) -> Response | None:
            is_websocket = request.path == "/ws"
            url = elsewhere.url.replace("http", "ws") if is_websocket else elsewhere.url
            is_wanted = is_websocket or double.gate is everything
            location = {"Location": f"{url}{request.path}"}
            return Response(302, headers=location) if is_wanted else None

        def everything(request: Request) -> Response | None:
            return moved(request)

        double.gate = moved
        await studio.paint()  # without a websocket there is only no progress
        double.gate = everything
        readiness = await studio.engine.readiness()
        with pytest.raises(EngineUnavailable, match="points to"):
            await studio.paint()
        assert elsewhere.requests == []
    assert f"answers 302 and points to {elsewhere.url}" in readiness.why
    assert "[illustrator] urls" in readiness.mend


async def test_what_the_server_says_of_a_prompt_is_told_without_the_key() -> None:
    """Whatever stands before it may put the headers of a request into its answer."""
    body = json.dumps({"error": {"type": "bad", "message": f"no: Bearer {KEY}"}})
    async with ComfyDouble().serving() as double:
        double.gate = lambda it: Response(400, body.encode()) if it.path == "/prompt" else None
        with pytest.raises(EngineUnavailable, match="no: Bearer …") as raised:
            await Studio(double, key_variable=VARIABLE).paint()
    assert KEY not in str(raised.value)


async def test_an_answer_that_is_none_is_told_without_the_key() -> None:
    """The library quotes what it could not read."""

    async def echo(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(f"Bearer {KEY}\r\n\r\n".encode())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, echo)
        studio = Studio(urls=(f"http://127.0.0.1:{port}",), key_variable=VARIABLE)
        readiness = await studio.engine.readiness()
        tasks.cancel_scope.cancel()
    assert "Bearer …" in readiness.why
    assert KEY not in readiness.why


async def test_what_a_failing_node_says_is_told_without_the_key() -> None:
    """A node that shows its request does not show it to the readers of the book."""
    data = {"node_id": "3", "node_type": "KSampler", "exception_message": f"no: Bearer {KEY}"}
    status = {"status_str": "error", "messages": [["execution_error", data]]}

    def failed(request: Request) -> Response | None:
        _, is_history, prompt_id = request.path.partition("/history/")
        body = json.dumps({prompt_id: {"status": status, "outputs": {}}})
        return Response(200, body.encode()) if is_history else None

    async with ComfyDouble().serving() as double:
        double.gate = failed
        with pytest.raises(WorkFailed, match="no: Bearer …") as raised:
            await Studio(double, key_variable=VARIABLE).paint()
    assert KEY not in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("recorded", ["{url}", "{user}"])
async def test_a_submission_finds_its_server_behind_a_password(recorded: str) -> None:
    """After a restart: recorded without the password, or with it by an older version."""
    async with ComfyDouble().serving() as double:
        double.gate = asks_for("Authorization", BASIC)
        double.faults.hold = "KSampler"
        first = Studio(urls=(with_user(double.url),), withdraw=0.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.paint)
            await double.until(lambda: len(double.running) == 1)
            tasks.cancel_scope.cancel()
        double.release()
        endpoint = recorded.format(url=double.url, user=with_user(double.url))
        submission = Submission(endpoint, first.submissions[0].prompt_id)
        await Studio(urls=(with_user(double.url),)).paint(task(submission=submission))
        assert len(double.posts) == len(double.painted) == 1


@pytest.mark.slow
@pytest.mark.parametrize("way", ["basic", "password in the address", "token in the address"])
async def test_no_file_of_a_book_has_the_secret_in_it(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole book, from the log to the pictures; a copy of the folder gives nothing away."""
    gate, settings, key, address = WAYS[way]
    monkeypatch.setenv(VARIABLE, key)
    async with ComfyDouble().serving() as double:
        double.gate = gate
        url = address.format(url=double.url, user=with_user(double.url))
        async with serving(tmp_path, url, None, **settings) as application:
            await application.request_run(new_run(REQUEST, None))
            assert (await ended(application)).status is Status.DONE
            (told,) = (it for it in await application.engines.report() if it.engine == "comfyui")
        assert told.ready and told.device == double.url
    assert files_with(double.url, tmp_path)
    assert not files_with(KEY, tmp_path)


def files_with(text: str, folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if text.encode() in path.read_bytes()]


def test_the_settings_of_the_document_are_settings() -> None:
    """What it says under this heading can be put into a file as it stands."""
    section = DOCUMENT.read_text(encoding="utf-8").split("## A ComfyUI that asks for a password")[1]
    (block, *_) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    file = tomllib.loads(block)["illustrator"]
    assert file.pop("engine") == "comfyui"
    assert msgspec.convert(file, ComfyUISettings).header == "basic"


# --------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_an_authority_of_ones_own_is_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By HTTP and websocket."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with ComfyDouble(tls=authority.server()).serving() as double:
        studio = Studio(double)
        await studio.paint()
        assert len(double.connections) == 1
    assert len(set(studio.reports)) > 2


async def test_a_certificate_that_is_not_trusted_is_called_that(authority: Authority) -> None:
    """With how to trust it, and not "does not answer"."""
    async with ComfyDouble(tls=authority.server()).serving() as double:
        studio = Studio(double, patience=0.1)
        readiness = await studio.engine.readiness()
        with pytest.raises(EngineUnavailable) as raised:
            await studio.paint()
    for told in (readiness, raised.value):
        assert f"{double.url}: its certificate is refused" in told.why
        assert "SSL_CERT_FILE" in told.mend
        assert "does not answer" not in told.why


# ----------------------------------------------------------------------------------- the launching


async def test_a_server_that_refuses_us_is_not_started_a_second_time(tmp_path: Path) -> None:
    """It is there; another one would find its port taken."""
    marker = tmp_path / "started"
    async with ComfyDouble().serving() as double:
        double.gate = BEARER
        studio = Studio(double, launch=f"touch {marker}", launch_folder=str(tmp_path), patience=0.1)
        assert not (await studio.engine.readiness()).ready
        with pytest.raises(EngineUnavailable, match="without a key"):
            await studio.paint()
    assert not marker.exists()
