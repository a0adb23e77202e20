"""Every row of the table of errors, and what is not in it."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from storybook.commands import TooManyRuns
from storybook.engines import EngineUnavailable
from storybook.events.log import LogBusy, LogError, LogUnavailable, OutcomeUnknown
from storybook.http.app import HttpApp
from storybook.projections.projector import ProjectionsBusy, ProjectionsStopped
from storybook.run import NoSuchRun, Refused, StaleAttempt
from tests.http.serving import WORDS, Site, eventually
from tests.http.test_media import raw_get

pytestmark = pytest.mark.anyio

UNAVAILABLE = EngineUnavailable("whisper", "its model is missing", "Run `storybook fetch`")


class Failing:
    """Commands and projections that raise one error at everything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def load(self, _: object) -> None:
        raise self._error

    async def execute(self, *_: object) -> None:
        raise self._error

    async def ask(self, *_: object, **named: object) -> None:
        raise self._error

    def row(self, *_: object) -> None:
        raise self._error


async def answer_to(site: Site, error: Exception, path: str = "") -> httpx.Response:
    """What a client is told when a room below raises."""
    failing: Any = Failing(error)
    broken = msgspec.structs.replace(site.application, commands=failing, projections=failing)
    app: Any = HttpApp(broken).asgi  # the two libraries type ASGI differently
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post("/api/runs/00/cancel") if not path else await client.get(path)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NoSuchRun(), 404, None),
        (Refused("it has ended"), 409, None),
        (StaleAttempt("it was overtaken"), 409, None),
        (TooManyRuns(3, 30), 429, "30"),
        (UNAVAILABLE, 503, None),
        (LogBusy("too many wait"), 503, "1"),
        (LogUnavailable("the disk is full"), 503, None),
        (OutcomeUnknown("ask again"), 503, "1"),
        (ProjectionsStopped("it died"), 503, None),
        (ProjectionsBusy("ask again"), 503, "1"),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Exception) else None,
)
async def test_errors_of_the_rooms_below(
    site: Site, error: Exception, status: int, retry_after: str | None
) -> None:
    """Each kind has its status, its own words, and says when to try again if that can help."""
    answer = await answer_to(site, error)
    assert (answer.status_code, answer.json()) == (status, {"detail": str(error)})
    assert answer.headers.get("Retry-After") == retry_after


@pytest.mark.parametrize("error", [RuntimeError("secret"), LogError("secret"), KeyError("secret")])
async def test_an_unknown_error_stays_inside(
    site: Site, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Outside it is "internal error"; the log has the call and the traceback."""
    with caplog.at_level(logging.ERROR, "storybook.http.errors"):
        answer = await answer_to(site, error, "/api/runs/abc")
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error"})
    record = caplog.records[-1]
    assert "GET /api/runs/abc" in record.getMessage()
    assert record.exc_info is not None and record.exc_info[1] is error


async def test_a_path_that_is_not_there(site: Site) -> None:
    """404, and where the calls are listed."""
    answer = await site.client.get("/api/nothing")
    assert answer.status_code == 404
    assert "/docs" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/runs"), ("DELETE", "/"), ("POST", "/api/events"), ("PATCH", "/api/runs/0/log")],
)
async def test_a_method_that_a_path_does_not_take(site: Site, method: str, path: str) -> None:
    """405, with the methods that it takes."""
    answer = await site.client.request(method, path)
    assert answer.status_code == 405
    assert answer.json()["detail"]
    assert "GET" in answer.headers["allow"]


async def test_a_body_that_says_it_is_too_large(site: Site) -> None:
    """413 as soon as its length is known."""
    answer = await site.client.post("/api/runs", content=b" " * (64 * 1024 + 1))
    assert answer.status_code == 413
    assert "limit" in answer.json()["detail"]


async def test_a_body_that_grows_too_large(site: Site) -> None:
    """413 also where no length is given."""

    async def chunks() -> Any:
        for _ in range(80):
            yield b" " * 1024

    answer = await site.client.post("/api/runs", content=chunks())
    assert answer.status_code == 413


async def test_the_largest_body(site: Site) -> None:
    """The limit itself is allowed."""
    body = msgspec.json.encode(WORDS)
    answer = await site.client.post("/api/runs", content=body + b" " * (64 * 1024 - len(body)))
    assert answer.status_code == 201


async def test_a_body_that_breaks_off(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A client that leaves halfway is no fault of the server."""
    with caplog.at_level(logging.INFO):
        async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
            await connection.send(
                b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
            )
        await eventually(lambda: any(vars(it).get("status") == 400 for it in caplog.records))
    assert not [it for it in caplog.records if it.levelno >= logging.WARNING]


async def test_the_server_outlives_nonsense(site: Site) -> None:
    """Bytes that are no HTTP get an error or nothing, and the next client an answer."""
    for nonsense in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
            await connection.send(nonsense)
            with anyio.move_on_after(0.2):
                await connection.receive()
    assert (await raw_get(site.port, "/"))[0] == 200
