"""Clients that send too much, too slowly or nonsense, and clients that take nothing."""

from __future__ import annotations

import json
import signal
import socket
import statistics
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from anyio.abc import Process

from storybook.http.connections import MAX_HEAD_BYTES
from storybook.settings import Limits
from tests.http.serving import WORDS, Site, enlarge_cover, eventually, serving
from tests.http.test_server import PROMPT_SECONDS, SERVED, lazy_client

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LARGE = 32 * 1024 * 1024
"""More than the sockets between two processes hold."""


async def answer_to(port: int, *pieces: bytes) -> bytes:
    """All that comes back for bytes that are sent, until the server closes."""
    got = b""
    async with await anyio.connect_tcp("127.0.0.1", port) as connection:
        with anyio.fail_after(30):
            for piece in pieces:
                await connection.send(piece)
            try:
                while True:
                    got += await connection.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return got


@pytest.mark.parametrize(
    "start",
    [b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "],
)
async def test_a_head_without_end(site: Site, start: bytes) -> None:
    """A URL or a header that goes on and on is kept to a limit and then answered 431."""
    got = await answer_to(site.port, start, b"x" * (MAX_HEAD_BYTES + 1))
    head, _, body = got.rpartition(b"\r\n\r\n")
    assert b"HTTP/1.1 431 " in head and b"connection: close" in head
    assert str(MAX_HEAD_BYTES) in json.loads(body)["detail"]


async def test_a_second_head_without_end(site: Site) -> None:
    """Each request of a connection has the same bound."""
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        with anyio.fail_after(30):
            await connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in await connection.receive()
            await connection.send(b"GET /" + b"x" * MAX_HEAD_BYTES)
            assert b" 431 " in await connection.receive()


async def test_header_lines_without_end(site: Site) -> None:
    """Many short ones count as one long one does."""
    start = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    got = await answer_to(site.port, start, b"a: b\r\n" * (MAX_HEAD_BYTES // 6))
    assert got.startswith(b"HTTP/1.1 431 ")


async def test_trailers_without_end(site: Site) -> None:
    """Header lines after a body count as well."""
    start = b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with anyio.fail_after(30):
        await answer_to(site.port, start, b"a: b\r\n" * (MAX_HEAD_BYTES // 6))


async def test_a_head_of_the_largest_size(site: Site) -> None:
    """It is served, also where it comes in many pieces, and so is a body in the smallest chunks."""
    start, end = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: ", b"\r\n\r\n"
    rest = MAX_HEAD_BYTES - len(start) - len(end)
    got = await answer_to(site.port, start, *[b"x" * (rest // 4)] * 4, b"x" * (rest % 4) + end)
    assert got.startswith(b"HTTP/1.1 200 ")
    post = b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    chunks = b"1\r\n \r\n" * (MAX_HEAD_BYTES // 4)
    post += b"Transfer-Encoding: chunked\r\n\r\n"
    got = await answer_to(site.port, post, chunks, b"0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 422 ")


async def test_no_http(site: Site) -> None:
    """400 in the shape of all other errors."""
    head, _, body = (await answer_to(site.port, b"nonsense\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"content-type: application/json" in head
    assert json.loads(body)["detail"].startswith("Invalid HTTP")


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET"]
)
async def test_a_request_that_never_comes(tmp_path: Path, sent: bytes) -> None:
    """A connection that is kept open for no whole request is closed at the time limit; one whose
    request is in hand is not."""
    async with serving(tmp_path, limits=Limits(request_seconds=0.1)) as site:
        await answer_to(site.port, *[sent] * bool(sent))
        async with site.client.stream("GET", "/api/events") as stream:  # asked for in time
            await eventually(lambda: bool(site.app.streams.open))
            site.server.server_state.look_at_all(Limits(request_seconds=-1))
            connections = site.server.server_state.connections
            assert connections and stream.status_code == 200
            assert not any(it.transport.is_closing() for it in connections)


async def test_more_connections_than_there_may_be(tmp_path: Path) -> None:
    """One too many is closed at once; those that are open go on, and room is used again."""
    async with serving(tmp_path) as site, AsyncExitStack() as stack:
        site.server.server_state.most = 2
        kept = [await anyio.connect_tcp("127.0.0.1", site.port) for _ in range(2)]
        for connection in kept:
            await stack.enter_async_context(connection)
        await eventually(lambda: len(site.server.server_state.connections) == 2)
        assert await answer_to(site.port) == b""
        await kept.pop().aclose()
        await eventually(lambda: len(site.server.server_state.connections) == 1)
        got = await answer_to(site.port, b"GET / HTTP/1.0\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 200 ")


def end(process: Process) -> None:
    """Leave no process behind, whatever became of the test."""
    with suppress(ProcessLookupError):
        process.kill()


FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sockets are no files there")
async def test_no_more_files_than_there_may_be(tmp_path: Path) -> None:
    """With more clients than files the server can still open some, and accepts whoever is next."""
    command = [sys.executable, "-c", FEW_FILES + SERVED, str(tmp_path)]
    async with await anyio.open_process(command, stderr=-3) as process, AsyncExitStack() as stack:
        stack.callback(end, process)
        assert process.stdout is not None
        with anyio.fail_after(30):
            port = int((await process.stdout.receive()).decode().rsplit(":", 1)[1])
        with anyio.fail_after(30):
            open_ones = [await anyio.connect_tcp("127.0.0.1", port) for _ in range(250)]
            for connection in open_ones:
                await stack.enter_async_context(connection)
            await answer_to(port)  # refused, so it was accepted
            await open_ones[0].send(b"GET /api/runs HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in await open_ones[0].receive()


async def test_a_download_that_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is cut at the time limit that streams have."""
    async with serving(tmp_path, limits=Limits(send_timeout_seconds=0.2)) as site:
        run_id = await site.finished_book()
        await enlarge_cover(site, run_id, bytes(LARGE), monkeypatch)
        await site.client.aclose()
        with lazy_client(site.port, f"/api/runs/{run_id}/images/cover.png") as client:
            assert await anyio.to_thread.run_sync(client.recv, 10)
            await eventually(lambda: not site.server.server_state.connections)


@pytest.mark.skipif(sys.platform == "win32", reason="processes get no signal there")
async def test_stopping_waits_for_no_body(tmp_path: Path) -> None:
    """A request of which not all has come holds up no stop."""
    command = [sys.executable, "-c", SERVED, str(tmp_path)]
    async with await anyio.open_process(command, stderr=-3) as process, AsyncExitStack() as stack:
        stack.callback(end, process)
        assert process.stdout is not None
        with anyio.fail_after(30):
            port = int((await process.stdout.receive()).decode().rsplit(":", 1)[1])
        half = b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
        for sent in (half, half[:20]):
            connection = await anyio.connect_tcp("127.0.0.1", port)
            await stack.enter_async_context(connection)
            await connection.send(sent)
        other = await answer_to(port, b"GET / HTTP/1.0\r\n\r\n")  # when it is answered, those came
        assert b" 200 " in other
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        with anyio.fail_after(30):
            await process.wait()
        assert time.monotonic() - began < PROMPT_SECONDS


def seconds_to_answer(connection: socket.socket) -> float:
    """How long a client waits for the whole answer to a small request."""
    began, got = time.perf_counter(), b""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while not got.endswith(b"}"):
        got += connection.recv(65_536)
    assert got.startswith(b"HTTP/1.1 200")
    return time.perf_counter() - began


def seconds_kept_and_new(port: int, requests: int) -> tuple[float, float]:
    """Medians of an answer on one kept connection, and on a new one each."""

    def connect() -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=30)

    kept, new = [], []
    with connect() as connection:
        for _ in range(requests):  # in turns: what else the machine does disturbs both
            kept.append(seconds_to_answer(connection))
            with connect() as other:
                new.append(seconds_to_answer(other))
    return statistics.median(kept), statistics.median(new)


async def test_small_answers_on_a_kept_connection_come_at_once(site: Site) -> None:
    """They do not wait for the client's delayed acknowledgement, some 40 ms each."""
    kept, new = await anyio.to_thread.run_sync(seconds_kept_and_new, site.port, 30)
    assert kept <= 3 * new, f"kept {kept * 1_000:.1f} ms, new {new * 1_000:.1f} ms"


async def test_an_answer_is_one_packet(site: Site) -> None:
    """Head and body are written together, each time."""
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        for _ in range(20):
            await connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with anyio.fail_after(30):
                got = await connection.receive()
            assert got.startswith(b"HTTP/1.1 200") and got.endswith(b"}")


async def test_a_client_that_asks_whether_it_may_send_its_body(site: Site) -> None:
    """It is told to go on before any answer, and gets one when the body has come."""
    body = json.dumps(WORDS).encode()
    head = b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        with anyio.fail_after(30):
            await connection.send(head + b"Content-Length: %d\r\n\r\n" % len(body))
            assert await connection.receive() == b"HTTP/1.1 100 Continue\r\n\r\n"
            await connection.send(body)
            assert (await connection.receive()).startswith(b"HTTP/1.1 201")


async def test_an_answer_without_a_body(site: Site) -> None:
    """Its head does not wait for one: HEAD, also as the last request of a connection."""
    head = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n"
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        with anyio.fail_after(30):
            await connection.send(head + b"\r\n")
            assert (await connection.receive()).endswith(b"\r\n\r\n")
    got = await answer_to(site.port, head + b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200") and b"connection: close" in got
