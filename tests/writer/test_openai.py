"""Writing through an OpenAI-compatible endpoint: a real server, and a small one that misbehaves."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.abc
import httpx
import pytest

from storybook.composer.compose import compose
from storybook.engines import EngineUnavailable, WorkFailed, Writer, WritingTask
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.openai.engine import OpenAIWriter
from tests.books import PAGES
from tests.writer.conformance import NONSENSE, REQUEST, WriterConformance, written

CONTEXT: Final = 20_000
TASK: Final = WritingTask(REQUEST, seed=7, attempt=1)
KEY: Final = "sk-very-secret"
START_SECONDS: Final = 30

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


# ------------------------------------------------------------------------------- the real server


@pytest.fixture(scope="module")
def llama_server(hasty_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """llama-cpp-python's own server with the tiny model; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(hasty_model)]
    command += ["--port", str(port), "--n_ctx", str(CONTEXT), "--model_alias", "tiny"]
    with (tmp_path_factory.mktemp("server") / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/v1/models", server)
        yield url
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server has died"
        try:
            httpx.get(url)
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{url} does not answer")


class TestOpenAI(WriterConformance):
    rules = NONSENSE

    @pytest.fixture
    def writer(self, llama_server: str) -> Writer:
        return OpenAIWriter(url=llama_server, context=CONTEXT)


async def test_it_takes_the_first_model_that_the_server_has(llama_server: str) -> None:
    """Unless one is named."""
    writer = OpenAIWriter(url=llama_server)
    await writer.readiness()
    assert (writer.info.name, writer.info.model) == ("openai", "tiny")
    assert writer.info.device == llama_server.removeprefix("http://")
    named = OpenAIWriter(url=llama_server, model="other", device="gpu0")
    assert (named.info.model, named.info.device) == ("other", "gpu0")


# ------------------------------------------------------------------------- one that misbehaves

Answer = Callable[[dict[str, Any]], tuple[int, list[bytes]]]
"""Status and pieces of the body for a request's JSON; a body without an end breaks off."""


class Server:
    """Answers `POST /v1/chat/completions` as a test tells it, and lists one model."""

    def __init__(self, answer: Answer, models: int, listed: Sequence[str]) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.gone = anyio.Event()
        self._answer, self._models, self._listed = answer, models, listed

    async def handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            head, _, body = await self._request(stream)
            self.keys += [
                line.partition(" ")[2]
                for line in head.split("\r\n")
                if line.lower().startswith("authorization:")
            ]
            if head.startswith("GET"):
                said = json.dumps({"data": [{"id": it} for it in self._listed]}).encode()
                status, pieces = self._models, [said]
            else:
                self.asked.append(json.loads(body))
                status, pieces = self._answer(self.asked[-1])
            await stream.send(f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for piece in pieces:
                if not piece:  # hold the line until the client leaves it
                    with pytest.raises(anyio.EndOfStream):
                        await stream.receive()
                    self.gone.set()
                    return
                await stream.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if not pieces or pieces[-1] != BREAK:
                await stream.send(b"0\r\n\r\n")

    async def _request(self, stream: anyio.abc.SocketStream) -> tuple[str, str, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += await stream.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(body) < length:
            body += await stream.receive()
        return head.decode(), "", body


BREAK: Final = b": the line goes dead"


def said(text: str, reason: str | None = None) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


@asynccontextmanager
async def serving(
    answer: Answer, models: int = 200, listed: Sequence[str] = ("Qwen3-8B",)
) -> AsyncIterator[Server]:
    """A server for one test."""
    server = Server(answer, models, listed)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        server.url = f"http://127.0.0.1:{port}/v1"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, server.handle)
            yield server
            tasks.cancel_scope.cancel()


def book(first_page: int = 0) -> dict[str, Any]:
    """An answer that a good model gives."""
    picture = {"time": "at sunset", "acts": {}, "scene": "A view."}
    told = {
        "title": "토끼와 호랑이",
        "summary": "토끼가 살았어요.",
        "dialogues": [],
        "picture": picture,
    }
    return dict.fromkeys(MEMBERS[first_page:5], told)


def writer_of(server: Server, **arguments: Any) -> OpenAIWriter:
    return OpenAIWriter(url=server.url, **arguments)


async def test_it_asks_for_a_schema_and_for_no_thinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenAIWriter has it, streamed, with a seed for each attempt and the key."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with serving(lambda _: (200, [said(as_json(book()))])) as server:
        writer = writer_of(server)
        await written(writer, TASK)
        await written(writer, WritingTask(REQUEST, seed=7, attempt=2))
    first, second = server.asked
    assert first["response_format"]["json_schema"]["schema"] == schema(brief_of(REQUEST, 5))
    assert first["chat_template_kwargs"] == {"enable_thinking": False}
    assert first["messages"][-1]["content"].endswith(" /no_think")
    assert first["stream"]
    assert first["model"] == "Qwen3-8B"
    assert first["seed"] != second["seed"]
    assert set(server.keys) == {f"Bearer {KEY}"}


async def test_a_longer_book_is_asked_for_as_such() -> None:
    """The schema has a member for each page, and the last one ends the story."""
    pages = {**book(), "page_5": book()["page_1"], "page_6": book()["page_2"]}
    task = WritingTask(REQUEST, seed=7, attempt=1, page_count=7)
    async with serving(lambda _: (200, [said(as_json(pages))])) as server:
        assert [page.page for page in await written(writer_of(server), task)] == [*range(7)]
    (asked,) = server.asked
    wanted = asked["response_format"]["json_schema"]["schema"]
    assert [*wanted["properties"]][-2:] == ["page_5", "page_6"]
    assert "여섯 쪽짜리 그림책" in asked["messages"][0]["content"]
    assert "6쪽: 등장인물이 스스로 한 선택으로" in asked["messages"][0]["content"]


async def test_its_model_is_the_one_that_the_server_says_has_answered() -> None:
    """A name that is asked for may be an alias there."""
    chunk = {"model": "qwen3-8b-q4", "choices": [{"delta": {"content": as_json(book())}}]}
    data = b"data: " + as_json(chunk).encode() + b"\n\n"
    async with serving(lambda _: (200, [data])) as server:
        writer = writer_of(server, model="latest")
        assert writer.info.model == "latest"
        await written(writer, TASK)
        assert writer.info.model == "qwen3-8b-q4"
        await written(writer, TASK)
    assert [asked["model"] for asked in server.asked] == ["latest", "latest"]


async def test_a_server_that_understands_less_is_asked_for_less() -> None:
    """And the next time at once in its own way."""

    def answer(body: dict[str, Any]) -> tuple[int, list[bytes]]:
        if body["response_format"]["type"] == "json_schema":
            return 400, [b"unknown response_format"]
        return 200, [said(as_json(book()))]

    async with serving(answer) as server:
        writer = writer_of(server)
        assert len(await written(writer, TASK)) == len(PAGES)
        assert len(server.asked) == 3
        assert server.asked[-1]["response_format"]["schema"] == schema(brief_of(REQUEST, 5))
        await written(writer, TASK)
        assert len(server.asked) == 4


async def test_a_page_is_there_while_the_server_writes_the_next() -> None:
    """The cover comes before the answer ends; who then leaves ends the server's work."""
    text = as_json(book())
    begun = text[: text.index(',"page_1"')]
    async with serving(lambda _: (200, [said(begun), b""])) as server:
        with anyio.fail_after(30):
            async with aclosing(writer_of(server).write(TASK, lambda fraction: None)) as pages:
                assert (await anext(pages)).page == 0
            await server.gone.wait()


async def test_a_cancelled_book_ends_the_servers_work() -> None:
    """Within a second, also while it has not said a word."""
    async with serving(lambda _: (200, [b""])) as server:
        with anyio.move_on_after(0.2):
            await written(writer_of(server), TASK)
        with anyio.fail_after(1):
            await server.gone.wait()


async def test_a_thought_before_the_answer_is_passed_over() -> None:
    """Some models think whatever they are told, and think of braces."""
    pieces = [said("<thi"), said('nk>{"cover":1}'), said("</think>\n\n"), said(as_json(book()))]
    async with serving(lambda _: (200, pieces)) as server:
        assert len(await written(writer_of(server), TASK)) == len(PAGES)


async def test_what_stands_is_told_as_facts() -> None:
    """And only the missing pages are asked for."""
    async with serving(lambda _: (200, [said(as_json(book(2)))])) as server:
        standing = compose(REQUEST, seed=7)[:2]
        rest = await written(writer_of(server), WritingTask(REQUEST, 7, 2, standing))
    assert [page.page for page in rest] == [2, 3, 4]
    (asked,) = server.asked
    _, order = asked["messages"]
    assert standing[0].title in order["content"]
    assert "page_2, page_3, page_4" in order["content"]
    wanted = asked["response_format"]["json_schema"]["schema"]
    assert wanted["required"] == ["page_2", "page_3", "page_4"]


@pytest.mark.parametrize(
    ("status", "pieces", "kind"),
    [
        (200, [said('{"cover":'), said("", "length"), b"data: [DONE]\n\n"], "cut_answer"),
        (200, [said("{}", "stop")], "cut_answer"),
        (200, [said("I cannot write that.", "stop")], "cut_answer"),
        (200, [said('{"cover":{]')], "bad_answer"),
        (200, [b"data: nonsense\n\n"], "bad_answer"),
        (200, [b'data: {"error":{"message":"no memory"}}\n\n'], "endpoint_failed"),
        (200, [said('{"cover":'), BREAK], "connection"),
        (503, [b"loading model"], "busy"),
        (500, [b"oops"], "endpoint_failed"),
    ],
)
async def test_what_may_go_better_next_time_is_retryable(
    status: int, pieces: list[bytes], kind: str
) -> None:
    """Cut, broken, busy: another attempt may be luckier."""
    async with serving(lambda _: (status, pieces)) as server:
        with pytest.raises(WorkFailed) as failure:
            await written(writer_of(server), TASK)
    assert (failure.value.kind, failure.value.retryable) == (kind, True)


async def test_a_server_that_is_loading_its_model_is_asked_again() -> None:
    """It is not ready, but it is there: the book waits for the next attempt."""
    async with serving(lambda _: (200, []), models=503) as server:
        writer = writer_of(server)
        assert not (await writer.readiness()).ready
        with pytest.raises(WorkFailed) as failure:
            await written(writer, TASK)
    assert (failure.value.kind, failure.value.retryable) == ("busy", True)


async def test_a_request_that_no_server_understands_fails_for_good() -> None:
    """What it says is passed on, on one line."""
    async with serving(lambda _: (400, [b"max_tokens\nis too large"])) as server:
        with pytest.raises(WorkFailed, match="400: max_tokens is too large") as failure:
            await written(writer_of(server), TASK)
    assert not failure.value.retryable


@pytest.mark.parametrize(("status", "mend"), [(401, "WRITER_KEY"), (404, "model 'Qwen3-8B': no")])
async def test_a_server_that_lets_nobody_in_is_unavailable(status: int, mend: str) -> None:
    """The message says what to set."""
    async with serving(lambda _: (status, [b"no"])) as server:
        with pytest.raises(EngineUnavailable, match=mend):
            await written(writer_of(server, key_variable="WRITER_KEY"), TASK)


@pytest.mark.parametrize(
    "piece",
    [f"key {KEY}".encode(), f"data: {KEY}\n\n".encode(), said(f"I cannot. {KEY}", "stop")],
)
async def test_a_key_that_the_answer_repeats_is_not_told(
    piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it can be read or not."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with serving(lambda _: (200, [piece])) as server:
        with pytest.raises(WorkFailed) as failure:
            await written(writer_of(server), TASK)
    assert KEY not in "".join(traceback.format_exception(failure.value))


async def test_a_server_without_models_must_be_given_one() -> None:
    """Nothing is asked for that it could not answer."""
    async with serving(lambda _: (200, []), listed=()) as server:
        writer = writer_of(server)
        assert "[writer] model" in (await writer.readiness()).mend
        with pytest.raises(EngineUnavailable, match="has no model"):
            await written(writer, TASK)
        assert (await writer_of(server, model="tiny").readiness()).ready


async def test_what_would_not_fit_is_refused_beforehand() -> None:
    """By a rough count: the server's tokenizer is not known here."""
    async with serving(lambda _: (200, [])) as server:
        with pytest.raises(WorkFailed, match=r"only 2000 fit: set \[writer\] context") as failure:
            await written(writer_of(server, context=2_000), TASK)
        assert server.asked == []
    assert (failure.value.kind, failure.value.retryable) == ("context_too_small", False)
