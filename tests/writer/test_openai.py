"""Writing through an OpenAI-compatible endpoint: a real server, and a small one that misbehaves."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx
import msgspec
import pytest

from storybook.composer.compose import compose
from storybook.engines import (
    EngineAway,
    EngineUnavailable,
    Rewriting,
    WorkFailed,
    Writer,
    WritingTask,
)
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.pages import as_json
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.openai.engine import OpenAIWriter
from tests.books import PAGES
from tests.openai_api.dialects import texts
from tests.openai_api.double import (
    HOLD,
    Asked,
    Double,
    Reply,
    Rule,
    book,
    book_for,
    chat,
    delta,
    error,
    event,
    first_times,
    listing,
    refuses,
    said,
    serving,
    streamed,
)
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


# -------------------------------------------------------------- a double, which the tests direct


@pytest.fixture
def server() -> Iterator[Double]:
    """A double that writes."""
    with serving() as running:
        yield running


def writer_of(server: Double, **arguments: Any) -> OpenAIWriter:
    return OpenAIWriter(url=server.url, **arguments)


def directed(server: Double, *rules: Rule, **arguments: Any) -> OpenAIWriter:
    """A writer at a server that follows these rules."""
    server.rules = [*rules]
    return OpenAIWriter(url=server.url, **arguments)


async def test_it_asks_for_a_schema_and_for_no_thinking(
    server: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenAIWriter has it, streamed, with a seed for each attempt and the key."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    writer = directed(server)
    await written(writer, TASK)
    await written(writer, WritingTask(REQUEST, seed=7, attempt=2))
    first, second = server.asked
    assert first["response_format"]["json_schema"]["schema"] == schema(brief_of(REQUEST, 5))
    assert first["chat_template_kwargs"] == {"enable_thinking": False}
    assert first["messages"][-1]["content"].endswith(" /no_think")
    assert first["stream"]
    assert first["model"] == "Qwen3-8B"
    assert first["seed"] != second["seed"]
    assert {it.key for it in server.requests} == {f"Bearer {KEY}"}


async def test_a_longer_book_is_asked_for_as_such(server: Double) -> None:
    """The schema has a member for each page, and the last one ends the story."""
    task = WritingTask(REQUEST, seed=7, attempt=1, page_count=7)
    writer = directed(server, chat(texts(as_json(book(pages=7)))))
    assert [page.page for page in await written(writer, task)] == [*range(7)]
    (asked,) = server.asked
    wanted = asked["response_format"]["json_schema"]["schema"]
    assert [*wanted["properties"]][-2:] == ["page_5", "page_6"]
    assert "여섯 쪽짜리 그림책" in asked["messages"][0]["content"]
    assert "6쪽: 등장인물이 스스로 한 선택으로" in asked["messages"][0]["content"]


async def test_its_model_is_the_one_that_the_server_says_has_answered(server: Double) -> None:
    """A name that is asked for may be an alias there."""
    chunk = delta(content=as_json(book())) | {"model": "qwen3-8b-q4"}
    writer = directed(server, chat(streamed(event(chunk))), model="latest")
    assert writer.info.model == "latest"
    await written(writer, TASK)
    assert writer.info.model == "qwen3-8b-q4"
    await written(writer, TASK)
    assert [asked["model"] for asked in server.asked] == ["latest", "latest"]


async def test_what_a_server_takes_is_kept_and_told(server: Double) -> None:
    """By another writer at the same server, too; what it does not take is in `readiness`."""
    rules = [refuses("seed", "unknown field: seed"), refuses("temperature", "no temperature")]
    await written(directed(server, *rules), TASK)
    assert len(server.asked) == 3
    another = writer_of(server)
    await written(another, TASK)
    assert len(server.asked) == 4
    told = ("seed is not sent", "temperature is not sent")
    assert (await another.readiness()).notes[:2] == told
    assert another.unrepeatable == "the server takes no seed"
    assert writer_of(server, model="other").unrepeatable == ""


async def test_a_server_that_is_tried_tells_what_it_takes(server: Double) -> None:
    """Without a book: the answer is left with its first word."""
    text = as_json(book())[:20]
    no_seed = refuses("seed", "unknown field: seed")
    writer = directed(server, no_seed, chat(streamed(said(text), HOLD)))
    assert (await writer.readiness()).notes == ()
    with anyio.fail_after(15):
        await writer.try_out()
    assert (await writer.readiness()).notes == (
        "seed is not sent",
        "no book can be made the same again, as the server takes no seed",
    )


async def test_a_server_that_is_tried_and_cannot_write_is_not_ready(server: Double) -> None:
    """In its own words; one that shares a GPU of this machine is left alone."""
    refusal = chat(error('"bge" does not support chat'))
    sharing = directed(server, refusal, model="bge", device="gpu0")
    await sharing.try_out()
    assert server.asked == []
    writer = directed(server, refusal, model="bge")
    await writer.try_out()
    readiness = await writer.readiness()
    assert not readiness.ready
    assert "does not support chat" in readiness.why
    assert readiness.mend == "Set [writer] model to one that can chat"


async def test_nothing_is_kept_of_a_request_that_failed(server: Double) -> None:
    """Who refuses whatever is asked has said nothing about a field."""
    writer = directed(server, chat(error("no, thank you")))
    with pytest.raises(WorkFailed, match="no, thank you"):
        await written(writer, TASK)
    assert (await writer.readiness()).notes == ()


async def test_a_page_is_there_while_the_server_writes_the_next(server: Double) -> None:
    """The cover comes before the answer ends; who then leaves ends the server's work."""
    text = as_json(book())
    begun = text[: text.index(',"page_1"')]
    writer = directed(server, chat(streamed(said(begun), HOLD)))
    with anyio.fail_after(30):
        async with aclosing(writer.write(TASK, lambda fraction: None)) as pages:
            assert (await anext(pages)).page == 0
    assert await anyio.to_thread.run_sync(server.gone.wait, 30)


