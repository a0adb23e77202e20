"""Stopping with open streams, and clients that take no bytes."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from storybook.application import Application
from storybook.book import RunId, StoryRequest
from storybook.bootstrap import open_application
from storybook.http import server
from storybook.http.progress import ProgressStreams
from storybook.http.server import GRACE_SECONDS, ServerBroken, listen, serve, url_of
from storybook.http.streams import Streams
from storybook.run import request_run
from storybook.settings import Limits, Settings
from tests.engines import Scripted
from tests.http.serving import enlarge_cover, eventually, serving
from tests.http.sse import following

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

STREAMS = 20
PROMPT_SECONDS = 0.8 * GRACE_SECONDS
"""It takes a third of a second; a busy machine may need more, and without being told to end, the
streams would take the whole grace."""
MANY_EVENTS = 24
MANY_BYTES = 400_000
"""In one event: a few of them are more than the sockets between two processes hold."""

SERVED = """
import sys
from pathlib import Path
import anyio
import anyio.to_thread
from storybook.http.server import listen, serve, tune_process
from storybook.bootstrap import open_application
from storybook.settings import Settings
from tests.engines import Scripted

async def main():
    engines = Scripted(held=True).engines
    async with open_application(Settings(), Path(sys.argv[1]), engines=engines) as application:
        tune_process()
        await serve(application, listen("127.0.0.1", 0), lambda url: print(url, flush=True))
    print("closed", flush=True)

anyio.run(main)
"""


async def test_stopping_ends_every_body(tmp_path: Path) -> None:
    """Streams of runs and of the log end as a body should; the server is gone at once."""
    async with AsyncExitStack() as stack:
        async with serving(tmp_path, held=True) as site:
            run_id = await site.order()
            streams = [
                await stack.enter_async_context(following(site.port, path))
                for path in [f"/api/runs/{run_id}/events", "/api/events"] * (STREAMS // 2)
            ]
            for stream in streams[::2]:
                assert await stream.change() is not None
            began = time.monotonic()
            site.server.stop()
            for stream in streams:
                await stream.rest()  # raises if it was cut
            for stream in streams:
                await stream.connection.aclose()
        assert time.monotonic() - began < PROMPT_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_process(tmp_path: Path, number: signal.Signals) -> None:
    """With open streams it exits at once and with status 0, the service closed."""
    command = [sys.executable, "-c", SERVED, str(tmp_path)]
    async with await anyio.open_process(command, stderr=None) as process:
        assert process.stdout is not None
        with anyio.fail_after(30):
            port = int((await process.stdout.receive()).decode().rsplit(":", 1)[1])
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(following(port, "/api/events"))
                for _ in range(STREAMS)
            ]
            began = time.monotonic()
            process.send_signal(number)
            for stream in streams:
                await stream.rest()
            with anyio.fail_after(30):
                assert await process.wait() == 0
            assert time.monotonic() - began < PROMPT_SECONDS
        assert (await process.stdout.receive()).decode().strip() == "closed"


async def fill_the_log(application: Application) -> None:
    """Append events that are large."""
    request = StoryRequest("가" * (MANY_BYTES // 3), "숲", "토끼", "우정")
    for number in range(MANY_EVENTS):
        await application.commands.execute(
            RunId(f"{number:032x}"), lambda run: request_run(run, request, 1, None)
        )


def lazy_client(
    port: int, path: str = "/api/events?last_event_id=0", header: str = ""
) -> socket.socket:
    """A client that asks for much and takes nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
    return client


@pytest.mark.parametrize("header", ["", "X-Forwarded-For: 1.2.3.4\r\n"])
async def test_a_client_that_takes_no_bytes_is_let_go(tmp_path: Path, header: str) -> None:
    """Its connection is cut at the time limit, and others are not kept waiting."""
    limits = Limits(send_timeout_seconds=0.3, keepalive_seconds=0.1)
    async with serving(tmp_path, limits=limits, held=True) as site:
        await fill_the_log(site.application)
        with lazy_client(site.port, header=header):
            await eventually(lambda: any(it.is_sending for it in site.app.streams.open))
            async with following(site.port, "/api/events", last_event_id="0") as stream:
                told = 0
                while told < MANY_EVENTS and (message := await stream.next()) is not None:
                    told += message.id is not None
            await eventually(lambda: not site.app.streams.open)
            await eventually(lambda: len(site.server.server_state.connections) == 0)


async def test_stopping_does_not_wait_for_a_client_that_takes_no_bytes(tmp_path: Path) -> None:
    """It cannot be told, so its connection is cut."""
    async with serving(tmp_path, held=True) as site:
        await fill_the_log(site.application)
        with lazy_client(site.port):
            await eventually(lambda: len(site.app.streams.open) == 1)
            began = time.monotonic()
            site.server.stop()
            await eventually(lambda: not site.server.server_state.connections)
            assert time.monotonic() - began < PROMPT_SECONDS


