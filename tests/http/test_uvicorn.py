"""What is relied on in uvicorn and httptools, whose insides are subclassed and promise nothing.

If one of these fails after an upgrade: read the package's changes, mend `storybook/http/server.py`
and `connections.py`, and widen the range in pyproject.toml; or keep the range as it is.
"""

from __future__ import annotations

import asyncio
import tomllib
from importlib.metadata import version
from inspect import isfunction
from pathlib import Path

import httptools
import pytest
import uvicorn
from litestar.types import Receive, Scope, Send
from packaging.requirements import Requirement
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from storybook.http.connections import Connection, Connections
from storybook.http.server import StorybookServer

UVICORN = f"uvicorn {version('uvicorn')}"
OUR_OWN = {
    Connection: {"look_at", "cut", "_refuse"},
    StorybookServer: {"__init__", "heed", "stop", "_abort"},
}
"""Methods that stand beside uvicorn's own; all others replace or extend one of it."""


def test_the_versions_are_in_the_range_that_is_known_to_work() -> None:
    """The ranges of pyproject.toml name what these tests were run with."""
    text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
    wanted = [Requirement(it) for it in tomllib.loads(text)["project"]["dependencies"]]
    for name in ("uvicorn", "httptools"):
        (specifier,) = (it.specifier for it in wanted if it.name == name)
        assert any(it.operator == "<" for it in specifier), f"{name} has no upper bound"
        assert version(name) in specifier, f"{name} {version(name)} is not in {specifier}"


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Connection, HttpToolsProtocol), (StorybookServer, uvicorn.Server)]
)
def test_what_is_replaced_is_there(ours: type, theirs: type) -> None:
    """Each method that is overridden exists, else nobody would ever call ours."""
    for name, method in vars(ours).items():
        if name not in OUR_OWN[ours] and isfunction(method):
            assert hasattr(theirs, name), f"{UVICORN} has no {theirs.__name__}.{name} any more"


class Wire(asyncio.Transport):
    """A connection in memory, which keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("client", 1), "sockname": ("server", 2)})
        self.writes: list[bytes] = []
        self.is_closed = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return NoSocket() if name == "socket" else super().get_extra_info(name, default)

    def write(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn writes only bytes
        self.writes.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class NoSocket:
    """What stands where a socket would; it is of no family that has TCP."""

    family = None

    def getpeername(self) -> tuple[str, int]:
        return ("client", 1)

    def getsockname(self) -> tuple[str, int]:
        return ("server", 2)


CALLED: list[str] = []


class Watched(Connection):
    """A connection that notes which of the parser's and the transport's calls reach it."""

    def __getattribute__(self, name: str) -> object:
        if name in vars(Connection) and isfunction(vars(Connection)[name]):
            CALLED.append(name)
        return super().__getattribute__(name)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that came."""
    body = await receive()
    assert body["type"] == "http.request"
    length = b"%d" % len(body["body"])
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body["body"], "more_body": False})


@pytest.mark.anyio
async def test_a_request_passes_through_what_is_replaced() -> None:
    """uvicorn and httptools still call each step of a request, keep what is read of them under the
    same names, and write an answer to what its cycle was given."""
    CALLED.clear()
    config = uvicorn.Config(echo, ws="none", lifespan="off", log_config=None)
    connection = Watched(config, Connections(), {})
    wire = Wire()
    connection.connection_made(wire)
    connection.data_received(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")
    assert connection.has_request, f"{UVICORN} keeps the request in hand elsewhere"
    await asyncio.gather(*connection.tasks)
    connection.connection_lost(None)
    steps = {"data_received", "on_headers_complete", "on_body", "on_message_complete"}
    for step in (*steps, "on_response_complete"):
        assert step in CALLED, f"{UVICORN} with httptools {httptools.__version__} skips {step}"
    assert not connection.has_request, f"{UVICORN} says elsewhere that an answer is complete"
    assert len(wire.writes) == 1, f"{UVICORN} writes head and body past the cycle's transport"
    assert wire.writes[0].endswith(b"\r\n\r\nbody")


@pytest.mark.anyio
async def test_the_state_that_is_read_has_its_names() -> None:
    """Attributes of the server and of its state, which nothing else would miss until it stops."""
    server = uvicorn.Server(uvicorn.Config(echo, log_config=None))
    for name in ("should_exit", "force_exit", "started", "server_state", "config"):
        assert hasattr(server, name), f"{UVICORN} has no Server.{name} any more"
    for name in ("connections", "tasks", "default_headers"):
        assert hasattr(ServerState(), name), f"{UVICORN} has no ServerState.{name} any more"