async def test_a_cancelled_book_ends_the_servers_work(server: Double) -> None:
    """Soon, also while it has not said a word."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(written, directed(server, chat(streamed(HOLD))), TASK)
        with anyio.fail_after(30):
            while not server.asked:  # noqa: ASYNC110 - it is asked in another thread
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(server.gone.wait, 30)


@pytest.mark.parametrize(
    ("begun", "told"),
    [((), EngineAway), ((said('{"cover":'),), WorkFailed)],
    ids=["from the first", "in the midst"],
)
async def test_a_silent_server_is_given_up(
    begun: tuple[bytes, ...], told: type[Exception], server: Double
) -> None:
    """The setting that allows more is named."""
    reply = streamed(*begun, HOLD)
    setting = "silence_seconds" if begun else "first_answer_seconds"
    patience = {"first_answer_seconds": 60, "silence_seconds": 60} | {setting: 0.5}
    writer = directed(server, chat(reply), **patience)
    with anyio.fail_after(30), pytest.raises(told, match=rf"0\.5 s.*\[writer\] {setting}"):
        await written(writer, TASK)


async def test_what_stands_is_told_as_facts(server: Double) -> None:
    """And only the missing pages are asked for."""
    standing = compose(REQUEST, seed=7)[:2]
    rest = await written(writer_of(server), WritingTask(REQUEST, 7, 2, standing))
    assert [page.page for page in rest] == [2, 3, 4]
    (asked,) = server.asked
    _, order = asked["messages"]
    assert standing[0].title in order["content"]
    assert "page_2, page_3, page_4" in order["content"]
    wanted = asked["response_format"]["json_schema"]["schema"]
    assert wanted["required"] == ["page_2", "page_3", "page_4"]


async def test_a_book_is_written_in_several_answers_where_they_are_short(server: Double) -> None:
    """Each goes on after the pages that stand, and progress never goes back."""

    def short(asked: Asked) -> Reply | None:
        text = book_for(asked) if asked.method == "POST" else ""
        return streamed(said(text[: len(text) // 2]), said("", "length")) if text else None

    fractions: list[float] = []
    pages = await written(directed(server, first_times(3, short)), TASK, fractions.append)
    assert [it.page for it in pages] == [*PAGES]
    assert len(server.asked) > 2
    assert fractions == sorted(fractions)


async def test_a_model_that_chats_is_taken(server: Double) -> None:
    """By its type, by its name, and where neither tells, by asking."""
    server.listed = [
        {"id": "nomic-embed-text"},
        {"id": "mystery", "type": "embeddings"},
        {"id": "silent"},
        {"id": "qwen3"},
    ]
    refusal = refuses("model", '"silent" does not support chat', value="silent")
    writer = directed(server, refusal)
    assert len(await written(writer, TASK)) == len(PAGES)
    assert [it["model"] for it in server.asked] == ["silent", "qwen3"]


async def test_where_no_model_chats_one_is_to_be_named(server: Double) -> None:
    """With the names of those that there are."""
    server.listed = [{"id": "bge-m3"}, {"id": "whisper-1"}]
    writer = directed(server)
    readiness = await writer.readiness()
    assert "no model that chats (bge-m3, whisper-1)" in readiness.why
    assert "[writer] model" in readiness.mend
    assert (await writer_of(server, model="bge-m3").readiness()).ready


async def test_a_server_that_is_loading_its_model_is_waited_for(server: Double) -> None:
    """It is not ready, but it is there."""
    writer = directed(server, listing(error("Loading model", 503)))
    assert not (await writer.readiness()).ready
    with pytest.raises(EngineAway, match="Loading model"):
        await written(writer, TASK)


async def test_a_server_says_when_to_come_again(server: Double) -> None:
    """And the work comes again then."""
    busy = error("slow down", 429)._replace(headers={"Retry-After": "7"})
    with pytest.raises(EngineAway) as away:
        await written(directed(server, chat(busy)), TASK)
    assert away.value.retry_after == 7


async def test_a_request_that_no_server_understands_fails_for_good(server: Double) -> None:
    """What it says is passed on, on one line."""
    refusal = chat(Reply(400, [b"max_tokens\nis too large"]))
    with pytest.raises(WorkFailed, match="400: max_tokens is too large") as failure:
        await written(directed(server, refusal), TASK)
    assert not failure.value.retryable


@pytest.mark.parametrize(("status", "mend"), [(401, "WRITER_KEY"), (404, "model 'Qwen3-8B': no")])
async def test_a_server_that_lets_nobody_in_is_unavailable(
    status: int, mend: str, server: Double
) -> None:
    """The message says what to set."""
    writer = directed(server, chat(Reply(status, [b"no"])), key_variable="WRITER_KEY")
    with pytest.raises(EngineUnavailable, match=mend):
        await written(writer, TASK)


@pytest.mark.parametrize(
    "piece",
    [
        f"key {KEY}".encode(),
        f"data: {KEY}\n\n".encode(),
        said(f"I cannot. {KEY}", "stop"),
        event({"error": {"message": f"bad {KEY}"}}),
        event({"error": {"message": f"bad key {KEY[:6]}", "code": 401}}),
        event(delta(refusal=f"No, {KEY}")),
        f"<html><title>{KEY}</title>".encode(),
    ],
)
async def test_a_key_that_the_answer_repeats_is_not_told(
    piece: bytes, server: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it can be read or not."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises((WorkFailed, EngineUnavailable)) as failure:
        await written(directed(server, chat(Reply(pieces=[piece]))), TASK)
    assert KEY[:6] not in "".join(traceback.format_exception(failure.value))


async def test_a_server_without_models_must_be_given_one(server: Double) -> None:
    """Nothing is asked for that it could not answer."""
    server.listed = ()
    writer = directed(server)
    assert "[writer] model" in (await writer.readiness()).mend
    with pytest.raises(EngineUnavailable, match="has no model"):
        await written(writer, TASK)
    assert (await writer_of(server, model="tiny").readiness()).ready


async def test_what_would_not_fit_is_refused_beforehand(server: Double) -> None:
    """By a rough count: the server's tokenizer is not known here."""
    with pytest.raises(WorkFailed, match=r"only 2000 fit: set \[writer\] context") as failure:
        await written(writer_of(server, context=2_000), TASK)
    assert server.asked == []
    assert (failure.value.kind, failure.value.retryable) == ("context_too_small", False)


@pytest.mark.parametrize("number", [0, 3])
async def test_a_page_is_written_anew_in_one_answer(server: Double, number: int) -> None:
    """The schema has that page alone; the same characters are in its picture."""
    standing = compose(REQUEST, seed=7)
    task = msgspec.structs.replace(
        TASK, standing=standing, rewriting=Rewriting(number, "더 웃기게")
    )
    (page,) = await written(writer_of(server), task)
    assert page.page == number
    (asked,) = server.asked
    wanted = asked["response_format"]["json_schema"]["schema"]
    assert [*wanted["properties"]] == ["page_3" if number else "cover"]
    assert "바라는 점: 더 웃기게" in asked["messages"][1]["content"]