async def test_stopping_cuts_a_download_that_outlasts_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that stopped reading a file keeps no process alive."""
    async with serving(tmp_path) as site:
        site.server.config.timeout_graceful_shutdown = 0
        run_id = await site.finished_book()
        await enlarge_cover(site, run_id, bytes(16 * 1024 * 1024), monkeypatch)
        with lazy_client(site.port, f"/api/runs/{run_id}/images/cover.png") as client:
            assert await anyio.to_thread.run_sync(client.recv, 10)
            site.server.stop()
            await eventually(lambda: not site.server.server_state.connections)


async def test_a_client_that_leaves_is_noticed(tmp_path: Path) -> None:
    """Nothing of it stays behind."""
    async with serving(tmp_path, held=True) as site:
        async with following(site.port, "/api/events"):
            await eventually(lambda: len(site.app.streams.open) == 1)
        await eventually(lambda: not site.app.streams.open)


@pytest.mark.parametrize(
    "part",
    [(ProgressStreams, "follow_live"), (ProgressStreams, "follow_outages"), (Streams, "tick")],
)
async def test_a_part_that_dies_stops_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: tuple[type, str]
) -> None:
    """A server that could no longer tell what happens is none: it stops, and says why."""
    may_die = anyio.Event()

    async def die(_: object) -> None:
        await may_die.wait()
        raise RuntimeError("out of order")

    monkeypatch.setattr(*part, die)
    engines = Scripted(held=True).engines
    with listen("127.0.0.1", 0) as listening, anyio.fail_after(30):
        async with open_application(Settings(), tmp_path, engines=engines) as application:
            with pytest.raises(ServerBroken, match="out of order"):
                await serve(application, listening, lambda _: may_die.set())


DYING = """
import storybook.bootstrap
from storybook.cli import main
from storybook.http.streams import Streams
from tests.cli.doubles import chosen_doubles

async def die(streams):
    raise RuntimeError("out of order")

Streams.tick = die
storybook.bootstrap.choose_engines = chosen_doubles()
main()
"""


async def test_the_command_tells_that_its_server_broke(tmp_path: Path) -> None:
    """Its exit status is not 0, and its last line says what happened and what to do."""
    command = [sys.executable, "-c", DYING, "--data", str(tmp_path), "serve", "--port", "0"]
    with anyio.fail_after(30):
        ended = await anyio.run_process(command, check=False)
    assert ended.returncode == 1
    last = ended.stderr.decode().splitlines()[-1]
    assert "out of order" in last and "start it again" in last


FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sockets are no files there")
async def test_each_stream_that_is_allowed_may_have_its_file(tmp_path: Path) -> None:
    """Where few files may be open the limit is raised: more clients than that get an answer."""
    command = [sys.executable, "-c", FEW_FILES + SERVED, str(tmp_path)]
    async with await anyio.open_process(command, stderr=None) as process, AsyncExitStack() as stack:
        assert process.stdout is not None
        stack.callback(process.kill)
        with anyio.fail_after(30):
            port = int((await process.stdout.receive()).decode().rsplit(":", 1)[1])
        with anyio.fail_after(30):
            for _ in range(220):
                connection = await anyio.connect_tcp("127.0.0.1", port)
                await stack.enter_async_context(connection)
            await connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in await connection.receive()


async def test_too_few_files_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the limit cannot be raised far enough, the log says so, and what mends it."""
    monkeypatch.setattr(server, "allow_open_files", lambda _: 1_024)
    engines = Scripted(held=True).engines
    with listen("127.0.0.1", 0) as listening, anyio.fail_after(30):
        async with open_application(Settings(), tmp_path, engines=engines) as application:
            await serve(application, listening, lambda _: signal.raise_signal(signal.SIGINT))
    told = [it.getMessage() for it in caplog.records if it.levelno == logging.WARNING]
    assert len(told) == 1
    assert "1024 files" in told[0] and "ulimit" in told[0]


def test_where_it_listens() -> None:
    """The URL is one that a browser on this machine can open."""
    for host in ("127.0.0.1", "0.0.0.0"):
        with listen(host, 0) as listening:
            port = listening.getsockname()[1]
            name = "localhost" if host == "0.0.0.0" else host
            assert url_of(listening) == f"http://{name}:{port}"


def test_a_taken_port_is_an_error() -> None:
    """Two servers cannot listen in one place."""
    with listen("127.0.0.1", 0) as listening, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listening.getsockname()[1])
